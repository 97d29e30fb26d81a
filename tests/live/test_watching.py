"""Watched pixels: their responses over the last seconds, how much they vary, and how they are chosen and let go."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from convviz_core.arrays import ByteArray
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.layer import Activation, Layer
from live.composing import layout_request, scene_of
from live.controls import answer, press
from live.drawing.panel import PanelPage
from live.drawing.scene import Status
from live.drawing.watched_panel import PIN_COLOURS, WatchedMarks, WatchedPanel, draw_curve
from live.events import Button, Gesture, MouseButton
from live.layout import Layout, arrange
from live.layout.panel_places import Panel
from live.layout.tiling import Rect
from live.recording.keep import Keep
from live.state import LayerSettings, MapPixel, ViewState
from live.watching import MOST_WATCHED, Watched, Watcher

STATE = ViewState(LayerSettings.of(BUILT_IN_BANKS))
INSPECTING = STATE.with_appearance(panels=frozenset({Panel.INSPECTOR}))
LAYER = Layer(BUILT_IN_BANKS[0])
SHAPE = (90, 120)


def step(height: int) -> ByteArray:
    """An edge in the middle of a patch at (0, 0): the first filter answers 8 times the height over 255."""
    image = np.zeros(SHAPE, np.uint8)
    image[:, 2:] = height
    return image


def layout_of(state: ViewState) -> Layout:
    return arrange(layout_request((1280, 960), SHAPE, state))


def clicked(state: ViewState, pixel: MapPixel, button: MouseButton = MouseButton.LEFT, *, shift: bool) -> ViewState:
    layout = layout_of(state)
    place = layout.canvas_rect(*pixel)
    assert place is not None
    at = place.x + place.width // 2, place.y + place.height // 2
    return answer(state, Button(button, Gesture.CLICK, at, shift=shift), layout)[0]


def test_a_pixel_s_responses_are_kept_for_five_seconds_with_their_standard_deviation() -> None:
    watcher = Watcher()
    for second in range(9):
        height = 51 if second % 2 else 102
        (watched,) = watcher.note([(0, 0, 0)], LAYER, step(height), second, float(second))
    assert watched.times_s.tolist() == [3, 4, 5, 6, 7, 8]
    assert watched.responses == pytest.approx([1.6, 3.2, 1.6, 3.2, 1.6, 3.2])
    assert watched.deviation == pytest.approx(0.8)
    assert watched.span_s == 5


def test_one_picture_counts_once_and_a_new_pixel_begins_with_it() -> None:
    watcher = Watcher()
    watcher.note([(0, 0, 0)], LAYER, step(51), "one", 0.0)
    first, second = watcher.note([(0, 0, 0), (1, 0, 0)], LAYER, step(51), "one", 0.0)
    assert len(first.responses) == len(second.responses) == 1
    assert second.responses[0] == -first.responses[0]  # before ReLU


def test_another_layer_and_an_earlier_time_begin_anew() -> None:
    watcher = Watcher()
    for picture in range(3):
        watcher.note([(0, 0, 0)], LAYER, step(51), picture, float(picture))
    (looped,) = watcher.note([(0, 0, 0)], LAYER, step(51), 3, 0.5)
    assert len(looped.responses) == 1
    (other,) = watcher.note([(0, 0, 0)], Layer(LAYER.bank, Activation.NONE), step(51), 4, 1.0)
    assert len(other.responses) == 1
    assert watcher.note([], LAYER, step(51), 5, 2.0) == ()


def test_shift_and_click_watches_up_to_four_pixels_the_pinned_one_among_them() -> None:
    state = clicked(INSPECTING, (0, 10, 20), shift=False)
    wanted = [(1, 30, 40), (2, 50, 60), (3, 10, 20), (0, 70, 80)]
    for pixel in wanted:
        state = clicked(state, pixel, shift=True)
        state = clicked(state, pixel, shift=True)  # again: it is watched already
    pins = state.interaction.pins
    assert len(pins) == MOST_WATCHED
    assert pins[0] == state.interaction.pinned
    assert [pin[0] for pin in pins] == [0, 1, 2, 3]
    assert layout_of(state).panel(Panel.WATCHED) is not None
    assert layout_of(INSPECTING).panel(Panel.WATCHED) is None


def test_without_the_inspector_shift_and_click_watches_and_enlarges_nothing() -> None:
    state = clicked(STATE, (1, 30, 40), shift=True)
    assert state.interaction.viewport.enlarged is None
    assert len(state.interaction.watched) == 1


def test_a_right_click_lets_the_nearest_go_and_esc_the_pinned_one_then_the_others() -> None:
    state = INSPECTING.with_interaction(pinned=(0, 10, 10), watched=((1, 30, 40), (1, 70, 100)))
    assert clicked(state, (1, 35, 45), MouseButton.RIGHT, shift=False).interaction.pins == ((0, 10, 10), (1, 70, 100))
    assert clicked(state, (0, 5, 5), MouseButton.RIGHT, shift=False).interaction.pinned is None
    without = press(state, "Esc")[0]
    assert without.interaction.pins == ((1, 30, 40), (1, 70, 100))
    assert press(without, "Esc")[0].interaction.pins == ()


def test_a_snapshot_has_each_pin_with_the_values_of_its_maps(tmp_path: Path) -> None:
    image = np.random.default_rng(3).integers(0, 256, SHAPE, np.uint8)
    state = STATE.with_interaction(pinned=(2, 5, 6), watched=((0, 7, 8),))
    history = Watched((0, 7, 8), np.array([1.0, 3.5]), np.array([1.0, 2.0]))
    with OpenCvEngine() as engine:
        Keep().write_snapshot(tmp_path, engine, image, state, None, (history,))
    kept = json.loads((tmp_path / "settings.json").read_text())["watched"]
    maps = np.load(tmp_path / "maps.npz")
    assert [(pin["index"], pin["y"], pin["x"]) for pin in kept] == [(2, 5, 6), (0, 7, 8)]
    for pin in kept:
        at = pin["index"], pin["y"], pin["x"]
        assert (np.float32(pin["response"]), np.float32(pin["activated"])) == (maps["conv"][at], maps["activated"][at])
    assert (kept[1]["standard_deviation"], kept[1]["seconds"]) == (0.5, 2.5)
    assert "standard_deviation" not in kept[0]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status("a picture"), "the picture stands still"),
        (Status("a film", fps=30.0, paused=True), "the picture stands still"),
        (Status("a film", fps=30.0), "from the next picture on"),
    ],
)
def test_of_one_picture_no_standard_deviation_is_told(
    status: Status, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []

    def row(_page: PanelPage, cells: list[tuple[str, float, object]], **_: object) -> bool:
        written.extend(text for text, _, _ in cells)
        return True

    monkeypatch.setattr(PanelPage, "row", row)
    image = np.zeros(SHAPE, np.uint8)
    state = STATE.with_interaction(watched=((1, 30, 40),))
    scene = scene_of(state, image, OpenCvEngine().run(image, LAYER), status)
    one = Watched((1, 30, 40), np.zeros(1), np.zeros(1))
    WatchedPanel().draw(layout_of(state), replace(scene, watched=(one,)))
    assert written[0].startswith("1  map 2: ")
    assert words in written[2]
    several = Watched((1, 30, 40), np.array([0.0, 2.0]), np.array([1.0, 3.0]))
    WatchedPanel().draw(layout_of(state), replace(scene, watched=(several,)))
    assert "standard deviation 1 in 2.0 s" in written
    assert "1 to 3" in written  # the frame's lower and upper edge, with nothing over the curve


@pytest.mark.parametrize("width", range(150, 420, 15))
def test_all_watched_pixels_are_named_in_one_form(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []
    row = PanelPage.row

    def noting(page: PanelPage, cells: list[tuple[str, float, object]], **how: bool) -> bool:
        names.extend([cells[0][0]] * (len(cells) == 2 and cells[0][0][:1].isdecimal()))
        return row(page, cells, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(PanelPage, "row", noting)
    image = np.zeros(SHAPE, np.uint8)
    pixels = (1, 3, 4), (2, 83, 104)
    state = STATE.with_interaction(watched=pixels)
    scene = scene_of(state, image, OpenCvEngine().run(image, LAYER), Status("a film", fps=30.0))
    watched = tuple(
        Watched(pixel, np.arange(2.0), np.array([0.0, value])) for pixel, value in zip(pixels, (1, -0.123), strict=True)
    )
    layout = replace(layout_of(state), panels=((Panel.WATCHED, Rect(0, 0, width, 400)),))
    WatchedPanel().draw(layout, replace(scene, watched=watched))
    one, other = names
    assert ("map" in one, "row" in one, "brighter" in one) == ("map" in other, "row" in other, "brighter" in other)


def test_a_curve_rises_with_the_response_and_ends_at_the_right() -> None:
    canvas = np.zeros((60, 200, 3), np.uint8)
    draw_curve(canvas, Rect(0, 0, 200, 60), Watched((0, 0, 0), np.arange(6.0), np.arange(6.0)), (9, 99, 199))
    drawn = (canvas[1:-1, 1:-1, 2] > 150).nonzero()
    rows = dict(zip(drawn[1].tolist(), drawn[0].tolist(), strict=True))
    assert rows[4] > rows[100] > rows[190]
    assert max(rows) >= 194


def test_a_watched_pixel_is_framed_in_its_own_tile_alone() -> None:
    state = STATE.with_interaction(watched=((1, 30, 40),))
    layout = layout_of(state)
    with OpenCvEngine() as engine:
        scene = scene_of(state, step(50), engine.run(step(50), state.layer), Status("test"))
    watched = Watched((1, 30, 40), np.zeros(1), np.zeros(1))
    canvas = np.zeros((960, 1280, 3), np.uint8)
    WatchedMarks().draw(canvas, layout, replace(scene, watched=(watched,)))
    framed = [bool((canvas[tile.picture.slices] == PIN_COLOURS[0]).all(axis=2).any()) for tile in layout.tiles]
    assert framed == [False, False, True, False, False]
