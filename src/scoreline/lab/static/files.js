// Downloads.
export function saveBlob(name, blob) {
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(blob);
  anchor.download = name;
  anchor.click();
  URL.revokeObjectURL(anchor.href);
}

export const save = (name, kind, text) => saveBlob(name, new Blob([text], { type: kind }));

export function saveCsv(name, head, rows) {
  const cell = (value) => (/[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : value ?? "");
  save(name, "text/csv", [head, ...rows].map((row) => row.map(cell).join(",")).join("\n") + "\n");
}

// A picture of a canvas with an SVG on top, in the colours of the page.
export async function savePicture(name, canvas, opacity, svg, side = 1120) {
  const copy = svg.cloneNode(true);
  const originals = svg.querySelectorAll("*"), copies = copy.querySelectorAll("*");
  originals.forEach((element, i) => {
    const style = getComputedStyle(element);
    for (const key of ["fill", "stroke", "stroke-width", "stroke-dasharray"]) {
      copies[i].setAttribute(key, style.getPropertyValue(key));
    }
  });
  copy.setAttribute("width", side);
  copy.setAttribute("height", side);
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await image.decode();
  const paper = document.createElement("canvas");
  paper.width = paper.height = side;
  const context = paper.getContext("2d");
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  context.fillRect(0, 0, side, side);
  context.globalAlpha = opacity;
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, side, side);
  context.globalAlpha = 1;
  context.drawImage(image, 0, 0, side, side);
  saveBlob(name, await new Promise((done) => paper.toBlob(done, "image/png")));
}
