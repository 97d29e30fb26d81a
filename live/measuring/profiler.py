"""Measures the loop: stages, rates, latency."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

KEPT_SAMPLES = 16384  # the latest of each stage, for the percentiles: nine minutes at 30 frames a second
RECENT_S = 3.0  # what the profile on the screen looks back on
_RANKS = np.array((0.50, 0.95, 0.99))

SpanListener = Callable[[str, float, float, int], None]  # stage, start and end on the profiler's clock, frame


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


class Profiler:
    """The run's clock and its record. All times are seconds of `clock` (time.monotonic)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, on_span: SpanListener | None = None) -> None:
        self.clock = clock
        self.stages: dict[str, Samples] = {}
        self.latency = Samples()
        self.frame_times = Samples()
        self.captured = Rate()
        self.processed = Rate()
        self.shown = Rate()
        self.started_at_s: float | None = None
        self.first_picture_at_s: float | None = None
        self._last_picture_at_s: float | None = None
        self._stopped_at_s: float | None = None
        self._on_span = on_span
        self._frame = 0
        self._begun = 0

    def begin_frame(self, index: int) -> None:
        """What is timed from here on belongs to the source's frame `index`."""
        self._frame = index
        self._begun += 1

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside as stage `name`."""
        start_s = self.clock()
        try:
            yield
        finally:
            self.add(name, start_s, self.clock())

    def add(self, name: str, start_s: float, end_s: float) -> None:
        """Take in one passage of stage `name`."""
        self.stages.setdefault(name, Samples()).add(end_s, 1e3 * (end_s - start_s))
        if self._on_span:
            self._on_span(name, start_s, end_s, self._frame)

    def add_inside(self, stages_ms: Mapping[str, float]) -> None:
        """Take in what the engine measured of its own stages, in ms; they followed each other and end now."""
        end_s = self.clock()
        for name, ms in reversed(list(stages_ms.items())):
            self.add(name, end_s - ms / 1e3, end_s)
            end_s -= ms / 1e3

    def frames_captured(self, captured: int) -> None:
        """The source has captured so many frames by now."""
        now_s = self.clock()
        if self.started_at_s is None:
            self.started_at_s = now_s
        self.captured.tick(now_s, captured - self.captured.count)

    def frame_done(self, captured_at_s: float, *, shown: bool) -> None:
        """A frame has gone its whole way: it counts once, and its latency ends here."""
        now_s = self.clock()
        if self._last_picture_at_s is None:
            self.first_picture_at_s = now_s
        else:
            self.frame_times.add(now_s, 1e3 * (now_s - self._last_picture_at_s))
        self._last_picture_at_s = now_s
        self.processed.tick(now_s)
        if shown:
            self.shown.tick(now_s)
        self.latency.add(now_s, 1e3 * (now_s - captured_at_s))

    @property
    def given_up(self) -> int:
        """Frames that were begun and did not go their whole way: too small, or an error or Ctrl-C came in between."""
        return self._begun - self.processed.count

    def stop(self) -> None:
        """The run is over: no time passes for it any more."""
        self._stopped_at_s = self.clock()

    @property
    def seconds(self) -> float:
        """From the first frame's arrival to the end of the run, or to now."""
        if self.started_at_s is None:
            return 0.0
        return (self._stopped_at_s or self.clock()) - self.started_at_s

    @property
    def fps(self) -> float:
        """Frames processed a second over the whole run."""
        return self.processed.count / self.seconds if self.seconds > 0 else 0.0

    def recent(self) -> Recent:
        """What the profile on the screen shows."""
        now_s = self.clock()
        since_s = now_s - RECENT_S
        stages = {name: samples.percentiles(since_s) for name, samples in self.stages.items()}
        return Recent(
            captured_fps=self.captured.per_second(now_s),
            processed_fps=self.processed.per_second(now_s),
            shown_fps=self.shown.per_second(now_s),
            stages={name: found for name, found in stages.items() if found},
            latency=self.latency.percentiles(since_s),
            frame_times_ms=self.frame_times.values(since_s),
        )
