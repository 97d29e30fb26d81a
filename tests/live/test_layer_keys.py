"""The panel of the layer's settings by keys, clicks and the wheel: what changes, and why something does not."""

from __future__ import annotations

import numpy as np
import pytest

from convviz_core import ConvSettings, FilterBank, Layer, load_bank
from convviz_core.geometry import Box, ConvGeometry
from live.click_reasons import why_no_click
from live.controls import answer, press
from live.drawing.geometry_words import layer_words, shape_words, size_words, unread_words
from live.events import Button, Gesture, Key, MouseButton, Wheel
from live.key_reasons import why_nothing
from live.layer_lines import LINES, line_words, stepped
from live.layer_settings import LayerChoice
from live.layout import LayoutRequest, arrange
from live.layout.line_places import line_places
from live.layout.panel_places import Panel
from live.state import LayerSettings, ViewState

SEED = load_bank("udacity")
BIASED = FilterBank.from_array("biased", np.ones((2, 3, 3)), np.array([1.0, -1.0]))
OPEN = press(ViewState(LayerSettings.of([BIASED, SEED])), "l")[0]
LAYOUT = arrange(LayoutRequest((1280, 800), (478, 638), 2, panels=(Panel.LAYER,)))


def pressed(*keys: str, state: ViewState = OPEN) -> ViewState:
    for key in keys:
        state = answer(state, Key(key), None)[0]
    return state


def test_arrows_choose_a_line_and_change_it_and_undo_takes_it_back() -> None:
    strided = pressed("Right")
    assert strided.layer.stride == (2, 2)
    apart = pressed("Down", "Down", "Right", state=strided)
    assert apart.layer.stride == (2, 3)
    assert pressed("u", state=apart).layer.stride == (2, 2)
    assert pressed("u", "u", state=apart).layer == OPEN.layer
    assert pressed("Up", state=OPEN).interaction.layer_line == len(LINES) - 1
    assert pressed("Up", "Right").layer.bias


def test_every_bank_keeps_its_own_geometry() -> None:
    other = pressed("Right", "f", "Right", "Right")
    assert other.layer.stride == (3, 3)
    assert pressed("f", state=other).layer.stride == (2, 2)


def test_padding_goes_from_same_over_zero_up() -> None:
    padding = [pressed("Down", "Down", "Down", "Left").layer.padding]
    padding += [pressed("Down", "Down", "Down", "Left", *["Right"] * count).layer.padding for count in (1, 2)]
    assert padding == ["same", (0, 0), (1, 1)]


@pytest.mark.parametrize(
    ("keys", "key", "says"),
    [
        ((), "Left", "stride goes from 1 to 1024"),
        (("Right", "Down", "Down", "Down"), "Left", "padding 'same' exists for stride 1 only, got stride (2, 2)"),
        (("Down", "Down", "Down", "Left"), "Left", "padding is 'same' already"),
        (("f", "Up"), "Right", "'udacity' has no bias"),
    ],
)
def test_what_does_not_exist_is_said_and_changes_nothing(keys: tuple[str, ...], key: str, says: str) -> None:
    before = pressed(*keys)
    assert pressed(key, state=before) == before
    assert why_nothing(before, key).startswith(says)


def test_the_panel_comes_before_the_pin_and_esc_closes_it_first() -> None:
    pinned = press(OPEN, "i")[0].with_interaction(pinned=(0, 5, 5))
    assert pressed("Right", state=pinned).layer.stride == (2, 2)
    closed = pressed("Esc", state=pinned)
    assert not closed.shows(Panel.LAYER)
    assert closed.interaction.pinned == (0, 5, 5)
    assert pressed("Right", state=closed).interaction.pinned == (0, 5, 6)


