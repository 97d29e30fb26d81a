"""Where each of the last pictures' time went: one bar a picture."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from live.measuring.record import PARTS, Samples

BARS_KEPT = 120


class Bars:
    """Collects what is spent until a picture is done, and the intervals from one to the next. Times in ms."""

    def __init__(self) -> None:
        self.intervals = Samples()
        self._last_at_s: float | None = None
        self._spent = dict.fromkeys(PARTS, 0.0)
        self._bars: deque[tuple[float, ...]] = deque(maxlen=BARS_KEPT)

    def spend(self, part: str, ms: float) -> None:
        """So much went into that stage; one that is no part of a bar (inside another one) counts nothing."""
        if part in self._spent:
            self._spent[part] += ms

    def done(self, now_s: float) -> None:
        """The picture is done; what was not spent since the one before was waiting."""
        spent, waiting = tuple(self._spent.values()), 0.0
        if self._last_at_s is not None:
            interval = 1e3 * (now_s - self._last_at_s)
            self.intervals.add(interval)
            waiting = max(0.0, interval - sum(spent))
        self._bars.append((*spent, waiting))
        self.stand_still()
        self._last_at_s = now_s

    def stand_still(self) -> None:
        """No picture is to come now: neither the time till the next one nor what was spent belongs to any."""
        self._spent, self._last_at_s = dict.fromkeys(PARTS, 0.0), None

    def latest(self) -> NDArray[np.float64]:
        """(n, 5): PARTS and waiting of the last 120 pictures, the oldest first."""
        return np.array(self._bars).reshape(-1, len(PARTS) + 1)
