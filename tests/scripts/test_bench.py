"""The CPU benchmark: its ways are right before they are timed, and its report has the stated form."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, pairwise

import bench
import bench_ways
import cv2
import numpy as np
import pytest
from bench_c import seed_bank_in_c

from convviz_core import Engine, RangeMode, load_bank

SIZE_WH = (160, 90)


@pytest.fixture(scope="module")
def engines() -> Iterator[dict[str, Engine]]:
    opened = bench_ways.open_engines()
    yield opened
    for engine in opened.values():
        engine.close()


def test_every_way_gives_the_references_picture(engines: dict[str, Engine]) -> None:
    bank = load_bank("udacity")
    for picture in bench.frames(SIZE_WH):
        bench.check(bench_ways.ways(bank, SIZE_WH, engines), bank, picture, engines["torch"])


def test_the_hand_written_c_gives_the_seed_bank_s_bytes_exactly() -> None:
    in_c = seed_bank_in_c()
    if in_c is None:
        pytest.skip("no C compiler")
    for size_wh in (SIZE_WH, (77, 41)):
        for picture in bench.frames(size_wh):
            gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(int)
            patches = np.lib.stride_tricks.sliding_window_view(gray, (4, 4))
            sums = [(patches * kernel).sum(axis=(2, 3)) for kernel in load_bank("udacity").kernels[:, 0].astype(int)]
            maps = [np.clip(total, 0, None) // 8 + (np.clip(total, 0, None) % 8 >= 4) for total in sums]
            assert np.array_equal(in_c(picture), np.block([maps[:2], maps[2:]]))


def test_c_is_a_peer_of_the_seed_bank_only(engines: dict[str, Engine]) -> None:
    assert "C, one core" not in {way.name for way in bench_ways.ways(load_bank("gabor"), SIZE_WH, engines)}


def test_a_way_with_another_picture_is_named(engines: dict[str, Engine]) -> None:
    bank = load_bank("udacity")
    way = bench_ways.ways(bank, SIZE_WH, engines)[1]
    wrong = replace(way, run=lambda frame: np.roll(way.run(frame), 40, axis=1))
    with pytest.raises(bench.WrongMosaic, match=r"filter2D loop is up to .* levels off"):
        bench.check([wrong], bank, bench.frames(SIZE_WH)[0], engines["torch"])


def test_the_report_names_the_machine_and_has_a_row_for_every_way(engines: dict[str, Engine]) -> None:
    rows = bench.measure(load_bank("udacity"), SIZE_WH, engines, seconds=0)
    written = json.loads(json.dumps(bench.report(rows)))
    assert {"commit", "versions", "processor", "cores", "results"} == set(written)
    assert {"python", "numpy", "opencv", "torch"} <= set(written["versions"])
    assert {"notebook", "filter2D loop", "torch", "opencv", "copy"} <= {row["way"] for row in written["results"]}
    notebook = written["results"][0]
    assert notebook["size_wh"] == [160, 90]
    assert notebook["rounds"] == bench.LEAST_ROUNDS
    assert 0 < notebook["p10_ms"] <= notebook["median_ms"] <= notebook["p90_ms"]
    assert notebook["first_ms"] > 0
    assert notebook["faster_than_notebook"] == 1


def test_the_first_call_of_a_turn_is_kept_apart_and_no_frame_comes_twice_in_a_row() -> None:
    seen: list[int] = []

    def slower_at_first(frame: np.ndarray) -> np.ndarray:
        time.sleep(0.005 if seen else 0.05)
        seen.append(int(frame[0, 0]))
        return frame

    times = bench.Times()
    way = bench_ways.Way("sleeper", RangeMode.FIXED, slower_at_first)
    bench.take_turn(way, cycle([np.full((1, 1), value, np.uint8) for value in (1, 2)]), times)
    assert len(times.first) == 1
    assert times.first[0] >= 50
    assert len(times.following) == len(seen) - 1 >= 1
    assert all(one != other for one, other in pairwise(seen))


def test_the_banks_are_those_of_the_table() -> None:
    assert [(len(bank), *bank.kernel_hw) for bank in bench.banks()] == [
        (4, 4, 4),
        (4, 4, 4),
        (8, 7, 7),
        (16, 5, 5),
        (64, 3, 3),
    ]


def test_frames_are_color_of_the_full_range_and_all_different() -> None:
    frames = bench.frames(SIZE_WH)
    assert {(frame.shape, str(frame.dtype)) for frame in frames} == {((90, 160, 3), "uint8")}
    assert all(frame.min() == 0 and frame.max() == 255 for frame in frames)
    assert len({frame.tobytes() for frame in frames}) == 4
