"""Times the CPU's engines beside what one would write by hand, in turns, on frames that nobody tuned for.

`python scripts/bench/bench.py [--quick] [--seconds S] [--bank NAME] [--size WxH] [--out FILE] [--device cpu|cuda]`.
Every way is checked against the reference engine before it is timed. The table goes to stderr, JSON to --out or stdout.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))  # the checkout need not be installed

import cv2  # noqa: E402
import numpy as np  # noqa: E402
from bench_ways import Way, open_engines, ways  # noqa: E402

from convviz_core import Engine, Filter, FilterBank, Layer, load_bank  # noqa: E402
from convviz_core.arrays import AnyArray, ByteArray  # noqa: E402

SIZES_WH = ((640, 480), (1280, 720), (1920, 1080), (3840, 2160))
TURN_S = 0.03
MOST_RESPONSES = 16 * 3840 * 2160  # of one picture: torch keeps several times 4 bytes of each
LEAST_ROUNDS = 5
ROW_FORMAT = "{:>10} {:>10} {:13} {:15} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}"


class WrongMosaic(Exception):  # noqa: N818  (it says what is wrong)
    """A way whose picture is not the reference's."""


@dataclass(frozen=True)
class Row:
    """One way at one size with one bank, in ms a frame, and how often faster than the two peers in the same rounds.

    first_ms: the median of each turn's first call, which finds caches and cores as another way has left them.
    median_ms, p10_ms, p90_ms: of the calls after it, of all rounds together.
    """

    size_wh: tuple[int, int]
    bank: str
    way: str
    computed: str
    first_ms: float
    median_ms: float
    p10_ms: float
    p90_ms: float
    rounds: int
    faster_than_notebook: float
    faster_than_filter2d: float


def banks() -> Iterator[FilterBank]:
    """4x4 whole numbers, 4x4 fractions, 7x7 Gabor filters, and 16 and 64 filters of fractions."""
    yield load_bank("udacity")
    rng = np.random.default_rng(0)
    for count, side in ((4, 4), (8, 7), (16, 5), (64, 3)):
        if side == 7:
            yield load_bank("gabor")
        else:
            kernels = rng.normal(size=(count, side, side)).astype(np.float32)
            yield FilterBank(f"{count} of {side}x{side}", tuple(Filter(str(i), k) for i, k in enumerate(kernels)))


def frames(size_wh: tuple[int, int]) -> list[ByteArray]:
    """Four BGR frames: blurred noise, coarse and fine, and two with the spectrum of photographs (power as 1/f^2)."""
    width, height = size_wh
    rng = np.random.default_rng(width)
    noise = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    pictures: list[AnyArray] = [cv2.GaussianBlur(noise, (0, 0), sigma).astype(float) for sigma in (1.5, 6.0)]
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    frequency[0, 0] = np.inf
    for _ in range(2):
        spectrum = np.fft.rfft2(rng.normal(size=(3, height, width))) / frequency
        pictures.append(np.ascontiguousarray(np.fft.irfft2(spectrum, s=(height, width)).transpose(1, 2, 0)))
    return [(255 * (p - p.min()) / np.ptp(p)).astype(np.uint8) for p in pictures]


def check(candidates: list[Way], bank: FilterBank, picture: ByteArray, reference: Engine) -> None:
    """WrongMosaic unless the bytes of every way are within one level of the reference's."""
    modes = {way.mode for way in candidates}
    wanted = {mode: reference.run(picture, Layer(bank), mode).mosaic.copy() for mode in modes}
    for way in candidates:
        if way.checked and (off := int(cv2.absdiff(way.run(picture), wanted[way.mode]).max())) > 1:
            raise WrongMosaic(f"{way.name} is up to {off} levels off the reference with {bank.name}: nothing is timed")


@dataclass(frozen=True)
class Times:
    """ms of one way: the first call of every turn, and the calls that followed."""

    first: list[float] = field(default_factory=list)
    following: list[float] = field(default_factory=list)


def time_in_turns(candidates: list[Way], pictures: list[ByteArray], seconds: float) -> dict[str, Times]:
    """Rounds in which every way has a turn, each round in another order: the machine's moods meet all of them alike."""
    times = {way.name: Times() for way in candidates}
    end_s = time.perf_counter() + seconds
    order = np.random.default_rng(0)
    rounds = 0
    while rounds < LEAST_ROUNDS or time.perf_counter() < end_s:
        for way in (candidates[index] for index in order.permutation(len(candidates))):
            take_turn(way, cycle(pictures), times[way.name])
        rounds += 1
    return times


