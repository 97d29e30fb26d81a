"""Which part of a map is seen."""

from __future__ import annotations

import pytest

from live.layout.tiling import Rect
from live.layout.viewport import Viewport


def test_all_of_a_map_is_seen_until_one_is_enlarged_and_nothing_pans() -> None:
    assert Viewport().crop((100, 200), (100, 200)) == Rect(0, 0, 200, 100)
    assert Viewport().moved(5, 5) == Viewport()


def test_a_map_is_enlarged_from_its_corner_and_goes_back() -> None:
    enlarged = Viewport().toggled(3)
    assert enlarged == Viewport(3, (0, 0))
    assert enlarged.moved(7, 9).toggled(3) == Viewport()


@pytest.mark.parametrize(
    ("moved", "corner"), [((10, 20), (10, 20)), ((-5, 20), (0, 20)), ((1000, 1000), (60, 150)), ((60, -1), (60, 0))]
)
def test_what_is_seen_stays_inside_the_map(moved: tuple[int, int], corner: tuple[int, int]) -> None:
    crop = Viewport(1).moved(*moved).crop((100, 200), (40, 50))
    assert crop == Rect(corner[1], corner[0], 50, 40)
