"""Which responses the viewer makes black and white: the range mode, auto's following of the pictures, and the gain."""

from __future__ import annotations

from convviz_core.arrays import ByteArray
from convviz_core.engines.api import Engine, Result
from convviz_core.ranges import AutoRange, Limits, RangeMode, fixed_limits
from live.controls import ViewState


class PictureRange:
    """Has the engine make each picture in the range that is asked for, and remembers what auto follows."""

    def __init__(self) -> None:
        self._auto = AutoRange()

    def run(self, engine: Engine, image: ByteArray, state: ViewState, media_time_s: float, reduce: int) -> Result:
        """One picture's mosaic (see Engine.run), with what is to be tinted behind the maps' own tiles."""
        layer = state.computed
        if state.range == RangeMode.FRAME:
            return engine.run(image, layer, RangeMode.FRAME, reduce)
        if state.range == RangeMode.FIXED:
            return engine.run(image, layer, _gained(fixed_limits(state.layer), state.gain), reduce)
        limits = self._auto_limits(engine, image, state, media_time_s, reduce)
        result = engine.run(image, layer, limits or RangeMode.AUTO, reduce)
        self._auto.follow(result.peak, media_time_s)
        return result

    def _auto_limits(
        self, engine: Engine, image: ByteArray, state: ViewState, media_time_s: float, reduce: int
    ) -> Limits | None:
        """None leaves it to the picture: auto begins anew with what it does not know yet."""
        layer = state.layer
        key = (image.shape, layer.bank, layer.activation)
        limits = self._auto.limits(layer, key)
        if limits is None and state.gain != 1:
            self._auto.follow(engine.run(image, layer, RangeMode.AUTO, reduce).peak, media_time_s)
            limits = self._auto.limits(layer, key)
        return None if limits is None else _gained(limits, state.gain)


def _gained(limits: Limits, gain: float) -> Limits:
    return limits[0] / gain, limits[1] / gain
