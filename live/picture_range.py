"""Which responses the viewer makes black and white: the range mode, auto's following of the pictures, and the gain."""

from __future__ import annotations

from convviz_core.arrays import ByteArray
from convviz_core.engines.api import Measured, Plan, Result
from convviz_core.layer import Layer
from convviz_core.ranges import AutoRange, Limits, RangeMode, fixed_limits


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
        limits, measured = self._auto_limits(plan, image, layer, media_time_s)
        result = plan.run(image, _gained(limits, gain), measured)
        self._auto.follow(result.peak, media_time_s)
        return result

    def _auto_limits(
        self, plan: Plan, image: ByteArray, layer: Layer, media_time_s: float
    ) -> tuple[Limits, Measured | None]:
        """What auto has followed so far; where that is nothing, it begins with what this picture reaches."""
        key = (image.shape, layer.bank, layer.activation)
        limits = self._auto.limits(layer, key)
        if limits is not None:
            return limits, None
        measured = plan.measure(image)
        self._auto.follow(measured.peak, media_time_s)
        limits = self._auto.limits(layer, key)
        assert limits is not None
        return limits, measured


def _gained(limits: Limits, gain: float) -> Limits:
    return limits[0] / gain, limits[1] / gain
