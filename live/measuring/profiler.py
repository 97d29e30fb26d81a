"""The run's clock: times its stages and frames into the record."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from live.measuring.bars import BARS_KEPT, Bars
from live.measuring.engines import Engines
from live.measuring.record import PARTS, CountedBefore, Rate, Recent, Samples, percentiles_of

if TYPE_CHECKING:
    from live.sources.frame import SourceCounts  # whose package loads OpenCV

# Stage, start and end on the profiler's clock, and the frame that it belongs to, where it is one frame's.
SpanListener = Callable[[str, float, float, int | None], None]
InstantListener = Callable[[str, float, str], None]  # what happened, when, and more about it
LEAST_WAIT_S = 1e-4  # a shorter wait is none


class Profiler:
    """The run's clock and its record. All times are seconds of `clock` (time.monotonic).

    warm_up_s: what happens in the first seconds from the first picture on does not count in the statistics.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        on_span: SpanListener | None = None,
        on_instant: InstantListener | None = None,
        warm_up_s: float = 0.0,
    ) -> None:
        self.clock = clock
        self.captured = Rate()
        self.processed = Rate()
        self.shown = Rate()
        self.first_picture_at_s: float | None = None
        self.engines = Engines()
        self.before = CountedBefore()
        self._warm_up_s = warm_up_s
        self._stopped_at_s: float | None = None
        self._on_span, self._on_instant = on_span, on_instant
        self._frame = 0
        self._begun = 0
        self.on_its_way = False  # a frame was begun last, and is not done
        self.bars = Bars()
        self.started_at_s: float | None = None
        self._begin_record()

    def _begin_record(self) -> None:
        self.stages: dict[str, Samples] = {}
        self.latency = Samples()
        self.bars.intervals = Samples()
        self.engines.begin_anew()

    def begin_frame(self, index: int) -> None:
        """What is timed from here on belongs to the source's frame `index`."""
        self._frame = index
        self._begun += 1
        self.on_its_way = True

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
        ms = 1e3 * (end_s - start_s)
        self.stages.setdefault(name, Samples()).add(ms)
        self.bars.spend(name, ms)
        if self._on_span:
            self._on_span(name, start_s, end_s, self._frame)

    def add_inside(self, stages_ms: Mapping[str, float]) -> None:
        """Take in what the engine measured of its own stages, in ms; they followed each other and end now."""
        end_s = self.clock()
        for name, ms in reversed(list(stages_ms.items())):
            self.add(name, end_s - ms / 1e3, end_s)
            end_s -= ms / 1e3

    def waited(self, start_s: float, end_s: float, frame: int | None = None) -> None:
        """The loop had nothing to do, for that frame where it is known. No stage: only the trace shows it."""
        if self._on_span and end_s - start_s >= LEAST_WAIT_S:
            self._on_span("waiting", start_s, end_s, frame)

    def computed(self, start_s: float, engine: str, device: str) -> None:
        """An engine has answered, from `start_s` to now."""
        end_s = self.clock()
        self.add("compute", start_s, end_s)
        taken_over = self.engines.answered(engine, device, end_s, 1e3 * (end_s - start_s))
        if taken_over and self._on_instant:
            self._on_instant("engine", end_s, taken_over)

    def frames_captured(self, captured: int) -> None:
        """The source has captured so many frames by now."""
        now_s = self.clock()
        if self.started_at_s is None:
            self.started_at_s = now_s
        self.captured.tick(now_s, captured - self.captured.count)

    def frame_done(self, captured_at_s: float, *, shown: bool) -> None:
        """A frame has gone its whole way: it counts once, and its latency ends here."""
        now_s = self.clock()
        if self.first_picture_at_s is None:
            self.first_picture_at_s = now_s
        self.bars.done(now_s)
        self.on_its_way = False
        self.processed.tick(now_s)
        if shown:
            self.shown.tick(now_s)
        if self.engines.current:
            self.engines.current.frames += 1
        self.latency.add(1e3 * (now_s - captured_at_s))

    @property
    def given_up(self) -> int:
        """Frames that were begun and did not go their whole way: too small, or an error or Ctrl-C came in between."""
        return self._begun - self.processed.count

    @property
    def warming_up(self) -> bool:
        """Whether what happens now is left out of the statistics."""
        return self._warm_up_s > 0

    def end_warm_up(self, counts: SourceCounts, *, at_end: bool = False) -> None:
        """Begin the record anew where the warm-up is over, or the run (`at_end`) before that; to be asked each time.

        counts: the source's by now.
        """
        first_s = self.first_picture_at_s
        over = at_end or (first_s is not None and self.clock() - first_s >= self._warm_up_s)
        if not (self.warming_up and over):
            return
        self._warm_up_s = 0.0
        dropped = counts.dropped + self.given_up
        self.before = CountedBefore(
            self.processed.count, self.shown.count, dropped, counts.failed_reads, counts.reconnects
        )
        self.started_at_s = self.clock()
        self._begin_record()

    def stop(self) -> None:
        """The run is over: no time passes for it any more."""
        self._stopped_at_s = self.clock()

    @property
    def seconds(self) -> float:
        """From the first frame's arrival (the warm-up's end) to the end of the run, or to now."""
        if self.started_at_s is None:
            return 0.0
        return max(0.0, (self._stopped_at_s or self.clock()) - self.started_at_s)

    @property
    def fps(self) -> float:
        """Frames processed a second over the whole run, without the warm-up."""
        return (self.processed.count - self.before.processed) / self.seconds if self.seconds > 0 else 0.0


def recent(profiler: Profiler) -> Recent:
    """What the profile on the screen shows."""
    now_s = profiler.clock()
    intervals_ms = profiler.bars.intervals.latest(BARS_KEPT)
    others = {name: one.latest(BARS_KEPT) for name, one in profiler.stages.items() if name not in PARTS}
    return Recent(
        captured_fps=profiler.captured.per_second(now_s),
        processed_fps=profiler.processed.per_second(now_s),
        shown_fps=profiler.shown.per_second(now_s),
        bars=profiler.bars.latest(),
        stages={name: found for name, values in others.items() if (found := percentiles_of(values))},
        intervals=percentiles_of(intervals_ms),
        jitter_ms=float(intervals_ms.std()) if len(intervals_ms) else 0.0,
        latency=percentiles_of(profiler.latency.latest(BARS_KEPT)),
    )
