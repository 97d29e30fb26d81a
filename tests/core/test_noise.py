"""Noise of known size in pictures of known movement, and what kernels make of it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from convviz_core.arrays import ByteArray
from convviz_core.engines.opening import open_engine
from convviz_core.filters.bank import FilterBank
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.layer import Layer
from convviz_core.noise import (
    PATCH,
    SHEET,
    independent_share,
    moments,
    predicted_deviation,
    response_differences,
    spread,
    still_pixels,
)

HEIGHT, WIDTH = 384, 512


def ground() -> np.ndarray:
    """A scene with slopes, edges and flat parts, far from black and white."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.asarray(128 + 40 * np.sin(x / 40) + 30 * np.sign(np.sin(y / 23 + x / 50)))


def noisy(sigma: float, seed: int, scene: np.ndarray | None = None, channels: int = 1) -> ByteArray:
    chance = np.random.default_rng(seed)
    picture = ground() if scene is None else scene
    if channels == 3:
        picture = picture[..., None]
    noise = sigma * chance.normal(size=(*picture.shape[:2], 3) if channels == 3 else picture.shape)
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)


def sigma_of(before: ByteArray, after: ByteArray, earlier: ByteArray | None = None) -> float:
    """Levels of 255."""
    still = still_pixels(before, after, earlier)
    return 255 * float(np.sqrt(moments(before, after, still.pixels, 1).covariance[0, 0]))


@pytest.mark.parametrize("sigma", [1.0, 2.0, 5.0, 12.0])
def test_a_known_noise_is_found_within_two_hundredths_rounding_included(sigma: float) -> None:
    wanted = np.sqrt(sigma**2 + 1 / 12)  # a byte's rounding adds a twelfth to the variance
    assert sigma_of(noisy(sigma, 1), noisy(sigma, 2), noisy(sigma, 3)) == pytest.approx(wanted, rel=0.02)


@pytest.mark.parametrize("bank", [BUILT_IN_BANKS[0], BUILT_IN_BANKS[7]], ids=lambda bank: bank.name)
def test_responses_vary_by_sigma_times_the_kernel_s_norm(bank: FilterBank) -> None:
    before, after = noisy(4.0, 4), noisy(4.0, 5)
    still = still_pixels(before, after).pixels
    layer = Layer(replace(bank, filters=bank.filters[:1], bias=None), "none")
    covariance = moments(before, after, still, 1).covariance
    predicted = predicted_deviation(layer.bank.kernels[0], covariance)
    with open_engine("opencv") as engine:
        measured = float(response_differences(engine, layer, before, after, still).std()) / np.sqrt(2)
    norm = float(np.sqrt((layer.bank.kernels[0].astype(np.float64) ** 2).sum()))
    assert predicted == pytest.approx(np.sqrt(16 + 1 / 12) / 255 * norm, rel=0.02)
    assert measured == pytest.approx(predicted, rel=0.02)


def test_channels_that_share_their_noise_are_predicted_together() -> None:
    chance = np.random.default_rng(6)
    bank = FilterBank.from_array("colour", chance.normal(size=(1, 3, 3, 3)))
    layer = Layer(bank, "none")

    def picture(seed: int) -> ByteArray:
        own, shared = noisy(3.0, seed, channels=3), np.random.default_rng(seed + 100).normal(size=(HEIGHT, WIDTH, 1))
        return np.clip(np.rint(own + 4 * shared), 0, 255).astype(np.uint8)

    before, after = picture(7), picture(8)
    still = still_pixels(before, after).pixels
    covariance = moments(before, after, still, 3).covariance
    np.testing.assert_allclose(255**2 * covariance, 16 * np.ones((3, 3)) + 9.2 * np.eye(3), rtol=0.03)
    with open_engine("opencv") as engine:
        measured = float(response_differences(engine, layer, before, after, still).std()) / np.sqrt(2)
    assert measured == pytest.approx(predicted_deviation(bank.kernels[0], covariance), rel=0.02)


