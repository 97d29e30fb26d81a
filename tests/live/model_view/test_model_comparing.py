"""Two layers of a model on one picture, or one and a filter bank: what is shown, said and kept of both."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from test_model_view import HW, Display, headless, in_window, picture, state_of
from torch import nn
from torch_models import ControlFlow, make, reference

from convviz_core import Layer, ModelLayer, load_bank, open_engine
from convviz_core.arrays import AnyArray, ByteArray
from convviz_core.engines.model_page import difference_output, output_of
from convviz_core.geometry import Box
from convviz_core.layer import Activation
from convviz_core.models.model_input import to_input
from convviz_core.mosaic import tile_maps
from convviz_core.placement import Alignment
from convviz_core.ranges import RangeMode
from live.comparing import CompareMode, Comparing, Pairing
from live.controls import press
from live.drawing.model_inspector import ModelInspector, kept_value
from live.drawing.model_strip import side_words
from live.drawing.panel import PanelPage
from live.drawing.pixel_numbers import shown_responses
from live.drawing.scene import Scene
from live.drawing.strip import same_words
from live.key_reasons import why_nothing
from live.layout import Layout
from live.layout.panel_places import Panel
from live.loop import Last
from live.model_view import comparing_scene, session
from live.model_view.chosen import Source as Place
from live.model_view.comparing import Other
from live.model_view.fields import FieldFinder
from live.model_view.keys import model_sections
from live.model_view.sources import click_why
from live.model_view.worker import Worker
from live.recording.keep import Keep
from live.state import ViewState

pytestmark = pytest.mark.usefixtures("one_thread", "found_in_time")

ALL_OF_IT = Alignment((0, 0), (0, 0), (12, 16), 8)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers and receptive fields come before the next look."""
    monkeypatch.setattr(session, "Worker", lambda engine, **_: Worker(engine, beside=False))
    monkeypatch.setattr(session, "FieldFinder", lambda **_: FieldFinder(beside=False))


def unsigned(module: nn.Module, name: str, **looks: object) -> ViewState:
    """A layer without the viewer's ReLU."""
    return state_of(module, name, **looks).with_settings(activation=Activation.NONE)


def other_of(last: Last) -> Other:
    assert last.shown is not None
    assert last.shown.other is not None
    return last.shown.other


def maps_of(kind: str, image: ByteArray) -> dict[str, AnyArray]:
    """What each layer gives, float64."""
    found = reference(kind, torch.from_numpy(to_input(image, HW, 3, None))[None])
    return {name: maps.numpy() for name, maps in found.items()}


def test_a_keeps_the_layer_with_its_page_and_the_live_side_goes_on() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 70, 3), nn.ReLU(True))
    last, _ = in_window(state_of(module, "0"), ["", "PageDown", "a", "]", "r", ""])
    other, shown = other_of(last), last.shown
    assert shown is not None
    assert (other.layer.name, str(other.layer.activation), other.channels) == ("0", "relu", tuple(range(64, 70)))
    assert shown.answer.asked.layer.name == "1"
    assert str(shown.answer.asked.layer.activation) == "none"
    assert shown.page.look.channels == tuple(range(64))
    assert other.two.count == 6
    by_place = "the pairs are by their places on the pages, not by their channels' numbers"
    assert other.two.notes == ("58 live maps have no partner and are left out", by_place)


def strengths() -> nn.Sequential:
    """Four channels, of which the later ones are the stronger ones; and their ReLU."""
    convolution = nn.Conv2d(3, 4, 1, bias=False)
    with torch.no_grad():
        convolution.weight.copy_(torch.tensor([1.0, 2.0, 4.0, 8.0])[:, None, None, None].expand(4, 3, 1, 1))
    return nn.Sequential(convolution, nn.ReLU())


def test_the_kept_side_follows_the_order_of_the_live_one_channel_by_channel() -> None:
    last, _ = in_window(state_of(strengths(), "0"), ["", "a", "]", "o", ""])
    assert last.shown is not None
    assert last.shown.page.look.channels == (3, 2, 1, 0)
    other = other_of(last)
    assert other.channels == (3, 2, 1, 0)
    assert other.two.notes == ()
    assert other.page is not None
    assert np.array_equal(other.page.mosaic, last.shown.page.mosaic)  # what is positive is what its ReLU gives


