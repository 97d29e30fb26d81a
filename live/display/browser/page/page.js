// The page: one socket to the viewer, a canvas, a bar. What comes from the viewer is drawn; what a person does is told.

import { Camera } from "./camera.js";
import { Hands } from "./hands.js";
import { Clock, Pictures, now } from "./pictures.js";

const TOKEN = "convviz token";
const FIRST_RETRY_MS = 250;
const MOST_RETRY_MS = 4000;
const CLOCK_MS = [100, 200, 300, 500, 1000, 2000]; // between questions; the last one for good
const BAR_MS = 500;
const STALL_MS = 2000; // an answer that takes longer does not come, for now
const SILENT_MS = 20_000; // without a word of the viewer: this socket leads nowhere any more
const OVER = { // why the viewer closes a socket for good: server.py
  4000: "The viewer has ended.",
  4001: "The token is not the right one: open the address that the viewer prints.",
  4002: "Too many pages are open: close one and load this one again.",
};

const GONE = "The connection is gone; trying again.";
const SILENT = "The viewer does not answer; waiting for it.";

const element = (id) => document.getElementById(id);
const canvas = element("canvas");
const clock = new Clock();
const pictures = new Pictures(canvas, clock, (number) => {
  tell([["seen", number]]);
  if (pictures.count === 1) showBar();
});
const camera = new Camera(tell, send, clock, sayCamera, element("cameras"));

let socket = null;
let control = null; // null: not known yet
let welcomed = false; // ever
let retry = FIRST_RETRY_MS;
let over = "";
let fullscreen = false;
let question = 0;
let askedAt = 0; // the first question that nothing has come after
let answeredAt = 0;
let size = null;

function token() {
  const given = new URLSearchParams(location.search).get("token");
  try {
    if (given) sessionStorage.setItem(TOKEN, given);
    if (given) history.replaceState(null, "", location.pathname); // what is on the screen shows no secret
    return given ?? sessionStorage.getItem(TOKEN) ?? "";
  } catch {
    return given ?? ""; // a frame without storage: the address keeps it
  }
}

const secret = token();

function send(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(message);
}

function tell(happened) {
  send(JSON.stringify(happened));
}

function connect() {
  const mine = (socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/socket`));
  mine.binaryType = "arraybuffer";
  mine.addEventListener("open", () => {
    send(JSON.stringify({ token: secret, size: size ?? [canvas.clientWidth, canvas.clientHeight] }));
    question = 0;
    askedAt = answeredAt = now();
    ask(mine);
  });
  mine.addEventListener("message", ({ data }) => {
    answeredAt = now();
    if (typeof data === "string") hear(JSON.parse(data));
    else pictures.take(data);
  });
  mine.addEventListener("close", ({ code }) => {
    control = null;
    camera.unheard();
    over = OVER[code] ?? "";
    if (over) camera.stop();
    else setTimeout(connect, retry);
    retry = Math.min(MOST_RETRY_MS, 2 * retry);
    showBar();
  });
}

// What time is it there? Asked often at first, then now and then.
function ask(mine) {
  if (mine !== socket || mine.readyState !== WebSocket.OPEN) return;
  if (unanswered() > SILENT_MS) {
    mine.close(); // a new one is tried
    return;
  }
  if (answeredAt >= askedAt) askedAt = now();
  tell([["clock", now()]]);
  setTimeout(() => ask(mine), CLOCK_MS[Math.min(question++, CLOCK_MS.length - 1)]);
}

// For how long the viewer has not answered. Timers of a hidden page may be a minute late; answers are not.
function unanswered() {
  return answeredAt < askedAt ? now() - askedAt : 0;
}

function hear(said) {
  if (said.clock) clock.answered(...said.clock);
  if (said.taken) camera.taken();
  if ("fullscreen" in said) fill(said.fullscreen);
  if (!("control" in said)) return;
  control = said.control;
  welcomed = true;
  retry = FIRST_RETRY_MS;
  if (control && said.camera) camera.want(said.camera);
  else if (!control) camera.stop();
  if (control) canvas.focus();
  showBar();
}

// A browser lets a page fill the screen soon after a key; it may refuse, and leaves at Esc without asking.
function fill(wanted) {
  fullscreen = wanted;
  const done = wanted ? document.documentElement.requestFullscreen?.() : document.exitFullscreen?.();
  done?.catch(() => {});
}

document.addEventListener("fullscreenchange", () => {
  if (fullscreen && !document.fullscreenElement) {
    fullscreen = false;
    tell([["key", "w", false]]); // the viewer, too, has left it
  }
});

function sayCamera(sentence, bad, askable = false) {
  element("camera").textContent = sentence;
  element("camera").classList.toggle("bad", bad);
  element("again").hidden = !askable;
  showBar();
}

function showBar() {
  const open = socket?.readyState === WebSocket.OPEN && control !== null;
  const stalled = open && unanswered() > STALL_MS;
  const live = open && !stalled;
  element("light").classList.toggle("good", live);
  element("connection").textContent = over ? "ended" : !open ? "connecting" : stalled ? "no answer"
    : control ? "connected" : "watching: another page controls";
  const { rate, latency, fromCamera, count } = pictures;
  const waiting = element("camera").textContent || "waiting for the first picture";
  element("message").textContent = over || (stalled ? SILENT : open ? (count ? "" : waiting) : welcomed ? GONE : "connecting");
  element("canvas").classList.toggle("stale", !live);
  element("rate").textContent = live ? `${rate < 10 && rate > 0 ? rate.toFixed(1) : rate.toFixed(0)} fps` : "";
  element("latency").textContent = live && Number.isFinite(latency)
    ? `${Math.max(0, latency).toFixed(0)} ms from ${fromCamera ? "camera" : "viewer"} to page` : "";
}

// The picture's size is the stage's in the screen's own pixels.
new ResizeObserver(([entry]) => {
  const exact = entry.devicePixelContentBoxSize?.[0];
  const width = exact ? exact.inlineSize : entry.contentRect.width * devicePixelRatio;
  const height = exact ? exact.blockSize : entry.contentRect.height * devicePixelRatio;
  const fresh = size === null;
  size = [Math.max(1, Math.round(width)), Math.max(1, Math.round(height))];
  if (fresh) connect();
  else tell([["size", size]]);
}).observe(canvas, "devicePixelContentBoxSize" in ResizeObserverEntry.prototype ? { box: "device-pixel-content-box" } : {});

new Hands(canvas, tell);
element("again").addEventListener("click", () => camera.again());
setInterval(showBar, BAR_MS);
window.convviz = { pictures, camera, clock };
