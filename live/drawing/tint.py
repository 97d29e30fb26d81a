"""The tint: what ReLU sets to zero, in a colour of its own, the stronger the more was removed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, lru_cache

import cv2
import numpy as np

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.filters.bank import FilterBank
from convviz_core.layer import Layer
from convviz_core.sampling import follower_for
from live.drawing.colormaps import Palette, Tint, base_table
from live.drawing.colour_table import ColourTable

NOISE = 2 / 255  # standard deviation of a pixel in a webcam's picture of a lit room
COUNTED, COUNTED_PORTIONS = 4096, 4  # pixels of each map; portions, which cost about a tenth of a millisecond each
NOISES = 3  # a response to noise alone exceeds so many of its own standard deviations once in 700 pixels
STRONGEST = 205  # of 255; what is largest of the removed part is tinted by at least so much


@dataclass(frozen=True, eq=False)
class Removed:
    """Where a mosaic has what ReLU removes of each map.

    tiles: (N,) the tile of each map's opposite. count: of the mosaic's tiles. ranges: float32 (N, 2), the responses at
    bytes 0 and 255 of those tiles. noise: (N,) the size up to which it may be noise; None for what a bank's kernels
    make of a camera's. shares: (N,) of each map's responses what is removed and counts; None where the layer and the
    picture tell.
    """

    tiles: tuple[int, ...]
    count: int
    ranges: FloatArray
    noise: AnyArray | None = None
    shares: AnyArray | None = None


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


def tinted_from(bank: FilterBank, removed: Removed) -> list[int]:
    """From which byte of its removed part on each map is tinted, 0 to 256."""
    least = counts_from(bank, removed).tolist()
    return [first_counted(its, lo, hi) for its, (lo, hi) in zip(least, removed.ranges.tolist(), strict=True)]


def first_counted(least: float, lo: float, hi: float) -> int:
    """The first byte of a range [lo, hi] that stands for at least `least`, 0 to 256."""
    if hi <= lo:
        return 0 if lo >= least else 256
    return min(max(math.ceil(255 * (least - lo) / (hi - lo)), 0), 256)


@cache
def strengths(first: int) -> ByteArray:
    """uint8 (256,): how strongly each byte of a removed part tints from `first` on; as light as it would be itself."""
    lifted = base_table("lift", signed=False)[:, 0]
    none = int(lifted[first - 1]) if first else -1
    strong = cv2.subtract(lifted, none)  # type: ignore[call-overload]  # the stubs know no scalars
    return np.asarray(cv2.convertScaleAbs(strong, alpha=max(1.0, STRONGEST / max(255 - none, 1))), np.uint8).ravel()


@lru_cache(maxsize=64)
def _tints(first: int, tint: Tint) -> ColourTable:
    """What is added to dark colours, or taken from light ones."""
    strong = strengths(first)
    parts = np.zeros_like(strong), strong >> 1, strong
    return ColourTable(np.stack([parts[halves] for halves in tint], axis=1))


def tint_into(levels: ByteArray, palette: Palette, removed: ByteArray, first: int, place: ByteArray) -> None:
    """As `colour_into`, and tinted where the bytes of the removed part, uint8 (H, W), reach `first`."""
    colours = palette.colours(levels)
    change = cv2.subtract if palette.light else cv2.add
    change(colours, _tints(first, palette.tint).look_up(removed), dst=colours)
    cv2.cvtColor(colours, cv2.COLOR_BGRA2BGR, dst=place)


def removed_shares(layer: Layer, image: ByteArray, least: AnyArray) -> AnyArray:
    """float64 (N,): of each map's responses, the share that ReLU sets to zero and whose size is at least `least`, (N,).

    It is the map's, whatever the window shows of it, and so from its own responses: at a part of its pixels, on a
    picture that stands still at the same ones. Where none of these, or all, but perhaps of the others: as if half a
    response were otherwise.
    """
    sampler = follower_for(layer, image.shape)
    portions = min(COUNTED_PORTIONS, sampler.portions, -(-COUNTED * sampler.portions // sampler.pixels))
    sizes = [sampler.sizes(image, portion) for portion in range(portions)]
    responses = np.concatenate(sizes).reshape(-1, layer.bank.own)
    shares = np.mean(responses <= -least / sampler.fixed_limit, axis=0)
    if responses.size >= sampler.responses_in_all:
        return np.asarray(shares)
    weights = layer.weights
    lowest = np.minimum(weights.kernels, 0).sum(axis=(1, 2, 3)) + (0 if weights.bias is None else weights.bias)
    half = np.where(lowest[: layer.bank.own] > -least, 0.0, 0.5 / len(responses))
    return np.asarray(np.clip(shares, half, 1 - 0.5 / len(responses)))