def test_a_click_chooses_a_line_and_the_wheel_changes_the_one_below_it() -> None:
    panel = LAYOUT.panel(Panel.LAYER)
    assert panel is not None
    places = line_places(panel, LAYOUT.text, len(LINES))
    assert len(places) == len(LINES)
    at = places[6].x + 5, places[6].y + 5
    clicked = answer(OPEN, Button(MouseButton.LEFT, Gesture.CLICK, at), LAYOUT)[0]
    assert clicked.interaction.layer_line == 6
    turned = answer(OPEN, Wheel(at, 2), LAYOUT)[0]
    assert turned.layer.padding_mode == "replicate"
    assert answer(OPEN, Wheel((places[0].x, places[-1].bottom + 9), 1), LAYOUT)[0] == OPEN


def test_while_a_kernel_is_edited_a_click_chooses_no_line_as_arrows_are_for_the_weights() -> None:
    panel = LAYOUT.panel(Panel.LAYER)
    assert panel is not None
    line = line_places(panel, LAYOUT.text, len(LINES))[6]
    click = Button(MouseButton.LEFT, Gesture.CLICK, (line.x + 5, line.y + 5))
    editing = pressed("e", state=OPEN)
    assert answer(editing, click, LAYOUT) == (editing, None)
    assert "arrows choose a weight until e ends editing" in why_no_click(editing, click, LAYOUT)
    assert answer(editing, Wheel(click.at, 1), LAYOUT)[0].layer.padding_mode == "reflect"


def test_each_line_says_its_value() -> None:
    choice = LayerChoice(BIASED, ConvSettings((2, 1), 3, "circular", (1, 4)), bias=True)
    assert [value for _, value in line_words(choice)] == (
        ["2, 1", "2", "1", "3", "3", "3", "circular", "1, 4", "1", "4", "added"]
    )
    assert line_words(LayerChoice(SEED))[-1] == ("bias", "none in this bank")
    assert stepped(LayerChoice(BIASED, ConvSettings((2, 1))), 0, 1).conv.stride == (2, 2)  # at first both alike


def test_what_torch_leaves_out_without_a_word_is_said() -> None:
    layer = Layer(FilterBank.from_array("b", np.ones((3, 3))), stride=2, padding=1)
    assert layer.output_hw((4, 4)) == (2, 2)
    assert unread_words(layer, (4, 4)) == [
        "left unread: row 4, which is padding",
        "left unread: column 4, which is padding",
    ]
    assert size_words(layer, (4, 5))[0] == "the map has 2 rows and 3 columns, the input 4 and 5"
    plain = Layer(FilterBank.from_array("b", np.ones((3, 3))), stride=2)
    assert unread_words(plain, (4, 5)) == ["left unread: row 3 of the input"]
    assert unread_words(plain, (5, 7)) == []
    wide = Layer(FilterBank.from_array("b", np.ones((1, 1))), stride=(4, 2))
    assert unread_words(wide, (9, 6)) == [
        "left unread: 6 rows: 1, 2, 3 and so on of the input",
        "left unread: 3 columns: 1, 3, 5 of the input",
    ]


def test_a_scene_that_looks_squeezed_is_explained() -> None:
    assert shape_words(Layer(SEED, stride=3)) == []
    assert shape_words(Layer(SEED, stride=(2, 1))) == (
        ["a map's pixels are drawn square, and stand for 2x1 of the input's, rows x columns: the scene looks squeezed"]
    )


def test_the_strip_says_only_what_is_not_the_default() -> None:
    assert layer_words(Layer(SEED)) == []
    assert layer_words(Layer(BIASED, stride=2, padding=(1, 0), padding_mode="reflect", bias=True)) == (
        ["stride 2", "padding 1,0 (reflect)", "with bias"]
    )


def test_the_input_s_tile_shows_a_stride_s_pixels_around_each_response() -> None:
    geometry = ConvGeometry(3, 2, 1)
    assert geometry.shown(Box(0, 0, 2, 3)) == (0, 0, 4, 6)
    assert ConvGeometry(4).shown(Box(1, 2, 3, 5)) == (2, 3, 4, 6)
