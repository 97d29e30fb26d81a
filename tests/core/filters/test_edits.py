"""Edits of a bank by hand: what they make of the weights, and what they leave alone."""

from __future__ import annotations

import math

import hypothesis.extra.numpy as arrays
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from convviz_core.arrays import AnyArray, FloatArray
from convviz_core.filters import edits
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.filters.built_in import BUILT_IN_BANKS

SEED = BUILT_IN_BANKS[0]
WEIGHTS = st.floats(-1000, 1000, width=32)


@st.composite
def banks(draw: st.DrawFn) -> FilterBank:
    """Banks of gray and of colour, of all shapes, some of whole numbers."""
    count, rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 6)), draw(st.integers(1, 6))
    shape = (count, draw(st.sampled_from((1, 3))), rows, columns)
    weights = draw(st.sampled_from((WEIGHTS, st.integers(-4, 4).map(float))))
    return FilterBank.from_array("any", draw(arrays.arrays(np.float32, shape, elements=weights)))


def bank_of(*kernels: list[list[float]]) -> FilterBank:
    return FilterBank("a", tuple(Filter(f"f{n}", np.array(k, np.float32), "known") for n, k in enumerate(kernels)))


def kernel_of(bank: FilterBank, index: int = 0) -> list[list[float]]:
    rows: list[list[float]] = bank.kernels[index, 0].tolist()
    return rows


def test_a_weight_is_set_and_nothing_else() -> None:
    edited = edits.with_weight(SEED, 2, (0, 3, 1), -7)
    changed = np.argwhere(edited.kernels != SEED.kernels).tolist()
    assert changed == [[2, 0, 3, 1]]
    assert edited.kernels[2, 0, 3, 1] == -7
    assert [one is other for one, other in zip(edited.filters, SEED.filters, strict=True)] == [True, True, False, True]
    assert (edited.filters[2].label, edited.filters[2].answers) == (SEED.filters[2].label, "")
    assert edits.with_weight(SEED, 0, (0, 0, 0), -1) is SEED


def test_a_weight_of_the_green_plane_is_set_in_the_green_plane() -> None:
    bank = FilterBank.from_array("rgb", np.zeros((2, 3, 2, 2)))
    edited = edits.with_weight(bank, 1, (1, 0, 1), 0.5)
    assert np.argwhere(edited.kernels).tolist() == [[1, 1, 0, 1]]


@pytest.mark.parametrize(
    ("kernel", "step"),
    [
        ([[1, -2], [0, 300]], 1),
        ([[0, 0]], 1),
        ([[0.5, -0.25]], 0.05),
        ([[0.37, -0.12]], 0.04),
        ([[12.5]], 1.0),
        ([[1e-20]], 1e-21),
        ([[1e-45]], float(np.float32(1e-45))),  # not 0, which a tenth of it would be
    ],
)
def test_a_step_is_1_for_whole_numbers_and_else_a_tenth_of_the_largest_in_one_digit(
    kernel: list[list[float]], step: float
) -> None:
    assert edits.step_of(bank_of(kernel)) == step


def test_steps_are_added_as_the_decimals_that_one_reads() -> None:
    bank = bank_of([[0.3, 0.001234]])
    down = bank
    for _ in range(3):
        down = edits.stepped(down, 0, (0, 0, 0), 0.1, -1)
    assert down.kernels[0, 0, 0, 0] == 0
    for _ in range(3):
        down = edits.stepped(down, 0, (0, 0, 0), 0.1, 1)
    assert np.array_equal(down.kernels, bank.kernels)
    there = edits.stepped(bank, 0, (0, 0, 1), 0.1, 1)
    assert there.kernels[0, 0, 0, 1] == np.float32(0.101234)
    assert np.array_equal(edits.stepped(there, 0, (0, 0, 1), 0.1, -1).kernels, bank.kernels)


def test_a_weight_never_leaves_float32() -> None:
    bank = bank_of([[3e38, 1]])
    assert edits.stepped(bank, 0, (0, 0, 0), 3e37, 5).kernels.max() == np.finfo(np.float32).max


