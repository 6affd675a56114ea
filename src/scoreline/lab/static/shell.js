// What all pages share: navigation, fields, tools, the link, play and undo. A page gives `draw(state, shown, shell)`.
import { Link } from "./link.js";
import { save } from "./files.js";

const FRAME = 1000 / 30; // milliseconds
// What the pages about points hand to one another.
const SHARED = ["points", "weights", "loss", "margin", "penalty", "lam"];

// Names of the losses that pages offer.
export const LOSSES = {
  "weston-watkins": "SVM, Weston–Watkins", "weston-watkins:squared": "SVM, Weston–Watkins, squared",
  "one-vs-all": "SVM, one against all", "one-vs-all:squared": "SVM, one against all, squared",
  "crammer-singer": "Structured SVM", softmax: "Softmax",
};

export const at = (id) => document.getElementById(id);

export function make(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

export class Shell {
  // `goal` is a stopping condition beside the step: its text, and whether what is shown meets a bound.
  constructor({ page, draw, coarsePlay = false, perFrame = () => 1, goal = null }) {
    Object.assign(this, { page, drawPage: draw, coarsePlay, perFrame, goal });
    this.state = this.shown = null;
    this.playing = false;
    this.lastFrame = 0;
    this.followed = new Map();
    this.buildTools();
    this.buildStopping();
    this.hideParts();
    this.bindFields();
    this.navigate();
    document.addEventListener("keydown", (event) => this.shortcut(event));
    this.link = new Link(page, (message, request) => this.answer(message, request), (kind, reason) => this.connection(kind, reason));
  }

  // ?hide=lam,steps takes controls away for a lesson; what is computed always stays.
  hideParts() {
    const query = new URLSearchParams(location.search);
    const hidden = (query.get("hide") ?? "").split(",");
    for (const part of document.querySelectorAll("[data-part]")) part.hidden = hidden.includes(part.dataset.part);
    if (query.has("token")) { // the cookie has it from here on
      query.delete("token");
      history.replaceState(null, "", `?${query}${location.hash}`);
    }
  }

  async navigate() {
    const pages = await (await fetch("pages.json")).json();
    at("pages").replaceChildren(...pages.map(({ name, title, points }) => {
      const link = make("a", { href: name, textContent: title });
      if (name === this.page) link.setAttribute("aria-current", "page");
      link.addEventListener("click", () => {
        if (!points || !this.state?.points) return;
        const shared = Object.fromEntries(SHARED.map((key) => [key, this.state[key]]));
        link.href = `${name}#${encodeURIComponent(JSON.stringify(shared))}`;
      });
      return link;
    }));
  }

  buildTools() {
    const button = (id, textContent, onclick) => make("button", { id, textContent, onclick });
    this.python = make("pre", { id: "python", hidden: true, tabIndex: 0 });
    at("tools").append(
      make("div", { className: "row" },
        button("copy-link", "Copy link", () => this.copyLink()),
        button("save-json", "Save JSON", () => save(`${this.page}.json`, "application/json",
          JSON.stringify({ state: this.state, shown: this.shown }, null, 1))),
        button("show-python", "Show the Python", () => this.ask("python"))),
      this.python);
    for (const verb of ["undo", "redo", "reset"]) at(verb)?.addEventListener("click", () => this.ask(verb));
    at("step")?.addEventListener("click", () => this.ask("step", { count: this.perFrame() }));
    at("play")?.addEventListener("click", () => this.play(!this.playing));
  }

  buildStopping() {
    if (!at("play")) return;
    const field = (id, text, most) => make("label", { className: "inline", textContent: text }, make("input", { id, type: "number", min: 0, max: most, step: "any" }));
    const row = make("div", { className: "row stopping" }, field("stop-at", "stop at step", 1e6), ...(this.goal ? [field("stop-goal", this.goal.text, 1e6)] : []));
    row.dataset.part = "stopping";
    at("play").parentElement.after(row);
  }

  stopAt() {
    return at("stop-at").value === "" ? Infinity : at("stop-at").valueAsNumber;
  }

  // Whether a stopping condition holds.
  arrived() {
    if (!this.state) return false; // somebody was quicker than the connection
    const bound = this.goal && at("stop-goal").value !== "" ? at("stop-goal").valueAsNumber : null;
    return this.state.step >= this.stopAt() || (bound !== null && this.goal.met(this.shown, bound));
  }

  // Steps of the next frame: no further than to the stop.
  takeSteps() {
    const count = Math.min(this.perFrame(), Math.max(1, Math.ceil(this.stopAt() - (this.state?.step ?? 0))));
    this.ask("step", { count, coarse: this.coarsePlay });
  }

  // A field of the state stands in an input with data-field; data-slider="1e-4 10 log" puts a slider beside it.
  bindFields() {
    this.fields = [...document.querySelectorAll("[data-field]")];
    for (const input of this.fields) {
      if (["loss", "rival"].includes(input.dataset.field)) {
        input.append(...Object.entries(LOSSES).map(([value, textContent]) => make("option", { value, textContent })));
      }
      if (input.dataset.slider) this.addSlider(input);
      this.follow(input, (state) => state[input.dataset.field]);
      input.addEventListener("input", () => {
        const value = readField(input);
        if (value !== null) this.edit({ [input.dataset.field]: value });
      });
    }
  }

  // What stands in a field is what the state says, but while somebody types in it.
  follow(input, value) {
    this.followed.set(input, value);
    if (this.state) writeField(input, value(this.state));
    input.addEventListener("input", () => { input.typing = true; });
    input.addEventListener("change", () => { input.typing = false; });
    input.addEventListener("blur", () => {
      if (this.state && this.link.idle) writeField(input, value(this.state));
    });
  }

  fillFields(all) {
    for (const [input, value] of this.followed) {
      if (!input.isConnected) this.followed.delete(input);
      // What was typed last may still be on its way.
      const ahead = document.activeElement === input && input.tagName !== "SELECT" && (input.typing || !this.link.idle);
      if (all) input.typing = false;
      if (all || !ahead) writeField(input, value(this.state));
    }
  }

  addSlider(input) {
    const [least, most, kind] = input.dataset.slider.split(" ");
    const log = kind === "log";
    const scale = (value) => (log ? Math.log10(value) : Number(value));
    const slider = make("input", { type: "range", min: 0, max: 200, className: "slider" });
    slider.setAttribute("aria-label", `${input.labels[0]?.firstChild.textContent.trim()}, slider`);
    const low = scale(least), high = scale(most);
    const value = () => {
      const found = low + (slider.value / 200) * (high - low);
      if (kind === "whole") return Math.round(found);
      return Number((log ? 10 ** found : found).toPrecision(3));
    };
    slider.addEventListener("input", () => this.edit({ [input.dataset.field]: value() }, true));
    slider.addEventListener("change", () => this.edit({ [input.dataset.field]: value() }));
    input.after(slider);
    input.follow = (now) => {
      if (document.activeElement !== slider) slider.value = ((scale(Math.max(now, least)) - low) / (high - low)) * 200;
    };
  }

  edit(changes, coarse = false) {
    this.dragging = coarse;
    this.link.send({ action: "edit", changes, coarse });
  }

  ask(action, more = {}) {
    this.link.send({ action, ...more });
  }

  play(on) {
    if (on === this.playing) return;
    if (on && this.arrived()) return this.say("A stopping condition holds already");
    this.playing = on;
    this.showPlaying();
    if (on) this.takeSteps();
    else if (this.coarsePlay) this.edit({});
  }

  showPlaying() {
    const button = at("play");
    if (!button) return;
    button.setAttribute("aria-pressed", this.playing);
    button.textContent = this.playing ? "Stop" : button.dataset.play ?? "Repeat";
  }

  connection(kind, reason) {
    if (kind === "closed") {
      this.play(false);
      return this.say(reason, true);
    }
    this.say("Computing …");
    this.edit(this.state ?? this.read(location.hash) ?? {});
  }

  answer(message, request) {
    if (message.error) {
      this.playing = false;
      this.showPlaying();
      this.say(message.error, true);
      // A link from elsewhere may hold what this lab refuses: begin anew.
      if (!this.state && !this.retried) {
        this.retried = true;
        if (Object.keys(request.changes ?? {}).length) this.notice(`The link cannot be taken; this is the start. ${message.error}`);
        this.edit({});
      } else this.draw();
      return;
    }
    if (message.script !== undefined) {
      Object.assign(this.python, { textContent: message.script, hidden: false });
      return;
    }
    ({ state: this.state, shown: this.shown } = message);
    if (at("undo")) at("undo").disabled = !message.can_undo;
    if (at("redo")) at("redo").disabled = !message.can_redo;
    this.say(this.state.step === undefined ? "Ready" : `Step ${this.state.step}`);
    this.draw(!["edit", "step"].includes(request.action));
    // A drag is not a state to come back to: its end is.
    if (location.hash.length < 2) this.keepLink();
    else if (!this.dragging) this.linkTimer ??= setTimeout(() => this.keepLink(), 200);
    if (this.playing) this.arrived() ? this.play(false) : this.nextFrame();
  }

  // One message in flight, at most thirty frames a second.
  nextFrame() {
    const wait = Math.max(0, this.lastFrame + FRAME - performance.now());
    setTimeout(() => requestAnimationFrame(() => {
      this.lastFrame = performance.now();
      if (this.playing && this.link.idle) this.takeSteps();
    }), wait);
  }

  // After undo, reset and the like, fields are written even where somebody types.
  draw(all = false) {
    this.showPlaying();
    if (!this.state) return;
    this.fillFields(all);
    for (const input of this.fields) input.follow?.(this.state[input.dataset.field]);
    this.drawPage(this.state, this.shown, this);
  }

  say(text, wrong = false) {
    at("status").textContent = text;
    at("status").classList.toggle("wrong", wrong);
  }

  // What must be read stays until it is dismissed.
  notice(text) {
    const box = make("p", { className: "notice", role: "alert" }, make("span", { textContent: text }));
    box.append(make("button", { type: "button", className: "small", textContent: "Dismiss", onclick: () => box.remove() }));
    document.querySelector("header").append(box);
  }

  // Browsers refuse an address that changes a hundred times in half a minute.
  keepLink() {
    clearTimeout(this.linkTimer);
    this.linkTimer = null;
    history.replaceState(null, "", `#${encodeURIComponent(JSON.stringify(this.state))}`);
  }

  async copyLink() {
    this.keepLink();
    try {
      await navigator.clipboard.writeText(location.href);
      this.say("The link is copied");
    } catch {
      this.say("The browser does not let the page copy: take the link from the address bar", true);
    }
  }

  read(hash) {
    if (hash.length < 2) return null;
    try {
      const found = JSON.parse(decodeURIComponent(hash.slice(1)));
      if (found && typeof found === "object" && !Array.isArray(found)) return found;
    } catch {
      // It is reported below.
    }
    this.notice("The link is damaged: what it holds is no state of this page. This is the page's start.");
    return null;
  }

  shortcut(event) {
    if ((event.ctrlKey || event.metaKey) && ["z", "y", "Z"].includes(event.key)) {
      event.preventDefault();
      return this.ask(event.key === "z" ? "undo" : "redo");
    }
    const typing = event.target.closest("input, select, textarea, button, a, summary, [role=button]");
    if (event.key === " " && at("play") && !typing) {
      event.preventDefault();
      this.play(!this.playing);
    }
  }
}

function readField(input) {
  if (input.type === "checkbox") return input.checked;
  if (input.value === "") return null;
  if (input.type === "number") return Number.isFinite(input.valueAsNumber) ? input.valueAsNumber : null;
  return input.value;
}

function writeField(input, value) {
  if (input.type === "checkbox") input.checked = value;
  else if (value !== undefined && input.value !== String(value)) input.value = value;
}
