"""How long the window stands still while keys change the bank, ReLU, the range, the kernels and the enlarged map.

`.venv/bin/python scripts/bench/switches.py [--rounds N] [--keys KIND]`, on Linux, with the packages xvfb and xdotool.
KIND: switches, which are those; weights, 20 of them a second; shapes: rows, columns and filters; none. JSON on stdout:
the gaps between two pictures shown, of a synthetic 720p source at 30 fps, and for the longest how much of it the
machine under a virtual one kept the processor to itself ("stolen": to be told from what the viewer does).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from x11 import Screen, xvfb  # noqa: E402

BEGIN = {"switches": (), "weights": ("e",), "shapes": ("e",), "none": ()}
KEYS = {
    "switches": tuple("fnfrfnxffznfxfrffnzffrnf"),
    "weights": ("plus", "minus", "Right") * 50,
    "shapes": ("parenright", "greater", "Insert", "plus", "parenleft", "less", "Delete", "at", "u", "u", "y"),
    "none": ("Shift_L",) * 12,
}
SHOWN_MS = {"weights": 50}  # from one key to the next, where it is not the usual time
USUALLY_SHOWN_MS = 600
REPORTED = 5  # gaps, the longest
LATE_S = 0.06  # stolen time is counted at the processor's next tick, and sampled

Sample = tuple[float, float]  # monotonic seconds, seconds stolen until then


def watch_stolen_time(samples: list[Sample], over: Event) -> None:
    """Note every 10 ms what /proc/stat says of all processors together."""
    ticks_a_second = os.sysconf("SC_CLK_TCK")
    while not over.wait(0.01):
        stolen_ticks = int(Path("/proc/stat").read_text().split(maxsplit=9)[8])
        samples.append((time.monotonic(), stolen_ticks / ticks_a_second))


def stolen_s(samples: list[Sample], start_s: float, end_s: float) -> float:
    """Seconds stolen from start to end, of all processors together."""
    before = [stolen for at_s, stolen in samples if at_s <= start_s]
    until = [stolen for at_s, stolen in samples if at_s <= end_s + LATE_S]
    return until[-1] - before[-1]


def press_keys(trace: Path, kind: str, rounds: int) -> None:
    """Run the viewer, which writes `trace` and all else beside it, and press all keys of that kind `rounds` times."""
    source = ["synthetic:", "--width", "1280", "--height", "720"]
    os.chdir(trace.parent)
    with xvfb() as display, Screen(display) as screen:
        command = [sys.executable, "-m", "live", *source, "--trace", str(trace)]
        viewer = screen.start(command, {"PYTHONPATH": str(ROOT)})
        screen.wait_for_window("convviz")
        time.sleep(2)
        for keys in (BEGIN[kind], *[KEYS[kind]] * rounds):
            screen.key(*keys, delay_ms=SHOWN_MS.get(kind, USUALLY_SHOWN_MS))
        screen.key("q")
        assert viewer.wait(20) == 0, viewer.communicate()[1]


def shown_at_s(trace: Path) -> list[float]:
    """When each picture was on the screen, in monotonic seconds."""
    events: list[dict[str, Any]] = json.loads(trace.read_text())
    return sorted((event["ts"] + event["dur"]) / 1e6 for event in events if event["name"] == "show")


def main() -> None:
    """Measure, and print the longest gaps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="the first compiles, later ones mostly reuse")
    parser.add_argument("--keys", choices=KEYS, default="switches", help="what they change")
    arguments = parser.parse_args()
    samples: list[Sample] = []
    over = Event()
    watcher = Thread(target=watch_stolen_time, args=(samples, over))
    watcher.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            trace = Path(folder) / "trace.json"
            press_keys(trace, arguments.keys, arguments.rounds)
            shown = shown_at_s(trace)
    finally:
        over.set()
        watcher.join()
    longest = sorted(pairwise(shown), key=lambda gap: gap[1] - gap[0])[: -REPORTED - 1 : -1]
    gaps = [
        {
            "gap_ms": round(1e3 * (b - a)),
            "stolen_ms": round(1e3 * stolen_s(samples, a, b)),
            "at_s": round(a - shown[0], 2),
        }
        for a, b in longest
    ]
    pressed = len(KEYS[arguments.keys]) * arguments.rounds
    print(
        json.dumps({"keys": arguments.keys, "pressed": pressed, "pictures": len(shown), "longest_gaps": gaps}, indent=2)
    )


if __name__ == "__main__":
    main()
