"""What lies where on the canvas, and back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convviz_core.engines.api import FrameSizeError
from convviz_core.filters.built_in import BUILT_IN_BANKS
from live.controls import ViewState
from live.layout import arrange, kept_inside, preferred_canvas_wh

STATE = ViewState(BUILT_IN_BANKS)
SIZES = st.tuples(st.integers(1, 4000), st.integers(1, 2200))
FRAMES = st.tuples(st.integers(7, 1200), st.integers(7, 2000))


def switched() -> st.SearchStrategy[ViewState]:
    return st.builds(
        lambda bank, gray, inspector, enlarged: replace(
            STATE, bank_index=bank, gray_tile=gray, inspector=inspector, enlarged=enlarged
        ),
        st.integers(0, len(BUILT_IN_BANKS) - 1),
        st.booleans(),
        st.booleans(),
        st.none() | st.integers(0, 9),
    )


@given(SIZES, FRAMES, switched())
def test_nothing_reaches_over_the_canvas_on_any_canvas(
    canvas_wh: tuple[int, int], frame_hw: tuple[int, int], state: ViewState
) -> None:
    layout = arrange(canvas_wh, frame_hw, state)
    for rect in (layout.picture, layout.strip, layout.panel, *(layout.tile(i) for i in range(layout.grid.count))):
        if rect is not None:
            assert rect.x >= 0
            assert rect.y >= 0
            assert rect.x + rect.width <= max(canvas_wh[0], 1)
            assert rect.y + rect.height <= max(canvas_wh[1], 1)


@given(SIZES, FRAMES, switched(), st.data())
def test_a_map_pixel_drawn_on_the_canvas_is_found_under_it(
    canvas_wh: tuple[int, int], frame_hw: tuple[int, int], state: ViewState, data: st.DataObject
) -> None:
    layout = arrange(canvas_wh, frame_hw, state)
    height, width = layout.grid.tile_hw
    index = data.draw(st.integers(0, layout.map_count - 1))
    y, x = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    place = layout.canvas_rect(index, y, x)
    if place is None or not layout.picture.contains(place.x, place.y):
        assert place is None or layout.picture.width < 9 or layout.picture.height < 9
        return
    found = layout.map_pixel(place.x + place.width // 2, place.y + place.height // 2)
    # Where the picture is smaller than the maps, many map pixels share a canvas pixel.
    shrunk = max(1.0, layout.grid.size_hw[0] / layout.picture.height, layout.grid.size_hw[1] / layout.picture.width)
    if found is not None and found[0] == index:
        assert abs(found[1] - y) <= 2 * shrunk
        assert abs(found[2] - x) <= 2 * shrunk


def test_tiles_are_in_reading_order_and_the_gray_one_is_last() -> None:
    layout = arrange((640, 480), (100, 100), replace(STATE, gray_tile=True))
    first, second, fourth, gray = (layout.tile(index) for index in (0, 1, 3, 4))
    assert first is not None
    assert second is not None
    assert fourth is not None
    assert gray is not None
    assert first.x < second.x
    assert fourth.y > first.y
    assert fourth.x == first.x
    assert gray.x == second.x
    assert layout.map_pixel(gray.x + 5, gray.y + 5) is None


def test_the_mosaic_is_asked_for_no_larger_than_it_is_shown() -> None:
    layout = arrange((960, 720), (1080, 1920), STATE)
    assert layout.reduce == 3  # 3834 mosaic columns on 960
    assert arrange((960, 720), (100, 100), STATE).reduce == 1
    assert arrange((960, 720), (1080, 1920), replace(STATE, enlarged=0)).reduce == 1


def test_small_maps_are_shown_in_whole_multiples() -> None:
    layout = arrange((640, 480), (13, 13), STATE)  # 10x10 maps: a mosaic of 20x20
    assert layout.picture.width % 20 == layout.picture.height % 20 == 0


def test_an_enlarged_map_shows_its_pixels_one_to_one_and_pans_within_it() -> None:
    state = replace(STATE, enlarged=1, pan_yx=(10_000, -50))
    layout = arrange((640, 480), (1080, 1920), state)
    assert (layout.crop.height, layout.crop.width) == (layout.picture.height, layout.picture.width)
    assert layout.crop.y + layout.crop.height == 1077
    assert layout.crop.x == 0
    assert kept_inside(state, layout).pan_yx == (layout.crop.y, 0)


def test_a_pin_outside_comes_back_to_the_edge() -> None:
    state = replace(STATE, inspector=True, pinned=(0, -3, 5000))
    layout = arrange((640, 480), (100, 200), state)
    assert kept_inside(state, layout).pinned == (0, 0, 196)


def test_a_frame_smaller_than_the_kernel_is_refused() -> None:
    with pytest.raises(FrameSizeError, match="3x9"):
        arrange((640, 480), (9, 3), STATE)


@pytest.mark.parametrize("frame_hw", [(4, 4), (213, 320), (480, 640), (1080, 1920), (1920, 1080), (2160, 3840)])
def test_the_first_window_fits_a_small_screen_and_can_be_read(frame_hw: tuple[int, int]) -> None:
    width, height = preferred_canvas_wh(frame_hw, STATE, (1024, 768))
    assert 640 <= width <= 960
    assert 480 <= height <= 720
