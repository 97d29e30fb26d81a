"""What the picture costs: drawing the maps, each overlay, and the whole program beside a bare OpenCV loop.

`.venv/bin/python scripts/bench/picture.py [--part drawing|whole] [--seconds S] [--rounds N]`, on Linux, with the
packages xvfb and xdotool, on a machine that does nothing else. Tables in Markdown on stdout.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import live.opencv_settings  # noqa: E402, F401, I001  (before cv2)
import cv2  # noqa: E402
import numpy as np  # noqa: E402
from cost import FPS, SIZE_WH, write_video  # noqa: E402
from x11 import Screen, missing, wait_until, xvfb  # noqa: E402

from convviz_core import open_engine  # noqa: E402
from convviz_core.arrays import ByteArray  # noqa: E402
from convviz_core.filters.built_in import BUILT_IN_BANKS  # noqa: E402
from convviz_core.ranges import fixed_limits  # noqa: E402
from convviz_core.scenes import open_scene  # noqa: E402
from live.composing import layout_request, new_compositor, scene_of  # noqa: E402
from live.drawing.compositor import Compositor  # noqa: E402
from live.drawing.scene import ProfileInfo, Scene, Status  # noqa: E402
from live.drawing.tiles import TilePainter  # noqa: E402
from live.layout import Layout, arrange  # noqa: E402
from live.measuring.bars import BARS_KEPT  # noqa: E402
from live.measuring.record import Percentiles, Recent  # noqa: E402
from live.layout.panel_places import Panel  # noqa: E402
from live.state import LayerSettings, ViewState  # noqa: E402

CANVASES_WH = ((960, 720), (1920, 1080), (3840, 2160))
WINDOW_WH = (1920, 1080)
BEATS_EVERY = 3  # pictures: what follows them is written anew ten times a second
PICTURES_A_TURN, UNCOUNTED = 15, 3  # the first ones find the caches as another thing has left them
STATE = ViewState(LayerSettings.of(BUILT_IN_BANKS))
STATES = {
    "maps, gray": STATE.with_appearance(colormap="gray"),
    "maps, lift": STATE,
    "maps, viridis": STATE.with_appearance(colormap="viridis"),
    "+ tint": STATE.with_appearance(tint=True),
    "+ kernels' numbers": STATE.with_appearance(kernels=True),
    "+ profile": STATE.with_appearance(panels=frozenset({Panel.PROFILE})),
    "+ inspector": STATE.with_appearance(panels=frozenset({Panel.INSPECTOR})).with_interaction(pinned=(0, 300, 500)),
}
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


def frames() -> list[ByteArray]:
    """A few BGR frames of the default scene."""
    scene = open_scene(None, SIZE_WH)
    return [np.asarray(cv2.cvtColor(scene.frame(7 * number, FPS), cv2.COLOR_GRAY2BGR), np.uint8) for number in range(6)]


def drawing(canvas_wh: tuple[int, int], rounds: int) -> dict[str, tuple[float, float, float]]:
    """Median, mean and 95th percentile of one picture in ms: of the tiles alone, of whole canvases with one thing more.

    They take turns, some pictures each.
    """
    pictures = frames()
    turns: dict[str, Callable[[int], object]] = {}
    with open_engine("auto", device="cpu") as engine:
        for name, state in STATES.items():
            layout = arrange(layout_request(canvas_wh, pictures[0].shape, state))
            scenes = []
            for picture in pictures:
                result = engine.run(picture, state.computed, fixed_limits(state.layer), layout.reduce)
                result = replace(result, mosaic=result.mosaic.copy())
                scenes.append(scene_of(state, picture, result, Status("a video", fps=30.0), profile=profile_info(0)))
            if not name.startswith("+ kernels"):
                turns[f"{name}, tiles alone"] = partial(paint, TilePainter(), empty_canvas(canvas_wh), layout, scenes)
            turns[name] = partial(compose, new_compositor(), layout, scenes)
    times: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(rounds):
        for name, turn in turns.items():
            for number in range(PICTURES_A_TURN):
                start_s = time.perf_counter()
                turn(number)
                if number >= UNCOUNTED:
                    times[name].append(1e3 * (time.perf_counter() - start_s))
    return {
        name: (median(measured), sum(measured) / len(measured), float(np.percentile(measured, 95)))
        for name, measured in times.items()
    }


def empty_canvas(canvas_wh: tuple[int, int]) -> ByteArray:
    """Black."""
    return np.zeros((canvas_wh[1], canvas_wh[0], 3), np.uint8)


def paint(painter: TilePainter, canvas: ByteArray, layout: Layout, scenes: Sequence[Scene], number: int) -> None:
    """The tiles of one picture."""
    painter.paint(canvas, layout, scene_at(scenes, number))


def compose(compositor: Compositor, layout: Layout, scenes: Sequence[Scene], number: int) -> None:
    """One picture's whole canvas."""
    compositor.compose(layout, scene_at(scenes, number))


def scene_at(scenes: Sequence[Scene], number: int) -> Scene:
    """One picture, with what follows the pictures."""
    beat = number // BEATS_EVERY
    return replace(scenes[number % len(scenes)], beat=beat, profile=profile_info(beat))


@lru_cache
def profile_info(beat: int) -> ProfileInfo:
    """Figures as they change ten times a second; the viewer's do four times."""
    bars = np.random.default_rng(beat).uniform(1, 10, (BARS_KEPT, 5))
    times = Percentiles(99, 9.0, 10.0 + beat / 100, 11.0, 12.0)
    recent = Recent(30.0, 30.0, 30.0, bars, {}, times, 1.0, times)
    return ProfileInfo(recent, "nothing: 9 of 33 ms used", "halide on cpu: halide int16", interval_ms=33.3)


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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each program's run")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each program")
    parser.add_argument("--part", choices=("drawing", "whole"), help="only this table, in one or three minutes")
    arguments = parser.parse_args()
    if arguments.part != "whole":
        print_drawing()
    if arguments.part != "drawing":
        if missing():
            raise SystemExit(f"picture.py {missing()}")
        print_whole(arguments.rounds, arguments.seconds)


def print_drawing() -> None:
    """What one picture costs."""
    print(
        "| a 1280x720 frame, median (mean, 95 % are below) ms | "
        + " | ".join("{}x{}".format(*wh) for wh in CANVASES_WH)
        + " |"
    )
    print("| --- |" + " --- |" * len(CANVASES_WH))
    columns = [drawing(canvas_wh, rounds=20) for canvas_wh in CANVASES_WH]
    for name in columns[0]:
        print(f"| {name} | " + " | ".join("{:.2f} ({:.2f}, {:.2f})".format(*column[name]) for column in columns) + " |")


def print_whole(rounds: int, seconds: float) -> None:
    """The whole program and the bare loop."""
    print("\n| in a 1920x1080 window, 720p at 30 fps | CPU ms a frame | making a picture, ms | within 2 ms of 33.3 |")
    print("| --- | --- | --- | --- |")
    for name, its in whole(rounds, seconds):
        print(f"| {name} | {its['cpu_ms']:.1f} | {its['work_ms']:.2f} | {100 * its['even']:.1f} % |", flush=True)


if __name__ == "__main__":
    main()
