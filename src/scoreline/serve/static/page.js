// The upload page: one image, its classes, and what contributed. All numbers come from the server.
const TOP = 5, FEATURES = 12;
const at = (id) => document.getElementById(id);
let shown = null, asked = 0, refused = null;

function status(text, wrong = false) {
  at("status").textContent = text;
  at("status").classList.toggle("wrong", wrong);
}

function headers() {
  const token = at("token").value.trim();
  return token ? { Authorization: `Bearer ${token}` } : {};
}

async function ask(address, options = {}) {
  const answer = await fetch(address, { ...options, headers: headers() }).catch(() => {
    throw new Error("The server does not answer. It may have ended, or the connection to it.");
  });
  if (answer.status === 401) {
    at("token-box").hidden = false;
    at("token").focus();
    throw new Error(headers().Authorization ? "The token is wrong." : "Enter the token that the server was started with.");
  }
  if (!at("token-box").hidden) {
    at("token-box").hidden = true;
    at("file").focus(); // the field that had the focus is gone
  }
  const found = await answer.json().catch(() => ({})); // a proxy answers in words of its own
  if (!answer.ok) throw new Error(found.detail ?? `${answer.status} ${answer.statusText}`);
  return found;
}

async function showModel() {
  try {
    const { classes, features, size: [height, width] } = await ask("model");
    status(`${classes.length.toLocaleString("en")} classes, ${features}, ${height} × ${width} pixels`);
  } catch (error) {
    status(error.message, true);
  }
}

