"""The three range modes, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from convviz_core.arrays import FloatArray
from convviz_core.auto_range import map_ranges
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.filters.files import load_bank
from convviz_core.layer import Activation, Layer
from convviz_core.ranges import fixed_limit, fixed_limits, to_bytes

SEED = load_bank("udacity")


def bank_of(*kernels: list[list[float]]) -> FilterBank:
    return FilterBank("test", tuple(Filter(f"f{i}", np.array(k, np.float32)) for i, k in enumerate(kernels)))


def maps_of(*rows: list[float]) -> FloatArray:
    return np.array([[row] for row in rows], np.float32)


def test_the_seed_bank_reaches_eight_either_way() -> None:
    assert fixed_limits(Layer(SEED, "none")) == (-8.0, 8.0)
    assert fixed_limits(Layer(SEED, "relu")) == (0.0, 8.0)


def test_without_relu_the_larger_of_positive_and_negative_weights_counts() -> None:
    bank = bank_of([[1, -3]], [[2, -1]])
    assert fixed_limit(bank, Activation.NONE) == 3
    assert fixed_limit(bank, Activation.RELU) == 2


def test_a_bank_without_a_positive_weight_has_limit_one_after_relu() -> None:
    assert fixed_limit(bank_of([[-2, -3]]), Activation.RELU) == 1
    assert fixed_limit(bank_of([[0, 0]]), Activation.NONE) == 1


def test_zero_is_byte_128_signed_and_halves_go_up() -> None:
    layer = Layer(SEED, "none")
    maps = maps_of([-8, 0, 8, -9, 9, 1 / 255 * 8])
    ranges = np.array([[-8, 8]], np.float32)
    # 255 (v + 8) / 16: 0, 127.5 -> 128, 255, clipped, clipped, 128
    assert to_bytes(layer, maps, ranges).tolist() == [[[0, 128, 255, 0, 255, 128]]]


def test_frame_mode_stretches_each_map_between_its_own_extremes() -> None:
    layer = Layer(bank_of([[1]], [[2]]), "none")
    maps = maps_of([0.0, 0.5, 1.0], [-1.0, 0.0, 3.0])
    ranges = map_ranges(layer, maps, "frame")
    assert ranges.tolist() == [[0, 1], [-1, 3]]
    assert to_bytes(layer, maps, ranges, own=True).tolist() == [[[0, 128, 255]], [[0, 64, 255]]]


@pytest.mark.parametrize(("activation", "byte"), [("none", 128), ("relu", 0)])
def test_a_flat_map_is_one_byte_in_frame_mode(activation: str, byte: int) -> None:
    layer = Layer(bank_of([[1]]), activation)
    maps = maps_of([0.7, 0.7 + 0.9e-5])
    assert to_bytes(layer, maps, map_ranges(layer, maps, "frame"), own=True).tolist() == [[[byte, byte]]]
    steep = maps_of([0.7, 0.7 + 2e-5])
    assert to_bytes(layer, steep, map_ranges(layer, steep, "frame"), own=True).tolist() == [[[0, 255]]]
