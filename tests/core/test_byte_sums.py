"""Weights of 8 bits, and codes of sizes."""

from __future__ import annotations

import numpy as np
import pytest

from convviz_core.byte_sums import byte_weights, code_edges, quantised
from convviz_core.filters.bank import FilterBank
from convviz_core.layer import Layer

RNG = np.random.default_rng(0)


def test_codes_begin_where_they_are_said_to() -> None:
    edges = code_edges()
    assert [float(edges[code]) for code in (2, 52, 77, 202, 252)] == [1 / 32, 1 / 16, 3 / 32, 0.5, 1.0]
    assert (np.diff(edges[2:]) / edges[2:-1]).max() == pytest.approx(0.02)


@pytest.mark.parametrize("shape", [(7, 7, 3, 8), (31, 31, 1, 4), (1, 1, 1, 2)], ids=str)
def test_each_weight_is_within_a_step_and_all_together_within_half_of_one(shape: tuple[int, ...]) -> None:
    kernels = RNG.normal(size=shape)
    steps, scales = quantised(kernels)
    assert np.abs(steps * scales - kernels).max() <= scales.max()
    assert (np.abs((steps * scales - kernels).sum(axis=(0, 1, 2))) <= scales / 2 + 1e-9).all()
    assert (np.abs(steps).max(axis=(0, 1, 2)) >= 125).all()


def test_a_kernel_that_leaves_flat_pictures_at_zero_still_does() -> None:
    kernels = RNG.normal(size=(9, 9, 3, 16))
    kernels -= kernels.mean(axis=(0, 1), keepdims=True)  # in each channel
    steps, _ = quantised(kernels)
    assert not steps.astype(int).sum(axis=(0, 1)).any()


def test_whole_numbers_up_to_the_largest_step_are_kept_exactly() -> None:
    kernels = RNG.integers(-126, 127, (5, 5, 1, 3)).astype(float)
    kernels[0, 0] = 126
    steps, scales = quantised(kernels)
    assert np.array_equal(steps, kernels)
    assert np.array_equal(scales, [1.0] * 3)


def test_weights_that_eight_bits_do_not_hold_say_so() -> None:
    kernel = np.full((1, 9, 9), 1e-3)
    kernel[0, 4, 4] = -1.0
    fine, coarse = FilterBank.from_array("a", np.ones((1, 9, 9))), FilterBank.from_array("b", kernel)
    assert byte_weights(Layer(fine), 81.0, 1, 1, 4, gray=True).error == pytest.approx(0, abs=1e-9)
    # After ReLU the 80 small ones are all that is seen, each an eighth of a step.
    assert byte_weights(Layer(coarse), 0.08, 1, 1, 4, gray=True).error > 0.1
