"""Which pixels of a frame some responses read, and their reading: windows, many at a time; and how they are spread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from convviz_core.arrays import ByteArray
from convviz_core.geometry import OUTSIDE, ConvGeometry

BLOCK_PIXELS = 1 << 16  # read at a time, so that they stay in the cache

Indices = NDArray[np.intp]


class Windows(Protocol):
    """Some windows of a frame, so many."""

    @property
    def count(self) -> int:
        """S."""

    def read(self, frame: ByteArray) -> ByteArray:
        """uint8 (S, kh * kw, C): their pixels. frame: C-contiguous."""


@dataclass(frozen=True, eq=False)
class InsideWindows:
    """Windows that lie inside the frame, whose pixels are numbered row by row.

    first: (S,), their first pixels. rows: of each, `row_step` pixels apart. reach: of a row, in pixels; each `step`th
    counts.
    """

    first: Indices
    rows: int
    row_step: int
    reach: int
    step: int

    @property
    def count(self) -> int:
        """See Windows."""
        return len(self.first)

    def read(self, frame: ByteArray) -> ByteArray:
        """See Windows."""
        depth = _depth(frame)
        flat = frame.reshape(-1)
        places = flat.size // depth - (self.rows - 1) * self.row_step - self.reach + 1
        # A window's row is one item: numpy copies items twenty times faster than it picks pixels.
        steps = depth, self.row_step * depth
        rows = np.ndarray((places, self.rows), f"V{self.reach * depth}", flat, strides=steps)
        pixels = rows[self.first].view(np.uint8).reshape(-1, self.reach, depth)
        return pixels[:, :: self.step].reshape(len(self.first), -1, depth)


@dataclass(frozen=True, eq=False)
class BorderingWindows:
    """Windows that reach into the padding. pixels: (S, kh * kw), their numbers row by row, or OUTSIDE for a zero."""

    pixels: Indices

    @property
    def count(self) -> int:
        """See Windows."""
        return len(self.pixels)

    def read(self, frame: ByteArray) -> ByteArray:
        """See Windows."""
        read = frame.reshape(-1, _depth(frame))[self.pixels]
        read[self.pixels == OUTSIDE] = 0
        return read


def _depth(frame: ByteArray) -> int:
    return frame.shape[2] if frame.ndim == 3 else 1


def windows_at(
    geometry: ConvGeometry, frame_hw: tuple[int, int], y: Indices, x: Indices, at_once: int = BLOCK_PIXELS
) -> Iterator[Windows]:
    """The windows of the responses (y, x), int (S,) each, a few at a time: so many pixels."""
    height, width = frame_hw
    (dilation_y, dilation_x), (kernel_h, kernel_w) = geometry.dilation_yx, geometry.taps_hw
    reach, block = geometry.extent_hw[1], max(1, at_once // (kernel_h * kernel_w))
    if not any(geometry.margins):
        stride_y, stride_x = geometry.stride_yx
        pixels = y * (stride_y * width) + x * stride_x
        for first in range(0, len(y), block):
            yield InsideWindows(pixels[first : first + block], kernel_h, dilation_y * width, reach, dilation_x)
        return
    read_y, read_x = geometry.rows_read(height, y[:, None]), geometry.columns_read(width, x[:, None])
    inside = unbroken(read_y, dilation_y) & unbroken(read_x, dilation_x)
    starts = read_y[inside, 0] * width + read_x[inside, 0]
    for first in range(0, len(starts), block):
        yield InsideWindows(starts[first : first + block], kernel_h, dilation_y * width, reach, dilation_x)
    met_y, met_x = read_y[~inside][:, :, None], read_x[~inside][:, None, :]
    pixels = np.where((met_y == OUTSIDE) | (met_x == OUTSIDE), OUTSIDE, met_y * width + met_x)
    for first in range(0, len(pixels), block):
        yield BorderingWindows(pixels[first : first + block].reshape(-1, kernel_h * kernel_w))


def unbroken(read: Indices, step: int) -> NDArray[np.bool_]:
    """(n,) of (n, k): whether each line of pixels lies inside the frame, in order."""
    return np.asarray((read[:, 0] >= 0) & (np.diff(read, axis=1) == step).all(axis=1))


def columns_spread(width: int, cells: int, row: Indices, cell: Indices) -> Indices:
    """A column in a cell of a row, of so many cells in `width` columns.

    In a cell as wide as 120 columns, each of 120 rows has another column, and the next 120 begin elsewhere.
    """
    edges, sizes, turns = _turns(width, cells)
    size = sizes[cell]
    turn = (row + _mixed(row // size * cells + cell)) % size
    return np.asarray(edges[cell] + turns[size - width // cells, turn])


def side_by_side(number: Indices, size: int, width: int) -> Indices:
    """Where stretches of `size` pixels begin, by their numbers, that cover `width` pixels.

    Two in the middle overlap by what is too much: no pixel is covered twice at the borders, where padding makes the
    largest responses.
    """
    count = -(-width // size)
    return np.asarray(number * size - np.where(number >= count // 2, count * size - width, 0))


@lru_cache(maxsize=8)
def _turns(width: int, cells: int) -> tuple[Indices, Indices, Indices]:
    """Where cells begin, how wide they are, and (2, columns) in which order those of each width take turns."""
    edges, least = np.arange(cells + 1) * width // cells, width // cells
    turns = np.zeros((2, least + 1), np.intp)
    for wide in (least, least + 1):
        turns[wide - least, :wide] = np.argsort(_mixed(np.arange(wide)), kind="stable")
    return edges, np.diff(edges), turns


def _mixed(numbers: Indices) -> Indices:
    """Other numbers, as if by chance, of 32 bits (numpy's generators take 9 ms to import, the first picture waiting).

    The steps are the finalizer of MurmurHash3.
    """
    mixed = (numbers.astype(np.uint32) + np.uint32(1)) * np.uint32(0x9E3779B1)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        mixed = (mixed ^ (mixed >> np.uint32(shift))) * np.uint32(factor)
    return np.asarray((mixed ^ (mixed >> np.uint32(16))).astype(np.intp))
