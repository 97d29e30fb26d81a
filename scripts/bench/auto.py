"""What auto costs: the first picture of a bank, size or source, and each that is followed.

`python scripts/bench/auto.py [--quick] [--rounds N] [--numpy]`. JSON on stdout, ms: what beginning anew costs, beside
the viewer's loop, where nothing of that bank and size was there before (anew), what of it is left for the first picture
itself, which comes after it (first), and of those that are followed, at 30 a second of media time, the mean (followed)
and the one that took longest (longest; the median of the rounds). Large banks are looked at by Halide where that is
installed and quick, as by the viewer a second after its start; --numpy: as before. No engine is asked for auto's limit,
so that these are the same with each. The frame has just been read, as by an engine, and pictures follow each other at
once: in the viewer, where other work comes between, all of this takes up to twice as long.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))  # the checkout need not be installed

import numpy as np  # noqa: E402
from bench import commit, frames, processor  # noqa: E402

from convviz_core import FilterBank, Layer, first_look, load_bank, looks, places, sampling, windows  # noqa: E402
from convviz_core.arrays import ByteArray  # noqa: E402
from convviz_core.auto_range import AutoRange  # noqa: E402

SIZES_WH = ((640, 480), (1280, 720), (1920, 1080), (3840, 2160))
SHAPES = ((64, 3, 3), (4, 7, 7), (16, 3, 5, 5), (4, 31, 31), (64, 3, 7, 7))
FOLLOWED = 40


def banks() -> list[FilterBank]:
    """Built-in ones, and others by chance."""
    chance = np.random.default_rng(0)
    made = [chance.normal(size=shape).astype(np.float32) for shape in SHAPES]
    named = [FilterBank.from_array("x".join(map(str, array.shape)), array) for array in made]
    return [load_bank("udacity"), load_bank("gabor"), *named]


def anew_ms(layer: Layer, frame: ByteArray, auto: AutoRange) -> float:
    """What is done ahead, beside the loop, where nothing has been made for that layer and size."""
    for kept in (first_look._chosen, places.places, sampling._windows, windows._turns):
        kept.cache_clear()
    for made in (looks._look_by, sampling.sampler_for, sampling.follower_for):
        made.cache_clear()
    frame.max()
    start_s = time.perf_counter()
    auto.look_ahead(layer, frame, layer)
    assert auto.ahead is not None
    auto.ahead.result()
    taken_s = time.perf_counter() - start_s
    auto.ahead.join()  # what pictures after it need is found while the loop waits for the next one
    return taken_s * 1e3


def first_ms(layer: Layer, frame: ByteArray, auto: AutoRange) -> float:
    """The first picture, which nothing was followed before."""
    frame.max()
    start_s = time.perf_counter()
    limits = auto.limits(layer, frame, layer, lambda: 1.0)
    auto.follow(layer, frame, limits, 1.0, 0.0)
    return (time.perf_counter() - start_s) * 1e3


def followed_ms(layer: Layer, pictures: list[ByteArray], auto: AutoRange) -> list[float]:
    """Those after it."""
    taken = []
    for number in range(FOLLOWED):
        frame = pictures[number % len(pictures)]
        frame.max()
        start_s = time.perf_counter()
        limits = auto.limits(layer, frame, layer, lambda: 1.0)
        auto.follow(layer, frame, limits, 1.0, (number + 1) / 30)
        taken.append((time.perf_counter() - start_s) * 1e3)
    return taken


def measure(bank: FilterBank, size_wh: tuple[int, int], rounds: int) -> dict[str, object]:
    """Medians in ms."""
    layer, pictures = Layer(bank), frames(size_wh)
    taken: dict[str, list[float]] = {"anew": [], "first": [], "followed": [], "longest": []}
    for _ in range(rounds):
        auto = AutoRange()
        taken["anew"].append(anew_ms(layer, pictures[0], auto))
        taken["first"].append(first_ms(layer, pictures[0], auto))
        followed = followed_ms(layer, pictures, auto)
        taken["followed"].append(float(np.mean(followed)))
        taken["longest"].append(max(followed))
    return {"bank": bank.name, "size_wh": size_wh, **{name: float(np.median(ms)) for name, ms in taken.items()}}


def main(argv: Sequence[str]) -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="for each bank at each size (default: 9)")
    parser.add_argument("--quick", action="store_true", help="one bank at one size: does it work?")
    parser.add_argument("--numpy", action="store_true", help="nothing is counted by Halide")
    arguments = parser.parse_args(argv)
    if not arguments.numpy and find_spec("halide") is not None:
        from convviz_core.engines.halide.byte_counts import offer_counter

        offer_counter()
    shown, sizes_wh = (banks()[:1], SIZES_WH[:1]) if arguments.quick else (banks(), SIZES_WH)
    rounds = 1 if arguments.quick else arguments.rounds
    results = [measure(bank, size_wh, rounds) for bank in shown for size_wh in sizes_wh]
    print(json.dumps({"commit": commit(), "processor": processor(), "results": results}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
