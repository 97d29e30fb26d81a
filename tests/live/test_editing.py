"""Editing by hand: keys, clicks, the wheel and drags change the weights, and all of it can be undone exactly."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from convviz_core.filters.bank import FilterBank
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.filters.edits import same_filters
from convviz_core.geometry import ConvSettings
from live.composing import layout_request
from live.controls import KEYS, answer, press
from live.edit_keys import EDIT_BINDING_OF, EDIT_KEYS
from live.editing import ACTIONS, BUTTONS, places_of
from live.events import Button, DisplayEvent, Gesture, Key, MouseButton, Point, Pointer, Wheel
from live.history import MOST_STEPS
from live.key_effects import Effect
from live.key_reasons import why_nothing
from live.layout import Layout, arrange
from live.layout.edit_places import EditPlaces
from live.layout.panel_places import Panel
from live.layout.viewport import Viewport
from live.purposes import edit_sections
from live.state import LayerSettings, ViewState

STATE = ViewState(LayerSettings.of(BUILT_IN_BANKS))
SEED = BUILT_IN_BANKS[0].kernels
RGB = FilterBank.from_array("rgb", np.arange(24.0).reshape(2, 3, 2, 2))
COLOUR = ViewState(LayerSettings.of((RGB,)))


def layout_of(state: ViewState) -> Layout:
    return arrange(layout_request((960, 720), (480, 640), state))


def after(state: ViewState, *events: DisplayEvent | str) -> ViewState:
    """What a person's doing makes of the state; a text stands for keys, parted by spaces."""
    for event in events:
        for each in map(Key, event.split()) if isinstance(event, str) else [event]:
            state = answer(state, each, layout_of(state))[0]
    return state


def places(state: ViewState) -> EditPlaces:
    found = places_of(state, layout_of(state))
    assert found is not None
    return found


def at(state: ViewState, row: int, column: int, channel: int = 0) -> Point:
    cell = places(state).cell_at((channel, row, column))
    return cell.x + cell.width // 2, cell.y + cell.height // 2


def drag(state: ViewState, *points: Point) -> ViewState:
    for before, now in pairwise(points):
        moved = (now[0] - before[0], now[1] - before[1])
        state = after(state, Button(MouseButton.LEFT, Gesture.DRAG, now, moved))
    return after(state, Button(MouseButton.LEFT, Gesture.DROP, points[-1]))


def changed(state: ViewState) -> dict[tuple[int, ...], float]:
    """Where the seed bank's weights are others now, and which: (filter, row, column)."""
    kernels = state.settings.choice.bank.kernels
    found = [tuple(place) for place in np.argwhere(kernels != SEED).tolist()]
    return {(index, row, column): float(kernels[index, 0, row, column]) for index, _, row, column in found}


def test_the_first_weight_is_chosen_and_plus_and_minus_change_it_by_a_step() -> None:
    assert changed(after(STATE, "e + + +")) == {(0, 0, 0): 2}
    assert changed(after(STATE, "e + + + -")) == {(0, 0, 0): 1}
    assert changed(after(STATE, "e Right Right Down 0 Tab - - Shift+Tab Left -")) == {
        (0, 1, 2): 0,
        (1, 1, 2): -3,
        (0, 1, 1): -2,
    }


def test_outside_of_editing_these_keys_keep_their_meaning_and_so_do_all_others_within() -> None:
    assert press(STATE, "+")[0].appearance.gain == 2
    editing = after(STATE, "e")
    for binding in KEYS:
        for key in set(binding.keys) - EDIT_BINDING_OF.keys():
            normal, effect = press(STATE, key)
            within, same_effect = press(editing, key)
            assert same_effect == effect
            assert within.appearance == normal.appearance
            assert within.settings == normal.settings


@pytest.mark.parametrize(
    ("state", "index"),
    [
        (STATE, 0),
        (STATE.with_interaction(hovered=(2, 5, 5)), 2),
        (STATE.with_interaction(hovered=(2, 5, 5), pinned=(1, 3, 3)), 1),
        (STATE.with_interaction(pinned=(1, 3, 3), viewport=Viewport(3)), 3),
    ],
)
def test_the_enlarged_the_pinned_the_pointed_at_or_the_first_map_is_edited(state: ViewState, index: int) -> None:
    assert changed(after(state, "e +")) == {(index, 0, 0): float(SEED[index, 0, 0, 0]) + 1}


