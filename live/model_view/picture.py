"""From a layer's answer to the page's mosaic, in the range that is asked for."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.auto_range import TIME_CONSTANT_S
from convviz_core.blocks import Reduce
from convviz_core.engines.model_page import page_levels, removed_levels
from convviz_core.mosaic import tile_maps
from convviz_core.ranges import Limits, RangeMode
from live.model_view.answer import Answer, Responses
from live.model_view.exciting import Excitement

if TYPE_CHECKING:
    from live.model_view.comparing import Other


@dataclass(frozen=True)
class Look:
    """How an answer is to be shown. channels: the page's. tint: with what ReLU removes behind the maps."""

    channels: tuple[int, ...]
    range: RangeMode
    gain: float = 1.0
    reduce: Reduce = 1
    tint: bool = False


@dataclass(frozen=True, eq=False)
class Page:
    """Some of the maps, as they are shown.

    mosaic: uint8, the page's maps, and with the tint what was removed of each behind them. ranges: float32 (N, 2) of
    the maps, removed: of what was removed. removed_shares: (N,) of each map's responses, what was removed. share_above:
    of the layer's responses, above auto's limit. limits: None where each map has its own.
    """

    look: Look
    mosaic: ByteArray
    ranges: FloatArray
    removed: FloatArray | None = None
    share_above: float | None = None
    limits: Limits | None = None
    removed_shares: AnyArray | None = None


@dataclass(frozen=True, eq=False)
class Shown:
    """What is on the screen of an answer.

    page: of its layer, or of its difference from another. excites: of the enlarged channel, what drove it highest so
    far. other: what it is compared with.
    """

    answer: Answer
    page: Page
    excites: tuple[int, tuple[Excitement, ...]] | None = None
    other: Other | None = None


class PictureMaker:
    """Remembers what ranges need: the largest |response| met, and auto's limit as it follows the pictures."""

    def __init__(self) -> None:
        self._met: dict[Hashable, float] = {}
        self._followed: object = None
        self._limit, self._time_s = 1.0, -math.inf

    def take(self, found: Responses) -> None:
        """New responses: to be called once for each."""
        shape, time_s = found.frame.image.shape, found.frame.media_time_s
        if math.isfinite(found.peak):
            self._met[found.of] = max(self.met(found), found.peak)
        if self._followed != (found.of, shape):
            self._followed, self._limit, self._time_s = (found.of, shape), found.auto_limit, time_s
        elapsed_s, self._time_s = max(0.0, time_s - self._time_s), time_s
        self._limit += (found.auto_limit - self._limit) * (1.0 - math.exp(-elapsed_s / TIME_CONSTANT_S))

    def met(self, found: Responses) -> float:
        """The largest |response| that these have met so far."""
        return self._met.get(found.of, 0.0)

    def limits(self, found: Responses, look: Look) -> Limits | None:
        """lo and hi for the page; None where each map has its own."""
        if look.range == RangeMode.FRAME:
            return None
        limit = (self.met(found) if look.range == RangeMode.FIXED else self._limit) or 1.0
        limit /= look.gain
        return (-limit if found.output.signed else 0.0), limit

    def show(self, found: Responses, look: Look, limits: Limits | None = None) -> Page:
        """The page's mosaic; limits: in place of its own."""
        limits = limits or self.limits(found, look)
        levels, ranges = page_levels(found.output, look.channels, limits, look.reduce)
        removed = shares = None
        if look.tint:
            hidden, removed = removed_levels(found.output, look.channels, limits, look.reduce)
            levels = np.concatenate([levels, hidden])
            shares = _removed_shares(found.output.conv[list(look.channels)], removed)
        share = found.share_above(limits[1]) if limits and look.range == RangeMode.AUTO else None
        return Page(look, tile_maps(levels), ranges, removed, share, limits, shares)


def _removed_shares(conv: FloatArray, ranges: FloatArray) -> AnyArray:
    """float64 (N,): of maps (N, h, w), the share that ReLU removes and that rounding to bytes of `ranges` leaves."""
    least = (ranges[:, 1] - ranges[:, 0]).astype(np.float64) / 510
    return np.asarray(np.mean(conv < -least[:, None, None], axis=(1, 2)))
