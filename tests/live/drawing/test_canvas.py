"""Whole canvases: nothing covers what is always to be read, and every place has what belongs there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from convviz_core.arrays import ByteArray
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.ranges import RangeMode
from live.composing import layout_request, new_compositor, scene_of
from live.drawing.scene import ProfileInfo, Status
from live.drawing.text import BACKGROUND
from live.layout import Layout, arrange
from live.layout.panel_places import Panel
from live.layout.viewport import Viewport
from live.measuring.record import Percentiles, Recent
from live.state import COLORMAPS, LayerSettings, ViewState

STATE = ViewState(LayerSettings.of(BUILT_IN_BANKS))
IMAGE = np.random.default_rng(3).integers(0, 256, (90, 120, 3), np.uint8)
STATUS = Status("a source", fps=30.0)
NOTICES = ("recording to film.mkv", "the camera came back after a long time of nothing at all")
CANVASES = [(160, 120), (320, 240), (640, 480), (960, 720), (1920, 1080)]


def bank_of(count: int) -> FilterBank:
    kernels = np.random.default_rng(count).integers(-3, 4, (count, 3, 3)).astype(np.float32)
    return FilterBank("many", tuple(Filter(f"filter {i + 1}", kernel) for i, kernel in enumerate(kernels)))


PICTURES_AT_MOST = 20  # until all that follows the pictures is drawn


def layout_of(state: ViewState, canvas_wh: tuple[int, int] = (640, 480)) -> Layout:
    return arrange(layout_request(canvas_wh, IMAGE.shape, state))


def drawn(state: ViewState, canvas_wh: tuple[int, int] = (640, 480), status: Status = STATUS, **more: Any) -> ByteArray:
    layout = layout_of(state, canvas_wh)
    result = OpenCvEngine().run(IMAGE, state.layer, state.appearance.range, layout.reduce)
    return new_compositor().compose(layout, scene_of(state, IMAGE, result, status, **more)).copy()


def profile() -> ProfileInfo:
    times = Percentiles(9, 1.0, 2.0, 3.0, 4.0)
    stages = dict.fromkeys(("convert", "upload", "device", "download"), times)
    recent = Recent(30.0, 30.0, 30.0, np.full((99, 5), 4.0), stages, times, 1.0, times)
    return ProfileInfo(recent, "the camera: give it more light", "halide on cpu", interval_ms=33.3)


@pytest.mark.parametrize("colormap", COLORMAPS)
def test_pixels_that_belong_to_nothing_have_the_background_s_colour(colormap: str) -> None:
    state = ViewState(LayerSettings.of([bank_of(3)])).with_appearance(colormap=colormap, input_tile=False)
    canvas, layout = drawn(state), layout_of(state)
    first, second = layout.tiles[0].picture, layout.tiles[1].picture
    assert (canvas[first.y : first.bottom, first.right : second.x] == BACKGROUND).all()
    assert (canvas[first.bottom : layout.tiles[2].caption.y, first.x : first.right] == BACKGROUND).all()
    assert (canvas[:, 0] == BACKGROUND).all()


@pytest.mark.parametrize("canvas_wh", CANVASES)
def test_the_range_and_its_limits_are_always_on_the_picture(canvas_wh: tuple[int, int]) -> None:
    def limits(state: ViewState, **more: Any) -> ByteArray:
        strip = layout_of(state, canvas_wh).strip
        line = layout_of(state, canvas_wh).text.line
        return drawn(state, canvas_wh, **more)[strip.y : strip.y + line, canvas_wh[0] // 2 :]

    plain = limits(STATE)
    assert len(np.unique(plain)) > 50  # the colour bar is there
    happened = replace(STATUS, notices=NOTICES * 2, silent_s=3)
    assert np.array_equal(limits(STATE, status=happened), plain)
    assert np.array_equal(limits(STATE.with_appearance(kernels=True)), plain)
    assert np.array_equal(limits(STATE.with_appearance(panels=frozenset({Panel.PROFILE})), profile=profile()), plain)


def captions(state: ViewState, canvas_wh: tuple[int, int], canvas: ByteArray) -> list[ByteArray]:
    return [canvas[tile.caption.slices] for tile in layout_of(state, canvas_wh).tiles]


@pytest.mark.parametrize("said", [{"notices": NOTICES[:1]}, {"notices": NOTICES * 2}, {"silent_s": 3}])
@pytest.mark.parametrize("enlarged", [None, 2])
@pytest.mark.parametrize("count", [1, 4, 9])
@pytest.mark.parametrize("canvas_wh", [(320, 240), (640, 480), (1920, 1080)])
def test_what_has_happened_covers_no_caption(
    canvas_wh: tuple[int, int], count: int, enlarged: int | None, said: dict[str, Any]
) -> None:
    state = (
        ViewState(LayerSettings.of([bank_of(count)]))
        .with_appearance(range=RangeMode.FRAME)
        .with_interaction(viewport=Viewport(enlarged))
    )
    plain, seen = drawn(state, canvas_wh), drawn(state, canvas_wh, replace(STATUS, **said))
    assert not np.array_equal(plain, seen)
    pairs = zip(captions(state, canvas_wh, plain), captions(state, canvas_wh, seen), strict=True)
    assert all(np.array_equal(before, after) for before, after in pairs)


def test_in_frame_mode_each_caption_has_the_limits_of_its_map() -> None:
    state = STATE.with_appearance(range=RangeMode.FRAME)
    layout = layout_of(state)
    engine = OpenCvEngine()
    result = engine.run(IMAGE, state.layer, state.appearance.range, layout.reduce)
    compositor, scene = new_compositor(), scene_of(state, IMAGE, result, STATUS)
    before = compositor.compose(layout, scene).copy()
    ranges = scene.ranges.copy()
    ranges[2] *= 2
    assert np.array_equal(before, compositor.compose(layout, replace(scene, ranges=ranges)))  # until they can be read
    for _ in range(PICTURES_AT_MOST):
        after = compositor.compose(layout, replace(scene, ranges=ranges, beat=1))
    changed = [not np.array_equal(before[t.caption.slices], after[t.caption.slices]) for t in layout.tiles]
    assert changed == [False, False, False, True, False]


def test_the_profile_shows_what_was_measured() -> None:
    state = STATE.with_appearance(panels=frozenset({Panel.PROFILE}))
    profiles = [replace(profile(), recent=Recent(fps, fps, fps, np.full((99, 5), 4.0))) for fps in (30.0, 12.5)]
    first, second = (drawn(state, (1280, 800), profile=info) for info in profiles)
    place = layout_of(state, (1280, 800)).panels[0][1]
    changed = np.argwhere((first != second).any(axis=2))
    assert len(changed)
    assert (changed >= (place.y, place.x)).all()
    assert (changed < (place.bottom, place.right)).all()
