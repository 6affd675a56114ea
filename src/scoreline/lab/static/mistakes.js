// Page 6: confusions, the images behind them, and two runs beside each other.
import { Chart } from "./chart.js";
import { saveCsv } from "./files.js";
import { drawGrid, drawPager } from "./pictures.js";
import { Shell, at, make } from "./shell.js";

const SIZE = 48, MOST_CELLS = 40; // classes beyond which the matrix is a list of its largest cells
const RATES = ["precision", "recall", "f1", "support"];
const calibration = new Chart(at("calibration"), { name: "calibration", title: "Calibration: how sure, and how often right", height: 320,
  layout: { xaxis: { title: { text: "confidence" }, range: [0, 1] }, yaxis: { title: { text: "share that is right" }, range: [0, 1.02] } } });

const shell = new Shell({ page: "mistakes", draw });
at("ask").onclick = () => shell.ask("ask");
at("run").onchange = () => shell.edit({ run: Number(at("run").value), true: null, predicted: null, first: 0 });
at("rival").onchange = () => {
  const rival = at("rival").value === "" ? null : Number(at("rival").value);
  shell.edit({ rival, first: 0, ...(rival === null && shell.state.among.startsWith("only") ? { among: "wrong" } : {}) });
};
at("split").onchange = () => shell.edit({ split: at("split").value, first: 0 });
at("all-cells").onclick = () => shell.edit({ true: null, predicted: null, first: 0 });
for (const field of ["among", "order"]) {
  document.querySelector(`[data-field=${field}]`).addEventListener("input", () => { if (shell.state.first) shell.edit({ first: 0 }); });
}
at("save-confusion").onclick = () => {
  const { classes, confusion } = shell.shown;
  saveCsv("confusion.csv", ["true \\ predicted", ...classes], confusion.map((row, i) => [classes[i], ...row]));
};
at("save-classes").onclick = () => saveCsv("classes.csv", ["class", ...RATES],
  shell.shown.per_class.map((row) => [row.name, ...RATES.map((rate) => row[rate])]));

const percent = (share, digits = 2) => `${(100 * share).toFixed(digits)} %`;
const row = (tag, ...cells) => make("tr", {}, ...cells.map((cell) => (cell instanceof Node ? cell : make(tag, { textContent: cell }))));

function draw(state, shown) {
  options(at("run"), shown.runs.map((name, i) => [i, name]), state.run);
  options(at("rival"), [["", "none"], ...shown.runs.map((name, i) => [i, name]).filter(([i]) => i !== state.run)], state.rival ?? "");
  options(at("split"), shown.splits.filter((name) => name !== "test" || state.asked).map((name) => [name, name]), state.split);
  at("ask").hidden = state.asked || !shown.splits.includes("test");
  for (const option of document.querySelectorAll("option.two")) option.disabled = state.rival === null;
  at("now").textContent = `${percent(shown.accuracy)} right: ${shown.right.toLocaleString("en")} of ${shown.n.toLocaleString("en")}`;
  at("now").title = String(shown.accuracy);
  at("interval").textContent = `${shown.data}, ${state.split} split, ${shown.loss}. 95 % interval ${percent(shown.interval[0])} to `
    + `${percent(shown.interval[1])}; always the most frequent class: ${percent(shown.majority)}.`;
  drawComparison(shown);
  drawConfusion(state, shown);
  drawGallery(state, shown);
  const rate = (value) => make("td", { textContent: value === null ? "–" : value.toFixed(4), title: String(value) });
  at("classes").replaceChildren(make("thead", {}, row("th", "class", "precision", "recall", "F1", "images")),
    make("tbody", {}, ...shown.per_class.map((one) => row("td", make("td", { className: "class", textContent: one.name }),
      rate(one.precision), rate(one.recall), rate(one.f1), one.support))));
  drawCalibration(shown);
}

function options(select, pairs, value) {
  const key = JSON.stringify(pairs);
  if (select.dataset.key !== key) {
    select.dataset.key = key;
    select.replaceChildren(...pairs.map(([at, textContent]) => make("option", { value: at, textContent })));
  }
  select.value = value;
}

