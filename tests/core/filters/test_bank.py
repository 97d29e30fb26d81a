"""Banks made of arrays that a program already has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from convviz_core import FilterBank, FilterError


@pytest.mark.parametrize(
    ("shape", "kernels_shape"),
    [
        ((2, 5), (1, 1, 2, 5)),
        ((3, 4, 4), (3, 1, 4, 4)),
        ((6, 1, 3, 2), (6, 1, 3, 2)),
        ((2, 3, 5, 5), (2, 3, 5, 5)),
        ((64, 31, 31), (64, 1, 31, 31)),
    ],
)
def test_an_array_of_kernels_is_a_bank(shape: tuple[int, ...], kernels_shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    bank = FilterBank.from_array("mine", array)
    assert (bank.name, len(bank), bank.labels[0]) == ("mine", kernels_shape[0], "filter 1")
    np.testing.assert_array_equal(bank.kernels, array.reshape(kernels_shape))
    array[:] = 7  # the bank has kernels of its own
    assert bank.kernels.flat[0] == 0


def test_what_numpy_makes_an_array_of_will_do() -> None:
    assert FilterBank.from_array("mine", [[1, 2], [3, 4]]).kernels.tolist() == [[[[1, 2], [3, 4]]]]  # type: ignore[arg-type]
    weights: Any = torch.ones(2, 3, 5, 5)
    assert FilterBank.from_array("mine", weights).kernels.shape == (2, 3, 5, 5)


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.zeros((2, 2, 3, 3)), r"bank 'mine': its shape is \(2, 2, 3, 3\), want \(kh, kw\)"),
        (np.zeros(3), r"bank 'mine': its shape is \(3,\), want"),
        (np.zeros((65, 3, 3)), "bank 'mine': it has 65 filters, want 1 to 64"),
        (np.zeros((0, 3, 3)), "bank 'mine': it has 0 filters"),
        (np.zeros((32, 3)), "bank 'mine': its kernels are 32x3, want 1x1 to 31x31"),
        (np.full((3, 3), np.nan), "not a finite float32 number"),
        ([["a"]], "bank 'mine' holds <U1 values, want real numbers"),
        ([[1, 2], [3]], "bank 'mine' has a list, want an array of numbers"),
        (None, "bank 'mine' holds object values"),
        (torch.ones(3, 3, requires_grad=True), "bank 'mine' has a Tensor, want an array of numbers"),
    ],
)
def test_what_is_no_bank_is_refused_in_one_sentence(array: Any, sentence: str) -> None:
    with pytest.raises(FilterError, match=sentence):
        FilterBank.from_array("mine", array)
