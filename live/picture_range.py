"""Which responses the viewer makes black and white: the range mode, auto's following of the pictures, and the gain."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

from convviz_core.arrays import ByteArray
from convviz_core.auto_range import FLOOR, AutoRange
from convviz_core.difference import Difference
from convviz_core.engines.api import Plan, Result
from convviz_core.layer import Layer
from convviz_core.ranges import Limits, RangeMode, fixed_limits, limits_for


@dataclass(frozen=True, eq=False)
class _Ahead:
    """A picture that has been run before its range was known."""

    plan: Plan
    image: ByteArray
    limits: Limits
    result: Result

    def answers(self, plan: Plan, image: ByteArray, shown: Limits | None) -> bool:
        """Whether it is what is asked for, too."""
        return self.plan is plan and self.image is image and self.limits == shown


class PictureRange:
    """Has a plan make each picture in the range that is asked for, and remembers what auto follows.

    layer: whose maps are shown; the plan may compute others behind them.
    """

    def __init__(self) -> None:
        self._auto = AutoRange()
        self._answered: object = None  # the picture's time and bank, where auto looked last
        self._anew = 0  # how often auto has begun anew on a still picture
        self._ahead: _Ahead | None = None  # what has been run to know a picture's peak

    def limits(
        self,
        plan: Plan,
        image: ByteArray,
        layer: Layer | Difference,
        mode: RangeMode,
        media_time_s: float,
        bank: Hashable = None,
    ) -> Limits | None:
        """The range that the picture has by itself, without gain; None where each map has its own.

        bank: equal where only weights were edited, which are followed, not snapped to; None: the layer's own.
        """
        if mode == RangeMode.FRAME:
            return None
        if mode == RangeMode.FIXED:
            return fixed_of(layer)
        edited = weights_of(layer) if bank is None else bank
        self._note(media_time_s, edited, layer)
        followed = image.shape, edited, _rest_of(layer), self._anew
        return self._auto.limits(layer, image, followed, peak=lambda: self._peak(plan, image, layer))

    def run(
        self,
        plan: Plan,
        image: ByteArray,
        layer: Layer | Difference,
        mode: RangeMode,
        shown: Limits | None,
        media_time_s: float,
    ) -> Result:
        """One picture's mosaic (see Plan.run). shown: its range; None: each map's own extremes."""
        ahead, self._ahead = self._ahead, None
        result = ahead.result if ahead and ahead.answers(plan, image, shown) else plan.run(image, shown)
        if mode != RangeMode.AUTO or shown is None:
            return result
        self._auto.follow(layer, image, shown, result.peak, media_time_s)
        return replace(result, share_above=self._auto.share_above)

    def _peak(self, plan: Plan, image: ByteArray, layer: Layer | Difference) -> float:
        """The picture's largest |response|, by a run in the least range: it is the picture's where little is there."""
        least = limits_for(layer, FLOOR * fixed_of(layer)[1])
        self._ahead = _Ahead(plan, image, least, plan.run(image, least))
        return self._ahead.result.peak

    def _note(self, media_time_s: float, bank: Hashable, layer: Layer | Difference) -> None:
        """A picture that stands still cannot be followed in time: there, other weights have their own limit at once."""
        before, self._answered = self._answered, (media_time_s, bank, layer)
        if isinstance(before, tuple) and before[:2] == (media_time_s, bank) and before[2] != layer:
            self._anew += 1


def fixed_of(layer: Layer | Difference) -> Limits:
    """The fixed range."""
    return (-layer.fixed_limit, layer.fixed_limit) if isinstance(layer, Difference) else fixed_limits(layer)


def weights_of(layer: Layer | Difference) -> Hashable:
    """Those that may be edited."""
    return layer.live.weights if isinstance(layer, Difference) else layer.weights


def _rest_of(layer: Layer | Difference) -> Hashable:
    """All else with which, where it is another one, auto's range begins anew."""
    if isinstance(layer, Difference):
        return _rest_of(layer.live), layer.kept
    return layer.geometry, layer.activation, layer.bias


def gained(limits: Limits, gain: float) -> Limits:
    """Limits that are divided by a gain."""
    return limits[0] / gain, limits[1] / gain
