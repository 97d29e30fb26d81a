"""What a kernel lets through: its transfer function, straight from the weights.

A kernel w answers the wave exp(2 pi i f.x) with the same wave times a factor whose size is |H(f)|,
H(f) = sum over its taps of w(x) exp(-2 pi i f.x): the discrete-space Fourier transform (Oppenheim and Schafer,
Discrete-Time Signal Processing, chapter 2). x is in input pixels, so that dilation spreads the taps; where the kernel
lies, whether it is turned by 180 degrees, stride and padding change H's phase or which responses there are, and not its
size. A sine grating between 0 and 1 is half a wave's height above and below its middle: it is answered by |H| / 2.

Frequencies are in cycles a pixel, (y, x) with y down. A wave of frequency f and orientation t has f cycles a pixel
along (x, y) = (cos t, sin t): at 0 degrees its stripes are upright, at 90 they lie, and in between they rise to the
right. A kernel that reads colour meets a gray wave with the sum over its channels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convviz_core.arrays import FloatArray

Floats = NDArray[np.float64]

NYQUIST = 0.5  # cycles a pixel, along a row or a column: two pixels a wave
COARSE = 64  # steps from 0 to NYQUIST in which the best wave is looked for first
NEARLY_BEST, MOST_CANDIDATES = 0.98, 8
ZOOMS, ZOOM_SIDE = 4, 9
SAME = 1e-6  # relative: gains that differ by less are equal, and the longer wave is taken
DC = 1e-3  # cycles a pixel: no wave


@dataclass(frozen=True)
class Wave:
    """frequency: cycles a pixel along the orientation, in degrees from 0 to 180. gain: |H| there."""

    frequency: float
    orientation: float
    gain: float


def along(frequency: Floats | float, orientation: Floats | float) -> tuple[Floats, Floats]:
    """(y, x) frequencies of waves of that frequency and orientation in degrees; they broadcast."""
    angle = np.deg2rad(orientation)
    return np.asarray(frequency * np.sin(angle), np.float64), np.asarray(frequency * np.cos(angle), np.float64)


def for_gray(kernel: FloatArray) -> Floats:
    """float64 (kh, kw) of a kernel (kh, kw) or (C, kh, kw): what meets a picture whose channels are equal.

    Where channels cancel to within the rounding of float32 weights, that is 0.
    """
    weights = np.asarray(kernel, np.float64)
    if weights.ndim == 2:
        return weights
    sums, sizes = weights.sum(axis=0), np.abs(weights).sum(axis=0)
    return np.asarray(np.where(np.abs(sums) <= SAME * sizes, 0.0, sums), np.float64)


def gain_at(kernel: FloatArray, at_y: Floats, at_x: Floats, dilation: tuple[int, int] = (1, 1)) -> Floats:
    """|H| at the frequencies (at_y, at_x), which broadcast; float64 of their shape.

    kernel: (kh, kw), or (C, kh, kw) for a gray wave.
    """
    at_y, at_x = np.broadcast_arrays(at_y, at_x)
    weights = for_gray(kernel)
    down, across = (_waves(at.ravel(), *side) for at, side in zip((at_y, at_x), _sides(weights, dilation), strict=True))
    return np.asarray(np.abs(((down @ weights) * across).sum(axis=1)).reshape(at_y.shape))


def gain_on_grid(kernel: FloatArray, rows: Floats, columns: Floats, dilation: tuple[int, int] = (1, 1)) -> Floats:
    """|H| at every frequency (rows[i], columns[j]); float64 (len(rows), len(columns))."""
    weights = for_gray(kernel)
    (height, step_y), (width, step_x) = _sides(weights, dilation)
    return np.asarray(np.abs(_waves(rows, height, step_y) @ weights @ _waves(columns, width, step_x).T))


def _sides(weights: Floats, dilation: tuple[int, int]) -> list[tuple[int, int]]:
    return list(zip(weights.shape, dilation, strict=True))


def _waves(at: Floats, taps: int, step: int) -> NDArray[np.complex128]:
    return np.asarray(np.exp(-2j * np.pi * at[:, None] * (step * np.arange(taps))))


def best_wave(kernel: FloatArray, dilation: tuple[int, int] = (1, 1)) -> Wave:
    """What passes best among all waves that a picture can hold, NYQUIST each way; of equal ones the longest.

    Where that is no wave but the mean, the orientation is the one along which the gain falls most.
    """
    rows, columns = np.linspace(0, NYQUIST, COARSE + 1), np.linspace(-NYQUIST, NYQUIST, 2 * COARSE + 1)
    gains = gain_on_grid(kernel, rows, columns, dilation)
    tops = np.argwhere(_peaks(gains) & (gains >= NEARLY_BEST * gains.max()))
    places = sorted((math.hypot(rows[y], columns[x]), rows[y], columns[x]) for y, x in tops.tolist())
    found = [_zoomed(kernel, y, x, dilation) for _, y, x in places[:MOST_CANDIDATES]]
    most = max(wave.gain for wave in found)
    best = min((wave for wave in found if wave.gain >= most * (1 - SAME)), key=lambda w: (w.frequency, w.orientation))
    if best.frequency >= DC:
        return best
    orientations, frequencies = np.arange(0.0, 180.0, 15.0)[:, None], np.linspace(0, NYQUIST, 17)
    kept = gain_at(kernel, *along(frequencies, orientations), dilation).mean(axis=1)
    falls = int(np.argmax(kept <= kept.min() + SAME * abs(most)))
    return Wave(0.0, float(orientations[falls, 0]), float(gain_at(kernel, np.zeros(1), np.zeros(1), dilation)[0]))


def _peaks(gains: Floats) -> NDArray[np.bool_]:
    """Where no neighbour is larger."""
    height, width = gains.shape
    padded = np.pad(gains, 1, constant_values=-1.0)
    around = [padded[y : y + height, x : x + width] for y in range(3) for x in range(3)]
    return np.asarray(gains >= np.max(around, axis=0))


def _zoomed(kernel: FloatArray, y: float, x: float, dilation: tuple[int, int]) -> Wave:
    reach = NYQUIST / COARSE
    for _ in range(ZOOMS):
        rows = np.clip(np.linspace(y - reach, y + reach, ZOOM_SIDE), -NYQUIST, NYQUIST)
        columns = np.clip(np.linspace(x - reach, x + reach, ZOOM_SIDE), -NYQUIST, NYQUIST)
        gains = gain_on_grid(kernel, rows, columns, dilation)
        here = gains[ZOOM_SIDE // 2, ZOOM_SIDE // 2]
        if gains.max() > here * (1 + 1e-12):  # a plateau stays where it is
            row, column = np.unravel_index(int(gains.argmax()), gains.shape)
            y, x = float(rows[row]), float(columns[column])
        reach /= ZOOM_SIDE // 2
    orientation = math.degrees(math.atan2(y, x)) % 180.0
    gain = float(gain_at(kernel, np.array([y]), np.array([x]), dilation)[0])
    return Wave(math.hypot(y, x), orientation, gain)


def largest_frequency(orientation: float) -> float:
    """Cycles a pixel: NYQUIST along rows and columns, more between them, where a picture can hold shorter waves."""
    y, x = (float(abs(part)) for part in along(1.0, orientation))
    return NYQUIST / max(y, x)


def after_relu(amplitude: Floats | float, mean: Floats | float) -> Floats:
    """What ReLU leaves of a sine of that amplitude about `mean`: the amplitude of the same wave in the result.

    Half of it where the mean is 0, all where the sine stays above 0, nothing where it stays below; the rest becomes a
    mean and harmonics. It is the first Fourier coefficient of max(0, mean + amplitude sin):
    amplitude (1/2 + (asin m + m sqrt(1 - m^2)) / pi), with m = mean / amplitude between -1 and 1.
    """
    amplitude, mean = np.broadcast_arrays(np.asarray(amplitude, np.float64), np.asarray(mean, np.float64))
    share = np.divide(mean, amplitude, out=np.asarray(np.sign(mean)), where=amplitude > 0)
    share = np.clip(share, -1.0, 1.0)
    return np.asarray(amplitude * (0.5 + (np.arcsin(share) + share * np.sqrt(1 - share**2)) / np.pi))
