"""The tint: what ReLU sets to zero, in a colour of its own, the stronger the more was removed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.filters.bank import FilterBank
from convviz_core.gray import to_gray
from live.drawing.colormaps import Palette, lifting_palette, look_up, words

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

    def of_bytes(self, removed: ByteArray) -> ByteArray:
        """The same of the removed part's own bytes, in one step: for who has not lifted them."""
        return np.asarray(cv2.LUT(removed, _of_all_bytes(self)), np.uint8)


@lru_cache(maxsize=256)
def _of_all_bytes(strength: Strength) -> ByteArray:
    return strength.of(lifting_palette().table[:, :1].copy())


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
    strengths = []
    for least, (lo, hi) in zip(counts_from(bank, removed).tolist(), removed.ranges.tolist(), strict=True):
        first = first_counted(least, lo, hi)
        none = int(lifting_palette().table[first - 1, 0]) if first else -1
        strengths.append(Strength(none, max(1.0, STRONGEST / (255 - none)) if none < 255 else 1.0))
    return strengths


def first_counted(least: float, lo: float, hi: float) -> int:
    """The first byte of a range [lo, hi] that stands for at least `least`, 0 to 256."""
    if hi <= lo:
        return 0 if lo >= least else 256
    return min(max(math.ceil(255 * (least - lo) / (hi - lo)), 0), 256)


def is_light(colour: ByteArray) -> bool:
    """Whether a BGR colour (3,) lies above the middle gray."""
    return bool(to_gray(colour.reshape(1, 1, 3))[0, 0] > 127)


@dataclass(frozen=True, eq=False)
class Tinted:
    """Rows of one map, levels: uint8 (h, w), which become the palette's colours in `place`, uint8 BGR (h, w, 3)."""

    levels: ByteArray
    palette: Palette
    strength: Strength
    place: ByteArray


def tint(one: Tinted, removed: ByteArray) -> None:
    """Fill its place; removed: the bytes of its removed part, uint8 (h, w)."""
    gray = one.palette.gray(one.levels)
    if gray is None:
        _tint_colours(one, removed)
    else:
        _tint_gray(one, gray, one.strength.of_bytes(removed))


def tint_pair(one: Tinted, other: Tinted) -> None:
    """Fill the places of two maps of which each has what is removed of the other."""
    if one.palette is other.palette is lifting_palette():
        grays = [one.palette.gray(its.levels) for its in (one, other)]
        for its, gray, removed in zip((one, other), grays, reversed(grays), strict=True):
            assert gray is not None and removed is not None
            _tint_gray(its, gray, its.strength.of(removed))
    else:
        tint(one, other.levels)
        tint(other, one.levels)


def _tint_gray(one: Tinted, gray: ByteArray, strong: ByteArray) -> None:
    """gray: what the map is, and strong: its tint, uint8 (h, w)."""
    cv2.merge([cv2.add(gray, strong), gray, cv2.add(gray, strong >> 1)], one.place)


def _tint_colours(one: Tinted, removed: ByteArray) -> None:
    colours = look_up(one.levels, one.palette.words)
    if is_light(one.palette.table[0]):
        cv2.subtract(colours, look_up(removed, _taken(one.strength)), dst=colours)
    else:
        cv2.add(colours, look_up(removed, _added(one.strength)), dst=colours)
    cv2.cvtColor(colours, cv2.COLOR_BGRA2BGR, dst=one.place)


@lru_cache(maxsize=256)
def _added(strength: Strength) -> AnyArray:
    strong = _of_all_bytes(strength)
    return words(np.hstack([strong, np.zeros_like(strong), strong >> 1]))


@lru_cache(maxsize=256)
def _taken(strength: Strength) -> AnyArray:
    strong = _of_all_bytes(strength)
    return words(np.hstack([np.zeros_like(strong), strong, strong >> 1]))


def removed_share(levels: ByteArray, least: float, lo: float, hi: float) -> float:
    """Of the pixels of a removed part, uint8 (H, W) with range [lo, hi], the share whose size is at least `least`.

    Of a large one, every few rows are counted.
    """
    counted = levels[:: max(1, len(levels) // COUNTED_ROWS)]
    return float(np.count_nonzero(counted >= first_counted(least, lo, hi)) / counted.size)
