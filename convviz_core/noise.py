"""The noise of a source, from what changes in its still pixels, and what a kernel makes of it.

Where nothing moves, two pictures differ by two draws of the noise: the standard deviation of the difference is sqrt(2)
times that of one picture. White noise, independent from pixel to pixel, of standard deviation sigma makes responses
vary by sigma times the kernel's 2-norm. A picture's rounding to bytes is part of its noise, as the filters meet it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engines.api import Engine
from convviz_core.gray import to_gray, to_planes
from convviz_core.layer import Layer
from convviz_core.transfer import Floats

Mask = NDArray[np.bool_]

SHEET, PATCH = 512, 128  # pixels a side
BLOCK = 8
GROUPS = 16  # of blocks of like brightness, since noise grows with it
TIMES_AS_MUCH = 2.5  # a block's mean square that chance does not give: of 64 squares, at 10 standard deviations
LEAST_SQUARE = 0.1  # levels^2, below which rounding hides what a block's usual difference is
STRUCTURE, MOVED_SHARE = 20.0, 0.1  # see _moving


@dataclass(frozen=True, eq=False)
class Stillness:
    """Where nothing moves from one picture to the next.

    pixels: bool (H, W), cut to whole blocks. share: of the pixels that are neither black nor white, 0 to 1; None where
    there are none. drift: how much brighter the still ones have become since the earlier picture, in levels of 255.
    equal: whether they are the same to the byte.
    """

    pixels: Mask
    share: float | None
    drift: float
    equal: bool


def spread(frame: ByteArray) -> ByteArray:
    """A copy of the frame, or of patches spread over it where it is larger: at most SHEET each way.

    uint8 (H, W) or (H, W, 3). Along a side that is cut, every PATCH pixels belong together.
    """
    for axis in (0, 1):
        if frame.shape[axis] > SHEET:
            starts = np.linspace(0, frame.shape[axis] - PATCH, SHEET // PATCH).astype(int)
            cut = [frame[start : start + PATCH] if axis == 0 else frame[:, start : start + PATCH] for start in starts]
            frame = np.concatenate(cut, axis=axis)
    return np.array(frame)


def still_pixels(before: ByteArray, after: ByteArray, earlier: ByteArray | None = None) -> Stillness:
    """Of two pictures in a row, and one that is some time older: what moves slowly has gone further since then.

    All are uint8 of one shape, (H, W) or (H, W, 3), at least BLOCK each way. What changes all pixels of one brightness
    alike is the light or the exposure, and no movement. Pixels that are black or white have no noise to show.
    """
    now, old = to_gray(after), to_gray(before)
    oldest = old if earlier is None else to_gray(earlier)
    levels = _blocks(now)
    clipped = [(one == 0) | (one == 255) for one in (levels, _blocks(old))]
    inside: Mask = np.asarray(~(clipped[0] | clipped[1]).any(axis=-1))
    if not inside.any():
        return Stillness(np.zeros(_whole(now.shape), bool), None, 0.0, equal=False)
    differences = _blocks(now.astype(np.int16) - old)[inside].astype(np.float32)
    farther = _blocks(now.astype(np.int16) - oldest)[inside].astype(np.float32)
    moving = _moving(levels[inside].astype(np.float32), differences, farther)
    still = np.zeros(inside.shape, bool)
    still[inside] = ~moving
    still &= ~_beside(inside, moving)
    drift = float(farther[still[inside]].mean()) if still.any() else 0.0
    pixels = still.repeat(BLOCK, axis=0).repeat(BLOCK, axis=1)
    equal = bool(still.any() and not differences[still[inside]].any())
    return Stillness(pixels, float(still.sum() / inside.sum()), drift, equal)


def _moving(levels: FloatArray, differences: FloatArray, farther: FloatArray) -> Mask:
    """bool (n,): which blocks (n, BLOCK^2) change by more than their like do.

    Where most of a scene moves, the usual change is movement too; that is told by structure: a block with contrast far
    beyond the change of the flattest ones, which changes by a share of it, has moved.
    """
    brightness, texture = levels.mean(axis=1), levels.var(axis=1)
    order = np.argsort(brightness, kind="stable")
    near, usual, far = (np.empty(len(levels)) for _ in range(3))
    for group in np.array_split(order, min(GROUPS, max(1, len(order) // 8))):
        drifts = [float(np.median(part[group].mean(axis=1))) for part in (differences, farther)]
        near[group] = ((differences[group] - drifts[0]) ** 2).mean(axis=1)
        far[group] = ((farther[group] - drifts[1]) ** 2).mean(axis=1)
        usual[group] = np.median(near[group])
    most = TIMES_AS_MUCH * np.maximum(usual, LEAST_SQUARE)
    flat = max(float(np.median(near[texture <= np.quantile(texture, 0.25)])), LEAST_SQUARE)
    with_structure = texture > STRUCTURE * flat
    return np.asarray((near > most) | (far > most) | (with_structure & (near > MOVED_SHARE * texture)))


def _beside(inside: Mask, moving: Mask) -> Mask:
    """The blocks around those that move: an edge reaches into them."""
    found = np.zeros(inside.shape, np.uint8)
    found[inside] = moving
    return np.asarray(cv2.dilate(found, np.ones((3, 3), np.uint8)), bool)


def _whole(shape: tuple[int, ...]) -> tuple[int, int]:
    return shape[0] // BLOCK * BLOCK, shape[1] // BLOCK * BLOCK


def _blocks(plane: NDArray[np.integer]) -> NDArray[np.integer]:
    """(h, w, BLOCK^2) of (H, W), what is left over at the sides cut off."""
    height, width = _whole(plane.shape)
    cut = plane[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    return cut.transpose(0, 2, 1, 3).reshape(height // BLOCK, width // BLOCK, BLOCK * BLOCK)


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over pairs of still pixels, which add up from pair to pair.

    products: float64 (C, C), of the channels' differences, in levels of 255. beside: how alike the noise of neighbours
    is, products across and down, of all channels. count: of the pixels.
    """

    products: Floats
    beside: Floats
    count: int

    def __add__(self, other: Moments) -> Moments:
        return Moments(self.products + other.products, self.beside + other.beside, self.count + other.count)

    @property
    def covariance(self) -> Floats:
        """float64 (C, C) of the noise of one picture, values from 0 to 1."""
        return np.asarray(self.products / max(1, self.count) / 2 / 255**2)

    @property
    def correlation(self) -> tuple[float, float]:
        """Of neighbours' noise, across and down, -1 to 1."""
        all_of_it = float(np.trace(self.products)) or 1.0
        return float(self.beside[0]) / all_of_it, float(self.beside[1]) / all_of_it


