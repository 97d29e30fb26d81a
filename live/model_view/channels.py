"""What a layer's channels have answered since it is shown: dead, saturated, how strong lately, in which order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from convviz_core.arrays import AnyArray
from live.model_view.answer import Responses

LATELY_S = 2.0  # the time constant of a channel's mean
AGAIN_S = 1.0  # so long an order stays at least
APART = 1.25  # a channel's strength counts as another from this factor on, so that tiles do not dance
SATURATED = 0.999  # of its largest response, at every pixel of every picture
ENOUGH_SEEN = 64  # responses of a channel, before anything is said of it


@dataclass(frozen=True)
class Health:
    """Of how many channels: dead have not answered above 0 once, saturated always the same above 0.

    zeros: of the last picture's responses after the activation, the share that is zero.
    """

    count: int
    dead: frozenset[int]
    saturated: frozenset[int]
    zeros: float


class Channels:
    """Takes in one answer after the other; begins anew with another layer."""

    def __init__(self) -> None:
        self._key: object = None
        self._least: AnyArray = np.empty(0)
        self._largest: AnyArray = np.empty(0)
        self._mean: AnyArray = np.empty(0)
        self._sticky: AnyArray = np.empty(0)
        self._seen = 0
        self._time_s = self._ordered_at_s = 0.0
        self.ranked: tuple[int, ...] = ()
        self.zeros = 0.0

    def take(self, found: Responses) -> None:
        """Take in a picture's."""
        stats, time_s = found.output, found.frame.media_time_s
        key = found.of, len(stats.mean)
        if key != self._key or time_s < self._time_s:
            self._key, self._seen, self._time_s = key, 0, time_s
            self._least, self._largest = stats.least.copy(), stats.largest.copy()
            self._mean = stats.mean.astype(np.float64)
            self._order(time_s)
        kept = np.exp(-max(0.0, time_s - self._time_s) / LATELY_S)
        self._time_s, self.zeros = time_s, stats.zeros
        self._seen += found.conv[0].size
        np.minimum(self._least, stats.least, out=self._least)
        np.maximum(self._largest, stats.largest, out=self._largest)
        self._mean += (stats.mean - self._mean) * (1.0 - kept)
        if time_s - self._ordered_at_s >= AGAIN_S:
            self._order(time_s)

    @property
    def health(self) -> Health:
        """What is known of them."""
        if self._seen < ENOUGH_SEEN:
            return Health(len(self._mean), frozenset(), frozenset(), self.zeros)
        dead = np.flatnonzero(self._largest <= 0)
        saturated = np.flatnonzero((self._least > 0) & (self._least >= SATURATED * self._largest))
        return Health(len(self._mean), frozenset(dead.tolist()), frozenset(saturated.tolist()), self.zeros)

    def _order(self, time_s: float) -> None:
        """The strongest first; strengths that have changed little count as they did."""
        self._ordered_at_s = time_s
        if self._sticky.shape != self._mean.shape or self._seen == 0:
            self._sticky = self._mean.copy()
        apart = (self._mean > self._sticky * APART) | (self._mean * APART < self._sticky)
        self._sticky = np.where(apart, self._mean, self._sticky)
        self.ranked = tuple(np.argsort(-self._sticky, kind="stable").tolist())
