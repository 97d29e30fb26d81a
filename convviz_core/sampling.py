"""Responses at a spread part of a layer's pixels, computed straight from the frame: no engine is asked.

Each map row is cut into cells, one pixel is looked at in every cell, and its place in the cell is another in each row:
every row and every column has some, and no grating can hide between them, as it can between the points of a lattice.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.geometry import OUTSIDE, ConvGeometry
from convviz_core.gray import check_picture, dense, to_gray
from convviz_core.layer import Activation, Layer
from convviz_core.ranges import fixed_limit

LEAST_PIXELS = 16_384  # of every map, or all
MOST_PIXELS = 4 * LEAST_PIXELS
MOST_PORTIONS = 144  # with more, what large kernels follow would lie seconds behind
PORTION_NS = 110_000.0  # what one portion may cost, by the figures below
# Measured on one core of a server, frames in the cache: a window's row, one of its pixels, one product, one response.
ROW_NS, PIXEL_NS, PRODUCT_NS, RESPONSE_NS = 2.5, 0.5, 0.03, 0.75
PRODUCTS_AT_ONCE = (
    1 << 18
)  # with more of them numpy's BLAS wakes threads, which spin where another program has the core
BLOCK_PIXELS = 1 << 16  # read at a time, so that they stay in the cache

_LEAST_WEIGHT = -1e6  # in units of the fixed limit: below it, any response is far below zero

Indices = NDArray[np.intp]


class Windows(Protocol):
    """Some windows of a frame."""

    def read(self, frame: ByteArray) -> ByteArray:
        """uint8 (S, kh * kw, C): their pixels. frame: C-contiguous."""


@dataclass(frozen=True, eq=False)
class InsideWindows:
    """Windows that lie inside the frame, whose pixels are numbered row by row.

    starts: (S, kh), where each row of a window begins. reach: its pixels from there on, of which every `step`th counts.
    """

    starts: Indices
    reach: int
    step: int

    def read(self, frame: ByteArray) -> ByteArray:
        """See Windows."""
        depth = _depth(frame)
        flat = frame.reshape(-1)
        # A window's row is one item: numpy copies items twenty times faster than it picks pixels.
        rows = np.ndarray((flat.size // depth - self.reach + 1,), f"V{self.reach * depth}", flat, strides=(depth,))
        pixels = rows[self.starts.reshape(-1)].view(np.uint8).reshape(-1, self.reach, depth)
        return pixels[:, :: self.step].reshape(len(self.starts), -1, depth)


@dataclass(frozen=True, eq=False)
class BorderingWindows:
    """Windows that reach into the padding. pixels: (S, kh * kw), their numbers row by row, or OUTSIDE for a zero."""

    pixels: Indices

    def read(self, frame: ByteArray) -> ByteArray:
        """See Windows."""
        read = frame.reshape(-1, _depth(frame))[self.pixels]
        read[self.pixels == OUTSIDE] = 0
        return read


def _depth(frame: ByteArray) -> int:
    return frame.shape[2] if frame.ndim == 3 else 1


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


def columns_spread(height: int, width: int, cells: int) -> Indices:
    """(rows, cells): a column in each of so many cells of each row.

    In a cell as wide as 120 columns, each of 120 rows has another column, and the next 120 begin elsewhere.
    """
    edges = np.arange(cells + 1) * width // cells
    sizes, rows = np.diff(edges), np.arange(height)[:, None]
    columns = np.empty((height, cells), np.intp)
    for size in range(width // cells, -(-width // cells) + 1):
        alike = np.flatnonzero(sizes == size)
        turns = np.argsort(_mixed(np.arange(size)), kind="stable")
        columns[:, alike] = edges[alike] + turns[(rows + _mixed(rows // size * cells + alike)) % size]
    return columns


def _mixed(numbers: Indices) -> Indices:
    """Other numbers, as if by chance, of 32 bits (numpy's generators take 9 ms to import, the first picture waiting).

    The steps are the finalizer of MurmurHash3.
    """
    mixed = (numbers.astype(np.uint32) + np.uint32(1)) * np.uint32(0x9E3779B1)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        mixed = (mixed ^ (mixed >> np.uint32(shift))) * np.uint32(factor)
    return np.asarray((mixed ^ (mixed >> np.uint32(16))).astype(np.intp))


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


def windows_at(
    geometry: ConvGeometry, frame_hw: tuple[int, int], y: Indices, x: Indices, at_once: int = BLOCK_PIXELS
) -> Iterator[Windows]:
    """The windows of the responses (y, x), int (S,) each, a few at a time: so many pixels."""
    height, width = frame_hw
    (dilation_y, dilation_x), (kernel_h, kernel_w) = geometry.dilation_yx, geometry.taps_hw
    reach, block = geometry.extent_hw[1], max(1, at_once // (kernel_h * kernel_w))
    if not any(geometry.margins):
        stride_y, stride_x = geometry.stride_yx
        first_pixels = y * (stride_y * width) + x * stride_x
        rows = np.arange(kernel_h) * (dilation_y * width)
        for first in range(0, len(y), block):
            yield InsideWindows(first_pixels[first : first + block, None] + rows, reach, dilation_x)
        return
    read_y, read_x = geometry.rows_read(height, y[:, None]), geometry.columns_read(width, x[:, None])
    inside = unbroken(read_y, dilation_y) & unbroken(read_x, dilation_x)
    starts = read_y[inside] * width + read_x[inside, :1]
    for first in range(0, len(starts), block):
        yield InsideWindows(starts[first : first + block], reach, dilation_x)
    met_y, met_x = read_y[~inside][:, :, None], read_x[~inside][:, None, :]
    pixels = np.where((met_y == OUTSIDE) | (met_x == OUTSIDE), OUTSIDE, met_y * width + met_x)
    for first in range(0, len(pixels), block):
        yield BorderingWindows(pixels[first : first + block].reshape(-1, kernel_h * kernel_w))


def unbroken(read: Indices, step: int) -> NDArray[np.bool_]:
    """(n,) of (n, k): whether each line of pixels lies inside the frame, in order."""
    return np.asarray((read[:, 0] >= 0) & (np.diff(read, axis=1) == step).all(axis=1))


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
