"""What the wheel over a panel and the keys for pages do."""

from __future__ import annotations

import pytest

from convviz_core.filters.built_in import BUILT_IN_BANKS
from live.composing import layout_request
from live.controls import answer, press
from live.events import Wheel
from live.key_reasons import why_nothing
from live.layout import arrange
from live.layout.panel_places import Panel
from live.scrolling import listed
from live.state import LayerSettings, ViewState

STATE = ViewState(LayerSettings.of(BUILT_IN_BANKS))
HELP = STATE.with_appearance(panels=frozenset({Panel.HELP}))


def turned(state: ViewState, panel: Panel, notches: float) -> ViewState:
    layout = arrange(layout_request((1280, 800), (480, 640), state))
    place = layout.panel(panel)
    assert place is not None
    return answer(state, Wheel((place.x + 9, place.y + 9), notches), layout)[0]


def test_page_keys_and_the_wheel_turn_the_help_s_pages() -> None:
    second = press(HELP, "PageDown")[0]
    assert second.interaction.help_page == 1
    assert press(second, "PageUp")[0] == HELP
    assert turned(HELP, Panel.HELP, -1) == second
    assert turned(second, Panel.HELP, 1) == HELP


def test_the_wheel_over_the_inspector_scrolls_its_maps_and_stops_at_the_ends() -> None:
    inspecting = STATE.with_settings(bank_index=7).with_appearance(panels=frozenset({Panel.INSPECTOR}))  # eight
    assert turned(inspecting, Panel.INSPECTOR, -1).interaction.scrolled_maps == 4
    assert turned(inspecting, Panel.INSPECTOR, -9).interaction.scrolled_maps == 7
    assert turned(inspecting, Panel.INSPECTOR, 1) == inspecting


@pytest.mark.parametrize("key", ["PageUp", "PageDown"])
def test_without_the_help_they_say_where_it_is(key: str) -> None:
    assert press(STATE, key) == (STATE, None)
    assert why_nothing(STATE, key) == f"{key} turns the help's pages, and there is none: h opens it"


def test_a_notch_back_from_the_end_of_the_list_counts_at_once() -> None:
    inspecting = STATE.with_settings(bank_index=7).with_appearance(panels=frozenset({Panel.INSPECTOR}))  # eight
    beyond = turned(inspecting, Panel.INSPECTOR, -9)
    seen = listed(beyond, 5)  # there is room for three
    assert turned(seen, Panel.INSPECTOR, 1).interaction.scrolled_maps == 1
    assert listed(inspecting, 5) == inspecting
