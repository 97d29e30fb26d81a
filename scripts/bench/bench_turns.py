"""Whether two layers that are shown side by side cost what they cost alone, and their difference no more.

`python scripts/bench/bench_turns.py [--quick] [--rounds N] [--engine NAME] [--out FILE]`. Each engine of the CPU
computes two banks (of whole numbers, of fractions, of two sizes, many): one alone, the other alone, both in turns, one
frame after another, and one minus the other. The table goes to stderr, JSON to --out or stdout.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))  # the checkout need not be installed

import numpy as np  # noqa: E402
from bench import SIZES_WH, commit, frames, processor  # noqa: E402
from bench_ways import open_engines  # noqa: E402

from convviz_core import Engine, FilterBank, Layer, load_bank  # noqa: E402
from convviz_core.arrays import ByteArray  # noqa: E402
from convviz_core.difference import Difference  # noqa: E402

Pair = tuple[FilterBank, FilterBank]


def pairs() -> list[Pair]:
    """Two banks each, the first of which the engines know best."""
    rng, random = np.random.default_rng(0), []
    for count, side in ((4, 4), (4, 4), (4, 5), (16, 5), (16, 5)):
        kernels = rng.normal(size=(count, side, side)).astype(np.float32)
        random.append(FilterBank.from_array(f"{count} of {side}x{side}", kernels))
    small, other, larger, *many = random
    return [(load_bank("udacity"), load_bank("sobel")), (small, other), (small, larger), (many[0], many[1])]


TURN_S = 0.1

Run = Callable[[ByteArray], object]


@dataclass(frozen=True)
class Row:
    """Medians in ms: a frame of each bank alone, of both in turns, of their difference; and those by the sum alone."""

    size_wh: tuple[int, int]
    banks: tuple[str, str]
    engine: str
    alone_ms: tuple[float, float]
    in_turns_ms: float
    ratio: float
    difference_ms: float
    difference_ratio: float


def measure(engine: Engine, pair: Pair, size_wh: tuple[int, int], rounds: int, turn_s: float) -> Row:
    """All in rounds, so that the machine's moods meet all alike."""
    first, second = (Layer(bank) for bank in pair)

    def in_turns(frame: ByteArray) -> None:
        engine.run(frame, first)
        engine.run(frame, second)

    pictures = frames(size_wh)
    difference = engine.plan(first, pictures[0].shape, minus=second)
    limit = Difference(first, second).fixed_limit / 2
    runs: tuple[Run, ...] = (
        lambda frame: engine.run(frame, first),
        lambda frame: engine.run(frame, second),
        in_turns,
        lambda frame: difference.run(frame, (-limit, limit)),
    )
    times_ms: list[list[float]] = [[] for _ in runs]
    for _ in range(rounds):
        for run, taken in zip(runs, times_ms, strict=True):
            run(pictures[-1])
            taken += turn(run, pictures, turn_s)
    one, other, both, less = (float(np.median(taken)) for taken in times_ms)
    names = first.bank.name, second.bank.name
    return Row(size_wh, names, engine.name, (one, other), both, both / (one + other), less, less / (one + other))


def turn(run: Run, pictures: list[ByteArray], turn_s: float) -> list[float]:
    """Calls for `turn_s`, one for each picture at least: each one's ms."""
    taken: list[float] = []
    end_s = time.perf_counter() + turn_s
    while len(taken) < len(pictures) or time.perf_counter() < end_s:
        start_s = time.perf_counter()
        run(pictures[len(taken) % len(pictures)])
        taken.append((time.perf_counter() - start_s) * 1e3)
    return taken


def said(row: Row) -> str:
    """One line."""
    alone = " + ".join(f"{ms:.3f}" for ms in row.alone_ms)
    size, banks = "{}x{}".format(*row.size_wh), " - ".join(row.banks)
    return (
        f"{size:>10} {banks:23} {row.engine:7} {alone} ms, in turns {row.in_turns_ms:.3f}: {row.ratio:.2f}, "
        f"difference {row.difference_ms:.3f}: {row.difference_ratio:.2f}"
    )


def main(argv: Sequence[str]) -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(description="Times two layers in turns beside each alone.")
    parser.add_argument("--rounds", type=int, default=10, help="for each engine at each size (default: 10)")
    parser.add_argument("--engine", help="this one only")
    parser.add_argument("--quick", action="store_true", help="one small size and a moment each: does it work?")
    parser.add_argument("--out", type=Path, help="the JSON file")
    arguments = parser.parse_args(argv)
    sizes_wh, rounds, turn_s = (SIZES_WH[:1], 1, 0.0) if arguments.quick else (SIZES_WH, arguments.rounds, TURN_S)
    rows = []
    for size_wh, pair in product(sizes_wh, pairs()):
        for name, engine in open_engines().items():
            if arguments.engine in (None, name):
                with engine:
                    rows.append(row := measure(engine, pair, size_wh, rounds, turn_s))
                print(said(row), file=sys.stderr)
    report = {"commit": commit(), "processor": processor(), "results": [asdict(row) for row in rows]}
    written = json.dumps(report, indent=1)
    if arguments.out:
        arguments.out.write_text(written + "\n")
    else:
        print(written)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
