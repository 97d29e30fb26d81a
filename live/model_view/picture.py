"""From a layer's answer to the page's mosaic, in the range that is asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.auto_range import TIME_CONSTANT_S
from convviz_core.engines.model_page import page_levels, removed_levels
from convviz_core.mosaic import tile_maps
from convviz_core.ranges import Limits, RangeMode
from live.model_view.answer import Answer
from live.model_view.exciting import Excitement


@dataclass(frozen=True)
class Look:
    """How an answer is to be shown. channels: the page's. tint: with what ReLU removes behind the maps."""

    channels: tuple[int, ...]
    range: RangeMode
    gain: float = 1.0
    reduce: int = 1
    tint: bool = False


@dataclass(frozen=True, eq=False)
class Shown:
    """A page as it is shown.

    mosaic: uint8, the page's maps, and with the tint what was removed of each behind them. ranges: float32 (N, 2) of
    the maps, removed: of what was removed. share_above: of the layer's responses, above auto's limit. limits: None
    where each map has its own. excites: of the enlarged channel, what drove it highest so far.
    """

    answer: Answer
    look: Look
    mosaic: ByteArray
    ranges: FloatArray
    removed: FloatArray | None = None
    share_above: float | None = None
    limits: Limits | None = None
    excites: tuple[int, tuple[Excitement, ...]] | None = None


class PictureMaker:
    """Remembers what ranges need: the largest |response| met, and auto's limit as it follows the pictures."""

    def __init__(self) -> None:
        self._met: dict[object, float] = {}
        self._followed: object = None
        self._limit, self._time_s = 1.0, -math.inf

    def take(self, answer: Answer) -> None:
        """A new answer: to be called once for each."""
        layer, shape = answer.asked.layer, answer.frame.image.shape
        of = layer.name, layer.input_hw, layer.normalization, layer.activation
        if math.isfinite(answer.peak):
            self._met[of] = max(self._met.get(of, 0.0), answer.peak)
        time_s = answer.frame.media_time_s
        if self._followed != (of, shape):
            self._followed, self._limit, self._time_s = (of, shape), answer.auto_limit, time_s
        elapsed_s, self._time_s = max(0.0, time_s - self._time_s), time_s
        self._limit += (answer.auto_limit - self._limit) * (1.0 - math.exp(-elapsed_s / TIME_CONSTANT_S))

    def limits(self, answer: Answer, look: Look) -> Limits | None:
        """lo and hi for the page; None where each map has its own."""
        if look.range == RangeMode.FRAME:
            return None
        layer = answer.asked.layer
        of = layer.name, layer.input_hw, layer.normalization, layer.activation
        limit = (self._met.get(of, 0.0) if look.range == RangeMode.FIXED else self._limit) or 1.0
        limit /= look.gain
        return (-limit if layer.signed else 0.0), limit

    def show(self, answer: Answer, look: Look) -> Shown:
        """The page's mosaic."""
        limits = self.limits(answer, look)
        levels, ranges = page_levels(answer.output, look.channels, limits, look.reduce)
        removed = None
        if look.tint:
            hidden, removed = removed_levels(answer.output, look.channels, limits, look.reduce)
            levels = np.concatenate([levels, hidden])
        share = answer.share_above(limits[1]) if limits and look.range == RangeMode.AUTO else None
        return Shown(answer, look, tile_maps(levels), ranges, removed, share, limits)