@pytest.mark.parametrize("mode", [CompareMode.BESIDE, CompareMode.WIPE, CompareMode.DIFFERENCE])
def test_sides_that_are_the_same_at_every_pixel_say_why_as_far_as_that_is_known(mode: CompareMode) -> None:
    steps = ["b"] * [CompareMode.BESIDE, CompareMode.WIPE, CompareMode.DIFFERENCE].index(mode)
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Identity())

    def same(name: str, *script: str, signed: bool = False) -> str | None:
        state = unsigned(module, name) if signed else state_of(module, name)
        return other_of(in_window(state, ["", *script, *steps, ""])[0]).same

    assert same("0", "a") == "nothing is changed yet"
    assert same("0", "a", "]") == "they differ only in what the viewer's ReLU sets to 0"
    assert same("0", "a", "]", signed=True) is None  # what the model's ReLU cuts off
    assert same("1", "a", "]", signed=True) == ""


def test_the_strip_says_that_a_difference_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _, scene = drawn(state_of(strengths(), "0"), ["", "a", "]", "b", "b", ""], monkeypatch)
    assert scene.other is not None
    assert (scene.same, scene.other.same) == ("", None)
    assert same_words(scene, "all exactly 0")[0][0] == "all exactly 0"
    assert same_words(scene.other, "all exactly 0") == ()


def test_what_was_kept_with_the_strongest_first_is_by_number_again_where_the_live_side_is() -> None:
    last, _ = in_window(state_of(strengths(), "0"), ["", "o", "a", "o", "b", "b", ""])
    other = other_of(last)
    assert isinstance(other.layer, ModelLayer)
    assert other.layer.channels == (3, 2, 1, 0)
    assert other.channels == (0, 1, 2, 3)
    assert last.shown is not None
    assert last.shown.page.limits is not None
    assert (last.shown.page.mosaic == 128).all()


def test_of_more_channels_than_a_page_the_strongest_have_the_partners_of_their_numbers() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 70, 3), nn.ReLU())
    last, _ = in_window(state_of(module, "0"), ["", "a", "]", "o", ""])
    assert last.shown is not None
    assert other_of(last).channels == last.shown.page.look.channels != tuple(range(64))


def test_what_is_shown_cannot_be_kept_twice_and_b_says_that_nothing_is_kept() -> None:
    state = state_of(make("plain"), "0")
    kept, _ = press(state, "a")
    assert press(kept, "a")[0] == kept
    assert "is the other side already" in why_nothing(kept, "a")
    assert press(state, "b")[0] == state
    assert "none is kept yet" in why_nothing(state, "b")


def test_both_sides_come_from_one_run_and_are_what_each_layer_gives() -> None:
    module = make("residual")
    last, _ = in_window(state_of(module, "2.bn1"), ["", "a", "]", ""])
    assert last.shown is not None
    wanted, answer = maps_of("residual", picture()), last.shown.answer
    assert answer.asked.layer.name == "2.relu"
    assert answer.kept is not None
    for found, name in ((answer.conv, "2.relu"), (answer.kept.conv, "2.bn1")):
        assert np.abs(found - wanted[name]).max() <= 1e-5 * np.abs(wanted[name]).max()


