"""What was measured, as plain data: durations, rates, and what the last few seconds were like."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

KEPT_SAMPLES = 16384  # the latest of each stage, for the percentiles: nine minutes at 30 frames a second
RECENT_S = 3.0  # what rates look back on
PARTS = ("capture", "compute", "draw", "show")  # of a picture's time, in their order; what is left is waiting
_RANKS = np.array((0.50, 0.95, 0.99))


@dataclass(frozen=True)
class Percentiles:
    """Of one stage's times, in ms; for a whole run, `count` and `max` are of all, the others of the latest 16384."""

    count: int
    p50: float
    p95: float
    p99: float
    max: float

    def as_dict(self) -> dict[str, float]:
        """As `--stats` writes a stage."""
        return {"count": self.count, **self.without_count()}

    def without_count(self) -> dict[str, float]:
        """As `--stats` writes what every picture has."""
        return {"p50": self.p50, "p95": self.p95, "p99": self.p99, "max": self.max}


class Samples:
    """Durations in ms: the latest 16384 are kept, in place, so that memory stays flat."""

    def __init__(self) -> None:
        self.count = 0
        self.max_ms = 0.0
        self._ms = np.empty(KEPT_SAMPLES)

    def add(self, ms: float) -> None:
        """Take in one duration."""
        self._ms[self.count % KEPT_SAMPLES] = ms
        self.count += 1
        self.max_ms = max(self.max_ms, ms)

    def latest(self, count: int = KEPT_SAMPLES) -> NDArray[np.float64]:
        """The last `count` of the kept durations, oldest first; older ones cost nothing."""
        end = self.count % KEPT_SAMPLES
        older = self._ms[end:] if self.count >= KEPT_SAMPLES else self._ms[:0]
        newer = self._ms[max(0, end - count) : end]
        return np.concatenate([older[max(0, len(older) + len(newer) - count) :], newer])

    def percentiles(self) -> Percentiles | None:
        """Of those that are kept, interpolated as numpy.percentile does; None where there are none."""
        found = percentiles_of(self.latest())
        return Percentiles(self.count, found.p50, found.p95, found.p99, self.max_ms) if found else None


def percentiles_of(values_ms: NDArray[np.float64]) -> Percentiles | None:
    """Of these alone, interpolated as numpy.percentile does; None of none."""
    if not len(values_ms):
        return None
    # numpy.percentile itself takes ten times as long for the few that the profile looks at.
    values = np.sort(values_ms)
    p50, p95, p99 = np.interp(_RANKS * (len(values) - 1), np.arange(len(values)), values).tolist()
    return Percentiles(len(values), p50, p95, p99, float(values[-1]))


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
        times = self._times
        while times and times[0] < now_s - RECENT_S:
            times.popleft()
        if len(times) < 2 or times[0] == times[-1]:
            return 0.0
        return (len(times) - 1) / (times[-1] - times[0])


@dataclass(frozen=True)
class CountedBefore:
    """What had happened when the warm-up was over, and is left out of the statistics."""

    processed: int = 0
    shown: int = 0
    dropped: int = 0  # passed over by the source or given up by us
    failed_reads: int = 0
    reconnects: int = 0


@dataclass(frozen=True)
class Recent:
    """The last few seconds and pictures: rates a second, all times in ms.

    bars: float64 (n, 5), where each of the last pictures' time went: PARTS, and waiting, which is what they leave of
    the interval since the picture before. stages: what is no part of a bar (upload, device, download).
    jitter_ms: the standard deviation of the intervals.
    """

    captured_fps: float
    processed_fps: float
    shown_fps: float
    bars: NDArray[np.float64]
    stages: dict[str, Percentiles] = field(default_factory=dict)
    intervals: Percentiles | None = None
    jitter_ms: float = 0.0
    latency: Percentiles | None = None
