"""The steps of the viewer's loop, and what they remember from one frame to the next."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from convviz_core.arrays import ByteArray
from convviz_core.engines.api import Engine, FrameSizeError, Result, check_frame
from live.canvas import draw_canvas
from live.controls import Effect, ViewState, click, pan, point, press
from live.display import Display, Events, Point
from live.hud import ProfileInfo, Status
from live.keep import Keep
from live.layout import Layout, arrange, kept_inside, preferred_canvas_wh
from live.notices import Notices
from live.picture import Painter
from live.picture_range import PictureRange
from live.profiler import Profiler
from live.sources.frame import Frame, FrameSource, SourceError, SourceEvent

PATIENCE_S = 0.02  # how long a read may keep the window waiting
IDLE_S = 0.25  # how long to wait for a key while nothing moves
PROFILE_EVERY_S = 0.25  # how often the profile is drawn anew while no frame comes


@dataclass(frozen=True)
class Until:
    """When the loop ends by itself: after so many frames, or so many seconds from the first picture."""

    frames: int | None = None
    seconds: float | None = None


class View:
    """The loop's steps, and what they remember from one frame to the next."""

    def __init__(
        self,
        source: FrameSource,
        engine: Engine,
        display: Display,
        profiler: Profiler,
        state: ViewState,
        keep: Keep,
        events: deque[SourceEvent],
        screen_wh: tuple[int, int],
    ) -> None:
        self.source, self.engine, self.display, self.profiler = source, engine, display, profiler
        self.state, self.keep, self.events, self.screen_wh = state, keep, events, screen_wh
        self.frame: Frame | None = None
        self.image: ByteArray | None = None
        self.result: Result | None = None
        self.layout: Layout | None = None
        self.notices = Notices(profiler.clock)
        self._pointer: Point | None = None
        self._range = PictureRange()
        self._painter = Painter()
        self._shown_state: ViewState | None = None  # the last one that could be shown
        self._painted: object = None
        self._stepping = False
        self._draining = False  # the source has been told to pause
        self._quit = False

    def over(self, until: Until) -> bool:
        """Whether the run has come to its end."""
        profiler = self.profiler
        if self._quit or (self.source.ended and not self.display.interactive):
            return True
        if until.frames is not None and profiler.processed.count >= until.frames:
            return True
        first_s = profiler.first_picture_at_s
        return until.seconds is not None and first_s is not None and profiler.clock() - first_s >= until.seconds

    def capture(self) -> Frame | None:
        """The source's next frame, mirrored if asked; None while paused, at the end, and when none came in time."""
        if self.source.ended or self._stands_still:
            return None
        frame = self.source.read(PATIENCE_S)
        self.profiler.frames_captured(self.source.counts.captured)
        if frame is None:
            return None
        start_s = frame.captured_at_s if self.source.live else frame.captured_at_s - frame.read_s
        self.profiler.begin_frame(frame.index)
        self.profiler.add("capture", start_s, start_s + frame.read_s)
        if not self._fits(frame):
            return None
        self.frame, self._stepping = frame, False
        return frame

    @property
    def _stands_still(self) -> bool:
        """Paused, and not waiting for one more frame."""
        return self.state.paused and not self._stepping and self.frame is not None

    def _fits(self, frame: Frame) -> bool:
        """Whether the bank that is shown can read it too: one picture of many may be too small, and is passed over."""
        if self._shown_state is None:
            return True
        try:
            check_frame(frame.image, self._shown_state.layer.bank)
        except FrameSizeError as error:
            self.notices.say(f"{error}: passed over")
            return False
        return True

    def outdated(self) -> bool:
        """Whether what is on the screen is no longer what should be."""
        return self.frame is not None and self.display.canvas_wh is not None and self._painted != self._subject()

    def _subject(self) -> object:
        """Everything that the canvas depends on beside the frame."""
        silent_since_s = self.source.silent_since_s
        now_s = self.profiler.clock()
        return (
            self.state,
            self.display.canvas_wh,
            self.notices.current(),
            self.keep.recording,
            None if silent_since_s is None else int(now_s - silent_since_s),
            int(now_s / PROFILE_EVERY_S) if self.state.profile else None,
        )

    def compute(self) -> Result:
        """The engine's mosaic of the newest frame; a bank that does not fit the frame gives way to the one before."""
        assert self.frame is not None
        try:
            self.result = self._compute_or_go_back(self.frame)
        except FrameSizeError as error:
            raise SourceError(str(error)) from None
        self._shown_state = self.state
        return self.result

    def _compute_or_go_back(self, frame: Frame) -> Result:
        try:
            return self._compute(frame)
        except FrameSizeError as error:
            before = self._shown_state
            if before is None or before.bank_index == self.state.bank_index:
                raise
            self.notices.say(f"{error}: '{before.layer.bank.name}' stays")
            self.state = replace(self.state, bank_index=before.bank_index)
        return self._compute(frame)

    def _compute(self, frame: Frame) -> Result:
        self.image = image = frame.image[:, ::-1] if self.state.mirror else frame.image
        if self.display.interactive and self._shown_state is None:
            self.display.open(preferred_canvas_wh(image.shape, self.state, self.screen_wh))
        canvas_wh = self.display.canvas_wh
        self.layout = arrange(canvas_wh, image.shape, self.state) if canvas_wh else None
        if self.layout:
            self.state = kept_inside(self.state, self.layout)
        reduce = self.layout.reduce if self.layout else 1
        with self.profiler.stage("compute"):
            result = self._range.run(self.engine, image, self.state, frame.media_time_s, reduce)
        self.profiler.add_inside(result.stages_ms)
        return result

    def draw(self, result: Result) -> ByteArray | None:
        """The canvas with the picture and all that belongs over it; None where nobody looks."""
        layout, state, image = self.layout, self.state, self.image
        if layout is None or image is None:
            return None
        with self.profiler.stage("draw"):
            canvas = draw_canvas(
                self._painter,
                layout,
                state,
                image,
                result,
                self._status(),
                conv=self.engine.maps(image, state.layer)[0] if state.tint else None,
                profile=(self.profiler.recent(), self._profile_info(result)) if state.profile else None,
            )
        self._painted = self._subject()
        return canvas

    def show(self, canvas: ByteArray | None, fresh: Frame | None) -> Events:
        """Put the canvas on the screen; a fresh frame has now gone its whole way."""
        heard = Events()
        if canvas is not None and self.display.interactive:
            with self.profiler.stage("show"):
                heard = self.display.show(canvas)
        if fresh:
            self.profiler.frame_done(fresh.captured_at_s, shown=self.display.interactive and not heard.closed)
            assert self.result is not None
            assert self.image is not None
            self.keep.picture(canvas, self.result.mosaic, self.image, fresh.media_time_s)
        return heard

    def idle(self) -> Events:
        """Nothing new: wait for a key, hardly where the next frame may come any moment."""
        nothing_comes = self.source.ended or self._stands_still or self.source.silent_since_s is not None
        return self.display.idle(IDLE_S if nothing_comes else 0.001)

    def respond(self, heard: Events) -> None:
        """What the person did and what happened to the source become state, notices and kept files."""
        if heard.closed:
            self._quit = True
            return
        before, state = self.state, self.state
        for key in heard.keys:
            state, effect = press(state, key)
            self._carry_out(effect)
        if self.layout:
            self._pointer = heard.pointer or self._pointer
            if self._pointer and (heard.pointer or state.inspector != before.inspector):
                state = point(state, self.layout.map_pixel(*self._pointer))
            for at in heard.clicks:
                state = click(state, self.layout.map_pixel(*at))
            if heard.dragged != (0, 0):
                state = pan(state, -heard.dragged[1], -heard.dragged[0])
        self.state = state
        draining = state.paused and not self._stepping
        if draining != self._draining:
            self.source.pause(draining)
            self._draining = draining
        if state.fullscreen != before.fullscreen:
            self.display.set_fullscreen(state.fullscreen)
        self.take_events()

    def _carry_out(self, effect: Effect | None) -> None:
        if effect == Effect.QUIT:
            self._quit = True
        elif effect == Effect.STEP:
            self._stepping = True
        elif effect == Effect.SNAPSHOT and self.image is not None:
            self.keep.snapshot(self.engine, self.image, self.state, self.result)
        elif effect == Effect.RECORD:
            self.keep.toggle_recording()

    def take_events(self) -> None:
        """What the source told becomes notices and a part of the trace."""
        while self.events:
            event = self.events.popleft()
            self.keep.source_event(event)
            if event.kind == "notice":
                self.notices.say(event.detail)
        for sentence in self.keep.take_notices():
            self.notices.say(sentence)

    def _status(self) -> Status:
        silent_since_s = self.source.silent_since_s
        moves = self.source.fps is not None and not self.source.ended
        return Status(
            source=self.source.granted,
            fps=self.profiler.processed.per_second(self.profiler.clock()) if moves else None,
            recording=self.keep.recording,
            notices=self.notices.current(),
            silent_s=None if silent_since_s is None else self.profiler.clock() - silent_since_s,
            reconnects=self.source.counts.reconnects,
        )

    def _profile_info(self, result: Result) -> ProfileInfo:
        counts = self.source.counts
        return ProfileInfo(
            engine=f"{self.engine.name} on {self.engine.device}: {result.way}",
            gray_from=self.frame.gray_from if self.frame else "",
            captured=counts.captured,
            dropped=counts.dropped,
            failed_reads=counts.failed_reads,
            reconnects=counts.reconnects,
            advice=self.source.advice(self.profiler.captured.per_second(self.profiler.clock())),
        )
