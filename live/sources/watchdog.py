"""When a live source counts as silent, and when to try again: pure arithmetic, every time is passed in."""

from __future__ import annotations

import random
from collections import deque
from statistics import median

STALL_FRAMES = 5
STALL_LEAST_S = 1.0
RETRY_FIRST_S = 0.25
RETRY_MOST_S = 10.0
GOOD_S = 30.0
_RECENT_GAPS = 9


class Watchdog:
    """Notices silence: no picture for max(5 frame times, 1 s).

    The frame time is the longer of the stated one and the median of the recent gaps, since cameras
    slow down in the dark and an HTTP stream states 25 fps whatever it is.
    """

    def __init__(self, started_at_s: float, fps: float | None = None) -> None:
        """Nothing has come yet: silence is counted from `started_at_s`."""
        self._last_s = started_at_s
        self._stated_s = 1 / fps if fps else 0.0
        self._gaps_s: deque[float] = deque(maxlen=_RECENT_GAPS)

    def frame(self, at_s: float) -> None:
        """A picture came at `at_s`."""
        self._gaps_s.append(at_s - self._last_s)
        self._last_s = at_s

    @property
    def limit_s(self) -> float:
        """How long a silence is allowed, in seconds."""
        frame_time_s = max(self._stated_s, median(self._gaps_s) if self._gaps_s else 0.0)
        return max(STALL_FRAMES * frame_time_s, STALL_LEAST_S)

    def silent_since_s(self, now_s: float) -> float | None:
        """When the last picture came, if that is longer ago than allowed; else None."""
        return self._last_s if now_s - self._last_s > self.limit_s else None


class Backoff:
    """How long to wait before trying again: 0.25 s, doubling to 10 s, anew after 30 good seconds.

    Up to a quarter less than that, by chance, so that several viewers do not come back in step.
    """

    def __init__(self, chance: random.Random | None = None) -> None:
        """`chance` fixes the jitter in tests."""
        self._chance = chance or random.Random()
        self._next_s = RETRY_FIRST_S
        self._good_since_s: float | None = None

    def delay_s(self) -> float:
        """Seconds to wait after this failure; the next one waits twice as long."""
        delay_s, self._next_s = self._next_s, min(2 * self._next_s, RETRY_MOST_S)
        self._good_since_s = None
        return delay_s * self._chance.uniform(0.75, 1.0)

    def good(self, at_s: float) -> None:
        """A picture came at `at_s`; after 30 s of them the next failure is a first one again."""
        if self._good_since_s is None:
            self._good_since_s = at_s
        elif at_s - self._good_since_s >= GOOD_S:
            self.reset()

    def reset(self) -> None:
        """The next failure is a first one."""
        self._next_s = RETRY_FIRST_S
