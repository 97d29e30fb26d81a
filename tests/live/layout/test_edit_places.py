"""The editing panel's weights and buttons: inside it, apart from each other, and found again under their pixels."""

from __future__ import annotations

from itertools import combinations

import pytest

from live.layout.edit_places import EditPlaces, edit_places
from live.layout.tiling import Rect
from live.layout.type_scale import TypeScale

PANELS = (Rect(900, 0, 480, 800), Rect(0, 500, 1200, 300), Rect(190, 0, 290, 320), Rect(110, 10, 170, 180))
SHAPES = ((1, 4, 4), (3, 7, 7), (1, 1, 31), (3, 31, 1), (3, 31, 31), (1, 1, 1))


def places_in(panel: Rect, shape: tuple[int, int, int], buttons: int = 15) -> EditPlaces:
    base = 10 if panel.width < 300 else 16
    return edit_places(panel, TypeScale(base), shape, buttons)


def overlap(one: Rect, other: Rect) -> bool:
    across = one.x < other.right and other.x < one.right
    return across and one.y < other.bottom and other.y < one.bottom


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize("shape", SHAPES)
def test_all_lies_inside_the_panel_and_nothing_on_anything_else(panel: Rect, shape: tuple[int, int, int]) -> None:
    places = places_in(panel, shape)
    everything = [*places.planes, *places.buttons, *([places.whole] if places.whole else [])]
    for place in everything:
        assert panel.x <= place.x
        assert place.right <= panel.right
        assert panel.y <= place.y
        assert place.bottom <= panel.bottom
    assert [pair for pair in combinations(everything, 2) if overlap(*pair)] == []


@pytest.mark.parametrize("panel", PANELS[:3])
@pytest.mark.parametrize("shape", [(1, 4, 4), (3, 7, 7), (1, 1, 31), (1, 31, 31)])
def test_every_weight_is_found_under_the_middle_of_its_cell(panel: Rect, shape: tuple[int, int, int]) -> None:
    places = places_in(panel, shape)
    if places.cell < 2:
        pytest.skip("cells of a pixel or less are for arrows only")
    for channel in range(shape[0]):
        for row in range(shape[1]):
            for column in range(shape[2]):
                cell = places.cell_at((channel, row, column))
                at = (cell.x + cell.width // 2, cell.y + cell.height // 2)
                assert places.weight_at(*at) == (channel, row, column)


def test_beside_the_weights_there_is_none_and_buttons_are_found_in_their_order() -> None:
    places = places_in(PANELS[0], (1, 4, 4))
    plane = places.planes[0]
    assert places.weight_at(plane.x - 1, plane.y) is None
    assert places.weight_at(plane.right, plane.y) is None
    assert [places.button_at(place.x, place.bottom - 1) for place in places.buttons] == list(range(15))
    assert places.button_at(plane.x, plane.y) is None


def test_cells_are_square_and_the_more_weights_there_are_the_smaller() -> None:
    cells = [places_in(PANELS[0], (1, side, side)).cell for side in (4, 8, 16, 31)]
    assert cells == sorted(cells, reverse=True)
    cell = places_in(PANELS[0], (1, 2, 5)).cell_at((0, 1, 3))
    assert cell.width == cell.height


def test_three_channels_stand_beside_their_colour_picture_where_it_takes_nothing_from_them() -> None:
    places = places_in(PANELS[0], (3, 7, 7))
    assert places.whole is not None
    assert (places.whole.width, places.whole.y) == (places.planes[2].width, places.planes[2].y)
    assert places_in(PANELS[0], (1, 7, 7)).whole is None


def test_the_colour_picture_may_cost_the_cells_a_tenth_of_their_side() -> None:
    # Three in a row: (378 - 2 x 14) / 21 = 16.7; with the colour picture two and two, which are 15.3 high at most.
    places = edit_places(Rect(0, 0, 406, 532), TypeScale(14), (3, 7, 7), 15)
    assert (places.whole, places.cell) == (Rect(133, 229, 105, 105), 15)
    assert places.words == 229 + 105
    # (276 - 2 x 12) / 21 = 12 against 8.6
    low = edit_places(Rect(0, 0, 300, 400), TypeScale(12), (3, 7, 7), 15)
    assert (low.whole, low.cell) == (None, 12)


def test_where_there_is_little_room_the_kernel_has_it() -> None:
    assert places_in(Rect(0, 0, 170, 130), (1, 4, 4)).buttons == ()
    low = places_in(Rect(0, 0, 290, 117), (1, 4, 4))
    assert (low.brief, low.cell) == (True, 15)  # in which a number can be read
    assert low.words + 14 <= 117  # the chosen weight's line is below
