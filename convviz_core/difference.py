"""Two layers on one frame: how their maps lie on each other, and what one answers more than the other.

A difference is the live layer's response minus the kept one's, after the activations: signed, in the units of
weights x [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.layer import Layer
from convviz_core.placement import Alignment, NotAlignedError, lay_over
from convviz_core.ranges import Limits, bytes_of, extremes_of, fixed_limits, flat_spans

__all__ = ["Alignment", "Difference", "NotAlignedError", "align"]


@lru_cache(maxsize=64)
def align(live: Layer, kept: Layer, shape: tuple[int, ...]) -> Alignment:
    """The maps of both on frames of that shape, laid over each other (see lay_over).

    Errors: NotAlignedError, FrameSizeError.
    """
    return lay_over(live.placement(shape), kept.placement(shape))


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
