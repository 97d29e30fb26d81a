"""What lies over and below the picture: nothing covers what is always to be read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from convviz_core.arrays import ByteArray
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.layer import RangeMode
from live.canvas import draw_canvas
from live.controls import COLORMAPS, ViewState
from live.hud import ProfileInfo, Status
from live.layout import Rect, arrange
from live.measuring.record import Percentiles, Recent
from live.picture import Painter

STATE = ViewState(BUILT_IN_BANKS)
IMAGE = np.random.default_rng(3).integers(0, 256, (90, 120, 3), np.uint8)
STATUS = Status("a source", fps=30.0)
NOTICES = ("recording to film.mkv", "the camera came back")


def bank_of(count: int) -> FilterBank:
    kernels = np.random.default_rng(count).integers(-3, 4, (count, 3, 3)).astype(np.float32)
    return FilterBank("many", tuple(Filter(f"filter {i + 1}", kernel) for i, kernel in enumerate(kernels)))


def drawn(state: ViewState, canvas_wh: tuple[int, int] = (640, 480), status: Status = STATUS, **more: Any) -> ByteArray:
    layout, engine = arrange(canvas_wh, IMAGE.shape, state), OpenCvEngine()
    result = engine.run(IMAGE, state.layer, None, layout.reduce)
    conv = engine.maps(IMAGE, state.layer)[0] if state.tint else None
    return draw_canvas(Painter(), layout, state, IMAGE, result, status, conv=conv, **more).copy()


@pytest.mark.parametrize("colormap", COLORMAPS)
def test_a_tile_without_a_map_is_black_in_every_colour_map(colormap: str) -> None:
    state = replace(STATE, colormap=colormap, gray_tile=True)  # five tiles of six
    canvas, layout = drawn(state), arrange((640, 480), IMAGE.shape, state)
    empty, last = layout.tile(5), layout.tile(3)
    assert empty is not None
    assert last is not None
    assert not canvas[empty.slices].any()
    assert canvas[last.slices].any()
    three = replace(STATE, banks=(bank_of(3),), colormap=colormap)
    empty = arrange((640, 480), IMAGE.shape, three).tile(3)
    assert empty is not None
    assert not drawn(three)[empty.slices].any()


def test_an_enlarged_map_is_coloured_to_its_edges() -> None:
    state = replace(STATE, colormap="viridis", gray_tile=True, enlarged=3, range=RangeMode.FIXED)
    canvas, layout = drawn(state), arrange((640, 480), IMAGE.shape, state)
    zero = cv2.applyColorMap(np.zeros((1, 1), np.uint8), cv2.COLORMAP_VIRIDIS)[0, 0]
    assert canvas[layout.picture.slices].reshape(-1, 3).max(axis=1).min() > 0
    assert (canvas[layout.picture.slices] == zero).all(axis=2).any()


def strip_of(state: ViewState, canvas_wh: tuple[int, int]) -> tuple[slice, slice]:
    return arrange(canvas_wh, IMAGE.shape, state).strip.slices


@pytest.mark.parametrize("canvas_wh", [(160, 120), (320, 240), (640, 480), (960, 720), (1920, 1080)])
def test_nothing_covers_the_strip(canvas_wh: tuple[int, int]) -> None:
    plain = drawn(STATE, canvas_wh)[strip_of(STATE, canvas_wh)]
    times = Percentiles(9, 1.0, 2.0, 3.0, 4.0)
    stages = dict.fromkeys(("capture", "convert", "compute", "upload", "device", "download", "draw", "show"), times)
    recent = Recent(30.0, 30.0, 30.0, stages, times, np.full(99, 20.0))
    profile = (recent, ProfileInfo("halide on cpu", "cvtColor", 1, 2, 3, 4, "give it more light"))
    for seen in (
        drawn(replace(STATE, help=True), canvas_wh),
        drawn(STATE, canvas_wh, profile=profile),
        drawn(STATE, canvas_wh, replace(STATUS, notices=NOTICES * 2, silent_s=3.0)),
    ):
        assert not np.array_equal(seen, drawn(STATE, canvas_wh))
        assert np.array_equal(seen[strip_of(STATE, canvas_wh)], plain)


def labels(state: ViewState, canvas_wh: tuple[int, int]) -> list[Rect]:
    """The lowest pixels of each map's tile, where its limits and the tint's percentage stand."""
    layout = arrange(canvas_wh, IMAGE.shape, state)
    places = [place for index in range(layout.map_count) if (place := layout.tile(index))]
    heights = [min(layout.line // 2, place.height) for place in places]
    return [
        Rect(place.x, place.y + place.height - height, place.width, height)
        for place, height in zip(places, heights, strict=True)
    ]


@pytest.mark.parametrize("notices", [NOTICES[:1], NOTICES * 2])
@pytest.mark.parametrize("enlarged", [None, 2])
@pytest.mark.parametrize("count", [1, 4, 9])
@pytest.mark.parametrize("canvas_wh", [(640, 480), (1920, 1080)])
@pytest.mark.parametrize("switch", ["tint", "frame"])
def test_a_notice_covers_neither_the_tints_percentage_nor_a_maps_limits(
    switch: str, canvas_wh: tuple[int, int], count: int, enlarged: int | None, notices: tuple[str, ...]
) -> None:
    state = replace(STATE, banks=(bank_of(count),), enlarged=enlarged)
    state = replace(state, tint=True) if switch == "tint" else replace(state, range=RangeMode.FRAME)
    plain, said = drawn(state, canvas_wh), drawn(state, canvas_wh, replace(STATUS, notices=notices))
    assert not np.array_equal(plain, said)
    for place in labels(state, canvas_wh):
        assert np.array_equal(plain[place.slices], said[place.slices])


@pytest.mark.parametrize("count", [1, 2, 4, 9])
def test_no_signal_covers_no_label_either(count: int) -> None:
    state = replace(STATE, banks=(bank_of(count),), range=RangeMode.FRAME, tint=True)
    plain, silent = drawn(state), drawn(state, status=replace(STATUS, silent_s=3.0))
    assert not np.array_equal(plain, silent)
    for place in labels(state, (640, 480)):
        assert np.array_equal(plain[place.slices], silent[place.slices])
