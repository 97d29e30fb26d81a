"""The scenes give the responses that their formulas promise, in float64 and for the seed bank."""

from __future__ import annotations

import cmath
import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from convviz_core.arrays import AnyArray, ByteArray
from convviz_core.scenes import SCENES, Parameter, SceneError, SceneKind, open_scene

NAMES = [kind.name for kind in SCENES]
RISING_RIGHT = np.array([[-1.0, -1.0, 1.0, 1.0]] * 4)
SEED_KERNELS = (RISING_RIGHT, -RISING_RIGHT, RISING_RIGHT.T, -RISING_RIGHT.T)
# A byte is at most half a level from the formula's value, and the seed bank's kernels have 16 weights of size 1.
ROUNDING = 0.5 / 255 * 16 + 1e-4


def parameter_row(parameter: Parameter) -> str:
    return f"| `{parameter.name}` | {parameter.default:g} | {parameter.wanted} |"


def correlate(picture: ByteArray, kernel: AnyArray) -> NDArray[np.float64]:
    """Cross-correlation of picture / 255 with the kernel, valid region, in float64."""
    windows = np.lib.stride_tricks.sliding_window_view(picture / 255.0, kernel.shape)
    return np.asarray(np.einsum("yxij,ij->yx", windows, kernel))


def seed_responses(name: str, size_wh: tuple[int, int], index: int = 0) -> list[NDArray[np.float64]]:
    picture = open_scene(name, size_wh).frame(index, 30.0)
    return [correlate(picture, kernel) for kernel in SEED_KERNELS]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size_wh", [(1, 1), (1, 7), (7, 1), (2, 3), (4, 4), (33, 5), (640, 480)])
def test_every_scene_fills_any_size_with_gray_bytes(name: str, size_wh: tuple[int, int]) -> None:
    for index in (0, 1, 1000):
        picture = open_scene(name, size_wh).frame(index, 29.97)
        assert picture.dtype == np.uint8
        assert picture.shape == size_wh[::-1]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_scene_and_index_give_the_same_pixels_whatever_was_drawn_before(name: str) -> None:
    first = open_scene(name, (96, 64))
    wanted = first.frame(11, 30.0).copy()
    first.frame(12, 30.0)[:] = 0
    np.testing.assert_array_equal(first.frame(11, 30.0), wanted)
    np.testing.assert_array_equal(open_scene(name, (96, 64)).frame(11, 30.0), wanted)


@pytest.mark.parametrize("name", ["demo", "step", "bar", "grating", "chirp", "checker", "noise"])
def test_a_scene_with_a_speed_moves(name: str) -> None:
    scene = open_scene(name, (96, 64))
    assert (scene.frame(0, 30.0) != scene.frame(15, 30.0)).any()


def test_time_is_the_index_over_the_rate() -> None:
    scene = open_scene("step", (320, 16))
    np.testing.assert_array_equal(scene.frame(30, 60.0), scene.frame(15, 30.0))


@pytest.mark.parametrize("name", [None, "", " ", "demo"])
def test_no_name_is_the_demo_scene(name: str | None) -> None:
    scene = open_scene(name, (64, 48))
    assert scene.name == "demo"
    np.testing.assert_array_equal(scene.frame(3, 30.0), open_scene("demo", (64, 48)).frame(3, 30.0))


def test_the_demo_scene_lights_every_filter_of_the_seed_bank() -> None:
    for size_wh in ((8, 8), (64, 48), (640, 480)):
        for response in seed_responses("demo", size_wh, index=10):
            assert response.max() > 0.5


def test_a_step_to_the_right_gives_four_eight_four_and_nothing_to_the_other_filters() -> None:
    right, left, down, up = seed_responses("step:low=0,high=255,speed=0", (20, 9))
    # span = 19, so the first bright column is 1 + 19 // 2 = 10: fields at 7, 8, 9 hold 1, 2, 3 bright columns.
    wanted = np.zeros((6, 17))
    wanted[:, 7:10] = 4.0, 8.0, 4.0
    np.testing.assert_allclose(right, wanted, atol=1e-12)
    np.testing.assert_allclose(left, -wanted, atol=1e-12)
    np.testing.assert_allclose(down, 0.0, atol=1e-12)
    np.testing.assert_allclose(up, 0.0, atol=1e-12)


