// Pictures as they come: decoded, drawn in their order, and told to be seen. The page's clock against the viewer's.

const HEAD = 28; // bytes before the encoded picture: PICTURE in messages.py
const PNG = 2;
const KEPT_MS = 2000; // what the rate looks back on
const KEPT_LATENCIES = 31;
const KEPT_ANSWERS = 8;

// Milliseconds on one clock for the page and its worker.
export const now = () => performance.timeOrigin + performance.now();

// How far the viewer's clock is ahead of this one: the answer that came back quickest is off by least.
export class Clock {
  #answers = [];

  answered(asked, viewer_s) {
    const took = now() - asked;
    this.#answers.push({ took, ahead: viewer_s * 1000 - (asked + took / 2) });
    this.#answers = this.#answers.slice(-KEPT_ANSWERS);
  }

  get ahead() {
    const best = this.#answers.reduce((a, b) => (b.took < a.took ? b : a), { took: Infinity, ahead: NaN });
    return best.ahead;
  }
}

export class Pictures {
  #canvas;
  #context;
  #clock;
  #seen;
  #before = Promise.resolve();
  #drawn = [];
  #latencies = [];

  constructor(canvas, clock, seen) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false });
    this.#clock = clock;
    this.#seen = seen;
    this.fromCamera = false; // whether the latency begins at the page's camera
    this.count = 0; // how many have come
    this.exact = 0; // how many pictures have come without a loss
    this.shown = 0; // when what was drawn last was shown, on the viewer's clock
  }

  // buffer: one message. Pictures may be decoded side by side, and are drawn one after the other.
  take(buffer) {
    const view = new DataView(buffer);
    const head = {
      kind: view.getUint8(0), last: view.getUint8(1), width: view.getUint16(2, true), height: view.getUint16(4, true),
      top: view.getUint16(6, true), number: view.getUint32(8, true), captured: view.getFloat64(12, true) * 1000,
      shown: view.getFloat64(20, true) * 1000,
    };
    const blob = new Blob([new Uint8Array(buffer, HEAD)], { type: head.kind === PNG ? "image/png" : "image/jpeg" });
    const decoding = createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
    this.#before = this.#before.then(() => decoding).then((bitmap) => this.#draw(head, bitmap)).catch(console.error);
  }

  #draw(head, bitmap) {
    if (this.#canvas.width !== head.width || this.#canvas.height !== head.height) {
      this.#canvas.width = head.width;
      this.#canvas.height = head.height;
    }
    this.#context.drawImage(bitmap, 0, head.top);
    bitmap.close();
    this.count += 1;
    this.#canvas.classList.remove("empty");
    this.#seen(head.number);
    this.shown = head.shown;
    if (head.last) this.exact += 1;
    if (head.kind === PNG) return;
    this.#drawn.push(now());
    this.fromCamera = !Number.isNaN(head.captured);
    const latency = now() + this.#clock.ahead - (this.fromCamera ? head.captured : head.shown);
    if (!Number.isNaN(latency)) this.#latencies = [...this.#latencies, latency].slice(-KEPT_LATENCIES);
  }

  // Pictures a second, of late.
  get rate() {
    const since = now() - KEPT_MS;
    this.#drawn = this.#drawn.filter((at) => at >= since);
    return this.#drawn.length / (KEPT_MS / 1000);
  }

  // The middle one of the last latencies, in ms; NaN before the first.
  get latency() {
    const sorted = [...this.#latencies].sort((a, b) => a - b);
    return sorted.length ? sorted[sorted.length >> 1] : NaN;
  }

  get latencies() {
    return this.#latencies;
  }
}
