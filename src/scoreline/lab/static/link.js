// The wire to the session: messages one at a time; while something is dragged, the latest wins.

export class Link {
  constructor(page, onAnswer, onStatus) {
    this.page = page;
    this.onAnswer = onAnswer;
    this.onStatus = onStatus;
    this.waiting = null; // the message in flight
    this.queue = [];
    this.count = 0;
    this.retry = 500;
    this.open();
  }

  open() {
    this.socket = new WebSocket(`ws://${location.host}/session/${this.page}`);
    this.socket.onopen = () => {
      this.retry = 500;
      this.waiting = null;
      this.queue = [];
      this.onStatus("open");
    };
    this.socket.onmessage = (event) => {
      this.waiting = null;
      this.onAnswer(JSON.parse(event.data));
      this.next();
    };
    this.socket.onclose = (event) => {
      this.onStatus("closed", event.reason);
      setTimeout(() => this.open(), this.retry);
      this.retry = Math.min(8000, this.retry * 2);
    };
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