@pytest.mark.parametrize(("angle", "lit"), [(0, 0), (180, 1), (90, 2), (270, 3), (-90, 3)])
def test_a_step_lights_the_filter_of_its_direction_by_its_height(angle: int, lit: int) -> None:
    responses = seed_responses(f"step:angle={angle},low=51,high=204,speed=0", (30, 40))
    for number, response in enumerate(responses):
        wanted = 8 * 0.6 if number == lit else 0.0
        assert response.max() == pytest.approx(wanted, abs=1e-12)


def test_a_step_moves_by_its_speed_and_never_leaves_the_picture() -> None:
    scene = open_scene("step:speed=30", (50, 4))
    edges = [int(scene.frame(index, 30.0)[0].argmax()) for index in range(60)]
    assert edges[:3] == [25, 26, 27]
    assert set(edges) == set(range(1, 50))


@pytest.mark.parametrize("angle", [0, 20, 45, 90, 130, 200, 315])
def test_a_soft_side_of_the_bar_gives_the_cosine_and_the_sine_of_its_angle(angle: int) -> None:
    edge = 10
    right, left, down, up = seed_responses(f"bar:angle={angle},width=30,edge={edge},speed=0", (90, 80))
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    y, x = np.mgrid[0:77, 0:87]
    corners = [cos * (x + i - 44.5) + sin * (y + j - 39.5) for i in (0, 3) for j in (0, 3)]
    # The side that brightens in the bar's direction lies 15 pixels before the middle and is 10 wide.
    inside = np.all([np.abs(corner + 15) < edge / 2 for corner in corners], axis=0)
    assert inside.sum() > 50
    for response, wanted in ((right, cos), (left, -cos), (down, sin), (up, -sin)):
        np.testing.assert_allclose(response[inside], 16 * wanted / edge, atol=ROUNDING)


def test_the_bar_turns_by_its_speed() -> None:
    turned = open_scene("bar:speed=45", (64, 64)).frame(60, 30.0)
    np.testing.assert_array_equal(turned, open_scene("bar:angle=90,speed=0", (64, 64)).frame(0, 30.0))


@pytest.mark.parametrize("period", [2.0, 3.3, 5.1, 16.0, 100.0])
@pytest.mark.parametrize("angle", [0, 30, 90, 225])
def test_a_grating_is_answered_by_the_kernels_transfer_function(period: float, angle: float) -> None:
    contrast, index = 0.9, 5
    fx, fy = (f(math.radians(angle)) / period for f in (math.cos, math.sin))
    responses = seed_responses(f"grating:period={period},angle={angle},contrast={contrast},speed=0.5", (61, 47), index)
    y, x = np.mgrid[0:44, 0:58]
    for kernel, response in zip(SEED_KERNELS, responses, strict=True):
        transfer = sum(kernel[i, j] * cmath.exp(2j * math.pi * (fx * j + fy * i)) for i in range(4) for j in range(4))
        wave = np.exp(2j * np.pi * (fx * x + fy * y - 0.5 * index / 30))
        np.testing.assert_allclose(response, contrast / 2 * (transfer * wave).imag, atol=ROUNDING)
        if angle == 0 and kernel is RISING_RIGHT:
            wanted = 16 * abs(math.cos(math.pi / period) * math.sin(2 * math.pi / period))
            assert abs(transfer) == pytest.approx(wanted, abs=1e-9)


