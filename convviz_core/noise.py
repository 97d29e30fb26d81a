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

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
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
    height, width = (side // BLOCK * BLOCK for side in after.shape[:2])
    now, old, oldest = (
        to_gray(one)[:height, :width] for one in (after, before, before if earlier is None else earlier)
    )
    shown = cv2.bitwise_and(cv2.inRange(now, 1, 254), cv2.inRange(old, 1, 254))
    inside: Mask = np.asarray(_means(shown.astype(np.float32)) == 255)
    still = np.zeros(inside.shape, bool)
    if not inside.any():
        return Stillness(np.zeros((height, width), bool), None, 0.0, equal=False)
    levels = now.astype(np.float32)
    near, far = _Change.between(levels, old, inside), _Change.between(levels, oldest, inside)
    brightness = _means(levels)[inside]
    texture = _means(levels * levels)[inside] - brightness**2
    moving = np.zeros(inside.shape, np.uint8)
    moving[inside] = _moving(brightness, texture, near, far)
    still = np.asarray(
        inside & (cv2.dilate(moving, np.ones((3, 3), np.uint8)) == 0)
    )  # an edge reaches beyond its block
    kept = still[inside]
    return Stillness(
        still.repeat(BLOCK, axis=0).repeat(BLOCK, axis=1),
        float(kept.sum() / len(kept)),
        drift=float(far.mean[kept].mean()) if kept.any() else 0.0,
        equal=bool(kept.any() and not near.square[kept].any()),
    )


@dataclass(frozen=True, eq=False)
class _Change:
    """By how much blocks have changed: the mean and the mean square, float32 (n,), in levels of 255."""

    mean: FloatArray
    square: FloatArray

    @classmethod
    def between(cls, levels: FloatArray, older: ByteArray, inside: Mask) -> _Change:
        differences = levels - older
        return cls(_means(differences)[inside], _means(differences * differences)[inside])

    def about(self, drift: FloatArray) -> FloatArray:
        """The mean square about what all of a brightness change by."""
        return np.asarray(self.square - 2 * drift * self.mean + drift**2)


def _moving(brightness: FloatArray, texture: FloatArray, near: _Change, far: _Change) -> Mask:
    """bool (n,): which blocks change by more than their like do.

    Where most of a scene moves, the usual change is movement too; that is told by structure: a block with contrast far
    beyond the change of the flattest ones, which changes by a share of it, has moved.
    """
    count = len(brightness)
    groups = min(GROUPS, max(1, count // 8))
    each = count // groups
    order = np.argsort(brightness, kind="stable")
    group = np.empty(count, np.intp)
    group[order] = np.minimum(np.arange(count) // each, groups - 1)

    def usual(values: FloatArray) -> FloatArray:
        """float32 (n,): the median of those of like brightness."""
        return np.asarray(np.median(values[order[: groups * each]].reshape(groups, each), axis=1)[group])

    now, since = near.about(usual(near.mean)), far.about(usual(far.mean))
    most = TIMES_AS_MUCH * np.maximum(usual(now), LEAST_SQUARE)
    flat = max(float(np.median(now[texture <= np.quantile(texture, 0.25)])), LEAST_SQUARE)
    with_structure = texture > STRUCTURE * flat
    return np.asarray((now > most) | (since > most) | (with_structure & (now > MOVED_SHARE * texture)))


def _means(plane: FloatArray) -> FloatArray:
    """Of each block; of OpenCV's calls, which all that is large goes through, other threads do not have to wait."""
    size_wh = plane.shape[1] // BLOCK, plane.shape[0] // BLOCK
    return np.asarray(cv2.resize(plane, size_wh, interpolation=cv2.INTER_AREA), np.float32).reshape(size_wh[::-1])


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
    mask, count = still.view(np.uint8), int(still.sum())
    planes = [to_planes(one[:height, :width], channels) for one in (after, before)]
    differences = []
    for new, old in zip(*planes, strict=True):
        found = cv2.subtract(np.ascontiguousarray(new), np.ascontiguousarray(old), dtype=cv2.CV_32F)
        centred = np.asarray(found, np.float32) - np.float32(cv2.mean(found, mask)[0])
        differences.append(cv2.multiply(centred, mask, dtype=cv2.CV_32F))
    products = [[_product(one, other) for other in differences] for one in differences]
    # There are fewer pairs of neighbours than pixels: scaled as if there were as many.
    pairs = int((still[:, 1:] & still[:, :-1]).sum()), int((still[1:] & still[:-1]).sum())
    across = sum(_product(one[:, 1:], one[:, :-1]) for one in differences) * count / max(1, pairs[0])
    down = sum(_product(one[1:], one[:-1]) for one in differences) * count / max(1, pairs[1])
    return Moments(np.array(products), np.array([across, down]), count)


def _product(one: AnyArray, other: AnyArray) -> float:
    return float(cv2.sumElems(cv2.multiply(one, other))[0])


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
    moved = cv2.integral((~still).view(np.uint8))
    rows, columns = (max(0, (size - r) // step + 1) for size, r, step in zip(still.shape, reach, steps, strict=True))

    def corners(down: int, across: int) -> NDArray[np.int32]:
        """The sums up to one corner of every window."""
        within = moved[down : down + steps[0] * rows : steps[0], across : across + steps[1] * columns : steps[1]]
        return np.asarray(within, np.int32)

    (tall, wide), patched = reach, [side == SHEET for side in before.shape[:2]]
    unmoved = corners(tall, wide) - corners(0, wide) - corners(tall, 0) + corners(0, 0) == 0
    for axis, count in enumerate((rows, columns)):
        starts = steps[axis] * np.arange(count)
        together = starts // PATCH == (starts + reach[axis] - 1) // PATCH
        if patched[axis]:
            unmoved &= together[:, None] if axis == 0 else together
    return np.asarray(differ[:rows, :columns][unmoved])


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
