"""Makes the pictures of docs/models.md, with the model that stands there, on a screen that nobody sees (Xvfb).

`.venv/bin/python scripts/docs/models.py`, on Linux, with the packages xvfb and xdotool.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from functools import partial
from pathlib import Path

import cv2

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "scripts" / "docs")]

from screenshots import differs  # noqa: E402
from x11 import Screen, xvfb  # noqa: E402

from convviz_core.arrays import ByteArray  # noqa: E402
from live.drawing.text import BACKGROUND  # noqa: E402

SHOTS = {
    "models-first.png": ["space"],
    "models-typed.png": ["space", "slash", *"con"],
    "models-compare.png": ["space", "r", "a", "bracketright", "b", "wait", "b"],
    "models-pinned.png": ["space", *["bracketright"] * 3, "o", "i", "pin"],
}


def has_strip(seen: ByteArray) -> bool:
    """Whether letters stand on the canvas's own dark at the bottom, in three lines."""
    strip = seen[-60:]
    return bool((strip == BACKGROUND[::-1]).all(axis=2).mean() > 0.5 and (strip > 200).mean() > 0.001)


def main() -> None:
    """Write every shot into docs/."""
    written = re.search(r"```python\n(from collections.*?)```", (ROOT / "docs" / "models.md").read_text(), re.DOTALL)
    assert written
    os.environ["PYTHONPATH"] = str(ROOT)
    for name, keys in SHOTS.items():
        with tempfile.TemporaryDirectory() as folder, xvfb("1280x1024") as display, Screen(display) as screen:
            (Path(folder) / "net.py").write_text(written[1])
            os.chdir(folder)  # so that the strip names the file as a person would
            screen.start([sys.executable, "-m", "live", "synthetic", "--model", "net.py:net"])
            screen.wait_for_window("convviz")
            seen = screen.wait_for_picture(has_strip, "a first picture")
            for key in keys:
                if key == "pin":
                    screen.click(*_IN_A_TILE)
                elif key != "wait":  # for what comes by itself
                    screen.key(key)
                seen = screen.wait_for_picture(partial(differs, seen), f"a change by {key}")
            if "pin" in keys:  # the panel is drawn once more when that is known
                seen = screen.wait_for_picture(partial(differs, seen), "what the pixel reads")
                screen.wait_for_picture(has_strip, "the whole of it")
            picture = cv2.cvtColor(screen.grab(), cv2.COLOR_RGB2BGR)
            cv2.imwrite(str(ROOT / "docs" / name), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])


_IN_A_TILE = (160, 60)

if __name__ == "__main__":
    main()
