"""Pictures come on the screen in their source's own rhythm, though some take longer to be drawn than others."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

REMEMBERED = 30  # pictures, a second of most cameras
MOST_HELD_S = 0.005  # later than this no picture is shown for the rhythm's sake
MOST_OF_INTERVAL = 1 / 6  # that a picture is held, so that a source that comes fast is kept up with
ANEW_S = 0.5  # a jump of the source's clock against ours: paused, or begun again


class Cadence:
    """Holds a picture that is ready early until as long after its time as the slowest of the last ones needed."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._needed: deque[float] = deque(maxlen=REMEMBERED)  # seconds from a picture's time till it was ready
        self._before_s = 0.0

    def hold(self, media_time_s: float) -> None:
        """Wait with the picture of that time, which is ready now, a few milliseconds at most."""
        needed_s = self._clock() - media_time_s
        interval_s, self._before_s = media_time_s - self._before_s, media_time_s
        if self._needed and abs(needed_s - self._needed[-1]) > ANEW_S:
            self._needed.clear()
        self._needed.append(needed_s)
        least_s = min(self._needed)
        most_held_s = min(MOST_HELD_S, MOST_OF_INTERVAL * max(0.0, interval_s))
        held_s = min(max(self._needed), least_s + most_held_s) - needed_s
        if held_s > 0:
            self._sleep(held_s)
