// The upload page: one image, its classes, and what contributed. All numbers come from POST /predict.
const TOP = 5, FEATURES = 12;
const ADDS = [0, 114, 178], TAKES = [213, 94, 0]; // Okabe and Ito's blue and vermilion
const at = (id) => document.getElementById(id);
let shown = null, asked = 0, classes = null, refused = null;

function status(text, wrong = false) {
  at("status").textContent = text;
  at("status").classList.toggle("wrong", wrong);
}

function headers() {
  const token = at("token").value.trim();
  return token ? { Authorization: `Bearer ${token}` } : {};
}

async function ask(address, options = {}) {
  const answer = await fetch(address, { ...options, headers: headers() });
  if (answer.status === 401) {
    at("token-box").hidden = false;
    at("token").focus();
    throw new Error(headers().Authorization ? "The token is wrong." : "Enter the token that the server was started with.");
  }
  at("token-box").hidden = true;
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.detail ?? answer.statusText);
  return found;
}

async function readModel() {
  try {
    const model = await ask("model");
    classes = model.classes.length;
    const [height, width] = model.size;
    status(`${classes.toLocaleString("en")} classes, ${model.features}, ${height} × ${width} pixels`);
  } catch (error) {
    status(error.message, true);
  }
}

async function classify(file) {
  const turn = ++asked;
  refused = null;
  status("Classifying …");
  const form = new FormData();
  form.append("images", file);
  try {
    if (classes === null) await readModel();
    const query = `top_k=${Math.min(TOP, classes ?? 1)}&explain=true`;
    const found = await ask(`predict?${query}`, { method: "POST", body: form });
    if (turn !== asked) return; // another image was chosen meanwhile
    const [prediction] = found.predictions;
    shown = { prediction, picture: await createImageBitmap(file).catch(() => null) };
    status(prediction.probability === null ? prediction.class : `${prediction.class}, ${percent(prediction.probability)}`);
    draw();
  } catch (error) {
    if (turn !== asked) return;
    shown = null;
    refused = at("token-box").hidden ? null : file;
    draw();
    status(error.message, true);
  }
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;

function bar(name, value, left, width, takes = false) {
  const item = document.createElement("li");
  const part = (kind, text = "") => {
    const made = document.createElement("span");
    made.className = kind;
    made.textContent = text;
    return made;
  };
  const filled = part(takes ? "bar takes" : "bar"), track = part("track");
  filled.style.left = `${100 * left}%`;
  filled.style.width = `${100 * width}%`;
  track.append(filled);
  const label = part("name", name);
  label.title = name;
  item.append(label, track, part("value", value));
  return item;
}

function draw() {
  const { prediction, picture } = shown ?? {};
  const top = prediction?.top ?? [], why = prediction?.explanation;
  const least = Math.min(...top.map(({ score }) => score)), most = Math.max(...top.map(({ score }) => score));
  at("classes").replaceChildren(...top.map(({ class: name, probability, score }) => probability === null
    ? bar(name, score.toFixed(2), 0, (score - least) / (most - least || 1))
    : bar(name, percent(probability), 0, probability)));
  const strongest = (why?.strongest ?? []).slice(0, FEATURES);
  const scale = Math.max(...strongest.map(({ contribution }) => Math.abs(contribution)), 1e-300);
  at("features").replaceChildren(...strongest.map(({ feature, contribution }) => {
    const width = Math.abs(contribution) / scale / 2;
    return bar(feature, contribution.toPrecision(3), contribution < 0 ? 0.5 - width : 0.5, width, contribution < 0);
  }));
  at("none").hidden = Boolean(prediction);
  at("why").hidden = at("sum").hidden = !why;
  at("why").textContent = why ? `What contributed to ${why.class}` : "";
  at("sum").textContent = why ? `score ${why.score.toPrecision(4)} = bias ${why.bias.toPrecision(4)} + all contributions` : "";
  at("remark").textContent = prediction?.remark ? `${prediction.remark}; the answer is unreliable.` : "\u00a0";
  const regions = why?.regions ?? why?.covered;
  at("heat").parentElement.hidden = !regions; // there is no answer
  drawPicture(picture, at("heat").checked ? regions : null);
}

// The model sees the middle of the image, cut to the shape of its own; the grid lies over that.
function drawPicture(picture, regions) {
  const canvas = at("picture");
  canvas.hidden = !picture;
  at("drop").classList.toggle("full", Boolean(picture));
  if (!picture) return;
  const zoom = Math.max(1, Math.round(480 / Math.max(picture.width, picture.height)));
  canvas.width = picture.width * zoom;
  canvas.height = picture.height * zoom;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  if (!regions) return;
  const rows = regions.length, columns = regions[0].length;
  const side = Math.min(canvas.width / columns, canvas.height / rows);
  const left = (canvas.width - side * columns) / 2, top = (canvas.height - side * rows) / 2;
  const scale = Math.max(...regions.flat().map(Math.abs), 1e-300);
  context.fillStyle = "rgb(127 127 127 / 45%)"; // so that both colours show on light and dark images
  context.fillRect(left, top, side * columns, side * rows);
  regions.forEach((row, i) => row.forEach((value, j) => {
    const [r, g, b] = value < 0 ? TAKES : ADDS;
    context.fillStyle = `rgb(${r} ${g} ${b} / ${Math.sqrt(Math.abs(value) / scale) * 0.85})`;
    context.fillRect(left + j * side, top + i * side, side + 0.5, side + 0.5);
  }));
}

const take = (list) => {
  const file = [...(list ?? [])].find((one) => one.type.startsWith("image/")) ?? list?.[0];
  if (file) classify(file);
};
at("file").addEventListener("change", () => take(at("file").files));
at("heat").addEventListener("change", draw);
at("token").addEventListener("change", () => (refused ? classify(refused) : readModel()));
document.addEventListener("paste", (event) => take(event.clipboardData.files));
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    at("drop").classList.toggle("over", kind === "dragover");
    if (kind === "drop") take(event.dataTransfer.files);
  });
}
readModel();
