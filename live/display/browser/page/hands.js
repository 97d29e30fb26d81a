// Keys, mouse, wheel and fingers, told as the viewer's window tells them.

const NAMED = {
  Escape: "Esc", " ": "space", ArrowLeft: "Left", ArrowRight: "Right", ArrowUp: "Up", ArrowDown: "Down",
  PageUp: "PageUp", PageDown: "PageDown", Tab: "Tab", Enter: "Enter", Backspace: "Backspace",
  Insert: "Insert", Delete: "Delete", Home: "Home", End: "End", "=": "+", _: "-",
};
// What stands on a US keyboard there, for letters of another script.
const PLACES = {
  Minus: "-", Equal: "+", BracketLeft: "[", BracketRight: "]", Comma: ",", Period: ".", Slash: "/",
};
const LATIN_END = 0x250; // from here on: other scripts
const NOTCH_PX = 100; // what browsers scroll by one notch
const LINES_A_NOTCH = 3;
const ZOOM_STEP = 1.25; // what one notch zooms: viewport.py
const TAP_PX = 10; // a finger that moves less taps

// The viewer's name of a key; null for one that is left to the browser.
export function keyName(event) {
  const chosen = event.getModifierState("AltGraph");
  if (event.metaKey || ((event.ctrlKey || event.altKey) && !chosen) || event.isComposing) return null;
  if (event.key === "Tab" && event.shiftKey) return "Shift+Tab";
  if (NAMED[event.key]) return NAMED[event.key];
  if ([...event.key].length !== 1) return null;
  const code = event.key.codePointAt(0);
  if (code < LATIN_END) return code > 160 || (code > 32 && code < 127) ? event.key.toLowerCase() : null;
  const place = /^(?:Key|Digit)(.)$/.exec(event.code)?.[1].toLowerCase() ?? PLACES[event.code];
  return place === "/" && event.shiftKey ? "?" : (place ?? null);
}

export class Hands {
  #canvas;
  #tell;
  #waiting = [];
  #due = 0;
  #fingers = new Map();
  #finger = null; // the one that may tap or drag: where it came down, and whether it drags
  #pinch = null;

  constructor(canvas, tell) {
    this.#canvas = canvas;
    this.#tell = tell;
    addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", (event) => this.#gone(event));
    canvas.addEventListener("contextmenu", (event) => this.#menu(event));
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  // Moves wait for the screen's next picture, the newest of them; all else goes at once.
  #say(event) {
    const last = this.#waiting.at(-1);
    if (event[0] === "move" && last?.[0] === "move") this.#waiting.pop();
    this.#waiting.push(event);
    if (event[0] !== "move") this.#flush();
    else this.#due ||= requestAnimationFrame(() => this.#flush());
  }

  #flush() {
    cancelAnimationFrame(this.#due);
    this.#due = 0;
    const happened = this.#waiting;
    this.#waiting = [];
    if (happened.length) this.#tell(happened);
  }

  #key(event) {
    const name = event.target instanceof HTMLSelectElement || event.target instanceof HTMLButtonElement
      ? null : keyName(event);
    if (!name) return;
    event.preventDefault();
    this.#say(["key", name, event.repeat]);
  }

