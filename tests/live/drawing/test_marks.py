"""What is marked on the tiles: the pixel pointed at, what it reads, and what reads an input pixel."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from convviz_core.arrays import ByteArray
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.filters.bank import FilterBank
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.geometry import ConvSettings
from live.composing import layout_request, scene_of
from live.drawing.marks import EDGE, FrameEdge, TargetMark
from live.drawing.scene import Status
from live.drawing.text import ACCENT, BACKGROUND
from live.layout import Layout, arrange
from live.layout.tiling import Tile
from live.layout.viewport import Viewport
from live.pointing import pointed
from live.state import LayerChoice, LayerSettings, ViewState

IMAGE = np.random.default_rng(3).integers(0, 256, (90, 120), np.uint8)
STATE = ViewState(LayerSettings.of(BUILT_IN_BANKS)).with_interaction(viewport=Viewport(None, (10.0, 20.0), 10))


def marked(state: ViewState) -> tuple[ByteArray, Layout]:
    layout = arrange(layout_request((1920, 1440), IMAGE.shape, state))
    assert layout.scale > 32
    state = pointed(state, layout)
    result = OpenCvEngine().run(IMAGE, state.layer, state.appearance.range, layout.reduce)
    canvas = np.full((1440, 1920, 3), 99, np.uint8)
    TargetMark().draw(canvas, layout, scene_of(state, IMAGE, result, Status("test")))
    return canvas, layout


def framed_wh(canvas: ByteArray, layout: Layout, index: int | None) -> tuple[int, int]:
    """Width and height of the frame of the accent's colour on a tile, without its margin."""
    tile = layout.tile(index)
    assert tile is not None
    rows, columns = np.nonzero((canvas[tile.picture.slices] == ACCENT).all(axis=2))
    margin = 1 if index is None else 3
    return int(np.ptp(columns)) + 1 - 2 * margin, int(np.ptp(rows)) + 1 - 2 * margin


