"""The curves' panel: known pixels of the plane and of the charts, and its words."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from convviz_core.arrays import ByteArray
from convviz_core.filters.bank import FilterBank
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.filters.files import load_bank
from convviz_core.layer import Layer
from convviz_core.ranges import RangeMode
from convviz_core.transfer import Wave
from live.curve_bench import CurvesInfo
from live.curves import predicted
from live.drawing.chart import DOT, LINE, draw_chart, draw_plane
from live.drawing.curves_panel import CurvesPanel
from live.drawing.curves_words import best_words, noise_words, plane_words, relu_words
from live.drawing.scene import Scene, Status
from live.drawing.text import ELLIPSIS
from live.layout import Layout, LayoutRequest, arrange
from live.layout.panel_places import Panel
from live.layout.tiling import Rect
from live.layout.type_scale import TypeScale
from live.noise_meter import Noise, NoiseState

SEED = BUILT_IN_BANKS[0]
CURVES = predicted(Layer(SEED), 0)
NOISE = Noise(NoiseState.MEASURED, np.array([[(4 / 255) ** 2]]), 0.0627, 0.0631, 9999, 0.004, 0.87)
TEXT = TypeScale(14)


def canvas(height: int = 200, width: int = 300) -> ByteArray:
    return np.zeros((height, width, 3), np.uint8)


def layout(canvas_wh: tuple[int, int] = (1280, 800), panels: tuple[Panel, ...] = (Panel.CURVES,)) -> Layout:
    return arrange(LayoutRequest(canvas_wh, (237, 317), 4, panels=panels))


def written(monkeypatch: pytest.MonkeyPatch, place: Layout, info: CurvesInfo) -> str:
    words: list[str] = []

    def put(_canvas: ByteArray, text: str, x: int, *_: object) -> int:
        words.append(text)
        return x

    for module in ("panel", "curves_panel", "chart"):
        monkeypatch.setattr(f"live.drawing.{module}.put", put)
    image, mosaic = np.zeros((240, 320), np.uint8), np.zeros((474, 634), np.uint8)
    ranges = np.array([[0, 1]] * 4, np.float32)
    scene = Scene(Layer(SEED), RangeMode.AUTO, ranges, image, mosaic, Status("a source"), curves=info)
    CurvesPanel().draw(place, scene)
    return " ".join(words)


def test_a_dot_and_its_line_stand_where_their_numbers_say() -> None:
    drawn = canvas()
    at = np.linspace(0.0, 180.0, 181)
    line, dots = np.where(at < 90, 1.0, np.nan), (np.array([135.0, 150.0]), np.array([0.5, np.nan]))
    draw_chart(drawn, Rect(0, 0, 300, 200), TEXT, at, [(line, LINE)], dots, 1.0, [])
    rows, columns = np.nonzero((drawn == DOT).all(axis=2))
    assert columns.mean() == pytest.approx(0.75 * 299, abs=1)
    floor = 200 - round(1.3 * TEXT.small) - 1
    ceiling = floor - 0.94 * floor
    assert rows.mean() == pytest.approx((floor + ceiling) / 2, abs=1.5)
    yellow = drawn[:, :, 2].astype(int) - drawn[:, :, 0]
    coloured = np.greater(yellow, 100).max(axis=0)  # the line's yellow
    assert coloured[5:145].all()
    assert not coloured[155:190].any()


def test_the_plane_has_its_zero_in_the_middle_and_down_is_down() -> None:
    gains = np.zeros((129, 129))
    gains[64 + 32, 64 + 16] = 2.0  # 0.25 cycles a pixel down, 0.125 to the right
    drawn = canvas(301, 301)
    draw_plane(drawn, Rect(30, 0, 257, 257), TEXT, gains, Wave(0.0, 0.0, 2.0))
    gray = drawn[:257, 30:287].min(axis=2)
    gray[128] = gray[:, :1] = 0  # the line of the orientation
    row, column = np.unravel_index(int(gray.argmax()), gray.shape)
    assert [int(row), int(column)] == [128 + 64, 128 + 32]


@pytest.mark.parametrize("canvas_wh", [(480, 360), (640, 480), (800, 1100), (1280, 800), (3840, 2160)])
def test_what_passes_most_and_the_noise_are_written_at_every_size(
    canvas_wh: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = written(monkeypatch, layout(canvas_wh), CurvesInfo(CURVES, NOISE))
    assert "0.196 cycles a pixel (5.1 pixels a wave), 0°" in said
    assert "0.0627 predicted" in said
    assert "0.0631 measured" in said
    assert "90°" in said  # the scale of the curve over orientation
    assert f"{chr(0x2212)}0.5" in said  # the plane's


@pytest.mark.parametrize("beside", [Panel.INSPECTOR, Panel.PROFILE, Panel.EDIT])
def test_in_half_of_a_small_window_words_give_way_to_the_curves(beside: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    said = written(monkeypatch, layout((320, 240), (beside, Panel.CURVES)), CurvesInfo(CURVES, NOISE))
    assert "most at 0.196 cycles, 0°" in said
    assert "180°" in said  # the scale of the curve over orientation
    assert "noise" not in said


def test_where_no_curve_has_room_there_are_as_many_sentences_as_have(monkeypatch: pytest.MonkeyPatch) -> None:
    low = replace(layout((320, 240)), panels=((Panel.CURVES, Rect(0, 0, 600, 85)),))
    said = written(monkeypatch, low, CurvesInfo(CURVES, NOISE))
    assert "0.196 cycles a pixel (5.1 pixels a wave)" in said
    assert "2-norm 4" in said  # of the noise
    assert "180°" not in said


@pytest.mark.parametrize("canvas_wh", [(640, 480), (800, 600), (960, 600), (1280, 800), (1920, 1080)])
@pytest.mark.parametrize("beside", [(Panel.EDIT,), (Panel.INSPECTOR, Panel.PROFILE), (Panel.PROFILE,)])
def test_no_sentence_beside_the_plane_and_no_title_is_cut(
    canvas_wh: tuple[int, int], beside: tuple[Panel, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = written(monkeypatch, layout(canvas_wh, (*beside, Panel.CURVES)), CurvesInfo(CURVES, NOISE))
    assert not [sentence for sentence in plane_words(CURVES) if sentence[:17] in said and sentence not in said]
    assert "…" not in said.partition("most at")[2]  # behind the title


def test_it_is_drawn_again_at_once_for_another_kernel_and_in_pieces_for_newer_noise() -> None:
    panel, place = CurvesPanel(), layout()
    image, ranges = np.zeros((240, 320), np.uint8), np.array([[0, 1]] * 4, np.float32)
    info = CurvesInfo(CURVES, NOISE)
    scene = Scene(Layer(SEED), RangeMode.AUTO, ranges, image, image, Status("a"), curves=info)
    assert panel.key(place, scene) == panel.key(place, replace(scene, beat=9, image=image + 1))
    newer = replace(scene, curves=CurvesInfo(CURVES, replace(NOISE, share=0.5)))
    assert panel.key(place, scene) == panel.key(place, newer)
    assert panel.beat(place, scene) != panel.beat(place, newer)
    edited = replace(scene, curves=CurvesInfo(predicted(Layer(SEED), 1), NOISE))
    assert panel.key(place, scene) != panel.key(place, edited)
    still = replace(scene, beat=-7), replace(newer, beat=-7)
    assert panel.key(place, still[0]) != panel.key(place, still[1])  # no picture will come to draw the rest
    assert len(list(panel.pieces(place, scene))) > 4


def test_a_blur_s_best_is_the_mean_and_a_kernel_of_zeros_has_none() -> None:
    blur = FilterBank.from_array("blur", np.ones((3, 3)))
    zeros = FilterBank.from_array("zeros", np.zeros((3, 3)))
    assert best_words(predicted(Layer(blur), 0)) == "most at 0 cycles a pixel, the mean: |H|\N{NO-BREAK SPACE}9"
    assert best_words(predicted(Layer(zeros), 0)) == "all weights are 0: nothing passes"
    cancelling = FilterBank.from_array("c", np.array([0.5, 0.25, -0.75]).reshape(1, 3, 1, 1) * np.ones((1, 1, 4, 4)))
    assert best_words(predicted(Layer(cancelling), 0)) == "its channels cancel: no gray wave passes"


def test_a_name_that_has_no_room_in_the_title_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    info = CurvesInfo(predicted(Layer(load_bank("sobel")), 0), NOISE)
    narrow = replace(layout(), panels=((Panel.CURVES, Rect(0, 0, 300, 700)),))
    wide = replace(layout(), panels=((Panel.CURVES, Rect(0, 0, 600, 700)),))
    said = written(monkeypatch, narrow, info)
    assert "Curves of 1" in said
    assert ELLIPSIS not in said
    assert "Curves of 1, x: left dark, right bright" in written(monkeypatch, wide, info)


def test_rounding_that_is_measured_where_no_wave_passes_stays_at_the_charts_bottom() -> None:
    cancelling = FilterBank.from_array("c", np.array([0.5, 0.25, -0.75]).reshape(1, 3, 1, 1) * np.ones((1, 1, 4, 4)))
    curves = predicted(Layer(cancelling), 0)
    image, mosaic = np.zeros((240, 320), np.uint8), np.zeros((474, 634), np.uint8)
    drawn = []
    for amplitude in (0.0, 5e-7):
        dots = np.full(len(curves.over_frequency.dots), amplitude)
        measured = replace(curves, over_frequency=replace(curves.over_frequency, dots=dots))
        scene = Scene(
            *(Layer(cancelling), RangeMode.AUTO, np.array([[0, 1]], np.float32), image, mosaic, Status("a source")),
            curves=CurvesInfo(measured, NOISE),
        )
        drawn += [sprite.pixels for sprite in CurvesPanel().draw(layout(), scene)]
    nothing, rounding = drawn
    assert np.array_equal(nothing, rounding)


def test_what_relu_does_to_a_sine_goes_by_the_mean_about_which_it_swings() -> None:
    assert "cuts a sine in half" in relu_words(CURVES)
    assert "a sine about 4.5" in relu_words(predicted(Layer(FilterBank.from_array("blur", np.ones((3, 3)))), 0))
    assert relu_words(predicted(Layer(SEED, "none"), 0)).startswith("without ReLU")


@pytest.mark.parametrize(
    ("noise", "words"),
    [
        (Noise(NoiseState.WAITING), "waiting"),
        (Noise(NoiseState.STANDS_STILL), "a still picture has none"),
        (Noise(NoiseState.EQUAL), "equal from picture to picture"),
        (Noise(NoiseState.CLIPPED), "black or white"),
        (Noise(NoiseState.MOVING, share=0.08), "the scene moves"),
        (Noise(NoiseState.MOVING, drift=-3.25), "3.2 levels darker a second"),
        (NOISE, "2-norm 4"),
        (NOISE, "±0.4"),
        (replace(NOISE, count=None, measured=math.nan), "being measured"),
        (replace(NOISE, count=0, measured=math.nan), "nowhere does all that it reads stand still"),
        (replace(NOISE, covariance=np.array([[(0.3 / 255) ** 2]])), "none that rounding to bytes would not hide"),
        (replace(NOISE, predicted=0.00103, measured=0.000679), "0.00103 predicted, 0.00068 measured"),
        (replace(NOISE, measured=0.1, correlation=(0.42, 0.05)), "not independent (correlation 0.42 across"),
    ],
)
def test_the_noise_is_told_as_it_is(noise: Noise, words: str) -> None:
    assert words in " ".join(noise_words(CURVES, noise))


def test_of_noise_that_rounding_hides_no_figure_after_the_kernel_is_told() -> None:
    hidden = replace(NOISE, covariance=np.array([[(0.07 / 255) ** 2]]), correlation=(0.75, 0.77), measured=0.0007)
    said = " ".join(noise_words(CURVES, hidden))
    assert "sigma 0.0700 levels" in said
    assert not any(word in said for word in ("predicted", "measured", "independent"))


def test_noise_that_agrees_is_not_explained_away() -> None:
    assert not [said for said in noise_words(CURVES, NOISE) if "independent" in said]
