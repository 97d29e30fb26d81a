"""What is drawn again, and when."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from convviz_core.arrays import ByteArray
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.layer import Layer
from convviz_core.mosaic import MosaicGrid
from convviz_core.ranges import RangeMode
from live.composing import layout_request, new_compositor
from live.controls import press
from live.drawing import inspector as inspector_module
from live.drawing import strip as strip_module
from live.drawing.as_inspected import AsInspected
from live.drawing.compositor import Compositor
from live.drawing.inspector import Inspector
from live.drawing.overlay import Pieces, Sprite, at_once, blank
from live.drawing.scene import ProfileInfo, Scene, Status
from live.drawing.text import BACKGROUND
from live.drawing.tint import Removed
from live.layout import Layout, arrange
from live.layout.panel_places import Panel
from live.layout.tiling import Rect
from live.measuring.record import Recent
from live.state import LayerSettings, ViewState

STATE = ViewState(LayerSettings.of(BUILT_IN_BANKS)).with_appearance(
    kernels=True, panels=frozenset({Panel.INSPECTOR, Panel.PROFILE})
)
IMAGE = np.zeros((90, 120), np.uint8)
LAYOUT = arrange(layout_request((960, 720), IMAGE.shape, STATE))
SCENE = Scene(
    Layer(BUILT_IN_BANKS[0]),
    RangeMode.AUTO,
    np.array([[0, 1]] * 4, np.float32),
    IMAGE,
    np.zeros((2 * 87, 2 * 117), np.uint8),
    Status("a source", fps=30.0),
    target=(1, 5, 6),
    kernels=True,
    profile=ProfileInfo(
        Recent(30.0, 30.0, 30.0, np.full((9, 5), 4.0)), "nothing: 16 of 33 ms used", "halide on cpu", interval_ms=33.3
    ),
)


PICTURES_AT_MOST = 20  # until all pieces of an overlay are drawn


class Painting:
    """Fills the first tile with the beat's number, or 0 where a picture stands still."""

    def paint(self, canvas: ByteArray, layout: Layout, scene: Scene, meanwhile: Callable[[], None]) -> None:
        meanwhile()
        canvas[layout.tiles[0].picture.slices] = max(scene.beat, 0)

    def close(self) -> None:
        pass


