"""Which responses the viewer makes black and white: the range mode, auto's following of the pictures, and the gain."""

from __future__ import annotations

from collections.abc import Hashable
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
        self._answered: object = None  # the picture's time and bank, where auto looked last
        self._anew = 0  # how often auto has begun anew on a still picture

    def run(
        self,
        plan: Plan,
        image: ByteArray,
        layer: Layer,
        mode: RangeMode,
        gain: float,
        media_time_s: float,
        bank: Hashable = None,
    ) -> Result:
        """One picture's mosaic (see Plan.run).

        bank: equal where only weights were edited, which are followed, not snapped to; None: the layer's own.
        """
        if mode == RangeMode.FRAME:
            return plan.run(image, None)
        if mode == RangeMode.FIXED:
            return plan.run(image, _gained(fixed_limits(layer), gain))
        edited = layer.weights if bank is None else bank
        self._note(media_time_s, edited, layer)
        followed = image.shape, edited, layer.geometry, layer.activation, layer.bias, self._anew
        limits = self._auto.limits(layer, image, followed, peak=lambda: plan.run(image, fixed_limits(layer)).peak)
        shown = _gained(limits, gain)
        result = plan.run(image, shown)
        self._auto.follow(layer, image, shown, result.peak, media_time_s)
        return replace(result, share_above=self._auto.share_above)

    def _note(self, media_time_s: float, bank: Hashable, layer: Layer) -> None:
        """A picture that stands still cannot be followed in time: there, other weights have their own limit at once."""
        before, self._answered = self._answered, (media_time_s, bank, layer)
        if isinstance(before, tuple) and before[:2] == (media_time_s, bank) and before[2] != layer:
            self._anew += 1


def _gained(limits: Limits, gain: float) -> Limits:
    return limits[0] / gain, limits[1] / gain