def test_a_chirp_is_answered_by_the_transfer_function_at_each_columns_frequency() -> None:
    width, start, end = 900, 0.0, 0.5
    right, left, down, up = seed_responses(f"chirp:start={start},end={end},speed=0", (width, 6))
    x = np.arange(width - 3)
    frequency = start + (end - start) * (x + 1.5) / width  # at the middle of the kernel
    wanted = 8 * np.abs(np.cos(np.pi * frequency) * np.sin(2 * np.pi * frequency))
    # Away from the kernel's middle by d, the phase is off by pi c d^2, c the frequency's rise a pixel.
    bending = 0.5 * 4 * 2 * (1.5**2 + 0.5**2) * math.pi * (end - start) / width
    assert (np.abs(right[0]) <= wanted + bending + ROUNDING).all()
    near = slice(330, 370)  # many phases within 40 columns, so that the envelope is reached
    assert np.abs(right[0, near]).max() == pytest.approx(wanted[near].max(), abs=0.1)
    assert wanted.max() == pytest.approx(6.158, abs=1e-3)
    assert frequency[wanted.argmax()] == pytest.approx(0.196, abs=1e-3)
    np.testing.assert_allclose(left, -right, atol=1e-12)
    np.testing.assert_allclose([down, up], 0.0, atol=1e-12)


def test_a_checkers_sides_give_four_eight_four_and_its_corners_nothing() -> None:
    right, _, down, _ = seed_responses("checker:cell=8,speed=0", (24, 24))
    # Columns 5, 6, 7 see 1, 2, 3 columns of the bright cell that starts at column 8.
    np.testing.assert_allclose(right[1, 3:10], [0, 0, 4, 8, 4, 0, 0], atol=1e-12)
    np.testing.assert_allclose(right[1, 11:18], [0, 0, -4, -8, -4, 0, 0], atol=1e-12)
    np.testing.assert_allclose(down[3:10, 1], [0, 0, 4, 8, 4, 0, 0], atol=1e-12)
    assert right[6, 6] == down[6, 6] == pytest.approx(0.0, abs=1e-12)


def test_a_checker_moves_to_the_right_by_its_speed() -> None:
    scene = open_scene("checker:cell=8,speed=30,low=10,high=90", (64, 32))
    first, third = scene.frame(0, 30.0), scene.frame(3, 30.0)
    np.testing.assert_array_equal(third[:, 3:], first[:, :-3])
    assert set(np.unique(first)) == {10, 90}


def test_noise_has_the_mean_and_variance_of_the_formula_in_every_map() -> None:
    picture = open_scene("noise", (512, 512)).frame(4, 30.0)
    kernel = np.array([[0.5, -1.0, 2.0], [0.0, 1.0, 0.25]])
    variance = (256**2 - 1) / 12 / 255**2
    # Neighbouring responses share pixels, so that the mean and the variance wander by about a hundredth.
    for weights in (*SEED_KERNELS, kernel):
        response = correlate(picture, weights)
        assert response.mean() == pytest.approx(weights.sum() / 2, abs=0.01)
        assert response.var() == pytest.approx(float((weights**2).sum()) * variance, rel=0.02)
    assert math.sqrt(16 * variance) == pytest.approx(1.159, abs=1e-3)


def test_noise_is_new_in_every_picture_and_for_every_seed() -> None:
    pictures = [open_scene(name, (64, 64)).frame(index, 30.0) for name in ("noise", "noise:seed=1") for index in (0, 1)]
    for first in range(4):
        for second in range(first):
            assert (pictures[first] == pictures[second]).mean() < 0.05


