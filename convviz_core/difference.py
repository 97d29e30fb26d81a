"""Two layers on one frame: how their maps lie on each other, and what one answers more than the other.

A difference is the live layer's response minus the kept one's, after the activations: signed, in the units of
weights x [0, 1].
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.layer import Layer
from convviz_core.ranges import Limits, bytes_of, extremes_of, fixed_limits, flat_spans


class NotAlignedError(ValueError):
    """Maps that cannot be laid over each other; its message says why, as a part of a sentence."""


@dataclass(frozen=True)
class Alignment:
    """How the maps of two layers lie on each other.

    live_yx, kept_yx: the pixel of either's maps with which what both have begins. hw: of that. count: the maps of the
    one that has fewer. rest_yx: whether half a pixel is left over, down and across.
    """

    live_yx: tuple[int, int]
    kept_yx: tuple[int, int]
    hw: tuple[int, int]
    count: int
    rest_yx: tuple[bool, bool] = (False, False)

    def part(self, maps: AnyArray, corner_yx: tuple[int, int]) -> AnyArray:
        """What both have, of one's maps (N, h, w): (count, h, w). corner_yx: live_yx or kept_yx."""
        (top, left), (height, width) = corner_yx, self.hw
        return maps[: self.count, top : top + height, left : left + width]


@lru_cache(maxsize=64)
def align(live: Layer, kept: Layer, shape: tuple[int, ...]) -> Alignment:
    """The maps of both on frames of that shape, laid over each other by their receptive fields' centres.

    To whole pixels of the maps; where half a pixel is left over, the kept maps' pixel above or left is taken. Errors:
    NotAlignedError, FrameSizeError.
    """
    strides = live.geometry.stride_yx, kept.geometry.stride_yx
    if strides[0] != strides[1]:
        said = [f"{y}" if y == x else f"{y},{x}" for y, x in strides]
        raise NotAlignedError(f"their strides are {said[0]} and {said[1]}")
    axes = [
        _align_axis((centre - kept_centre) / stride, have)
        for stride, centre, kept_centre, have in zip(
            strides[0],
            live.geometry.centre(0, 0),
            kept.geometry.centre(0, 0),
            zip(live.output_hw(shape), kept.output_hw(shape), strict=True),
            strict=True,
        )
    ]
    (top, kept_top, height, rest_y), (left, kept_left, width, rest_x) = axes
    count = min(len(live.bank), len(kept.bank))
    return Alignment((top, left), (kept_top, kept_left), (height, width), count, (rest_y, rest_x))


def _align_axis(ahead: float, have: tuple[int, int]) -> tuple[int, int, int, bool]:
    """First pixels of both, how many both have, and whether a part of a pixel is left.

    ahead: by how many of its pixels the live map begins behind the kept one.
    """
    shift = math.ceil(ahead - 0.5)  # live pixel i lies on kept pixel i + shift
    first, kept_first = max(0, -shift), max(0, shift)
    return first, kept_first, min(have[0] - first, have[1] - kept_first), ahead != shift


@dataclass(frozen=True)
class Difference:
    """The live layer's responses minus the kept one's, map by map as far as both go. In ranges it is a signed layer."""

    live: Layer
    kept: Layer

    signed = True

    @cached_property
    def fixed_limit(self) -> float:
        """The largest |difference| that can be on [0, 1], by the two fixed ranges."""
        (lo, hi), (kept_lo, kept_hi) = fixed_limits(self.live), fixed_limits(self.kept)
        return max(hi - kept_lo, kept_hi - lo)

    @cached_property
    def flat_spans(self) -> FloatArray:
        """float32 (n,): a map whose span is at most this is flat in frame mode."""
        spans = [flat_spans(layer.bank)[: len(self)] for layer in (self.live, self.kept)]
        return np.asarray(spans[0] + spans[1], np.float32)

    def __len__(self) -> int:
        return min(len(self.live.bank), len(self.kept.bank))

    def of(self, live_maps: FloatArray, kept_maps: FloatArray, alignment: Alignment) -> FloatArray:
        """float32 (n, h, w) of both layers' maps, (N, h, w) each, after the activation."""
        live, kept = alignment.part(live_maps, alignment.live_yx), alignment.part(kept_maps, alignment.kept_yx)
        return np.asarray(live - kept, np.float32)

    def ranges(self, difference: FloatArray, limits: Limits | None) -> FloatArray:
        """float32 (n, 2), lo and hi of each map; without limits, each map's own extremes."""
        if limits is None:
            return np.asarray(extremes_of(difference), np.float32)
        return np.array([limits] * len(self), np.float32)

    def flat(self, ranges: FloatArray) -> AnyArray:
        """bool (n,): which of the maps' own ranges are nothing but rounding."""
        return np.asarray(ranges[:, 1] - ranges[:, 0] <= self.flat_spans)

    def to_bytes(self, difference: FloatArray, ranges: FloatArray, *, own: bool = False) -> ByteArray:
        """uint8 (n, h, w), as ranges.to_bytes has it: zero is byte 128 where a range is [-L, L]."""
        flat = self.flat(ranges) if own else np.zeros(len(ranges), bool)
        return bytes_of(difference, ranges, flat, flat_byte=128)
