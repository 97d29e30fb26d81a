"""Times the CUDA engine beside its peers and beside the copies alone.

`python scripts/bench/bench_cuda.py [--seconds S] [--out DIR]`. Every way but the floor, which computes nothing, is
checked against the CPU reference before it is timed. The results are JSON in a file named after the card and the
commit (without git, the date). Needs a card, torch built for CUDA, OpenCV (headless will do) and numpy.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))  # the checkout need not be installed

import cv2  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from cuda_ways import (  # noqa: E402
    Way,
    floor_way,
    in_flight_way,
    naive_pinned_way,
    naive_way,
    opencv_way,
    run_way,
)

from convviz_core import EngineError, Layer, load_bank  # noqa: E402
from convviz_core.arrays import ByteArray  # noqa: E402
from convviz_core.engines.cuda.engine import CudaEngine  # noqa: E402
from convviz_core.engines.cuda.errors import device_errors  # noqa: E402
from convviz_core.engines.reference import TorchEngine  # noqa: E402

SIZES_WH = ((640, 480), (1920, 1080), (3840, 2160))
DEPTH = 3
BANK = "udacity"
FRAMES = 4  # different ones, in turn
WARM_UP = 10
LEAST_ROUNDS = 20


@dataclass(frozen=True)
class Row:
    """One way at one size: milliseconds from a frame to a mosaic (in flight: from mosaic to mosaic), and their rate."""

    way: str
    size_wh: tuple[int, int]
    bank: str
    median_ms: float
    p95_ms: float
    fps: float


def row(way: str, size_wh: tuple[int, int], bank: str, times_s: Sequence[float]) -> Row:
    """The row of the moments at which each round ended, the first being the start of the first."""
    rounds_ms = np.diff(times_s) * 1e3
    median, p95 = (round(float(np.percentile(rounds_ms, percent)), 4) for percent in (50, 95))
    return Row(way, size_wh, bank, median, p95, round(len(rounds_ms) / (times_s[-1] - times_s[0]), 1))


def report(device: str, results: list[Row], stages_ms: list[dict[str, Any]]) -> dict[str, Any]:
    """What is written.

    stages_ms: the engine's own times of the last frame; in flight, their sum above the time from mosaic to mosaic is
    what overlapped.
    """
    versions = {"python": platform.python_version(), "torch": torch.__version__, "cuda": torch.version.cuda}
    return {
        "device": device,
        "commit": commit(),
        "versions": versions | {"opencv": cv2.__version__, "numpy": np.__version__},
        "results": [asdict(result) for result in results],
        "stages_ms": stages_ms,
    }


def commit() -> str | None:
    """The checkout's commit, shortened; None without git."""
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.strip()


def file_name(device: str, commit: str | None) -> str:
    """cuda-nvidia-h100-80gb-hbm3-0123456789ab.json"""
    card = re.sub(r"[^a-z0-9]+", "-", device.lower()).strip("-")
    return f"cuda-{card}-{commit or date.today().isoformat()}.json"


def noise_frames(size_wh: tuple[int, int]) -> list[ByteArray]:
    """BGR noise: no frame is easier than a camera's."""
    width, height = size_wh
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (height, width, 3), dtype=np.uint8) for _ in range(FRAMES)]


def check(name: str, way: Way, frames: list[ByteArray], references: list[ByteArray]) -> None:
    """WrongMosaic unless every mosaic of two turns is within one level of the reference's."""
    answers = 0
    for round_number in range(2 * FRAMES + DEPTH):
        mosaic = way(frames[round_number % FRAMES])
        if mosaic is None:
            continue
        off = int(np.abs(mosaic.astype(np.int16) - references[answers % FRAMES]).max())
        if off > 1:
            raise WrongMosaic(f"{name}: mosaic {answers} is up to {off} levels off the reference's: nothing is timed")
        answers += 1


class WrongMosaic(Exception):  # noqa: N818  (it says what is wrong)
    """A way whose picture is not the reference's."""


def measure(name: str, way: Way, size_wh: tuple[int, int], frames: list[ByteArray], seconds: float) -> Row:
    """Call `way` for `seconds`, and LEAST_ROUNDS times at least."""
    for round_number in range(WARM_UP):
        way(frames[round_number % FRAMES])
    times_s = [time.perf_counter()]
    while len(times_s) <= LEAST_ROUNDS or times_s[-1] - times_s[0] < seconds:
        way(frames[len(times_s) % FRAMES])
        times_s.append(time.perf_counter())
    result = row(name, size_wh, BANK, times_s)
    print(f"{size_wh[0]}x{size_wh[1]} {name:13} {result.median_ms:9.3f} ms {result.fps:9.1f} fps", file=sys.stderr)
    return result


@dataclass
class Bench:
    """What has been measured on one card."""

    place: torch.device
    seconds: float
    results: list[Row] = field(default_factory=list)
    stages_ms: list[dict[str, Any]] = field(default_factory=list)

    def size(self, size_wh: tuple[int, int]) -> None:
        """Every way at one size."""
        frames, layer = noise_frames(size_wh), Layer(load_bank(BANK))
        with TorchEngine() as reference:
            references = [reference.run(frame, layer).mosaic for frame in frames]
        self.results += self.ours(size_wh, frames, references, layer)
        peers = {
            "naive": naive_way(layer.bank, self.place),
            "naive_pinned": naive_pinned_way(layer.bank, self.place),
            "opencv_cpu": opencv_way(layer.bank),
        }
        for name, way in peers.items():
            check(name, way, frames, references)
            self.results.append(measure(name, way, size_wh, frames, self.seconds))

    def ours(
        self,
        size_wh: tuple[int, int],
        frames: list[ByteArray],
        references: list[ByteArray],
        layer: Layer,
    ) -> list[Row]:
        """Our engine in both ways, and the floor under them: the copies of as many bytes as it sends and gets."""
        rows = []
        for name in ("run", "in_flight"):
            with CudaEngine(depth=DEPTH) as engine:
                way = run_way(engine, layer) if name == "run" else in_flight_way(engine, layer, DEPTH)
                check(name, way, frames, references)
                rows.append(measure(name, way, size_wh, frames, self.seconds))
                last = engine.collect() if name == "in_flight" else engine.run(frames[0], layer)
                stages = {stage: round(milliseconds, 4) for stage, milliseconds in last.stages_ms.items()}
                self.stages_ms.append({"way": name, "size_wh": size_wh, "computed": last.implementation} | stages)
        sent_shape = frames[0].shape[:2]
        rows.append(measure("floor", floor_way(sent_shape, layer.bank, self.place), size_wh, frames, self.seconds))
        return rows


def main(argv: Sequence[str]) -> int:
    """Measure and write; 0 done, 1 where a way gives a wrong picture, 3 where there is no card or it fails."""
    parser = argparse.ArgumentParser(description="Times the CUDA engine beside its peers and the copies alone.")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each way at each size (default: 2)")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("results"), help="the folder for the JSON")
    arguments = parser.parse_args(argv)
    try:
        with CudaEngine() as engine:
            place = torch.device(engine.device)
        with device_errors(engine.device):
            device = torch.cuda.get_device_name(place)
            bench = Bench(place, arguments.seconds)
            for size_wh in SIZES_WH:
                bench.size(size_wh)
    except (EngineError, WrongMosaic) as error:
        print(error, file=sys.stderr)
        return 3 if isinstance(error, EngineError) else 1
    written = report(device, bench.results, bench.stages_ms)
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / file_name(device, written["commit"])
    path.write_text(json.dumps(written, indent=1) + "\n")
    print(path, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