def pointing_at(index: int | None, y: int, x: int) -> ViewState:
    layout = arrange(layout_request((1920, 1440), IMAGE.shape, STATE))
    place = layout.canvas_rect(index, y, x)
    assert place is not None
    return STATE.with_interaction(pointer=(place.x + place.width // 2, place.y + place.height // 2))


def test_the_receptive_field_of_the_pixel_under_the_pointer_has_its_true_size_on_the_input() -> None:
    canvas, layout = marked(pointing_at(0, 14, 26))
    pixel = layout.scale
    assert np.allclose(framed_wh(canvas, layout, 0), (pixel, pixel), atol=2)
    assert np.allclose(framed_wh(canvas, layout, None), (4 * pixel, 4 * pixel), atol=2)


def test_the_same_place_is_marked_in_every_tile() -> None:
    canvas, layout = marked(pointing_at(0, 14, 26))
    marks = [(canvas[tile.picture.slices] != 99).any(axis=2) for tile in layout.tiles if tile.index is not None]
    assert all((mark == marks[0]).all() for mark in marks)
    assert marks[0].any()


def test_on_tiny_tiles_the_mark_leaves_most_of_the_picture_to_be_seen() -> None:
    bank = FilterBank.from_array("many", np.random.default_rng(1).normal(size=(64, 1, 3, 3)).astype(np.float32))
    state = ViewState(LayerSettings.of((bank,))).with_interaction(pinned=(3, 40, 60))
    layout = arrange(layout_request((320, 240), IMAGE.shape, state))
    assert layout.tiles[0].picture.height < 24
    result = OpenCvEngine().run(IMAGE, state.layer, state.appearance.range, layout.reduce)
    canvas = np.full((240, 320, 3), 99, np.uint8)
    TargetMark().draw(canvas, layout, scene_of(state, IMAGE, result, Status("test")))
    for tile in layout.tiles:
        covered = (canvas[tile.picture.slices] != 99).any(axis=2)
        assert 8 < covered.sum() < covered.size / 8


def test_an_input_pixel_is_framed_and_in_every_map_the_responses_that_read_it() -> None:
    canvas, layout = marked(pointing_at(None, 14, 26))
    pixel = layout.scale
    assert np.allclose(framed_wh(canvas, layout, None), (pixel, pixel), atol=2)
    assert np.allclose(framed_wh(canvas, layout, 0), (4 * pixel, 4 * pixel), atol=2)
    state = pointed(pointing_at(None, 14, 26), layout)
    assert state.interaction.input_pixel == (15, 27)
    assert state.interaction.hovered == (0, 14, 26)  # the one that has its middle there


def test_nothing_is_marked_without_the_inspector_where_pixels_are_small() -> None:
    layout = arrange(layout_request((1920, 1440), IMAGE.shape, STATE.with_interaction(viewport=Viewport())))
    assert pointed(pointing_at(0, 14, 26), layout).interaction.hovered is None


def with_edge(state: ViewState) -> tuple[ByteArray, Tile]:
    """A canvas with nothing but the frame's edge, and the input's tile on it."""
    layout = arrange(layout_request((1920, 1440), IMAGE.shape, state))
    result = OpenCvEngine().run(IMAGE, state.layer, state.appearance.range, layout.reduce)
    canvas = np.full((1440, 1920, 3), 99, np.uint8)
    FrameEdge().draw(canvas, layout, scene_of(state, IMAGE, result, Status("test")))
    tile = layout.tile(None)
    assert tile is not None
    return canvas, tile


@pytest.mark.parametrize(
    ("settings", "seen_hw"),
    [
        (ConvSettings(), None),
        (ConvSettings(padding=1), None),  # the window of four begins one pixel before its middle
        (ConvSettings(padding=11, padding_mode="reflect"), (90 / 109, 120 / 139)),  # of maps of 109x139
        (ConvSettings(stride=3, padding=10), (90 / 108, 120 / 138)),  # 36x46 of them, three input pixels each
    ],
)
def test_the_frame_s_edge_is_marked_where_the_input_s_tile_shows_padding(
    settings: ConvSettings, seen_hw: tuple[float, float] | None
) -> None:
    state = ViewState(LayerSettings((LayerChoice(BUILT_IN_BANKS[0], settings),)))
    canvas, tile = with_edge(state)
    rows, columns = np.nonzero((canvas == EDGE).all(axis=2))
    if seen_hw is None:
        assert not len(rows)
    else:
        inside = np.array([np.ptp(rows) - 1, np.ptp(columns) - 1])  # the line lies just outside of the frame
        np.testing.assert_allclose(inside, np.array(seen_hw) * (tile.picture.height, tile.picture.width), atol=2)


def test_what_a_stride_shows_beyond_the_frame_and_its_padding_is_empty_and_has_no_edge_of_padding() -> None:
    bank = FilterBank.from_array("mean", np.ones((1, 1, 3, 3), np.float32))
    canvases = []
    for settings in (ConvSettings(stride=15), ConvSettings(stride=(15, 5), padding=(1, 0))):
        state = ViewState(LayerSettings((LayerChoice(bank, settings),)))
        canvas, tile = with_edge(state)
        canvases.append(canvas[tile.picture.slices])
    plain, padded = canvases
    empty = (plain == BACKGROUND).all(axis=2)
    rows, columns = np.nonzero(~empty)
    # Each response stands for 15x15 pixels around its own, the first of them for row -6 and column -6.
    assert (rows.min() / plain.shape[0], columns.min() / plain.shape[1]) == pytest.approx((6 / 90, 6 / 120), abs=0.005)
    assert not (plain == EDGE).all(axis=2).any()
    lines = np.nonzero((padded == EDGE).all(axis=2))[0]
    assert len(set(lines.tolist())) == 1  # of the padding above; at the left there is none


@pytest.mark.parametrize("canvas_wh", [(320, 240), (640, 480), (960, 600), (1280, 800), (1920, 1440)])
def test_a_frame_s_edge_that_no_tile_shows_costs_nothing(
    monkeypatch: pytest.MonkeyPatch, canvas_wh: tuple[int, int]
) -> None:
    drawn: list[object] = []
    monkeypatch.setattr(cv2, "polylines", lambda *arguments: drawn.append(arguments))
    state = ViewState(LayerSettings.of([bank for bank in BUILT_IN_BANKS if bank.name == "sobel"]))
    image = np.zeros((720, 1280), np.uint8)  # which is shrunk in most of them: it ends with the tile, nearly
    layout = arrange(layout_request(canvas_wh, image.shape, state))
    result = OpenCvEngine().run(image, state.layer, state.appearance.range, layout.reduce)
    edge = FrameEdge()
    for _ in range(2):
        canvas = np.zeros((canvas_wh[1], canvas_wh[0], 3), np.uint8)
        edge.draw(canvas, layout, scene_of(state, image, result, Status("test")))
    assert drawn == []
