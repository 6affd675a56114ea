// Page 5: two losses on the same images, and every score taken apart.
import { Chart, plain, themed } from "./chart.js";
import { exact, percent, power, significant, write } from "./numbers.js";
import { drawGrid, drawPager } from "./pictures.js";
import { LOSSES, Shell, at, make } from "./shell.js";

const COLOURS = { loss: "#0072B2", rival: "#D55E00" }, KEYS = ["loss", "rival"], SIZE = 40;
const chart = (id, title, layout, height) => new Chart(at(id), { name: id, title, layout, height });
const losses = chart("losses", "Loss", { yaxis: { title: { text: "loss" }, rangemode: "tozero" } }, 300);
const accuracies = chart("accuracies", "Accuracy", { yaxis: { title: { text: "accuracy" }, range: [0, 1.02] } }, 300);
const parts = Object.fromEntries(KEYS.map((key) =>
  [key, chart(`parts-${key}`, `${key === "loss" ? "First" : "Second"} loss: what adds (orange), what takes away (blue)`, {}, 340)]));

const speed = () => Math.max(1, Math.min(100, Math.round(at("speed").valueAsNumber) || 1));
const shell = new Shell({ page: "images", draw, perFrame: speed,
  goal: { text: "or at an accuracy (first loss) of at least", met: (shown, bound) => shown.models.loss.accuracy >= bound } });
at("to-start").onclick = () => {
  shell.play(false);
  shell.edit({ step: 0 });
};
for (const field of ["mode", "features", "loss", "rival"]) {
  document.querySelector(`[data-field=${field}]`).addEventListener("input", () => {
    shell.play(false);
    if (at("status").textContent !== "Connecting …") shell.say("Computing …");
  });
}

function draw(state, shown) {
  const { data, models } = shown, path = state.mode === "path";
  at("data").textContent = `${data.name}: ${data.n_train.toLocaleString("en")} images to train on, `
    + `${data.n_validation.toLocaleString("en")} for validation, ${data.n_features.toLocaleString("en")} features, ${data.classes.length} classes`;
  for (const part of document.querySelectorAll(".training, .path")) part.classList.toggle("off", part.classList.contains("path") !== path);
  for (const id of ["step", "play", "to-start"]) at(id).disabled = path;
  at("now").textContent = KEYS.map((key) => `${LOSSES[models[key].name]} ${percent(models[key].accuracy, 1)}`).join(" · ");
  at("now").title = KEYS.map((key) => models[key].accuracy).join(" · ");
  const gone = KEYS.filter((key) => models[key].diverged);
  if (gone.length) {
    shell.play(false);
    shell.say(gone.map((key) => `${LOSSES[models[key].name]} diverged: ${models[key].diverged}`).join("; "), true);
  }
  if (path) {
    at("strength").textContent = `λ = ${significant(shown.lams[state.strength], 3)}; provably within `
      + `${KEYS.map((key) => power(models[key].gap)).join(" and ")} of the optimum`;
  }
  drawCurves(state, shown);
  drawGallery(state, shown);
  drawTemplates(state, shown);
  drawImage(state, shown);
}

function drawCurves(state, { models, lams }) {
  if (state.mode === "path") {
    const x = { type: "log", title: { text: "strength λ" } }, mark = [upright(lams[state.strength])];
    const lines = (what) => KEYS.flatMap((key) => ["train", "validation"].map((part) => ({
      name: `${LOSSES[models[key].name]}, ${part === "train" ? "training" : "validation"}`, x: lams, y: models[key][`path_${part}_${what}`],
      mode: "lines+markers", line: { color: COLOURS[key], dash: part === "train" ? "dot" : "solid" },
      marker: { symbol: key === "loss" ? "circle" : "square", size: 5 } })));
    losses.draw(lines("loss"), { xaxis: x, shapes: mark });
    accuracies.draw(lines("accuracy"), { xaxis: x, shapes: mark, yaxis: { title: { text: "accuracy" } } });
    return;
  }
  const x = { title: { text: "step" }, rangemode: "tozero" };
  losses.draw(KEYS.flatMap((key) => {
    const { name, seen, evaluated: [steps, loss] } = models[key];
    return [
      { name: `${LOSSES[name]}, batch`, x: seen.map((_, i) => i), y: seen, mode: "lines", line: { color: COLOURS[key], width: 1 }, opacity: 0.4 },
      { name: `${LOSSES[name]}, validation`, x: steps, y: loss, mode: "lines", line: { color: COLOURS[key], width: 2 } },
    ];
  }), { xaxis: x, shapes: [] });
  accuracies.draw(KEYS.map((key) => ({ name: LOSSES[models[key].name], x: models[key].evaluated[0], y: models[key].evaluated[2], mode: "lines+markers",
    line: { color: COLOURS[key] }, marker: { symbol: key === "loss" ? "circle" : "square", size: 5 } })),
  { xaxis: x, shapes: [], yaxis: accuracies.layout.yaxis });
}