def test_a_map_is_pointed_at_without_the_inspector_too() -> None:
    tile = layout_of(STATE).tile(2)
    assert tile is not None
    pointing = after(STATE, Pointer((tile.picture.x + 9, tile.picture.y + 9)))
    assert changed(after(pointing, "e +")) == {(2, 0, 0): 0}


def test_esc_leaves_editing_before_all_else_and_e_leaves_it_too() -> None:
    within = after(STATE.with_interaction(pinned=(0, 1, 1)), "h e +")
    left = after(within, "Esc")
    assert left.interaction.editing is None
    assert left.interaction.pinned is not None
    assert left.shows(Panel.HELP)
    assert changed(left) == changed(within)
    assert after(within, "e") == left
    assert press(after(left, "Esc Esc"), "Esc")[1] == Effect.QUIT


def test_the_chosen_filter_goes_around_the_end_and_takes_the_enlarged_map_along() -> None:
    enlarged = STATE.with_interaction(viewport=Viewport(3))
    assert after(enlarged, "e Tab").interaction.viewport.enlarged == 0
    assert after(enlarged, "e Shift+Tab").interaction.viewport.enlarged == 2


def test_arrows_go_on_from_red_to_green_to_blue_and_stop_at_the_ends() -> None:
    last = after(COLOUR, "e" + " Right" * 9)
    editing = last.editing
    assert editing is not None
    assert editing.place == (2, 0, 1)
    assert last.with_interaction(editing=None) == COLOUR
    green = after(COLOUR, "e Down Down +").settings.choice.bank.kernels
    assert np.argwhere(green != RGB.kernels).tolist() == [[0, 1, 0, 0]]


def test_a_click_chooses_and_the_wheel_over_a_weight_changes_it() -> None:
    editing = after(STATE, "e")
    clicked = after(editing, Button(MouseButton.LEFT, Gesture.CLICK, at(editing, 2, 3)))
    assert clicked.settings == STATE.settings
    assert changed(after(clicked, "+")) == {(0, 2, 3): 2}
    assert changed(after(editing, Wheel(at(editing, 1, 0), 2))) == {(0, 1, 0): 1}
    assert changed(after(editing, Wheel(at(editing, 1, 0), 2), "u")) == {}
    assert after(editing, Wheel(at(editing, 1, 0), -1)).interaction.viewport == STATE.interaction.viewport


def test_the_blue_plane_is_clicked_in_the_blue_plane() -> None:
    editing = after(COLOUR, "e")
    clicked = after(editing, Button(MouseButton.LEFT, Gesture.CLICK, at(editing, 1, 0, 2)), "+")
    assert np.argwhere(clicked.settings.choice.bank.kernels != RGB.kernels).tolist() == [[0, 2, 1, 0]]


def test_dragging_gives_each_weight_it_passes_the_first_one_s_value_in_one_step() -> None:
    editing = after(STATE, "e")
    painted = drag(editing, at(editing, 0, 3), at(editing, 0, 1), at(editing, 0, 0))  # fast: a weight is jumped over
    assert changed(painted) == {(0, 0, 0): 1, (0, 0, 1): 1}
    assert changed(after(painted, "u")) == {}
    again = drag(painted, at(editing, 3, 3), at(editing, 3, 0))
    assert changed(after(again, "u")) == changed(painted)  # another drag, another step


@pytest.mark.parametrize(("keys", "steps"), [("u", 1), ("+", 3), ("! !", 4)])
def test_keys_between_do_not_join_what_is_dragged_on_to_another_step(keys: str, steps: int) -> None:
    state = after(STATE, "e")
    for begin, end in ((3, 1), (1, 0)):
        began, now = at(state, 0, begin), at(state, 0, end)
        dragging = Button(MouseButton.LEFT, Gesture.DRAG, now, (now[0] - began[0], now[1] - began[1]))
        before = after(state, keys) if begin == 1 else state
        state = after(before, dragging)
    assert len(state.settings.history.past) == steps
    assert after(state, "u").settings.choice == before.settings.choice
    assert changed(after(state, " ".join(["u"] * steps))) == {}


