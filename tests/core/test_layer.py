"""What filters, banks and layers may be made of, and what is said about everything else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from convviz_core import Filter, FilterBank, FilterError, Layer, inspect_pixel, load_bank

SEED = load_bank("udacity")


@pytest.mark.parametrize(
    ("kernel", "says"),
    [
        ([[1, 2], [3, 4]], "filter 'a' has a list for its kernel, want a numpy array of numbers"),
        (None, "filter 'a' has a NoneType for its kernel, want a numpy array"),
        (np.array([["1", "2"]]), "filter 'a' holds <U1 values, want real numbers"),
        (np.array([[1j]]), "filter 'a' holds complex128 values, want real numbers"),
        (np.array([[None]]), "filter 'a' holds object values, want real numbers"),
    ],
)
def test_a_kernel_of_a_wrong_type_is_told(kernel: Any, says: str) -> None:
    with pytest.raises(FilterError, match=says):
        Filter("a", kernel)


@pytest.mark.parametrize("kind", [bool, np.int8, np.uint64, np.float16, np.float64])
def test_a_kernel_of_any_real_numbers_becomes_float32(kind: Any) -> None:
    kernel = Filter("a", np.array([[0, 1]], kind)).kernel
    assert kernel.dtype == np.float32
    assert kernel.tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize(
    ("filters", "says"),
    [
        (SEED.filters[0], "bank 'b' has a Filter, want a tuple of Filters"),
        ("filters", "bank 'b' has a str, want a tuple of Filters"),
        ((SEED.filters[0], SEED.kernels[0]), "bank 'b' holds a ndarray, want Filters only"),
    ],
)
def test_a_bank_of_anything_but_filters_is_told(filters: Any, says: str) -> None:
    with pytest.raises(FilterError, match=says):
        FilterBank("b", filters)


@pytest.mark.parametrize("bank", ["udacity", None, SEED.kernels])
def test_a_layer_of_anything_but_a_bank_is_told(bank: Any) -> None:
    with pytest.raises(
        TypeError, match=f"a layer's bank is a FilterBank, as load_bank gives it, got {type(bank).__name__}"
    ):
        Layer(bank)


@pytest.mark.parametrize("activation", ["gelu", "", 1, None])
def test_an_unknown_activation_names_the_choices(activation: Any) -> None:
    with pytest.raises(ValueError, match=f"there is no activation {activation!r}: choose relu or none"):
        Layer(SEED, activation)


def test_what_cannot_be_inspected_is_told_as_the_engines_tell_it() -> None:
    frame: Any = np.zeros((9, 9), np.uint8)
    wrong: Any = SEED
    with pytest.raises(TypeError, match="got list"):
        inspect_pixel(frame.tolist(), Layer(SEED), 0, 0, 0)
    with pytest.raises(TypeError, match=r"runs a Layer, .* got FilterBank"):
        inspect_pixel(frame, wrong, 0, 0, 0)
