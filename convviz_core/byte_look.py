"""What FirstLook finds, from counts of sizes: for layers of so many weights that numpy would take milliseconds."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.byte_sums import (
    CODES,
    QUAD,
    ByteCounter,
    ByteWeights,
    Reads,
    byte_weights,
    code_edges,
    products_ns,
    rows_ns,
    window_geometry,
    window_hw,
)
from convviz_core.difference import Difference
from convviz_core.first_look import Found, LaidOut, lay_out
from convviz_core.gray import check_picture, to_gray
from convviz_core.layer import Layer
from convviz_core.patches import FAR_BYTES, FAR_ROW_NS, NEAR_ROW_NS, PIXEL_NS, PatchHW
from convviz_core.places import Spread, places, spread
from convviz_core.sampling import contiguous
from convviz_core.windows import Indices, InsideWindows, Windows, windows_at

_RUNS = (1, 2, 4, 8, 16)  # responses beside each other, which share what they read
_ROWS = (1, 2)  # of them, whose windows lie in the cache together
_SPARED = 1.25  # so many times the responses that may decide are told

_FEW_TAPS = 16  # of so few, noise of a gray level or two may count or not
_MOST_NS, _BEARABLE_NS = 300_000.0, 570_000.0  # see spread
_BROUGHT = 3.0  # times what numpy takes for many rows of windows, so short are these
LEAST_WIDTH = QUAD + 1  # of maps

_EDGES = code_edges()


class _Side:
    """One layer's part in a look."""

    def __init__(
        self, layer: Layer, corner_yx: tuple[int, int], limit: float, run: int, maps: int, lanes: int, depth: int
    ) -> None:
        """depth: the frames', 1 or 3."""
        self._least = -math.inf if layer.signed else 0.0
        self._corner_yx = corner_yx
        self._geometry = window_geometry(layer.geometry, run)
        self._turns_gray = _turns_gray(layer, depth)
        self._depth = 1 if self._turns_gray else depth
        self.weights: ByteWeights = byte_weights(layer, limit, run, maps, lanes, gray=self._depth == 1)

    def too_far(self, frame_hw: tuple[int, int], y: Indices, x: Indices) -> Indices:
        """By how many map pixels a run must begin further to the left, so that its quads end with the frame."""
        (height, width), (quads, rows) = frame_hw, self.weights.steps.shape[:2]
        (top, left), (stride_y, stride_x) = self._corner_yx, self._geometry.stride_yx
        margin_y, _, margin_x, _ = self._geometry.margins
        row = (y + top) * stride_y - margin_y + (rows - 1) * self._geometry.dilation_yx[0]
        column = (x + left) * stride_x - margin_x
        over = (row * width + column - height * width) * self._depth + quads * QUAD
        inside = (row < height) & (column + self._geometry.taps_hw[1] <= width)  # the others are brought together
        return np.asarray(-(-np.where(inside, np.maximum(over, 0), 0) // (self._depth * stride_x)))

    def windows(self, frame_hw: tuple[int, int], y: Indices, x: Indices) -> list[Windows]:
        """All of them."""
        top, left = self._corner_yx
        pixels = math.prod(self._geometry.taps_hw)
        return list(windows_at(self._geometry, frame_hw, y + top, x + left, len(y) * pixels))

    def first(self, windows: Windows, multiple: int) -> NDArray[np.int32]:
        """See Reads. multiple: they are filled up to one of it, with the first ones once more."""
        if isinstance(windows, InsideWindows) and not self._turns_gray:
            first = windows.first * self._depth
        else:
            first = np.arange(windows.count) * (math.prod(self._geometry.taps_hw) * self._depth)
        return np.resize(first, -(-len(first) // multiple) * multiple).astype(np.int32)

    def read(self, frame: ByteArray, windows: Windows, first: NDArray[np.int32]) -> Reads:
        """frame: contiguous, and not read-only. What does not lie in it as it is read is brought together."""
        if isinstance(windows, InsideWindows) and not self._turns_gray:
            return Reads(frame.reshape(-1), first, windows.row_step * self._depth, self.weights, self._least)
        found = windows.read(frame)
        pixels = np.zeros(found.shape[0] * found.shape[1] * self._depth + QUAD, np.uint8)
        pixels[:-QUAD] = (to_gray(found) if self._turns_gray else found).reshape(-1)
        return Reads(pixels, first, self._geometry.taps_hw[1] * self._depth, self.weights, self._least)


def _turns_gray(layer: Layer, depth: int) -> bool:
    """Whether windows become gray before, in whole levels; else the weights are those of the colours."""
    return depth == 3 and layer.bank.channels == 1 and math.prod(layer.geometry.taps_hw) <= _FEW_TAPS


class ByteLook:
    """What a FirstLook is, told by a ByteCounter. error: see ByteWeights."""

    def __init__(self, shown: Layer | Difference, shape: tuple[int, ...], counter: ByteCounter) -> None:
        """shape: the frames'. Errors: see FirstLook."""
        self._shape, self._signed, self._counter = tuple(shape), shown.signed, counter
        laid, depth = lay_out(shown, self._shape), 1 if len(shape) == 2 else 3
        (rows, run), patches = _best(laid, self._shape, counter.lanes)
        self._sides = [
            _Side(layer, corner, laid.limit, run, laid.maps, counter.lanes, depth) for layer, corner in laid.layers
        ]
        self.error = max(side.weights.error for side in self._sides)
        y, x = places(*laid.hw, (rows, run), patches)
        self.run, self.y = run, (y[:, None] + np.arange(rows)).reshape(-1)
        self.x = np.repeat(x, rows)
        frame_hw = self._shape[0], self._shape[1]
        self.x = self.x - np.maximum.reduce([side.too_far(frame_hw, self.y, self.x) for side in self._sides])
        together = zip(*(side.windows(frame_hw, self.y, self.x) for side in self._sides), strict=True)
        self._groups = [self._with_first(windows) for windows in together]
        self._seen = sum(len(group[0][2]) for group in self._groups) * run * laid.maps

    def found(self, frame: ByteArray, nothing: float, one_in: int) -> Found:
        """See FirstLook; what is in `largest` is off by a hundredth, and never too small."""
        check_picture(frame)
        if frame.shape != self._shape:
            raise ValueError(f"this look is for frames of shape {self._shape}, got {frame.shape}")
        frame = contiguous(frame)
        frame = frame if frame.flags.writeable else frame.copy()
        counts = np.zeros(CODES, np.int64)
        for group in self._groups:
            read = [side.read(frame, windows, first) for side, windows, first in group]
            counts += self._counter.counts(read, nothing, signed=self._signed)
        counted = int(counts[1:].sum())
        return Found(self._seen, counted, _largest(counts, math.ceil(_SPARED * counted / one_in)))

    def _with_first(self, windows: tuple[Windows, ...]) -> list[tuple[_Side, Windows, NDArray[np.int32]]]:
        both = zip(self._sides, windows, strict=True)
        return [(side, some, side.first(some, self._counter.windows)) for side, some in both]


def _best(laid: LaidOut, shape: tuple[int, ...], lanes: int) -> tuple[PatchHW, int]:
    """Which patches, and how many."""
    far, depth = min(1.0, math.prod(shape) / FAR_BYTES), shape[2] if len(shape) == 3 else 1
    found: list[tuple[Spread, PatchHW]] = []
    for run in (run for run in _RUNS if run + QUAD <= laid.hw[1]):
        used = -(-run * laid.maps // lanes) * lanes
        for rows in (rows for rows in _ROWS if rows <= laid.hw[0]):
            patch_ns = sum(_patch_ns(layer, (rows, run), depth, used, far) for layer, _ in laid.layers)
            found.append(
                (spread(laid.hw, (rows, run), patch_ns, most_ns=_MOST_NS, bearable_ns=_BEARABLE_NS), (rows, run))
            )
    best, patch_hw = max(found)
    return patch_hw, best.patches


def _patch_ns(layer: Layer, patch_hw: PatchHW, depth: int, lanes: int, far: float) -> float:
    """What its windows cost, which share rows."""
    height, reach = window_hw(layer.geometry, patch_hw[1])
    if _turns_gray(layer, depth):
        row_ns = NEAR_ROW_NS + (FAR_ROW_NS - NEAR_ROW_NS) * far + reach * PIXEL_NS
        return patch_hw[0] * (height * row_ns * _BROUGHT + products_ns(height * reach, lanes))
    rows = height + (patch_hw[0] - 1) * layer.geometry.stride_yx[0]
    return rows_ns(rows, reach * depth, far) + patch_hw[0] * products_ns(height * reach * depth, lanes)


def _largest(counts: AnyArray, least: int) -> FloatArray:
    """So many sizes, where there are: those of a code lie as far apart as they can, up to its edge."""
    above = np.cumsum(counts[:0:-1])[::-1]  # from codes 1, 2, ... on
    lowest = max(1, int(np.count_nonzero(above >= least)))
    there = counts[lowest:]
    told = there.copy()
    told[0] -= min(told[0], max(0, above[lowest - 1] - least))  # the largest of its own
    each = np.diff(_EDGES[lowest:]) / np.maximum(there, 1)
    # Number k of all, from 1 on, is its code's first and k times what they lie apart.
    first = _EDGES[lowest:-1] + each * (there - np.cumsum(told))
    numbers = np.arange(1, told.sum() + 1)
    return np.asarray(np.repeat(first, told) + np.repeat(each, told) * numbers, np.float32)