function drawComparison({ comparison: found, accuracy }) {
  if (!found) return at("comparison").replaceChildren();
  at("comparison").replaceChildren(
    make("h2", { textContent: "Two runs on the same images" }),
    make("table", {}, make("thead", {}, row("th", "", "other run right", "other run wrong")), make("tbody", {},
      row("td", make("td", { className: "class", textContent: "this run right" }), found.both, found.first_only),
      row("td", make("td", { className: "class", textContent: "this run wrong" }), found.second_only, found.neither))),
    make("p", { className: "hint", title: String(found.chance), textContent: `${percent(accuracy)} against ${percent(found.accuracy)}. `
      + `McNemar's test: p = ${found.chance.toPrecision(3)}, the chance of so uneven a split between equally good models.` }));
}

function drawConfusion(state, { classes, confusion }) {
  const focused = document.activeElement?.dataset?.cell;
  if (classes.length > MOST_CELLS) return drawList(state, classes, confusion);
  const cell = (i, j) => {
    const n = confusion[i][j], total = confusion[i].reduce((a, b) => a + b, 0) || 1;
    const button = make("button", { type: "button", className: "count", textContent: n, disabled: n === 0,
      title: `${classes[i]} predicted as ${classes[j]}: ${n}, ${percent(n / total, 1)} of its images`, onclick: () => open(i, j) });
    button.dataset.cell = `${i} ${j}`;
    button.setAttribute("aria-label", button.title);
    button.setAttribute("aria-pressed", state.true === i && state.predicted === j);
    button.style.setProperty("--share", n / total);
    const box = make("td", { className: i === j ? "own" : "other" }, button);
    return box;
  };
  at("confusion").replaceChildren(make("thead", {}, row("th", "", ...classes)),
    make("tbody", {}, ...classes.map((name, i) => row("td", make("th", { className: "class", textContent: name, scope: "row" }),
      ...classes.map((_, j) => cell(i, j))))));
  if (focused) at("confusion").querySelector(`[data-cell="${focused}"]`)?.focus();
}

function drawList(state, classes, confusion) {
  const cells = confusion.flatMap((counts, i) => counts.map((n, j) => [n, i, j])).filter(([n, i, j]) => n && i !== j);
  cells.sort((a, b) => b[0] - a[0]);
  at("confusion").replaceChildren(make("thead", {}, row("th", "true", "predicted", "images")),
    make("tbody", {}, ...cells.slice(0, 100).map(([n, i, j]) => row("td", classes[i], classes[j],
      make("td", {}, make("button", { type: "button", className: "small", textContent: n, onclick: () => open(i, j) }))))));
}

const open = (i, j) => shell.edit({ true: i, predicted: j, first: 0 });

function drawGallery(state, { classes, gallery, confident }) {
  const place = state.true === null ? "" : `: ${classes[state.true]} predicted as ${classes[state.predicted]}`;
  at("gallery-title").textContent = `Images${place}`;
  drawGrid(at("gallery"), { source: state.run, split: state.split, cards: gallery.images.map((image) => {
    const own = classes[image.true], predicted = classes[image.predicted];
    const other = image.rival === null ? "" : `; the other run: ${classes[image.rival]}`;
    return { index: image.index, wrong: image.true !== image.predicted, label: own === predicted ? own : `${own} ✗ ${predicted}`,
      title: `${image.id}: ${own}, predicted ${predicted}; ${confident} ${image.confidence.toPrecision(4)}, margin ${image.margin.toPrecision(4)}${other}` };
  }) });
  drawPager(at("pager"), state.first, SIZE, gallery.n, (first) => shell.edit({ first }));
}

function drawCalibration({ calibration: found }) {
  at("calibration").hidden = !found;
  if (!found) return;
  const bins = found.bins.filter(({ n }) => n);
  calibration.draw([
    { name: "as sure as right", x: [0, 1], y: [0, 1], mode: "lines", line: { color: "#7F7F7F", dash: "dot" } },
    { name: "this run", x: bins.map((bin) => bin.confidence), y: bins.map((bin) => bin.accuracy), mode: "lines+markers", line: { color: "#0072B2" },
      text: bins.map(({ n }) => `${n} images`), marker: { size: bins.map(({ n }) => 5 + 2 * Math.log2(n)) } },
  ], { annotations: [{ xref: "paper", yref: "paper", x: 0.02, y: 0.98, xanchor: "left", yanchor: "top", showarrow: false, align: "left",
    text: `expected calibration error ${found.expected_calibration_error.toFixed(4)}<br>log loss ${found.log_loss.toFixed(4)}` }] });
}
