// The page's camera: asked for when the viewer wants it, encoded in a worker, and tried again when it is away.

import { now } from "./pictures.js";

const RETRY_MS = 2000;
const SLOW_MS = 300;
const QUICK_MS = 100;
const BEST = 0.85;
const LEAST = 0.45;

const WHY = {
  NotAllowedError: "refused", SecurityError: "refused", NotReadableError: "in use", AbortError: "in use",
  NotFoundError: "missing", OverconstrainedError: "missing",
};
const SAID = {
  refused: "camera not allowed: allow it beside the address",
  "in use": "another program uses the camera",
  missing: "no camera found",
  insecure: "the camera needs http://localhost (ssh -L) or https",
  ended: "the camera has gone away",
  failed: "the camera does not start",
};
const RETRIED = ["in use", "missing", "ended", "failed"];
const CHOSEN = "convviz camera";

export class Camera {
  #tell;
  #send;
  #clock;
  #say;
  #chooser;
  #wanted = null;
  #stream = null;
  #video = null;
  #worker = null;
  #timer = 0;
  #attempt = 0;
  #told = false;
  #sentAt = [];
  #quality = BEST;

  // tell: a list of what happened; send: a binary message; say: a sentence for the bar; chooser: a select.
  constructor(tell, send, clock, say, chooser) {
    this.#tell = tell;
    this.#send = send;
    this.#clock = clock;
    this.#say = say;
    this.#chooser = chooser;
    this.sent = 0;
    chooser.addEventListener("change", () => this.#choose());
    navigator.mediaDevices?.addEventListener("devicechange", () => this.#wanted && !this.#stream && this.again());
  }

  // The viewer wants pictures, of that size and rate; the connection is a new one.
  want(wanted) {
    this.#wanted = wanted;
    this.#sentAt = [];
    this.#worker?.postMessage({ anew: true });
    if (this.#stream) this.#tellOn();
    else this.again();
  }

  // Nobody listens: the camera stays on for when somebody does again.
  unheard() {
    this.#told = false;
  }

  // It is over, or another page's turn.
  stop() {
    this.#wanted = null;
    this.#attempt += 1;
    clearTimeout(this.#timer);
    this.#release();
    this.#say("", false);
  }

  // One picture has been taken.
  taken() {
    const took = now() - (this.#sentAt.shift() ?? now());
    if (took > SLOW_MS) this.#quality = Math.max(LEAST, this.#quality - 0.1);
    else if (took < QUICK_MS) this.#quality = Math.min(BEST, this.#quality + 0.1);
    this.#worker?.postMessage({ taken: true, quality: this.#quality });
  }

  async again() {
    clearTimeout(this.#timer);
    const attempt = ++this.#attempt;
    this.#release();
    if (!navigator.mediaDevices) {
      this.#off("insecure");
      return;
    }
    this.#say("asking for the camera", false);
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: this.#constraints() });
      if (attempt !== this.#attempt || !this.#wanted) {
        stream.getTracks().forEach((track) => track.stop());
        return;
      }
      await this.#begin(stream);
    } catch (error) {
      if (attempt === this.#attempt) this.#off(WHY[error.name] ?? "failed");
    }
  }

  #constraints() {
    const { width, height, fps } = this.#wanted;
    const ideal = (value) => (value ? { ideal: value } : undefined);
    const chosen = remembered();
    const wishes = { width: ideal(width), height: ideal(height), frameRate: ideal(fps), deviceId: ideal(chosen) };
    return Object.fromEntries(Object.entries(wishes).filter(([, value]) => value));
  }

  async #begin(stream) {
    this.#stream = stream;
    const [track] = stream.getVideoTracks();
    track.addEventListener("ended", () => this.#stream === stream && this.#off("ended"));
    if (!this.#worker) {
      this.#worker = new Worker("encoder.js");
      this.#worker.addEventListener("message", ({ data }) => this.#encoded(data));
    }
    this.#worker.postMessage({ anew: true });
    if (window.MediaStreamTrackProcessor) {
      const { readable } = new MediaStreamTrackProcessor({ track, maxBufferSize: 1 });
      this.#worker.postMessage({ readable }, [readable]);
    } else {
      await this.#play(stream);
    }
    this.#tellOn();
    this.#list(track.getSettings().deviceId);
  }

  // Where a track's frames cannot be had themselves (Firefox), a video that nobody sees shows them.
  async #play(stream) {
    const video = (this.#video = document.createElement("video"));
    video.muted = video.playsInline = true;
    video.srcObject = stream;
    await video.play();
    const next = async (_, about) => {
      if (this.#video !== video) return;
      video.requestVideoFrameCallback(next);
      const captured = performance.timeOrigin + (about.captureTime ?? performance.now());
      const frame = await createImageBitmap(video);
      this.#worker.postMessage({ frame, captured }, [frame]);
    };
    video.requestVideoFrameCallback(next);
  }

  #tellOn() {
    const [track] = this.#stream.getVideoTracks();
    const { width, height, frameRate } = track.getSettings();
    this.#told = true;
    this.#tell([["camera on", track.label.slice(0, 80), [width ?? 0, height ?? 0], frameRate ?? null]]);
    this.#say(`camera ${width}x${height}`, false);
  }

  #encoded({ jpeg, captured, problem }) {
    if (problem) console.error(problem);
    if (!jpeg || !this.#told) return;
    const message = new Uint8Array(8 + jpeg.byteLength);
    new DataView(message.buffer).setFloat64(0, (captured + this.#clock.ahead) / 1000, true);
    message.set(new Uint8Array(jpeg), 8);
    this.#sentAt.push(now());
    this.sent += 1;
    this.#send(message);
  }

  #off(why) {
    this.#release();
    this.#tell([["camera off", why]]);
    this.#say(SAID[why], true, why === "refused");
    if (RETRIED.includes(why)) this.#timer = setTimeout(() => this.again(), RETRY_MS);
    if (why === "refused") this.#hearOfPermission();
  }

  async #hearOfPermission() {
    const attempt = this.#attempt;
    const permission = await navigator.permissions?.query({ name: "camera" }).catch(() => null);
    permission?.addEventListener("change", () => attempt === this.#attempt && this.again(), { once: true });
  }

  #release() {
    this.#worker?.postMessage({ stop: true });
    this.#video?.pause();
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = this.#video = null;
    this.#told = false;
    this.#sentAt = [];
  }

  async #list(current) {
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput");
    this.#chooser.replaceChildren(
      ...cameras.map(({ deviceId, label }, index) => new Option(label || `camera ${index + 1}`, deviceId)),
    );
    this.#chooser.value = current;
    this.#chooser.hidden = cameras.length < 2;
  }

  #choose() {
    try {
      sessionStorage.setItem(CHOSEN, this.#chooser.value);
    } catch {
      // a frame without storage: the choice holds until the page is loaded again
    }
    this.again();
  }
}

function remembered() {
  try {
    return sessionStorage.getItem(CHOSEN);
  } catch {
    return null;
  }
}
