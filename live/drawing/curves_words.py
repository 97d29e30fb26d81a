"""What the curves' panel says in words."""

from __future__ import annotations

import math

import numpy as np

from live.curves import Curves
from live.drawing.numbers import column, figure
from live.drawing.text import NO_BREAK
from live.noise_meter import Noise, NoiseState

LEAST_SIGMA = 0.42  # levels, rounding included: below, rounding hides what there is
DRIFTS_FROM = 1.0  # levels a second
DIFFER_FROM, DOUBTS, ALIKE_FROM = 0.03, 3.0, 0.05


def best_words(curves: Curves) -> str:
    """Where most passes."""
    best = curves.best
    if best.gain == 0:
        colour = curves.layer.bank.kernels[curves.index].any()
        return "its channels cancel: no gray wave passes" if colour else "all weights are 0: nothing passes"
    if best.frequency == 0:
        return f"most at 0 cycles a pixel, the mean: |H|{NO_BREAK}{figure(best.gain)}"
    wave = f"{best.frequency:.3f} cycles a pixel ({1 / best.frequency:.1f} pixels a wave)"
    return f"most at {wave}, {degrees(best.orientation)}: |H|{NO_BREAK}{figure(best.gain)}"


def brief_best(curves: Curves) -> str:
    """The same, where `best_words` would leave no room for the curves, which say how much passes."""
    best = curves.best
    if best.gain == 0 or best.frequency == 0:
        return best_words(curves)
    return f"most at {best.frequency:.3f} cycles, {degrees(best.orientation)}"


def degrees(angle: float) -> str:
    """An orientation."""
    return f"{round(angle, 1):g}°"


def plane_words(curves: Curves) -> list[str]:
    """Beside the plane."""
    return [
        f"|H|: black 0, white {figure(curves.best.gain)}",
        "cycles a pixel, 0 in the middle; y down",
        "a wave at t° runs along (cos t, sin t): at 0° its stripes are upright",
        "the curves run along the circle and the line",
    ]


def measured_words(curves: Curves) -> str:
    """What line and dots are."""
    if curves.problem:
        return f"no dots: {curves.problem}"
    by = f" by {curves.by}" if curves.by else ""
    return f"amplitudes for a sine grating between 0 and 1: the line from the weights, the dots measured{by}"


def relu_words(curves: Curves) -> str:
    """What the activation does to a sine."""
    if not curves.rectified:
        return "without ReLU the response to a sine is a sine"
    swing = curves.best.gain / 2
    if abs(curves.mean) < 1e-6 * max(swing, 1e-30):
        return (
            "ReLU cuts a sine in half: of its amplitude A, a mean of A/\N{GREEK SMALL LETTER PI}, A/2 in the same wave "
            "(lower line, dots) and even harmonics are left"
        )
    return (
        f"ReLU cuts what is below 0 off a sine about {figure(curves.mean)}: the lower line and the dots are what is "
        "left in the same wave, the rest is a mean and harmonics"
    )


def noise_words(curves: Curves, noise: Noise) -> list[str]:
    """The noise: at first the two standard deviations, then what there is to know about them."""
    if noise.state != NoiseState.MEASURED:
        return [_NOT_MEASURED[noise.state].format(share=f"{100 * noise.share:.0f}{NO_BREAK}%"), *_drift(noise)]
    sigma = 255 * noise.sigma
    where = f"sigma {figure(sigma)} levels of 255 at the {100 * noise.share:.0f}{NO_BREAK}% of pixels that stand still"
    if sigma < LEAST_SIGMA:
        return [
            "noise: none that rounding to bytes would not hide",
            f"{where}: what is left of it is not white, and a kernel's share of it cannot be told",
            *_drift(noise),
        ]
    kernel = curves.layer.bank.kernels[curves.index]
    gray = len(noise.covariance) == 1
    norm = f"times the kernel's 2-norm {figure(float(math.sqrt(float((kernel.astype(float) ** 2).sum()))))}"
    channels = "the channels' noise, taken together as the kernel does"
    (predicted, measured), _ = column(np.array([noise.predicted, noise.measured]), shifted=False)
    said = [
        f"noise after the kernel: {predicted} predicted, {_measured(noise, measured)}",
        f"{where}, {norm if gray else channels}; before the activation",
    ]
    return [*said, *_drift(noise), *_alike(noise)]


_NOT_MEASURED = {
    NoiseState.WAITING: "noise: waiting for two pictures in a row",
    NoiseState.STANDS_STILL: "noise: a still picture has none that could be measured",
    NoiseState.EQUAL: "noise: none, still pixels are equal from picture to picture",
    NoiseState.CLIPPED: "noise: everything is black or white, where none shows",
    NoiseState.MOVING: "noise: the scene moves, only {share} stand still: hold the camera still to measure it",
}


def _measured(noise: Noise, written: str) -> str:
    if noise.count is None:
        return "being measured"
    if not noise.count:
        return "not measured: nowhere does all that it reads stand still"
    return f"{written} measured (\N{PLUS-MINUS SIGN}{100 * noise.doubt:.1f}{NO_BREAK}%)"


def _drift(noise: Noise) -> list[str]:
    if abs(noise.drift) < DRIFTS_FROM:
        return []
    way = "brighter" if noise.drift > 0 else "darker"
    return [f"the exposure drifts: {abs(noise.drift):.1f} levels {way} a second; that is taken out"]


def _alike(noise: Noise) -> list[str]:
    """Why the two differ, where they do."""
    if not noise.count or not noise.predicted:
        return []
    differ = abs(noise.measured / noise.predicted - 1)
    if differ < DIFFER_FROM + DOUBTS * noise.doubt or max(map(abs, noise.correlation)) < ALIKE_FROM:
        return []
    across, down = (f"{part:.2f}".replace("-", "\N{MINUS SIGN}") for part in noise.correlation)
    return [
        f"they differ since neighbours' noise is not independent (correlation {across} across, {down} down), "
        "as compression or sharpening leaves it: the prediction is for white noise"
    ]
