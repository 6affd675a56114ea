// The tables of weights and of samples.
import { COLOURS } from "./plane.js";

export const write = (value, digits = 2) => value.toFixed(digits).replace("-", "−").replace(/^−(0\.?0*)$/, "$1");

function cell(tag, text, kind, title) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (kind) made.className = kind;
  if (title !== undefined) made.title = title;
  return made;
}

export class WeightTable {
  constructor(table, onEdit) {
    this.table = table;
    this.onEdit = onEdit;
  }

  draw(state, sheet) {
    if (this.table.rows.length !== state.weights.length + 1) this.build(state);
    state.weights.forEach((row, j) => row.forEach((value, k) => {
      const box = this.table.rows[j + 1].cells[k + 1];
      const input = box.firstChild;
      if (document.activeElement !== input || Number(input.value) !== value) input.value = String(Number(value.toPrecision(6)));
      input.title = String(value);
      box.lastChild.textContent = write(sheet.gradient[j][k], 3);
      box.lastChild.title = String(sheet.gradient[j][k]);
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
        input.addEventListener("input", () => {
          if (input.value !== "" && Number.isFinite(input.valueAsNumber)) this.onEdit(j, k, input.valueAsNumber);
        });
        box.append(input, cell("span", "", "gradient"));
      });
    });
  }
}

export function drawSamples(table, state, sheet, chosen, onChoose) {
  const classes = state.weights.map((_, j) => `s${j}`);
  const shown = sheet.probabilities ? [...classes, ...state.weights.map((_, j) => `p${j}`)] : classes;
  const head = document.createElement("tr");
  for (const name of ["", "x", "y", "class", ...shown, "loss"]) head.append(cell("th", name, name === "class" ? "class" : ""));
  head.append(cell("th", "how the loss comes about", "class"));
  const body = document.createElement("tbody");
  state.points.forEach(([x, y, label], i) => {
    const row = document.createElement("tr");
    row.classList.toggle("chosen", i === chosen);
    row.addEventListener("mouseenter", () => onChoose(i));
    const kind = cell("td", String(label), sheet.predicted[i] === label ? "class" : "class wrong");
    kind.title = `predicted ${sheet.predicted[i]}`;
    row.append(cell("td", String(i + 1)), cell("td", write(x, 3), "", String(x)), cell("td", write(y, 3), "", String(y)), kind);
    sheet.scores[i].forEach((score, j) => row.append(cell("td", write(score), j === label ? "own" : "", String(score))));
    if (sheet.probabilities) {
      sheet.probabilities[i].forEach((p, j) => row.append(cell("td", write(p, 3), j === label ? "own" : "", String(p))));
    }
    row.append(cell("td", write(sheet.losses[i]), "loss", String(sheet.losses[i])), cell("td", sheet.arithmetic[i], "arithmetic"));
    body.append(row);
  });
  const top = document.createElement("thead");
  top.append(head);
  table.replaceChildren(top, body);
}
