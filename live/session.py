"""The steps of the viewer's loop, and what they remember from one frame to the next."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from convviz_core.arrays import ByteArray
from convviz_core.engines.api import Engine, Result
from convviz_core.geometry import FrameSizeError
from live.composing import kept_inside, layout_request, new_compositor, scene_of
from live.controls import ARROWS, Effect, ViewState, click, let_go, pan, point, press
from live.display.api import Display, Events, Point
from live.drawing.scene import ProfileInfo, Status
from live.intake import Intake
from live.key_reasons import why_nothing
from live.layout import Layout, arrange, preferred_canvas_wh
from live.measuring.profiler import Profiler
from live.notices import Notices
from live.picture_range import PictureRange
from live.recording.keep import Keep
from live.sources.frame import Frame, FrameSource, SourceError, SourceEvent

IDLE_S = 0.25  # how long to wait for a key while nothing moves
PROFILE_EVERY_S = 0.25  # how often the profile is drawn anew
BEAT_S = 0.1  # how often numbers that follow the pictures are


@dataclass(frozen=True)
class Until:
    """When the loop ends by itself: after so many frames, or so many seconds from the first picture."""

    frames: int | None = None
    seconds: float | None = None


@dataclass
class Last:
    """What is shown: the state, the frame as it was computed (mirrored, if so asked), the engine's answer."""

    state: ViewState
    image: ByteArray | None = None
    result: Result | None = None