@pytest.mark.parametrize("slope", [1, 4, 60])
def test_a_whole_ramp_gives_sixteen_slopes_exactly(slope: int) -> None:
    right, left, down, up = seed_responses(f"ramp:slope={slope}", (80, 10))
    flank = max(1, 255 // slope - 3)  # columns whose field lies on the first rising flank
    np.testing.assert_allclose(right[:, :flank], 16 * slope / 255, atol=1e-12)
    np.testing.assert_allclose(left[:, :flank], -16 * slope / 255, atol=1e-12)
    np.testing.assert_allclose([down, up], 0.0, atol=1e-12)
    if slope == 4:  # falling from column 63 on
        np.testing.assert_allclose(right[:, 63:77], -16 * 4 / 255, atol=1e-12)


@pytest.mark.parametrize("angle", [10, 45, 60])
def test_a_slanted_ramp_gives_the_weighted_sum_of_the_offsets(angle: float) -> None:
    cos, sin, slope = math.cos(math.radians(angle)), math.sin(math.radians(angle)), 2.5
    responses = seed_responses(f"ramp:slope={slope},angle={angle}", (60, 60))
    i, j = np.mgrid[0:4, 0:4]
    for kernel, response in zip(SEED_KERNELS, responses, strict=True):
        wanted = float((kernel * (cos * j + sin * i)).sum()) * slope / 255
        np.testing.assert_allclose(response, wanted, atol=ROUNDING)


def test_a_dot_shows_every_kernel_turned_by_180_degrees() -> None:
    kernel = np.arange(15.0).reshape(3, 5)
    picture = open_scene("dot:low=51,high=153", (21, 15)).frame(0, 30.0)
    response = correlate(picture, kernel)
    wanted = np.full((13, 17), 0.2 * kernel.sum())
    wanted[5:8, 6:11] += 0.4 * kernel[::-1, ::-1]  # the dot is at row 7, column 10
    np.testing.assert_allclose(response, wanted, atol=1e-9)


def test_dots_are_as_far_apart_as_asked_and_move_by_whole_pixels() -> None:
    scene = open_scene("dot:spacing=32,speed=30", (100, 70))
    rows, columns = np.nonzero(scene.frame(0, 30.0))
    assert sorted(set(rows)) == [3, 35, 67]
    assert sorted(set(columns)) == [18, 50, 82]
    assert sorted(set(np.nonzero(scene.frame(2, 30.0))[1])) == [20, 52, 84]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mandelbrot", "there is no scene 'mandelbrot'; there are demo, step, bar, grating"),
        ("chekcer", "there is no scene 'chekcer' (did you mean 'checker'?); there are demo, step"),
        ("grating:angel=3", "no parameter 'angel'; its parameters: period, angle, contrast, speed"),
        ("grating:angle", "'angle' is no PARAMETER=VALUE"),
        ("grating:angle=30,", "'' is no PARAMETER=VALUE"),
        ("grating:angle=1,angle=2", "angle is given twice"),
        ("grating:period=wide", "period is 'wide', want a number from 0.1 to 100000 (pixels a wave)"),
        ("grating:period=0", "period is '0'"),
        ("grating:period=nan", "period is 'nan'"),
        ("grating:period=inf", "period is 'inf'"),
        ("checker:cell=2.5", "cell is '2.5', want a whole number"),
        ("step:low=200,high=100", "low is above high, 200 > 100"),
        ("demo:speed=2", "no parameter 'speed'; its parameters: none"),
    ],
)
def test_a_wrong_scene_gets_one_sentence_that_says_what_there_is(name: str, said: str) -> None:
    with pytest.raises(SceneError) as caught:
        open_scene(name, (64, 48))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_spaces_round_names_and_numbers_do_not_matter() -> None:
    scene = open_scene(" grating: period = 8 , angle=90 ", (16, 16))
    np.testing.assert_array_equal(
        scene.frame(0, 30.0), open_scene("grating:period=8,angle=90", (16, 16)).frame(0, 30.0)
    )


@pytest.mark.parametrize("size_wh", [(0, 4), (4, -1), (20000, 4)])
def test_an_impossible_size_is_refused(size_wh: tuple[int, int]) -> None:
    with pytest.raises(SceneError, match="1x1 to 8192x8192"):
        open_scene("demo", size_wh)


@pytest.mark.parametrize(("index", "fps"), [(-1, 30.0), (0, 0.0), (0, -1.0), (0, math.inf), (0, math.nan)])
def test_a_negative_index_or_a_rate_that_is_none_is_refused(index: int, fps: float) -> None:
    with pytest.raises(ValueError, match="positive rate"):
        open_scene("demo", (8, 8)).frame(index, fps)


@pytest.mark.parametrize("kind", SCENES, ids=NAMES)
def test_the_documentation_has_every_scene_with_its_response_and_parameters(kind: SceneKind) -> None:
    text = (Path(__file__).parents[2] / "docs" / "scenes.md").read_text(encoding="utf-8")
    section = text.partition(f"\n## {kind.name}\n")[2].partition("\n## ")[0]
    assert f"{kind.description[0].upper()}{kind.description[1:]}." in section
    assert f"Response: {kind.response}." in section
    assert [line for line in section.splitlines() if line.startswith("| `")] == [
        parameter_row(parameter) for parameter in kind.parameters
    ]
