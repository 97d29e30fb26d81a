"""Where each of the last pictures' time went: one bar a picture."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from live.measuring.record import PARTS

BARS_KEPT = 120


class Bars:
    """Collects what is spent until a picture is done. All times in ms."""

    def __init__(self) -> None:
        self._spent = dict.fromkeys(PARTS, 0.0)
        self._bars: deque[tuple[float, ...]] = deque(maxlen=BARS_KEPT)

    def spend(self, part: str, ms: float) -> None:
        """So much went into that stage; one that is no part of a bar (inside another one) counts nothing."""
        if part in self._spent:
            self._spent[part] += ms

    def done(self, interval_ms: float | None) -> None:
        """The picture is done, so long after the one before (None: there is none); what is not spent was waiting."""
        spent = tuple(self._spent.values())
        waiting = 0.0 if interval_ms is None else max(0.0, interval_ms - sum(spent))
        self._bars.append((*spent, waiting))
        self.forget()

    def forget(self) -> None:
        """What was spent since the last picture belongs to none."""
        self._spent = dict.fromkeys(PARTS, 0.0)

    def latest(self) -> NDArray[np.float64]:
        """(n, 5): PARTS and waiting of the last 120 pictures, the oldest first."""
        return np.array(self._bars).reshape(-1, len(PARTS) + 1)
