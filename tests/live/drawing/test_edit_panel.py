"""The editing panel: weights as they are shaded everywhere, the chosen one outlined, and nothing drawn twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convviz_core.arrays import ByteArray
from convviz_core.filters.bank import FilterBank
from live.composing import edit_view, layout_request
from live.controls import press
from live.drawing.edit_panel import EditedMark, EditPanel
from live.drawing.scene import Scene, Status
from live.drawing.text import ACCENT
from live.editing import places_of
from live.layout import Layout, arrange
from live.state import LayerSettings, ViewState

BANK = FilterBank.from_array("b", np.array([[[-2.0, 0], [1, 2]], [[1, 1], [1, 1]]]))


def editing(bank: FilterBank, keys: str = "") -> ViewState:
    state = press(ViewState(LayerSettings.of((bank,))), "e")[0]
    for key in keys.split():
        state = press(state, key)[0]
    return state


def shown(state: ViewState) -> tuple[Layout, Scene]:
    layout = arrange(layout_request((1200, 800), (48, 64), state))
    image = np.zeros((48, 64), np.uint8)
    ranges = np.array([[0, 1]] * len(state.layer.bank), np.float32)
    scene = Scene(state.layer, state.appearance.range, ranges, image, image, Status("s"), editing=edit_view(state))
    return layout, scene


def pixels(state: ViewState, place: tuple[int, int, int]) -> ByteArray:
    """The panel's pixels in the cell of that weight, without its number and its borders."""
    layout, scene = shown(state)
    (sprite,) = EditPanel().draw(layout, scene)
    places = places_of(state, layout)
    assert places is not None
    cell = places.cell_at(place)
    left, top = cell.x - sprite.place.x, cell.y - sprite.place.y
    return sprite.pixels[top + 4 : top + 8, left + 4 : left + cell.width - 4]


@pytest.mark.parametrize(("place", "byte"), [((0, 0, 0), 0), ((0, 0, 1), 128), ((0, 1, 0), 191), ((0, 1, 1), 255)])
def test_weights_are_black_gray_and_white_as_in_every_kernel(place: tuple[int, int, int], byte: int) -> None:
    assert np.unique(pixels(editing(BANK), place)).tolist() == [byte]


def test_the_chosen_weight_and_only_it_is_outlined() -> None:
    state = editing(BANK, "Right")
    layout, scene = shown(state)
    (sprite,) = EditPanel().draw(layout, scene)
    places = places_of(state, layout)
    assert places is not None

    def above(place: tuple[int, int, int]) -> list[int]:
        cell = places.cell_at(place)
        colour: list[int] = sprite.pixels[
            cell.y - sprite.place.y - 2, cell.x - sprite.place.x + cell.width // 2
        ].tolist()
        return colour

    assert above((0, 0, 1)) == list(ACCENT)
    assert above((0, 0, 0)) != list(ACCENT)


def test_the_three_planes_of_a_colour_kernel_are_all_there() -> None:
    colour = FilterBank.from_array("c", np.array([[[[1.0]], [[-1]], [[0]]]]))
    state = editing(colour)
    assert [int(pixels(state, (channel, 0, 0)).max()) for channel in range(3)] == [255, 0, 128]


def test_a_colour_kernel_is_there_as_one_colour_picture_too() -> None:
    state = editing(FilterBank.from_array("c", np.array([[[[1.0]], [[-1]], [[0]]]])))
    layout, scene = shown(state)
    (sprite,) = EditPanel().draw(layout, scene)
    places = places_of(state, layout)
    assert places is not None
    assert places.whole is not None
    x, y = places.whole.x - sprite.place.x, places.whole.y - sprite.place.y
    assert sprite.pixels[y + places.whole.height // 2, x + places.whole.width // 2].tolist() == [128, 0, 255]  # BGR


def test_a_sum_that_only_rounding_keeps_from_0_is_0(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def put(_canvas: ByteArray, text: str, x: int, *_: object) -> int:
        said.append(text)
        return x

    monkeypatch.setattr("live.drawing.panel.put", put)
    kernel = np.array([[[0.1, 0.2, 0.3, -0.6]]], np.float32)
    assert kernel.sum(dtype=np.float64) != 0
    EditPanel().draw(*shown(editing(FilterBank.from_array("b", kernel))))
    assert any("sum 0, of sizes 1.20" in text for text in said)


def test_it_is_drawn_again_only_when_weights_or_the_choice_have_changed() -> None:
    state = editing(BANK)
    layout, scene = shown(state)
    key = EditPanel().key(layout, scene)
    assert EditPanel().key(layout, replace(scene, beat=7, image=scene.image + 1)) == key
    for keys in ("Right", "+", "Tab"):
        assert EditPanel().key(*shown(editing(BANK, keys))) != key


def test_without_editing_there_is_no_panel_and_no_frame_around_a_tile() -> None:
    layout, scene = shown(ViewState(LayerSettings.of((BANK,))))
    assert EditPanel().draw(layout, scene) == ()
    canvas = np.zeros((800, 1200, 3), np.uint8)
    EditedMark().draw(canvas, layout, scene)
    assert not canvas.any()


def test_the_tile_of_the_edited_map_is_framed() -> None:
    state = editing(BANK, "Tab")
    layout, scene = shown(state)
    canvas = np.zeros((800, 1200, 3), np.uint8)
    EditedMark().draw(canvas, layout, scene)
    tile = layout.tile(1)
    assert tile is not None
    assert canvas[tile.picture.y, tile.picture.x].tolist() == list(ACCENT)
    inside = tile.picture
    assert not canvas[inside.y + 2 : inside.bottom - 2, inside.x + 2 : inside.right - 2].any()
    rows, columns = np.nonzero(canvas.any(axis=2))
    assert (rows.min(), columns.min()) == (inside.y, inside.x)
    assert (rows.max(), columns.max()) == (inside.bottom - 1, inside.right - 1)