@pytest.mark.parametrize("mode", list(RangeMode))
def test_the_difference_is_live_minus_kept_in_a_range_of_its_own(mode: RangeMode) -> None:
    last, _ = in_window(unsigned(make("residual"), "2.bn1", range=mode), ["", "a", "]", "b", "b", ""])
    assert last.shown is not None
    wanted = maps_of("residual", picture())
    difference = wanted["2.relu"] - wanted["2.bn1"]
    page, other = last.shown.page, other_of(last)
    assert other.two.mode == CompareMode.DIFFERENCE
    assert other.two.alignment == ALL_OF_IT
    largest = np.abs(difference).max()
    lo, hi = page.ranges[:, 0].astype(np.float64), page.ranges[:, 1].astype(np.float64)
    if mode == RangeMode.FRAME:
        np.testing.assert_allclose(page.ranges, [[one.min(), one.max()] for one in difference], atol=1e-5 * largest)
    else:
        assert (lo == -hi).all()
        assert mode == RangeMode.AUTO or abs(hi[0] - largest) <= 1e-5 * largest
    span = np.where(hi > lo, hi - lo, 1)[:, None, None]
    levels = np.clip(np.floor(255 * (difference - lo[:, None, None]) / span + 0.5), 0, 255)
    levels[hi - lo <= 1e-5 * largest] = 128
    assert np.abs(page.mosaic.astype(int) - tile_maps(levels.astype(np.uint8))).max() <= 1


@pytest.mark.parametrize("activation", list(Activation))
def test_identical_sides_differ_by_exactly_nothing(activation: Activation) -> None:
    state = state_of(make("squeeze_excitation"), "after").with_settings(activation=activation)
    last, _ = in_window(state, ["", "a", "b", "b", ""])
    assert last.shown is not None
    assert other_of(last).two.mode == CompareMode.DIFFERENCE
    assert (last.shown.page.mosaic[: last.shown.page.mosaic.shape[0] // 2] == 128).all()


def test_two_layers_are_subtracted_where_they_read_the_same_place_after_their_activations() -> None:
    chance = np.random.default_rng(5)
    live, kept = chance.normal(size=(5, 8, 9)).astype(np.float32), chance.normal(size=(3, 10, 11)).astype(np.float32)
    outputs = output_of(live, signed=False), output_of(kept, signed=True)
    alignment = Alignment((0, 1), (2, 2), (8, 7), 2)
    found = difference_output(*outputs, ((4, 1, 0), (2, 0)), alignment).conv
    wanted = np.maximum(live[[4, 1], :, 1:8], 0) - kept[[2, 0], 2:10, 2:9]
    assert np.array_equal(found, wanted)


def test_other_strides_stay_side_by_side_and_the_reason_is_said() -> None:
    last, _ = in_window(state_of(make("residual"), "2.bn2"), ["", "a", "/", *"3.conv2", "Enter", "b", ""])
    other = other_of(last)
    assert (other.two.mode, other.page is not None) == (CompareMode.BESIDE, True)
    assert other.two.notes[0] == "no wipe, but side by side: their strides are 4 and 2"
    assert other.two.notes[1] == "8 live maps have no partner and are left out"


def test_a_layer_whose_fields_are_not_known_stays_side_by_side() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 63, padding=31), nn.Conv2d(4, 4, 1))
    last, _ = in_window(state_of(module, "0"), ["", "a", "]", "b", "b", ""])
    (note,) = other_of(last).two.notes
    assert note == (
        "no difference, but side by side: where the live layer's receptive fields have their middles is not known"
    )


def test_while_what_they_read_is_being_found_they_are_side_by_side() -> None:
    state = state_of(make("plain"))
    assert state.model is not None
    live, kept = (state.model.model.placement(name, HW, fields=False) for name in "01")
    two = Pairing.of(live, kept, CompareMode.WIPE, finding=True)
    assert (two.mode, two.why) == (CompareMode.BESIDE, "no wipe, but side by side: what they read is being found")


def test_comparable_units_share_one_range_and_others_keep_their_own() -> None:
    last, _ = in_window(unsigned(make("residual"), "2.bn1"), ["", "a", "]", ""])
    assert last.shown is not None
    other = other_of(last)
    assert other.page is not None
    assert other.shares_range
    assert other.page.limits == last.shown.page.limits
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 1, bias=False))
    nn.init.constant_(module[1].weight, 100.0)  # type: ignore[arg-type]
    apart, _ = in_window(unsigned(module, "0"), ["", "a", "]", ""])
    assert not other_of(apart).shares_range


