"""What Halide counts is what there is."""

from __future__ import annotations

import math
from threading import Thread

import cv2
import numpy as np
import pytest
from plain_counter import PlainCounter

from convviz_core import looks
from convviz_core.arrays import AnyArray, ByteArray
from convviz_core.auto_range import AutoRange
from convviz_core.byte_look import ByteLook
from convviz_core.byte_sums import ByteWeights, Reads
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.filters.bank import FilterBank
from convviz_core.layer import Layer
from convviz_core.looks import look_for
from convviz_core.ranges import fixed_limit

pytest.importorskip("halide")

from convviz_core.engines import opening
from convviz_core.engines.halide import byte_counts
from convviz_core.engines.halide.byte_counts import HalideCounter

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def counter() -> HalideCounter:
    return HalideCounter()


def reads(windows: int, rows: int, quads: int, lanes: int, least: float = -math.inf) -> Reads:
    """Of a picture of its own."""
    row_step = 4 * quads + int(RNG.integers(1, 50))
    pixels = RNG.integers(0, 256, 2000 + rows * row_step, dtype=np.uint8)
    steps = RNG.integers(-127, 128, (quads, rows, lanes, 4)).astype(np.int8)
    scales = (RNG.uniform(0.2, 1, lanes) / (127 * 255 * 2 * rows * quads)).astype(np.float32)
    first = RNG.integers(0, 2000, windows).astype(np.int32)
    weights = ByteWeights(steps, scales, RNG.normal(scale=0.05, size=lanes).astype(np.float32), error=0.0)
    return Reads(pixels, first, row_step, weights, least)


def close(found: AnyArray, expected: AnyArray) -> bool:
    """Sums of float32 may lie on the other side of an edge."""
    return bool(np.abs(np.cumsum(found) - np.cumsum(expected)).max() <= 2 + expected.sum() // 10_000)


@pytest.mark.parametrize(
    ("blocks", "rows", "quads", "vectors"), [(1, 1, 1, 1), (17, 4, 3, 1), (40, 3, 2, 4), (3, 31, 9, 2)]
)
@pytest.mark.parametrize("signed", [False, True])
def test_each_response_is_counted_once_at_its_size(
    counter: HalideCounter, blocks: int, rows: int, quads: int, vectors: int, signed: bool
) -> None:
    read = [reads(blocks * counter.windows, rows, quads, vectors * counter.lanes)]
    expected = PlainCounter().counts(read, 1 / 512, signed=signed)
    found = counter.counts(read, 1 / 512, signed=signed)
    assert found.sum() == expected.sum() == blocks * counter.windows * vectors * counter.lanes
    assert close(found, expected)
    assert np.count_nonzero(found[2:]) > 20  # it is no empty test


@pytest.mark.parametrize("least", [-math.inf, 0.0])
def test_of_two_layers_the_differences_after_the_activation_are_counted(counter: HalideCounter, least: float) -> None:
    windows, lanes = 20 * counter.windows, 2 * counter.lanes
    read = [reads(windows, 5, 2, lanes, least), reads(windows, 3, 4, lanes, least)]
    assert close(counter.counts(read, 1 / 512, signed=True), PlainCounter().counts(read, 1 / 512, signed=True))


def test_the_largest_sums_that_bytes_can_make_are_right(counter: HalideCounter) -> None:
    read = reads(counter.windows, 31, 24, counter.lanes)
    read.pixels[:] = 255
    read.weights.steps[:] = 127
    read.weights.scales[:] = 0.75 / (31 * 96 * 255 * 127)
    read.weights.biases[:] = 0
    counts = counter.counts([read], 0.0, signed=False)
    assert counts[2 + 4 * 50 + 25] == counts.sum()  # 0.75 is in the middle of the last octave


def test_two_threads_do_not_disturb_each_other(counter: HalideCounter) -> None:
    read = [[reads(60 * counter.windows, 4, 4, counter.lanes)] for _ in range(2)]
    alone = [counter.counts(part, 0.0, signed=True) for part in read]
    wrong: list[int] = []

    def ask(number: int) -> None:
        for _ in range(50):
            if not np.array_equal(counter.counts(read[number], 0.0, signed=True), alone[number]):
                wrong.append(number)

    threads = [Thread(target=ask, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def scene(seed: int) -> ByteArray:
    """Blurred noise of all scales, in colour, and a few hard edges."""
    chance = np.random.default_rng(seed)
    noise = [cv2.GaussianBlur(chance.normal(size=(480, 640, 3)), (0, 0), s) * s * s for s in (1, 3, 9, 27)]
    frame = np.sum(noise, axis=0)
    frame[200:, 300:] += 3 * np.std(frame)
    return np.asarray(np.clip(128 + 40 * frame / np.std(frame), 0, 255), np.uint8)


@pytest.mark.parametrize("shape", [(64, 3, 3), (16, 3, 5, 5), (4, 31, 31), (64, 3, 7, 7)], ids=str)
@pytest.mark.parametrize("activation", ["relu", "none"])
def test_a_first_picture_is_shown_in_its_own_limit(
    shape: tuple[int, ...], activation: str, counter: HalideCounter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "_counter", counter)
    frame, bank = scene(1), FilterBank.from_array("chance", RNG.normal(size=shape).astype(np.float32))
    layer = Layer(bank, activation)
    assert isinstance(look_for(layer, frame.shape), ByteLook)
    conv, activated = OpenCvEngine().maps(frame, layer)
    shown = np.sort(np.abs(conv if layer.signed else activated).ravel())
    counted = int((shown > fixed_limit(bank, layer.activation) / 512).sum())
    exact = float(shown[-1 - (counted - 4096) // 100])
    auto = AutoRange()
    assert auto.limits(layer, frame, "a", lambda: 0.0)[1] == pytest.approx(exact, rel=0.05)
    auto.follow(layer, frame, auto.limits(layer, frame, "a", lambda: 0.0), 0.0, 0.0)
    assert auto.share_above == pytest.approx((shown > exact).mean(), rel=0.1)


def test_it_is_offered_where_vectors_are_long_and_only_there(
    counter: HalideCounter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "_counter", None)
    monkeypatch.setattr(byte_counts, "_counter", lambda: None)
    byte_counts.offer_counter()
    assert looks._counter is None
    monkeypatch.setattr(byte_counts, "_counter", lambda: counter)
    byte_counts.offer_counter()
    assert looks._counter is counter


def test_it_is_compiled_only_after_a_look_that_took_long(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(byte_counts, "offer_counter", lambda: asked.append("compiled"))
    monkeypatch.setattr(looks, "_missed", False)
    opening._count_by_halide()
    assert asked == []
    monkeypatch.setattr(looks, "_missed", True)
    opening._count_by_halide()
    assert asked == ["compiled"]
