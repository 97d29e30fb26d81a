"""Makes the README's pictures: runs convviz on a screen that nobody sees (Xvfb), presses keys, and keeps what is there.

`.venv/bin/python scripts/docs/screenshots.py`, on Linux, with the packages xvfb and xdotool.
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

SHOTS = {
    "window.png": (["synthetic"], ["space", "r", "c", "plus", "k"]),
    "inspector.png": (["synthetic"], ["space", "g", "i"]),
}
GRATINGS_EDGE = (89, 225)  # in the window, with the inspector's panel beside the maps


def differs(one: ByteArray, other: ByteArray) -> bool:
    """Whether two pictures of the window are not the same."""
    return bool((one != other).any())


def main() -> None:
    """Write every shot into docs/."""
    for name, (arguments, keys) in SHOTS.items():
        with xvfb() as display, Screen(display) as screen:
            screen.start([sys.executable, "-m", "live", *arguments])
            screen.wait_for_window("convviz")
            before = screen.wait_for_picture(lambda seen: bool((seen[-50:] > 200).mean() > 0.001), "a first picture")
            for key in keys:
                screen.key(key)
                before = screen.wait_for_picture(partial(differs, before), f"a change by {key}")
            if "i" in keys:
                screen.click(*GRATINGS_EDGE)
                screen.wait_for_picture(partial(differs, before), "a pinned pixel")
            picture = cv2.cvtColor(screen.grab(), cv2.COLOR_RGB2BGR)
            cv2.imwrite(str(ROOT / "docs" / name), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main()
