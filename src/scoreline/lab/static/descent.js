// Page 3: one run, step by step, on a true slice of the loss.
import { Chart } from "./chart.js";
import { exact, percent, significant, write } from "./numbers.js";
import { Shell, at } from "./shell.js";

// The methods that a setting is for.
const USES = { lr: ["gradient-descent", "mini-batch"], batch: ["mini-batch"], scale: ["random-search", "random-local-search"], hop: ["random-local-search"] };
const steps = { title: { text: "step" }, rangemode: "tozero" };
const chart = (id, title, layout, height) => new Chart(at(id), { name: id, title, layout, height });
const plane = chart("plane-chart", "The total loss on a plane through the present weights, and the path's shadow on it",
  { xaxis: { title: { text: "first direction" } }, yaxis: { title: { text: "second direction" } } }, 420);
const losses = chart("losses", "Loss: what the method sees, its moving average, and that of all points",
  { xaxis: steps, yaxis: { title: { text: "total loss" } } }, 420);
const strip = chart("strip", "Learning rates, from too low to diverging",
  { xaxis: { type: "log", title: { text: "learning rate" } }, yaxis: { title: { text: "total loss reached" } } }, 420);
const cosines = chart("cosines", "Cosine of the angle between the step and the full gradient's way down",
  { xaxis: steps, yaxis: { title: { text: "cosine" }, range: [-1.05, 1.05] } });
const ratios = chart("ratios", "Size of the update divided by the size of the weights",
  { xaxis: steps, yaxis: { type: "log", title: { text: "ratio" }, exponentformat: "power" } });

const speed = () => Math.max(1, Math.min(100, Math.round(at("speed").valueAsNumber) || 1));
const shell = new Shell({ page: "descent", draw, coarsePlay: true, perFrame: speed,
  goal: { text: "or at a total loss of at most", met: (shown, bound) => shown.full.at(-1) !== null && shown.full.at(-1) <= bound } });
at("to-start").onclick = () => {
  shell.play(false);
  const { rates } = shell.state;
  shell.edit({ step: 0, rates: [[0, rates.at(-1)[1]]] });
};
at("randomise").onclick = () => shell.ask("randomise");
at("draw-points").onclick = () => shell.ask("draw");
shell.follow(at("lr"), (state) => state.rates.at(-1)[1]);
// A rate that is changed in the middle of a run holds from there on.
at("lr").addEventListener("input", () => {
  const rate = at("lr").valueAsNumber, { step, rates } = shell.state;
  if (rate > 0) shell.edit({ rates: [...rates.filter(([first]) => first < step), [step, rate]] });
});

function draw(state, shown) {
  const total = shown.full.at(-1);
  at("now").textContent = `Step ${shown.step}: total loss ${total === null ? "∞" : write(total, 4)}, `
    + `${percent(shown.accuracy, 0)} right${shown.diverged ? ` – diverged, ${shown.diverged}` : ""}`;
  at("now").title = exact(total);
  if (shown.diverged) {
    shell.play(false);
    shell.say(`Diverged at ${shown.diverged}`, true);
  }
  for (const [part, methods] of Object.entries(USES)) {
    document.querySelector(`label[data-part="${part}"]`).classList.toggle("off", !methods.includes(state.method));
  }
  drawPlane(shown);
  const x = shown.full.map((_, i) => i), after = x.slice(1);
  losses.draw([
    { name: "what the method sees", x: after.map((i) => i - 1), y: shown.seen, mode: "lines", line: { color: "#56B4E9", width: 1 } },
    { name: "its moving average", x: after.map((i) => i - 1), y: shown.average, mode: "lines", line: { color: "#0072B2", width: 2 } },
    { name: "all points", x, y: shown.full, mode: x.length > 1 ? "lines" : "markers", line: { color: "#D55E00", width: 2 } },
  ], { shapes: state.rates.slice(1).map(([first]) => upright(first)) });
  ratios.draw([
    { name: "update / weights", x: after, y: shown.updates.map((value) => value || null), mode: "lines+markers", marker: { size: 3 }, line: { color: "#009E73" } },
    { name: "the rule of thumb, 1e-3", x: [0, Math.max(after.length, 1)], y: [1e-3, 1e-3], mode: "lines", line: { color: "#7F7F7F", dash: "dot" } },
  ]);
  const gradients = Boolean(shown.strip);
  at("strip").hidden = at("cosines").hidden = !gradients;
  if (gradients) drawStrip(state, shown);
  if (gradients) {
    cosines.draw([{ name: "cosine", x: after, y: shown.cosines, mode: "lines+markers", marker: { size: 3 }, line: { color: "#CC79A7", width: 1 } }],
      { showlegend: false });
  }
}

function drawPlane({ slice, weights }) {
  const [x, y] = [slice.path.map(([u]) => u), slice.path.map(([, v]) => v)];
  plane.draw([
    { type: "contour", name: "total loss", x: slice.u, y: slice.v, z: slice.objective, ncontours: 24, colorscale: "Viridis",
      reversescale: true, contours: { coloring: "heatmap" }, line: { width: 0.5, color: "rgba(255,255,255,.5)" },
      colorbar: { thickness: 10, exponentformat: "power" } },
    { name: "path", x, y, mode: "lines+markers", line: { color: "#ffffff", width: 2 }, marker: { size: 4, color: "#1b1e23" } },
    { name: "here", x: x.slice(-1), y: y.slice(-1), mode: "markers",
      marker: { size: 13, symbol: "star", color: "#D55E00", line: { color: "#fff", width: 1 } } },
  ], { showlegend: false, annotations: [{ xref: "paper", yref: "paper", x: 1, y: 0, xanchor: "right", yanchor: "bottom",
    text: `path lies up to ${significant(slice.off_plane, 2)} off this plane`, showarrow: false, bgcolor: "rgba(255,255,255,.75)",
    font: { color: "#1b1e23", size: 11 } }] });
}

function drawStrip(state, { strip: found, limit }) {
  if (limit !== undefined) strip.limit = limit;
  const rate = state.rates.at(-1)[1];
  const gone = found.rates.filter((_, i) => found.diverged[i]);
  const most = Math.max(found.start, ...found.objective.filter((value) => value !== null && value < 10 * found.start));
  const marks = [[rate, "now", "#D55E00", "solid"], ...(strip.limit ? [[strip.limit, "2 / curvature", "#7F7F7F", "dash"]] : [])];
  strip.draw([
    { name: `after ${found.steps} steps`, x: found.rates, y: found.objective, mode: "lines+markers", line: { color: "#0072B2" } },
    { name: "diverged", x: gone, y: gone.map(() => most), mode: "markers", marker: { symbol: "x", color: "#D55E00", size: 8 } },
  ], { yaxis: { ...strip.layout.yaxis, range: [0, 1.1 * most] },
    shapes: marks.map(([at, , color, dash]) => ({ ...upright(at), line: { color, dash, width: 1.5 } })),
    annotations: marks.map(([at, text], i) => ({ x: Math.log10(at), yref: "paper", y: 0.98 - 0.1 * i, text, showarrow: false, xanchor: "left" })) });
}

const upright = (x) => ({ type: "line", x0: x, x1: x, yref: "paper", y0: 0, y1: 1, line: { color: "#7F7F7F", dash: "dot", width: 1 } });
