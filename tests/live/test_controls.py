"""Every key changes what it says, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.layer import Activation
from convviz_core.ranges import RangeMode
from live.controls import COLORMAPS, KEYS, Effect, ViewState, click, key_table, let_go, pan, point, press

STATE = ViewState(BUILT_IN_BANKS)


def after(*keys: str, state: ViewState = STATE) -> ViewState:
    for key in keys:
        state, _ = press(state, key)
    return state


@pytest.mark.parametrize("key", ["r", "m", "x", "k", "i", "t", "g", "p", "w", "h", "?", "space", "z"])
def test_a_switch_pressed_twice_is_back_where_it_was(key: str) -> None:
    assert after(key) != STATE
    assert after(key, key) == STATE


def test_keys_of_the_table_are_all_different() -> None:
    names = [name for binding in KEYS for name in binding.keys]
    assert len(names) == len(set(names))


def test_a_key_without_a_binding_changes_nothing() -> None:
    assert press(STATE, "y") == (STATE, None)


@pytest.mark.parametrize(
    ("key", "effect"),
    [("q", Effect.QUIT), ("Esc", Effect.QUIT), (".", Effect.STEP), ("s", Effect.SNAPSHOT), ("v", Effect.RECORD)],
)
def test_some_keys_ask_the_loop_for_something(key: str, effect: Effect) -> None:
    assert press(STATE, key)[1] == effect


def test_r_takes_relu_away() -> None:
    assert after("r").layer.activation == Activation.NONE


def test_n_goes_round_the_range_modes() -> None:
    modes = [after(*["n"] * times).range for times in range(4)]
    assert modes == [RangeMode.AUTO, RangeMode.FIXED, RangeMode.FRAME, RangeMode.AUTO]


def test_c_goes_round_the_colour_maps() -> None:
    assert [after(*["c"] * times).colormap for times in range(len(COLORMAPS))] == list(COLORMAPS)


def test_f_and_d_go_through_the_banks_and_round_the_ends() -> None:
    assert after("f").bank_index == 1
    assert after("f", "d") == STATE
    assert after("d").bank_index == len(BUILT_IN_BANKS) - 1


def test_digits_choose_one_of_the_first_nine_banks_where_there_is_one() -> None:
    assert after("3").bank_index == 2
    two = replace(STATE, banks=BUILT_IN_BANKS[:2])
    assert after("3", state=two) == two


def test_gain_doubles_halves_and_goes_back() -> None:
    assert after("+", "+").gain == 4
    assert after("-").gain == 0.5
    assert after("+", "0") == STATE


def test_gain_means_nothing_in_frame_mode() -> None:
    frame = replace(STATE, range=RangeMode.FRAME)
    assert after("+", "-", "+", state=frame) == frame


@given(st.lists(st.sampled_from([name for binding in KEYS for name in binding.keys]), max_size=60))
def test_no_sequence_of_keys_leaves_the_state_without_meaning(keys: list[str]) -> None:
    state = after(*keys)
    assert 0 <= state.bank_index < len(state.banks)
    assert 2**-10 <= state.gain <= 2**10
    assert state.colormap in COLORMAPS
    assert state.layer.bank.name == state.banks[state.bank_index].name


def test_the_same_state_gives_the_same_bank_object_so_that_plans_are_kept() -> None:
    assert after("x").layer.bank is after("x").layer.bank
    assert after("x").layer.bank.kernels[0, 0].tolist() == STATE.layer.bank.kernels[0, 0, ::-1, ::-1].tolist()


def test_a_click_enlarges_a_tile_and_the_next_goes_back() -> None:
    assert click(STATE, (2, 5, 6)).enlarged == 2
    assert click(click(STATE, (2, 5, 6)), (2, 1, 1)) == STATE
    assert click(STATE, None) == STATE


def test_with_the_inspector_a_click_pins_and_a_second_one_lets_go() -> None:
    state = click(after("i"), (1, 5, 6))
    assert state.pinned == (1, 5, 6)
    assert click(state, (1, 5, 6)).pinned is None
    assert click(state, (0, 5, 6)).pinned == (0, 5, 6)


def test_a_right_click_lets_the_pin_go_and_the_inspector_follows_the_pointer_again() -> None:
    state = let_go(click(after("i"), (1, 5, 6)))
    assert state.pinned is None
    assert point(state, (0, 9, 9)).inspected == (0, 9, 9)


def test_where_there_is_no_map_nothing_is_inspected_and_a_click_lets_the_pin_go() -> None:
    hovering = point(after("i"), (3, 1, 2))
    assert point(hovering, None).inspected is None
    assert click(hovering, None).inspected is None
    assert click(click(hovering, (3, 1, 2)), None).inspected is None
    assert point(click(hovering, (3, 1, 2)), None).inspected == (3, 1, 2)  # pinned


def test_esc_closes_the_help_lets_the_pin_go_and_leaves_the_enlarged_map_before_it_quits() -> None:
    state = replace(click(after("i", "z"), (1, 5, 6)), help=True)
    closed, nothing = press(state, "Esc")
    assert (closed, nothing) == (replace(state, help=False), None)
    let, nothing = press(closed, "Esc")
    assert (let, nothing) == (replace(closed, pinned=None), None)
    small, nothing = press(let, "Esc")
    assert (small, nothing) == (replace(let, enlarged=None), None)
    assert press(small, "Esc") == (small, Effect.QUIT)
    assert press(state, "q") == (state, Effect.QUIT)


def test_the_pointer_moves_what_is_inspected_until_something_is_pinned() -> None:
    state = point(after("i"), (3, 1, 2))
    assert state.inspected == (3, 1, 2)
    pinned = click(state, (3, 1, 2))
    assert point(pinned, (0, 9, 9)).inspected == (3, 1, 2)


def test_arrows_move_the_pinned_pixel_and_otherwise_pan_the_enlarged_map() -> None:
    pinned = click(after("i"), (1, 5, 6))
    assert after("Left", "Down", state=pinned).pinned == (1, 6, 5)
    enlarged = click(STATE, (1, 0, 0))
    assert after("Right", state=enlarged).pan_yx == (0, 32)
    assert after("Left") == STATE
    assert pan(STATE, 5, 5) == STATE


def test_another_bank_lets_go_of_what_was_pointed_at() -> None:
    state = after("f", state=click(after("i"), (1, 5, 6)))
    assert state.inspected is None
    assert state.enlarged is None


def test_the_readme_has_the_table_of_keys() -> None:
    readme = Path(__file__).parents[2] / "README.md"
    assert key_table() in readme.read_text(encoding="utf-8")
