"""What the CPU engines really have to compute: a bank's distinct kernels, and the one line from response to byte."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from convviz_core.arrays import AnyArray, FloatArray
from convviz_core.filters.bank import FilterBank
from convviz_core.layer import Activation, Layer
from convviz_core.ranges import flat_byte, is_flat

EXACT = 1 << 24  # whole numbers below this are exact in float32
LARGEST_WHOLE = 4096  # above it, any weights would pass for multiples of a small one
HALF_UP = 2.0**-16  # makes an exact half round up where the processor rounds it to even; one step of float32 at 255


@dataclass(frozen=True, eq=False)
class DistinctKernels:
    """A bank without its repeats and negations, its weights in units of `scale`.

    The response of map i is sign[i] * scale / 255 * q + bias[i], where q is kernel `kernel_of[i]` on the bytes 0..255.
    kernels: float32 (K, C, kh, kw). whole: every weight is a whole number and every q is exact in float32. bias: all 0
    where the bank has none.
    """

    kernels: FloatArray
    scale: float
    whole: bool
    kernel_of: tuple[int, ...]
    sign: tuple[int, ...]
    bias: tuple[float, ...]
    own: int  # of the maps are the bank's own (see FilterBank.own)

    def __len__(self) -> int:
        return len(self.kernels)

    @cached_property
    def mapping_signs(self) -> FloatArray:
        """float32 (N, 4): what turns the mapping of q into that of each map's sign * q (see ByteMapping)."""
        return np.array([(sign, sign, 1, 1) for sign in self.sign], np.float32)

    @cached_property
    def maps(self) -> tuple[tuple[int, int], ...]:
        """(kernel, sign) of every map, in order."""
        return tuple(zip(self.kernel_of, self.sign, strict=True))

    @cached_property
    def shown(self) -> frozenset[tuple[int, int]]:
        """(kernel, sign) of the bank's own maps, each once."""
        return frozenset(self.maps[: self.own])

    @cached_property
    def biased(self) -> bool:
        """Whether any map has a bias."""
        return any(self.bias)

    @property
    def has_pairs(self) -> bool:
        """Whether a kernel is shown with both signs."""
        return len(frozenset(self.maps)) > len(self)


@lru_cache(maxsize=64)
def distinct_kernels(bank: FilterBank) -> DistinctKernels:
    """The bank's distinct kernels, in whole numbers where all its weights are multiples of one."""
    bias = (0.0,) * len(bank) if bank.bias is None else tuple(bank.bias.tolist())
    return replace(distinct_among(bank.kernels), bias=bias, own=bank.own)


def distinct_among(kernels: FloatArray) -> DistinctKernels:
    """The same of kernels without a bank, float32 (N, C, kh, kw)."""
    unit = _common_unit(kernels)
    weights = kernels.astype(np.float64)
    scaled = np.rint(weights / unit) if unit else weights / _magnitude(weights)
    kept: list[AnyArray] = []
    kernel_of: list[int] = []
    sign: list[int] = []
    found: dict[bytes, tuple[int, int]] = {}
    for kernel in scaled.astype(np.float32) + np.float32(0):  # no -0: it would hide a repeat
        if kernel.tobytes() not in found:
            found[(np.float32(0) - kernel).tobytes()] = (len(kept), -1)
            found[kernel.tobytes()] = (len(kept), 1)
            kept.append(kernel)
        index, its_sign = found[kernel.tobytes()]
        kernel_of.append(index)
        sign.append(its_sign)
    scale = unit or _magnitude(weights)
    count = len(kernels)
    return DistinctKernels(
        np.stack(kept), scale, unit is not None, tuple(kernel_of), tuple(sign), (0.0,) * count, count
    )


def _magnitude(weights: AnyArray) -> float:
    """The power of two next to the largest weight: in its units, no sum of products leaves float32's range."""
    return float(2.0 ** np.frexp(np.abs(weights).max())[1])


def _common_unit(kernels: FloatArray) -> float | None:
    """The largest unit of which every weight is a small whole multiple, to float32's precision; None without one."""
    weights = np.abs(kernels.astype(np.float64))
    if not weights.any():
        return 1.0
    smallest = float(weights[weights > 0].min())
    for divisor in range(1, 17):
        unit = smallest / divisor
        multiples = np.rint(weights / unit)
        fits = np.abs(multiples * unit - weights) <= 2.0**-23 * weights
        small = multiples.max() <= LARGEST_WHOLE and multiples.reshape(len(weights), -1).sum(axis=1).max() * 255 < EXACT
        if fits.all() and small:
            return unit
    return None