def test_negated_turned_and_mirrored_are_what_numpy_makes_of_the_picture_of_a_kernel() -> None:
    bank = bank_of([[1, 2], [3, 4]], [[5, 6], [7, 8]])
    assert kernel_of(edits.negated(bank, 0)) == [[-1, -2], [-3, -4]]
    assert kernel_of(edits.turned(bank, 0)) == [[3, 1], [4, 2]]  # clockwise
    assert kernel_of(edits.mirrored(bank, 0)) == [[2, 1], [4, 3]]
    assert kernel_of(edits.cleared(bank, 0)) == [[0, 0], [0, 0]]
    assert kernel_of(edits.turned(bank, 0), 1) == [[5, 6], [7, 8]]


def test_no_weight_becomes_a_negative_zero() -> None:
    assert not np.signbit(edits.negated(bank_of([[0, 1]]), 0).kernels[0, 0, 0, 0])


def test_a_kernel_that_is_not_square_is_turned_in_a_square_and_the_others_get_zeros_around_them() -> None:
    edited = edits.turned(bank_of([[1, 2, 3]], [[4, 5, 6]]), 0)
    assert kernel_of(edited) == [[0, 1, 0], [0, 2, 0], [0, 3, 0]]
    assert kernel_of(edited, 1) == [[0, 0, 0], [4, 5, 6], [0, 0, 0]]


@pytest.mark.parametrize("index", range(len(BUILT_IN_BANKS)))
def test_four_turns_two_mirrorings_and_two_signs_are_the_kernel_again(index: int) -> None:
    bank = BUILT_IN_BANKS[index]
    edited = bank
    for edit in [edits.turned] * 4 + [edits.mirrored] * 2 + [edits.negated] * 2:
        edited = edit(edited, len(bank) - 1)
    rows, columns = bank.kernel_hw
    if rows == columns:
        assert np.array_equal(edited.kernels, bank.kernels)


@given(banks())
def test_the_sum_is_0_exactly_and_the_others_stay(bank: FilterBank) -> None:
    edited = edits.with_sum_0(bank, 0)
    sizes = float(np.abs(bank.kernels[0]).sum(dtype=np.float64))
    assert math.fsum(edited.kernels[0].flat) == pytest.approx(0, abs=1e-30 + 1e-9 * sizes)
    assert np.array_equal(edited.kernels[1:], bank.kernels[1:])
    expected = bank.kernels[0] - bank.kernels[0].astype(np.float64).mean()
    assert np.allclose(edited.kernels[0], expected, atol=1e-6 * max(1e-30, sizes))


def test_the_sum_of_thirds_is_0_to_the_last_bit() -> None:
    assert math.fsum(edits.with_sum_0(bank_of([[1, 0, 0], [0.1, 0.7, 0]]), 0).kernels.flat) == 0


