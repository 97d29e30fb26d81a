"""The pace of what has no clock of its own: files, pictures, scenes."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], float]
Sleep = Callable[[float], object]


class Pacer:
    """Holds pictures back until they are due, each `media_time_s` after the start; unpaced, they are due at once.

    Nobody rushes after a delay: a picture that is late moves the start, so that the ones after it keep their distance.
    """

    def __init__(self, paced: bool, clock: Clock = time.monotonic, sleep: Sleep = time.sleep) -> None:
        """The first picture asked for is due at once."""
        self._paced = paced
        self._clock = clock
        self._sleep = sleep
        self._start_s: float | None = None

    def wait(self, media_time_s: float, timeout_s: float) -> bool:
        """Wait for the picture's time, `timeout_s` at most; whether it has come."""
        if not self._paced:
            return True
        now_s = self._clock()
        if self._start_s is None:
            self._start_s = now_s - media_time_s
        early_s = self._start_s + media_time_s - now_s
        if early_s > timeout_s:
            self._sleep(max(0.0, timeout_s))
            return False
        if early_s > 0:
            self._sleep(early_s)
        else:
            self._start_s -= early_s
        return True