def test_what_moves_is_left_out_and_the_rest_measured() -> None:
    def scene(x: int) -> np.ndarray:
        picture = ground()
        picture[100:220, x : x + 120] = 90 + 60 * np.sign(np.sin(np.arange(120) / 3))
        return picture

    before, after, earlier = noisy(3.0, 9, scene(60)), noisy(3.0, 10, scene(63)), noisy(3.0, 11, scene(20))
    still = still_pixels(before, after, earlier)
    assert not still.pixels[110:210, 70:170].any()
    assert still.share is not None
    assert 0.7 < still.share < 0.95
    assert sigma_of(before, after, earlier) == pytest.approx(np.sqrt(9 + 1 / 12), rel=0.02)


def test_slow_movement_is_seen_over_the_longer_time() -> None:
    def scene(shift: float) -> np.ndarray:
        move = np.array([[1, 0, shift], [0, 1, 0]], np.float32)
        return np.asarray(cv2.warpAffine(ground(), move, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT), np.float64)

    before, after, earlier = (noisy(1.0, seed, scene(shift)) for seed, shift in ((1, 7.5), (2, 8.0), (3, 0.0)))
    still = still_pixels(before, after, earlier)
    assert still.share is not None
    assert still.share < 0.5
    assert not still.pixels[:, 55:75].all(axis=0).any()  # a slope


def test_a_drifting_exposure_is_told_and_adds_nothing_to_the_noise() -> None:
    before, after, earlier = (noisy(2.0, seed, gain * ground()) for seed, gain in ((1, 1.02), (2, 1.024), (3, 1.0)))
    still = still_pixels(before, after, earlier)
    assert still.share == 1
    assert still.drift == pytest.approx(0.024 * float(ground().mean()), abs=0.05)
    assert sigma_of(before, after, earlier) == pytest.approx(np.sqrt(4 + 1 / 12), rel=0.03)


def test_equal_pictures_are_equal_and_black_and_white_ones_tell_nothing() -> None:
    still = still_pixels(noisy(0.0, 1), noisy(0.0, 2))
    assert (still.equal, still.share) == (True, 1)
    white = np.full((HEIGHT, WIDTH), 255, np.uint8)
    assert still_pixels(white, white).share is None


def test_neighbours_that_were_blurred_together_are_alike() -> None:
    def picture(seed: int) -> ByteArray:
        noise = cv2.blur(np.random.default_rng(seed).normal(size=(HEIGHT, WIDTH)) * 8, (2, 1))
        return np.rint(128 + noise).astype(np.uint8)

    before, after = picture(1), picture(2)
    across, down = moments(before, after, still_pixels(before, after).pixels, 1).correlation
    assert (across, down) == pytest.approx((0.5, 0.0), abs=0.01)


def test_a_large_frame_gives_patches_from_all_over_it_and_kernels_do_not_reach_across_them() -> None:
    frame = np.zeros((700, 1280), np.uint8)
    frame[:] = np.arange(1280) // 10 + 50
    sheet = spread(frame)
    assert sheet.shape == (SHEET, SHEET)
    assert (sheet[0, 0], sheet[0, -1]) == (50, 177)
    frame[:] = 99
    assert sheet[0, 0] == 50
    # In each patch the ramp goes on, and at its end jumps: a response that reached across would see the jump change.
    other = sheet.copy()
    other[:, PATCH:] += 1
    layer = Layer(FilterBank.from_array("step", np.array([[[-1.0, 1.0]]])), "none")
    with open_engine("opencv") as engine:
        found = response_differences(engine, layer, sheet, other, np.ones(sheet.shape, bool))
    assert len(found) == SHEET * (SHEET - SHEET // PATCH)
    assert np.abs(found).max() < 1e-6


def test_how_many_responses_are_independent() -> None:
    assert independent_share(np.ones((1, 1), np.float32)) == pytest.approx(1)
    # A box of two: neighbours' responses correlate by a half, on both sides.
    assert independent_share(np.ones((1, 2), np.float32)) == pytest.approx(1 / (1 + 2 * 0.25))