function drawGallery(state, { data: { classes }, gallery }) {
  drawGrid(at("gallery"), { source: "images", split: "validation", choose: (index) => shell.edit({ chosen: index }),
    cards: gallery.images.map(({ index, true: own, predicted }) => ({ index, wrong: own !== predicted, pressed: index === state.chosen,
      label: own === predicted ? classes[own] : `✗ ${classes[predicted]}`,
      title: `${classes[own]}, predicted ${classes[predicted]}` })) });
  drawPager(at("pager"), state.first, SIZE, gallery.n, (first) => shell.edit({ first }));
}

// While a model trains, pictures change and buttons stay.
function drawTemplates(state, { data: { classes }, templates }) {
  const box = at("templates");
  at("templates-title").textContent = templates ? "Templates: the weights of each class in the first loss's model. Grey is 0, the largest weight is full. "
    + "Choose the class to look at." : "Choose the class to look at. (Only weights of pixels are a picture.)";
  if (box.children.length !== classes.length) {
    box.replaceChildren(...classes.map((name, i) => make("button", { type: "button", className: "picture", onclick: () => shell.edit({ focus: i }) },
      make("img", { alt: `Template of ${name}` }), make("span", { textContent: name }))));
  }
  classes.forEach((_, i) => {
    const [image] = box.children[i].children;
    image.hidden = !templates;
    if (templates) image.src = templates[i];
    box.children[i].setAttribute("aria-pressed", i === state.focus);
  });
}

function drawImage(state, { data: { classes }, image, models }) {
  at("chosen-title").textContent = `Image ${image.id}, of class ${classes[image.true]}`;
  const address = `picture/images/validation/${state.chosen}.png`;
  if (at("chosen").getAttribute("src") !== address) at("chosen").src = address;
  const number = (value, digits = 4) => make("td", { textContent: write(value, digits), title: exact(value) });
  const row = (tag, ...cells) => make("tr", {}, ...cells.map((cell) => (cell instanceof Node ? cell : make(tag, { textContent: cell }))));
  const head = row("th", "class", ...KEYS.flatMap((key) => [`${LOSSES[models[key].name]}: score`, ...(image.scores[key].probabilities ? ["probability"] : [])]));
  const body = classes.map((name, i) => {
    const made = row("td", make("td", { className: "class", textContent: name + (i === image.true ? " (true)" : "") }),
      ...KEYS.flatMap((key) => {
        const { scores, probabilities, predicted } = image.scores[key];
        const score = number(scores[i]);
        if (predicted === i) score.className = "best";
        return [score, ...(probabilities ? [number(probabilities[i])] : [])];
      }));
    if (i === image.true) made.className = "chosen";
    return made;
  });
  const foot = row("th", "loss", ...KEYS.flatMap((key) => [number(image.scores[key].loss), ...(image.scores[key].probabilities ? [""] : [])]));
  at("scores").replaceChildren(make("thead", {}, head), make("tbody", {}, ...body), make("tfoot", {}, foot));
  for (const key of KEYS) drawParts(key, classes[state.focus], LOSSES[models[key].name], image.contributions[key]);
}

function drawParts(key, name, loss, { pixels, names, parts: values, bias, sum }) {
  const total = `${write(sum, 3)} + bias ${write(bias, 3)} = ${write(sum === null || bias === null ? null : sum + bias, 3)}`;
  const title = { text: `${loss}, class ${plain(name)}:<br>${total}`, font: { size: 12 }, x: 0.02 };
  if (pixels) {
    const most = Math.max(...pixels.flat().map(Math.abs)) || 1;
    parts[key].draw([{ type: "heatmap", name: "contribution", x: pixels[0].map((_, i) => i), y: pixels.map((_, i) => i), z: pixels,
      zmin: -most, zmax: most, colorscale: [[0, themed("low")], [0.5, themed("middle")], [1, themed("high")]],
      colorbar: { thickness: 10, exponentformat: "power" } }],
    { title, margin: { l: 36, r: 12, t: 48, b: 36 }, xaxis: { constrain: "domain", title: { text: "column" } },
      yaxis: { autorange: "reversed", scaleanchor: "x", constrain: "domain", title: { text: "row" } } });
    return;
  }
  parts[key].draw([{ type: "bar", orientation: "h", name: "contribution", x: values.toReversed(), y: names.toReversed(),
    marker: { color: values.toReversed().map((value) => themed(value < 0 ? "low" : "high")) } }],
    { title, margin: { l: 36, r: 12, t: 48, b: 36 }, showlegend: false, xaxis: { title: { text: "contribution" } }, yaxis: { type: "category", dtick: 1, tickfont: { size: 10 } } });
}

const upright = (x) => ({ type: "line", x0: x, x1: x, yref: "paper", y0: 0, y1: 1, line: { color: "#7F7F7F", dash: "dot", width: 1 } });
