"""What becomes black, grey and white: the limits of each range mode and the step from responses to bytes.

A range is two response values, lo and hi, in the units of weights x [0, 1]; they become byte 0 and byte 255.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.filters.bank import FilterBank
from convviz_core.layer import Activation, Layer, RangeMode

Limits = tuple[float, float]

AUTO_FLOOR = 1 / 32  # of the fixed limit: a covered lens does not become a picture of noise
AUTO_TIME_CONSTANT_S = 0.5
FLAT_SPAN = 1e-5


@lru_cache(maxsize=256)
def fixed_limit(bank: FilterBank, activation: Activation) -> float:
    """The largest |response| that the bank can give on [0, 1]; after ReLU, the largest response.

    Over the filters, the larger of the sum of the positive weights and of the absolute sum of the
    negative ones (after ReLU: of the positive ones; 1 where no weight is positive).
    """
    kernels = bank.kernels.astype(np.float64).reshape(len(bank), -1)
    positive = float(np.maximum(kernels, 0).sum(axis=1).max())
    negative = float(np.maximum(-kernels, 0).sum(axis=1).max())
    limit = positive if activation == Activation.RELU else max(positive, negative)
    return limit or 1.0


def limits_for(layer: Layer, limit: float) -> Limits:
    """[-limit, limit] for signed responses, [0, limit] after ReLU."""
    return (-limit if layer.signed else 0.0, limit)


def fixed_limits(layer: Layer) -> Limits:
    """The fixed range: [-L, L] signed, [0, L] after ReLU."""
    return limits_for(layer, fixed_limit(layer.bank, Activation(layer.activation)))


def peak_limits(layer: Layer, peak: float) -> Limits:
    """One picture's own range: [-peak, peak] or [0, peak], the peak never below 1/32 of the fixed limit."""
    return limits_for(layer, max(peak, AUTO_FLOOR * fixed_limit(layer.bank, Activation(layer.activation))))


@lru_cache(maxsize=256)
def flat_spans(bank: FilterBank) -> FloatArray:
    """float32 (N,): a map whose span is at most this is flat in frame mode, 1e-5 x max(1, sum|w|)."""
    weights = np.abs(bank.kernels.astype(np.float64)).reshape(len(bank), -1).sum(axis=1)
    return np.asarray(FLAT_SPAN * np.maximum(1.0, weights), dtype=np.float32)


def map_ranges(layer: Layer, maps: AnyArray, limits: Limits | None = None) -> FloatArray:
    """The ranges of `maps` (N, h, w), which are the responses after the activation: float32 (N, 2) of lo, hi.

    `limits` replaces the layer's fixed or auto range (ValueError as known_limits).
    """
    known = known_limits(layer, limits)
    if known is not None:
        return bank_ranges(len(maps), known)
    return measured_ranges(layer, np.stack([maps.min(axis=(1, 2)), maps.max(axis=(1, 2))], axis=1))


def known_limits(layer: Layer, limits: Limits | None) -> Limits | None:
    """The bank-wide range as far as it is known before the picture: `limits`, or in fixed mode the layer's own.

    None where the picture's responses decide. ValueError for limits in frame mode, or that are no range.
    """
    if limits is None:
        return fixed_limits(layer) if layer.range == RangeMode.FIXED else None
    if layer.range == RangeMode.FRAME:
        raise ValueError("frame mode takes each map's own limits: pass limits=None")
    if not np.float32(limits[0]) < np.float32(limits[1]):
        raise ValueError(f"limits are lo and hi with lo < hi, as float32 too, got {limits}")
    return limits


def measured_ranges(layer: Layer, extremes: AnyArray) -> FloatArray:
    """Auto's or frame mode's own ranges, float32 (N, 2), from each map's smallest and largest response (N, 2)."""
    if layer.range == RangeMode.FRAME:
        return np.asarray(extremes, np.float32)
    return bank_ranges(len(extremes), peak_limits(layer, float(np.abs(extremes).max())))


def bank_ranges(count: int, limits: Limits) -> FloatArray:
    """One range for `count` maps: float32 (count, 2)."""
    return np.array([limits] * count, np.float32)


def to_bytes(layer: Layer, maps: AnyArray, ranges: FloatArray) -> ByteArray:
    """round(255 (v - lo) / (hi - lo)), halves up, clipped: uint8 (N, h, w); flat maps of frame mode one byte.

    Computed in float64: this is the definition that every engine is held to.
    """
    lo = ranges[:, 0].astype(np.float64)[:, None, None]
    span = ranges[:, 1].astype(np.float64)[:, None, None] - lo
    flat = is_flat(layer, ranges)[:, None, None]
    levels = np.floor(255.0 * (maps.astype(np.float64) - lo) / np.where(flat | (span == 0), 1.0, span) + 0.5)
    levels = np.where(flat, flat_byte(layer), levels)
    return np.clip(levels, 0, 255).astype(np.uint8)


def is_flat(layer: Layer, ranges: FloatArray) -> AnyArray:
    """bool (N,): the maps that frame mode shows as one byte, since their span is nothing but rounding."""
    if layer.range != RangeMode.FRAME:
        return np.zeros(len(ranges), dtype=bool)
    return np.asarray(ranges[:, 1] - ranges[:, 0] <= flat_spans(layer.bank))


def flat_byte(layer: Layer) -> int:
    """The byte of a flat map: 128 signed, 0 after ReLU."""
    return 128 if layer.signed else 0


@dataclass
class AutoRange:
    """The viewer's default range: it follows the pictures' peaks, half a second behind, without flicker.

    It starts with the first picture's own peak, and anew after each change of key.
    """

    _key: object = None
    _peak: float | None = None
    _time_s: float = 0.0

    def limits(self, layer: Layer, key: object) -> Limits | None:
        """lo and hi for the next picture of `layer`; None, so that it takes its own peak, where none is followed yet.

        key: whatever identifies what is followed: with another one than last time, it begins anew.
        """
        if key != self._key:
            self._key, self._peak = key, None
        return None if self._peak is None else peak_limits(layer, self._peak)

    def follow(self, peak: float, media_time_s: float) -> None:
        """Take in the peak of the picture at `media_time_s`; time standing still or going back moves nothing."""
        if self._peak is None:
            self._peak = peak
        else:
            elapsed_s = max(0.0, media_time_s - self._time_s)
            self._peak += (peak - self._peak) * (1.0 - math.exp(-elapsed_s / AUTO_TIME_CONSTANT_S))
        self._time_s = media_time_s