def test_what_was_undone_before_a_drag_goes_on_is_not_done_again() -> None:
    state = after(STATE, "e")
    for begin, end, keys in ((3, 1, "! u"), (1, 0, "y")):
        began, now = at(state, 0, begin), at(state, 0, end)
        dragging = Button(MouseButton.LEFT, Gesture.DRAG, now, (now[0] - began[0], now[1] - began[1]))
        state = after(state, dragging, keys)
    assert changed(state) == {(0, 0, 0): 1, (0, 0, 1): 1}
    assert changed(after(state, "u")) == {}


def test_dragging_from_elsewhere_pans_and_changes_no_weight() -> None:
    tile = layout_of(STATE).tile(0)
    assert tile is not None
    zoomed = after(STATE, "e").with_interaction(viewport=Viewport(None, (100.0, 100.0), 8))
    editing = replace(zoomed, interaction=replace(zoomed.interaction, editing=after(STATE, "e").interaction.editing))
    dragged = drag(editing, (tile.picture.x + 50, tile.picture.y + 50), at(editing, 0, 3), at(editing, 0, 0))
    assert dragged.settings == STATE.settings
    assert dragged.interaction.viewport != editing.interaction.viewport


def test_each_button_does_what_its_key_does() -> None:
    editing = after(STATE, "e Right + +")
    for number, (key, _) in enumerate(BUTTONS):
        place = places(editing).buttons[number]
        event = Button(MouseButton.LEFT, Gesture.CLICK, (place.x + 2, place.y + 2))
        (clicked, effect), (pressed, same_effect) = answer(editing, event, layout_of(editing)), press(editing, key)
        assert effect == same_effect
        assert same_filters(clicked.layer.bank, pressed.layer.bank)
        assert (effect is None) == (clicked != editing or key == "y")


def test_an_edit_of_true_convolution_is_one_of_the_kernel_as_it_is_shown() -> None:
    flipped = after(STATE, "x e + +")
    assert flipped.layer.bank.kernels[0, 0, 0, 0] == SEED[0, 0, 3, 3] + 2
    assert changed(flipped) == {(0, 3, 3): 3}


def test_a_step_is_fixed_when_editing_begins() -> None:
    gabor = press(STATE, str(1 + [bank.name for bank in BUILT_IN_BANKS].index("gabor")))[0]
    step = after(gabor, "e").interaction.editing
    assert step is not None
    more = after(gabor, "e" + " +" * 40).interaction.editing
    assert more is not None
    assert more.step == step.step
    again = after(gabor, "e" + " +" * 400 + " e e").interaction.editing
    assert again is not None
    assert again.step > step.step


def test_banks_keep_their_edits_and_their_own_steps_back_and_the_built_in_ones_stay_as_they_are() -> None:
    both = after(STATE, "e + f - - d")
    assert both.layer.bank.name == "udacity*"
    assert changed(both) == {(0, 0, 0): 0}
    assert changed(after(both, "u u u")) == {}
    assert after(both, "u").layer.bank is BUILT_IN_BANKS[0]
    assert after(both, "u f").layer.bank.name == f"{BUILT_IN_BANKS[1].name}*"
    assert np.array_equal(BUILT_IN_BANKS[0].kernels, SEED)


def test_weights_that_are_the_original_ones_again_have_no_star() -> None:
    assert after(STATE, "e + -").layer.bank is BUILT_IN_BANKS[0]
    assert after(STATE, "e @ @ @ @").layer.bank is BUILT_IN_BANKS[0]


def test_geometry_and_bias_are_undone_and_the_display_is_not() -> None:
    choice = replace(STATE.settings.choice, conv=ConvSettings(stride=2), bias=True)
    strided = replace(STATE, settings=STATE.settings.with_choice(choice))
    after_it = after(strided, "e + r c u")
    assert after_it.settings.choice == choice
    assert after(after_it, "u").settings.choice == STATE.settings.choice
    assert after(after_it, "u").appearance == after_it.appearance
    assert after(after_it, "u").settings.activation != STATE.settings.activation


