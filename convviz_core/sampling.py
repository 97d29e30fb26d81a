"""Responses at a spread part of a layer's pixels, computed straight from the frame: no engine is asked.

Each map row is cut into cells, one pixel is looked at in every cell, and its place in the cell is another in each row:
every row and every column has some, and no grating can hide between them, as it can between the points of a lattice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.geometry import ConvGeometry
from convviz_core.gray import check_picture, dense, to_gray
from convviz_core.layer import Activation, Layer
from convviz_core.ranges import fixed_limit
from convviz_core.windows import Indices, Windows, columns_spread, windows_at

LEAST_PIXELS = 16_384  # of every map, or all
MOST_PIXELS = 4 * LEAST_PIXELS
MOST_PORTIONS = 144  # with more, what large kernels follow would lie seconds behind
PORTION_NS = 110_000.0  # what one portion may cost, by the figures below
# Measured on one core of a server, frames in the cache: a window's row, one of its pixels, one product, one response.
ROW_NS, PIXEL_NS, PRODUCT_NS, RESPONSE_NS = 2.5, 0.5, 0.03, 0.75
PRODUCTS_AT_ONCE = (
    1 << 18
)  # with more of them numpy's BLAS wakes threads, which spin where another program has the core

_LEAST_WEIGHT = -1e6  # in units of the fixed limit: below it, any response is far below zero


@dataclass(frozen=True, eq=False)
class Products:
    """From windows to responses, in the units of the weights.

    channels: the bank's. weights: see scaled_weights. at_once: so many products, or one window's, are one step.
    """

    channels: int
    weights: FloatArray
    bias: FloatArray | None
    at_once: int = PRODUCTS_AT_ONCE

    def of(self, pixels: ByteArray) -> FloatArray:
        """(S, N), before the activation, of what windows have read."""
        count, taps, depth = pixels.shape
        if depth == 3 and self.channels == 1:
            pixels = np.asarray(cv2.cvtColor(pixels.reshape(1, count * taps, 3), cv2.COLOR_BGR2GRAY), np.uint8)
        levels = pixels.reshape(count, -1).astype(np.float32)
        found = np.empty((count, self.weights.shape[1]), np.float32)
        step = max(1, self.at_once // self.weights.size)
        for first in range(0, count, step):
            np.matmul(levels[first : first + step], self.weights, out=found[first : first + step])
        return found if self.bias is None else np.add(found, self.bias, out=found)


class ResponseSampler:
    """One layer's responses on frames of one shape, at MOST_PIXELS or a few more of every map, or at all.

    They come in `portions`, each of which is spread over the maps, too, and costs about PORTION_NS; any `enough` of
    them that follow each other, round and round, are LEAST_PIXELS, or all.
    responses_in_all: of the bank's own maps, in a frame.
    """

    def __init__(self, layer: Layer, shape: tuple[int, ...]) -> None:
        """shape: the frames', (H, W) or (H, W, 3). FrameSizeError where no response exists."""
        self.fixed_limit = fixed_limit(layer.weights, Activation(layer.activation))
        self.layer, self._shape = layer, tuple(shape)
        height, width = layer.output_hw(self._shape)
        self.responses_in_all = height * width * layer.bank.own
        self.pixels = pixels = height * _cells(height, width)
        self.portions = _portions(pixels, layer)
        self.enough = -(-self.portions * min(LEAST_PIXELS, pixels) // pixels)
        weights = scaled_weights(layer, self.fixed_limit, gray=len(self._shape) == 2)
        self._products = Products(layer.bank.channels, weights, scaled_bias(layer, self.fixed_limit))

    def sizes(self, frame: ByteArray, portion: int) -> FloatArray:
        """float32 (n,): |v| of the bank's own maps, in units of the fixed limit; v itself where ReLU follows.

        Errors: TypeError, ValueError for a frame that the sampler is not for.
        """
        check_picture(frame)
        if frame.shape != self._shape:
            raise ValueError(f"this sampler is for frames of shape {self._shape}, got {frame.shape}")
        frame = contiguous(frame)
        windows = _windows(self.layer.geometry, (frame.shape[0], frame.shape[1]), self.portions, portion)
        found = np.concatenate([self.responses(some.read(frame)) for some in windows])
        return np.asarray(np.abs(found, out=found) if self.layer.signed else found).reshape(-1)

    def responses(self, pixels: ByteArray) -> FloatArray:
        """(S, N), before the activation, of what windows have read."""
        return self._products.of(pixels)


@lru_cache(maxsize=8)
def sampler_for(layer: Layer, shape: tuple[int, ...]) -> ResponseSampler:
    """The sampler for such frames, of which the latest are kept."""
    return ResponseSampler(layer, shape)


def of_one_frame(sampler: ResponseSampler, frame: ByteArray) -> tuple[ResponseSampler, ByteArray]:
    """What answers the same of that frame, for who looks at many portions of it.

    A large kernel's windows have each pixel many times: the frame becomes gray as a whole then, which costs less.
    """
    layer = sampler.layer
    read = LEAST_PIXELS * layer.bank.kernel_hw[0] * layer.bank.kernel_hw[1]
    if frame.ndim == 2 or layer.bank.channels == 3 or read < 2 * frame.shape[0] * frame.shape[1]:
        return sampler, frame
    return sampler_for(layer, frame.shape[:2]), to_gray(frame)


def _cells(height: int, width: int) -> int:
    """In how many cells each row is cut; all together are no fewer than the columns."""
    return min(width, -(-max(MOST_PIXELS, width) // height))


@lru_cache(maxsize=8)
def columns_looked_at(height: int, width: int) -> Indices:
    """(rows, cells): the map column that is looked at in each cell of each row."""
    return columns_spread(height, width, _cells(height, width))


@lru_cache(maxsize=4 * MOST_PORTIONS)
def _windows(geometry: ConvGeometry, frame_hw: tuple[int, int], portions: int, portion: int) -> tuple[Windows, ...]:
    """The windows of a portion, in blocks; made when it is looked at for the first time, as all take long."""
    columns = columns_looked_at(*geometry.output_hw(frame_hw))
    height, cells = columns.shape
    # Of row y, the cells whose number and y add up to the portion's place, or to it and a multiple of the portions.
    # Those that follow each other lie far apart: neighbours would be a few stripes across the picture.
    cell = (_place(portion, portions) - np.arange(height))[:, None] % portions + np.arange(0, cells, portions)
    y, which = np.nonzero(cell < cells)
    return tuple(windows_at(geometry, frame_hw, y, columns[y, cell[y, which]]))


def _place(portion: int, portions: int) -> int:
    """Each portion's own, 0.38 of all from the one before: the golden section leaves no large gap at any time."""
    step = round(portions * 0.381966)
    while math.gcd(step, portions) > 1:
        step += 1
    return portion * step % portions


def scaled_weights(layer: Layer, limit: float, *, gray: bool) -> FloatArray:
    """float32 (kh * kw * C, N): what makes responses of bytes as they lie in the frame, in units of `limit`."""
    bank = layer.bank
    kernels = bank.kernels[: bank.own].astype(np.float64).transpose(0, 2, 3, 1)  # channels last, as in a frame
    kernels = kernels.sum(axis=3, keepdims=True) if gray else kernels[..., ::-1]  # BGR
    weights = kernels.reshape(bank.own, -1).T / limit / 255
    return np.ascontiguousarray(np.maximum(weights, _LEAST_WEIGHT), np.float32)


def scaled_bias(layer: Layer, limit: float) -> FloatArray | None:
    """float32 (N,), in units of `limit`; None where the layer has none."""
    bank = layer.weights
    if bank.bias is None:
        return None
    return np.asarray(np.maximum(bank.bias[: bank.own].astype(np.float64) / limit, _LEAST_WEIGHT), np.float32)


def _portions(pixels: int, layer: Layer) -> int:
    bank = layer.bank
    kernel_h, kernel_w = bank.kernel_hw
    taps = kernel_h * kernel_w * bank.channels
    each_ns = ROW_NS * kernel_h + PIXEL_NS * taps + (PRODUCT_NS * taps + RESPONSE_NS) * bank.own
    fewest = -(-pixels // LEAST_PIXELS)
    return max(fewest, min(MOST_PORTIONS, math.ceil(pixels * each_ns / PORTION_NS)))


def contiguous(frame: ByteArray) -> ByteArray:
    """The frame, C-contiguous."""
    if frame.flags.c_contiguous:
        return frame
    return np.ascontiguousarray(dense(frame, np.empty(frame.shape, np.uint8)))