  // The canvas pixel there, though the canvas may be shown at another size.
  #point(x, y) {
    const box = this.#canvas.getBoundingClientRect();
    const { width, height } = this.#canvas;
    const scale = Math.min(box.width / width, box.height / height);
    const left = box.left + (box.width - width * scale) / 2;
    const top = box.top + (box.height - height * scale) / 2;
    const most = (value) => Math.max(-4096, Math.min(8192, Math.floor(value)));
    return [most((x - left) / scale), most((y - top) / scale)];
  }

  #mouse(kind, event, ...more) {
    this.#say([kind, ...more, ...this.#point(event.clientX, event.clientY), event.shiftKey]);
  }

  #move(event) {
    if (event.pointerType !== "touch") this.#mouse("move", event);
    else this.#fingerMoved(event);
  }

  #down(event) {
    this.#canvas.focus();
    if (event.pointerType === "touch") {
      this.#fingerDown(event);
    } else if (event.button === 0 || event.button === 2) {
      this.#canvas.setPointerCapture(event.pointerId);
      this.#mouse("down", event, event.button ? "right" : "left");
    }
  }

  #up(event) {
    if (event.pointerType === "touch") this.#fingerUp(event);
    else if (event.button === 0 || event.button === 2) this.#mouse("up", event, event.button ? "right" : "left");
  }

  #gone(event) {
    this.#fingers.delete(event.pointerId);
    this.#finger = this.#pinch = null;
    this.#say(["cancel"]);
  }

  // A right click has been told as it went down; a finger that stays down long is one, too.
  #menu(event) {
    event.preventDefault();
    if (event.pointerType !== "touch" || this.#pinch) return;
    this.#finger = null;
    this.#mouse("down", event, "right");
  }

  #wheel(event) {
    event.preventDefault();
    const perNotch = event.deltaMode === 0 ? NOTCH_PX : LINES_A_NOTCH;
    let notches = event.deltaMode === 2 ? -Math.sign(event.deltaY) : -event.deltaY / perNotch;
    if (event.ctrlKey) notches = -Math.sign(event.deltaY) * Math.min(1, Math.abs(event.deltaY) / 20); // pinched
    else if (Math.abs(notches) > 0.75 && Math.abs(notches) < 1.5) notches = Math.sign(notches);
    notches = Math.max(-20, Math.min(20, notches));
    if (!notches) return;
    const [x, y] = this.#point(event.clientX, event.clientY);
    this.#say(["wheel", x, y, notches, event.shiftKey]);
  }

  // One finger taps or drags, as the left button; two zoom about their middle, and pan with it.
  #fingerDown(event) {
    this.#canvas.setPointerCapture(event.pointerId);
    this.#fingers.set(event.pointerId, event);
    if (this.#fingers.size === 1) {
      this.#finger = { from: event, drags: false };
    } else {
      this.#say(["cancel"]);
      this.#finger = null;
      this.#pinch = this.#fingers.size === 2 ? this.#spread() : null;
    }
  }

  #fingerMoved(event) {
    if (!this.#fingers.has(event.pointerId)) return;
    this.#fingers.set(event.pointerId, event);
    if (this.#pinch) {
      this.#pinched();
    } else if (this.#finger) {
      const { from, drags } = this.#finger;
      if (!drags && Math.hypot(event.clientX - from.clientX, event.clientY - from.clientY) < TAP_PX) return;
      if (!drags) this.#mouse("down", from, "left");
      this.#finger.drags = true;
      this.#mouse("move", event);
    }
  }

  #fingerUp(event) {
    this.#fingers.delete(event.pointerId);
    if (this.#finger && !this.#finger.drags) {
      this.#mouse("down", event, "left");
      this.#mouse("up", event, "left");
    } else if (this.#finger) {
      this.#mouse("up", event, "left");
    }
    this.#finger = this.#pinch = null;
  }

  #spread() {
    const [a, b] = [...this.#fingers.values()];
    const apart = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
    return { x: (a.clientX + b.clientX) / 2, y: (a.clientY + b.clientY) / 2, apart: Math.max(apart, 1) };
  }

  #pinched() {
    const before = this.#pinch;
    const after = this.#spread();
    const notches = Math.log(after.apart / before.apart) / Math.log(ZOOM_STEP);
    const moved = Math.hypot(after.x - before.x, after.y - before.y);
    if (Math.abs(notches) < 0.1 && moved < 4) return;
    const [x, y] = this.#point(after.x, after.y);
    const from = this.#point(before.x, before.y);
    if (moved >= 4) {
      this.#say(["down", "left", ...from, false]);
      this.#say(["move", x, y, false]);
      this.#say(["cancel"]);
    }
    if (Math.abs(notches) >= 0.1) this.#say(["wheel", x, y, Math.max(-20, Math.min(20, notches)), false]);
    this.#pinch = moved >= 4 && Math.abs(notches) >= 0.1 ? after
      : moved >= 4 ? { ...after, apart: before.apart } : { ...before, apart: after.apart };
  }
}
