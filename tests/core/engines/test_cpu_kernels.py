"""What the CPU engines really compute: distinct kernels, whole numbers, shared columns, byte mappings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convviz_core import Filter, FilterBank, Layer, load_bank
from convviz_core.arrays import AnyArray
from convviz_core.engines.cpu_kernels import byte_mappings, distinct_kernels, extremes_of_maps, peak_of_picture
from convviz_core.engines.halide.column_sums import column_sums

SEED = load_bank("udacity")


def bank_of(*kernels: AnyArray) -> FilterBank:
    return FilterBank("test", tuple(Filter(str(i), np.array(k, np.float32)) for i, k in enumerate(kernels)))


def test_the_seed_bank_has_two_kernels_and_their_negatives() -> None:
    distinct = distinct_kernels(SEED)
    assert distinct.kernels[:, 0].tolist() == [[[-1, -1, 1, 1]] * 4, [[-1] * 4, [-1] * 4, [1] * 4, [1] * 4]]
    assert distinct.kernel_of == (0, 0, 1, 1)
    assert distinct.sign == (1, -1, 1, -1)
    assert (distinct.scale, distinct.whole) == (1.0, True)


def test_a_kernel_of_zeros_is_its_own_negative() -> None:
    distinct = distinct_kernels(bank_of(np.zeros((2, 2)), -np.zeros((2, 2))))
    assert distinct.kernel_of == (0, 0)
    assert distinct.whole


@pytest.mark.parametrize(
    ("kernel", "scale", "whole"),
    [
        (np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16, 1 / 16, [[1, 2, 1], [2, 4, 2], [1, 2, 1]]),
        (np.full((3, 3), 1 / 9), float(np.float32(1 / 9)), [[1] * 3] * 3),
        (np.array([[0.2, -0.3]]), 0.1, [[2, -3]]),
        (np.array([[300.0, -200.0]]), 100.0, [[3, -2]]),
    ],
    ids=["binomial", "box", "tenths", "hundreds"],
)
def test_multiples_of_one_weight_are_whole_numbers_times_a_scale(
    kernel: AnyArray, scale: float, whole: AnyArray
) -> None:
    distinct = distinct_kernels(bank_of(kernel))
    assert distinct.whole
    assert distinct.scale == pytest.approx(scale, rel=2**-22)
    assert distinct.kernels[0, 0].tolist() == whole


@pytest.mark.parametrize("kernel", [[[1.0, np.pi]], [[1.0, 70000.0]], [[1e-10, 1e20]]], ids=str)
def test_other_weights_are_kept_and_scaled_by_a_power_of_two(kernel: AnyArray) -> None:
    distinct = distinct_kernels(bank_of(np.array(kernel)))
    assert not distinct.whole
    assert np.log2(distinct.scale).is_integer()
    assert np.abs(distinct.kernels).max() <= 1
    assert np.array_equal(distinct.kernels[0, 0] * np.float64(distinct.scale), np.array(kernel, np.float32))


def test_extremes_and_peak_belong_to_the_maps_that_are_shown() -> None:
    one_way = bank_of(np.array([[1, -1]]), np.array([[2, 2]]))
    distinct = distinct_kernels(one_way)
    lowest, highest = np.array([-510, 0]), np.array([255, 51])
    assert extremes_of_maps(Layer(one_way, "none"), distinct, lowest, highest).tolist() == [[-2, 1], [0, 0.2]]
    assert peak_of_picture(Layer(one_way, "none"), distinct, lowest, highest) == 2
    assert peak_of_picture(Layer(one_way, "relu"), distinct, lowest, highest) == 1  # -2 is not shown after ReLU
    negated = bank_of(np.array([[-1, 1]]), np.array([[1, -1]]))
    assert peak_of_picture(Layer(negated, "relu"), distinct_kernels(negated), np.array([-510]), np.array([255])) == 2


def test_halves_go_up_all_along_the_range() -> None:
    # q = 0, 4, 8, ... 2040 of the seed bank's fixed range are 0, 0.5, 1 ... 255; signed, half as much above 127.5.
    q = np.arange(0, 2041, 4)
    for activation, wanted in (("relu", (q + 4) // 8), ("none", (q + 2048) // 16)):
        layer = Layer(SEED, activation)
        low = -8.0 if layer.signed else 0.0
        line = byte_mappings(layer, distinct_kernels(SEED), np.array([[low, 8.0]] * 4, np.float32), own=False)[0]
        assert np.array_equal(np.rint(np.float32((q - line[0]) * line[1] + line[2])), wanted)


@given(
    rows=st.lists(st.lists(st.integers(-9, 9), min_size=4, max_size=4), min_size=1, max_size=6),
    others=st.integers(0, 3),
)
@settings(max_examples=200)
def test_column_sums_are_the_kernels_again(rows: list[list[int]], others: int) -> None:
    kernel = np.array(rows)
    kernels = np.stack([np.roll(kernel, shift, axis=1)[None] for shift in range(others + 1)])
    sums = column_sums(kernels)
    rebuilt = np.zeros_like(kernels)
    for index, terms in enumerate(sums.kernels):
        for term in terms:
            rebuilt[index, term.column.channel, :, term.dx] += term.factor * np.array(term.column.weights)
    assert np.array_equal(rebuilt, kernels)


def test_separable_kernels_share_their_columns() -> None:
    sums = column_sums(distinct_kernels(SEED).kernels)
    assert [column.weights for column in sums.shared] == [(1, 1, 1, 1), (1, 1, -1, -1)]
    assert sums.additions == 16  # two columns of four taps, two rows of four terms
