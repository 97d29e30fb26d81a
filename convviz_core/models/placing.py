"""Where the receptive fields of a model's layer have their middles: read off the fields that were found."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from convviz_core.placement import MapPlacement

if TYPE_CHECKING:
    from convviz_core.models.probing import Field

Places = NDArray[np.int64]

MOST_UNEVEN = 32.0  # input pixels: where maps were made larger, the ends of fields step unevenly
MOST_DRIFT = 0.5


def placement_of(
    shape: tuple[int, int, int], input_hw: tuple[int, int], stride_yx: tuple[float, float], field: Field | None
) -> MapPlacement:
    """How maps of (C, h, w) lie on an input of (h, w); field: what their responses read, None where it is not known."""
    count, height, width = shape
    found = None if field is None else [_centre(field, axis, stride_yx[axis]) for axis in range(2)]
    centre = None if found is None or found[0] is None or found[1] is None else (found[0], found[1])
    reads = None if field is None else blake2b(field.first.tobytes() + field.last.tobytes()).digest()
    return MapPlacement(count, (height, width), input_hw, stride_yx, centre, reads)


def _centre(field: Field, axis: int, stride: float) -> float | None:
    """The middle of what response 0 would read along an axis were the input larger than all that it reads.

    Each end of the fields is taken from the responses at which no border cuts it off.
    """
    first, last = (_along(ends[axis], axis) for ends in (field.first, field.last))
    if first is None or last is None:
        return None
    begin, end = _origin(first, first > first.min(), stride), _origin(last, (last >= 0) & (last < last.max()), stride)
    return None if begin is None or end is None else (begin + end) / 2


def _along(ends: Places, axis: int) -> Places | None:
    """What is the same in all columns (axis 0), or rows; None where it is not."""
    lines = ends if axis == 0 else ends.T
    return lines[:, 0] if (lines == lines[:, :1]).all() else None


def _origin(ends: Places, whole: NDArray[np.bool_], stride: float) -> float | None:
    """Where an end of response 0's field would lie; None where none is whole, or they lie on no grid.

    The outer quarters do not count: what padding mirrors is read near the border only.
    """
    at = np.flatnonzero(whole)
    if not at.size:
        return None
    at = at[at.size // 4 : at.size - at.size // 4]
    origins = ends[at] - stride * at
    halves = [(half.min() + half.max()) / 2 for half in np.array_split(origins, min(2, at.size))]
    if origins.max() - origins.min() > MOST_UNEVEN or max(halves) - min(halves) > MOST_DRIFT:
        return None
    return float(origins.min() + origins.max()) / 2
