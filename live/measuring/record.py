"""What was measured, as plain data: durations, rates, and what the last few seconds were like."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

KEPT_SAMPLES = 16384  # the latest of each stage, for the percentiles: nine minutes at 30 frames a second
RECENT_S = 3.0  # what the profile on the screen looks back on
_RANKS = np.array((0.50, 0.95, 0.99))


@dataclass(frozen=True)
class Percentiles:
    """Of one stage's times, in ms; `count` and `max` of the whole run, the others of the latest 16384."""

    count: int
    p50: float
    p95: float
    p99: float
    max: float

    def as_dict(self) -> dict[str, float]:
        """As `--stats` writes a stage."""
        return {"count": self.count, "p50": self.p50, "p95": self.p95, "p99": self.p99, "max": self.max}


class Samples:
    """Durations in ms and when each ended: the latest 16384 are kept, in place, so that memory stays flat."""

    def __init__(self) -> None:
        self.count = 0
        self.max_ms = 0.0
        self._ms = np.empty(KEPT_SAMPLES)
        self._ended_at_s = np.empty(KEPT_SAMPLES)  # never falls from one to the next, so that it can be searched
        self._latest_s = -math.inf

    def add(self, ended_at_s: float, ms: float) -> None:
        """Take in one duration. One that ended before the last one counts as having ended with it."""
        slot = self.count % KEPT_SAMPLES
        self._latest_s = max(self._latest_s, ended_at_s)
        self._ms[slot], self._ended_at_s[slot] = ms, self._latest_s
        self.count += 1
        self.max_ms = max(self.max_ms, ms)

    def values(self, since_s: float = -math.inf) -> NDArray[np.float64]:
        """The kept durations that ended at or after `since_s`, oldest first, in ms; older ones cost nothing."""
        newest = self.count % KEPT_SAMPLES
        parts = [slice(newest, KEPT_SAMPLES), slice(newest)] if self.count >= KEPT_SAMPLES else [slice(newest)]
        return np.concatenate([self._ms[part][np.searchsorted(self._ended_at_s[part], since_s) :] for part in parts])

    def percentiles(self, since_s: float = -math.inf) -> Percentiles | None:
        """Of those that ended at or after `since_s`, interpolated as numpy.percentile does; None where none did."""
        values = np.sort(self.values(since_s))
        if not len(values):
            return None
        # numpy.percentile itself takes ten times as long for the few that the profile looks at.
        p50, p95, p99 = np.interp(_RANKS * (len(values) - 1), np.arange(len(values)), values).tolist()
        return Percentiles(self.count, p50, p95, p99, self.max_ms)


@dataclass
class Rate:
    """How many a second, over the last few."""

    count: int = 0
    _times: deque[float] = field(default_factory=lambda: deque(maxlen=1024))

    def tick(self, now_s: float, count: int = 1) -> None:
        """`count` more happened."""
        self.count += count
        self._times.extend([now_s] * count)

    def per_second(self, now_s: float) -> float:
        """Over the last RECENT_S seconds; 0 while there are fewer than two."""
        recent = list(takewhile(lambda at_s: at_s >= now_s - RECENT_S, reversed(self._times)))
        if len(recent) < 2 or recent[0] == recent[-1]:
            return 0.0
        return (len(recent) - 1) / (recent[0] - recent[-1])


@dataclass(frozen=True)
class Recent:
    """The last few seconds: rates a second, stages and latency in ms, the frame times one by one."""

    captured_fps: float
    processed_fps: float
    shown_fps: float
    stages: dict[str, Percentiles]
    latency: Percentiles | None
    frame_times_ms: NDArray[np.float64]
