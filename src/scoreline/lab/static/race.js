// Page 4: the optimisers side by side.
import { Chart } from "./chart.js";
import { exact, significant } from "./numbers.js";
import { COLOURS } from "./plane.js";
import { Shell, at, make } from "./shell.js";

const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "5px,2px"];
const AXES = { steps: "step", evaluations: "full gradients computed", milliseconds: "milliseconds, measured here" };
const values = new Chart(at("values"), { name: "race", title: "Loss, or height above the surface's least value: median and range over the seeds",
  layout: { xaxis: { title: { text: "step" }, rangemode: "tozero" }, yaxis: { type: "log", title: { text: "value" }, exponentformat: "power" } }, height: 420 });
const course = new Chart(at("course"), { name: "course", title: "The course, and the paths of the first seed",
  layout: { xaxis: { title: { text: "x" } }, yaxis: { title: { text: "y" } } }, height: 460 });
let order = [];

const speed = () => Math.max(1, Math.min(100, Math.round(at("speed").valueAsNumber) || 1));
const shell = new Shell({ page: "race", draw, coarsePlay: true, perFrame: speed });
at("to-start").onclick = () => {
  shell.play(false);
  shell.edit({ step: 0 });
};
document.querySelector("[data-field=problem]").addEventListener("input", () => shell.ask("to-start"));
for (const k of [0, 1]) {
  shell.follow(at(`start-${k}`), (state) => state.start[k]);
  at(`start-${k}`).addEventListener("input", () => {
    const start = [0, 1].map((i) => at(`start-${i}`).valueAsNumber);
    if (start.every(Number.isFinite)) shell.edit({ start, step: 0 });
  });
}

function draw(state, shown) {
  order = shown.optimizers;
  for (const part of document.querySelectorAll("[data-on]")) {
    const on = part.dataset.on;
    part.classList.toggle("off", !(on === state.problem || (on === "surface" && state.problem !== "classifier")));
  }
  table(state, shown);
  drawValues(state, shown);
  at("course").hidden = !shown.surface;
  if (shown.surface) drawCourse(shown);
}

function table(state, { runners, ranking }) {
  const names = [...ranking, ...Object.keys(runners).filter((name) => !ranking.includes(name)),
    ...order.filter((name) => !(name in runners))];
  const body = at("runners").tBodies[0] ?? build();
  for (const name of names) {
    const row = body.querySelector(`[data-runner="${name}"]`), found = runners[name];
    const [box] = row.querySelectorAll("input");
    box.checked = Boolean(found);
    const text = !found ? "" : found.out !== null ? `diverged at step ${found.out}` : significant(found.median.at(-1), 5);
    row.lastChild.textContent = text;
    row.lastChild.title = found ? exact(found.median.at(-1)) : "";
  }
  // Rows change places when nobody is typing in them.
  if (!body.contains(document.activeElement)) {
    body.append(...names.map((name) => body.querySelector(`[data-runner="${name}"]`)));
  }
}

function build() {
  const head = make("tr", {}, ...["", "", "learning rate", "median"].map((textContent) => make("th", { textContent })));
  const rows = order.map((name, i) => {
    const box = make("input", { type: "checkbox", ariaLabel: `${name} runs` });
    box.addEventListener("input", () => {
      const { runners } = shell.state;
      shell.edit({ runners: box.checked ? [...runners, name] : runners.filter((other) => other !== name) });
    });
    const input = make("input", { type: "number", min: 0, step: "any", ariaLabel: `learning rate of ${name}` });
    shell.follow(input, (state) => state.lrs[name]);
    input.addEventListener("input", () => {
      if (input.valueAsNumber > 0) shell.edit({ lrs: { ...shell.state.lrs, [name]: input.valueAsNumber } });
    });
    const title = make("td", { className: "class" }, make("label", { className: "check" }, box, name));
    title.style.setProperty("--class", COLOURS[i]);
    const row = make("tr", {}, title, make("td"), make("td", {}, input), make("td"));
    row.dataset.runner = name;
    return row;
  });
  at("runners").replaceChildren(make("thead", {}, head), make("tbody", {}, ...rows));
  return at("runners").tBodies[0];
}

function drawValues(state, { runners, surface }) {
  const least = surface ? surface.least : 0;
  const above = (series) => series.map((value) => (value !== null && value - least > 0 ? value - least : null));
  const traces = Object.entries(runners).flatMap(([name, found]) => {
    const color = COLOURS[order.indexOf(name)], x = found[state.axis];
    const band = { x, mode: "lines", line: { width: 0 }, hoverinfo: "skip", showlegend: false, legendgroup: name };
    return [
      ...(state.seeds > 1 ? [{ ...band, name: `${name}, least`, y: above(found.least) },
        { ...band, name: `${name}, most`, y: above(found.most), fill: "tonexty", fillcolor: `${color}26` }] : []),
      { name, x, y: above(found.median), mode: "lines", legendgroup: name, line: { color, width: 2, dash: DASHES[order.indexOf(name)] } },
    ];
  });
  values.draw(traces, { xaxis: { ...values.layout.xaxis, title: { text: AXES[state.axis] } }, uirevision: state.axis });
}

function drawCourse({ runners, surface }) {
  const height = surface.values.map((row) => row.map((value) => Math.log10(value - surface.least + 1e-3)));
  const reach = surface.axis.at(-1);
  const ways = Object.entries(runners).map(([name, { path }]) => ({
    name, x: path.map(([x]) => x), y: path.map(([, y]) => y), mode: "lines+markers", marker: { size: 3 },
    line: { color: COLOURS[order.indexOf(name)], width: 2, dash: DASHES[order.indexOf(name)] },
  }));
  course.draw([{ type: "contour", name: "log10 of the height", x: surface.axis, y: surface.axis, z: height, ncontours: 20, colorscale: "Greys", reversescale: false,
    opacity: 0.6, contours: { coloring: "heatmap" }, line: { width: 0.5 }, showscale: false }, ...ways],
  { xaxis: { ...course.layout.xaxis, range: [-reach, reach] }, yaxis: { ...course.layout.yaxis, range: [-reach, reach] } });
}
