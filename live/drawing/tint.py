"""The tint: what ReLU sets to zero, in a colour of its own, the stronger the more was removed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.filters.bank import FilterBank
from convviz_core.gray import to_gray
from live.drawing.colormaps import Palette, lifting_palette

NOISE = 2 / 255  # standard deviation of a pixel in a webcam's picture of a lit room
COUNTED_ROWS = 60
NOISES = 3  # a response to noise alone exceeds so many of its own standard deviations once in 700 pixels
# The tint is violet: blue and half as much red are added where zero is dark; green and half as much red are taken away
# where it is light. What is largest of the removed part has at least so much of it, of 255:
STRONGEST = 205


class Strength(NamedTuple):
    """How strongly bytes tint: by what they are lifted to as light, less `least`, times `scale`; never below 0."""

    least: int
    scale: float

    def of(self, lifted: ByteArray) -> ByteArray:
        """uint8 (H, W). lifted: what the default colour map makes of the removed part's bytes."""
        strong = cv2.subtract(lifted, self.least)  # type: ignore[call-overload]  # the stubs know no scalars
        return np.asarray(strong if self.scale == 1 else cv2.convertScaleAbs(strong, alpha=self.scale), np.uint8)


@dataclass(frozen=True, eq=False)
class Removed:
    """Where a mosaic has what ReLU removes of each map.

    tiles: (N,) the tile of each map's opposite. count: of the mosaic's tiles. ranges: float32 (N, 2), the responses at
    bytes 0 and 255 of those tiles. noise: (N,) the size up to which it may be noise; None for what a bank's kernels
    make of a camera's.
    """

    tiles: tuple[int, ...]
    count: int
    ranges: FloatArray
    noise: AnyArray | None = None


@lru_cache(maxsize=16)
def noise_responses(bank: FilterBank) -> AnyArray:
    """float64 (N,): the size up to which each filter's responses may be a camera's noise.

    Independent noise in the pixels adds up as the weights' squares do.
    """
    weights = bank.kernels.astype(np.float64).reshape(len(bank), -1)
    return np.asarray(NOISES * NOISE * np.sqrt((weights**2).sum(axis=1)))


def counts_from(bank: FilterBank, removed: Removed) -> AnyArray:
    """float64 (N,): from which size on what is removed counts: above noise, and above half a byte's rounding."""
    span = (removed.ranges[:, 1] - removed.ranges[:, 0]).astype(np.float64)
    noise = noise_responses(bank) if removed.noise is None else removed.noise
    return np.maximum(noise, span / 510)


def tint_strengths(bank: FilterBank, removed: Removed) -> list[Strength]:
    """How strongly each map's removed part is tinted; what does not count, not at all."""
    span = np.linspace(0, 1, 256)
    strengths = []
    for least, (lo, hi) in zip(counts_from(bank, removed), removed.ranges.astype(np.float64), strict=True):
        first = int(np.count_nonzero(lo + (hi - lo) * span < least))
        none = int(lifting_palette().table[first - 1, 0]) if first else -1
        strengths.append(Strength(none, max(1.0, STRONGEST / (255 - none)) if none < 255 else 1.0))
    return strengths


def is_light(colour: ByteArray) -> bool:
    """Whether a BGR colour (3,) lies above the middle gray."""
    return bool(to_gray(colour.reshape(1, 1, 3))[0, 0] > 127)


def tint_into(
    levels: ByteArray,
    palette: Palette,
    removed: ByteArray,
    strength: Strength,
    place: ByteArray,
    lifted: ByteArray | None = None,
) -> None:
    """Fill `place`, uint8 BGR (H, W, 3), with the colours of `levels`, tinted by the removed part.

    All uint8 (H, W). removed: what that is lifted to (see Strength.of). lifted: what `levels` are, where it is known.
    """
    strong = strength.of(removed)
    half = strong >> 1
    gray = lifted if lifted is not None and palette is lifting_palette() else palette.gray(levels)
    if gray is not None:
        cv2.merge([cv2.add(gray, strong), gray, cv2.add(gray, half)], place)
        return
    cv2.applyColorMap(levels, palette.table[:, None], dst=place)
    none = np.zeros_like(strong)
    if is_light(palette.table[0]):
        cv2.subtract(place, cv2.merge([none, strong, half]), dst=place)
    else:
        cv2.add(place, cv2.merge([strong, none, half]), dst=place)


def removed_share(levels: ByteArray, least: float, lo: float, hi: float) -> float:
    """Of the pixels of a removed part, uint8 (H, W) with range [lo, hi], the share whose size is at least `least`.

    Of a large one, every few rows are counted.
    """
    if hi <= lo:
        return float(lo >= least)
    counted = levels[:: max(1, len(levels) // COUNTED_ROWS)]
    return float(np.count_nonzero(counted >= np.ceil(255 * (least - lo) / (hi - lo))) / counted.size)