def test_a_thousand_steps_and_no_more_are_undone() -> None:
    state = after(STATE, "e" + " +" * (MOST_STEPS + 5))
    back = after(state, "u " * MOST_STEPS)
    assert changed(back) == {(0, 0, 0): 4}
    assert after(back, "u") == back
    assert after(back, "y " * MOST_STEPS).settings.choice == state.settings.choice


HAND = st.sampled_from([*ACTIONS, "+", "-", "0", "Tab", "Shift+Tab", "Left", "Up", "Right", "Down", "x", "f", "d"])


@settings(max_examples=60)
@given(st.lists(HAND, max_size=40), st.sampled_from((STATE, COLOUR)))
def test_any_edits_are_undone_and_done_again_to_the_last_bit(keys: list[str], state: ViewState) -> None:
    state = press(state, "e")[0]
    seen = {index: [choice] for index, choice in enumerate(state.settings.choices)}
    for key in keys:
        state = press(state, key)[0]
        trail = seen[state.settings.bank_index]
        if state.settings.choice != trail[-1]:
            trail.append(state.settings.choice)
    trail = seen[state.settings.bank_index]
    assert len(state.settings.history.past) == len(trail) - 1
    for choice in trail[-2::-1]:
        state = press(state, "u")[0]
        assert state.settings.choice is choice or state.settings.choice == choice
    assert state.layer.bank.name == state.settings.original.name
    for choice in trail[1:]:
        state = press(state, "y")[0]
        assert state.settings.choice == choice


def test_after_an_edit_what_was_undone_is_gone() -> None:
    state = after(STATE, "e + + u -")
    assert after(state, "y") == state
    assert why_nothing(state, "y") == "there is nothing that was undone"


def test_a_key_that_edits_nothing_says_why() -> None:
    editing = after(STATE, "e")
    assert why_nothing(editing, "$") == "its sum is 0 already"
    assert why_nothing(editing, "u") == "there is nothing to undo"
    assert why_nothing(STATE, "u") == "there is nothing to undo of this bank"
    assert why_nothing(editing, "Left") == "the kernel ends here: Tab goes on to the next filter"
    for binding in EDIT_KEYS:
        for key in binding.keys:
            assert why_nothing(editing, key)


def test_what_is_chosen_stays_inside_a_bank_that_shrinks() -> None:
    corner = after(STATE, "e Shift+Tab Right Right Right Down Down Down")
    assert changed(after(corner, "+")) == {(3, 3, 3): 0}
    small = after(corner, "Delete ( < u u u y y y")
    editing = small.editing
    assert editing is not None
    assert (editing.filter, editing.place) == (2, (0, 2, 2))
    assert after(small, "+").settings.choice.bank.kernels.shape == (3, 1, 3, 3)


def test_a_copy_is_what_is_edited_from_then_on() -> None:
    copied = after(STATE, "e Insert +").settings.choice.bank
    assert copied.labels == ("filter 1", "filter 5", "filter 2", "filter 3", "filter 4")
    assert np.argwhere(copied.kernels[1] != SEED[0]).tolist() == [[0, 0, 0]]


def test_while_editing_the_help_says_what_its_keys_mean_then() -> None:
    said = [keys for _, lines in edit_sections() for keys, _ in lines]
    for key in ("+ -", "0", "arrows", "u y", "o", "Tab Shift+Tab", "e Esc", "s", "f"):
        assert said.count(key) == 1
    words = dict(line for _, lines in edit_sections() for line in lines)
    assert words["0"] == "make the weight 0"


def test_only_what_no_file_has_is_unsaved() -> None:
    edited = after(STATE, "e +")
    assert edited.settings.unsaved == (0,)
    written = replace(edited, settings=edited.settings.with_written())
    assert written.settings.unsaved == ()
    assert after(written, "+").settings.unsaved == (0,)
    assert after(written, "+ -").settings.unsaved == ()
    assert after(written, "u").settings.unsaved == ()
    assert press(edited, "o")[1] == Effect.WRITE_BANK
