"""Why a click, a drag or the wheel changed nothing, in one sentence."""

from __future__ import annotations

from live import layer_keys
from live.comparing import CompareMode
from live.edit_keys import why_no_edit
from live.editing import button_under
from live.events import Button, Gesture, MouseButton, Wheel
from live.layout import Layout
from live.layout.panel_places import Panel, panel_name
from live.pointing import under
from live.state import ViewState
from live.watching import MOST_WATCHED

ONE_PAGE = "the help has one page, and this is it"
NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four"}


def why_no_click(state: ViewState, event: Button, layout: Layout) -> str:
    """For one that leaves `state` as it is; empty where nothing was to be expected."""
    if event.gesture == Gesture.DROP or (event.gesture == Gesture.DRAG and state.editing):
        return ""
    if event.gesture == Gesture.DRAG and state.comparing.mode == CompareMode.WIPE:
        return "the wipe's line follows the pointer, without a button; dragging moves what is zoomed (wheel)"
    if event.gesture == Gesture.DRAG:
        return "dragging moves what is zoomed (wheel) or enlarged (z), and now all is seen"
    if event.button == MouseButton.RIGHT:
        return "a right click lets a pinned or watched pixel go, and there is none"
    here = _here(layout, event)
    if key := button_under(state, event, layout):
        return why_no_edit(state, key)
    if layout.panel_at(*event.at) == Panel.EDIT:
        return "a click here chooses a weight, or does what a button says"
    if layout.panel_at(*event.at) == Panel.LAYER and state.editing:
        return "the wheel over a setting changes it; arrows choose a weight until e ends editing"
    if layout.panel_at(*event.at) == Panel.LAYER:
        return "a click here chooses a setting; left and right, or the wheel over it, change it"
    if event.shift:
        if here:
            return f"Shift and click watches a pixel of a map, and {here}"
        if under(state, layout, event.at) == state.interaction.pinned and not state.interaction.watched:
            return "this is the pinned pixel: its curve comes with that of the next one that is watched"
        if under(state, layout, event.at) in state.interaction.pins:
            return "this pixel is watched already: a right click lets it go"
        return f"{NUMBERS[MOST_WATCHED]} pixels are watched, and no more can be: a right click lets the nearest go"
    if state.shows(Panel.INSPECTOR):
        return f"a click pins a pixel of a map or of the input, and {here}"
    if layout.input_pixel(*event.at) is not None:
        return "a click enlarges a map, and this is the input; i lets you point at its pixels"
    return f"a click enlarges a map, and {here}"


def why_no_wheel(state: ViewState, after: ViewState, event: Wheel, layout: Layout, *, help_pages: int) -> str:
    """For a whole notch that makes `after` of `state` and nothing that is seen; else empty."""
    panel = layout.panel_at(*event.at)
    no_list = panel == Panel.INSPECTOR and state.model is not None  # all of it is there
    if abs(event.notches) < 1 or (panel != Panel.HELP and after != state and not no_list):
        return ""
    if panel == Panel.HELP:
        return ONE_PAGE if help_pages == 1 else ""
    if panel == Panel.LAYER:
        return layer_keys.why_no_wheel(state, layout, event.at, event.notches)
    if panel == Panel.EDIT:
        return "the wheel over a weight changes it"
    if panel in (Panel.LAYERS, Panel.INSPECTOR) and not no_list:
        return "the list ends here"
    if panel:
        return f"{panel_name(panel)}: nothing to scroll; over the tiles the wheel zooms"
    if event.notches > 0:
        return "pixels are as large as they get" if layout.tiles else ""
    return "all is seen already: the wheel zooms in when it is turned the other way" if layout.tiles else ""


def _here(layout: Layout, event: Button) -> str:
    """What lies there instead of a tile; empty on one."""
    panel = layout.panel_at(*event.at)
    if panel:
        return f"this is the {panel} panel"
    on_tile = layout.map_pixel(*event.at) or layout.input_pixel(*event.at)
    return "" if on_tile else "there is none here"
