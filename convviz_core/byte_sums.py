"""Responses from sums of bytes times weights of 8 bits, and codes of their sizes of 8 bits, too.

A code tells a response's size in units of the fixed limit to 2 %: 0 is nothing, 1 up to FLOOR, and from there each
octave up to the limit has STEPS of the same width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.geometry import ConvGeometry
from convviz_core.gray import GRAY_WEIGHTS
from convviz_core.layer import Layer
from convviz_core.products import scaled_bias, scaled_weights
from convviz_core.tally import FLOOR

STEPS = 50
CODES = 256
QUAD = 4  # bytes whose products are added up at once
# Measured on two cores of a server together.
NEAR_ROW_NS, FAR_ROW_NS, FAR_BYTE_NS, PRODUCT_NS, CODE_NS = 0.5, 5.0, 0.05, 0.0016, 0.25
_MOST = 126  # of a weight's steps, one less than fit: rounding may add one

Weights = NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class ByteWeights:
    """A layer's weights in units of its limit, for runs of responses beside each other.

    steps: int8 (quads, rows, lanes, QUAD), with zeros behind a row's last byte; lane e * n + i is map i's response
    number e of the run, and those behind them stay 0. scales, biases: float32 (lanes,), a lane's response is its sum
    times its scale plus its bias. error: what a weight's rounding adds to a response in units of the limit, at most,
    where pixels of contrast 1 have nothing to do with each other (root mean square).
    """

    steps: Weights
    scales: FloatArray
    biases: FloatArray
    error: float


@dataclass(frozen=True, eq=False)
class Reads:
    """What one layer reads of some bytes, uint8 (n,), contiguous and not read-only.

    first: int32 (S,), where each window begins. row_step: bytes from one of its rows to the next. least: a response
    below it becomes it, before another layer's is taken from it.
    """

    pixels: ByteArray
    first: NDArray[np.int32]
    row_step: int
    weights: ByteWeights
    least: float


class ByteCounter(Protocol):
    """What counts responses by their codes; any thread may ask it.

    lanes, windows: it is asked for a multiple of so many.
    """

    lanes: int
    windows: int

    def __hash__(self) -> int:
        """Looks are kept for it."""

    def counts(self, read: Sequence[Reads], nothing: float, *, signed: bool) -> AnyArray:
        """int (CODES,), of all lanes of one layer's responses, or of one's less the other's.

        nothing: up to this size it is nothing. signed: whether a size is |v|; else it is v.
        """


def code_edges() -> FloatArray:
    """float32 (257,): code c stands for sizes from edge c to edge c + 1."""
    octaves, steps = np.divmod(np.arange(CODES - 2 + 1), STEPS)
    return np.concatenate([[0, 0], FLOOR * 2.0**octaves * (1 + steps / STEPS)]).astype(np.float32)


def byte_weights(layer: Layer, limit: float, run: int, count: int, lanes: int, *, gray: bool) -> ByteWeights:
    """Of the layer's first `count` maps. run: responses beside each other. lanes: see ByteCounter. gray: frames are."""
    kernels = _kernels(layer, limit, gray=gray)[..., :count]
    steps, scales = quantised(kernels)
    error = np.sqrt(((steps * scales - kernels) ** 2).sum(axis=(0, 1, 2))).max() * 255
    bias = scaled_bias(layer, limit)
    biases = np.zeros(count) if bias is None else bias[:count]
    wide = _in_runs(steps, layer.geometry, run)
    rows, reach = wide.shape[:2]
    padded = np.zeros((rows, -(-reach // QUAD) * QUAD, -(-run * count // lanes) * lanes), np.int8)
    padded[:, :reach, : run * count] = wide
    quads = padded.reshape(rows, -1, QUAD, padded.shape[2]).transpose(1, 0, 3, 2)
    scales, biases = (_in_lanes(np.tile(values, run), padded.shape[2]) for values in (scales, biases))
    return ByteWeights(np.ascontiguousarray(quads), scales, biases, float(error))


def window_hw(geometry: ConvGeometry, run: int) -> tuple[int, int]:
    """How many rows and columns a run of responses reads; the columns between those of a dilated kernel count, too."""
    return geometry.taps_hw[0], geometry.extent_hw[1] + (run - 1) * geometry.stride_yx[1]


def window_geometry(geometry: ConvGeometry, run: int) -> ConvGeometry:
    """What a run of responses reads, as the window of one."""
    top, _, left, _ = geometry.margins
    dilation = geometry.dilation_yx[0], 1
    return ConvGeometry(window_hw(geometry, run), geometry.stride, (top, left), geometry.padding_mode, dilation)


def quantised(kernels: AnyArray) -> tuple[Weights, AnyArray]:
    """(kh, kw, C, N) -> int8 of that shape, and how much a step is of each kernel, float64 (N,).

    Sums are rounded, tap after tap of each channel: they are kept to half a step, so that flat parts of a picture stay
    flat, and what rounding adds are differences of neighbours, of which pictures have little.
    """
    in_turn = np.asarray(kernels, np.float64).transpose(2, 0, 1, 3)
    largest = np.abs(in_turn).max(axis=(0, 1, 2))
    scales = np.where(largest > 0, largest, 1.0) / _MOST
    sums = np.rint(np.cumsum((in_turn / scales).reshape(-1, kernels.shape[3]), axis=0))
    steps = np.diff(sums, axis=0, prepend=0).astype(np.int8)
    return np.ascontiguousarray(steps.reshape(in_turn.shape).transpose(1, 2, 0, 3)), scales


def _kernels(layer: Layer, limit: float, *, gray: bool) -> FloatArray:
    """(kh, kw, C, N), of the frame's own bytes: a colour frame's become gray by weights, too."""
    height, width = layer.geometry.taps_hw
    weights = scaled_weights(layer, limit, gray=gray).reshape(height, width, -1, layer.bank.own)
    if gray or layer.bank.channels == 3:
        return weights
    return np.asarray(weights * (np.array(GRAY_WEIGHTS, np.float64) / sum(GRAY_WEIGHTS))[:, None])


def _in_runs(steps: Weights, geometry: ConvGeometry, run: int) -> Weights:
    """(kh, kw, C, N) -> (kh, bytes, run * N): each response of a run has its kernel a stride further."""
    height, _, channels, count = steps.shape
    (_, stride), (_, dilation), (_, extent) = geometry.stride_yx, geometry.dilation_yx, geometry.extent_hw
    wide = np.zeros((height, extent + (run - 1) * stride, channels, run, count), np.int8)
    for number in range(run):
        wide[:, number * stride : number * stride + extent : dilation, :, number] = steps
    return wide.reshape(height, -1, run * count)


def _in_lanes(values: AnyArray, lanes: int) -> FloatArray:
    return np.asarray(np.pad(values, (0, lanes - len(values))), np.float32)


def rows_ns(rows: int, reach: int, far: float) -> float:
    """What rows of so many bytes cost to come by. far: from 0 to 1, in a frame far too large for caches."""
    return rows * (NEAR_ROW_NS + (FAR_ROW_NS + reach * FAR_BYTE_NS) * far)


def products_ns(weights: int, lanes: int) -> float:
    """What a window's products cost, and its codes. weights: of each lane."""
    return lanes * (weights * PRODUCT_NS + CODE_NS)
