"""Makes the documents' pictures: runs convviz on a screen that nobody sees (Xvfb), presses keys, keeps what is there.

`.venv/bin/python scripts/docs/screenshots.py [NAME.png ...]`, on Linux, with the packages xvfb and xdotool.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import cv2

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from x11 import Screen, xvfb  # noqa: E402

from convviz_core.arrays import ByteArray  # noqa: E402
from convviz_core.filters.built_in import BUILT_IN_BANKS  # noqa: E402
from live.composing import layout_request  # noqa: E402
from live.drawing.text import BACKGROUND  # noqa: E402
from live.layout import arrange  # noqa: E402
from live.layout.panel_places import Panel  # noqa: E402
from live.state import (  # noqa: E402
    Appearance,
    LayerSettings,
    ViewState,
)

SCREEN = "1280x1024"  # the first window takes four fifths of it
ONE_EMPTY_KERNEL = ["space", "e", *["Delete"] * 3, "BackSpace"]
UPPER_RIGHT = [
    "Right",
    "Right",
    *["minus"] * 2,
    "Right",
    *["minus"] * 2,
    "Down",
    *["minus"] * 2,
    "Left",
    *["minus"] * 2,
]
LOWER_RIGHT = ["Down", *["plus"] * 2, "Right", *["plus"] * 2, "Down", *["plus"] * 2, "Left", *["plus"] * 2]
CORNERS = ["space", "e", *["Delete"] * 3, *UPPER_RIGHT, *LOWER_RIGHT]
SCENES = {"kernels-corners.png": "synthetic:checker"}  # of those that do not show the usual one
OPTIONS = {"comparing.png": ["--filters", "sobel"]}
SHOTS = {
    "window.png": ["space"],
    "inspector.png": ["space", "i"],
    "kernels-one-weight.png": [*ONE_EMPTY_KERNEL, "plus"],
    "kernels-edge.png": [*ONE_EMPTY_KERNEL, "Right", "Down", "minus", "Right", "plus"],
    "kernels-corners.png": CORNERS,
    "comparing.png": ["space", "a", "b", "b", "e", "Down", "minus", "Right", "Right", "plus"],
}
SCENE_HW = (480, 640)  # of the synthetic scene
GRATINGS_EDGE = (0, 60, 318)  # a pixel of the first map (map, y, x), where the dark ground ends and the grating begins


def differs(one: ByteArray, other: ByteArray) -> bool:
    """Whether two pictures of the window are not the same."""
    return bool((one != other).any())


def has_strip(seen: ByteArray) -> bool:
    """Whether letters stand on the canvas's own dark at the bottom."""
    strip = seen[-30:]
    return bool((strip == BACKGROUND[::-1]).all(axis=2).mean() > 0.5 and (strip > 200).mean() > 0.001)


def place_of(pixel: tuple[int, int, int], window: ByteArray) -> tuple[int, int]:
    """Where a map's pixel lies in the window while the inspector is open."""
    state = ViewState(LayerSettings.of(BUILT_IN_BANKS), Appearance(panels=frozenset({Panel.INSPECTOR})))
    layout = arrange(layout_request((window.shape[1], window.shape[0]), SCENE_HW, state))
    place = layout.canvas_rect(*pixel)
    assert place is not None
    return place.x + place.width // 2, place.y + place.height // 2


def main() -> None:
    """Write every shot, or those that are named, into docs/."""
    wanted = sys.argv[1:] or SHOTS
    for name, keys in ((name, SHOTS[name]) for name in wanted):
        with xvfb(SCREEN) as display, Screen(display) as screen:
            screen.start([sys.executable, "-m", "live", SCENES.get(name, "synthetic"), *OPTIONS.get(name, [])])
            screen.wait_for_window("convviz")
            before = screen.wait_for_picture(has_strip, "a first picture")
            for key in keys:
                screen.key(key)
                before = screen.wait_for_picture(partial(differs, before), f"a change by {key}")
            if "i" in keys:
                screen.click(*place_of(GRATINGS_EDGE, before))
                screen.wait_for_picture(partial(differs, before), "a pinned pixel")
                screen.wait_for_picture(has_strip, "the whole of it")
            picture = cv2.cvtColor(screen.grab(), cv2.COLOR_RGB2BGR)
            cv2.imwrite(str(ROOT / "docs" / name), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main()
