"""Rows that responses read, found with NaN in many of them at once: as with one at a time, in fewer runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from convviz_core.models.nan_blocks import Bools, Runs, by_blocks, one_by_one, with_nan

SIDE = 100


def reading(windows: Sequence[Sequence[int]], counted: list[int] | None = None) -> Runs:
    """A layer "l" whose responses (h, 1) read these rows; counted: the runs are counted there."""

    def runs(patterns: Sequence[Sequence[int]]) -> Iterator[dict[str, Bools]]:
        for rows in patterns:
            if counted is not None:
                counted.append(len(rows))
            yield {"l": np.array([[bool(set(rows) & set(window))] for window in windows])}

    return runs


def windows_of(size: int, stride: int, dilation: int, padding: int) -> list[list[int]]:
    """What a convolution's responses read."""
    count = (SIDE + 2 * padding - dilation * (size - 1) - 1) // stride + 1
    all_of_it = [[stride * at - padding + dilation * tap for tap in range(size)] for at in range(count)]
    return [[row for row in window if 0 <= row < SIDE] for window in all_of_it]


@given(st.integers(1, 9), st.integers(1, 5), st.integers(1, 3), st.integers(0, 6))
def test_what_a_convolution_reads_is_found_in_fewer_runs(size: int, stride: int, dilation: int, padding: int) -> None:
    windows, counted = windows_of(size, stride, dilation, padding), list[int]()
    shapes, kept = {"l": (len(windows), 1)}, {0, 40, 99}
    found = by_blocks(reading(windows, counted), shapes, SIDE, kept)
    single = one_by_one(reading(windows), shapes, SIDE, kept)
    assert found is not None
    assert len(counted) < SIDE
    for reads in (found["l"], single["l"]):
        assert reads.first[:, 0].tolist() == [min(window, default=-1) for window in windows]
        assert reads.last[:, 0].tolist() == [max(window, default=-1) for window in windows]
        assert {row: at[:, 0].tolist() for row, at in reads.rows.items()} == {
            row: [row in window for window in windows] for row in kept
        }


def test_a_layer_of_which_each_response_reads_all_rows_is_left_to_single_rows() -> None:
    assert by_blocks(reading([range(SIDE)] * 4), {"l": (4, 1)}, SIDE, ()) is None


def only_together(patterns: Sequence[Sequence[int]]) -> Iterator[dict[str, Bools]]:
    """NaN only where two rows are: blocks say that it is read, single rows do not."""
    return ({"l": np.array([[{3, 4} <= set(rows)]])} for rows in patterns)


def moving(patterns: Sequence[Sequence[int]]) -> Iterator[dict[str, Bools]]:
    """A response that reads another block when rows far away are NaN, too."""
    return ({"l": np.array([[set(rows) <= set(range(10)) or 95 in rows]])} for rows in patterns)


def disappearing(patterns: Sequence[Sequence[int]]) -> Iterator[dict[str, Bools]]:
    """A layer that is not called where a row is NaN."""
    return ({} if 50 in rows else {"l": np.array([[3 in rows]])} for rows in patterns)


@pytest.mark.parametrize("runs", [only_together, moving, disappearing])
def test_what_does_not_agree_is_not_found(runs: Callable[..., Iterator[dict[str, Bools]]]) -> None:
    assert by_blocks(runs, {"l": (1, 1)}, SIDE, ()) is None


@pytest.mark.parametrize("axis", [0, 1])
def test_each_picture_has_nan_in_its_own_rows_or_columns(axis: int) -> None:
    values = with_nan(torch.zeros(1, 2, 4, 4), axis, [[0, 3], [1]])
    wanted = torch.zeros(2, 2, 4, 4, dtype=torch.bool)
    wanted[0].index_fill_(1 + axis, torch.tensor([0, 3]), value=True)
    wanted[1].index_fill_(1 + axis, torch.tensor([1]), value=True)
    assert torch.equal(values.isnan(), wanted)