def test_a_layer_that_is_not_called_any_more_is_no_longer_compared_and_that_is_said() -> None:
    dark, bright = np.zeros((*HW, 3), np.uint8), np.full((*HW, 3), 250, np.uint8)
    state = state_of(ControlFlow(inplace=True), "first")
    assert state.model is not None
    kept = ModelLayer(state.model.model, "dark", HW)
    said: list[str] = []
    compared = ViewState(
        state.settings, state.appearance, model=state.model, comparing=Comparing(kept, mode=CompareMode.BESIDE)
    )
    last, profiler = headless(compared, [dark, bright], Keep(say=said.append))
    assert said == ["dark gives no maps on this picture: nothing is compared"]
    assert profiler.processed.count == 2
    assert last.shown is not None
    assert last.shown.other is None


def test_a_snapshot_keeps_the_kept_layer_and_the_difference(tmp_path: Path) -> None:
    last, _ = in_window(unsigned(make("residual"), "2.bn1", range=RangeMode.FIXED), ["", "a", "]", "b", "b", ""])
    about = snapshot(tmp_path, last)
    wanted = maps_of("residual", picture())
    kept, live = np.load(tmp_path / "compare" / "maps.npz"), np.load(tmp_path / "maps.npz")
    assert np.array_equal(kept["input"], live["input"])
    largest = np.abs(wanted["2.bn1"]).max()
    assert np.abs(kept["maps"] - wanted["2.bn1"]).max() <= 1e-5 * largest
    found = np.load(tmp_path / "compare" / "difference.npz")["difference"]
    assert found.dtype == np.float32
    assert np.abs(found - (wanted["2.relu"] - wanted["2.bn1"])).max() <= 1e-5 * largest
    compared = about["compare"]
    named = {name: compared[name] for name in ("as", "layer", "activation", "channels", "notes")}
    assert named == {
        "as": "difference",
        "layer": "2.bn1",
        "activation": "none",
        "channels": list(range(8)),
        "notes": [],
    }
    assert compared["aligned"]["hw"] == [12, 16]
    for folder, name, ranges in ((".", "2.relu", about["ranges"]), ("compare", "2.bn1", compared["ranges"])):
        (lo, hi), levels = ranges[0], cv2.imread(str(tmp_path / folder / "mosaic.png"), cv2.IMREAD_GRAYSCALE)
        assert hi == pytest.approx(np.abs(wanted[name]).max(), rel=1e-5)
        shades = tile_maps(np.clip(np.floor(255 * (wanted[name] - lo) / (hi - lo) + 0.5), 0, 255).astype(np.uint8))
        assert levels is not None
        assert np.abs(levels[:24].astype(int) - shades[:24]).max() <= 1
    last, _ = in_window(state_of(make("residual"), "2.bn1"), [""])
    assert "compare" not in snapshot(tmp_path, last)
    assert not (tmp_path / "compare").exists()


def snapshot(directory: Path, last: Last) -> dict[str, Any]:
    assert last.image is not None
    with open_engine("torch", "cpu") as engine:
        Keep().write_snapshot(directory, engine, last.image, last.state, last.result, shown=last.shown)
    found: dict[str, Any] = json.loads((directory / "settings.json").read_text(encoding="utf-8"))
    return found


def with_bank(mode: CompareMode, name: str = "1", **settings: object) -> ViewState:
    """A model's layer beside the Sobel bank."""
    state = unsigned(make("dilated"), name, range=RangeMode.FIXED)
    kept = Layer(load_bank("sobel"), "none", **settings)  # type: ignore[arg-type]
    return ViewState(state.settings, state.appearance, model=state.model, comparing=Comparing(kept, mode=mode))


def test_a_bank_on_the_frame_is_beside_a_model_s_layer_and_is_what_it_is_alone(tmp_path: Path) -> None:
    last, _ = headless(with_bank(CompareMode.BESIDE, padding=1), [picture()])
    other = other_of(last)
    assert other.result is not None
    kept = Layer(load_bank("sobel"), "none", padding=1)
    with open_engine("opencv", "cpu") as engine:
        alone = engine.run(picture(), kept, range="fixed")
        assert np.array_equal(other.result.mosaic, alone.mosaic)
        conv, _ = engine.maps(picture(), kept)
    assert other.two.notes == ("4 live maps have no partner and are left out",)
    about = snapshot(tmp_path, last)
    assert {path.name for path in (tmp_path / "compare").iterdir()} == {"mosaic.png", "maps.npz", "filters.toml"}
    assert np.array_equal(np.load(tmp_path / "compare" / "maps.npz")["conv"], conv)
    assert about["compare"]["filters"] == "sobel"


