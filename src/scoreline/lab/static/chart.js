// Charts by plotly in the page's colours, each with its numbers as a table, as CSV and as a picture.
import { make } from "./shell.js";
import { saveCsv, saveBlob } from "./files.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const charts = new Set();
dark.addEventListener("change", () => charts.forEach((chart) => chart.redraw()));
// The wheel scrolls the page.
const CONFIG = { displayModeBar: false, responsive: true, scrollZoom: false };

// A colour of the theme as it is now, such as `high`: plotly takes no variables of style sheets.
const probe = make("span", { hidden: true });
document.body.append(probe);
export function themed(name) {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

// Plotly reads tags in texts: names that come from data must not be read so.
export const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

export class Chart {
  // `layout` is plotly's; `name` names files. Titles of axes say units.
  constructor(box, { name, title, layout = {}, height = 260 }) {
    Object.assign(this, { name, layout, height, traces: [], more: {} });
    this.plot = make("div", { className: "plot", role: "img" });
    this.plot.setAttribute("aria-label", title);
    this.plot.style.height = `${height}px`;
    this.details = make("details", {}, make("summary", { textContent: "Table" }), make("div", { className: "scroll tall" }));
    this.details.addEventListener("toggle", () => this.table());
    const button = (textContent, onclick) => make("button", { type: "button", className: "small", textContent, onclick,
      ariaLabel: `${textContent} of ${title}` });
    box.replaceChildren(
      make("figcaption", {}, make("span", { textContent: title }),
        button("PNG", () => this.picture()), button("CSV", () => saveCsv(`${name}.csv`, ...this.columns()))),
      this.plot, this.details);
    charts.add(this);
  }

  draw(traces, more = {}) {
    Object.assign(this, { traces, more });
    this.redraw();
    if (this.details.open) this.table();
  }

  redraw() {
    const style = getComputedStyle(document.documentElement);
    const ink = dark.matches ? "#e8eaed" : "#1b1e23", line = dark.matches ? "#363b45" : "#d5d9e0";
    const axis = { gridcolor: line, zerolinecolor: line, linecolor: line, automargin: true, exponentformat: "power" };
    const base = { ...this.layout, ...this.more };
    const layout = {
      margin: { l: 48, r: 12, t: 8, b: 36 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: style.fontFamily, size: 12, color: ink }, showlegend: true, hovermode: "closest",
      legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 }, uirevision: "kept", ...base,
      xaxis: { ...axis, ...base.xaxis }, yaxis: { ...axis, ...base.yaxis },
    };
    window.Plotly.react(this.plot, this.traces, layout, CONFIG);
  }

  // One row for each x and trace; a contour gives one for each cell.
  columns() {
    const rows = [];
    for (const { name = "", x = [], y = [], z, type } of this.traces) {
      if (type === "contour" || type === "heatmap") {
        z.forEach((row, i) => row.forEach((value, j) => rows.push([name, x[j], y[i], value])));
      } else {
        x.forEach((value, i) => rows.push([name, value, y[i], ""]));
      }
    }
    const title = (axis, otherwise) => axis?.title?.text ?? otherwise;
    const surface = this.traces.some((trace) => trace.z);
    const head = ["series", title(this.layout.xaxis, "x"), title(this.layout.yaxis, "y"), ...(surface ? ["value"] : [])];
    return [head, rows.map((row) => row.slice(0, head.length))];
  }

  table() {
    if (!this.details.open) return;
    const [head, rows] = this.columns();
    const shown = rows.slice(0, 2000);
    const row = (tag, cells) => make("tr", {}, ...cells.map((text) => make(tag, { textContent: text ?? "" })));
    this.details.lastChild.replaceChildren(make("table", {},
      make("thead", {}, row("th", head)), make("tbody", {}, ...shown.map((cells) => row("td", cells)))));
    if (rows.length > shown.length) {
      this.details.lastChild.append(make("p", { className: "hint", textContent: `${rows.length} rows: all are in the CSV` }));
    }
  }

  async picture() {
    const address = await window.Plotly.toImage(this.plot, { format: "png", scale: 2, width: 900, height: 560 });
    const bytes = Uint8Array.from(atob(address.split(",")[1]), (letter) => letter.charCodeAt(0));
    saveBlob(`${this.name}.png`, new Blob([bytes], { type: "image/png" }));
  }
}
