"""What a kernel lets through, against the formula written out, numpy's FFT, and numbers by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from convviz_core.filters.bank import FilterBank
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.layer import Layer
from convviz_core.transfer import after_relu, along, best_wave, gain_at, gain_on_grid, largest_frequency

BANKS = [bank for bank in BUILT_IN_BANKS if bank.channels == 1]
EDGE = BUILT_IN_BANKS[0].kernels[0]


def written_out(kernel: np.ndarray, at_y: float, at_x: float, dilation: tuple[int, int] = (1, 1)) -> float:
    """|sum w exp(-2 pi i f.x)|, tap by tap."""
    total = 0j
    for (y, x), weight in np.ndenumerate(kernel):
        turns = at_y * y * dilation[0] + at_x * x * dilation[1]
        total += float(weight) * complex(math.cos(2 * math.pi * turns), -math.sin(2 * math.pi * turns))
    return abs(total)


@pytest.mark.parametrize("bank", BANKS, ids=lambda bank: bank.name)
def test_the_gain_is_the_formula_s_at_every_frequency(bank: FilterBank) -> None:
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (12, 2))
    for kernel in bank.kernels:
        gains = gain_at(kernel, points[:, 0], points[:, 1])
        wanted = [written_out(kernel[0], y, x) for y, x in points]
        np.testing.assert_allclose(gains, wanted, rtol=1e-12, atol=1e-12 * np.abs(kernel).sum())


def test_the_plane_is_numpy_s_fourier_transform() -> None:
    kernel = np.random.default_rng(1).normal(size=(5, 8)).astype(np.float32)
    at = np.asarray(np.fft.fftfreq(32), np.float64)
    wanted = np.abs(np.fft.fft2(kernel.astype(np.float64), (32, 32))).tolist()
    np.testing.assert_allclose(gain_on_grid(kernel, at, at), wanted, atol=1e-12)


def test_dilation_spreads_the_taps() -> None:
    kernel = np.random.default_rng(2).normal(size=(3, 4)).astype(np.float32)
    gain = gain_at(kernel, np.array([0.21]), np.array([-0.13]), (2, 3))
    assert gain[0] == pytest.approx(written_out(kernel, 0.21, -0.13, (2, 3)), rel=1e-12)


def test_a_kernel_of_three_channels_meets_a_gray_wave_with_their_sum() -> None:
    kernel = np.random.default_rng(3).normal(size=(3, 4, 4)).astype(np.float32)
    gain = gain_at(kernel, np.array([0.1]), np.array([0.3]))
    assert gain[0] == pytest.approx(written_out(kernel.astype(np.float64).sum(axis=0), 0.1, 0.3), rel=1e-12)


def test_channels_that_cancel_but_for_rounding_let_no_gray_wave_through() -> None:
    red = np.random.default_rng(4).normal(size=(5, 5)).astype(np.float32)
    green = red * np.float32(0.3)
    cancelling = np.stack([red, green, -(red + green)])
    assert np.abs(cancelling.sum(axis=0, dtype=np.float64)).max() > 0  # float32
    assert best_wave(cancelling).gain == 0
    assert best_wave(cancelling + np.float32(1e-4)).gain > 0


def test_orientations_turn_from_across_to_down() -> None:
    y, x = along(0.2, np.array([0.0, 30.0, 90.0]))
    np.testing.assert_allclose(x, [0.2, 0.2 * math.cos(math.pi / 6), 0.0], atol=1e-15)
    np.testing.assert_allclose(y, [0.0, 0.1, 0.2], atol=1e-15)


def test_the_seed_bank_is_blind_at_two_pixels_a_wave() -> None:
    assert gain_at(EDGE, np.array([0.0]), np.array([0.5]))[0] == pytest.approx(0, abs=1e-12)


def test_the_seed_edge_passes_most_where_the_derivative_says() -> None:
    # |H| = 4 |1 + z| |z^2 - 1| = 32 sin u cos^2 u with u = pi f: largest where sin^2 u = 1/3.
    best = best_wave(EDGE)
    assert best.frequency == pytest.approx(math.asin(1 / math.sqrt(3)) / math.pi, abs=1e-4)
    assert best.orientation == pytest.approx(0, abs=0.01)
    assert best.gain == pytest.approx(32 / math.sqrt(3) * 2 / 3, rel=1e-6)


def test_a_checkerboard_passes_most_at_the_plane_s_corner() -> None:
    best = best_wave(np.array([[1, -1], [-1, 1]], np.float32))
    assert (best.frequency, best.orientation, best.gain) == pytest.approx((math.sqrt(0.5), 45, 4), abs=1e-6)
    assert largest_frequency(45) == pytest.approx(math.sqrt(0.5))
    assert largest_frequency(90) == pytest.approx(0.5)


def test_a_blur_passes_the_mean_best_and_is_looked_at_along_its_fall() -> None:
    best = best_wave(np.ones((7, 1), np.float32))
    assert (best.frequency, best.orientation) == (0, 90)
    assert best.gain == pytest.approx(7)


def test_of_equal_waves_the_longest_is_the_best() -> None:
    # Dilation 2 repeats |H| every half cycle: 0.0979 and 0.402 cycles a pixel pass the seed edge alike.
    assert best_wave(EDGE, (2, 2)).frequency == pytest.approx(0.5 * best_wave(EDGE).frequency, abs=1e-4)
    assert best_wave(np.zeros((3, 3), np.float32)).gain == 0


@pytest.mark.parametrize(
    ("amplitude", "mean"), [(1.0, 0.0), (2.0, 1.0), (2.0, -1.0), (1.0, 3.0), (1.0, -3.0), (0.0, 1.0)]
)
def test_relu_leaves_the_first_fourier_coefficient_of_what_it_cuts(amplitude: float, mean: float) -> None:
    turns = (np.arange(100_000) + 0.5) / 100_000
    cut = np.maximum(mean + amplitude * np.sin(2 * np.pi * turns), 0)
    wanted = 2 * abs(np.mean(cut * np.exp(-2j * np.pi * turns)))
    assert float(after_relu(amplitude, mean)) == pytest.approx(wanted, abs=1e-6)


def test_a_turned_kernel_lets_the_same_through() -> None:
    bank = BUILT_IN_BANKS[0]
    turned = Layer(bank.flipped()).bank.kernels[2]
    points = np.linspace(-0.5, 0.5, 9)
    np.testing.assert_allclose(gain_at(turned, points, points[::-1]), gain_at(bank.kernels[2], points, points[::-1]))