def test_a_bank_and_a_layer_that_read_the_same_pixels_are_subtracted(tmp_path: Path) -> None:
    last, _ = headless(with_bank(CompareMode.DIFFERENCE), [picture()])
    other = other_of(last)
    assert other.two.mode == CompareMode.DIFFERENCE
    snapshot(tmp_path, last)
    kernels = load_bank("sobel").kernels.astype(np.float64)
    gray = cv2.cvtColor(picture(), cv2.COLOR_BGR2GRAY) / 255.0
    bank = torch.conv2d(torch.from_numpy(gray)[None, None], torch.from_numpy(kernels))[0].numpy()
    live = maps_of("dilated", picture())["1"][:2, 1:-1, 1:-1]  # 3x3 without padding: from the second pixel on
    found = np.load(tmp_path / "compare" / "difference.npz")["difference"]
    assert np.abs(found - (live - bank)).max() <= 1e-5


def test_a_bank_that_does_not_fit_the_frames_is_not_compared_and_that_is_said() -> None:
    said: list[str] = []
    state = with_bank(CompareMode.BESIDE, dilation=30)
    last, _ = headless(state, [picture()], Keep(say=said.append))
    assert last.shown is not None
    assert last.shown.other is None
    assert [sentence.endswith("nothing is compared") for sentence in said] == [True]


def drawn(state: ViewState, script: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> tuple[Layout, Scene]:
    """The last layout and scene, as they were drawn."""
    drawn: list[tuple[Layout, Scene]] = []

    def scene_of(scene: Scene, layout: Layout, *rest: object) -> Scene:
        drawn.append((layout, comparing_scene.compared_scene(scene, layout, *rest)))  # type: ignore[arg-type]
        return drawn[-1][1]

    monkeypatch.setattr(session, "compared_scene", scene_of)
    in_window(state, script)
    return drawn[-1]


def test_both_sides_are_inspected_at_the_same_place_and_numbers_are_of_the_difference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(True), nn.Conv2d(2, 2, 5))
    state = unsigned(module, "0", panels=frozenset({Panel.INSPECTOR}))
    pinned = state.with_interaction(pinned=(1, 6, 7))
    script = ["", "a", "]", "]", "b", "b", *["Up"] * 4, *["Left"] * 3, ""]
    layout, scene = drawn(pinned, script, monkeypatch)
    assert scene.other is not None
    assert scene.model is not None
    assert scene.other.model is not None
    assert scene.target is not None
    index, y, x = scene.target
    assert scene.other.target == (index, y + 2, x + 2)  # 5x5 without padding begins two pixels further in
    live, kept = scene.model.conv[index, y, x], scene.other.model.conv[index, y + 2, x + 2]
    assert kept_value(scene.other, index) == kept
    numbers = shown_responses(layout, scene, [index], Box(y, x, y + 1, x + 1))
    assert numbers.item() == pytest.approx(live - kept, abs=1e-7)
    assert (scene.other.model.title, scene.model.title) == ("layer 0", "layer 2")
    assert scene.other.model.read == Box(y + 2, x + 2, y + 5, x + 5)
    assert scene.model.read == Box(y, x, y + 7, x + 7)


def test_the_strip_names_both_layers_and_the_frame_that_a_bank_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    _, scene = drawn(with_bank(CompareMode.BESIDE), [""], monkeypatch)
    assert scene.other is not None
    live, kept = ([word for word, *_ in side_words(one)] for one in (scene, scene.other))
    assert live[:3] == ["live", "layer 1", "viewer's ReLU off"]
    assert kept[:3] == ["kept", "sobel", "no ReLU"]
    assert kept[-1] == "on the 32x24 frame"
    assert scene.comparing == ("4 live maps have no partner and are left out",)


