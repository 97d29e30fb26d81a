// A worker: a camera's frames become JPEG, the newest one only, and no more than two are on their way.

const MOST_ON_THE_WAY = 2;
const KEPT_FRAMES = 300; // what a frame's delay is compared with

const canvas = new OffscreenCanvas(1, 1);
const context = canvas.getContext("2d", { alpha: false });
const now = () => performance.timeOrigin + performance.now();

let onTheWay = 0;
let busy = false;
let quality = 0.85;
let reader = null;
let least = [Infinity, Infinity]; // delay of the quickest frame of these KEPT_FRAMES, and of those before
let counted = 0;

// When a frame was captured: its stamp is on the camera's own clock, and the frame that came quickest took no time.
function capturedAt(stamp) {
  if (counted++ % KEPT_FRAMES === 0) least = [Infinity, least[0]];
  least[0] = Math.min(least[0], now() - stamp);
  return stamp + Math.min(...least);
}

async function encode(frame, captured) {
  const width = frame.displayWidth ?? frame.width;
  const height = frame.displayHeight ?? frame.height;
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  context.drawImage(frame, 0, 0);
  frame.close();
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality });
  const jpeg = await blob.arrayBuffer();
  postMessage({ jpeg, captured }, [jpeg]);
}

async function take(frame, captured) {
  if (busy || onTheWay >= MOST_ON_THE_WAY) {
    frame.close();
    return;
  }
  busy = true;
  onTheWay += 1;
  try {
    await encode(frame, captured);
  } catch (error) {
    onTheWay -= 1;
    postMessage({ problem: String(error) });
  } finally {
    busy = false;
  }
}

async function read(readable) {
  const mine = (reader = readable.getReader());
  for (;;) {
    const { value, done } = await mine.read();
    if (done || reader !== mine) {
      value?.close();
      break;
    }
    await take(value, capturedAt(value.timestamp / 1000));
  }
  await mine.cancel().catch(() => {});
}

onmessage = ({ data }) => {
  if (data.readable) {
    counted = 0;
    read(data.readable);
  } else if (data.frame) {
    take(data.frame, data.captured);
  } else if (data.taken) {
    onTheWay = Math.max(0, onTheWay - 1);
    quality = data.quality;
  } else if (data.anew) {
    onTheWay = 0;
  } else if (data.stop) {
    reader = null;
  }
};
