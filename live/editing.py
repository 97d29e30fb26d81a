"""Editing a kernel by hand: what keys, clicks, the wheel and drags make of the state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from convviz_core.filters import edits
from convviz_core.filters.bank import FilterBank
from convviz_core.filters.edits import Place
from live.chosen_weight import Drag, Editing
from live.events import Button, Gesture, MouseButton, Point
from live.layout import Layout
from live.layout.edit_places import EditPlaces, edit_places
from live.layout.panel_places import Panel
from live.pointing import carried_over
from live.state import LayerSettings, ViewState

EditFilter = Callable[[FilterBank, int], FilterBank]

ACTIONS: dict[str, EditFilter] = {
    "!": edits.negated,
    "@": edits.turned,
    '"': edits.mirrored,
    "$": edits.with_sum_0,
    "%": edits.with_absolute_sum_1,
    "Backspace": edits.cleared,
    ")": lambda bank, _: edits.with_rows(bank, 1),
    "(": lambda bank, _: edits.with_rows(bank, -1),
    ">": lambda bank, _: edits.with_columns(bank, 1),
    "<": lambda bank, _: edits.with_columns(bank, -1),
    "Insert": edits.with_copy,
    "Delete": edits.without,
}
# Keys and words of the panel's buttons, in their order.
BUTTONS = (
    *(("!", "negate"), ("@", "turn"), ('"', "mirror")),
    *(("$", "sum 0"), ("%", "sum of sizes 1"), ("Backspace", "clear")),
    *((")", "add row"), ("(", "drop row"), ("Insert", "copy filter")),
    *((">", "add column"), ("<", "drop column"), ("Delete", "remove filter")),
    *(("u", "undo"), ("y", "redo"), ("o", "write a file")),
)
SIGNS = {"Backspace": "Bksp", "Insert": "Ins", "Delete": "Del"}  # of keys with long names


def begin(state: ViewState, pointed: int | None = None) -> ViewState:
    """Edit the enlarged, the pinned, the pointed-at or the first map's kernel; its first weight is chosen."""
    now = state.interaction
    inspected = now.inspected[0] if now.inspected else pointed
    index = next((found for found in (now.viewport.enlarged, inspected) if found is not None), 0)
    return state.with_interaction(editing=Editing(index, step=edits.step_of(state.layer.bank)))


def leave(state: ViewState) -> ViewState:
    """Edit no more; what was changed stays."""
    return state.with_interaction(editing=None)


def apply(state: ViewState, edit: edits.Edit, *, joined: bool = False) -> ViewState:
    """The bank with that edit, done to the kernels as they are shown. joined: with the step before, for undoing."""
    settings = state.settings
    bank = edits.as_shown(settings.choice.bank, edit, flipped=settings.true_convolution)
    if bank is settings.choice.bank:
        return state
    choice = replace(settings.choice, bank=edits.compared(bank, settings.original))
    return with_settings(state, settings.with_choice(choice, joined=joined))


def with_settings(state: ViewState, settings: LayerSettings) -> ViewState:
    """With other settings; pins keep their places where kernels of another size have theirs."""
    after = replace(state, settings=settings)
    return after if after.layer.geometry == state.layer.geometry else carried_over(state, after)


def act(state: ViewState, key: str) -> ViewState:
    """What that key of ACTIONS does to the filter that is edited. A copy is what is edited from then on."""
    now = _editing(state)
    after = apply(state, lambda bank: ACTIONS[key](bank, now.filter))
    if key == "Insert" and after is not state:
        return _on_filter(after, now.filter + 1)
    return after


def change(state: ViewState, count: float) -> ViewState:
    """So many steps more for the chosen weight."""
    now = _editing(state)
    return apply(state, lambda bank: edits.stepped(bank, now.filter, now.place, now.step, count))


def set_weight(state: ViewState, value: float) -> ViewState:
    """That value for the chosen weight."""
    now = _editing(state)
    return apply(state, lambda bank: edits.with_weight(bank, now.filter, now.place, value))


def choose(state: ViewState, place: Place) -> ViewState:
    """Another weight."""
    return state.with_interaction(editing=replace(_editing(state), place=place))


