// The plane: regions, lines and points. It draws what the session computed and reports gestures.

export const COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00",
  "#56B4E9", "#8C6D31", "#6A51A3", "#7F7F7F", "#A6761D"];
const SIZE = 0.035;
const SHAPES = [
  (s) => circle(s), (s) => polygon(s, 4, 45), (s) => polygon(1.2 * s, 3, -90), (s) => polygon(1.2 * s, 4, 0),
  (s) => polygon(1.2 * s, 3, 90), (s) => polygon(s, 5, -90), (s) => polygon(s, 6, 0), (s) => star(s, 4),
  (s) => star(s, 5), (s) => star(s, 3),
];

function circle(s) {
  return `M${s},0A${s},${s} 0 1 1 ${-s},0A${s},${s} 0 1 1 ${s},0Z`;
}

function ring(radii, turn) {
  const corners = radii.map((r, i) => {
    const angle = (turn + (360 * i) / radii.length) * Math.PI / 180;
    return `${(r * Math.cos(angle)).toFixed(4)},${(r * Math.sin(angle)).toFixed(4)}`;
  });
  return `M${corners.join("L")}Z`;
}

function polygon(s, n, turn) {
  return ring(Array(n).fill(s * 1.2), turn);
}

function star(s, n) {
  return ring(Array.from({ length: 2 * n }, (_, i) => (i % 2 ? 0.55 * s : 1.5 * s)), -90);
}

function element(name, attributes, parent) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}

export class Plane {
  constructor(svg, canvas, gestures) {
    this.svg = svg;
    this.canvas = canvas;
    this.gestures = gestures; // move(i, x, y, coarse), add(x, y), relabel(i, label), remove(i), choose(i)
    this.dragged = null;
    this.lines = element("g", { "aria-hidden": "true" }, svg);
    this.marks = element("g", {}, svg);
    svg.addEventListener("pointerdown", (event) => this.down(event));
    svg.addEventListener("pointermove", (event) => this.move(event));
    svg.addEventListener("pointerup", (event) => this.up(event));
    svg.addEventListener("pointercancel", (event) => this.up(event));
    svg.addEventListener("dblclick", (event) => {
      if (event.target.dataset.point === undefined) this.gestures.add(...this.place(event));
    });
    svg.addEventListener("keydown", (event) => this.key(event));
    svg.addEventListener("focusin", (event) => {
      if (event.target.dataset.point !== undefined) this.gestures.choose(Number(event.target.dataset.point));
    });
  }

  draw(state, sheet, rows, chosen) {
    this.state = state;
    this.regions(rows);
    this.lines.replaceChildren();
    sheet.lines.forEach((line, j) => this.line(line, COLOURS[j], state.loss !== "softmax"));
    const focused = this.marks.contains(document.activeElement);
    while (this.marks.children.length > state.points.length) this.marks.lastChild.remove();
    while (this.marks.children.length < state.points.length) {
      element("path", { class: "point", tabindex: 0, role: "button" }, this.marks);
    }
    state.points.forEach(([x, y, label], i) => {
      const mark = this.marks.children[i], key = `${x} ${y} ${label} ${i}`;
      if (mark.drawnAs === key) return;
      mark.drawnAs = key;
      mark.dataset.point = i;
      mark.setAttribute("d", SHAPES[label](SIZE));
      mark.setAttribute("fill", COLOURS[label]);
      mark.setAttribute("transform", `translate(${x} ${-y})`);
      mark.setAttribute("aria-label", `Point ${i + 1} of class ${label} at ${x}, ${y}`);
    });
    if (focused && !this.marks.contains(document.activeElement)) this.marks.lastChild?.focus();
    this.ring(chosen);
  }

  // One point has a ring.
  ring(chosen) {
    [...this.marks.children].forEach((mark, i) => mark.classList.toggle("chosen", i === chosen));
  }

  regions(rows) {
    const side = rows.length;
    this.canvas.width = this.canvas.height = side;
    const context = this.canvas.getContext("2d");
    rows.forEach((row, r) => {
      for (let begin = 0, end; begin < side; begin = end) { // runs of one class
        for (end = begin + 1; end < side && row[end] === row[begin];) end++;
        context.fillStyle = COLOURS[Number(row[begin])];
        context.fillRect(begin, r, end - begin, 1);
      }
    });
  }

  // Softmax has no margin to show.
  line(line, colour, margins) {
    const draw = (ends, kind) => {
      if (!ends) return;
      const [[x1, y1], [x2, y2]] = ends;
      element("line", { class: kind, x1, y1: -y1, x2, y2: -y2, stroke: colour }, this.lines);
    };
    draw(line.zero, "zero");
    if (margins) draw(line.above, "margin");
    if (margins) draw(line.below, "margin");
    if (!line.zero) return;
    const x = (line.zero[0][0] + line.zero[1][0]) / 2, y = (line.zero[0][1] + line.zero[1][1]) / 2;
    const [u, v] = line.normal, long = 0.14;
    const tip = [x + long * u, -(y + long * v)], head = 0.03;
    element("path", { class: "zero", stroke: colour, fill: "none",
      d: `M${x},${-y}L${tip}M${tip[0] - head * (u - v)},${tip[1] + head * (v + u)}L${tip}`
        + `L${tip[0] - head * (u + v)},${tip[1] + head * (v - u)}` }, this.lines);
  }

  place(event) {
    const box = this.svg.getBoundingClientRect();
    const limit = (value) => Math.max(-1, Math.min(1, Number(value.toFixed(3))));
    return [limit(2 * (event.clientX - box.left) / box.width - 1), limit(1 - 2 * (event.clientY - box.top) / box.height)];
  }

  down(event) {
    if (event.target.dataset.point === undefined) return;
    this.dragged = Number(event.target.dataset.point);
    this.moved = false;
    event.target.focus();
    this.svg.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  move(event) {
    if (this.dragged === null) return;
    this.moved = true;
    this.gestures.move(this.dragged, ...this.place(event), true);
  }

  up(event) {
    if (this.dragged !== null && this.moved) this.gestures.move(this.dragged, ...this.place(event), false);
    this.dragged = null;
  }

  key(event) {
    const i = Number(event.target.dataset.point);
    if (Number.isNaN(i) || event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const [x, y] = this.state.points[i];
    const far = event.shiftKey ? 0.1 : 0.01;
    if (steps[event.key]) {
      const to = (value, by) => Math.max(-1, Math.min(1, Number((value + far * by).toFixed(3))));
      this.gestures.move(i, to(x, steps[event.key][0]), to(y, steps[event.key][1]), false);
    } else if (/^\d$/.test(event.key)) {
      this.gestures.relabel(i, Number(event.key));
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.gestures.remove(i);
    } else return;
    event.preventDefault();
  }
}
