// Page 2: the slope along one weight, by differences and by the formula.
import { Chart } from "./chart.js";
import { exact, power, significant, write } from "./numbers.js";
import { COLOURS } from "./plane.js";
import { Shell, at, make } from "./shell.js";

const MARKS = { ok: "✓", coarse: "≈", kink: "∠", wrong: "✗", lost: "–" };
const NAMES = ["w x", "w y", "b"];
const CURVES = { "forward, float64": ["#0072B2", "solid"], "central, float64": ["#009E73", "solid"],
  "forward, float32": ["#D55E00", "dot"], "central, float32": ["#CC79A7", "dot"] };
const sliceChart = new Chart(at("slice"), { name: "slice", title: "The loss along this weight, its tangent and its secant",
  layout: { xaxis: { title: { text: "weight" } }, yaxis: { title: { text: "data loss + regularisation" } } }, height: 320 });
const curveChart = new Chart(at("curve"), { name: "error-curve", title: "Error of the difference for each step h",
  layout: { xaxis: { type: "log", title: { text: "h" }, exponentformat: "power" },
    yaxis: { type: "log", title: { text: "|numeric − exact|" }, exponentformat: "power" } }, height: 320 });
let revealed = false;

const shell = new Shell({ page: "gradients", draw });
at("hide-bug").onclick = () => {
  revealed = false;
  shell.ask("hide-bug");
};
at("reveal").onclick = () => {
  revealed = true;
  shell.draw();
};

function draw(state, shown) {
  bugs(state, shown);
  table(state, shown);
  slice(state, shown);
  if (shown.curve) curve(state, shown);
  const { behind, here, ahead, numeric } = shown.difference;
  const difference = state.scheme === "central" ? `(${exact(ahead)} − ${exact(behind)}) / (2 · ${state.h})` : `(${exact(ahead)} − ${exact(here)}) / ${state.h}`;
  at("arithmetic").textContent = `${numeric === null ? `No difference: the weight and the weight + ${state.h} are the same number in ${state.dtype}`
    : `${difference} = ${exact(numeric)}`}; the formula: ${exact(shown.tangent)}`;
  if (shown.milliseconds) {
    const { numeric: slow, analytic: fast } = shown.milliseconds;
    at("times").textContent = `All cells took ${write(slow)} ms by differences and ${write(fast)} ms by the `
      + `formula: ${write(slow / fast, 1)} times as long. Recommended h: ${significant(shown.recommended, 2)}.`;
  }
}

function bugs(state, shown) {
  const select = at("bug");
  if (!select.options.length) {
    select.append(...Object.entries(shown.bugs).map(([value, text]) => new Option(text, value)));
    select.append(new Option("a secret one", "mystery"));
  }
  select.value = state.bug;
  at("reveal").disabled = state.bug !== "mystery";
  const count = (verdict) => shown.verdicts.flat().filter((one) => one === verdict).length;
  const wrong = count("wrong"), lost = count("lost"), cells = (n) => `${n} ${n === 1 ? "cell" : "cells"}`;
  at("verdict").textContent = wrong ? `The check fails in ${cells(wrong)}` : lost ? `The step h is too small in ${cells(lost)}` : "The check passes";
  if (state.bug === "mystery" && revealed) at("verdict").textContent += `: ${shown.bugs[shown.bug]}`;
}

function table(state, shown) {
  const head = make("tr", {}, make("th", { textContent: "class", className: "class" }),
    ...NAMES.map((name) => make("th", { textContent: name, scope: "col" })));
  const rows = state.weights.map((_, j) => {
    const name = make("td", { textContent: j, className: "class" });
    name.style.setProperty("--class", COLOURS[j]);
    return make("tr", {}, name, ...NAMES.map((_, k) => cell(state, shown, j, k)));
  });
  const focused = document.activeElement?.dataset?.cell;
  at("cells").replaceChildren(make("thead", {}, head), make("tbody", {}, ...rows));
  if (focused) at("cells").querySelector(`[data-cell="${focused}"]`)?.focus();
}

function cell(state, shown, j, k) {
  const verdict = shown.verdicts[j][k], numeric = shown.numeric[j][k], analytic = shown.analytic[j][k];
  const line = (name, value, full) => make("span", { className: "gradient", textContent: `${name} ${value}`, title: exact(full) });
  const button = make("button", { className: `cell ${verdict}`, onclick: () => shell.edit({ row: j, col: k }) },
    make("b", { className: `mark ${verdict}`, textContent: MARKS[verdict] }),
    line("numeric", significant(numeric, 8), numeric),
    line("analytic", significant(analytic, 8), analytic),
    line("rel. error", power(shown.errors[j][k]), shown.errors[j][k]));
  button.dataset.cell = `${j}-${k}`;
  button.setAttribute("aria-pressed", j === state.row && k === state.col);
  button.setAttribute("aria-label", `${NAMES[k]} of class ${j}: ${verdict}`);
  return make("td", {}, button);
}

function slice(state, shown) {
  const { w, loss } = shown.slice, { here, tangent } = shown;
  const reach = w.at(-1) - here, value = shown.difference.here, slope = shown.difference.numeric;
  const line = (m, y) => ({ x: [here - reach, here + reach], y: [y - m * reach, y + m * reach] });
  const finite = loss.filter((one) => one !== null);
  const least = Math.min(...finite), most = Math.max(...finite), around = 0.15 * (most - least) + 1e-9 * (1 + Math.abs(most));
  const range = finite.length ? [least - around, most + around] : [0, 1];
  const central = state.scheme === "central";
  const feet = central ? [here - state.h, here + state.h] : [here, here + state.h];
  const heights = central ? [shown.difference.behind, shown.difference.ahead] : [value, shown.difference.ahead];
  sliceChart.draw([
    { name: "loss", x: w, y: loss, mode: "lines", line: { color: "#0072B2", width: 3 } },
    { name: "tangent (formula)", ...line(tangent, value), mode: "lines", line: { color: "#D55E00", dash: "dash" } },
    { name: "secant (difference)", ...line(slope ?? 0, central ? (heights[0] + heights[1]) / 2 : value), mode: "lines", line: { color: "#009E73", dash: "dot" } },
    { name: "its ends", x: feet, y: heights, mode: "markers", marker: { color: "#009E73", size: 9 } },
  ], { yaxis: { ...sliceChart.layout.yaxis, range }, uirevision: `${state.row}-${state.col}` });
}

function curve(state, { curve, recommended }) {
  const marks = [[state.h, "h", "#7F7F7F", "solid"], [recommended, "recommended", "#E69F00", "dash"]].filter(([h]) => h);
  curveChart.draw(Object.entries(curve.errors).map(([name, y]) => ({
    name, x: curve.h, y: y.map((error) => error || null), mode: "lines+markers",
    line: { color: CURVES[name][0], dash: CURVES[name][1] }, marker: { size: 4 },
  })), { shapes: marks.map(([h, , color, dash]) => mark(h, color, dash)), annotations: marks.map(([h, text]) => label(h, text)) });
}

const mark = (x, color, dash) => ({ type: "line", x0: x, x1: x, yref: "paper", y0: 0, y1: 1, line: { color, dash, width: 1 } });
const label = (x, text) => ({ x: Math.log10(x), yref: "paper", y: text === "h" ? 0.98 : 0.04, text, showarrow: false, xanchor: "left" });
