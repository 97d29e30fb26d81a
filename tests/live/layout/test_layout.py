"""What lies where on the canvas, and back."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convviz_core.blocks import blocks_of
from live.layout import Layout, LayoutRequest, arrange, preferred_canvas_wh
from live.layout.caption_plan import CaptionNeeds
from live.layout.panel_places import PANEL_NEEDS, Panel, panel_name
from live.layout.tiling import Rect
from live.layout.viewport import Viewport

REQUEST = LayoutRequest((640, 480), (240, 320), 4)
CANVASES = [(320, 240), (640, 480), (960, 720), (1280, 800), (1920, 1080), (3840, 2160)]


def requests(least_wh: tuple[int, int] = (1, 1)) -> st.SearchStrategy[LayoutRequest]:
    needs = st.builds(
        CaptionNeeds,
        line_em=st.floats(3, 30),
        wrapped_em=st.floats(2, 15),
        kernel_hw=st.tuples(st.integers(1, 31), st.integers(1, 31)),
        pictures=st.sampled_from([1, 4]),
        number_em=st.sampled_from([0.0, 1.4, 3.6]),
    )
    return st.builds(
        LayoutRequest,
        canvas_wh=st.tuples(st.integers(least_wh[0], 4000), st.integers(least_wh[1], 2200)),
        map_hw=st.tuples(st.integers(1, 2200), st.integers(1, 4000)),
        count=st.integers(1, 64),
        input_tile=st.booleans(),
        viewport=st.builds(
            Viewport,
            st.none() | st.integers(0, 63),
            st.tuples(st.integers(-5000, 5000), st.integers(-5000, 5000)),
            st.sampled_from([0.0, 0.0, 1.0, 2.5, 9.0, 40.0]),
        ),
        panels=st.lists(st.sampled_from(list(Panel)), unique=True).map(tuple),
        captions=needs,
        kernel_chw=st.tuples(st.sampled_from([1, 3]), st.integers(1, 31), st.integers(1, 31)),
    )


def places(layout: Layout) -> list[Rect]:
    """Everything that has pixels of its own."""
    tiles = [place for tile in layout.tiles for place in (tile.caption, tile.picture)]
    panels = [place for _, place in layout.panels]
    found = [*tiles, *panels, layout.strip, *([layout.free] if layout.free else [])]
    return [place for place in found if place.width and place.height]


def overlap(one: Rect, other: Rect) -> bool:
    return one.x < other.right and other.x < one.right and one.y < other.bottom and other.y < one.bottom


@given(requests())
def test_nothing_overlaps_and_nothing_reaches_over_the_canvas(request: LayoutRequest) -> None:
    layout = arrange(request)
    found = places(layout)
    assert [pair for pair in combinations(found, 2) if overlap(*pair)] == []
    width, height = request.canvas_wh
    assert [p for p in found if p.x < 0 or p.y < 0 or p.right > width or p.bottom > height] == []


@given(requests((320, 240)))
def test_what_is_not_shown_is_said(request: LayoutRequest) -> None:
    layout = arrange(request)
    if Panel.HELP in dict(layout.panels) and not layout.tiles:
        return  # the help has the whole canvas
    wanted = 1 if layout.request.viewport.enlarged is not None else request.count + request.input_tile
    said = " ".join(layout.left_out)
    assert (len(layout.tiles) < wanted) == ("maps" in said)
    assert bool(layout.caption.height) or "captions" in said or not layout.tiles
    assert bool(layout.caption.cell) or "kernels" in said or "captions" in said or not layout.tiles


@given(requests(), st.data())
def test_a_map_pixel_drawn_on_the_canvas_is_found_under_it(request: LayoutRequest, data: st.DataObject) -> None:
    layout = arrange(request)
    if not layout.tiles:
        return
    tile = data.draw(st.sampled_from(layout.tiles))
    crop = layout.crop
    y = data.draw(st.integers(crop.y, crop.y + crop.height - 1))
    x = data.draw(st.integers(crop.x, crop.x + crop.width - 1))
    place = layout.canvas_rect(tile.index, y, x)
    if place is None:  # less than half a canvas pixel of it is seen
        assert layout.zoomed
        return
    middle = place.x + place.width // 2, place.y + place.height // 2
    found = layout.input_pixel(*middle) if tile.index is None else layout.map_pixel(*middle)
    assert found is not None
    seen = layout.seen
    shrunk = max(1.0, seen.width / tile.picture.width, seen.height / tile.picture.height)
    assert abs(found[-2] - y) <= 2 * shrunk
    assert abs(found[-1] - x) <= 2 * shrunk
    assert tile.index is None or found[0] == tile.index


def test_the_input_comes_first_and_the_maps_follow_in_reading_order() -> None:
    layout = arrange(REQUEST)
    assert [tile.index for tile in layout.tiles] == [None, 0, 1, 2, 3]
    first, second = layout.tiles[0].picture, layout.tiles[1].picture
    assert first.x < second.x
    assert first.y == second.y
    assert layout.map_pixel(first.x + 5, first.y + 5) is None
    assert layout.input_pixel(first.x, first.y) == (0, 0)
    assert arrange(replace(REQUEST, input_tile=False)).tile(None) is None


@given(requests())
def test_every_caption_stands_directly_above_its_picture_and_is_as_wide(request: LayoutRequest) -> None:
    for tile in arrange(request).tiles:
        assert (tile.caption.x, tile.caption.width) == (tile.picture.x, tile.picture.width)
        assert tile.caption.bottom == tile.picture.y


@pytest.mark.parametrize(("canvas_wh", "columns"), [((1000, 300), 5), ((300, 1400), 1), ((1000, 700), 3)])
def test_tiles_stand_in_the_columns_that_make_them_largest(canvas_wh: tuple[int, int], columns: int) -> None:
    layout = arrange(replace(REQUEST, canvas_wh=canvas_wh))
    assert len({tile.picture.x for tile in layout.tiles}) == columns


@pytest.mark.parametrize("canvas_wh", CANVASES)
@pytest.mark.parametrize("count", [1, 4, 9, 16, 64])
def test_tiles_and_captions_fill_the_room_one_way_or_the_other(canvas_wh: tuple[int, int], count: int) -> None:
    layout = arrange(replace(REQUEST, canvas_wh=canvas_wh, count=count))
    across = max(t.picture.right for t in layout.tiles) - min(t.picture.x for t in layout.tiles)
    down = max(t.picture.bottom for t in layout.tiles) - min(t.caption.y for t in layout.tiles)
    assert max(across / layout.room.width, down / layout.room.height) > 0.9


@given(requests((320, 240)))
def test_a_mosaic_that_is_asked_for_smaller_is_shown_pixel_by_pixel(request: LayoutRequest) -> None:
    layout = arrange(request)
    for tile in layout.tiles if layout.reduced else ():
        assert blocks_of(request.map_hw, layout.reduce).hw == (tile.picture.height, tile.picture.width)


@given(requests((320, 240)))
def test_where_blocks_are_shown_pixels_are_pointed_at_and_marked_in_their_own(request: LayoutRequest) -> None:
    layout = arrange(request)
    if not layout.reduced or not layout.tiles:
        return
    tile, blocks = layout.tiles[-1], blocks_of(request.map_hw, layout.reduce)
    down, across = blocks.down.starts.tolist(), blocks.across.starts.tolist()
    last_yx = len(down) - 2, len(across) - 2
    for row, column in ((0, 0), (last_yx[0] // 3, last_yx[1] // 2), last_yx):
        ys, xs = range(down[row], down[row + 1]), range(across[column], across[column + 1])
        place = Rect(tile.picture.x + column, tile.picture.y + row, 1, 1)
        for y, x in ((ys[0], xs[0]), (ys[-1], xs[-1])):
            assert layout.canvas_rect(tile.index, y, x) == place
        pixel = layout.input_pixel(place.x, place.y)
        if tile.index is not None:
            found = layout.map_pixel(place.x, place.y)
            assert found is not None
            assert found[0] == tile.index
            pixel = found[1:]
        assert pixel is not None
        assert pixel[0] in ys
        assert pixel[1] in xs


def test_the_first_pixel_of_every_block_is_marked_on_it() -> None:
    map_hw = 510, 680  # 3.29: 102 x (155 / 510) is a little less than 31 in floating point
    layout = arrange(replace(REQUEST, map_hw=map_hw, canvas_wh=(640, 480)))
    picture, blocks = layout.tiles[-1].picture, blocks_of(map_hw, layout.reduce)
    marked = [layout.canvas_rect(layout.tiles[-1].index, y, 0) for y in blocks.down.starts[:-1].tolist()]
    assert marked == [Rect(picture.x, picture.y + row, 1, 1) for row in range(picture.height)]


@pytest.mark.parametrize(
    ("map_hw", "count", "canvas_wh", "reduced"),
    [
        ((1077, 1917), 4, (960, 720), True),  # 6.2 map pixels a canvas pixel
        ((718, 1278), 64, (320, 240), True),
        ((718, 1278), 64, (3840, 2160), True),  # 3.4
        ((1078, 1918), 4, (2560, 1440), True),  # 2.3: blocks of 2 and 3 pixels
        (
            (1078, 1918),
            9,
            (3840, 2160),
            True,
        ),  # 2.03 would be possible: few blocks of 3, a third too dark; so it is 2.11
        ((717, 1277), 9, (1920, 1080), False),  # 2.7: few are of 2, in which a line would be a third too bright
        ((97, 97), 4, (640, 480), False),
    ],
)
def test_maps_are_asked_for_as_small_as_they_are_shown_where_blocks_keep_thin_lines(
    map_hw: tuple[int, int], count: int, canvas_wh: tuple[int, int], reduced: bool
) -> None:
    request = replace(REQUEST, canvas_wh=canvas_wh, map_hw=map_hw, count=count)
    assert arrange(request).reduced == reduced
    assert not arrange(replace(request, viewport=Viewport(0))).reduced


@pytest.mark.parametrize("canvas_wh", [(320, 240), (640, 480), (1280, 800), (1920, 1080), (2560, 1440), (3840, 2160)])
@pytest.mark.parametrize("map_hw", [(477, 637), (717, 1277), (1077, 1917)])
@pytest.mark.parametrize("count", [1, 4, 9, 16, 64])
def test_tiles_are_as_large_as_the_window_allows_whatever_the_scale(
    canvas_wh: tuple[int, int], map_hw: tuple[int, int], count: int
) -> None:
    layout = arrange(replace(REQUEST, canvas_wh=canvas_wh, map_hw=map_hw, count=count))
    gap, above, room = layout.text.gap, layout.caption.height, layout.room
    largest = max(
        min(
            ((room.width - gap * (columns + 1)) / columns) / map_hw[1],
            ((room.height - gap * (rows + 1)) / rows - above) / map_hw[0],
        )
        for columns in range(1, count + 2)
        for rows in (-(-(count + 1) // columns),)
    )
    share = 0.94 if 2 < 1 / largest < 2.11 else 0.97
    for tile in layout.tiles:
        assert tile.picture.width >= share * int(largest * map_hw[1])
        assert tile.picture.height >= share * int(largest * map_hw[0])


def test_the_canvas_is_filled_at_any_scale() -> None:
    layout = arrange(replace(REQUEST, canvas_wh=(640, 480), map_hw=(30, 40), count=1, input_tile=False))
    assert layout.tiles[0].picture.width > 0.8 * 640  # not in whole multiples of 40 only


def test_an_enlarged_map_shows_its_pixels_one_to_one_and_pans_within_it() -> None:
    layout = arrange(replace(REQUEST, map_hw=(1077, 1917), viewport=Viewport(1, (10_000, -50))))
    picture = layout.tiles[0].picture
    assert (layout.crop.width, layout.crop.y + layout.crop.height, layout.crop.x) == (picture.width, 1077, 0)
    assert layout.crop.height == picture.height


@pytest.mark.parametrize("canvas_wh", [(960, 600), (1280, 800), (1920, 1080), (3840, 2160), (1080, 1920)])
@pytest.mark.parametrize("panel", list(Panel))
def test_panels_stand_beside_or_below_the_tiles_in_windows_of_960x600_and_more(
    canvas_wh: tuple[int, int], panel: Panel
) -> None:
    layout = arrange(replace(REQUEST, canvas_wh=canvas_wh, panels=(panel,)))
    place = layout.panel(panel)
    assert place is not None
    assert len(layout.tiles) == 5
    assert not any(overlap(place, tile.picture) for tile in layout.tiles)


def test_help_has_a_small_window_to_itself() -> None:
    layout = arrange(replace(REQUEST, panels=(Panel.INSPECTOR, Panel.HELP)))
    assert layout.panels == ((Panel.HELP, Rect(0, 0, 640, 480)),)
    assert layout.tiles == ()


@given(requests())
def test_equal_requests_get_the_same_layout(request: LayoutRequest) -> None:
    assert arrange(request) is arrange(replace(request))


@pytest.mark.parametrize("screen_wh", [(1024, 768), (1366, 768), (1920, 1080), (3840, 2160), (1080, 1920)])
@pytest.mark.parametrize("map_hw", [(1, 1), (210, 317), (477, 637), (1077, 1917), (1917, 1077)])
def test_the_first_window_takes_at_most_four_fifths_of_the_screen(
    screen_wh: tuple[int, int], map_hw: tuple[int, int]
) -> None:
    width, height = preferred_canvas_wh(replace(REQUEST, map_hw=map_hw), screen_wh)
    assert width <= 0.8 * screen_wh[0]
    assert height <= 0.8 * screen_wh[1]
    assert width > 0.7 * screen_wh[0] or height > 0.7 * screen_wh[1]


def test_zoom_leaves_every_place_where_it_is_and_asks_for_the_whole_mosaic() -> None:
    large = replace(REQUEST, canvas_wh=(960, 720), map_hw=(1077, 1917))
    layout, zoomed = arrange(large), arrange(replace(large, viewport=Viewport(None, (100.5, 200.25), 3)))
    assert zoomed != layout
    assert zoomed.places == layout.places
    assert zoomed.reduce == 1
    assert zoomed.scale == pytest.approx(1.25**3 * layout.scale)
    assert arrange(replace(large, viewport=Viewport(None, (0, 0), 0.0))) == layout


def test_the_pointer_finds_the_pixel_that_is_zoomed_under_it() -> None:
    request = replace(REQUEST, canvas_wh=(960, 720), map_hw=(97, 97), viewport=Viewport(None, (10.5, 20.5), 60))
    layout = arrange(request)
    place = layout.tiles[1].picture
    assert layout.scale == pytest.approx(64)
    assert layout.map_pixel(place.x, place.y) == (0, 10, 20)
    assert layout.map_pixel(place.x + 33, place.y + 31) == (0, 10, 21)
    assert layout.map_pixel(place.x + 31, place.y + 33) == (0, 11, 20)
    assert layout.canvas_rect(0, 11, 21) == Rect(place.x + 32, place.y + 32, 64, 64)


ALL = (Panel.INSPECTOR, Panel.WATCHED, Panel.PROFILE)


@pytest.mark.parametrize("canvas_wh", [(1280, 800), (1920, 1080), (3840, 2160), (1080, 1920)])
def test_panels_that_have_no_room_in_one_column_get_two_or_a_row(canvas_wh: tuple[int, int]) -> None:
    layout = arrange(replace(REQUEST, canvas_wh=canvas_wh, panels=ALL))
    for panel, place in layout.panels:
        width, height = (need * layout.text.base for need in PANEL_NEEDS[panel])
        assert place.width >= 0.85 * width
        assert place.height >= 0.85 * height
    assert [panel for panel, _ in layout.panels] == list(ALL)
    assert len(layout.tiles) == 5
    assert layout.left_out == ()


@pytest.mark.parametrize(("canvas_wh", "side", "wider"), [((1920, 1080), 4, 1.1), ((1920, 1080), 31, 1.1)])
def test_the_inspector_takes_no_more_where_more_brings_no_numbers(
    canvas_wh: tuple[int, int], side: int, wider: float
) -> None:
    layout = arrange(replace(REQUEST, canvas_wh=canvas_wh, panels=(Panel.INSPECTOR,), kernel_chw=(1, side, side)))
    place = layout.panel(Panel.INSPECTOR)
    assert place is not None
    assert place.width <= wider * PANEL_NEEDS[Panel.INSPECTOR][0] * layout.text.base


@given(st.lists(st.sampled_from([panel for panel in Panel if panel != Panel.HELP]), unique=True).map(tuple))
@pytest.mark.parametrize("canvas_wh", CANVASES)
def test_of_several_panels_only_those_that_can_be_read_are_shown_and_the_others_named(
    canvas_wh: tuple[int, int], panels: tuple[Panel, ...]
) -> None:
    layout = arrange(replace(REQUEST, canvas_wh=canvas_wh, panels=panels))
    shown = [panel for panel, _ in layout.panels]
    assert shown == list(panels[: len(shown)])
    assert bool(shown) == bool(panels)
    base = layout.text.base
    assert len(shown) < 2 or all(p.width >= 14 * base and p.height >= 11 * base for _, p in layout.panels)
    missing = panels[len(shown) :]
    assert layout.left_out[: len(missing)] == tuple(map(panel_name, missing))
    assert canvas_wh[0] < 1280 or not missing or len(panels) > 5
