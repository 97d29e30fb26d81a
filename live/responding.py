"""What happened becomes state, notices and kept files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from convviz_core.arrays import ByteArray
from convviz_core.engines.api import Engine, Result
from live.bank_changes import BankFiles
from live.click_reasons import why_no_click, why_no_wheel
from live.comparing import Compared
from live.controls import answer
from live.display.api import Display
from live.edit_keys import where_resized
from live.editing import button_under
from live.events import BankRead, Button, DisplayEvent, Inbox, Key, Pointer, Wheel
from live.intake import Intake
from live.key_effects import ARROWS, Effect
from live.key_reasons import TO_COME, why_nothing, why_over, why_unseen
from live.layout import Layout
from live.notices import Kind, Notices
from live.pointing import kept_inside, pointed
from live.recording.comparison import OtherSide
from live.recording.keep import Keep
from live.sources.frame import SourceEvent
from live.state import ViewState
from live.watching import Watched

if TYPE_CHECKING:
    from live.model_view.picture import Shown  # which loads torch


@dataclass
class Last:
    """What is shown: the state, the frame as it was computed (mirrored, if so asked), the engine's answer.

    compared: the two layers, where there are two. result: the live one's answer, or their difference's; kept: the kept
    one's, where it has one of its own. help_pages: of the help that was open last.
    """

    state: ViewState
    image: ByteArray | None = None
    result: Result | None = None
    watched: tuple[Watched, ...] = ()
    compared: Compared | None = None
    kept: Result | None = None
    shown: Shown | None = None  # a model's answer
    help_pages: int = 0

    @property
    def other(self) -> OtherSide | None:
        """The kept side, where two layers are compared."""
        return OtherSide(self.compared, self.kept) if self.compared else None


class Responder:
    """Takes events out of the inbox, in their order, and carries out what they ask for. `quit`: to end the run."""

    def __init__(
        self, inbox: Inbox, display: Display, engine: Engine, intake: Intake, keep: Keep, notices: Notices, last: Last
    ) -> None:
        self.quit = False
        self._inbox, self._display, self._engine = inbox, display, engine
        self._intake, self._keep, self._notices, self._last = intake, keep, notices, last
        self._bank_files = BankFiles(self._tell_of_file)

    def respond(self, heard: Sequence[DisplayEvent], state: ViewState, layout: Layout | None) -> ViewState:
        """The state that follows from what the person did and from what else has happened.

        layout: of the canvas that they see.
        """
        self._inbox.extend(heard)
        before = state
        while self._inbox and not self.quit:
            event = self._inbox.popleft()
            if event == Key("s") and self._not_yet_shown(state):
                self._inbox.appendleft(event)  # what is kept is what is on the screen: the next picture
                break
            if isinstance(event, SourceEvent):
                self._take_source_event(event)
            elif isinstance(event, BankRead):
                state = self._bank_files.take(event, state)
            else:
                state = self._answer(state, event, layout)
        state = self._bank_files.wait(state)
        if layout:
            state = pointed(state, layout)
        self._intake.pause(state.interaction.paused)
        if state.appearance.fullscreen != before.appearance.fullscreen:
            self._display.set_fullscreen(state.appearance.fullscreen)
        self._take_notices()
        return state

    def finish(self, state: ViewState) -> None:
        """The run is over: what is left in the inbox is taken note of, and what only the state has is written."""
        for index in state.settings.unsaved:
            self._keep.edited_bank(state.settings.choices[index].as_file)
        while self._inbox:
            event = self._inbox.popleft()
            if isinstance(event, SourceEvent):
                self._take_source_event(event)
        self._take_notices()

    def _answer(self, state: ViewState, event: DisplayEvent, layout: Layout | None) -> ViewState:
        if isinstance(event, Key) and self._intake.over and (at_end := self._at_end(state, event.name)):
            return at_end
        after, effect = answer(state, event, layout)
        shown = kept_inside(after, layout) if layout and isinstance(event, Key) and event.name in ARROWS else after
        changed = shown != state and not isinstance(event, Pointer)
        if changed or effect:
            self._notices.drop(Kind.REASON)
        if effect:
            self._notices.drop(Kind.DONE)
        pages = self._last.help_pages
        if not effect and (reason := _reason(event, state, after, layout, changed=changed, help_pages=pages)):
            self._notices.say(reason, Kind.REASON)
        self._carry_out(effect)
        if effect == Effect.WRITE_BANK and self._keep.edited_bank(after.settings.choice.as_file):
            return replace(after, settings=after.settings.with_written())
        return after

    def _at_end(self, state: ViewState, key: str) -> ViewState | None:
        """What a key does that is about the pictures to come, where none does; None for the others."""
        typing = state.model is not None and state.model.typed is not None
        if typing or key not in TO_COME:
            return None
        if key == "space" and self._intake.replays:
            self._notices.drop(Kind.REASON)
            self._intake.play_again()
            return state.with_interaction(paused=False)
        self._notices.say(why_over(key, replays=self._intake.replays), Kind.REASON)
        return state

    def _not_yet_shown(self, state: ViewState) -> bool:
        """Whether the next picture is another layer's than the one on the screen."""
        shown = self._last.state
        other = state.layer != shown.layer or (state.model and state.model.name) != (shown.model and shown.model.name)
        return self._last.result is not None and other

    def _carry_out(self, effect: Effect | None) -> None:
        if effect == Effect.QUIT:
            self.quit = True
        elif effect == Effect.STEP:
            self._intake.step()
        elif effect == Effect.SNAPSHOT and self._last.image is not None:
            last = self._last
            kept = last.state, last.result, last.watched, last.other, last.shown
            self._keep.snapshot(self._engine, self._last.image, *kept)
        elif effect == Effect.RECORD:
            self._keep.toggle_recording()

    def _take_source_event(self, event: SourceEvent) -> None:
        self._keep.source_event(event)
        if event.kind == "notice":
            self._notices.say(event.detail)

    def _tell_of_file(self, sentences: Sequence[str], live: bool) -> None:
        """On the picture, and on stderr. live: of the file of `--filters`."""
        kind = Kind.FILE if live else Kind.KEPT_FILE
        self._notices.drop(kind)
        for sentence in sentences:
            self._notices.say(sentence, kind)
            self._keep.say(sentence)

    def _take_notices(self) -> None:
        for sentence in self._keep.take_notices():
            self._notices.say(sentence, Kind.DONE)


def _reason(
    event: DisplayEvent, state: ViewState, after: ViewState, layout: Layout | None, *, changed: bool, help_pages: int
) -> str:
    """Why nothing happened, or why it cannot be seen; empty where it can, and where nothing was to be expected."""
    pressed = event.name if isinstance(event, Key) else ""
    if isinstance(event, Button) and layout:
        pressed = button_under(state, event, layout) or ""
    if changed and state.editing and (where := where_resized(after, pressed)):
        return where
    if isinstance(event, Key) and changed:
        covered = layout is not None and not layout.tiles
        return why_unseen(after, event.name, covered=covered, help_pages=help_pages)
    if isinstance(event, Key):
        return why_nothing(state, event.name)
    if isinstance(event, Wheel) and layout:
        return why_no_wheel(state, after, event, layout, help_pages=help_pages)
    return why_no_click(state, event, layout) if isinstance(event, Button) and layout and not changed else ""
