"""From glass to glass: what a page's camera sees, until it is in the page; and what a slow link makes of the pictures.

`.venv/bin/python scripts/bench/glass.py [--seconds S]`, with Chromium, on a machine that does nothing else. Tables in
Markdown on stdout. The camera is Chromium's own fake one, which plays a file whose frames carry their number as a gray
level: a second listener in the page notes when each number came from the camera, and a hook when it was drawn.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import live.opencv_settings  # noqa: E402, F401, I001  (before cv2)
import numpy as np  # noqa: E402
from chromium import Chromium, Tab, missing, wait_until  # noqa: E402
from served import Served, Viewer  # noqa: E402
from slow_link import SlowLink  # noqa: E402

from convviz_core.scenes import open_scene  # noqa: E402
from live.app import initial_state  # noqa: E402
from live.composing import layout_request  # noqa: E402
from live.layout import arrange  # noqa: E402
from live.parsers import view_arguments  # noqa: E402

SIZE_WH, FPS, LEVELS = (1280, 720), 30, 32
SLOW_BITS = 2e6

WATCH = """(async () => {
  const came = new Map(), seen = [];
  const code = (level) => Math.round((level - 4) / 7.5);
  const draw = CanvasRenderingContext2D.prototype.drawImage;
  CanvasRenderingContext2D.prototype.drawImage = function (...rest) {
    draw.apply(this, rest);
    const at = performance.now();
    const box = window.tileAt;
    if (!box || this.canvas !== canvas) return;
    const number = code(this.getImageData(box[0], box[1], 1, 1).data[0]);
    if (came.has(number)) seen.push(at - came.get(number));
  };
  const stream = await navigator.mediaDevices.getUserMedia({video: {width: 1280, height: 720, frameRate: 30}});
  const {readable} = new MediaStreamTrackProcessor({track: stream.getVideoTracks()[0], maxBufferSize: 1});
  const reader = readable.getReader();
  (async () => {
    for (;;) {
      const {value, done} = await reader.read();
      if (done) return;
      const at = performance.now();
      const whole = new Uint8Array(1280 * 720 * 3 / 2);
      await value.copyTo(whole);
      value.close();
      came.set(code((whole[360 * 1280 + 640] - 16) * 255 / 219), at);
    }
  })();
  window.seen = seen;
})()"""


def write_camera_file(path: Path) -> None:
    """Frames of noise, I420 as Y4M, each with a block in its middle whose gray level is the frame's number."""
    width, height = SIZE_WH
    noise = np.random.default_rng(0).integers(60, 180, (height // 8, width // 8), np.uint8).repeat(8, 0).repeat(8, 1)
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F{FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(LEVELS):
            luma = np.roll(noise, 8 * number, axis=1)
            level = round(16 + (4 + 7.5 * number) * 219 / 255)
            luma[height // 2 - 80 : height // 2 + 80, width // 2 - 80 : width // 2 + 80] = level
            file.write(b"FRAME\n" + luma.tobytes() + b"\x80" * (width * height // 2))


def tile_middle(tab: Tab) -> tuple[int, int]:
    """Where the middle of the input's tile lies on the page's canvas."""
    width, height = tab.evaluate("[canvas.width, canvas.height]")
    state = initial_state(view_arguments(["browser", "--serve", "0"]), print)
    layout = arrange(layout_request((width, height), (SIZE_WH[1], SIZE_WH[0], 3), state))
    place = layout.tiles[0].picture
    return place.x + place.width // 2, place.y + place.height // 2


def glass_to_glass(seconds: float) -> None:
    """A page's camera at 720p and 30 fps through the whole viewer and back into the page."""
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "camera.y4m"
        write_camera_file(film)
        fake = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
        with (
            Viewer("browser", "--warm-up", "5", "--stats", f"{folder}/stats.json") as viewer,
            Chromium(*fake, f"--use-file-for-fake-video-capture={film}", size=(1280, 900)) as browser,
        ):
            tab = browser.open(viewer.url)
            wait_until(lambda: tab.evaluate("convviz.camera.sent > 150"), "the camera")
            tab.evaluate("window.all = []; setInterval(() => all.push(...convviz.pictures.latencies.slice(-15)), 500)")
            sent = tab.evaluate("window.all.length = 0; convviz.camera.sent")
            began = time.monotonic()
            time.sleep(seconds)
            rate = (tab.evaluate("convviz.camera.sent") - sent) / (time.monotonic() - began)
            shown, told = tab.evaluate("convviz.pictures.rate"), np.array(tab.evaluate("window.all"))
            print("| 720p at 30 fps | camera to viewer | page | p50 | p95 | p99 | max |\n|---|---|---|---|---|---|---|")
            row(f"as the page says ({len(told)})", rate, shown, told)
            tab.evaluate(WATCH)
            tab.evaluate(f"window.tileAt = {list(tile_middle(tab))}")
            time.sleep(seconds)
            row(
                "by the numbers in the pixels",
                rate,
                tab.evaluate("convviz.pictures.rate"),
                np.array(tab.evaluate("seen")),
            )
            viewer.end()
            stats = json.loads(Path(f"{folder}/stats.json").read_text())
            print(f"\nthe viewer itself, from capture to show: {stats['latency_ms']}, frames {stats['frames']}\n")


def row(name: str, rate: float, shown: float, latencies_ms: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    """One line of the table."""
    figures = [*np.percentile(latencies_ms, (50, 95, 99)), latencies_ms.max()] if len(latencies_ms) else []
    print(f"| {name} | {rate:.1f} fps | {shown:.1f} fps |", " | ".join(f"{each:.0f} ms" for each in figures), "|")


def slow_link(seconds: float) -> None:
    """A moving scene at 30 fps over 2 Mbit/s."""
    served, scene = Served(captured_at_s=math.nan), open_scene("", (1280, 720))
    with SlowLink(served.port, SLOW_BITS) as link, Chromium(size=(1280, 800)) as browser:
        tab = browser.open(served.url(link.port))
        wait_until(lambda: served.display.canvas_wh is not None, "the page")
        most, began, index = 0, time.monotonic(), 0
        while time.monotonic() - began < seconds:
            served.display.show(scene.frame(index, FPS))
            index += 1
            most = max(most, *(len(page.unseen) for page in served.pictures.pages))
            time.sleep(1 / FPS)
        shown, latencies = tab.evaluate("convviz.pictures.rate"), np.array(tab.evaluate("convviz.pictures.latencies"))
        quality = served.pictures.pages[0].quality
        at_rest = time.monotonic()
        wait_until(lambda: tab.evaluate("convviz.pictures.exact") > 0, "the picture without a loss")
        print(
            f"2 Mbit/s: {index} pictures given, at most {most} on the way, {shown:.1f} fps on the page at quality "
            f"{quality}, {np.median(latencies):.0f} ms old (at most {latencies.max():.0f}), "
            f"without a loss {time.monotonic() - at_rest:.1f} s after the last"
        )
    served.display.close()


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=20.0)
    arguments = parser.parse_args()
    if reason := missing():
        sys.exit(f"convviz: {reason}")
    glass_to_glass(arguments.seconds)
    slow_link(arguments.seconds)


if __name__ == "__main__":
    main()
