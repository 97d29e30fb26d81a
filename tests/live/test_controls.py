"""Every key changes what it says, and nothing else; so do the wheel and the mouse's buttons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convviz_core.filters.bank import FilterBank
from convviz_core.filters.built_in import BUILT_IN_BANKS
from live.composing import layout_request
from live.controls import answer, press
from live.events import Button, DisplayEvent, Gesture, Key, MouseButton, Point, Wheel
from live.layout import Layout, arrange
from live.layout.panel_places import Panel
from live.layout.viewport import Viewport
from live.pointing import followed, kept_inside
from live.state import Appearance, ViewState
from live.state import LayerSettings as Settings

STATE = ViewState(Settings.of(BUILT_IN_BANKS))
WITH_INSPECTOR = replace(STATE, appearance=Appearance(panels=frozenset({Panel.INSPECTOR})))


def layout_of(state: ViewState) -> Layout:
    return arrange(layout_request((960, 720), (480, 640), state))


def middle_of(layout: Layout, index: int | None) -> Point:
    tile = layout.tile(index)
    assert tile is not None
    return tile.picture.x + tile.picture.width // 2, tile.picture.y + tile.picture.height // 2


def after(state: ViewState, *events: DisplayEvent) -> ViewState:
    for event in events:
        layout = layout_of(state)
        state = kept_inside(answer(state, event, layout)[0], layout)
    return state


@pytest.mark.parametrize("index", [None, 0, 3])
def test_the_wheel_zooms_about_the_pixel_under_the_pointer_in_whichever_tile(index: int | None) -> None:
    at = middle_of(layout_of(STATE), index)
    at = (at[0] + 30, at[1] - 20)
    before = layout_of(STATE)
    zoomed = layout_of(after(STATE, *[Wheel(at, 1)] * 6))
    assert zoomed.scale == pytest.approx(1.25**6 * before.scale)
    find = Layout.input_pixel if index is None else Layout.map_pixel
    assert find(zoomed, *at) == find(before, *at)


def test_three_notches_up_and_three_down_are_the_first_view_again() -> None:
    at = middle_of(layout_of(STATE), 2)
    assert after(STATE, *[Wheel(at, 1)] * 3, *[Wheel(at, -1)] * 3) == STATE
    assert after(STATE, Wheel(at, -1)) == STATE


def test_notches_that_come_between_two_pictures_add_up() -> None:
    layout, at = layout_of(STATE), middle_of(layout_of(STATE), 1)
    state = STATE
    for _ in range(3):
        state = answer(state, Wheel(at, 1), layout)[0]
    assert kept_inside(state, layout) == after(STATE, *[Wheel(at, 1)] * 3)


def test_over_a_panel_the_wheel_does_not_zoom() -> None:
    place = layout_of(WITH_INSPECTOR).panel(Panel.INSPECTOR)
    assert place is not None
    assert after(WITH_INSPECTOR, Wheel((place.x + 5, place.y + 5), 1)) == WITH_INSPECTOR


def test_dragging_takes_the_picture_along() -> None:
    at = middle_of(layout_of(STATE), 0)
    zoomed = after(STATE, *[Wheel(at, 1)] * 12)
    held = layout_of(zoomed).map_pixel(*at)
    dragged = after(zoomed, Button(MouseButton.LEFT, Gesture.DRAG, (at[0] + 40, at[1] - 25), (40, -25)))
    assert layout_of(dragged).map_pixel(at[0] + 40, at[1] - 25) == held
    assert after(STATE, Button(MouseButton.LEFT, Gesture.DRAG, at, (40, -25))) == STATE


def test_the_help_opens_on_its_first_page() -> None:
    turned = press(press(STATE, "h")[0], "PageDown")[0]
    assert turned.interaction.help_page == 1
    assert press(press(turned, "h")[0], "h")[0].interaction.help_page == 0


def test_0_takes_gain_and_zoom_back() -> None:
    at = middle_of(layout_of(STATE), 0)
    zoomed = after(press(STATE, "+")[0], *[Wheel(at, 1)] * 5)
    layout = layout_of(zoomed)
    back = press(zoomed, "0")[0]
    assert kept_inside(back, replace(layout, zoomed=None)) == STATE


def test_arrows_move_the_pin_first_and_else_what_is_zoomed() -> None:
    zoomed = WITH_INSPECTOR.with_interaction(viewport=Viewport(None, (10.0, 10.0), 4), hovered=(0, 5, 5))
    assert press(zoomed, "Right")[0].interaction.viewport.corner_yx == (10, 10 + round(32 / 1.25**4))
    pinned = zoomed.with_interaction(pinned=(1, 5, 5))
    assert press(pinned, "Right")[0].interaction.pinned == (1, 5, 6)
    assert press(pinned, "Right")[0].interaction.viewport == zoomed.interaction.viewport
    assert press(WITH_INSPECTOR, "Down")[0].interaction.pinned == (0, 1, 0)


def test_a_map_is_enlarged_where_it_is_zoomed_and_another_bank_keeps_the_zoom() -> None:
    viewport = Viewport(None, (10.0, 10.0), 4)
    zoomed = STATE.with_interaction(viewport=viewport)
    assert press(zoomed, "z")[0].interaction.viewport == replace(viewport, enlarged=0)
    assert press(press(zoomed, "z")[0], "f")[0].interaction.viewport == viewport


def test_a_pin_that_walks_out_of_what_is_zoomed_is_followed_and_panning_is_left_alone() -> None:
    zoomed = WITH_INSPECTOR.with_interaction(viewport=Viewport(None, (100.0, 100.0), 12), pinned=(0, 100, 110))
    layout = layout_of(zoomed)
    moved = press(zoomed, "Up")[0]
    assert followed(zoomed, moved, layout).interaction.viewport.corner_yx == (99, 100)
    panned = zoomed.with_interaction(viewport=Viewport(None, (300.0, 300.0), 12))
    assert followed(zoomed, panned, layout) == panned


def test_pins_stay_at_their_place_of_the_scene_when_another_bank_is_shown_and_come_back_with_the_first() -> None:
    """A 4x4 kernel's response (10, 20) has its middle at pixel (11, 21), as a 3x3 one's (10, 20) has."""
    pinned = WITH_INSPECTOR.with_interaction(pinned=(1, 10, 20), watched=((0, 30, 40), (1, 10, 20)))
    at_each = pinned
    for _ in BUILT_IN_BANKS:
        at_each = after(at_each, Key("f"))
        index, y, x = at_each.interaction.pinned or (99, 0, 0)
        assert at_each.layer.geometry.middle_pixel(y, x) == (11, 21)
        assert index < len(at_each.layer.bank)
        assert at_each.interaction.watched[-1] == at_each.interaction.pinned
    assert at_each == pinned


def test_a_pin_on_a_map_that_the_next_bank_lacks_goes_to_its_last_and_beside_the_maps_it_is_brought_back() -> None:
    few = FilterBank.from_array("few", np.ones((2, 31, 31), np.float32))
    banks = replace(WITH_INSPECTOR, settings=Settings.of((BUILT_IN_BANKS[0], few)))
    pinned = banks.with_interaction(pinned=(3, 470, 0), watched=((2, 9, 9), (3, 9, 9)))
    moved = after(after(pinned, Key("f")), Wheel((0, 0), 0))  # the second event sees the second bank's layout
    assert moved.interaction.pinned == (1, 480 - 31, 0)
    assert moved.interaction.watched == ((1, 0, 0),)
