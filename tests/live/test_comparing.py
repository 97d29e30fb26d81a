"""Two layers on one frame: what keys make of it, where tiles lie, who computes, and which pixels are drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convviz_core.arrays import ByteArray
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.filters.files import load_bank
from convviz_core.geometry import ConvSettings
from convviz_core.layer import Activation, Layer
from convviz_core.ranges import RangeMode
from live.comparing import UNCHANGED, CompareMode, Comparing, compared
from live.comparing_scene import comparable, comparing_scene
from live.composing import layout_request, new_compositor, scene_of
from live.controls import press
from live.drawing.colormaps import base_table, lookup_tables
from live.drawing.scene import Scene, Status
from live.drawing.strip import same_words
from live.key_reasons import why_nothing
from live.layout import Layout, arrange
from live.layout.panel_places import Panel
from live.layout.viewport import Viewport
from live.pane import Choice
from live.panes import Answers, Panes, kept_choice
from live.pointing import kept_inside, pointed
from live.sources.frame import Frame
from live.state import LayerSettings, ViewState

SEED, SOBEL, GABOR = load_bank("udacity"), load_bank("sobel"), load_bank("gabor")
STATE = ViewState(LayerSettings.of(BUILT_IN_BANKS)).with_appearance(colormap="gray", range=RangeMode.FIXED)
SHAPE = (60, 80, 3)
CANVAS_WH = (1000, 800)


def comparing(mode: CompareMode, kept: Layer, state: ViewState = STATE) -> ViewState:
    """The seed bank beside another layer."""
    return replace(state, comparing=Comparing(kept, mode=mode))


def image() -> ByteArray:
    """Noise on which a large step lies."""
    found = np.random.default_rng(11).integers(0, 60, SHAPE, np.uint8)
    found[:, 40:] += 180
    return found


def answers_to(state: ViewState, picture: ByteArray, panes: Panes | None = None) -> tuple[Layout, Answers]:
    """The layout, and what is computed for it."""
    layout = arrange(layout_request(CANVAS_WH, picture.shape, state))
    two = compared(state.comparing, state.layer, picture.shape)
    looks = state.appearance
    live = Choice(state.layer, state.computed, looks.range, looks.gain, layout.reduce)
    panes = panes or Panes(OpenCvEngine())
    return layout, panes.run(Frame(picture, 0, 0.0, 0.0, 0.0), 0, live, kept_choice(state, layout, two), two)


def drawn(state: ViewState, picture: ByteArray) -> tuple[Layout, Scene, Answers, ByteArray]:
    """What a canvas shows."""
    layout, answers = answers_to(state, picture)
    scene = scene_of(state, picture, answers.shown, Status("test"))
    two = compared(state.comparing, state.layer, picture.shape)
    if two:
        scene = comparing_scene(scene, layout, state, two, answers.kept)
    compositor = new_compositor()
    canvas = compositor.compose(layout, scene).copy()
    compositor.close()
    return layout, scene, answers, canvas


@pytest.mark.parametrize("mode", [CompareMode.BESIDE, CompareMode.WIPE, CompareMode.DIFFERENCE])
@pytest.mark.parametrize("canvas_wh", [(1280, 800), (960, 600), (1920, 1080)])
def test_beside_the_inspector_the_maps_say_what_they_answer_to_and_have_their_kernels(
    canvas_wh: tuple[int, int], mode: CompareMode
) -> None:
    state = comparing(mode, Layer(load_bank("everyday"))).with_appearance(panels=frozenset({Panel.INSPECTOR}))
    layout = arrange(layout_request(canvas_wh, (480, 640, 3), state))
    assert layout.panel(Panel.INSPECTOR)
    assert layout.caption.words
    assert 4 * layout.caption.cell >= 12
    assert layout.left_out == ()


@pytest.mark.parametrize(("canvas_wh", "count"), [((1280, 800), 4), ((1280, 800), 5), ((400, 1000), 4)])
def test_beside_each_other_nothing_stands_between_the_input_and_a_map(canvas_wh: tuple[int, int], count: int) -> None:
    bank = FilterBank("some", (SEED.filters * 2)[:count])
    state = replace(ViewState(LayerSettings.of([bank])), comparing=Comparing(Layer(bank), mode=CompareMode.BESIDE))
    layout = arrange(layout_request(canvas_wh, (480, 640, 3), state))
    assert layout.other is not None
    of_input, *maps = layout.tiles
    in_its_row = any(tile.caption.y == of_input.caption.y for tile in layout.other.tiles)
    assert in_its_row == (canvas_wh[0] > canvas_wh[1])
    assert (layout.free is None) == (count == 5)
    if layout.free:
        assert (layout.free.y > maps[0].caption.y) == in_its_row


def test_a_difference_of_nothing_says_so_and_that_of_a_picture_that_both_answer_alike() -> None:
    even = np.full(SHAPE, 90, np.uint8)
    for kept, picture, said in (
        (Layer(SEED), image(), UNCHANGED),
        (Layer(SOBEL), even, ""),
        (Layer(SOBEL), image(), None),
    ):
        state = comparing(CompareMode.DIFFERENCE, kept)
        layout, answers = answers_to(state, picture)
        two = compared(state.comparing, state.layer, picture.shape)
        assert two is not None
        scene = scene_of(state, picture, answers.shown, Status("test"))
        scene = comparing_scene(scene, layout, state, two, answers.kept, peak=answers.shown.peak)
        assert scene.same == said
        words = [word for word, _, _ in same_words(scene, "all exactly 0")]
        assert words == ([] if said is None else [f"all exactly 0, {said}" if said else "all exactly 0"])


def test_a_keeps_what_is_shown_and_compares_with_it() -> None:
    state, _ = press(STATE, "a")
    assert state.comparing == Comparing(Layer(SEED), mode=CompareMode.BESIDE)
    without, _ = press(state, "r")
    assert without.comparing.kept == Layer(SEED)
    assert without.layer == Layer(SEED, "none")


def test_a_again_keeps_the_new_one_and_stays_in_the_mode() -> None:
    state = comparing(CompareMode.WIPE, Layer(SOBEL))
    assert press(state, "a")[0].comparing == Comparing(Layer(SEED), mode=CompareMode.WIPE)


def test_turned_kernels_are_kept_as_such() -> None:
    state, _ = press(press(STATE, "x")[0], "a")
    assert state.comparing.flipped
    assert state.comparing.kept is state.layer


def test_b_goes_from_beside_to_wipe_to_the_difference_and_off() -> None:
    state, found = press(STATE, "a")[0], []
    for _ in range(5):
        state, _ = press(state, "b")
        found.append(str(state.comparing.mode))
    assert found == ["wipe", "difference", "off", "beside", "wipe"]


def test_without_a_kept_layer_b_says_what_is_missing() -> None:
    assert press(STATE, "b")[0] == STATE
    assert why_nothing(STATE, "b") == "b compares with the layer that a keeps, and none is kept yet"


def test_a_that_changes_nothing_says_so() -> None:
    state = press(STATE, "a")[0]
    assert press(state, "a")[0] == state
    assert "other side already" in why_nothing(state, "a")


def test_keeping_and_comparing_is_nothing_to_undo_and_what_is_undone_leaves_the_kept_side() -> None:
    choice = replace(STATE.settings.choice, conv=ConvSettings(stride=2))
    state = replace(STATE, settings=STATE.settings.with_choice(choice))
    history = state.settings.history
    for key in "abbb":
        state, _ = press(state, key)
        assert state.settings.history == history
    undone = replace(state, settings=state.settings.undone())
    assert undone.layer == Layer(SEED)
    assert undone.comparing.kept == Layer(SEED, stride=2)


def test_an_edit_that_is_undone_leaves_no_difference_and_done_again_the_same_one_and_the_kept_side_stays() -> None:
    state, peaks = press(STATE, "a")[0], []
    for key in ("b", "b", "e", "+", "u", "y", "b", "b"):
        state, _ = press(state, key)
        if key in "+uy":
            peaks.append(answers_to(state, image())[1].shown.peak)
        assert state.comparing.kept == Layer(SEED)
    assert peaks[0] > 0.1
    assert peaks[1:] == [0, peaks[0]]
    assert state.comparing.mode == CompareMode.BESIDE
    assert state.layer.bank.kernels[0, 0, 0, 0] == 0  # of -1, one step more


def test_pairs_stand_side_by_side_and_those_without_a_partner_are_left_out_and_said() -> None:
    state = comparing(CompareMode.BESIDE, Layer(GABOR))
    layout = arrange(layout_request(CANVAS_WH, SHAPE, state))
    assert layout.other is not None
    assert [tile.index for tile in layout.tiles] == [None, 0, 1, 2, 3]
    assert [tile.index for tile in layout.other.tiles] == [0, 1, 2, 3]
    for live, kept in zip(layout.tiles[1:], layout.other.tiles, strict=True):
        assert kept.picture.y == live.picture.y
        assert kept.picture.right < live.picture.x
        assert live.picture.x - kept.picture.right == layout.text.gap
        assert (kept.picture.width, kept.picture.height) == (live.picture.width, live.picture.height)
    two = compared(state.comparing, state.layer, SHAPE)
    assert two is not None
    assert two.pairing.notes == ("4 kept maps have no partner and are left out",)


def test_one_map_too_many_is_said_of_the_live_side_too() -> None:
    one = FilterBank("one", SEED.filters[:3])
    two = compared(Comparing(Layer(one), mode=CompareMode.BESIDE), Layer(SEED), SHAPE)
    assert two is not None
    assert two.pairing.notes == ("1 live map has no partner and is left out",)


def test_an_enlarged_map_has_its_partner_beside_it() -> None:
    state = comparing(CompareMode.BESIDE, Layer(SOBEL)).with_interaction(viewport=Viewport(enlarged=1))
    layout = arrange(layout_request(CANVAS_WH, SHAPE, state))
    assert layout.other is not None
    assert [tile.index for tile in layout.tiles] == [1]
    assert [tile.index for tile in layout.other.tiles] == [1]


@pytest.mark.parametrize("mode", [CompareMode.WIPE, CompareMode.DIFFERENCE])
def test_with_other_strides_the_picture_stays_side_by_side_and_says_why(mode: CompareMode) -> None:
    two = compared(Comparing(Layer(SEED, stride=2), mode=mode), Layer(SEED), SHAPE)
    assert two is not None
    assert (two.mode, two.pairing.alignment) == (CompareMode.BESIDE, None)
    assert two.pairing.notes == (f"no {mode}, but side by side: their strides are 1 and 2",)


def test_side_by_side_each_has_its_own_geometry() -> None:
    state = comparing(CompareMode.BESIDE, Layer(SEED, stride=2))
    layout, answers = answers_to(state, image())
    assert layout.other is not None
    assert answers.kept is not None
    assert (layout.crop.height, layout.other.crop.height) == (57, 29)
    assert (answers.shown.mosaic.shape, answers.kept.mosaic.shape) == ((2 * 57, 2 * 77), (2 * 29, 2 * 39))


def test_a_half_pixel_that_is_left_is_said_where_maps_lie_on_each_other() -> None:
    for mode, count in ((CompareMode.BESIDE, 0), (CompareMode.WIPE, 1), (CompareMode.DIFFERENCE, 1)):
        two = compared(Comparing(Layer(BUILT_IN_BANKS[1]), mode=mode), Layer(SEED), SHAPE)
        assert two is not None
        assert len([note for note in two.pairing.notes if "half a pixel" in note]) == count


def test_pointing_at_a_kept_pixel_is_pointing_at_the_same_place_of_the_scene() -> None:
    # A 7x7 kernel's map begins 2 pixels (3 - 1) further inside than a 4x4 kernel's.
    state = comparing(CompareMode.BESIDE, Layer(GABOR)).with_appearance(panels=frozenset({Panel.INSPECTOR}))
    layout = arrange(layout_request(CANVAS_WH, SHAPE, state))
    assert layout.other is not None
    tile = layout.other.tiles[2].picture
    at = tile.x + tile.width // 2, tile.y + tile.height // 2
    found = layout.other.map_pixel(*at)
    assert found is not None
    there = pointed(state.with_interaction(pointer=at), layout).interaction.hovered
    assert there == (2, found[1] + 2, found[2] + 2)
    assert layout.on_other(*there[1:]) == found[1:]


def test_both_halves_of_the_inspector_are_over_one_panel() -> None:
    state = comparing(CompareMode.BESIDE, Layer(SOBEL)).with_appearance(panels=frozenset({Panel.INSPECTOR}))
    layout = arrange(layout_request(CANVAS_WH, SHAPE, state))
    assert layout.other is not None
    mine, theirs = layout.panel(Panel.INSPECTOR), layout.other.panel(Panel.INSPECTOR)
    assert mine is not None
    assert theirs is not None
    assert theirs.bottom <= mine.y or theirs.right <= mine.x
    for place in (mine, theirs):
        assert layout.panel_at(place.x + 1, place.y + 1) == Panel.INSPECTOR


def test_the_half_that_explains_the_difference_is_the_higher_one() -> None:
    heights = []
    for mode in (CompareMode.DIFFERENCE, CompareMode.WIPE):
        state = comparing(mode, Layer(SOBEL)).with_appearance(panels=frozenset({Panel.INSPECTOR}))
        layout = arrange(layout_request((640, 480), SHAPE, state))
        assert layout.other is not None
        halves = layout.panel(Panel.INSPECTOR), layout.other.panel(Panel.INSPECTOR)
        heights.append([place.height for place in halves if place])
    (live, kept), equal = heights
    assert live > 1.15 * kept
    assert live + kept == sum(equal)
    assert abs(equal[0] - equal[1]) <= 1


def test_pins_stay_where_both_layers_have_responses() -> None:
    state = comparing(CompareMode.WIPE, Layer(GABOR)).with_interaction(pinned=(1, 0, 0))
    layout = arrange(layout_request(CANVAS_WH, SHAPE, state))
    assert layout.request.maps.shown.height == 54  # 60 - 7 + 1
    assert kept_inside(state, layout).interaction.pinned == (1, 2, 2)


def test_a_kept_layer_that_does_not_fit_is_let_go_with_a_sentence() -> None:
    large = Layer(FilterBank.from_array("large", np.ones((1, 31, 31), np.float32)))
    said: list[str] = []
    state = comparable(comparing(CompareMode.BESIDE, large), (20, 30, 3), said.append)
    assert state.comparing == Comparing()
    assert said == ["the frame is 30x20, smaller than the 31x31 kernels of 'large': nothing is compared"]


def test_comparable_units_share_one_range_and_others_keep_their_own() -> None:
    def shares(kept: Layer) -> bool:
        two = compared(Comparing(kept, mode=CompareMode.BESIDE), Layer(SEED), SHAPE)
        return two is not None and two.shares_range

    assert shares(Layer(SEED.flipped(), "none"))
    double = FilterBank("double", tuple(Filter(f.label, 2 * f.kernel) for f in SEED.filters))
    assert shares(Layer(double))
    assert not shares(
        Layer(FilterBank("more", tuple(Filter(f.label, (2.1 * f.kernel).astype(np.float32)) for f in SEED.filters)))
    )
    assert not shares(Layer(GABOR))


@pytest.mark.parametrize(
    ("kept", "limits"),
    [
        (Layer(SEED, "none"), ([-8, 8], [-8, 8])),  # signed beside ReLU: zero is the same gray
        (
            Layer(FilterBank("half", tuple(Filter(f.label, f.kernel * np.float32(0.5)) for f in SEED.filters))),
            ([0, 8], [0, 8]),
        ),
        (Layer(SOBEL), ([0, 8], [0, 8])),  # 4 alone
        (Layer(GABOR), ([0, 8], [0, pytest.approx(1)])),
    ],
)
def test_one_range_is_the_wider_of_both(kept: Layer, limits: tuple[list[float], list[float]]) -> None:
    _, answers = answers_to(comparing(CompareMode.BESIDE, kept), image())
    assert answers.kept is not None
    found = [answers.shown.ranges[0].tolist(), answers.kept.ranges[0].tolist()]
    assert found == list(limits)


def test_nothing_is_computed_again_for_the_same_picture() -> None:
    panes, state = Panes(OpenCvEngine()), comparing(CompareMode.BESIDE, Layer(SOBEL))
    assert len(answers_to(state, image(), panes)[1].fresh) == 2
    assert answers_to(state, image(), panes)[1].fresh == ()
    assert len(answers_to(replace(state, comparing=Comparing()), image(), panes)[1].fresh) <= 1


def test_in_a_pair_each_tile_is_its_layers_map_alone() -> None:
    state = comparing(CompareMode.BESIDE, Layer(GABOR))
    layout, _, answers, canvas = drawn(state, image())
    assert layout.other is not None
    assert answers.kept is not None
    for part, result, map_hw in ((layout, answers.shown, (57, 77)), (layout.other, answers.kept, (54, 74))):
        tile = next(tile for tile in part.tiles if tile.index == 0)
        shown = canvas[tile.picture.slices][:, :, 0].astype(float)
        alone = result.mosaic[: map_hw[0], : map_hw[1]].astype(float)
        assert shown.mean() == pytest.approx(alone.mean(), abs=1.0)


@pytest.mark.parametrize("wipe", [None, 0.25])
def test_a_wipe_has_the_kept_map_left_of_its_line_and_the_live_one_right_of_it(wipe: float | None) -> None:
    plus = Layer(FilterBank.from_array("plus", np.full((1, 1, 1), 1, np.float32)))
    half = Layer(FilterBank.from_array("half", np.full((1, 1, 1), 0.5, np.float32)))
    state = comparing(CompareMode.WIPE, half, replace(STATE, settings=LayerSettings.of([plus.bank])))
    layout, scene, _, canvas = drawn(state.with_interaction(wipe=wipe), np.full(SHAPE, 200, np.uint8))
    picture = canvas[next(tile for tile in layout.tiles if tile.index == 0).picture.slices][60:, :, 0]
    line = round((0.5 if wipe is None else wipe) * picture.shape[1])
    assert scene.wipe == (0.5 if wipe is None else wipe)
    assert set(picture[:, : line - 3].reshape(-1)) == {100}  # one range for both: [0, 1]
    assert set(picture[:, line + 3 :].reshape(-1)) == {200}


@pytest.mark.parametrize("wipe", [None, 0.13, 0.71])
def test_a_wipe_s_line_stands_between_pixels_that_have_numbers_and_cuts_none(wipe: float | None) -> None:
    state = comparing(CompareMode.WIPE, Layer(SEED, "none"))
    state = state.with_interaction(wipe=wipe, viewport=Viewport(corner_yx=(20.0, 30.3), notches=99.0))
    layout, scene, *_ = drawn(state, np.zeros(SHAPE, np.uint8))
    picture, at = layout.tiles[1].picture, 0.5 if wipe is None else wipe
    assert scene.wipe is not None
    line = picture.x + round(scene.wipe * picture.width)
    pixels = [layout.canvas_rect(0, 21, column, whole=True) for column in range(29, 60)]
    edges = [pixel.x for pixel in pixels if pixel]
    assert min(abs(line - edge) for edge in edges) <= 1
    assert abs(scene.wipe - at) * picture.width <= 33  # half a pixel of 64


def test_the_wipe_follows_the_pointer_and_stays_where_it_leaves_the_maps() -> None:
    state = comparing(CompareMode.WIPE, Layer(SEED, "none"))
    layout = arrange(layout_request(CANVAS_WH, SHAPE, state))
    tile = layout.tiles[2].picture
    at = pointed(state.with_interaction(pointer=(tile.x + tile.width // 4, tile.y + 5)), layout)
    assert at.interaction.wipe == pytest.approx(0.25, abs=0.01)
    assert pointed(at.with_interaction(pointer=(0, CANVAS_WH[1] - 1)), layout).interaction.wipe == at.interaction.wipe
    beside = replace(state, comparing=Comparing(Layer(SOBEL), mode=CompareMode.BESIDE))
    assert pointed(beside.with_interaction(pointer=(tile.x + 1, tile.y + 1)), layout).interaction.wipe is None


@pytest.mark.parametrize("activation", list(Activation))
def test_a_still_picture_compared_with_itself_is_the_middle_gray_everywhere(activation: Activation) -> None:
    state = STATE.with_settings(activation=activation)
    layout, scene, answers, canvas = drawn(comparing(CompareMode.DIFFERENCE, state.layer, state), image())
    assert (answers.shown.mosaic == 128).all()
    assert answers.shown.peak == 0
    assert scene.signed
    for tile in layout.tiles[1:]:
        assert (canvas[tile.picture.slices] == 128).all()


def test_a_difference_shows_live_minus_kept_where_both_have_responses() -> None:
    state = comparing(CompareMode.DIFFERENCE, Layer(SEED, "none"))
    _, scene, answers, _ = drawn(state, image())
    # relu(v) - v = relu(-v): 0 or more, and of f1 what f2 answers.
    assert answers.kept is None
    assert scene.ranges[0].tolist() == [-16, 16]
    first, second = answers.shown.mosaic[:57, :77], answers.shown.mosaic[:57, 77:]
    with OpenCvEngine() as engine:
        alone = engine.maps(image(), Layer(SEED))[1]
    assert np.abs(first - np.floor(255 * (alone[1] + 16) / 32 + 0.5)).max() <= 1
    assert np.abs(second - np.floor(255 * (alone[0] + 16) / 32 + 0.5)).max() <= 1


def test_a_differences_own_range_is_that_of_its_values() -> None:
    state = comparing(CompareMode.DIFFERENCE, Layer(SEED, "none")).with_appearance(range=RangeMode.AUTO)
    _, answers = answers_to(state, image())
    with OpenCvEngine() as engine:
        removed = engine.maps(image(), Layer(SEED))[1]
    values = np.sort(removed.reshape(-1))
    counted = int(np.count_nonzero(values > 16 / 512))
    limit = max(float(values[values.size - 1 - max(0, counted - 4096) // 100]), 16 / 32)
    lo, hi = answers.shown.ranges[0].tolist()
    assert lo == -hi
    assert hi == pytest.approx(limit, rel=0.1)
    assert answers.shown.share_above is not None


def test_a_differences_colours_have_zero_in_the_middle() -> None:
    state = comparing(CompareMode.DIFFERENCE, Layer(SEED)).with_appearance(colormap="lift")
    layout, scene, _, canvas = drawn(state, image())
    table = lookup_tables("lift", True, scene.ranges)[0]
    assert (canvas[layout.tiles[1].picture.slices] == table[128]).all()


@pytest.mark.parametrize("mode", [RangeMode.FIXED, RangeMode.FRAME])
def test_the_colours_of_the_legend_are_those_of_the_maps_in_every_range(mode: RangeMode) -> None:
    # c - relu(c) is never more than 0: each map's own range ends there, and its white would be zero
    state = comparing(CompareMode.DIFFERENCE, Layer(SEED), STATE.with_settings(activation=Activation.NONE))
    layout, scene, _, canvas = drawn(state.with_appearance(colormap="lift", range=mode), image())
    assert layout.free is not None
    place = canvas[layout.free.slices]
    table = base_table("lift", signed=True)
    assert all((place == table[byte]).all(axis=2).sum() > 50 for byte in (215, 128, 41))
    assert scene.difference


def test_where_zero_has_another_colour_in_each_map_no_legend_says_which_it_has() -> None:
    state = comparing(CompareMode.DIFFERENCE, Layer(SEED), STATE.with_settings(activation=Activation.NONE))
    layout, _, _, canvas = drawn(state.with_appearance(colormap="viridis", range=RangeMode.FRAME), image())
    assert layout.free is not None
    assert np.ptp(canvas[layout.free.slices].reshape(-1, 3), axis=0).max() == 0


def test_the_strip_and_the_inspector_say_of_both_sides_what_they_say_of_one() -> None:
    state = comparing(CompareMode.DIFFERENCE, Layer(SOBEL, "none"))
    state = state.with_appearance(panels=frozenset({Panel.INSPECTOR})).with_interaction(hovered=(0, 20, 38))
    layout, scene, _, canvas = drawn(state, image())
    assert scene.other is not None
    assert scene.target == (0, 20, 38)
    assert scene.other.target == (0, 20, 38)
    assert (scene.side, scene.other.side) == ("live", "kept")
    written = canvas[layout.strip.slices].max(axis=(1, 2)) > 100
    assert np.count_nonzero(np.diff(written.astype(int)) == 1) >= 3  # lines of text: difference, both layers, source


def test_what_relu_removes_is_tinted_on_both_sides() -> None:
    state = comparing(CompareMode.BESIDE, Layer(SOBEL)).with_appearance(tint=True)
    _, scene, _, _ = drawn(state, image())
    assert scene.removed is not None
    assert scene.other is not None
    assert scene.other.removed is not None
    _, without, _, _ = drawn(replace(state, comparing=replace(state.comparing, mode=CompareMode.DIFFERENCE)), image())
    assert without.removed is None
