// The wire to the session: messages one at a time; while something is dragged, the latest wins.

const port = location.port;
const ENDED = `The lab is not running. Start it again, on the same port (scoreline lab --port ${port}), and open the address that it `
  + "prints; this page then goes on where it is. It is trying again …";
const RESTARTED = "The lab was started anew. Open the address that it printed last in this browser; this page then goes on where it is.";
const CROWDED = "Too many pages of the lab are open: close some; this page then goes on by itself.";
const BROKEN = "The connection to the lab broke; trying again …";

export class Link {
  constructor(page, onAnswer, onStatus) {
    this.page = page;
    this.onAnswer = onAnswer; // (answer, the message that it answers)
    this.onStatus = onStatus; // ("open") or ("closed", why)
    this.waiting = null; // the message in flight
    this.queue = [];
    this.count = 0;
    this.retry = 500;
    // Who comes back to the page, perhaps from the address that a new lab printed, need not wait.
    window.addEventListener("focus", () => this.timer && this.open());
    this.open();
  }

  open() {
    clearTimeout(this.timer);
    this.timer = null;
    let opened = false;
    this.socket = new WebSocket(`ws://${location.host}/session/${this.page}`);
    this.socket.onopen = () => {
      opened = true;
      this.retry = 500;
      this.waiting = null;
      this.queue = [];
      this.onStatus("open");
    };
    this.socket.onmessage = (event) => {
      const message = this.waiting;
      this.waiting = null;
      this.onAnswer(JSON.parse(event.data), message ?? {});
      this.next();
    };
    this.socket.onclose = async () => {
      this.timer = setTimeout(() => this.open(), this.retry);
      this.retry = Math.min(8000, this.retry * 2);
      const why = await this.why(opened), { readyState } = this.socket;
      if (readyState !== WebSocket.OPEN) this.onStatus("closed", why);
    };
  }

  // A browser does not tell why a WebSocket was refused; an ordinary request does.
  async why(opened) {
    try {
      const { status } = await fetch("pages.json");
      if (status === 403) return RESTARTED;
      return opened ? BROKEN : CROWDED;
    } catch {
      return ENDED;
    }
  }

  send(message) {
    // A drag's coarse edit gives way to the next one; what ends the drag is never dropped.
    if (this.queue.length && this.queue.at(-1).coarse) this.queue.pop();
    this.queue.push({ id: ++this.count, ...message });
    this.next();
  }

  get idle() {
    return !this.waiting && !this.queue.length;
  }

  next() {
    if (this.waiting || !this.queue.length || this.socket.readyState !== WebSocket.OPEN) return;
    this.waiting = this.queue.shift();
    this.socket.send(JSON.stringify(this.waiting));
  }
}