class Box:
    """An overlay of one colour; counts how often it was drawn."""

    def __init__(self, place: Rect | None, colour: int) -> None:
        self.place, self.colour, self.of, self.drawn = place, colour, 0, 0

    def key(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        return self.place, self.of

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:  # noqa: ARG002
        self.drawn += 1
        return [blank(self.place, (self.colour,) * 3)] if self.place else []


FIRST = LAYOUT.tiles[0].picture
BESIDE, OVER = Rect(0, 700, 50, 10), Rect(FIRST.x, FIRST.y, 9, 7)


def test_an_overlay_is_drawn_again_only_when_its_key_or_the_layout_has_changed() -> None:
    one, other = Box(BESIDE, 90), Box(Rect(100, 700, 50, 10), 91)
    compositor = Compositor(Painting(), beside=(one, other), marks=(), over=())
    for beat in range(5):
        canvas = compositor.compose(LAYOUT, replace(SCENE, beat=beat))
        assert (canvas[BESIDE.slices] == 90).all()
        assert (canvas[FIRST.slices] == beat).all()
    assert (one.drawn, other.drawn) == (1, 1)
    one.of = 1
    compositor.compose(LAYOUT, SCENE)
    assert (one.drawn, other.drawn) == (2, 1)
    canvas = compositor.compose(arrange(replace(LAYOUT.request, input_tile=False)), SCENE)
    assert (one.drawn, other.drawn) == (3, 2)
    assert (canvas[BESIDE.slices] == 90).all()


def test_what_lies_over_the_tiles_stays_over_them_and_leaves_nothing_behind() -> None:
    box, beside = Box(OVER, 200), Box(Rect(OVER.x, OVER.y - 5, 9, 5), 90)
    compositor = Compositor(Painting(), beside=(beside,), marks=(), over=(box,))
    assert (compositor.compose(LAYOUT, replace(SCENE, beat=3))[OVER.slices] == 200).all()
    box.place = Rect(OVER.x, OVER.y - 3, 9, 3)  # now over a part of what stands beside
    canvas = compositor.compose(LAYOUT, replace(SCENE, beat=4))
    assert (canvas[OVER.slices] == 4).all()
    assert (canvas[box.place.slices] == 200).all()
    place, box.place = box.place, None
    assert (compositor.compose(LAYOUT, SCENE)[place.slices] == 90).all()


def test_of_an_overlay_in_parts_only_those_that_are_new_go_to_the_canvas() -> None:
    class Parts(Box):
        same = blank(BESIDE, (90,) * 3)

        def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
            return [self.same, *super().draw(layout, scene)]

    place = Rect(100, 700, 50, 10)
    parts = Parts(place, 91)
    compositor = Compositor(Painting(), beside=(parts,), marks=(), over=())
    canvas = compositor.compose(LAYOUT, SCENE)
    canvas[BESIDE.slices] = 7
    parts.of, parts.colour = 1, 92
    canvas = compositor.compose(LAYOUT, SCENE)
    assert (canvas[place.slices] == 92).all()
    assert (canvas[BESIDE.slices] == 7).all()
    canvas = compositor.compose(arrange(replace(LAYOUT.request, input_tile=False)), SCENE)
    assert (canvas[BESIDE.slices] == 90).all()


def test_a_canvas_of_another_size_begins_with_the_background() -> None:
    compositor = Compositor(Painting(), (), (), ())
    compositor.compose(LAYOUT, SCENE)
    canvas = compositor.compose(arrange(replace(LAYOUT.request, canvas_wh=(640, 480))), SCENE)
    assert canvas.shape == (480, 640, 3)
    assert (canvas[-1] == BACKGROUND).all()


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that is written or measured from now on."""
    found: list[str] = []
    put, measure = cv2.putText, cv2.getTextSize

    def putting(*arguments: Any) -> Any:
        found.append(arguments[1])
        return put(*arguments)

    def measuring(*arguments: Any) -> Any:
        found.append(arguments[1])
        return measure(*arguments)

    monkeypatch.setattr(cv2, "putText", putting)
    monkeypatch.setattr(cv2, "getTextSize", measuring)
    return found


def test_a_hundred_frames_with_unchanged_overlays_write_and_measure_no_text(texts: list[str]) -> None:
    compositor = new_compositor()
    compositor.compose(LAYOUT, SCENE)
    assert "Inspector" in texts
    assert "Profile" in texts
    texts.clear()
    for brightness in range(100):
        image = np.full((90, 120), brightness, np.uint8)
        compositor.compose(LAYOUT, replace(SCENE, image=image))
    assert texts == []


def test_limits_that_follow_the_pictures_are_written_once_a_beat_and_at_once_in_another_mode(texts: list[str]) -> None:
    compositor, unread = new_compositor(), replace(SCENE, target=None)  # nothing is explained in another range
    compositor.compose(LAYOUT, unread)
    texts.clear()
    followed = [replace(unread, ranges=SCENE.ranges * (1 + number / 10)) for number in range(1, 9)]
    for scene in followed:
        compositor.compose(LAYOUT, scene)
    assert texts == []
    compositor.compose(LAYOUT, replace(followed[-1], beat=1))
    assert "1.80" in texts
    texts.clear()
    compositor.compose(LAYOUT, replace(followed[2], beat=1, range=RangeMode.FIXED))
    assert "1.30" in texts


def test_of_the_tint_s_shares_only_those_that_change_are_written(texts: list[str]) -> None:
    grid = MosaicGrid(8, (87, 117))  # the maps, and behind them their opposites
    mosaic = np.zeros((grid.rows * 87, grid.columns * 117), np.uint8)
    removed = Removed((4, 5, 6, 7), 8, np.array([[0, 8]] * 4, np.float32))
    tinted = replace(SCENE, mosaic=mosaic, removed=removed)
    state = ViewState(LayerSettings.of(BUILT_IN_BANKS)).with_appearance(tint=True)
    layout = arrange(layout_request((1600, 900), IMAGE.shape, state))
    compositor = new_compositor()
    compositor.compose(layout, tinted)
    assert any(text.startswith("<1 %") for text in texts)
    texts.clear()
    for number in range(100):
        compositor.compose(layout, replace(tinted, beat=number // 3))
    assert texts == []
    darker = replace(tinted, image=np.tile(np.arange(240, 0, -2, dtype=np.uint8), (90, 1)), beat=50)  # to the right
    drawn = [compositor.compose(layout, darker) for _ in range(PICTURES_AT_MOST)]
    assert {text[:5] for text in texts if "%" in text} == {">99 %"}  # of map 1 alone
    assert np.array_equal(drawn[-1], new_compositor().compose(layout, darker))


def test_a_moved_pointer_draws_the_inspector_again_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    for name in ("captions.Captions", "legend.Legend", "strip.Strip", "inspector.Inspector", "profile_panel.Profile"):
        noting(monkeypatch, f"live.drawing.{name}.draw", drawn)
    compositor = new_compositor()
    compositor.compose(LAYOUT, SCENE)
    drawn.clear()
    compositor.compose(LAYOUT, replace(SCENE, target=(1, 5, 7)))
    assert drawn == ["live.drawing.inspector.Inspector.draw"]


def noting(monkeypatch: pytest.MonkeyPatch, name: str, drawn: list[str]) -> None:
    module, kind, method = name.rsplit(".", 2)
    found = getattr(__import__(module, fromlist=[kind]), kind)
    original = getattr(found, method)

    def wrapped(*arguments: Any) -> Any:
        drawn.append(name)
        return original(*arguments)

    monkeypatch.setattr(found, method, wrapped)


def test_the_profile_is_drawn_again_with_new_figures() -> None:
    compositor = new_compositor()
    before = compositor.compose(LAYOUT, SCENE).copy()
    assert SCENE.profile is not None
    later = replace(SCENE, profile=replace(SCENE.profile, passed_over=77))
    drawn = [compositor.compose(LAYOUT, later).copy() for _ in range(PICTURES_AT_MOST)]
    assert np.array_equal(drawn[0], before)  # one piece of it is not shown before the others
    assert not np.array_equal(drawn[-1], before)
    assert np.array_equal(drawn[-1], new_compositor().compose(LAYOUT, later))


class Slow(Box):
    """An overlay of three pieces, of the colour that the first piece has found."""

    def beat(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        return scene.beat

    def pieces(self, layout: Layout, scene: Scene) -> Pieces:  # noqa: ARG002
        assert self.place
        colour = scene.beat + 100
        yield
        yield
        self.drawn += 1
        return [blank(self.place, (colour,) * 3)]

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        return at_once(self.pieces(layout, scene))


def colours_of(slow: Slow, beats: Sequence[int]) -> list[int]:
    """What is seen of it in each of some pictures."""
    compositor = Compositor(Painting(), beside=(slow,), marks=(), over=())
    canvases = (compositor.compose(LAYOUT, replace(SCENE, beat=beat)) for beat in beats)
    return [int(canvas[BESIDE.y, BESIDE.x, 0]) - 100 for canvas in canvases]


def test_what_follows_the_pictures_is_drawn_a_piece_a_picture_and_is_of_the_picture_where_it_began() -> None:
    slow = Slow(BESIDE, 0)
    assert colours_of(slow, [1, 1, 2, 2, 2, 2, 3, 3, 4, 4, 4, 4, 4]) == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4]
    assert slow.drawn == 4


def test_pictures_that_are_far_apart_have_it_at_once() -> None:
    assert colours_of(Slow(BESIDE, 0), [1, 2, 3, 4, 4, 5, 6, 7]) == [1, 1, 3, 4, 4, 4, 6, 7]


@pytest.mark.parametrize("panel", [Panel.INSPECTOR, Panel.PROFILE])
def test_a_picture_that_stands_still_has_its_own_numbers_at_once(panel: Panel) -> None:
    layout = arrange(replace(LAYOUT.request, panels=(panel,)))
    compositor = new_compositor()
    assert SCENE.profile is not None
    compositor.compose(layout, replace(SCENE, beat=7))
    image = np.random.default_rng(0).integers(0, 256, IMAGE.shape, np.uint8)
    still = replace(SCENE, beat=-5, image=image, profile=replace(SCENE.profile, passed_over=77))
    assert np.array_equal(compositor.compose(layout, still), new_compositor().compose(layout, still))


@pytest.mark.parametrize("pictures_a_beat", [1, 3, 50])
def test_the_strip_says_the_range_with_which_the_inspector_makes_the_byte_at_any_moment(
    pictures_a_beat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, strips = [0.0], [0.0]
    arithmetic, limits = inspector_module.arithmetic, strip_module.limits

    def noting(scene: Scene, *rest: Any) -> list[tuple[str, str]]:
        begun.append(float(scene.ranges[1, 1]))
        return arithmetic(scene, *rest)

    def said(scene: Scene) -> tuple[str, str, str]:
        strips.append(float(scene.ranges[1, 1]))
        return limits(scene)

    monkeypatch.setattr(inspector_module, "arithmetic", noting)
    monkeypatch.setattr(strip_module, "limits", said)
    compositor, place = new_compositor(), LAYOUT.panel(Panel.INSPECTOR)
    assert place is not None
    before, shown = np.zeros((0, 0, 3), np.uint8), set()
    for number in range(90):
        # A range that no picture has twice, as auto has one while the scene moves.
        ranges = np.array([[0, 1 + number / 100]] * 4, np.float32)
        scene = replace(SCENE, ranges=ranges, beat=number // pictures_a_beat)
        panel = compositor.compose(LAYOUT, scene)[place.slices].copy()
        if not np.array_equal(panel, before):
            before = panel
            shown.add(begun[-1])
            explained = begun[-1]
        assert strips[-1] == explained
    compositor.close()
    assert len(shown) >= (5 if pictures_a_beat < 50 else 2)


def test_without_a_pixel_that_is_explained_the_strip_says_the_picture_s_own_range() -> None:
    asked: list[Scene] = []

    class Asked(Box):
        def key(self, layout: Layout, scene: Scene) -> Hashable:
            asked.append(scene)
            return super().key(layout, scene)

    inspector = Inspector()
    strip = AsInspected(Asked(BESIDE, 9), inspector, Inspector())
    old, new = SCENE, replace(SCENE, ranges=SCENE.ranges * 2)
    inspector.draw(LAYOUT, old)
    closed = arrange(layout_request((960, 720), IMAGE.shape, STATE.with_appearance(panels=frozenset())))
    for layout, scene in ((LAYOUT, new), (closed, new), (LAYOUT, replace(new, target=None))):
        strip.key(layout, scene)
    assert [scene.ranges is old.ranges for scene in asked] == [True, False, False]


def test_of_two_layers_each_one_s_line_says_the_range_of_its_own_inspector(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, strips = {"live": [0.0], "kept": [0.0]}, {"live": [0.0], "kept": [0.0]}
    arithmetic, limits = inspector_module.arithmetic, strip_module.limits

    def noting(scene: Scene, *rest: Any) -> list[tuple[str, str]]:
        begun[scene.side].append(float(scene.ranges[1, 1]))
        return arithmetic(scene, *rest)

    def said(scene: Scene) -> tuple[str, str, str]:
        strips[scene.side].append(float(scene.ranges[1, 1]))
        return limits(scene)

    monkeypatch.setattr(inspector_module, "arithmetic", noting)
    monkeypatch.setattr(strip_module, "limits", said)
    inspected = STATE.with_appearance(panels=frozenset({Panel.INSPECTOR}))
    state = press(press(inspected, "a")[0], "r")[0]  # before ReLU beside after it
    layout = arrange(layout_request((1920, 1080), IMAGE.shape, state))
    places = layout.panel(Panel.INSPECTOR), layout.other.panel(Panel.INSPECTOR) if layout.other else None
    compositor, explained = new_compositor(), {"live": 0.0, "kept": 0.0}
    before = {"live": np.zeros(0, np.uint8), "kept": np.zeros(0, np.uint8)}
    for number in range(60):
        one = replace(SCENE, ranges=np.array([[0, 1 + number / 100]] * 4, np.float32), beat=number // 3, kernels=False)
        other = replace(one, side="kept", ranges=one.ranges * 2)
        canvas = compositor.compose(layout, replace(one, side="live", other=other))
        for side, place in zip(("live", "kept"), places, strict=True):
            assert place is not None
            panel = canvas[place.slices].copy()
            if not np.array_equal(panel, before[side]):
                before[side], explained[side] = panel, begun[side][-1]
        assert {side: found[-1] for side, found in strips.items()} == explained
    compositor.close()
    assert len(set(begun["kept"])) > 5
