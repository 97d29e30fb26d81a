"""The loop's steps while a model is shown: it runs beside the window, and its pictures come when they come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from convviz_core.arrays import ByteArray
from convviz_core.engines.api import Result
from convviz_core.models.model_input import input_size
from convviz_core.mosaic import first_maps
from live.comparing import Pairing
from live.comparing_scene import comparable
from live.display.api import Display
from live.events import DisplayEvent
from live.intake import PATIENCE_S
from live.layout import Layout, arrange, preferred_canvas_wh
from live.layout.panel_places import Panel
from live.model_view.answer import Answer, Asked
from live.model_view.channels import Channels
from live.model_view.chosen import ModelChoice, Order
from live.model_view.comparing import Sides
from live.model_view.comparing_scene import compared_scene
from live.model_view.composing import model_request, model_scene, new_model_compositor, new_model_help
from live.model_view.fields import FieldFinder
from live.model_view.first_run import FirstRun
from live.model_view.following import with_channels
from live.model_view.opening import not_in_the_list, with_layers
from live.model_view.pages import Pages, View
from live.model_view.picture import Shown
from live.model_view.reasons import Reasons, arrived
from live.model_view.worker import Failure, Worker
from live.pointing import kept_inside, pointed
from live.session import Session
from live.sources.frame import Frame
from live.state import MapPixel, ViewState
from live.torch_settings import keep_what_is_loaded

BUSY_S = 0.004  # how long a read may keep an answer waiting


class ModelSession(Session):
    """A Session whose pictures are a model's answers: a frame's way goes on when the model has seen it."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._help = new_model_help()
        self._compositor = new_model_compositor(self._help)
        self._worker = Worker(self._engine, beside=self._display.interactive)
        self._pages = Pages(beside=self._display.interactive)
        self._fields, self._channels = FieldFinder(beside=self._display.interactive), Channels()
        self._asked: Asked | None = None
        self._size_hw: tuple[int, int] | None = None  # of the input that the list of layers is for
        self._answer: Answer | None = None
        self._ready: tuple[View, Shown] | None = None  # what can be on the screen now
        self._shown: Shown | None = None
        self._failure = ""  # the last one that was said
        self._noted = (
            len(self.state.model.model.notes) if self.state.model else 0
        )  # of its notes, said when it was loaded
        self._reasons, self._sides = Reasons(self._fields), Sides(self._fields)
        self._first_run = FirstRun(self._display, self._profiler.clock, self._keep.say, self._screen_wh)

    def capture(self) -> Frame | None:
        """Take in the source's next frame, ask for its maps; the frame whose maps have come."""
        self._ask()  # another layer, before the source is waited for
        done = self._worker.take()
        if done is None:
            patience_s = BUSY_S if self._worker.busy or self._pages.busy else PATIENCE_S
            looks = self.state.appearance
            self._intake.take(self.state.interaction.paused, looks.mirror, None, patience_s)
            self._intake.mirror(looks.mirror)
            self._ask()
            done = self._worker.take()
        if isinstance(done, Failure):
            self._failed(done)
        elif done:
            self._take(done)
        return self._prepare() if self._answer else None

    def _ask(self) -> None:
        """Ask for what is to be shown, where that is not asked for yet."""
        frame = self._intake.frame
        if frame is None or self.state.model is None:
            return
        if self._size_hw is None:  # which layer is shown may not be known yet
            size_hw = input_size(frame.image.shape[:2], self.state.model.input_hw)
            if (found := self._first_run.layers(self.state.model, size_hw)) is None:
                return
            self._take_list(size_hw, found)
        layer, traced = self.state.model.layer(self.state.settings.activation), self.state.shows(Panel.INSPECTOR)
        asked = Asked(layer, self._intake.picture, traced, self._sides.asked(self.state))
        if asked != self._asked:
            self._asked = asked
            kept = replace(frame, image=frame.image.copy()) if self._display.interactive else frame
            self._worker.ask(kept, asked)

    def _list_layers(self, size_hw: tuple[int, int]) -> None:
        """The layers of inputs of this size; anew where it is another than before."""
        if size_hw != self._size_hw and self.state.model:
            self._take_list(size_hw, with_layers(self.state.model, size_hw))

    def _take_list(self, size_hw: tuple[int, int], found: ModelChoice) -> None:
        choice = self.state.model
        assert choice is not None
        self._size_hw, notes = size_hw, choice.model.notes
        self.state = self.state.with_model(lines=found.lines, name=choice.name or found.name)
        for note in notes[self._noted :]:  # what its first run has told of what goes in
            self._tell(note)
        self._noted = len(notes)

    def _failed(self, failure: Failure) -> None:
        """Said once; before the first picture it is the end."""
        before = self._answer
        assert self.state.model is not None
        if before is None:
            raise not_in_the_list(self.state.model, failure.error)
        sentence = str(failure.error)
        if failure.asked.layer.name == before.asked.layer.name:
            sentence += ": the last picture stays"
        else:
            sentence += f": {before.asked.layer.name} stays"
            if self.state.model.name == failure.asked.layer.name:
                self.state = replace(self.state, model=self.state.model.showing(before.asked.layer.name))
        if sentence != self._failure:
            self._failure = sentence
            self._tell(sentence)

    def _take(self, answer: Answer) -> None:
        """A new answer."""
        if self._answer is None and self._display.interactive:
            keep_what_is_loaded()
        self._answer, self._failure = answer, ""
        self._list_layers(answer.input_hw)  # which its run has found
        self._channels.take(answer.responses)
        self.state = self._sides.take(answer, self.state, self._tell)
        now_s = self._profiler.clock()
        self._profiler.computed(now_s - answer.forward_ms / 1e3, self._engine.name, self._engine.device)
        choice = self.state.model
        if choice and choice.order == Order.STRONGEST and choice.name == answer.asked.layer.name:
            self.state = self.state.with_model(ranked=self._channels.ranked)

    def _prepare(self) -> Frame | None:
        """Have the latest answer made ready; the frame of what is, once, whatever of it is asked for.

        While that is being made, what was made last may stay and follow the state.
        """
        answer, shown = self._answer, self._shown
        assert answer is not None
        self._fields.settle()
        fresh = shown is None or shown.answer is not answer
        if fresh or self._pages.busy or super().outdated():
            self.state = comparable(self.state, answer.frame.image.shape, self._tell)
            self._ready, view = None, self._view_of(answer)
            made = self._pages.shown(
                view, partial(self._sides.show, view.state, answer, view.two, view.look, view.layout)
            )
            if made is None and self._pages.made:
                view = self._view_of(self._pages.made.answer)
                made = self._pages.made if self._pages.view and self._pages.view.of == view.of else None
            self._ready = (view, made) if made else None
        if self._ready is None:
            return None
        ready = self._ready[0].answer
        return None if shown and shown.answer.asked.picture == ready.asked.picture else ready.frame

    def outdated(self) -> bool:
        """Whether what can be on the screen is not there."""
        if self._ready is None or self._display.canvas_wh is None:
            return False
        return self._shown is None or self._shown.answer is not self._ready[0].answer or super().outdated()

    def compute(self) -> Result:
        """The page of the latest answer that is ready, as it is asked for now."""
        assert self._ready
        view, shown = self._ready
        answer, channels = view.answer, view.look.channels
        self._layout, self._shown = view.layout, shown
        self.state = state = self._reasons.take(answer, channels, view.state)
        shown = replace(shown, excites=self._reasons.excited)
        page = shown.page
        result = Result(page.mosaic, page.ranges, answer.peak, answer.implementation, {}, page.share_above)
        self._last.image, self._last.result, self._last.shown = answer.frame.image, result, shown
        self._last.state = state.with_model(name=answer.asked.layer.name)
        self._last.watched = self._watched(answer, channels, state)
        return result

    def _look_ahead(self) -> None:
        """Nothing: a model's maps have their range from its answer."""

    def _view_of(self, answer: Answer) -> View:
        """How the state wants an answer to be shown."""
        state = arrived(self.state, answer)
        state, channels = with_channels(state, answer, self._channels.ranked, self._shown, self._last.state)
        two = self._sides.pair(state, answer, channels)
        layout = self._arranged(answer, len(channels), state, two)
        if layout:
            state = kept_inside(pointed(state, layout), layout)
        return View(answer, state, self._sides.look(state, answer, channels, layout), layout, two)

    def _watched(self, answer: Answer, channels: tuple[int, ...], state: ViewState) -> Any:
        def value(pixel: MapPixel) -> float:
            return float(answer.conv[channels[pixel[0]], pixel[1], pixel[2]])

        of, time_s = (answer.asked.layer, channels), answer.frame.media_time_s
        return self._watcher.note_values(state.interaction.pins, of, answer.asked.picture, time_s, value)

    def _arranged(self, answer: Answer, count: int, state: ViewState, two: Pairing | None) -> Layout | None:
        display: Display = self._display
        if display.interactive and self._shown is None:
            request = model_request(self._screen_wh, answer, count, state, two)
            display.open(preferred_canvas_wh(request, self._screen_wh))
        canvas_wh = display.canvas_wh
        return arrange(model_request(canvas_wh, answer, count, state, two)) if canvas_wh else None

    def draw(self, result: Result) -> ByteArray | None:
        """The canvas with the page and all that belongs over it; None where nobody looks."""
        layout, state, shown = self._layout, self._last.state, self._shown
        if layout is None or shown is None:
            return None
        with self._profiler.stage("draw"):
            self._readings.begin_drawing()
            self._painted = self._subject(layout.canvas_wh)
            said, profile = self._readings.status(state), self._readings.profile(state, result, layout.canvas_wh)
            beat = self._readings.beat(state)
            health, fields = self._channels.health, self._fields
            reasons = self._reasons
            scene = model_scene(state, shown, result, said, health, fields, reasons, profile=profile, beat=beat)
            watched = self._last.watched if state.interaction.watched else ()
            scene = replace(scene, hints=self._display.interactive, watched=watched)
            canvas = self._compositor.compose(layout, compared_scene(scene, layout, state, shown, fields))
            self._last.help_pages = self._help.pages
            return canvas

    def _own_mosaic(self, result: Result) -> ByteArray:
        tiles = len(result.ranges) * (2 if self._shown and self._shown.page.look.tint else 1)
        return first_maps(result.mosaic, tiles, len(result.ranges))

    def _subject(self, canvas_wh: tuple[int, int]) -> object:
        return super()._subject(canvas_wh), self._fields.settled

    def idle(self) -> Sequence[DisplayEvent]:
        """Nothing new: wait for a key, hardly while an answer is to come."""
        if self._shown is None:
            heard = self._first_run.wait(self._intake.frame, listed=self._size_hw is not None)
            if heard is not None:
                return heard
        busy = self._worker.busy or self._pages.busy or self._fields.pending
        return self._display.idle(0.001) if busy else super().idle()

    def finish(self) -> None:
        """Run no more."""
        self._first_run.close()
        self._worker.close()
        self._pages.close()
        self._sides.close()
        self._fields.close()
        super().finish()
