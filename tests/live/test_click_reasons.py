"""No click is without an answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convviz_core.filters.built_in import BUILT_IN_BANKS
from live.click_reasons import why_no_click, why_no_wheel
from live.comparing import CompareMode
from live.composing import layout_request
from live.controls import answer
from live.events import Button, Gesture, MouseButton, Point, Wheel
from live.layer_lines import LINES
from live.layout import Layout, arrange
from live.layout.line_places import line_places
from live.layout.panel_places import Panel
from live.state import LayerSettings, ViewState

STATE = ViewState(LayerSettings.of(BUILT_IN_BANKS))
INSPECTING = STATE.with_appearance(panels=frozenset({Panel.INSPECTOR}))
PINS = ((1, 10, 10), (1, 20, 20), (1, 30, 30), (1, 40, 40))
LEFT, RIGHT = MouseButton.LEFT, MouseButton.RIGHT


def layout_of(state: ViewState) -> Layout:
    return arrange(layout_request((1280, 800), (480, 640), state))


def place_of(layout: Layout, where: str) -> Point:
    """The middle of a tile or of a panel, or a pixel between the first two tiles."""
    first, second = layout.tiles[0].picture, layout.tiles[1].picture
    if where == "gap":
        return (first.right + second.x) // 2, first.y + 9
    place = {"input": first, "map": second}.get(where) or layout.panel(Panel(where))
    assert place is not None
    return place.x + place.width // 2, place.y + place.height // 2


@pytest.mark.parametrize(
    ("state", "where", "button", "shift", "words"),
    [
        (STATE, "gap", LEFT, False, "enlarges a map, and there is none here"),
        (STATE, "input", LEFT, False, "this is the input; i lets"),
        (INSPECTING, "gap", LEFT, False, "pins a pixel of a map or of the input, and there is none here"),
        (INSPECTING, "inspector", LEFT, False, "this is the inspector panel"),
        (STATE.with_interaction(watched=PINS[:1]), "watched", LEFT, False, "this is the watched panel"),
        (STATE.with_interaction(watched=PINS), "map", LEFT, True, "four pixels are watched, and no more can be"),
        (INSPECTING, "gap", LEFT, True, "Shift and click watches a pixel of a map, and there is none here"),
        (STATE, "map", RIGHT, False, "lets a pinned or watched pixel go, and there is none"),
    ],
)
def test_a_click_that_changes_nothing_says_why(
    state: ViewState, where: str, button: MouseButton, shift: bool, words: str
) -> None:
    layout = layout_of(state)
    click = Button(button, Gesture.CLICK, place_of(layout, where), shift=shift)
    assert answer(state, click, layout) == (state, None)
    assert words in why_no_click(state, click, layout)


def test_a_pixel_that_is_watched_already_is_said_to_be() -> None:
    layout = layout_of(STATE)
    at = place_of(layout, "map")
    click = Button(LEFT, Gesture.CLICK, at, shift=True)
    watching = answer(STATE, click, layout)[0]
    assert answer(watching, click, layout)[0] == watching
    assert "watched already" in why_no_click(watching, click, layout)


def test_the_pinned_pixel_s_curve_is_said_to_come_with_the_next_watched_one() -> None:
    layout = layout_of(INSPECTING)
    x, y = place_of(layout, "map")
    shift_click = Button(LEFT, Gesture.CLICK, (x, y), shift=True)
    pinned = answer(INSPECTING, replace(shift_click, shift=False), layout)[0]
    assert answer(pinned, shift_click, layout)[0] == pinned
    assert why_no_click(pinned, shift_click, layout).startswith("this is the pinned pixel: its curve comes with")
    watching = answer(pinned, replace(shift_click, at=(x + 30, y)), layout)[0]
    assert len(watching.interaction.pins) == 2
    assert "watched already" in why_no_click(watching, shift_click, layout)  # and its curve is there


def test_dragging_says_what_would_have_to_be_zoomed() -> None:
    layout = layout_of(STATE)
    drag = Button(LEFT, Gesture.DRAG, place_of(layout, "map"), (9, 0))
    assert answer(STATE, drag, layout)[0] == STATE
    assert "zoomed (wheel) or enlarged (z)" in why_no_click(STATE, drag, layout)
    wiping = replace(STATE, comparing=replace(STATE.comparing, mode=CompareMode.WIPE))
    assert why_no_click(wiping, drag, layout).startswith("the wipe's line follows the pointer, without a button")


HELPED = STATE.with_appearance(panels=frozenset({Panel.HELP}))
PROFILED = STATE.with_appearance(panels=frozenset({Panel.PROFILE}))
LAYERED = STATE.with_appearance(panels=frozenset({Panel.LAYER}))


@pytest.mark.parametrize(
    ("state", "where", "notches", "words"),
    [
        (HELPED, "help", 1, "the help has one page"),
        (HELPED, "help", -1, "the help has one page"),
        (PROFILED, "profile", 1, "the profile: nothing to scroll"),
        (LAYERED, "layer", 1, "the wheel over a setting changes it"),
        (STATE, "map", -1, "all is seen already"),
        (STATE, "map", 0.2, ""),  # of a touchpad
        (STATE, "map", 1, ""),
    ],
)
def test_a_turn_of_the_wheel_that_shows_nothing_new_says_why(
    state: ViewState, where: str, notches: float, words: str
) -> None:
    layout = layout_of(state)
    place = layout.panel(Panel(where)) if where != "map" else None
    at = (place.right - 9, place.bottom - 9) if place else place_of(layout, where)
    wheel = Wheel(at, notches)
    after = answer(state, wheel, layout)[0]
    said = why_no_wheel(state, after, wheel, layout, help_pages=1)
    assert said.startswith(words)
    assert bool(said) == bool(words)


def test_the_wheel_over_one_of_several_pages_of_the_help_has_no_reason_to_give() -> None:
    layout = layout_of(HELPED)
    wheel = Wheel(place_of(layout, "help"), -1)
    assert why_no_wheel(HELPED, answer(HELPED, wheel, layout)[0], wheel, layout, help_pages=2) == ""


def test_the_wheel_says_when_pixels_are_as_large_as_they_get_and_why_a_setting_stays() -> None:
    layout = layout_of(STATE)
    wheel = Wheel(place_of(layout, "map"), 200)
    after = answer(STATE, wheel, layout)[0]
    zoomed = layout_of(after)
    again = answer(after, wheel, zoomed)[0]
    assert again == after
    assert why_no_wheel(after, again, wheel, zoomed, help_pages=0) == "pixels are as large as they get"
    layered = layout_of(LAYERED)
    panel = layered.panel(Panel.LAYER)
    assert panel is not None
    first = line_places(panel, layered.text, len(LINES))[0]
    wheel = Wheel((first.x + 9, first.y + first.height // 2), -1)
    assert answer(LAYERED, wheel, layered)[0] == LAYERED
    said = why_no_wheel(LAYERED, LAYERED, wheel, layered, help_pages=0)
    assert "stride" in said
