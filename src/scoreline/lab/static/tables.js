// The tables of weights and of samples.
import { exact, write } from "./numbers.js";
import { COLOURS } from "./plane.js";

// As many digits as stand before the point of the largest weights, else six.
const rounded = (value) => (value === undefined ? value : Number(value.toPrecision(Math.abs(value) < 1e5 ? 6 : 8)));

function cell(tag, text, kind, title) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (kind) made.className = kind;
  if (title !== undefined) made.title = title;
  return made;
}

export class WeightTable {
  // `follow(input, value)` keeps fields as the state is, `onEdit(j, k, value)` changes it.
  constructor(table, follow, onEdit) {
    Object.assign(this, { table, follow, onEdit });
  }

  draw(state, sheet) {
    if (this.table.rows.length !== state.weights.length + 1) this.build(state);
    state.weights.forEach((row, j) => row.forEach((value, k) => {
      const box = this.table.rows[j + 1].cells[k + 1];
      box.firstChild.title = String(value);
      box.lastChild.textContent = write(sheet.gradient[j][k], 3);
      box.lastChild.title = exact(sheet.gradient[j][k]);
    }));
  }

  build(state) {
    const names = ["w x", "w y", "b"];
    const head = document.createElement("tr");
    head.append(cell("th", "class", "class"), ...names.map((name) => cell("th", name)));
    this.table.replaceChildren(head);
    state.weights.forEach((_, j) => {
      const row = this.table.insertRow();
      const name = cell("td", String(j), "class");
      name.style.setProperty("--class", COLOURS[j]);
      row.append(name);
      names.forEach((what, k) => {
        const box = row.insertCell();
        const input = document.createElement("input");
        Object.assign(input, { type: "number", step: "0.1" });
        input.setAttribute("aria-label", `${what} of class ${j}`);
        this.follow(input, ({ weights }) => rounded(weights[j]?.[k]));
        input.addEventListener("input", () => {
          if (input.value !== "" && Number.isFinite(input.valueAsNumber)) this.onEdit(j, k, input.valueAsNumber);
        });
        box.append(input, cell("span", "", "gradient"));
      });
    });
  }
}

// [text, class, full value] of each cell of a sample's row.
function sampleCells([x, y, label], i, state, sheet) {
  const own = (j) => (j === label ? "own" : "");
  const right = sheet.predicted[i] === label;
  return [
    [String(i + 1), "", ""],
    [write(x, 3), "", String(x)],
    [write(y, 3), "", String(y)],
    [String(label), right ? "class" : "class wrong", `predicted ${sheet.predicted[i]}`],
    ...sheet.scores[i].map((score, j) => [write(score), own(j), exact(score)]),
    ...(sheet.probabilities?.[i] ?? []).map((p, j) => [write(p, 3), own(j), exact(p)]),
    [write(sheet.losses[i]), "loss", exact(sheet.losses[i])],
    [sheet.arithmetic[i], "arithmetic", ""],
  ];
}

export function drawSamples(table, state, sheet, chosen, onChoose) {
  const classes = state.weights.map((_, j) => `s${j}`);
  const shown = sheet.probabilities ? [...classes, ...state.weights.map((_, j) => `p${j}`)] : classes;
  const heads = ["", "x", "y", "class", ...shown, "loss", "loss calculation"];
  const body = table.tBodies[0];
  const fits = body?.rows.length === state.points.length && table.tHead.rows[0].cells.length === heads.length
    && heads.every((text, k) => table.tHead.rows[0].cells[k].textContent === text);
  if (!fits) buildSamples(table, heads, state.points.length, onChoose);
  // A drag changes one row of perhaps hundreds: only what differs is written.
  state.points.forEach((point, i) => {
    const row = table.tBodies[0].rows[i];
    row.classList.toggle("chosen", i === chosen);
    const key = `${point} ${sheet.scores[i]} ${sheet.probabilities?.[i]} ${sheet.predicted[i]} ${sheet.losses[i]} ${sheet.arithmetic[i]}`;
    if (row.key === key) return;
    row.key = key;
    sampleCells(point, i, state, sheet).forEach(([text, kind, full], k) => {
      const box = row.cells[k];
      if (box.textContent !== text) box.textContent = text;
      if (box.className !== kind) box.className = kind;
      if (box.title !== full) box.title = full;
    });
  });
}

function buildSamples(table, heads, count, onChoose) {
  const head = document.createElement("tr");
  heads.forEach((name) => head.append(cell("th", name, ["class", heads.at(-1)].includes(name) ? "class" : "")));
  const body = document.createElement("tbody");
  for (let i = 0; i < count; i++) {
    const row = body.insertRow();
    for (let k = 0; k < heads.length; k++) row.insertCell();
    row.addEventListener("mouseenter", () => onChoose(i));
  }
  const top = document.createElement("thead");
  top.append(head);
  table.replaceChildren(top, body);
}