def extremes_of_maps(layer: Layer, distinct: DistinctKernels, lowest: AnyArray, highest: AnyArray) -> AnyArray:
    """Each map's smallest and largest response after the activation, float64 (N, 2), from its kernel's extreme q.

    lowest, highest: (K,) the smallest and largest q of each distinct kernel in the picture.
    """
    low, high, unit = lowest.tolist(), highest.tolist(), distinct.scale  # a few numbers: lists are faster
    floor = -np.inf if layer.signed else 0.0
    ends = [
        (max(low[kernel] * unit / 255 + bias, floor), max(high[kernel] * unit / 255 + bias, floor))
        if sign > 0
        else (max(-high[kernel] * unit / 255 + bias, floor), max(-low[kernel] * unit / 255 + bias, floor))
        for (kernel, sign), bias in zip(distinct.maps, distinct.bias, strict=True)
    ]
    return np.array(ends, np.float64)


def peak_of_picture(layer: Layer, distinct: DistinctKernels, lowest: AnyArray, highest: AnyArray) -> float:
    """The largest |response| after the activation, from each distinct kernel's extreme q.

    lowest, highest: (K,) or more; what follows the distinct kernels' own must be 0.
    """
    if distinct.biased:
        ends = extremes_of_maps(layer, distinct, lowest, highest)[: distinct.own]
        return float(np.abs(ends).max())
    low, high = lowest.tolist(), highest.tolist()  # a few numbers: lists are faster
    if layer.signed:
        peak = max(max(high), -min(low))
    else:
        peak = max([0.0, *[high[kernel] if sign > 0 else -low[kernel] for kernel, sign in distinct.shown]])
    return float(peak) * distinct.scale / 255


class ByteMapping(NamedTuple):
    """From q to a byte: round((q - origin) * scale + zero_point), clipped to floor..255.

    (q - origin) * scale + zero_point is one fused multiply-add in float32 and `round` takes halves to even;
    `zero_point` holds what makes them go up. The origin is 0 except where a range lies far from zero for its width,
    whose zero point float32 could not hold.
    """

    origin: float
    scale: float
    zero_point: float
    floor: float


def byte_mappings(layer: Layer, distinct: DistinctKernels, ranges: FloatArray, *, own: bool) -> FloatArray:
    """float32 (N, 4), the ByteMapping of each map. ranges: (N, 2); own: see ranges.to_bytes, else all alike."""
    if not own and not distinct.biased:
        low, high = ranges[0].tolist()
        return distinct.mapping_signs * np.array(_mapping(layer, distinct, low, high, 0.0), np.float32)
    flat = is_flat(layer.bank, ranges).tolist() if own else [False] * len(ranges)
    mappings = [
        ByteMapping(0.0, 0.0, flat_byte(layer), 0.0) if flat else _mapping(layer, distinct, lo, hi, bias)
        for (lo, hi), flat, bias in zip(ranges.tolist(), flat, distinct.bias, strict=True)
    ]
    return distinct.mapping_signs * np.array(mappings, np.float32)


def _mapping(layer: Layer, distinct: DistinctKernels, lo: float, hi: float, bias: float) -> ByteMapping:
    """Of a map whose sign is 1: q knows nothing of the bias, and so is compared with limits without it."""
    unit = distinct.scale
    slope = 1.0 / (hi - lo) if lo < hi else 0.0  # a limit may be too small for float32
    origin, low = 0.0, lo - bias
    if abs(low) > hi - lo:
        origin = 255.0 * low / unit
        origin = round(origin) if distinct.whole else float(np.float32(origin))
    zero_point = (unit * origin - 255.0 * low) * slope
    zero = min(max(-255.0 * lo * slope + HALF_UP, 0.0), 255.0)  # where the activation cuts
    floor = round(zero) if layer.activation == Activation.RELU else 0
    return ByteMapping(origin, unit * slope, zero_point + HALF_UP, floor)


def linear_mappings(ranges: FloatArray, flat: AnyArray) -> AnyArray:
    """float64 (n, 2), of signed maps in real units: byte = round(v * scale + zero point), as in ByteMapping.

    ranges: float32 (n, 2). flat: bool (n,), the maps that are one byte, 128.
    """
    lo, hi = ranges.astype(np.float64).T
    scale = 255.0 / np.where(flat | (hi <= lo), 1.0, hi - lo)
    return np.stack([np.where(flat, 0.0, scale), np.where(flat, 128.0, HALF_UP - lo * scale)], axis=1)
