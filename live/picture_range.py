"""Which responses the viewer makes black and white: the range mode, auto's following of the pictures, and the gain."""

from __future__ import annotations

from dataclasses import replace

from convviz_core.arrays import ByteArray
from convviz_core.auto_range import AutoRange
from convviz_core.engines.api import Plan, Result
from convviz_core.layer import Layer
from convviz_core.ranges import Limits, RangeMode, fixed_limits


class PictureRange:
    """Has a plan make each picture in the range that is asked for, and remembers what auto follows.

    layer: whose maps are shown; the plan may compute others behind them.
    """

    def __init__(self) -> None:
        self._auto = AutoRange()

    def run(
        self, plan: Plan, image: ByteArray, layer: Layer, mode: RangeMode, gain: float, media_time_s: float
    ) -> Result:
        """One picture's mosaic (see Plan.run)."""
        if mode == RangeMode.FRAME:
            return plan.run(image, None)
        if mode == RangeMode.FIXED:
            return plan.run(image, _gained(fixed_limits(layer), gain))
        followed = image.shape, layer.bank, layer.geometry, layer.activation
        limits = self._auto.limits(layer, image, followed, peak=lambda: plan.run(image, fixed_limits(layer)).peak)
        shown = _gained(limits, gain)
        result = plan.run(image, shown)
        self._auto.follow(layer, image, shown, result.peak, media_time_s)
        return replace(result, share_above=self._auto.share_above)


def _gained(limits: Limits, gain: float) -> Limits:
    return limits[0] / gain, limits[1] / gain
