"""How two layers' maps lie on each other, and what their difference is."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.auto_range import AutoRange
from convviz_core.difference import Alignment, Difference, NotAlignedError, align
from convviz_core.difference_sampling import DifferenceSampler
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.filters.bank import FilterBank
from convviz_core.filters.files import load_bank
from convviz_core.first_look import FirstLook
from convviz_core.layer import Layer
from convviz_core.own_range import own_limits

SHAPE = (20, 30)


def layer(rows: int, columns: int, activation: str = "none", count: int = 1) -> Layer:
    """A layer with kernels of that size."""
    return Layer(FilterBank.from_array("ones", np.ones((count, rows, columns), np.float32)), activation)


def placed(side: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Layer:
    """A layer with square kernels and that geometry."""
    return Layer(
        FilterBank.from_array("ones", np.ones((1, side, side), np.float32)), "none", stride, padding, dilation=dilation
    )


def test_equal_kernels_lie_on_each_other_everywhere() -> None:
    assert align(layer(4, 4), layer(4, 4, count=3), SHAPE) == Alignment((0, 0), (0, 0), (17, 27), 1)


def test_odd_kernels_lie_with_their_middles_on_each_other() -> None:
    # A 7x7 kernel's first middle is input pixel 3, a 3x3 kernel's is 1: the third one's window lies there.
    found = align(layer(7, 7), layer(3, 3), SHAPE)
    assert found == Alignment((0, 0), (2, 2), (14, 24), 1)
    assert align(layer(3, 3), layer(7, 7), SHAPE) == Alignment((2, 2), (0, 0), (14, 24), 1)


def test_of_half_a_pixel_between_even_and_odd_kernels_the_kept_pixel_above_and_left_is_taken() -> None:
    # Live middles at 1.5, 2.5, ..., kept ones at 1, 2, ...: 1.5 on 1. 20 - 4 + 1 = 17 rows, 20 - 3 + 1 = 18.
    assert align(layer(4, 4), layer(3, 3), SHAPE) == Alignment((0, 0), (0, 0), (17, 27), 1, (True, True))
    # Live middles at 1, 2, ..., kept ones at 1.5, 2.5, ...: 2, the second, on 1.5.
    assert align(layer(3, 3), layer(4, 4), SHAPE) == Alignment((1, 1), (0, 0), (17, 27), 1, (True, True))


@pytest.mark.parametrize("live", [placed(side, padding=padding) for side in (1, 2, 3, 4, 5, 6) for padding in (0, 1)])
@pytest.mark.parametrize("kept", [placed(side, padding=padding) for side in (1, 2, 3, 4, 5, 6) for padding in (0, 1)])
def test_maps_are_moved_by_the_difference_of_their_centres_rounded_down(live: Layer, kept: Layer) -> None:
    first = [(one.geometry.extent_hw[0] - 1) / 2 - one.geometry.margins[0] for one in (live, kept)]
    found = align(live, kept, SHAPE)
    assert found.kept_yx[0] - found.live_yx[0] == found.kept_yx[1] - found.live_yx[1] == math.floor(first[0] - first[1])
    assert 0 in (found.live_yx[0], found.kept_yx[0])
    sizes = [one.output_hw(SHAPE) for one in (live, kept)]
    ends = [[at + size for at, size in zip(yx, found.hw, strict=True)] for yx in (found.live_yx, found.kept_yx)]
    for axis in (0, 1):  # all that both have: one of them ends there
        assert [end[axis] <= size[axis] for end, size in zip(ends, sizes, strict=True)] == [True, True]
        assert any(end[axis] == size[axis] for end, size in zip(ends, sizes, strict=True))


def test_half_a_pixel_may_be_left_in_one_direction_alone() -> None:
    assert align(layer(4, 3), layer(3, 3), SHAPE).rest_yx == (True, False)


def test_padding_moves_a_map_to_the_top_left() -> None:
    # 3x3 padded by 1: its pixel (0, 0) has its middle on input pixel 0; unpadded, on pixel 1.
    found = align(placed(3, padding=1), placed(3), SHAPE)
    assert found == Alignment((1, 1), (0, 0), (18, 28), 1)


def test_dilation_moves_a_map_to_the_bottom_right() -> None:
    assert align(placed(3, dilation=2), placed(3), SHAPE) == Alignment((0, 0), (1, 1), (16, 26), 1)


def test_with_strides_half_a_maps_pixel_is_left_over_and_the_kept_pixel_above_is_taken() -> None:
    # Middles at 2, 4, ... and 1, 3, ...: half a map's pixel apart.
    assert align(placed(5, stride=2), placed(3, stride=2), SHAPE) == Alignment((0, 0), (0, 0), (8, 13), 1, (True, True))
    # Middles at 1, 3, 5 ... and 2, 4 ...: live pixel 1 (at 3) on kept pixel 0 (at 2).
    assert align(placed(3, stride=2), placed(5, stride=2), SHAPE) == Alignment((1, 1), (0, 0), (8, 13), 1, (True, True))


def test_maps_of_other_strides_cannot_be_laid_over_each_other() -> None:
    with pytest.raises(NotAlignedError, match="strides are 1 and 2"):
        align(placed(3), placed(3, stride=2), SHAPE)


def test_a_difference_is_the_live_response_minus_the_kept_one() -> None:
    difference = Difference(layer(1, 1), layer(3, 3))
    live = np.arange(12, dtype=np.float32).reshape(1, 3, 4)
    kept = np.full((1, 1, 2), 100, np.float32)
    found = difference.of(live, kept, Alignment((1, 1), (0, 0), (1, 2), 1))
    assert found.tolist() == [[[5 - 100, 6 - 100]]]


@pytest.mark.parametrize(
    ("live", "kept", "limit"),
    [("none", "none", 16.0), ("relu", "relu", 8.0), ("none", "relu", 16.0), ("relu", "none", 16.0)],
)
def test_its_fixed_limit_is_what_either_can_answer_more_than_the_other(live: str, kept: str, limit: float) -> None:
    seed = load_bank("udacity")  # [-8, 8], or [0, 8] after ReLU
    assert Difference(Layer(seed, live), Layer(seed, kept)).fixed_limit == limit


def test_zero_is_byte_128_in_a_range_that_has_it_in_the_middle() -> None:
    difference = Difference(layer(1, 1), layer(1, 1))
    values = np.array([[[-2.0, 0.0, 1.0, 2.0, 3.0]]], np.float32)
    levels = difference.to_bytes(values, difference.ranges(values, (-2.0, 2.0)))
    assert levels.tolist() == [[[0, 128, 191, 255, 255]]]  # 127.5 + 63.75 = 191.25


@pytest.mark.parametrize(("live", "kept"), [("udacity", "gabor"), ("gabor", "sobel"), ("udacity", "udacity")])
@pytest.mark.parametrize("activation", ["relu", "none"])
def test_its_own_limit_is_near_that_of_all_its_pixels(live: str, kept: str, activation: str) -> None:
    rng = np.random.default_rng(3)
    frame = np.repeat(np.repeat(rng.integers(0, 256, (20, 30), np.uint8), 12, axis=0), 12, axis=1)
    difference = Difference(Layer(load_bank(live), activation), Layer(load_bank(kept), "none"))
    exact = difference.of(
        _maps(frame, difference.live),
        _maps(frame, difference.kept),
        align(difference.live, difference.kept, frame.shape),
    )
    sizes = np.sort(np.abs(exact).reshape(-1))
    counted = int(np.count_nonzero(sizes > difference.fixed_limit / 512))
    limit = max(sizes[sizes.size - 1 - max(0, counted - 4096) // 100], difference.fixed_limit / 32)
    found, _ = own_limits(difference, frame, peak=lambda: float(sizes[-1]))
    assert found[0] == -found[1]
    assert found[1] == pytest.approx(limit, rel=0.1)


def test_its_limit_is_followed_as_a_layers_is() -> None:
    frame = np.zeros((60, 80), np.uint8)
    frame[:, 40:] = 255
    difference = Difference(Layer(load_bank("udacity")), Layer(load_bank("udacity"), "none"))
    follower = AutoRange()
    lo, hi = follower.limits(difference, frame, "key", peak=lambda: 8.0)
    follower.follow(difference, frame, (lo, hi), 8.0, 0.0)
    assert (lo, hi) == (-8.0, 8.0)
    assert follower.limits(difference, frame, "key", peak=lambda: 8.0) == (-8.0, 8.0)


def test_both_layers_are_looked_at_in_the_same_places() -> None:
    frame = np.random.default_rng(5).integers(0, 256, (40, 50, 3), np.uint8)
    same = Difference(placed(3, padding=1), placed(3, padding=1))
    sampler = DifferenceSampler(same, frame.shape)
    assert max(sampler.sizes(frame, portion).max() for portion in range(sampler.portions)) == 0
    assert sampler.responses_in_all == 40 * 50


@pytest.mark.parametrize("kept", ["sobel", "gabor"])
@pytest.mark.parametrize("padding", [0, 1])
def test_a_first_picture_is_shown_in_its_own_limit_whatever_padding_the_layers_have(kept: str, padding: int) -> None:
    chance = np.random.default_rng(7)
    frame = np.repeat(np.repeat(chance.integers(0, 256, (40, 50, 3), np.uint8), 10, axis=0), 10, axis=1)
    difference = Difference(Layer(load_bank("udacity"), "relu", padding=padding), Layer(load_bank(kept), "none"))
    both = align(difference.live, difference.kept, frame.shape)
    engine = OpenCvEngine()
    sizes = np.sort(
        np.abs(
            difference.of(engine.maps(frame, difference.live)[1], engine.maps(frame, difference.kept)[0], both)
        ).ravel()
    )
    exact = sizes[-1 - (int((sizes > difference.fixed_limit / 512).sum()) - 4096) // 100]
    assert AutoRange().limits(difference, frame, "key", peak=lambda: 0.0)[1] == pytest.approx(exact, rel=0.05)


def test_nothing_is_found_between_a_layer_and_itself() -> None:
    frame = np.random.default_rng(5).integers(0, 256, (400, 500, 3), np.uint8)
    for kernel in (3, 4):
        found = FirstLook(Difference(placed(kernel), placed(kernel)), frame.shape).found(frame, 1 / 512, 100)
        assert found.counted == 0
        assert not found.largest.any()


def test_large_kernels_limit_is_followed_from_all_over_the_picture() -> None:
    chance = np.random.default_rng(0)
    noise = [cv2.GaussianBlur(chance.normal(size=(480, 640)), (0, 0), s) * s * s for s in (1, 3, 9, 27)]
    scene = np.sum(noise, axis=0)
    scene[200:, 300:] += 3 * np.std(scene)
    frame = np.asarray(np.clip(128 + 40 * scene / np.std(scene), 0, 255), np.uint8)
    y, x = np.mgrid[:31, :31] - 15
    waves = [np.sin((x * np.cos(a) + y * np.sin(a)) / 3) * np.exp(-(x * x + y * y) / 80) for a in (0, 0.8, 1.6, 2.4)]
    live = Layer(FilterBank.from_array("waves", np.stack(waves)), "none")
    difference = Difference(live, Layer(FilterBank.from_array("half", np.stack(waves) / 2), "none"))
    sizes = np.sort(np.abs(OpenCvEngine().maps(frame, live)[0]).reshape(-1)) / 2
    exact = sizes[-1 - (int((sizes > difference.fixed_limit / 512).sum()) - 4096) // 100]
    auto = AutoRange()
    for number in range(50):
        limits = auto.limits(difference, frame, "key", peak=lambda: 0.0)
        assert limits[1] == pytest.approx(exact, rel=0.05)
        auto.follow(difference, frame, limits, 0.0, 5.0 * number)


def _maps(frame: ByteArray, one: Layer) -> FloatArray:
    """float32 (N, h, w), by float64 sums over shifted pictures."""
    kernels = one.bank.kernels.astype(np.float64)[:, 0]
    height, width = one.output_hw(frame.shape)
    found = np.zeros((len(kernels), height, width))
    for y in range(kernels.shape[1]):
        for x in range(kernels.shape[2]):
            found += kernels[:, y, x, None, None] * frame[y : y + height, x : x + width] / 255.0
    return np.asarray(found if one.signed else np.maximum(found, 0), np.float32)
