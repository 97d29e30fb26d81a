"""A live source's noise over the last pictures, and what one kernel makes of it: predicted and measured."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engines.api import Engine
from convviz_core.geometry import FrameSizeError
from convviz_core.layer import Layer
from convviz_core.noise import (
    BLOCK,
    Moments,
    Stillness,
    independent_share,
    moments,
    predicted_deviation,
    response_differences,
    still_pixels,
)
from convviz_core.transfer import Floats

PAIRS_KEPT = 8
LEAST_SHARE = 0.2  # of the pixels, which have to stand still
ALIKE, NO_NOISE = 0.3, 10.0  # neighbours' correlation and levels, beyond both of which it is movement


class NoiseState(Enum):
    """What there is to say."""

    WAITING = "waiting"
    STANDS_STILL = "stands still"  # a picture, of which there is no second one
    EQUAL = "equal"  # to the byte
    CLIPPED = "clipped"  # nothing but black and white
    MOVING = "moving"
    MEASURED = "measured"


@dataclass(frozen=True, eq=False)
class Noise:
    """Standard deviations of what changes from picture to picture in the still pixels, values from 0 to 1.

    covariance: of what the filters read, float64 (C, C). predicted and measured: of the responses before the
    activation. count: of those that were measured; None where that is still to come. doubt: how far chance takes the
    measured one, one standard deviation, as a share of it. share: of the pixels that stand still. drift: levels of 255
    that the still ones get brighter in a second. correlation: of neighbouring pixels' noise, across and down.
    """

    state: NoiseState
    covariance: Floats = field(default_factory=lambda: np.zeros((1, 1)))
    predicted: float = 0.0
    measured: float = math.nan
    count: int | None = None
    doubt: float = 0.0
    share: float = 0.0
    drift: float = 0.0
    correlation: tuple[float, float] = (0.0, 0.0)

    @property
    def sigma(self) -> float:
        """Of gray, or the channels' root mean square."""
        return math.sqrt(float(np.trace(self.covariance)) / len(self.covariance))

    def of_kernel(self, kernel: FloatArray) -> Noise:
        """The same noise, as another kernel (C, kh, kw) will answer it, not yet measured."""
        if self.state != NoiseState.MEASURED:
            return self
        if len(kernel) != len(self.covariance):
            return Noise(NoiseState.WAITING)
        return replace(
            self, predicted=predicted_deviation(kernel, self.covariance), measured=math.nan, count=None, doubt=0.0
        )


@dataclass(frozen=True, eq=False)
class Pair:
    """Sheets (see noise.spread) of two pictures in a row, uint8, and when the second one was, in s.

    lies: equal where the pictures lie the same way, mirrored or not.
    """

    before: ByteArray
    after: ByteArray
    at_s: float
    lies: Hashable = None


@dataclass(eq=False)
class _Kept:
    """A pair, and what was found in it: its moments by channels, and of the layer asked last, see _spread_of."""

    pair: Pair
    still: Stillness
    drift_per_s: float | None
    moments: dict[int, Moments] = field(default_factory=dict)
    layer: Layer | None = None
    spread: tuple[float, int] = (0.0, 0)


class NoiseMeter:
    """Keeps the last pairs, so that another kernel is answered for at once. One thread's."""

    def __init__(self) -> None:
        self._kept: deque[_Kept] = deque(maxlen=PAIRS_KEPT)

    def add(self, pair: Pair) -> None:
        """The next pair; pictures of another size, or turned, begin anew."""
        if min(pair.after.shape[:2]) < BLOCK:
            return
        before = self._kept[-1].pair if self._kept else None
        if before and not _follows(before, pair):
            self._kept.clear()
            before = None
        still = still_pixels(pair.before, pair.after, before.after if before else None)
        per_s = still.drift / (pair.at_s - before.at_s) if before else None
        self._kept.append(_Kept(pair, still, per_s))

    def read(self, layer: Layer, engine: Engine) -> Noise:
        """What is known for the layer's one filter, without padding; quick for the same layer. Errors: EngineError."""
        if not self._kept:
            return Noise(NoiseState.WAITING)
        seen = [kept for kept in self._kept if kept.still.share is not None]
        if not seen:
            return Noise(NoiseState.CLIPPED)
        share = float(np.mean([kept.still.share for kept in seen]))
        rates = [kept.drift_per_s for kept in seen if kept.drift_per_s is not None]
        drift = float(np.median(rates)) if rates else 0.0
        used = [kept for kept in seen if (kept.still.share or 0.0) >= LEAST_SHARE]
        if len(used) < len(seen) / 2:
            return Noise(NoiseState.MOVING, share=share, drift=drift)
        different = [kept for kept in used if not kept.still.equal]
        if not different:  # where some are, the others are pictures that came twice
            return Noise(NoiseState.EQUAL, share=share, drift=drift)
        return _measured(different, layer, engine, share, drift)


def _follows(before: Pair, pair: Pair) -> bool:
    return before.after.shape == pair.after.shape and before.lies == pair.lies and before.at_s < pair.at_s


def _measured(kept: list[_Kept], layer: Layer, engine: Engine, share: float, drift: float) -> Noise:
    kernel = layer.bank.kernels[0]
    channels = layer.bank.channels
    for one in kept:
        if channels not in one.moments:
            one.moments[channels] = moments(one.pair.before, one.pair.after, one.still.pixels, channels)
    total = sum((one.moments[channels] for one in kept[1:]), kept[0].moments[channels])
    predicted = predicted_deviation(kernel, total.covariance)
    noise = Noise(
        NoiseState.MEASURED, total.covariance, predicted, share=share, drift=drift, correlation=total.correlation
    )
    if 255 * noise.sigma > NO_NOISE and max(total.correlation) > ALIKE:
        return Noise(NoiseState.MOVING, share=share, drift=drift)
    measured, count = _deviation(kept, layer, engine)
    doubt = 1 / math.sqrt(2 * max(1.0, count * independent_share(kernel)))
    return replace(noise, measured=measured, count=count, doubt=doubt)


def _deviation(kept: list[_Kept], layer: Layer, engine: Engine) -> tuple[float, int]:
    """Of the responses, and from how many of them; NaN where no kernel lies on still pixels alone."""
    for one in kept:
        if one.layer is not layer:
            one.layer, one.spread = layer, _spread_of(one, layer, engine)
    squares, count = (sum(one.spread[part] for one in kept) for part in (0, 1))
    return (math.sqrt(squares / count / 2) if count else math.nan), int(count)


def _spread_of(one: _Kept, layer: Layer, engine: Engine) -> tuple[float, int]:
    """The sum of the squared differences of the responses about their mean, and how many there are."""
    try:
        found = response_differences(engine, layer, one.pair.before, one.pair.after, one.still.pixels)
    except FrameSizeError:
        return 0.0, 0
    return (float(np.var(found, dtype=np.float64)) * len(found) if len(found) else 0.0), len(found)
