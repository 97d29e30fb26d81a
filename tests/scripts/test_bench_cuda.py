"""The CUDA benchmark's own arithmetic and records, and its ways that need no card."""

from __future__ import annotations

import json
from pathlib import Path

import bench_cuda
import numpy as np
import pytest
import torch
from cuda_ways import Way, in_flight_way, naive_way, opencv_way, run_way
from fake_device import FakeDevice

from convviz_core.engines.cuda.engine import CudaEngine
from convviz_core.engines.reference import TorchEngine
from convviz_core.filters.files import load_bank
from convviz_core.layer import Layer

LAYER = Layer(load_bank("udacity"))
ROW = {"way": "run", "size_wh": (64, 48), "bank": "udacity", "median_ms": 3.0, "p95_ms": 10.8, "fps": 250.0}


def test_a_row_has_the_percentiles_of_the_rounds_and_their_rate_over_the_whole_time() -> None:
    # Rounds of 1, 2, 3, 4 and 10 ms: the median is 3, 95 percent lie below 4 + 0.8 * 6 = 8.8, 5 rounds took 20 ms.
    ends_s = np.cumsum([0, 1, 2, 3, 4, 10]) / 1000
    assert bench_cuda.row("run", (64, 48), "udacity", ends_s.tolist()) == bench_cuda.Row(
        "run", (64, 48), "udacity", median_ms=3.0, p95_ms=8.8, fps=250.0
    )


def test_the_report_has_the_stated_form() -> None:
    row = bench_cuda.Row("run", (64, 48), "udacity", 3.0, 10.8, 250.0)
    written = json.loads(json.dumps(bench_cuda.report("NVIDIA Card", [row], [])))
    assert written["device"] == "NVIDIA Card"
    assert written["results"] == [ROW | {"size_wh": [64, 48]}]
    assert {"commit", "versions"} < set(written)
    assert {"torch", "cuda", "opencv", "numpy"} < set(written["versions"])


def test_the_file_is_named_after_the_card_and_the_commit() -> None:
    assert bench_cuda.file_name("NVIDIA H100 80GB HBM3", "0123abc") == "cuda-nvidia-h100-80gb-hbm3-0123abc.json"


@pytest.mark.parametrize("name", ["run", "in_flight", "naive", "opencv_cpu"])
def test_every_way_gives_the_reference_s_picture(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(torch.cuda, "synchronize", lambda _: None)
    engine = CudaEngine(FakeDevice())
    ways: dict[str, Way] = {
        "run": run_way(engine, LAYER),
        "in_flight": in_flight_way(engine, LAYER, bench_cuda.DEPTH),
        "naive": naive_way(LAYER.bank, torch.device("cpu")),
        "opencv_cpu": opencv_way(LAYER.bank),
    }
    frames = bench_cuda.noise_frames((64, 48))
    references = [TorchEngine().run(frame, LAYER).mosaic for frame in frames]
    bench_cuda.check(name, ways[name], frames, references)


def test_a_wrong_picture_is_not_timed() -> None:
    frames = bench_cuda.noise_frames((64, 48))
    references = [TorchEngine().run(frame, LAYER).mosaic for frame in frames]
    with pytest.raises(bench_cuda.WrongMosaic, match="upside down: mosaic 0 is up to"):
        bench_cuda.check("upside down", lambda frame: opencv_way(LAYER.bank)(frame[::-1]), frames, references)


def test_without_a_card_it_says_so_and_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def missing(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr("ctypes.CDLL", missing)
    assert bench_cuda.main(["--out", str(tmp_path)]) == 3
    message = capsys.readouterr().err
    assert message.startswith("cuda cannot be used: there is no NVIDIA driver here")
    assert message.count("\n") == 1
    assert not list(tmp_path.iterdir())
