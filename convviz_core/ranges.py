"""What becomes black, grey and white: the ranges, and the step from responses to bytes. auto's is in auto_range.py.

A range is two response values, lo and hi, in the units of weights x [0, 1]; they become byte 0 and byte 255.
"""

from __future__ import annotations

import math
from enum import StrEnum
from functools import lru_cache
from numbers import Real
from typing import NoReturn, Protocol

import numpy as np

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.filters.bank import FilterBank
from convviz_core.layer import Activation, Layer

_MOST = float(np.finfo(np.float32).max)


class RangeMode(StrEnum):
    """Which two response values become byte 0 and byte 255."""

    AUTO = "auto"  # one range for the bank, from the picture's own responses
    FIXED = "fixed"  # one range for the bank: what its responses can reach at most
    FRAME = "frame"  # each map's own minimum and maximum in each frame

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        raise ValueError(f"there is no range {value!r}: choose {', '.join(cls)}")


Limits = tuple[float, float]
Range = RangeMode | str | Limits  # a mode or its name, or lo and hi for the whole bank
_MODES = {str(mode): mode for mode in RangeMode}

FLAT_SPAN = 1e-5
ROWS_AT_ONCE = 16  # of float64, in memory that stays in the cache and is not asked for again and again


def checked_range(range: Range) -> RangeMode | Limits:
    """The mode, or lo and hi. ValueError for everything else, and for limits that are no range as float32 either."""
    if isinstance(range, RangeMode):
        return range
    if isinstance(range, str):
        if range in _MODES:
            return _MODES[range]
    elif isinstance(range, tuple | list | np.ndarray) and np.shape(range) == (2,):
        lo, hi = range
        if isinstance(lo, Real) and isinstance(hi, Real):
            with np.errstate(over="ignore"):
                low, high = np.float32(lo), np.float32(hi)
            if math.isfinite(low) and math.isfinite(high) and low < high:
                return float(lo), float(hi)
            raise ValueError(f"limits are lo and hi with lo < hi, finite and as float32 too, got {range}")
    raise ValueError(f"there is no range {range!r}: choose {', '.join(RangeMode)}, or limits (lo, hi)")


class Signed(Protocol):
    """What is shown in a range."""

    @property
    def signed(self) -> bool:
        """Whether negative responses are shown."""


@lru_cache(maxsize=256)
def fixed_limit(bank: FilterBank, activation: Activation) -> float:
    """The largest |response| that the bank can give on [0, 1], its bias included; after ReLU, the largest response.

    Over the filters, the larger of the sum of the positive weights (plus the bias) and of the absolute sum of the
    negative ones (minus the bias); after ReLU, of the positive ones. 1 where that is 0 or less. A layer that leaves
    its bank's bias out has a bank without one for its `weights`.
    """
    kernels = bank.kernels[: bank.own].astype(np.float64).reshape(bank.own, -1)
    bias = np.zeros(bank.own) if bank.bias is None else bank.bias[: bank.own].astype(np.float64)
    positive = float((np.maximum(kernels, 0).sum(axis=1) + bias).max())
    negative = float((np.maximum(-kernels, 0).sum(axis=1) - bias).max())
    limit = positive if activation == Activation.RELU else max(positive, negative)
    return limit if limit > 0 else 1.0


def limits_for(layer: Signed, limit: float) -> Limits:
    """[-limit, limit] for signed responses, [0, limit] after ReLU."""
    return (-limit if layer.signed else 0.0, limit)


def fixed_limits(layer: Layer) -> Limits:
    """The fixed range: [-L, L] signed, [0, L] after ReLU."""
    return limits_for(layer, fixed_limit(layer.weights, Activation(layer.activation)))


@lru_cache(maxsize=256)
def flat_spans(bank: FilterBank) -> FloatArray:
    """float32 (N,): a map whose span is at most this is flat in frame mode, 1e-5 x max(1, sum|w|)."""
    weights = np.abs(bank.kernels.astype(np.float64)).reshape(len(bank), -1).sum(axis=1)
    return np.asarray(FLAT_SPAN * np.maximum(1.0, weights), dtype=np.float32)


def extremes_of(maps: AnyArray) -> AnyArray:
    """The smallest and the largest value of each map, (N, h, w) -> (N, 2)."""
    return np.stack([maps.min(axis=(1, 2)), maps.max(axis=(1, 2))], axis=1)


def bank_ranges(count: int, limits: Limits) -> FloatArray:
    """One range for `count` maps: float32 (count, 2); limits beyond the largest float32, of huge weights, are that."""
    # np.clip would take ten times as long, for each picture.
    low, high = (min(max(limit, -_MOST), _MOST) for limit in limits)
    return np.array([(low, high)] * count, np.float32)


def to_bytes(layer: Layer, maps: AnyArray, ranges: FloatArray, *, own: bool = False) -> ByteArray:
    """round(255 (v - lo) / (hi - lo)), halves up, clipped: uint8 (N, h, w).

    own: the ranges are the maps' own extremes, as in frame mode, and flat maps are one byte. Computed in float64: this
    is the definition that every engine is held to.
    """
    flat = is_flat(layer.bank, ranges) if own else np.zeros(len(ranges), bool)
    return bytes_of(maps, ranges, flat, flat_byte(layer))


def bytes_of(maps: AnyArray, ranges: FloatArray, flat: AnyArray, flat_byte: int) -> ByteArray:
    """What to_bytes gives; flat: bool (N,), the maps that are one byte, `flat_byte`."""
    found = np.empty(maps.shape, np.uint8)
    for map, out, (lo, hi), one in zip(maps, found, ranges.astype(np.float64).tolist(), flat, strict=True):
        if one:
            out[:] = flat_byte
            continue
        for first in range(0, len(map), ROWS_AT_ONCE):
            levels = 255.0 * (map[first : first + ROWS_AT_ONCE].astype(np.float64) - lo) / ((hi - lo) or 1.0)
            np.floor(levels + 0.5, out=levels)
            out[first : first + ROWS_AT_ONCE] = np.clip(levels, 0, 255, out=levels)
    return found


def is_flat(bank: FilterBank, ranges: FloatArray) -> AnyArray:
    """bool (N,): the maps that frame mode shows as one byte, since their own span is nothing but rounding."""
    return np.asarray(ranges[:, 1] - ranges[:, 0] <= flat_spans(bank))


def flat_byte(layer: Layer) -> int:
    """The byte of a flat map: 128 signed, 0 after ReLU."""
    return 128 if layer.signed else 0
