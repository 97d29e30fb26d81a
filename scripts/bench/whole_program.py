"""The whole viewer in a full-screen window, beside a bare OpenCV loop that reads, filters, stacks and shows.

picture.py and picture_comparing.py run it: on Linux, with the packages xvfb and xdotool.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from cost import FPS, write_video  # noqa: E402
from x11 import Screen, wait_until, xvfb  # noqa: E402

WINDOW_WH = (1920, 1080)
BARE_LOOP = """
import json, signal, sys, time, cv2, numpy as np
shown, worked = [], []
def end(*_):
    print(json.dumps({"shown": shown, "worked": worked}), flush=True)
    raise SystemExit
signal.signal(signal.SIGTERM, end)
f1 = np.array([[-1, -1, 1, 1]] * 4, np.float32)
kernels = [f1, -f1, f1.T.copy(), -f1.T]
cv2.namedWindow("bare", cv2.WINDOW_NORMAL | cv2.WINDOW_GUI_NORMAL | cv2.WINDOW_FREERATIO)
cv2.moveWindow("bare", 0, 0)
cv2.resizeWindow("bare", 1920, 1080)
capture = cv2.VideoCapture(sys.argv[1])
due = time.monotonic()
while True:
    found, frame = capture.read()
    if not found:
        capture = cv2.VideoCapture(sys.argv[1])
        continue
    start = time.monotonic()
    gray = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255
    maps = [np.maximum(cv2.filter2D(gray, cv2.CV_32F, kernel), 0) / 8 for kernel in kernels]
    cv2.imshow("bare", np.vstack([np.hstack(maps[:2]), np.hstack(maps[2:])]))
    worked.append(time.monotonic() - start)
    due += 1 / 30
    cv2.waitKey(max(1, int(1e3 * (due - time.monotonic()))))
    shown.append(time.monotonic())
"""


def cpu_s(pid: int) -> float:
    """User and system seconds of a process so far, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(
    display: str, video: Path, keys: Sequence[str] | None, seconds: float, options: Sequence[str] = ()
) -> dict[str, float]:
    """One program in a window that fills the screen, from some seconds after that on; keys None: the bare loop."""
    trace = video.with_name("trace.json")
    while True:
        with Screen(display) as screen:
            if keys is None:
                program = screen.start([sys.executable, "-c", BARE_LOOP, str(video)])
                screen.wait_for_window("bare")
            else:
                command = [sys.executable, "-m", "live", str(video), "--loop", "--trace", str(trace), *options]
                program = screen.start(command, {"PYTHONPATH": str(ROOT)})
                screen.wait_for_window("convviz")
                time.sleep(3)
                for key in ("w", *keys):
                    screen.key(key)
                    time.sleep(0.5)
            wait_until(lambda: screen.box()[2:] == WINDOW_WH, "a window that fills the screen")
            time.sleep(2)
            if not screen.grab().any():  # without a window manager, Qt never paints some windows, which costs less
                continue
            start_s, used_s = time.monotonic(), cpu_s(program.pid)
            time.sleep(seconds)
            end_s, used_s = time.monotonic(), cpu_s(program.pid) - used_s
            program.send_signal(signal.SIGTERM)
            said = program.communicate(timeout=20)[0]
            break
    if keys is None:
        report = json.loads(said)
        shown, work_s = report["shown"], median(report["worked"])
    else:
        events = json.loads(trace.read_text())
        shown = sorted((e["ts"] + e["dur"]) / 1e6 for e in events if e.get("name") == "show")
        work_s = sum(median(e["dur"] / 1e6 for e in events if e.get("name") == stage) for stage in ("compute", "draw"))
    shown = [at for at in shown if start_s <= at <= end_s]
    even = [abs(after - before - 1 / FPS) <= 0.002 for before, after in pairwise(shown)]
    return {"cpu_ms": 1e3 * used_s / len(shown), "work_ms": 1e3 * work_s, "even": sum(even) / len(even)}


def whole(rounds: int, seconds: float) -> Iterator[tuple[str, dict[str, float]]]:
    """Each program's medians; they take turns."""
    programs: dict[str, Sequence[str] | None] = {
        "bare loop": None,
        "convviz": (),
        "convviz with tint": ("t",),
        "convviz with kernels, inspector, profile": ("k", "i", "p"),
    }
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "video.avi"
        write_video(video, 10 * FPS)
        with xvfb("{}x{}".format(*WINDOW_WH)) as display:
            runs = [
                {name: run(display, video, keys, seconds) for name, keys in programs.items()} for _ in range(rounds)
            ]
    for name in programs:
        yield name, {figure: median(one[name][figure] for one in runs) for figure in runs[0][name]}


def print_whole(rounds: int, seconds: float) -> None:
    """The whole program and the bare loop."""
    print("\n| in a 1920x1080 window, 720p at 30 fps | CPU ms a frame | making a picture, ms | within 2 ms of 33.3 |")
    print("| --- | --- | --- | --- |")
    for name, its in whole(rounds, seconds):
        print(f"| {name} | {its['cpu_ms']:.1f} | {its['work_ms']:.2f} | {100 * its['even']:.1f} % |", flush=True)
