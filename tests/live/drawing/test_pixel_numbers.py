"""The numbers on zoomed pixels: what is said where, and that it is there to be read."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import live.drawing.pixel_numbers as pixel_numbers
from convviz_core.arrays import ByteArray
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.filters.bank import FilterBank
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.geometry import ConvSettings
from convviz_core.layer import Activation
from live.composing import layout_request, new_compositor, scene_of
from live.drawing.numbers import MINUS, fitted
from live.drawing.scene import Scene, Status
from live.layout import Layout, arrange
from live.layout.viewport import Viewport
from live.state import LayerChoice, LayerSettings, ViewState

IMAGE = np.random.default_rng(3).integers(0, 256, (90, 120), np.uint8)
STATE = ViewState(LayerSettings.of(BUILT_IN_BANKS))


def zoomed(state: ViewState, notches: float) -> tuple[Layout, Scene]:
    state = state.with_interaction(viewport=Viewport(None, (10.0, 20.0), notches))
    layout = arrange(layout_request((960, 720), IMAGE.shape, state))
    result = OpenCvEngine().run(IMAGE, state.computed, state.appearance.range, layout.reduce)
    return layout, scene_of(state, IMAGE, result, Status("test"))


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[int, int], list[str]]:
    """Every number that is written from now on, by its middle on its tile; tiles come one after the other."""
    found: dict[tuple[int, int], list[str]] = {}
    stamp = pixel_numbers._stamp

    def stamping(*arguments: object) -> bool:
        _, _, _, lines, x, y, _ = arguments
        assert isinstance(x, float)
        assert isinstance(y, float)
        assert isinstance(lines, list | tuple)
        found.setdefault((int(y), int(x)), []).append("/".join(lines))
        return stamp(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(pixel_numbers, "_stamp", stamping)
    return found


@pytest.mark.parametrize("activation", list(Activation))
def test_each_pixel_says_the_response_of_the_engine_and_its_byte_and_the_input_its_gray(
    said: dict[tuple[int, int], list[str]], activation: Activation
) -> None:
    layout, scene = zoomed(STATE.with_settings(activation=activation), 60)  # 64 canvas pixels a map pixel
    new_compositor().compose(layout, scene)
    conv, activated = OpenCvEngine().maps(IMAGE, scene.layer)
    values = conv if activation == Activation.NONE else activated
    for (y, x), lines in said.items():
        row, column = 10 + y // 64, 20 + x // 64
        assert lines[0] == str(IMAGE[row + 1, column + 1])  # a window of four begins one pixel before its middle
        for index in range(4):
            response, byte = lines[1 + index].split("/")
            value = float(values[index, row, column])
            assert response == fitted(value, 5 if activation == Activation.NONE and value >= 0 else 6)
            place = layout.tiles[1 + index].picture
            assert byte == str(scene.mosaic[(index // 2) * 87 + row, (index % 2) * 117 + column])
            assert place.width > x
    assert len(said) >= 15


@pytest.mark.parametrize("stride", [2, (1, 2), 3, 4])
def test_with_a_stride_each_pixel_of_the_input_says_its_gray_too(
    monkeypatch: pytest.MonkeyPatch, stride: int | tuple[int, int]
) -> None:
    choice = LayerChoice(BUILT_IN_BANKS[0], ConvSettings(stride, padding=2))
    layout, scene = zoomed(ViewState(LayerSettings((choice,))), 60)
    step_y, step_x = scene.layer.geometry.stride_yx
    found: list[tuple[float, float, str]] = []
    stamp = pixel_numbers._stamp

    def stamping(covered: ByteArray, cells: ByteArray, cell: int, lines: list[str], x: float, y: float, s: int) -> bool:
        if len(lines) == 1:  # a map's have their bytes, too
            found.append((y, x, lines[0]))
        return stamp(covered, cells, cell, lines, x, y, s)

    monkeypatch.setattr(pixel_numbers, "_stamp", stamping)
    new_compositor().compose(layout, scene)
    assert found
    top, left = scene.layer.geometry.middle_pixel(0, 0)
    first = top - (step_y - 1) // 2, left - (step_x - 1) // 2  # what the tile of the whole input begins with
    scale = layout.scale
    for y, x, gray in found:
        row = math.floor((layout.seen.top + y / scale) * step_y) + first[0]
        column = math.floor((layout.seen.left + x / scale) * step_x) + first[1]
        assert gray == str(IMAGE[row, column])


def test_where_the_input_has_no_pixel_there_is_no_number_and_a_large_response_says_its_own_where_it_is_seen(
    said: dict[tuple[int, int], list[str]],
) -> None:
    ones = FilterBank.from_array("ones", np.ones((1, 1, 1, 1), np.float32))
    state = ViewState(LayerSettings((LayerChoice(ones, ConvSettings(stride=8)),)))
    state = state.with_interaction(viewport=Viewport(None, (0.0, 0.0), 60))  # whose cell begins 3 pixels further up
    layout = arrange(layout_request((960, 720), IMAGE.shape, state))
    result = OpenCvEngine().run(IMAGE, state.layer, state.appearance.range, layout.reduce)
    new_compositor().compose(layout, scene_of(state, IMAGE, result, Status("test")))
    grays = {at: lines for at, lines in said.items() if "/" not in lines[0]}
    assert layout.scale == 512
    assert {at: gray for at, (gray,) in grays.items()} == {
        (y, x): str(IMAGE[y // 64 - 3, x // 64 - 3]) for y, x in grays
    }
    assert grays
    assert min(min(at) for at in grays) == 3 * 64 + 32
    tile, (place,) = layout.tiles[1].picture, said.keys() - grays.keys()
    assert 512 > tile.width > 256  # one response, of which a part is seen
    assert place == (tile.height // 2, tile.width // 2)


def test_with_the_tint_the_numbers_say_what_relu_removes(said: dict[tuple[int, int], list[str]]) -> None:
    layout, scene = zoomed(STATE.with_appearance(tint=True), 60)
    new_compositor().compose(layout, scene)
    first = [lines[1].split("/")[0] for lines in said.values()]
    second = [lines[2].split("/")[0] for lines in said.values()]
    assert any(number.startswith(MINUS) for number in first)
    for one, other in zip(first, second, strict=True):  # the second filter is the first one's opposite
        assert float(one.replace(MINUS, "-")) == pytest.approx(-float(other.replace(MINUS, "-")), abs=0.0006)


def test_numbers_below_and_above_0_have_the_same_decimals(said: dict[tuple[int, int], list[str]]) -> None:
    layout, scene = zoomed(STATE.with_settings(activation=Activation.NONE), 50)
    faint = replace(scene, image=(IMAGE // 32).astype(np.uint8))  # responses of a tenth or so
    new_compositor().compose(layout, faint)
    numbers = [line.split("/")[0] for lines in said.values() for line in lines[1:]]
    decimals = {
        len(number.partition(".")[2]) for number in numbers if 0.01 <= abs(float(number.replace(MINUS, "-"))) < 1
    }
    assert len(decimals) == 1
    assert any(number.startswith(MINUS) for number in numbers)


def test_there_are_numbers_from_32_canvas_pixels_a_map_pixel_on(said: dict[tuple[int, int], list[str]]) -> None:
    for notches in range(40):
        layout, scene = zoomed(STATE, notches)
        said.clear()
        new_compositor().compose(layout, scene)
        assert bool(said) == (layout.scale >= 32)


def test_numbers_are_written_again_only_when_they_may_be_others(said: dict[tuple[int, int], list[str]]) -> None:
    layout, scene = zoomed(STATE, 60)
    compositor = new_compositor()
    compositor.compose(layout, scene)
    assert said
    said.clear()
    compositor.compose(layout, replace(scene, image=IMAGE[::-1].copy()))
    assert not said
    compositor.compose(layout, replace(scene, beat=1))
    assert said


def ink_of(picture: ByteArray, shade: int) -> float:
    return float((np.abs(picture.astype(int) - shade) > 100).mean())


@pytest.mark.parametrize("shade", [0, 90, 200, 255])
def test_numbers_are_seen_on_dark_and_on_bright_pixels(shade: int) -> None:
    layout, scene = zoomed(STATE, 60)
    frame = np.full(IMAGE.shape, shade, np.uint8)
    canvas = new_compositor().compose(layout, replace(scene, image=frame))
    tile = layout.tiles[0].picture
    assert 0.005 < ink_of(canvas[tile.slices], shade) < 0.3
