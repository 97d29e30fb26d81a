"""What FirstLook finds, from codes of sizes: for layers of so many weights that numpy would take milliseconds."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np

from convviz_core.arrays import AnyArray, ByteArray
from convviz_core.byte_sums import QUAD, ByteWeights, Coder, Reads, byte_weights, code_edges, window_geometry, window_ns
from convviz_core.difference import Difference
from convviz_core.first_look import Found, LaidOut, lay_out
from convviz_core.gray import check_picture
from convviz_core.layer import Layer
from convviz_core.patches import FAR_BYTES, PatchHW
from convviz_core.places import Spread, places, spread
from convviz_core.sampling import contiguous
from convviz_core.windows import Indices, InsideWindows, Windows, windows_at

_RUNS = (1, 2, 4, 8, 16)  # responses beside each other, which share what they read
_ROWS = (1, 2)  # of them, whose windows lie in the cache together
_SPARED = 1.25  # so many times the responses that may decide are told

_EDGES = code_edges()


class _Side:
    """One layer's part in a look."""

    def __init__(
        self, layer: Layer, corner_yx: tuple[int, int], limit: float, run: int, maps: int, lanes: int, *, gray: bool
    ) -> None:
        self._layer, self._corner_yx, self._depth = layer, corner_yx, 1 if gray else 3
        self._geometry = window_geometry(layer.geometry, run)
        self.weights: ByteWeights = byte_weights(layer, limit, run, maps, lanes, gray=gray)

    def too_far(self, frame_hw: tuple[int, int], y: Indices, x: Indices) -> Indices:
        """By how many map pixels a run must begin further to the left, so that its quads end with the frame."""
        (height, width), rows, quads = frame_hw, *self.weights.steps.shape[:2]
        (top, left), (stride_y, stride_x) = self._corner_yx, self._geometry.stride_yx
        margin_y, _, margin_x, _ = self._geometry.margins
        row = (y + top) * stride_y - margin_y + (rows - 1) * self._geometry.dilation_yx[0]
        end = (row * width + (x + left) * stride_x - margin_x) * self._depth + quads * QUAD
        over = np.maximum(end - height * width * self._depth, 0)
        return np.asarray(-(-over // (self._depth * stride_x)))

    def windows(self, frame_hw: tuple[int, int], y: Indices, x: Indices) -> list[Windows]:
        """All of them."""
        top, left = self._corner_yx
        pixels = math.prod(self._geometry.taps_hw)
        return list(windows_at(self._geometry, frame_hw, y + top, x + left, len(y) * pixels))

    def read(self, frame: ByteArray, windows: Windows) -> Reads:
        """frame: contiguous, and not read-only."""
        least = -math.inf if self._layer.signed else 0.0
        if isinstance(windows, InsideWindows):
            row_step = windows.row_step * self._depth
            return Reads(frame.reshape(-1), _whole(windows.first * self._depth), row_step, self.weights, least)
        read = windows.read(frame).reshape(-1)
        pixels = np.concatenate([read, np.zeros(QUAD, np.uint8)])
        row = self._geometry.taps_hw[1] * self._depth
        first = np.arange(0, read.size, row * self._geometry.taps_hw[0])
        return Reads(pixels, _whole(first), row, self.weights, least)


class _Group(NamedTuple):
    """Windows that are looked at together: one of each side; codes: what they become."""

    windows: tuple[Windows, ...]
    codes: ByteArray


class ByteLook:
    """What a FirstLook is, told by a coder. error: see ByteWeights."""

    def __init__(self, shown: Layer | Difference, shape: tuple[int, ...], coder: Coder) -> None:
        """shape: the frames'. Errors: see FirstLook."""
        self._shape, self._signed, self._coder = tuple(shape), shown.signed, coder
        laid, gray = lay_out(shown, self._shape), len(shape) == 2
        (rows, run), patches = _best(laid, self._shape, coder.lanes)
        self._sides = [
            _Side(layer, corner, laid.limit, run, laid.maps, coder.lanes, gray=gray) for layer, corner in laid.layers
        ]
        self.error = max(side.weights.error for side in self._sides)
        y, x = places(*laid.hw, (rows, run), patches)
        self.run, self.y = run, (y[:, None] + np.arange(rows)).reshape(-1)
        self.x = np.repeat(x, rows)
        frame_hw = self._shape[0], self._shape[1]
        self.x = self.x - np.maximum.reduce([side.too_far(frame_hw, self.y, self.x) for side in self._sides])
        windows = zip(*(side.windows(frame_hw, self.y, self.x) for side in self._sides), strict=True)
        lanes = self._sides[0].weights.steps.shape[2]
        self._groups = [_Group(each, np.zeros((_count(each[0]), lanes), np.uint8)) for each in windows]
        self._seen = self.y.size * run * laid.maps

    def found(self, frame: ByteArray, nothing: float, one_in: int) -> Found:
        """See FirstLook; what is in `largest` is off by a hundredth, and never too small."""
        check_picture(frame)
        if frame.shape != self._shape:
            raise ValueError(f"this look is for frames of shape {self._shape}, got {frame.shape}")
        frame = contiguous(frame)
        frame = frame if frame.flags.writeable else frame.copy()
        counts = np.zeros(256, np.intp)
        for windows, codes in self._groups:
            read = [side.read(frame, some) for side, some in zip(self._sides, windows, strict=True)]
            self._coder.write(codes, read, nothing, signed=self._signed)
            counts += cv2.calcHist([codes], [0], None, [256], [0, 256]).reshape(-1).astype(np.intp)
        counted = int(counts[1:].sum())
        return Found(self._seen, counted, _largest(counts, math.ceil(_SPARED * counted / one_in)))


def _best(laid: LaidOut, shape: tuple[int, ...], lanes: int) -> tuple[PatchHW, int]:
    """Which patches, and how many."""
    far, depth = min(1.0, math.prod(shape) / FAR_BYTES), shape[2] if len(shape) == 3 else 1
    found: list[tuple[Spread, PatchHW]] = []
    for run in _RUNS:
        if laid.hw[1] < run + QUAD and run > 1:
            continue
        used = -(-run * laid.maps // lanes) * lanes
        window = sum(_window_ns(layer, run, depth, used, far) for layer, _ in laid.layers)
        for rows in _ROWS[: laid.hw[0]]:
            found.append((spread(laid.hw, (rows, run), rows * window), (rows, run)))
    best, patch_hw = max(found)
    return patch_hw, best.patches


def _window_ns(layer: Layer, run: int, depth: int, lanes: int, far: float) -> float:
    rows, reach = window_geometry(layer.geometry, run).taps_hw
    return window_ns((rows, reach * depth, lanes), far)


def _largest(counts: AnyArray, least: int) -> AnyArray:
    """Sizes float32, at least so many where there are: those of a code lie as far apart as they can, up to its edge."""
    above = np.cumsum(counts[:0:-1])[::-1]  # from codes 1, 2, ... on
    lowest = 1 + max(0, int(np.count_nonzero(above >= least)) - 1)
    told = counts[lowest:]
    codes = np.repeat(np.arange(lowest, 256), told)
    number = np.arange(1, codes.size + 1) - np.repeat(np.cumsum(told) - told, told)
    if (spare := codes.size - least) > 0:  # of the lowest code the largest do
        spare = min(spare, int(told[0]))
        codes, number = codes[spare:], number[spare:]
    share = number / np.maximum(counts, 1)[codes]
    return np.asarray(_EDGES[codes] + (_EDGES[codes + 1] - _EDGES[codes]) * share, np.float32)


def _whole(places: Indices) -> AnyArray:
    return np.ascontiguousarray(places, np.int32)


def _count(windows: Windows) -> int:
    return len(windows.first) if isinstance(windows, InsideWindows) else len(windows.pixels)  # type: ignore[attr-defined]
