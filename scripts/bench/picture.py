"""What the picture costs: drawing the maps, each overlay, and the whole program beside a bare OpenCV loop.

`.venv/bin/python scripts/bench/picture.py [--part drawing|whole] [--seconds S] [--rounds N]`, on Linux, with the
packages xvfb and xdotool, on a machine that does nothing else. Tables in Markdown on stdout.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import live.opencv_settings  # noqa: E402, F401, I001  (before cv2)
import cv2  # noqa: E402
import numpy as np  # noqa: E402
from cost import FPS, SIZE_WH  # noqa: E402
from whole_program import print_whole  # noqa: E402
from x11 import missing  # noqa: E402

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


if __name__ == "__main__":
    main()
