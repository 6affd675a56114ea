// Page 1: takes gestures, asks the session, draws its answers. Every number shown was computed in Python.
import { Link } from "./link.js";
import { Plane } from "./plane.js";
import { WeightTable, drawSamples, write } from "./tables.js";

const at = (id) => document.getElementById(id);
const FIELDS = ["loss", "margin", "penalty", "lam", "lr"];
let state = null, sheet = null, chosen = null, playing = false, linkTimer = null;

// ?hide=lam,steps takes controls away for a lesson; what is computed always stays.
const query = new URLSearchParams(location.search);
const hidden = (query.get("hide") ?? "").split(",");
for (const part of document.querySelectorAll("[data-part]")) part.hidden = hidden.includes(part.dataset.part);
if (query.has("token")) { // the cookie has it from here on
  query.delete("token");
  history.replaceState(null, "", `?${query}${location.hash}`);
}

const edit = (changes, coarse = false) => link.send({ action: "edit", changes, coarse });
const points = () => state.points.map((point) => [...point]);
const plane = new Plane(at("drawing"), at("raster"), {
  move(i, x, y, coarse) {
    const changed = points();
    if (!changed[i]) return;
    changed[i] = [x, y, changed[i][2]];
    edit({ points: changed }, coarse);
  },
  add: (x, y) => edit({ points: [...points(), [x, y, Number(at("label").value)]] }),
  relabel(i, label) {
    if (label >= state.weights.length) return say(`There are ${state.weights.length} classes: 0 to ${state.weights.length - 1}`, true);
    const changed = points();
    changed[i][2] = label;
    edit({ points: changed });
  },
  remove: (i) => edit({ points: points().filter((_, j) => j !== i) }),
  choose(i) {
    chosen = i;
    hover(i);
  },
});
const weights = new WeightTable(at("weights"), (j, k, value) => {
  const changed = state.weights.map((row) => [...row]);
  changed[j][k] = value;
  edit({ weights: changed });
});
const link = new Link(answer, connection);

function say(text, wrong = false) {
  at("status").textContent = text;
  at("status").classList.toggle("wrong", wrong);
}

function connection(kind, reason) {
  if (kind === "closed") {
    playing = false;
    return say(reason || "The lab is not running; trying again …", true);
  }
  say("Connected");
  const kept = state ?? read(location.hash);
  edit(kept ?? {});
}

function answer(message) {
  if (message.error) {
    playing = false;
    draw();
    return say(message.error, true);
  }
  if (message.script) return showPython(message.script);
  ({ state, sheet } = message);
  at("undo").disabled = !message.can_undo;
  plane.draw(state, sheet, message.regions, chosen);
  draw();
  say(`Step ${state.step}`);
  if (location.hash.length < 2) keepLink();
  else linkTimer ??= setTimeout(keepLink, 200);
  if (playing && link.idle) requestAnimationFrame(() => playing && link.idle && link.send({ action: "step" }));
}

// Browsers refuse an address that changes a hundred times in half a minute.
function keepLink() {
  clearTimeout(linkTimer);
  linkTimer = null;
  history.replaceState(null, "", `#${encodeURIComponent(JSON.stringify(state))}`);
}

function draw() {
  at("play").setAttribute("aria-pressed", playing);
  at("play").textContent = playing ? "Stop" : "Repeat";
  if (!state) return;
  for (const name of FIELDS) if (document.activeElement !== at(name)) at(name).value = state[name];
  if (document.activeElement !== at("classes")) at("classes").value = state.weights.length;
  at("margin").disabled = state.loss === "softmax";
  const label = at("label");
  if (label.options.length !== state.weights.length) {
    label.replaceChildren(...state.weights.map((_, j) => new Option(String(j), String(j))));
  }
  weights.draw(state, sheet);
  drawSamples(at("samples"), state, sheet, chosen, hover);
  const right = sheet.accuracy === null ? "" : `, ${write(100 * sheet.accuracy, 0)} % right`;
  at("total").innerHTML = "";
  const parts = [["data", "data_loss"], [" + regularisation", "penalty"], [" = total", "total"]];
  for (const [name, key] of parts) {
    const small = document.createElement("small");
    small.textContent = `${name} `;
    const number = document.createElement("span");
    Object.assign(number, { id: `sum-${key}`, textContent: write(sheet[key]), title: String(sheet[key]) });
    at("total").append(small, number);
  }
  const small = document.createElement("small");
  small.textContent = right;
  at("total").append(small);
}

function hover(i) {
  if (!sheet || !state.points[i]) return;
  at("hover").textContent = `Point ${i + 1}: ${sheet.arithmetic[i]}`;
}

function read(hash) {
  if (hash.length < 2) return null;
  try {
    return JSON.parse(decodeURIComponent(hash.slice(1)));
  } catch {
    say("The link is damaged; this is the start", true);
    return null;
  }
}

function showPython(script) {
  at("python").textContent = script;
  at("python").hidden = false;
}

function save(name, kind, text) {
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(new Blob([text], { type: kind }));
  anchor.download = name;
  anchor.click();
  URL.revokeObjectURL(anchor.href);
}

const ask = (action) => () => link.send({ action });
at("step").onclick = ask("step");
at("undo").onclick = ask("undo");
at("randomise").onclick = ask("randomise");
at("reset").onclick = ask("reset");
at("show-python").onclick = ask("python");
at("play").onclick = () => {
  playing = !playing;
  draw();
  if (playing) link.send({ action: "step" });
};
for (const name of FIELDS) {
  at(name).addEventListener("input", () => {
    const value = at(name).value;
    if (value !== "") edit({ [name]: at(name).type === "number" ? Number(value) : value });
  });
}
at("classes").addEventListener("change", () => {
  const count = Math.max(2, Math.min(10, Math.round(at("classes").valueAsNumber) || 2));
  const rows = Array.from({ length: count }, (_, j) => state.weights[j] ?? [0, 0, 0]);
  edit({ weights: rows, points: points().filter(([, , label]) => label < count) });
});
at("copy-link").onclick = async () => {
  keepLink();
  await navigator.clipboard.writeText(location.href);
  say("The link is copied");
};
at("save-json").onclick = () => save("scores.json", "application/json", JSON.stringify({ state, sheet }, null, 1));
at("save-csv").onclick = () => {
  const scores = state.weights.map((_, j) => `s${j}`);
  const rows = state.points.map((point, i) => [...point, ...sheet.scores[i], sheet.losses[i]].join(","));
  save("scores.csv", "text/csv", [["x", "y", "class", ...scores, "loss"].join(","), ...rows].join("\n") + "\n");
};
at("take-csv").onclick = () => {
  const rows = at("csv").value.trim().split(/\n+/).map((line) => line.split(/[,;\t ]+/).map(Number));
  const bad = rows.findIndex((row) => row.length < 3 || row.slice(0, 3).some(Number.isNaN));
  if (bad >= 0) return say(`Line ${bad + 1} is no x, y, class`, true);
  edit({ points: rows.map(([x, y, label]) => [x, y, label]) });
};
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "z") {
    event.preventDefault();
    link.send({ action: "undo" });
  }
});
