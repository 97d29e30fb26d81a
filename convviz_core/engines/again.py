"""A picture once more in another range: which of its rows have other bytes there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from convviz_core.arrays import AnyArray, FloatArray
from convviz_core.engines.cpu_kernels import HALF_UP

Rows = tuple[int, int]  # the first, and the one behind the last

_BEGINNING = 4  # rows: beginning a run takes as long as some
_FAR_FROM_HALF = 0.25  # bytes: with what float32 may be off, too, it is rounded to 0


def rows_with_other_bytes(
    before: FloatArray, after: FloatArray, lowest: AnyArray, highest: AnyArray
) -> list[Rows] | None:
    """The rows of tiles that may differ from those of the run before; None for all, as with a bias.

    before, after: float32 (N, 4), the maps' mappings in either run (see ByteMapping). lowest, highest: (K, rows), the
    extreme q of each kernel in each row.
    """
    origin, scale, zero_point, _ = before.T
    wider = np.array_equal(before[:, 2:], after[:, 2:]) and bool((np.abs(after[:, 1]) <= np.abs(scale)).all())
    if not wider or origin.any() or after[:, 0].any():
        return None
    # A q of 0 has the zero point's byte in both. Where that is byte 0, so has every q that is far below half a byte in
    # the narrower range: in the wider one it is nearer to 0 still, and what is negative is held at the floor.
    nothing = _FAR_FROM_HALF if (zero_point == np.float32(HALF_UP)).all() else 0.0
    largest = np.maximum(highest.max(axis=0), -lowest.min(axis=0).astype(np.float64))
    return runs_of(largest * float(np.abs(scale).max()) > nothing)


def runs_of(rows: AnyArray) -> list[Rows]:
    """bool (n,): where it is true, as runs of rows."""
    ends = np.flatnonzero(np.diff(rows, prepend=False, append=False)).tolist()
    return list(zip(ends[::2], ends[1::2], strict=True))


def takes_less(runs: Sequence[Rows], rows: int, strip_rows: int, cores: int) -> bool:
    """Whether these runs, one after the other, take less time than all rows at once: one core works on a strip."""
    sizes = [last - first for first, last in runs]
    return sum(max(min(size, strip_rows), size / cores) + _BEGINNING for size in sizes) < rows / cores
