"""The tint: what ReLU sets to zero, in a colour of its own, the stronger the more was removed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.filters.bank import FilterBank
from live.drawing.colormaps import LIFT_EXPONENT

NOISE = 2 / 255  # standard deviation of a pixel in a webcam's picture of a lit room
NOISES = 3  # a response to noise alone exceeds so many of its own standard deviations once in 700 pixels
VIOLET = np.array([235, 75, 165])  # BGR: no colour map in the list has it near zero


@dataclass(frozen=True, eq=False)
class Removed:
    """Where a mosaic has what ReLU removes of each map.

    tiles: (N,) the tile of each map's opposite. count: of the mosaic's tiles. ranges: float32 (N, 2), the responses at
    bytes 0 and 255 of those tiles.
    """

    tiles: tuple[int, ...]
    count: int
    ranges: FloatArray


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
    return np.maximum(noise_responses(bank), span / 510)


def tint_tables(bank: FilterBank, removed: Removed, zero: ByteArray) -> ByteArray:
    """uint8 BGR (N, 256, 3): for the bytes of each map's removed part, how far the tint moves the map's colour.

    zero: BGR (3,), the colour of response 0. Towards violet is upwards from a dark one and downwards from a light one.
    """
    lo, hi = removed.ranges[:, :1].astype(np.float64), removed.ranges[:, 1:].astype(np.float64)
    size = lo + (hi - lo) * np.linspace(0, 1, 256)
    least = counts_from(bank, removed)[:, None]
    beyond = np.maximum(size - least, 0) / np.maximum(hi - least, np.finfo(np.float32).tiny)
    strength = np.where(size >= least, np.maximum(beyond, 1 / 255), 0) ** LIFT_EXPONENT
    way = zero.astype(np.float64) - VIOLET if is_light(zero) else VIOLET - zero.astype(np.float64)
    return np.asarray(np.rint(np.clip(strength, 0, 1)[:, :, None] * np.maximum(way, 0)), np.uint8)


def is_light(colour: ByteArray) -> bool:
    """Whether a BGR colour (3,) lies above the middle gray."""
    return bool(colour @ np.array([0.114, 0.587, 0.299]) > 127)


def tint_into(levels: ByteArray, table: ByteArray, place: ByteArray, *, darker: bool) -> None:
    """Tint `place`, uint8 BGR (H, W, 3), by the removed part's bytes `levels`, uint8 (H, W); 0 leaves it as it is."""
    moved = cv2.applyColorMap(levels, table[:, None])
    (cv2.subtract if darker else cv2.add)(place, moved, dst=place)


def removed_share(levels: ByteArray, least: float, lo: float, hi: float) -> float:
    """Of the pixels of a removed part, uint8 (H, W) with range [lo, hi], the share whose size is at least `least`."""
    if hi <= lo:
        return float(lo >= least)
    byte = np.ceil(255 * (least - lo) / (hi - lo))
    return float(np.count_nonzero(levels >= byte) / levels.size)
