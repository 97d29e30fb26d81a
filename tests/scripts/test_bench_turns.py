"""The benchmark of two layers in turns: that it runs, and what it says."""

from __future__ import annotations

import json
from pathlib import Path

import bench_turns
import numpy as np
import pytest

from convviz_core import open_engine


def test_it_says_for_each_engine_what_turns_cost_beside_each_layer_alone(tmp_path: Path) -> None:
    assert bench_turns.main(["--quick", "--out", str(tmp_path / "turns.json")]) == 0
    report = json.loads((tmp_path / "turns.json").read_text())
    assert {"torch", "opencv"} <= {row["engine"] for row in report["results"]}
    for row in report["results"]:
        assert row["size_wh"] == [640, 480]
        assert row["ratio"] == pytest.approx(row["in_turns_ms"] / sum(row["alone_ms"]))


def test_a_turn_shows_each_picture_at_least_once() -> None:
    seen: list[int] = []
    pictures = [np.full((4, 4), level, np.uint8) for level in range(3)]
    assert len(bench_turns.turn(lambda frame: seen.append(int(frame[0, 0])), pictures, 0.0)) == 3
    assert seen == [0, 1, 2]


def test_the_ratio_is_by_the_sum_of_both_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    given = iter([[2.0], [3.0], [5.5], [4.0]])
    monkeypatch.setattr(bench_turns, "turn", lambda *_: next(given))
    with open_engine("opencv", "cpu") as engine:
        row = bench_turns.measure(engine, bench_turns.pairs()[0], (40, 30), 1, 0.0)
    assert (row.alone_ms, row.in_turns_ms, row.ratio) == ((2.0, 3.0), 5.5, 1.1)
    assert row.banks == ("udacity", "sobel")
    assert (row.difference_ms, row.difference_ratio) == (4.0, 0.8)
