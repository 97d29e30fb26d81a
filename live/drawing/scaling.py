"""Pictures to the size that they have on the canvas: thin lines neither vanish nor flicker, and it costs little."""

from __future__ import annotations

import math

import cv2
import numpy as np

from convviz_core.arrays import AnyArray, ByteArray

_FIXED_POINT = 256  # of whole multiples of 1/256, cv2.sepFilter2D makes exact sums of bytes
_HARDLY_MISSES = 1.1  # at so many pixels a pixel, bilinear sampling alone loses and adds less than a tenth of a line
# cv2.INTER_AREA takes the pixel before where one begins exactly at a pixel of the place, if its factor is rounded up.
_JUST_BELOW = 1 - 1e-9


def scale_into(source: ByteArray, place: ByteArray) -> None:
    """Fill `place`, uint8 (H, W) or (H, W, 3), with all of `source`, uint8 of as many channels and of any size.

    Enlarging gives every pixel the mean of what it covers, and so does shrinking by whole numbers. Shrinking by others
    comes near to it in a fifth of its time: of a line of one pixel, wherever it lies, 0.87 to 1.25 of the mean's sum
    is there, and 0.74 of its peak or more. `place` may be a part of a canvas.
    """
    (have_h, have_w), (want_h, want_w) = source.shape[:2], place.shape[:2]
    ratio_y, ratio_x = have_h / want_h, have_w / want_w
    interpolation = cv2.INTER_AREA
    if max(ratio_y, ratio_x) > 1 and not (ratio_y.is_integer() and ratio_x.is_integer()):
        interpolation = cv2.INTER_LINEAR
        if max(ratio_y, ratio_x) > _HARDLY_MISSES:
            source = _smoothed(source, ratio_y, ratio_x)
    factors = (want_w / have_w * _JUST_BELOW, want_h / have_h * _JUST_BELOW)
    cv2.resize(source, None, dst=place, fx=factors[0], fy=factors[1], interpolation=interpolation)


def block_means(source: ByteArray, place_hw: tuple[int, int]) -> ByteArray:
    """`source` as means of square blocks that are still no larger than a pixel of a place of that height and width.

    A tenth of scale_into's time, but a thin line may lose half of its peak. What is less than a block at the right and
    at the bottom is left out.
    """
    side = min(have // want for have, want in zip(source.shape[:2], place_hw, strict=True))
    if side < 2:
        return source
    height, width = source.shape[0] // side, source.shape[1] // side
    whole = source[: height * side, : width * side]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _smoothed(source: ByteArray, ratio_y: float, ratio_x: float) -> ByteArray:
    """Every pixel as the mean over so many pixels around it; nearly so where OpenCV is then twice as fast."""
    low, high = sorted((ratio_y, ratio_x))
    if low >= 1.9 and high < 2.5:  # weights near 1/4, 1/2, 1/4
        return np.asarray(cv2.GaussianBlur(source, (3, 3), 0, borderType=cv2.BORDER_REPLICATE), np.uint8)
    for side, least, most in ((3, 2.5, 3.2), (5, 4.3, 5.2)):
        if low >= least and high < most:
            return np.asarray(cv2.blur(source, (side, side), borderType=cv2.BORDER_REPLICATE), np.uint8)
    boxes = (_box(ratio_x), _box(ratio_y))
    return np.asarray(cv2.sepFilter2D(source, -1, *boxes, borderType=cv2.BORDER_REPLICATE), np.uint8)


def _box(width: float) -> AnyArray:
    """The weights, an odd number, with which a pixel becomes the mean over `width` pixels around its middle.

    Bilinear sampling of such means every `width` pixels misses none. A width of 1 or less changes nothing.
    """
    beside = max(0, math.ceil((width - 1) / 2))
    if beside == 0:
        return np.ones(1)
    whole = 2 * beside - 1
    inner = round(_FIXED_POINT / width)
    outer = max(0, (_FIXED_POINT - whole * inner) // 2)
    weights = np.array([outer, *[inner] * whole, outer])
    weights[beside] += _FIXED_POINT - weights.sum()  # what rounding has left over
    return weights / _FIXED_POINT
