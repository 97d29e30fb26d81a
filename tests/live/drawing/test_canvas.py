"""What lies on and beside the tiles: nothing covers what is always to be read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convviz_core.arrays import ByteArray
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.ranges import RangeMode
from live.composing import layout_request, new_compositor, scene_of
from live.controls import COLORMAPS, ViewState
from live.drawing.scene import ProfileInfo, Status
from live.drawing.text import BACKGROUND
from live.layout import Layout, arrange
from live.measuring.record import Percentiles, Recent

STATE = ViewState(BUILT_IN_BANKS)
IMAGE = np.random.default_rng(3).integers(0, 256, (90, 120, 3), np.uint8)
STATUS = Status("a source", fps=30.0)
NOTICES = ("recording to film.mkv", "the camera came back")
SIZES = [(160, 120), (320, 240), (640, 480), (960, 720), (1920, 1080)]


def bank_of(count: int) -> FilterBank:
    kernels = np.random.default_rng(count).integers(-3, 4, (count, 3, 3)).astype(np.float32)
    return FilterBank("many", tuple(Filter(f"filter {i + 1}", kernel) for i, kernel in enumerate(kernels)))


def layout_of(state: ViewState, canvas_wh: tuple[int, int]) -> Layout:
    return arrange(layout_request(canvas_wh, IMAGE.shape, state))


def drawn(
    state: ViewState,
    canvas_wh: tuple[int, int] = (640, 480),
    status: Status = STATUS,
    profile: ProfileInfo | None = None,
) -> ByteArray:
    layout = layout_of(state, canvas_wh)
    result = OpenCvEngine().run(IMAGE, state.layer, state.range, layout.reduce)
    return new_compositor().compose(layout, scene_of(state, IMAGE, result, status, profile=profile)).copy()


@pytest.mark.parametrize("colormap", COLORMAPS)
def test_where_there_is_no_map_no_colour_map_shows(colormap: str) -> None:
    state = replace(STATE, banks=(bank_of(3),), colormap=colormap)
    canvas, layout = drawn(state), layout_of(state, (640, 480))
    beside = np.ones(canvas.shape[:2], bool)
    for tile in layout.tiles:
        beside[tile.picture.slices] = beside[tile.caption.slices] = False
    for place in (layout.strip, *([layout.free] if layout.free else [])):
        beside[place.slices] = False
    assert beside.any()
    assert (canvas[beside] == BACKGROUND).all()


@pytest.mark.parametrize("canvas_wh", SIZES)
def test_a_notice_leaves_what_the_strip_says_of_the_layer(canvas_wh: tuple[int, int]) -> None:
    layout = layout_of(STATE, canvas_wh)
    first_line = slice(layout.strip.y, layout.strip.y + layout.text.line), slice(0, canvas_wh[0])
    plain = drawn(STATE, canvas_wh)
    for status in (replace(STATUS, notices=NOTICES * 2), replace(STATUS, silent_s=3)):
        seen = drawn(STATE, canvas_wh, status)
        assert not np.array_equal(seen, plain)
        assert np.array_equal(seen[first_line], plain[first_line])


@pytest.mark.parametrize("canvas_wh", [(960, 600), (1280, 800), (1920, 1080)])
@pytest.mark.parametrize("panel", ["profile", "inspector", "help"])
def test_a_panel_covers_no_tile_and_no_strip(panel: str, canvas_wh: tuple[int, int]) -> None:
    state = {
        "profile": replace(STATE, profile=True),
        "inspector": replace(STATE, inspector=True),
        "help": replace(STATE, help=True),
    }[panel]
    layout = layout_of(state, canvas_wh)
    for _, place in layout.panels:
        for other in [layout.strip, *(tile.picture for tile in layout.tiles), *(tile.caption for tile in layout.tiles)]:
            apart = (
                place.right <= other.x or other.right <= place.x or place.bottom <= other.y or other.bottom <= place.y
            )
            assert apart or not other.width or not other.height


@pytest.mark.parametrize("count", [1, 2, 4, 9])
def test_notices_cover_no_caption(count: int) -> None:
    state = replace(STATE, banks=(bank_of(count),), range=RangeMode.FRAME)
    plain, layout = drawn(state), layout_of(state, (640, 480))
    said = drawn(state, status=replace(STATUS, notices=NOTICES[:1]))
    for tile in layout.tiles:
        assert np.array_equal(plain[tile.caption.slices], said[tile.caption.slices])


def test_the_profile_shows_what_was_measured() -> None:
    state = replace(STATE, profile=True)
    times = Percentiles(9, 1.0, 2.0, 3.0, 4.0)
    profiles = [
        ProfileInfo(Recent(fps, fps, fps, {"draw": times}, times, np.full(99, 20.0)), "halide", "cvtColor", 1, 2, 3, 4)
        for fps in (30.0, 12.5)
    ]
    first, second = (drawn(state, (1280, 800), profile=profile) for profile in profiles)
    place = layout_of(state, (1280, 800)).panels[0][1]
    changed = np.argwhere((first != second).any(axis=2))
    assert len(changed)
    assert (changed >= (place.y, place.x)).all()
    assert (changed < (place.bottom, place.right)).all()
