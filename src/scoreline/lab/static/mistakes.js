// Page 6: confusions, the images behind them, and two runs beside each other.
import { Chart } from "./chart.js";
import { saveCsv } from "./files.js";
import { exact, percent as share, significant, write } from "./numbers.js";
import { drawGrid, drawPager } from "./pictures.js";
import { Shell, at, make } from "./shell.js";

const SIZE = 48, MOST_ROWS = 200; // images, and classes in the table
const RATES = ["precision", "recall", "f1", "support"];
const calibration = new Chart(at("calibration"), { name: "calibration", title: "Calibration: how sure, and how often right", height: 320,
  layout: { xaxis: { title: { text: "confidence" }, range: [0, 1] }, yaxis: { title: { text: "share that is right" }, range: [0, 1.02] } } });

const shell = new Shell({ page: "mistakes", draw });
at("ask").onclick = () => shell.ask("ask");
at("run").onchange = () => {
  const run = Number(at("run").value), alone = shell.state.rival === run ? { rival: null, among: "wrong" } : {};
  shell.edit({ run, true: null, predicted: null, first: 0, ...alone });
};
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
  const { classes, confusion, confusions } = shell.shown;
  if (!confusion) return saveCsv("confusions.csv", ["true", "predicted", "images"], confusions.map(([i, j, n]) => [classes[i], classes[j], n]));
  saveCsv("confusion.csv", ["true \\ predicted", ...classes], confusion.map((row, i) => [classes[i], ...row]));
};
at("save-classes").onclick = () => saveCsv("classes.csv", ["class", ...RATES],
  shell.shown.per_class.map((row) => [row.name, ...RATES.map((rate) => row[rate])]));

const percent = (value, digits = 2) => share(value, digits);
const row = (tag, ...cells) => make("tr", {}, ...cells.map((cell) => (cell instanceof Node ? cell : make(tag, { textContent: cell }))));

function draw(state, shown) {
  options(at("run"), shown.runs.map((name, i) => [i, name]), state.run);
  options(at("rival"), [["", "none"], ...shown.runs.map((name, i) => [i, name]).filter(([i]) => i !== state.run)], state.rival ?? "");
  options(at("split"), shown.splits.filter((name) => name !== "test" || state.asked).map((name) => [name, name]), shown.split);
  at("ask").hidden = state.asked || !shown.splits.includes("test");
  for (const option of document.querySelectorAll("option.two")) option.disabled = state.rival === null;
  at("now").textContent = `${percent(shown.accuracy)} right: ${shown.right.toLocaleString("en")} of ${shown.n.toLocaleString("en")}`;
  at("now").title = String(shown.accuracy);
  const refitted = shown.splits.includes("validation") ? "" : " The run's data have no validation images of their own (it may have been refitted with them).";
  const seen = shown.split === "train" ? ` The model was trained on these images.${refitted}` : "";
  at("interval").textContent = `${shown.data}, ${shown.split} split, ${shown.loss}.${seen} 95 % interval ${percent(shown.interval[0])} to `
    + `${percent(shown.interval[1])}; majority-class baseline: ${percent(shown.majority)}.`;
  drawComparison(shown);
  drawConfusion(state, shown);
  drawGallery(state, shown);
  drawClasses(shown);
  drawCalibration(shown);
}

function drawClasses({ per_class: all }) {
  const rate = (value) => make("td", { textContent: write(value, 4), title: value === null ? "nothing to count" : exact(value) });
  const rows = all.length > MOST_ROWS ? all.toSorted((a, b) => (a.f1 ?? 2) - (b.f1 ?? 2)).slice(0, MOST_ROWS) : all;
  at("classes-hint").textContent = all.length > MOST_ROWS ? `The ${MOST_ROWS} of ${all.length.toLocaleString("en")} classes with the lowest F1: all are in the CSV.` : "";
  at("classes").replaceChildren(make("thead", {}, row("th", "class", "precision", "recall", "F1", "examples")),
    make("tbody", {}, ...rows.map((one) => row("td", make("td", { className: "class", textContent: one.name }),
      rate(one.precision), rate(one.recall), rate(one.f1), one.support))));
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
      + `McNemar's test: p = ${significant(found.chance, 3)}, the chance of so uneven a split between equally good models.` }));
}

function drawConfusion(state, { classes, confusion, confusions }) {
  const focused = document.activeElement?.dataset?.cell;
  at("confusion-title").textContent = confusion ? "Confusion matrix: rows are true classes, columns predictions. A cell opens its images."
    : "The largest confusions. A number opens its examples.";
  at("confusion").parentElement.classList.toggle("high", !confusion);
  if (!confusion) return drawList(state, classes, confusions);
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

function drawList(state, classes, cells) {
  at("confusion").replaceChildren(make("thead", {}, row("th", "true", "predicted", "examples")),
    make("tbody", {}, ...cells.map(([i, j, n]) => {
    const button = make("button", { type: "button", className: "small", textContent: n, onclick: () => open(i, j),
      ariaLabel: `${classes[i]} predicted as ${classes[j]}: ${n}` });
    button.setAttribute("aria-pressed", state.true === i && state.predicted === j);
    return row("td", classes[i], classes[j], make("td", {}, button));
  })));
}

const open = (i, j) => shell.edit({ true: i, predicted: j, first: 0 });

function drawGallery(state, { classes, gallery, confident, pictures, split }) {
  const one = (i) => (i === null ? "all" : classes[i]);
  const place = state.true === null && state.predicted === null ? "" : `: ${one(state.true)} predicted as ${one(state.predicted)}`;
  at("gallery-title").textContent = `${pictures ? "Images" : "Examples"}${place}`;
  at("gallery").classList.toggle("texts", !pictures);
  drawGrid(at("gallery"), { source: pictures ? state.run : null, split, cards: gallery.images.map((image) => {
    const own = classes[image.true], predicted = classes[image.predicted];
    const other = image.rival === null ? "" : `; the other run: ${classes[image.rival]}`;
    return { index: image.index, wrong: image.true !== image.predicted, label: (pictures ? "" : `${image.id}: `) + (own === predicted ? own : `${own} ✗ ${predicted}`),
      title: `${image.id}: ${own}, predicted ${predicted}; ${confident} ${significant(image.confidence, 4)}, margin ${significant(image.margin, 4)}${other}` };
  }) });
  drawPager(at("pager"), state.first, SIZE, gallery.n, (first) => shell.edit({ first }));
}

function drawCalibration({ calibration: found }) {
  at("calibration").hidden = !found;
  at("no-calibration").hidden = Boolean(found);
  if (!found) return;
  const bins = found.bins.filter(({ n }) => n);
  calibration.draw([
    { name: "as sure as right", x: [0, 1], y: [0, 1], mode: "lines", line: { color: "#7F7F7F", dash: "dot" } },
    { name: "this run", x: bins.map((bin) => bin.confidence), y: bins.map((bin) => bin.accuracy), mode: "lines+markers", line: { color: "#0072B2" },
      text: bins.map(({ n }) => `${n} examples`), cliponaxis: false, marker: { size: bins.map(({ n }) => 5 + 2 * Math.log2(n)) } },
  ], { annotations: [{ xref: "paper", yref: "paper", x: 0.02, y: 0.98, xanchor: "left", yanchor: "top", showarrow: false, align: "left",
    text: `expected calibration error ${write(found.expected_calibration_error, 4)}<br>log loss ${write(found.log_loss, 4)}` }] });
}
