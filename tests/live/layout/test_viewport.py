"""Which part of a map is seen."""

from __future__ import annotations

import pytest

from live.layout.tiling import Rect
from live.layout.viewport import LARGEST_SCALE, Lens, Seen, Viewport, largest_scale

LENS = Lens((100, 200), (100, 200), 2.0)  # tiles of 400x200 canvas pixels


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


def test_a_notch_shows_four_fifths_of_what_was_seen_and_the_pointer_s_place_stays() -> None:
    seen = LENS.seen(Viewport().zoomed(1, (0.25, 0.5), LENS))
    assert seen == Seen(5.0, 20.0, 80.0, 160.0)  # position (25, 100) is a quarter down and half across, as before


def test_as_many_notches_back_show_exactly_what_was_seen_before() -> None:
    viewport = Viewport(1, (10, 20))
    lens = Lens((100, 200), (40, 50), 1.0)
    before = lens.seen(viewport)
    for notches in (1, 1, 1, -1, -1, -1):
        viewport = lens.kept_inside(viewport.zoomed(notches, (0.3, 0.9), lens))
    assert lens.seen(viewport) == before
    assert viewport == Viewport(1, (10, 20), 0.0)


@pytest.mark.parametrize("scale", [0.1, 1.0, 2.0, 50.0, 64.0, 90.0])
def test_zooming_ends_at_64_canvas_pixels_a_map_pixel_and_comes_back(scale: float) -> None:
    lens = Lens((100, 200), (100, 200), scale)
    viewport = Viewport()
    for _ in range(60):
        viewport = viewport.zoomed(1, (0.5, 0.5), lens)
    assert scale * lens.factor(viewport) == pytest.approx(max(LARGEST_SCALE, scale))
    assert viewport.notches == lens.most_notches
    assert lens.seen(viewport.zoomed(-lens.most_notches, (0.5, 0.5), lens)) == Seen(0, 0, 100, 200)
    assert viewport.zoomed(-1000, (0.5, 0.5), lens).notches == 0


def test_where_a_stride_puts_several_pixels_of_the_input_into_one_of_the_maps_these_become_as_large() -> None:
    assert [largest_scale(stride) for stride in ((1, 1), (2, 2), (1, 8))] == [64, 128, 512]
    lens = Lens((7, 10), (7, 10), 80.0, largest_scale((64, 64)))  # of which 64 canvas pixels each would be 4096
    assert 80.0 * lens.factor(Viewport().zoomed(60, (0.5, 0.5), lens)) == pytest.approx(1024)


def test_what_is_zoomed_pans_and_stays_inside_the_map() -> None:
    zoomed = Viewport(None, (0, 0), 1)
    assert LENS.seen(zoomed.moved(3.5, 4.25)) == Seen(3.5, 4.25, 80, 160)
    assert LENS.seen(zoomed.moved(1000, -1000)) == Seen(20, 0, 80, 160)
    assert LENS.kept_inside(zoomed.moved(1000, -1000)).corner_yx == (20, 0)


def test_the_zoom_stays_when_a_map_is_enlarged_and_goes_back() -> None:
    zoomed = Viewport(None, (3.0, 4.0), 2)
    assert zoomed.toggled(3) == Viewport(3, (3.0, 4.0), 2)
    assert zoomed.toggled(3).toggled(3) == zoomed


def test_the_crop_has_every_pixel_that_is_seen_in_part() -> None:
    assert Seen(3.5, 4.25, 2.0, 1.5).crop((100, 200)) == Rect(4, 3, 2, 3)
    assert Seen(97.5, 198.25, 2.5, 1.75).crop((100, 200)) == Rect(198, 97, 2, 3)


@pytest.mark.parametrize(
    ("pixel", "corner"),
    [
        ((15, 25), (10.5, 20.5)),
        ((10, 20), (10.5, 20.5)),
        ((9, 20), (9, 20.5)),
        ((91, 25), (12, 20.5)),
        ((15, 181), (10.5, 22)),
    ],
)
def test_a_pixel_comes_into_view_by_the_least_movement(pixel: tuple[int, int], corner: tuple[float, float]) -> None:
    zoomed = Viewport(None, (10.5, 20.5), 1)  # 80 of 100 rows, 160 of 200 columns
    assert LENS.showing(zoomed, *pixel).corner_yx == corner
    assert LENS.showing(Viewport(), *pixel) == Viewport()