def move(state: ViewState, dy: int, dx: int) -> ViewState:
    """The next weight down or across; behind the last one of a channel comes the first of the next channel."""
    channel, row, column = _editing(state).place
    channels, rows, columns = state.layer.bank.kernels.shape[1:]
    row, column = row + dy, column + dx
    if not (0 <= row < rows and 0 <= column < columns):
        onward = dy + dx
        if not 0 <= channel + onward < channels:
            return state
        channel, row, column = channel + onward, row % rows, column % columns
    return choose(state, (channel, row, column))


def next_filter(state: ViewState, step: int) -> ViewState:
    """The next or previous filter, around the end; an enlarged map goes with it."""
    return _on_filter(state, (_editing(state).filter + step) % len(state.layer.bank))


def click(state: ViewState, places: EditPlaces, at: Point) -> ViewState:
    """Choose the weight there."""
    place = places.weight_at(*at)
    return state if place is None else choose(state, place)


def button_under(state: ViewState, event: Button, layout: Layout) -> str | None:
    """The key of the panel's button that is clicked."""
    places = places_of(state, layout)
    if places is None or (event.button, event.gesture) != (MouseButton.LEFT, Gesture.CLICK):
        return None
    number = places.button_at(*event.at)
    return None if number is None else BUTTONS[number][0]


def wheel(state: ViewState, places: EditPlaces, at: Point, notches: float) -> ViewState:
    """One step a notch for the weight there, which is chosen."""
    weight = places.weight_at(*at)
    return state if weight is None else change(choose(state, weight), round(notches))


def drag(state: ViewState, places: EditPlaces, event: Button) -> tuple[ViewState, bool]:
    """Give the weights that the pointer passes the value where the drag began; False for one that began elsewhere."""
    now = _editing(state)
    began = (event.at[0] - event.moved[0], event.at[1] - event.moved[1])
    drag = now.drag
    if drag is None:
        place = places.weight_at(*began)
        drag = Drag(None if place is None else edits.weight_at(state.layer.bank, now.filter, place))
    if drag.value is None:
        return state.with_interaction(editing=replace(now, drag=drag)), False
    for place in _passed(places, began, event.at):
        before, state = state.settings.choice.bank, choose(state, place)
        state = apply(state, _painter(now.filter, place, drag.value), joined=before is drag.made)
        after = state.settings.choice.bank
        drag = drag if after is before else replace(drag, made=after)
    return state.with_interaction(editing=replace(_editing(state), drag=drag)), True


def drop(state: ViewState) -> ViewState:
    """The drag has ended."""
    if state.editing is None:
        return state
    return state.with_interaction(editing=replace(_editing(state), drag=None))


def places_of(state: ViewState, layout: Layout) -> EditPlaces | None:
    """Where the panel's weights and buttons lie; None while it is not there."""
    panel = layout.panel(Panel.EDIT)
    if panel is None or state.editing is None:
        return None
    _, channels, rows, columns = state.layer.bank.kernels.shape
    return edit_places(panel, layout.text, (channels, rows, columns), len(BUTTONS))


def _editing(state: ViewState) -> Editing:
    now = state.editing
    assert now is not None
    return now


def _on_filter(state: ViewState, index: int) -> ViewState:
    viewport = state.interaction.viewport
    if viewport.enlarged is not None:
        viewport = replace(viewport, enlarged=index)
    return state.with_interaction(editing=replace(_editing(state), filter=index), viewport=viewport)


def _painter(index: int, place: Place, value: float) -> edits.Edit:
    return lambda bank: edits.with_weight(bank, index, place, value)


def _passed(places: EditPlaces, began: Point, at: Point) -> list[Place]:
    """The weights on the way, in order."""
    steps = max(1, round(2 * max(abs(at[0] - began[0]), abs(at[1] - began[1])) / max(1.0, places.cell)))
    found: list[Place] = []
    for step in range(steps + 1):
        x, y = (round(one + (other - one) * step / steps) for one, other in zip(began, at, strict=True))
        place = places.weight_at(x, y)
        if place is not None and place not in found[-1:]:
            found.append(place)
    return found