def test_the_strip_says_of_both_layers_that_what_relu_removes_is_tinted(monkeypatch: pytest.MonkeyPatch) -> None:
    _, scene = drawn(with_bank(CompareMode.BESIDE), ["", "r", "a", "t", ""], monkeypatch)
    assert scene.other is not None
    for one in (scene, scene.other):
        assert "viewer's ReLU, what it removes is tinted" in [word for word, *_ in side_words(one)]


def test_what_is_found_between_two_looks_is_drawn_on_a_picture_that_stands_still(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Late(FieldFinder):
        """Says once that fields are being found; they are there before the picture is drawn."""

        def box(self, layer: ModelLayer, input_hw: tuple[int, int], y: int, x: int) -> tuple[Box | None, bool]:
            known = (layer.name, input_hw) in self._found
            found = super().box(layer, input_hw, y, x)
            self._told = self._told or not known
            return found if known else (None, True)

    monkeypatch.setattr(session, "FieldFinder", lambda **_: Late(beside=False))
    last, _ = in_window(state_of(make("residual"), "2.conv1"), ["", "a", "]", "b", *[""] * 6])
    assert other_of(last).two.mode == CompareMode.WIPE


def test_the_help_of_a_model_compares_and_has_no_line_that_is_about_filters() -> None:
    sections = dict(model_sections())
    assert [keys for keys, _ in sections["Compare two layers"]] == ["a", "b"]
    assert "Change the layer" not in sections
    said = [words for lines in sections.values() for _, words in lines]
    assert not [words for words in said if "settings" in words or "matrices" in words or "scroll" in words]


def test_a_panel_too_low_for_what_a_response_was_made_of_says_so_and_a_click_there_leads_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = unsigned(make("residual"), "2.conv1", panels=frozenset({Panel.INSPECTOR}))
    monkeypatch.setattr(Display, "canvas_wh", (480, 360))
    layout, scene = drawn(state, ["", "a", "]", "b", "b", ""], monkeypatch)
    assert scene.difference
    left_out: list[str] = []
    monkeypatch.setattr(PanelPage, "leave_out", lambda _page, words: left_out.append(words))
    ModelInspector().draw(layout, scene)
    assert left_out == ["what it was made of"]
    place = layout.panel(Panel.INSPECTOR)
    assert place is not None
    state = state.with_model(sources=(Place("2.conv1", 0, 0, 0),))
    clicked = [click_why(state, layout, (place.x + 20, y)) for y in range(place.y, place.bottom)]
    assert all(one == state for one in clicked)


@pytest.mark.parametrize("mode", [RangeMode.AUTO, RangeMode.FRAME])
def test_a_difference_that_is_nothing_but_rounding_is_shown_as_none(mode: RangeMode) -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))  # which divides by the root of 1.00001
    last, _ = in_window(unsigned(module, "0", range=mode), ["", "a", "]", "b", "b", ""])
    assert last.shown is not None
    other, conv = other_of(last), last.shown.answer.conv
    assert other.output is not None
    assert 0 < np.abs(conv - other.output.conv).max() < 1e-5 * np.abs(conv).max()
    assert np.isin(last.shown.page.mosaic, (127, 128)).all()


@pytest.mark.parametrize(
    ("stride", "words"),
    [
        (1, "a kept pixel belongs half a pixel above and left of the live one that it is compared with"),
        (4, "a kept pixel belongs less than half a pixel beside the live one that it is compared with"),
    ],
)
def test_what_is_left_between_two_grids_is_said_as_it_is(stride: int, words: str) -> None:
    live, kept = (Layer(load_bank(name), stride=stride).placement((40, 50)) for name in ("udacity", "sobel"))
    # 4x4 and 3x3: their middles are half a pixel of the frame apart, an eighth of a map's pixel with a stride of 4.
    notes = Pairing.of(live, kept, CompareMode.WIPE).notes
    assert words in notes
