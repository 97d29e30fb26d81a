"""What the strip and the profile say of the run: read off the source, the engine, the clock and what is kept."""

from __future__ import annotations

from collections.abc import Hashable

from convviz_core.engines.api import Engine, Result
from convviz_core.engines.opening import open_engine
from live.curve_bench import CurveBench, CurvesInfo, Question
from live.drawing.scene import ProfileInfo, Status
from live.intake import Intake
from live.layout.panel_places import Panel
from live.measuring.bottleneck import Circumstances, bottleneck
from live.measuring.profiler import Profiler, recent
from live.notices import Notices
from live.recording.keep import Keep
from live.sources.frame import FrameSource
from live.state import ViewState

PROFILE_EVERY_S = 0.25  # how often the profile's figures are new
BEAT_S = 0.1  # how often numbers that follow the pictures are


class Readings:
    """Reads them when they are to be drawn."""

    def __init__(
        self, source: FrameSource, engine: Engine, profiler: Profiler, keep: Keep, notices: Notices, intake: Intake
    ) -> None:
        self._source, self._engine, self._profiler = source, engine, profiler
        self._keep, self._notices, self._intake = keep, notices, intake
        self._drawn_at_s = 0.0
        self._bench = CurveBench(open_engine)
        self._taken: object = None  # the last picture that the bench was given
        self._profile: tuple[int, ProfileInfo] | None = None  # in which quarter of a second it was made

    def begin_drawing(self) -> None:
        """A canvas is drawn from here on."""
        self._drawn_at_s = self._profiler.clock()

    def changing(self, state: ViewState) -> Hashable:
        """What is drawn and changes with neither a frame nor a key; equal while there is nothing new to draw."""
        return (
            self._notices.current(),
            self._keep.recording,
            self._source.ended,  # a picture that stands still has no rate
            self._source.counts.reconnects,
            self._silent_s(),
            # Where pictures follow each other, each brings the profile's newest figures.
            self._quarters_since(self._drawn_at_s) if state.shows(Panel.PROFILE) else None,
            self._bench.info if state.shows(Panel.CURVES) else None,
        )

    def status(self, state: ViewState) -> Status:
        """What the strip says beside the layer."""
        several = self._source.fps is not None or self._source.counts.captured > 1
        moves = self._source.fps is not None and not self._source.ended
        return Status(
            source=self._source.granted,
            fps=self._profiler.processed.per_second(self._profiler.clock()) if moves else None,
            paused=state.interaction.paused,
            ended=self._source.ended and several,
            replays=self._intake.replays,
            mirrored=state.appearance.mirror,
            recording=self._keep.recording,
            notices=self._notices.current(),
            silent_s=self._silent_s(),
            reconnects=self._source.counts.reconnects,
        )

    def beat(self, state: ViewState) -> int:
        """See Scene: a few times a second while pictures follow each other, else each picture's own."""
        frame = self._intake.frame
        if self._source.ended or self._intake.stands_still(state.interaction.paused):
            return -1 - frame.index if frame else -1
        return int(self._profiler.clock() / BEAT_S)

    def profile(self, state: ViewState, result: Result, canvas_wh: tuple[int, int]) -> ProfileInfo | None:
        """The figures of this quarter of a second, where they are shown."""
        if not state.shows(Panel.PROFILE):
            return None
        now = self._quarters_since(0.0)
        if self._profile is None or self._profile[0] != now:
            self._profile = now, self._profile_info(state, result, canvas_wh)
        return self._profile[1]

    def curves(self, state: ViewState) -> CurvesInfo | None:
        """What is known of the kernel that is asked about, where it is shown; the bench is given each new picture."""
        frame = self._intake.frame
        if not state.shows(Panel.CURVES) or frame is None:
            return None
        still = self._source.fps is None or self._source.ended
        engine = self._engine.name, self._engine.device
        self._bench.ask(Question(state.layer, state.asked_map, engine, still))
        if self._taken != self._intake.picture:
            self._taken = self._intake.picture
            self._bench.take(frame.image, frame.media_time_s, state.appearance.mirror)
        return self._bench.info

    def pending(self, state: ViewState) -> bool:
        """Whether something that is shown will be known in a moment."""
        return state.shows(Panel.CURVES) and self._bench.pending

    def close(self) -> None:
        """Nothing is read any more."""
        self._bench.close()

    def _profile_info(self, state: ViewState, result: Result, canvas_wh: tuple[int, int]) -> ProfileInfo:
        counts, frame, engine = self._source.counts, self._intake.frame, self._profiler.engines.current
        about, measured = self._circumstances(state, canvas_wh), recent(self._profiler)
        return ProfileInfo(
            recent=measured,
            bottleneck=bottleneck(measured.bars, about),
            engine=f"{engine or self._engine.name}: {result.implementation}",  # a snapshot may ask another one
            engine_for_s=self._profiler.clock() - engine.since_s if engine else 0.0,
            gray_from=frame.gray_from if frame else "",
            interval_ms=about.interval_ms,
            live=self._source.live,
            captured=counts.captured,
            passed_over=counts.dropped,
            unfinished=self._profiler.given_up - self._profiler.on_its_way,
            failed_reads=counts.failed_reads,
            reconnects=counts.reconnects,
        )

    def _circumstances(self, state: ViewState, canvas_wh: tuple[int, int]) -> Circumstances:
        arriving_fps = self._profiler.captured.per_second(self._profiler.clock())
        moves = self._source.fps and not self._source.ended and not state.interaction.paused
        bank, frame = state.layer.bank, self._intake.frame
        rows, columns = bank.kernel_hw
        height, width = frame.image.shape[:2] if frame else (0, 0)
        kernels = f"the model up to {state.model.name}" if state.model else f"{len(bank)} kernels of {rows}x{columns}"
        return Circumstances(
            interval_ms=1000 / self._source.fps if self._source.fps and moves else None,
            live=self._source.live,
            arriving_fps=arriving_fps,
            advice=self._source.advice(arriving_fps),
            canvas_wh=canvas_wh,
            frame_wh=(width, height),
            layer=f"{kernels} by {self._engine.name} on {self._engine.device}",
        )

    def _silent_s(self) -> int | None:
        since_s = self._source.silent_since_s
        return None if since_s is None else int(self._profiler.clock() - since_s)

    def _quarters_since(self, time_s: float) -> int:
        return int((self._profiler.clock() - time_s) / PROFILE_EVERY_S)