def take_turn(way: Way, pictures: Iterator[ByteArray], times: Times) -> None:
    """One first call, and then calls for TURN_S, at least one; never twice in a row on the same frame."""
    times.first.append(ms_of(way, next(pictures)))
    end_s = time.perf_counter() + TURN_S
    times.following.append(ms_of(way, next(pictures)))
    while time.perf_counter() < end_s:
        times.following.append(ms_of(way, next(pictures)))


def ms_of(way: Way, picture: ByteArray) -> float:
    """One call."""
    started_s = time.perf_counter()
    way.run(picture)
    return (time.perf_counter() - started_s) * 1e3


def measure(bank: FilterBank, size_wh: tuple[int, int], engines: dict[str, Engine], seconds: float) -> list[Row]:
    """Check every way, then time them in turns."""
    pictures = frames(size_wh)
    candidates = ways(bank, size_wh, engines)
    for picture in pictures:
        check(candidates, bank, picture, engines["torch"])
    times = time_in_turns(candidates, pictures, seconds)
    medians = {name: float(np.median(taken.following)) for name, taken in times.items()}
    rows = []
    for way in candidates:
        engine = engines.get(way.name.split()[0])
        first, following = times[way.name].first, times[way.name].following
        p10_ms, p90_ms = np.percentile(following, (10, 90))
        row = Row(
            size_wh,
            bank.name,
            way.name,
            computed=engine.run(pictures[0], Layer(bank), way.mode).implementation if engine else "",
            first_ms=float(np.median(first)),
            median_ms=medians[way.name],
            p10_ms=float(p10_ms),
            p90_ms=float(p90_ms),
            rounds=len(first),
            faster_than_notebook=medians["notebook"] / medians[way.name],
            faster_than_filter2d=medians["filter2D loop"] / medians[way.name],
        )
        rows.append(row)
    return rows


def print_rows(rows: Sequence[Row]) -> None:
    """The table's next lines."""
    for row in rows:
        size = f"{row.size_wh[0]}x{row.size_wh[1]}"
        numbers = [f"{value:.3f}" for value in (row.first_ms, row.median_ms, row.p10_ms, row.p90_ms)]
        ratios = [f"{value:.2f}x" for value in (row.faster_than_notebook, row.faster_than_filter2d)]
        print(ROW_FORMAT.format(size, row.bank, row.way, row.computed, *numbers, *ratios), file=sys.stderr)


def report(rows: Sequence[Row]) -> dict[str, object]:
    """What is written as JSON."""
    packages = ["numpy", "torch", *(["halide"] if find_spec("halide") else [])]
    return {
        "commit": commit(),
        "versions": {"python": platform.python_version(), "opencv": cv2.__version__}
        | {name: version(name) for name in packages},
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "results": [
            {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(row).items()}
            for row in rows
        ],
    }


def commit() -> str | None:
    """The checkout's commit; None without git."""
    try:
        return subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def processor() -> str:
    """The processor's model, as far as the system tells."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def main(argv: Sequence[str]) -> int:
    """Measure and write; 0 done, 1 where a way gives a wrong picture (and bench_cuda.py's codes for --device cuda)."""
    parser = argparse.ArgumentParser(description="Times the engines beside what one would write by hand.")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each bank at each size (default: 3)")
    parser.add_argument("--quick", action="store_true", help="one small size and a moment each: does it work?")
    parser.add_argument("--bank", help="only this one, as the table names it: udacity, gabor, '16 of 5x5', ...")
    parser.add_argument("--size", help="only this one: 1920x1080, ...")
    parser.add_argument("--out", type=Path, help="the JSON file (cuda: the folder for it)")
    arguments = parser.parse_args(argv)
    if arguments.device == "cuda":
        import bench_cuda

        out = ["--out", str(arguments.out)] if arguments.out else []
        return bench_cuda.main(["--seconds", str(arguments.seconds), *out])
    rows: list[Row] = []
    sizes_wh, seconds = (SIZES_WH[:1], 0.0) if arguments.quick else (SIZES_WH, arguments.seconds)
    engines = open_engines()
    header = ("size", "bank", "way", "computed", "first ms", "median ms", "p10", "p90", "notebook", "filter2D")
    print(ROW_FORMAT.format(*header), file=sys.stderr)
    try:
        for bank in banks():
            for size_wh in sizes_wh:
                wanted = arguments.bank in (None, bank.name) and arguments.size in (None, "{}x{}".format(*size_wh))
                if wanted and len(bank) * size_wh[0] * size_wh[1] <= MOST_RESPONSES:
                    measured = measure(bank, size_wh, engines, seconds)
                    print_rows(measured)
                    rows += measured
    except WrongMosaic as error:
        print(error, file=sys.stderr)
        return 1
    written = json.dumps(report(rows), indent=1)
    if arguments.out:
        arguments.out.write_text(written + "\n")
    else:
        print(written)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
