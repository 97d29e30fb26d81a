"""Differences of two layers at a spread part of their maps' pixels, straight from the frame: for auto's limit."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.difference import Alignment, Difference, align
from convviz_core.geometry import OUTSIDE, ConvGeometry
from convviz_core.layer import Layer
from convviz_core.sampling import LEAST_PIXELS, ResponseSampler, cells_in, contiguous, of_portion
from convviz_core.windows import BLOCK_PIXELS, BorderingWindows, Indices, InsideWindows, Windows, unbroken

_Pair = tuple[Windows, Windows]


class DifferenceSampler:
    """What ResponseSampler is for one layer, for the difference of two: both are looked at in the same places."""

    def __init__(self, difference: Difference, shape: tuple[int, ...]) -> None:
        """shape: the frames', (H, W) or (H, W, 3). Errors: FrameSizeError, NotAlignedError."""
        self.fixed_limit = difference.fixed_limit
        self._shape, alignment = tuple(shape), align(difference.live, difference.kept, tuple(shape))
        layers = difference.live, difference.kept
        self.layer = difference
        self._samplers = [ResponseSampler(layer, shape) for layer in layers]
        self._layers, self._count, self._alignment = layers, alignment.count, alignment
        self.pixels = alignment.hw[0] * cells_in(*alignment.hw)
        self.responses_in_all = alignment.count * alignment.hw[0] * alignment.hw[1]
        self.portions = max(sampler.portions for sampler in self._samplers)
        self.enough = -(-self.portions * min(LEAST_PIXELS, self.pixels) // self.pixels)
        self._windows: dict[int, list[_Pair]] = {}  # of each portion, made when it is looked at for the first time

    def sizes(self, frame: ByteArray, portion: int) -> FloatArray:
        """float32 (n,): |difference| at some pixels of every map, in units of the fixed limit."""
        frame = contiguous(frame)
        found = [self._differences(frame, pair) for pair in self._pairs(portion)]
        return np.asarray(np.abs(np.concatenate(found)), np.float32).reshape(-1)

    def prepare(self, portion: int) -> None:
        """See ResponseSampler."""
        self._pairs(portion)

    def _pairs(self, portion: int) -> list[_Pair]:
        if portion not in self._windows:
            hw = self._shape[0], self._shape[1]
            self._windows[portion] = list(_windows(self._layers, self._alignment, hw, self.portions, portion))
        return self._windows[portion]

    def _differences(self, frame: ByteArray, pair: _Pair) -> FloatArray:
        shown = []
        for layer, sampler, windows in zip(self._layers, self._samplers, pair, strict=True):
            found = sampler.responses(windows.read(frame))[:, : self._count]
            found = found if layer.signed else np.maximum(found, 0)
            shown.append(found * np.float32(sampler.fixed_limit / self.fixed_limit))
        return np.asarray(shown[0] - shown[1], np.float32)


@lru_cache(maxsize=4)
def difference_sampler_for(difference: Difference, shape: tuple[int, ...]) -> DifferenceSampler:
    """The sampler for such frames, of which the latest are kept."""
    return DifferenceSampler(difference, shape)


def _windows(
    layers: tuple[Layer, Layer], alignment: Alignment, frame_hw: tuple[int, int], portions: int, portion: int
) -> Iterator[_Pair]:
    """Of a portion, both layers' windows at the same places, in blocks."""
    y, x = of_portion(alignment.hw, cells_in(*alignment.hw), portions, portion)
    read = [
        (geometry, _read(geometry, frame_hw, y + top, x + left))
        for geometry, (top, left) in (
            (layers[0].geometry, alignment.live_yx),
            (layers[1].geometry, alignment.kept_yx),
        )
    ]
    return _blocks(frame_hw[1], read)


def _read(geometry: ConvGeometry, frame_hw: tuple[int, int], y: Indices, x: Indices) -> tuple[Indices, Indices]:
    return geometry.rows_read(frame_hw[0], y[:, None]), geometry.columns_read(frame_hw[1], x[:, None])


def _blocks(width: int, read: list[tuple[ConvGeometry, tuple[Indices, Indices]]]) -> Iterator[_Pair]:
    """A few windows at a time: where both lie inside the frame, whole rows of pixels are copied."""
    inside = np.ones(len(read[0][1][0]), bool)
    for geometry, (rows, columns) in read:
        assert not isinstance(geometry.dilation, int)
        inside &= unbroken(rows, geometry.dilation[0]) & unbroken(columns, geometry.dilation[1])
    block = max(1, BLOCK_PIXELS // max(rows.shape[1] * columns.shape[1] for _, (rows, columns) in read))
    for chosen, kind in ((np.flatnonzero(inside), _inside), (np.flatnonzero(~inside), _bordering)):
        for first in range(0, len(chosen), block):
            part = chosen[first : first + block]
            live, kept = (kind(geometry, rows[part], columns[part], width) for geometry, (rows, columns) in read)
            yield live, kept


def _inside(geometry: ConvGeometry, rows: Indices, columns: Indices, width: int) -> Windows:
    (dilation_y, dilation_x), first = geometry.dilation_yx, rows[:, 0] * width + columns[:, 0]
    return InsideWindows(first, rows.shape[1], dilation_y * width, geometry.extent_hw[1], dilation_x)


def _bordering(_geometry: ConvGeometry, rows: Indices, columns: Indices, width: int) -> Windows:
    met_y, met_x = rows[:, :, None], columns[:, None, :]
    pixels = np.where((met_y == OUTSIDE) | (met_x == OUTSIDE), OUTSIDE, met_y * width + met_x)
    return BorderingWindows(pixels.reshape(len(rows), -1))
