"""The run's clock: times its stages and frames into the record."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from live.measuring.record import RECENT_S, Rate, Recent, Samples

SpanListener = Callable[[str, float, float, int], None]  # stage, start and end on the profiler's clock, frame


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