def moments(before: ByteArray, after: ByteArray, still: Mask, channels: int) -> Moments:
    """What the still pixels' differences say of the noise that a bank of `channels` meets; their mean is left out."""
    height, width = still.shape
    planes = (to_planes(one[:height, :width], channels).astype(np.float32) for one in (after, before))
    after_planes, before_planes = planes
    differences = after_planes - before_planes
    count = int(still.sum())
    differences -= differences.mean(axis=(1, 2), where=still, keepdims=True) if count else 0.0
    differences *= still
    flat = differences.reshape(channels, -1).astype(np.float64)
    # There are fewer pairs of neighbours than pixels: scaled as if there were as many.
    across = still[:, 1:] & still[:, :-1]
    down = still[1:] & still[:-1]
    beside = [
        float((differences[:, :, 1:] * differences[:, :, :-1]).sum()) * count / max(1, int(across.sum())),
        float((differences[:, 1:] * differences[:, :-1]).sum()) * count / max(1, int(down.sum())),
    ]
    return Moments(flat @ flat.T, np.array(beside), count)


def predicted_deviation(kernel: FloatArray, covariance: Floats) -> float:
    """The standard deviation of a kernel's responses, (C, kh, kw), to white noise of that covariance (C, C)."""
    weights = np.asarray(kernel, np.float64).reshape(len(covariance), -1)
    return float(np.sqrt(max(0.0, float((covariance * (weights @ weights.T)).sum()))))


def response_differences(
    engine: Engine, layer: Layer, before: ByteArray, after: ByteArray, still: Mask
) -> NDArray[np.float32]:
    """float32 (n,): by how much the responses of the layer's first map differ where all that they read is still.

    layer: without padding. before and after: sheets (see spread). Errors: EngineError, FrameSizeError.
    """
    differ = engine.maps(after, layer)[0][0] - engine.maps(before, layer)[0][0]
    steps, reach = layer.geometry.stride_yx, layer.geometry.extent_hw
    moved = cv2.integral((~still).astype(np.uint8))
    starts = [step * np.arange(count) for step, count in zip(steps, differ.shape, strict=True)]
    whole = [
        ((start + length <= size) & ((total < SHEET) | (start // PATCH == (start + length - 1) // PATCH)))
        for start, length, size, total in zip(starts, reach, still.shape, before.shape, strict=False)
    ]
    rows, columns = starts[0][whole[0]], starts[1][whole[1]]
    ends, right = rows + reach[0], columns + reach[1]
    count = (moved[np.ix_(ends, right)] - moved[np.ix_(rows, right)] - moved[np.ix_(ends, columns)]) + moved[
        np.ix_(rows, columns)
    ]
    return np.asarray(differ[np.ix_(whole[0], whole[1])][count == 0])


def independent_share(kernel: FloatArray) -> float:
    """How many of a kernel's neighbouring responses to white noise count as one independent one, as a share of one.

    1 / (sum of the squared correlations of its responses): 1 for a kernel of one pixel. Of n of them, a standard
    deviation is known to 1 / sqrt(2 n share) of itself.
    """
    weights = np.asarray(kernel, np.float64).reshape(-1, *kernel.shape[-2:])
    shape = 2 * weights.shape[1], 2 * weights.shape[2]
    spectrum = (np.abs(np.fft.rfft2(weights, shape)) ** 2).sum(axis=0)
    alike = np.fft.irfft2(spectrum, shape)
    return float(alike[0, 0] ** 2 / (alike**2).sum()) if alike[0, 0] > 0 else 1.0
