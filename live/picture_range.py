"""Which responses the viewer makes black and white: the range mode, auto's following of the pictures, and the gain."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace

from convviz_core.arrays import ByteArray
from convviz_core.auto_range import AutoRange
from convviz_core.difference import Difference
from convviz_core.engines.api import Plan, Result
from convviz_core.engines.peak_run import PeakRun
from convviz_core.layer import Layer
from convviz_core.ranges import Limits, RangeMode, fixed_limits


class PictureRange:
    """Has a plan make each picture in the range that is asked for, and remembers what auto follows.

    layer: whose maps are shown; the plan may compute others behind them.
    """

    def __init__(self) -> None:
        self._auto = AutoRange()
        self._answered: tuple[float, Hashable, Layer | Difference] | None = None  # when, and what, auto looked at last
        self._anew = 0  # how often auto has begun anew on a still picture
        self._ahead: PeakRun | None = None  # what has been run to know a picture's peak

    def limits(
        self,
        plan: Callable[[], Plan],
        image: ByteArray,
        layer: Layer | Difference,
        mode: RangeMode,
        media_time_s: float,
        bank: Hashable = None,
    ) -> Limits | None:
        """The range that the picture has by itself, without gain; None where each map has its own.

        plan: gives what makes it, where the picture's peak is needed. bank: equal where only weights were edited, which
        are followed, not snapped to; None: the layer's own.
        """
        if mode == RangeMode.FRAME:
            return None
        if mode == RangeMode.FIXED:
            return fixed_of(layer)
        self._note(media_time_s, _bank_of(layer, bank), layer)
        followed = self._followed(image, layer, bank)
        return self._auto.limits(layer, image, followed, peak=lambda: self._peak(plan(), image, layer))

    def look_ahead(self, image: ByteArray, layer: Layer | Difference, bank: Hashable = None) -> None:
        """Where `layer` is another one than before: begin to look for its range, beside the caller.

        See AutoRange.look_ahead, and `limits` above.
        """
        self._auto.look_ahead(layer, image, self._followed(image, layer, bank))

    def _followed(self, image: ByteArray, layer: Layer | Difference, bank: Hashable) -> Hashable:
        return image.shape, _bank_of(layer, bank), _rest_of(layer), self._anew

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
        if shown is not None and ahead and ahead.plan is plan and ahead.frame is image:
            result = ahead.run(shown)
        else:
            result = plan.run(image, shown)
        if mode != RangeMode.AUTO or shown is None:
            return result
        self._auto.follow(layer, image, shown, result.peak, media_time_s)
        return replace(result, share_above=self._auto.share_above)

    def _peak(self, plan: Plan, image: ByteArray, layer: Layer | Difference) -> float:
        self._ahead = PeakRun(plan, image, layer)
        return self._ahead.peak()

    def _note(self, media_time_s: float, bank: Hashable, layer: Layer | Difference) -> None:
        """A picture that stands still cannot be followed in time: there, other weights have their own limit at once."""
        before, self._answered = self._answered, (media_time_s, bank, layer)
        if before and before[:2] == (media_time_s, bank) and _rest_of(before[2]) == _rest_of(layer):
            self._anew += before[2] != layer


def fixed_of(layer: Layer | Difference) -> Limits:
    """The fixed range."""
    return (-layer.fixed_limit, layer.fixed_limit) if isinstance(layer, Difference) else fixed_limits(layer)


def _bank_of(layer: Layer | Difference, bank: Hashable) -> Hashable:
    return weights_of(layer) if bank is None else bank


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