async function classify(file, others = 0) {
  const turn = ++asked;
  refused = null;
  status("Classifying …");
  const form = new FormData();
  form.append("images", file);
  try {
    const model = await ask("model"); // it may have been replaced
    const query = `top_k=${Math.min(TOP, model.classes.length)}&explain=true`;
    const found = await ask(`predict?${query}`, { method: "POST", body: form });
    const picture = await createImageBitmap(file).catch(() => null);
    if (turn !== asked) return; // another image was chosen meanwhile
    const [prediction] = found.predictions;
    shown = { prediction, picture, size: model.size, name: file.name, others };
    status(prediction.probability === null ? prediction.class : `${prediction.class}, ${percent(prediction.probability)}`);
  } catch (error) {
    if (turn !== asked) return;
    shown = null;
    refused = at("token-box").hidden ? null : file;
    status(error.message, true);
  }
  draw();
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const written = (text) => text.replace("-", "−");
const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toPrecision(3)}`;

function make(className, ...content) {
  const made = document.createElement("span");
  made.className = className;
  made.append(...content);
  return made;
}

function bar(name, value, left, width, kind = "") {
  const item = document.createElement("li");
  const filled = make(`bar ${kind}`), label = make("name", name);
  filled.style.left = `${100 * left}%`;
  filled.style.width = `${100 * width}%`;
  label.title = name;
  item.append(label, make("track", filled), make("value", value));
  return item;
}

function draw() {
  const { prediction, picture, size, name, others } = shown ?? {};
  const top = prediction?.top ?? [], why = prediction?.explanation;
  const least = Math.min(...top.map(({ score }) => score)), most = Math.max(...top.map(({ score }) => score));
  at("classes").replaceChildren(...top.map(({ class: label, probability, score }) => probability === null
    ? bar(label, written(score.toFixed(2)), 0, (score - least) / (most - least || 1))
    : bar(label, percent(probability), 0, probability)));
  const strongest = (why?.strongest ?? []).slice(0, FEATURES);
  const scale = Math.max(...strongest.map(({ contribution }) => Math.abs(contribution)), 1e-300);
  at("features").replaceChildren(...strongest.map(({ feature, contribution }) => {
    const width = Math.abs(contribution) / scale / 2;
    return bar(feature, signed(contribution), contribution < 0 ? 0.5 - width : 0.5, width, contribution < 0 ? "takes" : "adds");
  }));
  at("by").textContent = prediction?.probability === null ? "Classes, by score" : "Classes";
  at("none").hidden = Boolean(prediction);
  at("why").hidden = !why;
  at("of").textContent = why ? `What contributed to ${why.class}` : "";
  at("sum").textContent = why ? `score ${written(why.score.toPrecision(4))} = bias ${written(why.bias.toPrecision(4))} + all contributions` : "";
  at("remark").textContent = [
    prediction?.remark ? `${prediction.remark[0].toUpperCase()}${prediction.remark.slice(1)}; the answer is unreliable.` : "",
    others ? `Only the first of ${others + 1} files is shown.` : "",
    prediction && !picture ? "This browser cannot show the file, which the server has read." : "",
  ].filter(Boolean).join(" ");
  explainRegions(picture && why, top);
  const regions = at("heat").checked ? why?.regions ?? why?.covered : null;
  drawPicture(picture, size, regions);
  if (picture) at("picture").ariaLabel = `${name}: ${prediction.class}${regions ? `. ${strongestOf(regions)}` : ""}`;
}

function explainRegions(why, top) {
  const any = Boolean(why?.regions ?? why?.covered);
  at("heat").parentElement.hidden = at("how").hidden = !any; // there is no answer, or no picture
  if (!any) return;
  const [what, how] = why.regions
    ? [`score of ${why.class}`, "A region contributes the sum of its pixels times their weights."]
    : [`lead of ${why.class} over ${top[1]?.class}`, "A region contributes by how much the lead falls where it is covered with grey."];
  const [adds, takes] = document.querySelectorAll("#why .swatch");
  at("how").replaceChildren(adds.cloneNode(), `adds to the ${what} `, takes.cloneNode(), "takes from it", document.createElement("br"), how);
}

// What a picture shows in words.
function strongestOf(regions) {
  const all = regions.flatMap((row, i) => row.map((value, j) => [value, i + 1, j + 1]));
  const said = ([value, row, column]) => `${signed(value)} in row ${row}, column ${column}`;
  all.sort(([a], [b]) => a - b);
  return `Of ${regions.length} × ${regions[0].length} regions the least contributes ${said(all[0])}, the most ${said(all.at(-1))}`;
}

// The model sees the middle of the image, cut to the shape of its own; the grid lies over that.
function drawPicture(picture, size, regions) {
  const canvas = at("picture");
  canvas.hidden = !picture;
  at("drop").classList.toggle("full", Boolean(picture));
  if (!picture) return;
  const zoom = Math.max(1, Math.round(480 / Math.max(picture.width, picture.height)));
  canvas.width = picture.width * zoom;
  canvas.height = picture.height * zoom;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.filter = regions ? "grayscale(1) contrast(.7)" : "none"; // so that colours are those of the regions alone
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  context.filter = "none";
  if (!regions) return;
  const share = Math.min(canvas.height / size[0], canvas.width / size[1]);
  const height = share * size[0], width = share * size[1];
  const left = (canvas.width - width) / 2, top = (canvas.height - height) / 2;
  const down = height / regions.length, across = width / regions[0].length;
  const scale = Math.max(...regions.flat().map(Math.abs), 1e-300);
  const [adds, takes] = [...document.querySelectorAll("#why .swatch")].map((swatch) => getComputedStyle(swatch).backgroundColor);
  regions.forEach((row, i) => row.forEach((value, j) => {
    context.globalAlpha = Math.sqrt(Math.abs(value) / scale) * 0.75;
    context.fillStyle = value < 0 ? takes : adds;
    context.fillRect(left + j * across, top + i * down, across + 0.5, down + 0.5);
  }));
}

function take(list, wanted = false) {
  const files = [...(list ?? [])], images = files.filter((one) => one.type.startsWith("image/"));
  const [file] = images.length ? images : files;
  if (file) classify(file, files.length - 1);
  else if (wanted) status("That is no file. Save the image, or copy and paste it.", true);
}

at("file").addEventListener("change", () => {
  take(at("file").files);
  at("file").value = ""; // so that the same file can be chosen again
});
at("heat").addEventListener("change", draw);
at("token").addEventListener("change", () => (refused ? classify(refused) : showModel()));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
document.addEventListener("paste", (event) => take(event.clipboardData.files));
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    at("drop").classList.toggle("over", kind === "dragover");
    if (kind === "drop") take(event.dataTransfer.files, true);
  });
}
showModel();
