"""What a sparse first picture costs more than another one: a second run, in the rows in which anything responds.

`python scripts/bench/second_run.py [--quick] [--rounds N]`. JSON on stdout, medians in ms: a second run of the whole
picture (whole) and one as the viewer makes it (again), by bank, size and picture.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))  # the checkout need not be installed

import numpy as np  # noqa: E402
from bench import commit, processor  # noqa: E402

from convviz_core import Engine, FilterBank, Layer, load_bank, open_engine  # noqa: E402
from convviz_core.arrays import ByteArray  # noqa: E402
from convviz_core.auto_range import least_limits  # noqa: E402

SIZES_WH = ((1920, 1080), (3840, 2160))
SHAPES = ((64, 3, 3), (64, 3, 7, 7))
WIDER = 12.0  # times the least range


def banks() -> list[FilterBank]:
    """Built-in ones, and others by chance."""
    chance = np.random.default_rng(0)
    made = [chance.normal(size=shape).astype(np.float32) for shape in SHAPES]
    named = [FilterBank.from_array("x".join(map(str, array.shape)), array) for array in made]
    return [load_bank("udacity"), load_bank("gabor"), *named]


def pictures(size_wh: tuple[int, int]) -> dict[str, ByteArray]:
    """On black: one bright pixel, a square of 20, and pixels 400 apart in both directions."""
    width, height = size_wh
    pixel, square, pixels = (np.zeros((height, width, 3), np.uint8) for _ in range(3))
    pixel[height // 2, width // 2] = 255
    square[height // 2 :][:20, width // 2 :][:, :20] = 255
    pixels[::400, ::400] = 255
    return {"pixel": pixel, "square": square, "pixels": pixels}


def measure(engine: Engine, bank: FilterBank, size_wh: tuple[int, int], rounds: int) -> list[dict[str, object]]:
    """Each picture's medians."""
    layer = Layer(bank)
    least = least_limits(layer)
    limits = WIDER * least[0], WIDER * least[1]
    results: list[dict[str, object]] = []
    for name, frame in pictures(size_wh).items():
        plan = engine.plan(layer, frame.shape)
        taken: dict[str, list[float]] = {"whole": [], "again": []}
        for _ in range(rounds):
            for way, run in (("whole", plan.run), ("again", plan.run_again)):
                plan.run(frame, least)
                start_s = time.perf_counter()
                run(frame, limits)
                taken[way].append((time.perf_counter() - start_s) * 1e3)
        medians = {way: float(np.median(ms)) for way, ms in taken.items()}
        results.append({"bank": bank.name, "size_wh": size_wh, "picture": name, **medians})
    return results


def main(argv: Sequence[str]) -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="for each bank, size and picture (default: 7)")
    parser.add_argument("--quick", action="store_true", help="one bank at one size: does it work?")
    arguments = parser.parse_args(argv)
    shown, sizes_wh = (banks()[:1], SIZES_WH[:1]) if arguments.quick else (banks(), SIZES_WH)
    rounds = 1 if arguments.quick else arguments.rounds
    with open_engine("auto", "cpu") as engine:
        results = [row for bank in shown for size_wh in sizes_wh for row in measure(engine, bank, size_wh, rounds)]
    print(json.dumps({"commit": commit(), "processor": processor(), "results": results}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
