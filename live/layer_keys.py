"""The panel of the layer's settings: what its key, the arrows, clicks and the wheel make of the state."""

from __future__ import annotations

from dataclasses import replace

from convviz_core.geometry import GeometryError
from live.editing import with_settings
from live.events import Point
from live.layer_lines import LINES, stepped
from live.layout import Layout
from live.layout.line_places import line_at, line_places
from live.layout.panel_places import Panel
from live.state import ViewState


def toggle(state: ViewState, _key: str = "l") -> ViewState:
    """Open it, or close it."""
    return replace(state, appearance=state.appearance.toggled(Panel.LAYER))


def arrow(state: ViewState, dy: int, dx: int) -> ViewState:
    """Up and down choose a line, around the ends; left and right change its value."""
    if dy:
        return state.with_interaction(layer_line=(state.interaction.layer_line + dy) % len(LINES))
    return change(state, dx)


def change(state: ViewState, step: int) -> ViewState:
    """The next value of the chosen line; as it is where there is none, which `why_not` explains."""
    try:
        choice = stepped(state.settings.choice, state.interaction.layer_line, step)
    except GeometryError:
        return state
    return with_settings(state, state.settings.with_choice(choice))


def why_not(state: ViewState, step: int) -> str:
    """Why `change` changes nothing, in one sentence."""
    try:
        stepped(state.settings.choice, state.interaction.layer_line, step)
    except GeometryError as error:
        return str(error)
    return ""


def click(state: ViewState, layout: Layout, at: Point) -> ViewState:
    """Choose the line there; while a kernel is edited, the arrows would not be for it."""
    line = None if state.editing else _line_under(layout, at)
    return state if line is None else state.with_interaction(layer_line=line)


def wheel(state: ViewState, layout: Layout, at: Point, notches: float) -> ViewState:
    """One value a notch for the line there, which is chosen."""
    line = _line_under(layout, at)
    if line is None or not round(notches):
        return state
    return change(state.with_interaction(layer_line=line), round(notches))


def why_no_wheel(state: ViewState, layout: Layout, at: Point, notches: float) -> str:
    """Why `wheel` changes nothing, in one sentence."""
    line = _line_under(layout, at)
    if line is None:
        return "the wheel over a setting changes it"
    return why_not(state.with_interaction(layer_line=line), round(notches))


def _line_under(layout: Layout, at: Point) -> int | None:
    panel = layout.panel(Panel.LAYER)
    return None if panel is None else line_at(line_places(panel, layout.text, len(LINES)), *at)
