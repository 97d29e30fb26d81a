"""The steps of the viewer's loop, and what they remember from one frame to the next."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

from convviz_core.arrays import ByteArray
from convviz_core.engines.api import Engine, Result
from convviz_core.geometry import FrameSizeError
from live.cadence import Cadence
from live.comparing import compared
from live.comparing_scene import comparable, comparing_scene
from live.composing import new_compositor, new_help, own_mosaic, scene_of
from live.display.api import Display
from live.drawing.inspector import Inspector
from live.events import Closed, DisplayEvent, Inbox
from live.intake import Intake
from live.layout import Layout
from live.measuring.profiler import Profiler
from live.notices import Notices
from live.panes import Panes, kept_choice, live_choice
from live.placing import Placing
from live.pointing import followed
from live.readings import Readings
from live.recording.keep import Keep
from live.responding import Last, Responder
from live.scrolling import listed
from live.sliding import Slider
from live.sources.frame import Frame, FrameSource, SourceError
from live.state import ViewState
from live.too_small import TooSmall, way_out
from live.watching import Watcher

IDLE_S = 0.25  # how long to wait for a key while nothing moves


@dataclass(frozen=True)
class StopCondition:
    """When the loop ends by itself: after so many frames, or so many seconds from the first picture."""

    frames: int | None = None
    seconds: float | None = None

    def met(self, profiler: Profiler) -> bool:
        """Whether the run has come so far."""
        if self.frames is not None and profiler.processed.count >= self.frames:
            return True
        first_s = profiler.first_picture_at_s
        return self.seconds is not None and first_s is not None and profiler.clock() - first_s >= self.seconds


class Session:
    """One run of the viewer. The state is as it is to be shown next; `last` has what is on the screen."""

    def __init__(
        self,
        source: FrameSource,
        engine: Engine,
        display: Display,
        profiler: Profiler,
        last: Last,
        keep: Keep,
        inbox: Inbox,
        screen_wh: tuple[int, int],
    ) -> None:
        self.state = last.state
        self._source, self._engine, self._display, self._profiler = source, engine, display, profiler
        self._last, self._keep, self._screen_wh = last, keep, screen_wh
        self._layout: Layout | None = None
        self._painted: object = None  # the subject of what is on the screen
        self._notices = Notices(profiler.clock)
        self._intake = Intake(source, profiler)
        self._placing = Placing(display, screen_wh)
        self._too_small = TooSmall(self._tell)
        self._panes = Panes(engine)
        self._watcher = Watcher()
        self._inspector, self._help = Inspector(), new_help()
        self._compositor = new_compositor(self._inspector, self._help)
        self._slider, self._cadence = Slider(profiler.clock), Cadence(profiler.clock)
        self._readings = Readings(source, engine, profiler, keep, self._notices, self._intake)
        self._responder = Responder(inbox, display, engine, self._intake, keep, self._notices, last)

    def over(self, stop: StopCondition) -> bool:
        """Whether the run has come to its end."""
        self._too_small.check_end(self._source, any_fitted=self._last.result is not None)
        nothing_more = self._source.ended and not self._display.interactive
        return self._responder.quit or nothing_more or stop.met(self._profiler)

    def capture(self) -> Frame | None:
        """The source's next frame, mirrored if asked; None while paused, at the end, and when none came in time."""
        any_fitted = self._last.result is not None
        layer = (self._last.state if any_fitted else self.state).layer
        try:
            return self._intake.take(self.state.interaction.paused, self.state.appearance.mirror, layer)
        except FrameSizeError as error:
            self._too_small.pass_over(self._intake.refused, error, any_fitted=any_fitted)
            self._last.image = self._intake.frame.image if self._intake.frame else None
            return None

    def _tell(self, sentence: str) -> None:
        """On the picture, and on stderr for who sees no picture."""
        self._notices.say(sentence)
        self._keep.say(sentence)

    def outdated(self) -> bool:
        """Whether what is on the screen is no longer what should be."""
        canvas_wh = self._display.canvas_wh
        return self._intake.frame is not None and canvas_wh is not None and self._painted != self._subject(canvas_wh)

    def _subject(self, canvas_wh: tuple[int, int]) -> Hashable:
        """Everything that the canvas depends on beside the frame; of the pointer, only what it is over."""
        state = self.state
        if state.interaction.pointer is not None:
            state = state.with_interaction(pointer=None)
        return state, canvas_wh, self._readings.changing(state)

    def compute(self) -> Result:
        """The mosaic of the newest frame, as it is asked for now; a bank that does not fit gives way to the one before.

        Nothing is computed where the last answer is still what is asked for: a pointer has moved, a panel is open.
        """
        try:
            try:
                return self._compute()
            except FrameSizeError as error:
                self.state = _with_layer_before(self.state, self._last, error, self._tell)
            return self._compute()
        except FrameSizeError as error:
            raise SourceError(f"{error}{way_out(error)}") from None

    def _compute(self) -> Result:
        self._intake.mirror(self.state.appearance.mirror)
        self._look_ahead()
        frame = self._intake.frame
        assert frame is not None
        self.state = comparable(self.state, frame.image.shape, self._tell, self._last.state.comparing)
        first = self._last.result is None
        self.state, layout = self._placing.place(self.state, frame.image.shape, first=first)
        self._layout, state = layout, self.state
        choice = live_choice(state, layout)
        start_s, two = self._profiler.clock(), compared(state.comparing, state.layer, frame.image.shape)
        answers = self._panes.run(frame, self._intake.picture, choice, kept_choice(state, layout, two), two)
        if answers.fresh:
            self._profiler.computed(start_s, self._engine.name, self._engine.device)
            for result in answers.fresh:
                self._profiler.add_inside(result.stages_ms)
        self._last.image, self._last.result, self._last.kept = frame.image, answers.shown, answers.kept
        self._last.state, self._last.compared = state, two
        pins, picture = state.interaction.pins, self._intake.picture
        self._last.watched = self._watcher.note(pins, state.layer, frame.image, picture, frame.media_time_s)
        assert self._last.result is not None
        return self._last.result

    def _look_ahead(self) -> None:
        """Begin with what another layer's first picture needs, while a window is opened or a frame is waited for."""
        if self._intake.frame:
            self._panes.look_ahead(self._intake.frame, self.state)

    def draw(self, result: Result) -> ByteArray | None:
        """The canvas with the picture and all that belongs over it; None where nobody looks."""
        layout, state, image = self._layout, self._last.state, self._last.image
        if layout is None or image is None:
            return None
        with self._profiler.stage("draw"):
            self._readings.begin_drawing()
            self._painted = self._subject(layout.canvas_wh)  # before: what changes meanwhile is drawn next time
            said, profile = self._readings.status(state), self._readings.profile(state, result, layout.canvas_wh)
            scene = scene_of(state, image, result, said, profile=profile, beat=self._readings.beat(state))
            curves = self._readings.curves(state)
            watched = self._last.watched if state.interaction.watched else ()
            scene = replace(scene, hints=self._display.interactive, watched=watched, curves=curves)
            if self._last.compared:
                two, kept = self._last.compared, self._last.kept
                scene = comparing_scene(scene, layout, state, two, kept, peak=result.peak)
            canvas = self._compositor.compose(layout, scene)
            self._last.help_pages = self._help.pages
            self.state = listed(self.state, self._inspector.first_listed)
            return canvas

    def show(self, canvas: ByteArray | None, fresh: Frame | None) -> Sequence[DisplayEvent]:
        """Put the canvas on the screen; a fresh frame has now gone its whole way. What the person did meanwhile."""
        heard: Sequence[DisplayEvent] = ()
        if canvas is not None and self._display.interactive:
            if fresh:
                ready_s = self._profiler.clock()
                self._cadence.hold(fresh.media_time_s)
                self._profiler.waited(ready_s, self._profiler.clock(), fresh.index)
            with self._profiler.stage("show"):
                heard = self._display.show(canvas)
        if fresh:
            shown = canvas is not None and self._display.interactive and Closed() not in heard
            self._profiler.frame_done(fresh.captured_at_s, shown=shown)
            self._profiler.end_warm_up(self._source.counts)
        if fresh or self._stands:
            self._record(canvas, fresh)
        return heard

    @property
    def _stands(self) -> bool:
        """Whether the picture in the window stays, as no next one comes."""
        silent = self._source.silent_since_s is not None
        still = self._source.ended or self._intake.stands_still(self.state.interaction.paused)
        return self._display.interactive and (still or silent)

    def _record(self, canvas: ByteArray | None, fresh: Frame | None) -> None:
        frame, result, image = fresh or self._intake.frame, self._last.result, self._last.image
        assert frame is not None
        assert result is not None
        assert image is not None
        mosaic = self._own_mosaic(result) if self._keep.recording else result.mosaic
        still = fresh is None or self.state.interaction.paused
        record = self._keep.still_picture if still else self._keep.picture
        record(canvas, mosaic, image, frame.media_time_s, frame.index)

    def _own_mosaic(self, result: Result) -> ByteArray:
        return own_mosaic(self._last.state, result)

    def idle(self) -> Sequence[DisplayEvent]:
        """Nothing new: wait for a key, hardly where the next frame may come any moment."""
        if self._stands:
            self._keep.picture_stays()
        nothing_comes = self._stands and not self._readings.pending(self.state)
        return self._display.idle(IDLE_S if nothing_comes else 0.001)

    def respond(self, heard: Sequence[DisplayEvent]) -> None:
        """What the person did and what else has happened become state, notices and kept files."""
        state = self._responder.respond(heard, self.state, self._layout)
        before, self.state = self.state, self._slider.step(state, self._layout)
        if self._layout:
            self.state = followed(before, self.state, self._layout)
        self._look_ahead()

    def finish(self) -> None:
        """Keep what was edited, take note of what happened at the end, and draw no more."""
        if self._profiler.warming_up:
            self._keep.say("the run ended within its warm-up: its statistics are empty")
            self._profiler.end_warm_up(self._source.counts, at_end=True)
        self._compositor.close()
        self._readings.close()
        self._responder.finish(self.state)


def _with_layer_before(state: ViewState, last: Last, error: FrameSizeError, tell: Callable[[str], None]) -> ViewState:
    """The state with the layer that is on the screen; `error` where that is the one that does not fit the frame."""
    before = last.state.settings
    if last.result is None or before == state.settings:
        raise error
    tell(f"{error}: '{before.layer.bank.name}' stays as it is")
    return replace(state, settings=before)
