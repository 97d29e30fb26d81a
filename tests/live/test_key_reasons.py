"""No key is without an answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.ranges import RangeMode
from live.comparing import CompareMode, Comparing
from live.controls import KEYS, MODES, press
from live.key_effects import MAX_GAIN
from live.key_reasons import why_nothing, why_over, why_unseen
from live.layout.panel_places import Panel
from live.layout.viewport import Viewport
from live.state import LayerSettings, ViewState

STATE = ViewState(LayerSettings.of(BUILT_IN_BANKS))
ONE_BANK = ViewState(LayerSettings.of(BUILT_IN_BANKS[:1]))
ENLARGED = STATE.with_appearance(range=RangeMode.FRAME).with_interaction(viewport=Viewport(0))

DIFFERENCE = replace(STATE, comparing=Comparing(STATE.layer, mode=CompareMode.DIFFERENCE))


@pytest.mark.parametrize(
    ("key", "state", "words"),
    [
        ("+", STATE.with_appearance(range=RangeMode.FRAME), "frame range"),
        ("-", STATE.with_appearance(range=RangeMode.FRAME), "n changes the range"),
        ("+", STATE.with_appearance(gain=MAX_GAIN), "1024 already"),
        ("0", STATE, "gain and zoom are 1"),
        ("f", ONE_BANK, "only this filter bank"),
        ("d", ONE_BANK, "only this filter bank"),
        ("1", STATE, "bank 1 is shown already"),
        ("5", ViewState(LayerSettings.of(BUILT_IN_BANKS[:3])), "only 3 filter banks"),
        ("Left", STATE, "(i) or pan what is zoomed (wheel) or enlarged (z)"),
        ("u", STATE, "nothing to undo"),
        ("y", STATE, "nothing that was undone"),
        ("#", STATE, "h shows the keys"),
        ("F5", STATE, "F5 means nothing here"),
        ("²", STATE, "² means nothing here"),
        (
            "o",
            STATE,
            "o has a meaning while a kernel is edited (e): write the bank to a new file, NAME-edited",
        ),
        ("!", STATE, "while a kernel is edited (e): negate the kernel"),
        ("Delete", STATE, "while a kernel is edited (e): remove the filter"),
        ("[", STATE, "[ has a meaning while a model is shown (--model): previous and next layer"),
        ("[", press(STATE, "e")[0], "while a model is shown (--model): previous"),
        ("Enter", STATE, "while a model is shown (--model): take"),
        ("t", DIFFERENCE, "b goes on to the layers themselves"),
        ("t", DIFFERENCE.with_appearance(tint=True), "and their tint is back"),
    ],
)
def test_a_key_that_changes_nothing_says_why(key: str, state: ViewState, words: str) -> None:
    assert press(state, key) == (state, None)
    assert words in why_nothing(state, key)


@pytest.mark.parametrize("key", [key for binding in KEYS for key in binding.keys])
@pytest.mark.parametrize("state", [STATE, ONE_BANK, ENLARGED])
def test_no_key_of_the_table_lacks_a_reason_of_its_own(key: str, state: ViewState) -> None:
    after, effect = press(state, key)
    if (after, effect) == (state, None):
        assert "changes nothing now" not in why_nothing(state, key)


@pytest.mark.parametrize("key", [key for _, _, bindings in MODES for binding in bindings for key in binding.keys])
@pytest.mark.parametrize("state", [STATE, press(STATE, "e")[0]])
def test_no_key_of_another_mode_is_said_to_mean_nothing(key: str, state: ViewState) -> None:
    if press(state, key) == (state, None):
        assert "means nothing here" not in why_nothing(state, key)


HELPED = STATE.with_appearance(panels=frozenset({Panel.HELP}))


@pytest.mark.parametrize(
    ("key", "state", "covered", "words"),
    [
        ("g", STATE.with_interaction(viewport=Viewport(0)), False, "where it is hidden now"),
        ("p", HELPED, False, "the profile: open when the help is closed"),
        ("l", HELPED, False, "the layer's settings: open when the help is closed"),
        ("r", HELPED, True, "the help covers what this key does"),
        ("r", HELPED, False, ""),
        ("h", HELPED, True, ""),
        ("p", STATE, False, ""),
        ("g", STATE, False, ""),
    ],
)
def test_a_key_whose_change_is_not_on_the_screen_says_so(key: str, state: ViewState, covered: bool, words: str) -> None:
    after, _ = press(state, key)
    assert after != state
    said = why_unseen(after, key, covered=covered)
    assert words in said
    assert bool(said) == bool(words)


@pytest.mark.parametrize("key", ["PageUp", "PageDown"])
def test_a_help_of_one_page_says_that_there_is_no_other(key: str) -> None:
    after, _ = press(HELPED, key)
    assert why_unseen(after, key, covered=False, help_pages=1).startswith("the help has one page")
    assert why_unseen(after, key, covered=False, help_pages=2) == ""
    channels = press(STATE, key)[0]
    assert "one page" not in why_unseen(channels, key, covered=False, help_pages=1)  # the help is closed


def test_pausing_and_stepping_have_a_reason_after_the_last_picture() -> None:
    assert why_over("space", replays=False) == "no other picture comes: there is nothing to pause"
    assert why_over(".", replays=False) == "no other picture comes: this is the last one"
    assert why_over(".", replays=True).endswith("this is the last one, and space plays all of them again")


def test_a_difference_has_nothing_to_tint() -> None:
    difference = replace(STATE, comparing=replace(STATE.comparing, mode=CompareMode.DIFFERENCE))
    assert press(difference, "t") == (difference, None)
    assert "a difference has nothing" in why_nothing(difference, "t")
