"""Which responses the viewer makes black and white: the range mode, auto's following of the pictures, and the gain."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from convviz_core.arrays import ByteArray
from convviz_core.auto_range import AutoRange
from convviz_core.difference import Difference
from convviz_core.engines.api import Plan, Result
from convviz_core.layer import Layer
from convviz_core.ranges import Limits, RangeMode, fixed_limits


class PictureRange:
    """Has a plan make each picture in the range that is asked for, and remembers what auto follows.

    layer: whose maps are shown; the plan may compute others behind them.
    """

    def __init__(self) -> None:
        self._auto = AutoRange()

    def limits(self, plan: Plan, image: ByteArray, layer: Layer | Difference, mode: RangeMode) -> Limits | None:
        """The range that the picture has by itself, without gain; None where each map has its own."""
        if mode == RangeMode.FRAME:
            return None
        if mode == RangeMode.FIXED:
            return fixed_of(layer)
        return self._auto.limits(
            layer, image, (image.shape, _followed(layer)), peak=lambda: plan.run(image, fixed_of(layer)).peak
        )

    def run(
        self,
        plan: Plan,
        image: ByteArray,
        layer: Layer | Difference,
        mode: RangeMode,
        gain: float,
        media_time_s: float,
        limits: Limits | None = None,
    ) -> Result:
        """One picture's mosaic (see Plan.run). limits: in place of its own."""
        own = self.limits(plan, image, layer, mode)
        if own is None:
            return plan.run(image, None)
        shown = _gained(limits or own, gain)
        result = plan.run(image, shown)
        if mode == RangeMode.FIXED:
            return result
        self._auto.follow(layer, image, shown, result.peak, media_time_s)
        return replace(result, share_above=self._auto.share_above)


def fixed_of(layer: Layer | Difference) -> Limits:
    """The fixed range."""
    return (-layer.fixed_limit, layer.fixed_limit) if isinstance(layer, Difference) else fixed_limits(layer)


def _followed(layer: Layer | Difference) -> Hashable:
    """With another one of these, auto's range begins anew."""
    if isinstance(layer, Difference):
        return _followed(layer.live), _followed(layer.kept)
    return layer.bank, layer.geometry, layer.activation


def _gained(limits: Limits, gain: float) -> Limits:
    return limits[0] / gain, limits[1] / gain
