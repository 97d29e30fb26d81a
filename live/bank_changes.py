"""A filter file that has changed becomes the bank that is shown, unless that has edits which no file has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace

from convviz_core.filters.bank import FilterBank
from convviz_core.geometry import ConvSettings, GeometryError
from live.editing import begin, with_settings
from live.events import BankRead
from live.state import LayerChoice, ViewState

INDEX = 0  # a file's bank stands before the built-in ones


class BankFiles:
    """Takes in what was read; what must wait for unsaved edits waits.

    tell: of sentences for the person, in the place of what was told of the same file before; whether that is the file
    of `--filters`.
    """

    def __init__(self, tell: Callable[[Sequence[str], bool], None]) -> None:
        self._tell = tell
        self._waiting: BankRead | None = None

    def take(self, event: BankRead, state: ViewState) -> ViewState:
        """The state with the bank that was read, or with the one before."""
        said: list[str] = []
        after = self._taken(event, state, said)
        if said:
            self._tell(said, event.live)
        return after

    def _taken(self, event: BankRead, state: ViewState, said: list[str]) -> ViewState:
        if event.bank is None:
            said.append(event.sentence)
            return state
        if event.kept:
            state = _with_kept(event, event.bank, state, said)
        if not event.live:
            return state
        if INDEX in state.settings.unsaved:
            self._waiting = replace(event, kept=False)
            said.append(f"{event.sentence}, and waits until the edits made here are written (o) or undone (u)")
            return state
        self._waiting = None
        try:
            choice = changed(state.settings.choices[INDEX], state.settings.originals[INDEX], event.bank)
        except GeometryError as error:
            said.append(f"{event.sentence}, but {error}: the bank before stays")
            return state
        said.append(f"{event.sentence} and is read again")
        after = with_settings(state, state.settings.with_original(INDEX, choice))
        edits_it = state.editing is not None and state.settings.bank_index == INDEX
        return begin(after) if edits_it else after

    def wait(self, state: ViewState) -> ViewState:
        """The state with what has waited, once nothing is in its way any more."""
        if self._waiting is None or INDEX in state.settings.unsaved:
            return state
        return self.take(self._waiting, state)


def _with_kept(event: BankRead, bank: FilterBank, state: ViewState, said: list[str]) -> ViewState:
    """The state with the bank on the other side, where that is what the file held before."""
    before = state.comparing.file
    if before is None:
        return state
    try:
        choice = changed(before, before.bank, bank)
    except GeometryError as error:
        said.append(f"{event.sentence}, but {error}: the kept bank stays as it was")
        return state
    if not event.live:
        said.append(f"{event.sentence} and is read again, for the kept side")
    return replace(state, comparing=state.comparing.with_file(choice))


def changed(choice: LayerChoice, before: FilterBank, bank: FilterBank) -> LayerChoice:
    """What `choice`, of a file that held `before`, becomes when it holds `bank`.

    Where the geometry was the file's it is the file's again, and what the command line or a hand has said stays said.
    Errors: GeometryError.
    """
    old, new = before.conv or ConvSettings(), bank.conv or ConvSettings()
    said = {
        field.name: getattr(choice.conv, field.name)
        for field in fields(ConvSettings)
        if getattr(choice.conv, field.name) != getattr(old, field.name)
    }
    return LayerChoice(bank, replace(new, **said), choice.bias)
