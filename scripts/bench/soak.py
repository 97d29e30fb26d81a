"""Runs the viewer's own loop for a long time, by hand, and fails when memory, threads or open files grow.

`python scripts/bench/soak.py [--frames N] [--reconnects N]`, on Linux. Three runs, each after a warm-up of a fifth of
it: a scene without a window, the same with its canvas drawn, and a stream that breaks off again and again while a clock
that runs fast keeps the waiting short. The table goes to stdout, in Markdown.
"""

from __future__ import annotations

import argparse
import multiprocessing as mp
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))  # the checkout need not be installed

import live.opencv_settings  # noqa: E402, F401  # isort: skip  (before cv2)

import cv2  # noqa: E402
import numpy as np  # noqa: E402

from convviz_core.engines.opening import open_engine  # noqa: E402
from convviz_core.filters.built_in import BUILT_IN_BANKS  # noqa: E402
from live.display.null import NullDisplay  # noqa: E402
from live.events import Inbox  # noqa: E402
from live.layout.panel_places import Panel  # noqa: E402
from live.loop import Last, run  # noqa: E402
from live.measuring.profiler import Profiler  # noqa: E402
from live.sources import open_source  # noqa: E402
from live.sources.frame import FrameSource, SourceSettings  # noqa: E402
from live.sources.live_reader import LiveReader  # noqa: E402
from live.sources.stream import StreamDevice  # noqa: E402
from live.state import (  # noqa: E402
    Appearance,
    LayerSettings,
    ViewState,
)

SIZE_WH = (320, 240)
CANVAS_WH = (640, 480)
SAMPLES = 50  # of a run, the first fifth of which is the warm-up
WARM_UP = SAMPLES // 5
MOST_GROWTH_MB = 4.0
FASTER = 20  # times real time, so that backing off up to ten seconds takes half of one
PICTURES_A_CONNECTION = 20


@dataclass(frozen=True)
class Sample:
    """What the process holds."""

    rss_mb: float
    threads: int
    files: int

    @classmethod
    def take(cls) -> Sample:
        """Now, as Linux tells."""
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        threads, files = (len(list(Path(f"/proc/self/{folder}").iterdir())) for folder in ("task", "fd"))
        return cls(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, threads, files)


@dataclass
class Soak:
    """Takes samples as the run goes on; `asked` is the loop's question whether it shall end."""

    name: str
    most: int
    done: Callable[[], int]  # how far the run has come, of `most`
    samples: list[Sample] = field(default_factory=list)

    def asked(self) -> bool:
        """Take a sample when one is due; whether the run has come to its end."""
        done = self.done()
        if done >= len(self.samples) * self.most / SAMPLES:
            self.samples.append(Sample.take())
        return done >= self.most

    def row(self) -> str:
        """The table's row: at the end of the warm-up, the most after it, at the end."""
        warm, after = self.samples[WARM_UP], self.samples[WARM_UP:]
        columns = (
            f"{warm.rss_mb:.1f} / {max(s.rss_mb for s in after):.1f} / {after[-1].rss_mb:.1f}",
            f"{warm.threads} / {max(s.threads for s in after)} / {after[-1].threads}",
            f"{warm.files} / {max(s.files for s in after)} / {after[-1].files}",
        )
        return f"| {self.name} | " + " | ".join(columns) + " |"

    def grew(self) -> bool:
        """Whether the last fifth holds more than the warm-up's end did."""
        warm, late = self.samples[WARM_UP], self.samples[-WARM_UP:]
        return (
            min(s.rss_mb for s in late) > warm.rss_mb + MOST_GROWTH_MB
            or min(s.threads for s in late) > warm.threads
            or min(s.files for s in late) > warm.files
        )


class MjpegHandler(BaseHTTPRequestHandler):
    """A network camera whose stream breaks off after some pictures."""

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        """Send the pictures, and hang up."""
        picture = np.random.default_rng(1).integers(0, 256, (SIZE_WH[1], SIZE_WH[0], 3), np.uint8)
        jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        with suppress(OSError):  # the viewer has gone
            for _ in range(PICTURES_A_CONNECTION):
                self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\n\r\n" + jpeg + b"\r\n")
                time.sleep(0.002)


def serve(port: Connection) -> None:
    """The camera's process; tells its port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), MjpegHandler) as server:
        port.send(server.server_port)
        server.serve_forever()


@contextmanager
def bad_stream() -> Iterator[str]:
    """The address of a stream that breaks off, from a process of its own."""
    spawn = mp.get_context("spawn")
    ours, theirs = spawn.Pipe()
    server = spawn.Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}/"
    finally:
        server.terminate()
        server.join()


def fast_clock() -> float:
    """Seconds that pass 20 times as fast."""
    return FASTER * time.monotonic()


def soak(name: str, source: FrameSource, most: int, inbox: Inbox, *, drawn: bool = False) -> Soak:
    """Run the loop on `source` until so many frames were processed, or so many times a live one came back."""
    profiler = Profiler(fast_clock if source.live else time.monotonic)
    watched = Soak(name, most, lambda: source.counts.reconnects if source.live else profiler.processed.count)
    started_s = time.monotonic()
    with open_engine("auto", "cpu", background=True) as engine:
        display = NullDisplay(CANVAS_WH if drawn else None)
        looks = Appearance(kernels=drawn, panels=frozenset([Panel.PROFILE] if drawn else []))
        state = ViewState(LayerSettings.of(BUILT_IN_BANKS), looks)
        run(source, engine, display, profiler, Last(state), inbox=inbox, interrupted=watched.asked)
        source.close()
        counts, minutes = source.counts, (time.monotonic() - started_s) / 60
        print(
            f"{name}: {profiler.processed.count} frames by {engine.name}, {counts.dropped} dropped, "
            f"{counts.failed_reads} failed reads, {counts.reconnects} reconnects in {minutes:.1f} minutes",
            file=sys.stderr,
        )
    return watched


def soak_all(frames: int, reconnects: int) -> Iterator[Soak]:
    """The three runs, one after the other."""
    scene = SourceSettings(width=SIZE_WH[0], height=SIZE_WH[1], paced=False)
    inbox = Inbox()
    yield soak(f"{frames} frames", open_source("synthetic", scene, inbox.append), frames, inbox)
    drawn = open_source("synthetic", scene, inbox.append)
    yield soak(f"{frames} frames, canvas drawn", drawn, frames, inbox, drawn=True)
    with bad_stream() as url:
        closed = threading.Event()

        def wait(seconds: float) -> None:
            closed.wait(seconds / FASTER)

        source = LiveReader(
            StreamDevice(url, SourceSettings(), inbox.append), inbox.append, SourceSettings(), fast_clock, wait
        )
        yield soak(f"{reconnects} reconnects", source, reconnects, inbox)


def main() -> int:
    """Print the table; 1 where anything grew."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--reconnects", type=int, default=300)
    asked = parser.parse_args()
    print("| run | memory, MB: after warm-up / most / at the end | threads | open files |\n| --- | --- | --- | --- |")
    grown = False
    for watched in soak_all(asked.frames, asked.reconnects):
        print(watched.row(), flush=True)
        grown |= watched.grew()
    if grown:
        print("something grew", file=sys.stderr)
    return int(grown)


if __name__ == "__main__":
    sys.exit(main())
