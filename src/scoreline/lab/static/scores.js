// Page 1: takes gestures, asks the session, draws its answers. Every number shown was computed in Python.
import { savePicture, saveCsv } from "./files.js";
import { Plane } from "./plane.js";
import { Shell, at, make } from "./shell.js";
import { exact, percent, write } from "./numbers.js";
import { WeightTable, drawSamples } from "./tables.js";

let chosen = null; // the point with the ring
let described = null; // the point whose arithmetic stands under the plane

const points = () => shell.state.points.map((point) => [...point]);
const plane = new Plane(at("drawing"), at("raster"), {
  move(i, x, y, coarse) {
    const changed = points();
    if (!changed[i]) return;
    changed[i] = [x, y, changed[i][2]];
    shell.edit({ points: changed }, coarse);
  },
  add: (x, y) => shell.edit({ points: [...points(), [x, y, Number(at("label").value)]] }),
  relabel(i, label) {
    const count = shell.state.weights.length;
    if (label >= count) return shell.say(`There are ${count} classes: 0 to ${count - 1}`, true);
    const changed = points();
    changed[i][2] = label;
    shell.edit({ points: changed });
  },
  remove: (i) => shell.edit({ points: points().filter((_, j) => j !== i) }),
  choose(i) {
    chosen = i;
    plane.ring(chosen);
    drawSamples(at("samples"), shell.state, shell.shown, chosen, tell);
    tell(i);
  },
});
const weights = new WeightTable(at("weights"), (input, value) => shell.follow(input, value), (j, k, value) => {
  const changed = shell.state.weights.map((row) => [...row]);
  changed[j][k] = value;
  shell.edit({ weights: changed });
});
const shell = new Shell({ page: "scores", draw,
  goal: { text: "or at a total loss of at most", met: (shown, bound) => shown.total <= bound } });
shell.follow(at("classes"), (state) => state.weights.length);

function draw(state, sheet) {
  if (chosen >= state.points.length) chosen = null;
  plane.draw(state, sheet, sheet.regions, chosen);
  at("margin").disabled = at("margin").nextElementSibling.disabled = state.loss === "softmax";
  const label = at("label");
  if (label.options.length !== state.weights.length) {
    label.replaceChildren(...state.weights.map((_, j) => new Option(String(j), String(j))));
  }
  weights.draw(state, sheet);
  drawSamples(at("samples"), state, sheet, chosen, tell);
  tell(described);
  const parts = [["data", "data_loss"], [" + regularisation", "penalty"], [" = total", "total"]];
  const sum = parts.flatMap(([name, key]) => [
    make("small", { textContent: `${name} ` }),
    make("span", { id: `sum-${key}`, textContent: write(sheet[key]), title: exact(sheet[key]) }),
  ]);
  const right = sheet.accuracy === null ? "" : `, ${percent(sheet.accuracy, 0)} right`;
  at("total").replaceChildren(...sum, make("small", { textContent: right }));
}

// The arithmetic is that of the present loss and place: every draw writes it anew.
function tell(i) {
  const text = shell.shown.arithmetic[i];
  described = text ? i : null;
  at("hover").textContent = text ? `Point ${i + 1}: ${text}` : "\u00a0";
}

at("randomise").onclick = () => shell.ask("randomise");
at("classes").addEventListener("change", () => {
  const count = Math.max(2, Math.min(10, Math.round(at("classes").valueAsNumber) || 2));
  const rows = Array.from({ length: count }, (_, j) => shell.state.weights[j] ?? [0, 0, 0]);
  shell.edit({ weights: rows, points: points().filter(([, , label]) => label < count) });
});
at("save-csv").onclick = () => {
  const { state, shown } = shell;
  const rows = state.points.map((point, i) => [...point, ...shown.scores[i], shown.losses[i]]);
  saveCsv("scores.csv", ["x", "y", "class", ...state.weights.map((_, j) => `s${j}`), "loss"], rows);
};
at("save-png").onclick = () => savePicture("scores.png", at("raster"), 0.28, at("drawing"));
at("take-csv").onclick = () => {
  const rows = at("csv").value.trim().split(/\s*\n\s*/).map((line) => (line.includes(";") // with semicolons, commas are decimal
    ? line.replaceAll(",", ".").split(/\s*;\s*/) : line.split(/[,\t ]+/)).map((cell) => (cell === "" ? NaN : Number(cell))));
  if (rows.length > 1 && rows[0].every(Number.isNaN)) rows.shift(); // names of the columns
  const bad = rows.findIndex((row) => row.length < 3 || row.slice(0, 3).some(Number.isNaN));
  if (bad >= 0) return shell.say(`Line ${bad + 1} is no x, y, class`, true);
  shell.edit({ points: rows.map(([x, y, label]) => [x, y, label]) });
};