class View:
    """The loop's steps, and what they remember from one frame to the next."""

    def __init__(
        self,
        source: FrameSource,
        engine: Engine,
        display: Display,
        profiler: Profiler,
        last: Last,
        keep: Keep,
        events: deque[SourceEvent],
        screen_wh: tuple[int, int],
    ) -> None:
        self.source, self.engine, self.display, self.profiler = source, engine, display, profiler
        self.last, self.keep, self.events, self.screen_wh = last, keep, events, screen_wh
        self.state = last.state  # as it is to be shown next
        self.intake = Intake(source, profiler)
        self.layout: Layout | None = None
        self.notices = Notices(profiler.clock)
        self._pointer: Point | None = None
        self._range = PictureRange()
        self._compositor = new_compositor()
        self._answered: object = None  # what the result answers
        self._profile: tuple[int, ProfileInfo] | None = None  # in which quarter of a second it was made
        self._painted: object = None
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
        layer = self.last.state.layer if self.last.result else None
        try:
            return self.intake.take(self.state.paused, self.state.mirror, layer)
        except FrameSizeError as error:
            self.notices.say(f"{error}: passed over")
            self.last.image = self.intake.frame.image if self.intake.frame else None
            return None

    def outdated(self) -> bool:
        """Whether what is on the screen is no longer what should be."""
        canvas_wh = self.display.canvas_wh
        return self.intake.frame is not None and canvas_wh is not None and self._painted != self._subject(canvas_wh)

    def _subject(self, canvas_wh: tuple[int, int]) -> object:
        """Everything that the canvas depends on beside the frame."""
        silent_since_s = self.source.silent_since_s
        now_s = self.profiler.clock()
        return (
            self.state,
            canvas_wh,
            self.notices.current(),
            self.keep.recording,
            self.source.ended,  # a picture that stands still has no rate
            self.source.counts.reconnects,
            None if silent_since_s is None else int(now_s - silent_since_s),
            int(now_s / PROFILE_EVERY_S) if self.state.profile else None,
        )

    def compute(self) -> Result:
        """The engine's mosaic of the newest frame, as it is asked for now.

        A bank that does not fit the frame gives way to the one before. Nothing is computed where the engine's last
        answer is still what is asked for: a pointer has moved, a panel is open.
        """
        try:
            return self._compute_or_go_back()
        except FrameSizeError as error:
            raise SourceError(str(error)) from None

    def _compute_or_go_back(self) -> Result:
        try:
            return self._compute()
        except FrameSizeError as error:
            before = self.last.state
            if self.last.result is None or before.bank_index == self.state.bank_index:
                raise
            self.notices.say(f"{error}: '{before.layer.bank.name}' stays")
            self.state = replace(self.state, bank_index=before.bank_index)
        return self._compute()

    def _compute(self) -> Result:
        self.intake.mirror(self.state.mirror)
        frame = self.intake.frame
        assert frame is not None
        image = frame.image
        if self.display.interactive and self.last.result is None:
            request = layout_request(self.screen_wh, image.shape, self.state)
            self.display.open(preferred_canvas_wh(request, self.screen_wh))
        canvas_wh = self.display.canvas_wh
        self.layout = arrange(layout_request(canvas_wh, image.shape, self.state)) if canvas_wh else None
        if self.layout:
            self.state = kept_inside(self._pointed(self.state, self.layout), self.layout)
        reduce = self.layout.reduce if self.layout else 1
        state = self.state
        asked = (frame.index, frame.captured_at_s, state.layer, state.gain, state.mirror, reduce)
        if self.last.result is not None and asked == self._answered:
            self.last.state = state
            return self.last.result
        with self.profiler.stage("compute"):
            result = self._range.run(self.engine, image, state, frame.media_time_s, reduce)
        self.profiler.add_inside(result.stages_ms)
        self._answered = asked
        self.last.state, self.last.image, self.last.result = state, image, result
        return result

    def draw(self, result: Result) -> ByteArray | None:
        """The canvas with the picture and all that belongs over it; None where nobody looks."""
        layout, state, image = self.layout, self.last.state, self.last.image
        if layout is None or image is None:
            return None
        with self.profiler.stage("draw"):
            self._painted = self._subject(layout.canvas_wh)  # before: what changes meanwhile is drawn next time
            profile = self._profile_info(result) if state.profile else None
            scene = scene_of(state, image, result, self._status(), profile=profile, beat=self._beat())
            return self._compositor.compose(layout, scene)

    def show(self, canvas: ByteArray | None, fresh: Frame | None) -> Events:
        """Put the canvas on the screen; a fresh frame has now gone its whole way."""
        heard = Events()
        if canvas is not None and self.display.interactive:
            with self.profiler.stage("show"):
                heard = self.display.show(canvas)
        if fresh:
            self.profiler.frame_done(fresh.captured_at_s, shown=self.display.interactive and not heard.closed)
            assert self.last.result is not None
            assert self.last.image is not None
            self.keep.picture(canvas, self.last.result.mosaic, self.last.image, fresh.media_time_s)
        return heard

    def idle(self) -> Events:
        """Nothing new: wait for a key, hardly where the next frame may come any moment."""
        nothing_comes = (
            self.source.ended or self.intake.stands_still(self.state.paused) or self.source.silent_since_s is not None
        )
        return self.display.idle(IDLE_S if nothing_comes else 0.001)

    def respond(self, heard: Events) -> None:
        """What the person did and what happened to the source become state, notices and kept files."""
        if heard.closed:
            self._quit = True
            return
        before, state = self.state, self.state
        for key in heard.keys:
            state = self._press(state, key)
        if self.layout:
            self._pointer = heard.pointer or self._pointer
            for at in heard.clicks:
                if self.layout.over_tiles(*at):
                    state = click(state, self.layout.map_pixel(*at))
            if heard.right_clicks:
                state = let_go(state)
            state = self._pointed(state, self.layout)
            if heard.dragged != (0, 0):
                state = pan(state, -heard.dragged[1], -heard.dragged[0])
        self.state = state
        self.intake.pause(state.paused)
        if state.fullscreen != before.fullscreen:
            self.display.set_fullscreen(state.fullscreen)
        self.take_events()

    def _press(self, state: ViewState, key: str) -> ViewState:
        after, effect = press(state, key)
        shown = kept_inside(after, self.layout) if self.layout and key in ARROWS else after
        if shown == state and effect is None:
            self.notices.say(why_nothing(state, key))
        self._carry_out(effect)
        return after

    def _pointed(self, state: ViewState, layout: Layout) -> ViewState:
        """With what is under the pointer now; beside the picture that stays, and without a pointer it is the middle."""
        if self._pointer is None:
            return state if state.hovered else point(state, layout.middle)
        return point(state, layout.map_pixel(*self._pointer)) if layout.over_tiles(*self._pointer) else state

    def _carry_out(self, effect: Effect | None) -> None:
        if effect == Effect.QUIT:
            self._quit = True
        elif effect == Effect.STEP:
            self.intake.step()
        elif effect == Effect.SNAPSHOT and self.last.image is not None:
            self.keep.snapshot(self.engine, self.last.image, self.last.state, self.last.result)
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
        now_s = self.profiler.clock()
        return Status(
            source=self.source.granted,
            fps=self.profiler.processed.per_second(now_s) if moves else None,
            paused=self.state.paused,
            mirrored=self.state.mirror,
            recording=self.keep.recording,
            notices=self.notices.current(),
            silent_s=None if silent_since_s is None else int(now_s - silent_since_s),
            reconnects=self.source.counts.reconnects,
        )

    def _beat(self) -> int:
        """See Scene: a few times a second while pictures follow each other, else each picture's own."""
        frame = self.intake.frame
        if self.source.ended or self.intake.stands_still(self.state.paused):
            return -1 - frame.index if frame else -1
        return int(self.profiler.clock() / BEAT_S)

    def _profile_info(self, result: Result) -> ProfileInfo:
        now = int(self.profiler.clock() / PROFILE_EVERY_S)
        if self._profile is None or self._profile[0] != now:
            counts = self.source.counts
            self._profile = (
                now,
                ProfileInfo(
                    recent=self.profiler.recent(),
                    engine=f"{self.engine.name} on {self.engine.device}: {result.implementation}",
                    gray_from=self.intake.frame.gray_from if self.intake.frame else "",
                    captured=counts.captured,
                    dropped=counts.dropped,
                    failed_reads=counts.failed_reads,
                    reconnects=counts.reconnects,
                    advice=self.source.advice(self.profiler.captured.per_second(self.profiler.clock())),
                ),
            )
        return self._profile[1]