@given(banks())
def test_the_sizes_sum_to_1_and_doing_it_again_changes_nothing(bank: FilterBank) -> None:
    edited = edits.with_absolute_sum_1(bank, 0)
    if not bank.kernels[0].any():
        assert edited is bank
        return
    assert float(np.abs(edited.kernels[0]).sum(dtype=np.float64)) == pytest.approx(1, abs=1e-5)
    assert edits.with_absolute_sum_1(edited, 0) is edited


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (1, [[1, 2, 3], [4, 5, 6], [7, 8, 9], [0, 0, 0]]),
        (2, [[0, 0, 0], [1, 2, 3], [4, 5, 6], [7, 8, 9], [0, 0, 0]]),
        (-1, [[4, 5, 6], [7, 8, 9]]),
        (-2, [[4, 5, 6]]),
    ],
)
def test_rows_come_and_go_around_the_middle(more: int, expected: list[list[float]]) -> None:
    bank = bank_of([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    across = bank_of(np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]], float).T.tolist())
    for _ in range(abs(more)):
        bank = edits.with_rows(bank, more // abs(more))
        across = edits.with_columns(across, more // abs(more))
    assert kernel_of(bank) == expected
    assert kernel_of(across) == np.array(expected).T.tolist()


@given(banks())
def test_a_row_and_a_column_that_came_can_go_again(bank: FilterBank) -> None:
    there = edits.with_columns(edits.with_rows(bank, 1), 1)
    assert there.kernel_hw == (bank.kernel_hw[0] + 1, bank.kernel_hw[1] + 1)
    back = edits.with_rows(edits.with_columns(there, -1), -1)
    assert np.array_equal(back.kernels, bank.kernels)


def test_sides_are_from_1_to_31_and_filters_from_1_to_64() -> None:
    small, large = bank_of([[1]]), FilterBank.from_array("l", np.ones((64, 31, 31)))
    assert edits.with_rows(small, -1) is edits.with_columns(small, -1) is edits.without(small, 0) is small
    assert edits.with_rows(large, 1) is edits.with_columns(large, 1) is edits.with_copy(large, 0) is large
    assert edits.turned(FilterBank.from_array("long", np.ones((2, 1, 31))), 0).kernel_hw == (31, 31)


def test_a_copy_stands_behind_its_filter_under_a_name_of_its_own_and_each_keeps_its_bias() -> None:
    bank = FilterBank.from_array("b", np.arange(12.0).reshape(3, 2, 2), bias=np.array([1, 2, 3]))
    more = edits.with_copy(bank, 1)
    assert more.labels == ("filter 1", "filter 2", "filter 4", "filter 3")
    assert more.kernels[:, 0, 0, 0].tolist() == [0, 4, 4, 8]
    assert more.bias is not None
    assert more.bias.tolist() == [1, 2, 2, 3]
    fewer = edits.without(more, 0)
    assert fewer.labels == ("filter 2", "filter 4", "filter 3")
    assert fewer.bias is not None
    assert fewer.bias.tolist() == [2, 2, 3]
    assert edits.with_copy(fewer, 0).labels == ("filter 2", "filter 5", "filter 4", "filter 3")


def test_a_bank_that_is_the_original_again_is_the_original() -> None:
    edited = edits.with_weight(SEED, 0, (0, 0, 0), 5)
    assert edits.compared(edited, SEED).name == "udacity*"
    assert edits.compared(edits.with_weight(edited, 0, (0, 0, 0), -1), SEED) is SEED
    assert edits.compared(edits.negated(SEED, 0), SEED).filters[0].answers == SEED.filters[1].answers
    assert edits.compared(edits.without(SEED, 3), SEED).name == "udacity*"


@given(banks(), st.data())
def test_edits_apply_to_the_kernel_as_it_is_shown(bank: FilterBank, data: st.DataObject) -> None:
    channels, rows, columns = bank.kernels.shape[1:]
    shown: AnyArray = bank.kernels[..., ::-1, ::-1]
    place = (
        data.draw(st.integers(0, channels - 1)),
        data.draw(st.integers(0, rows - 1)),
        data.draw(st.integers(0, columns - 1)),
    )
    expected: FloatArray = shown.copy()
    expected[0][place] = 77
    edited = edits.as_shown(bank, lambda each: edits.with_weight(each, 0, place, 77), flipped=True)
    assert np.array_equal(edited.kernels[..., ::-1, ::-1], expected)
    assert all(one is other for one, other in zip(edited.filters[1:], bank.filters[1:], strict=True))
    assert not any(filter.turned for filter in edited.filters)
    grown = edits.as_shown(bank, lambda each: edits.with_rows(each, 1), flipped=True)
    assert np.array_equal(grown.flipped().kernels, edits.with_rows(bank.flipped(), 1).kernels)


def test_a_kernel_that_is_no_longer_the_one_of_its_name_is_changed_until_it_is_again() -> None:
    edited = edits.compared(edits.with_weight(SEED, 2, (0, 0, 0), 5), SEED)
    assert [filter.changed for filter in edited.filters] == [False, False, True, False]
    assert [filter.changed for filter in edited.flipped().filters] == [False, False, True, False]
    twice = edits.compared(edits.negated(edited, 0), SEED)
    assert [filter.changed for filter in twice.filters] == [True, False, True, False]
    assert twice.filters[0].answers == SEED.filters[1].answers  # it is that kernel now
    back = edits.compared(edits.with_weight(twice, 2, (0, 0, 0), SEED.kernels[2, 0, 0, 0]), SEED)
    assert [filter.changed for filter in back.filters] == [True, False, False, False]
    copied = edits.compared(edits.with_copy(SEED, 1), SEED)
    assert not any(filter.changed for filter in copied.filters)
    assert all(filter.changed for filter in edits.compared(edits.with_rows(SEED, 1), SEED).filters)
