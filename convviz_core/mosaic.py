"""The tile grid: N activation maps in one picture, row by row, and the way from a mosaic pixel back to its map."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from convviz_core.arrays import ByteArray
from convviz_core.blocks import Reduce, block_means, blocks_of

_HUGE_PAGE = 2 << 20  # bytes, on x86-64 and most others


@dataclass(frozen=True)
class MosaicGrid:
    """`count` tiles of `tile_hw` pixels, columns = ceil(sqrt(count)), rows = ceil(count / columns), no gaps."""

    count: int
    tile_hw: tuple[int, int]

    @property
    def columns(self) -> int:
        """Tiles in a row."""
        return math.isqrt(self.count - 1) + 1

    @property
    def rows(self) -> int:
        """Rows of tiles."""
        return -(-self.count // self.columns)

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width of the mosaic in pixels."""
        return self.rows * self.tile_hw[0], self.columns * self.tile_hw[1]

    def tile(self, index: int) -> tuple[slice, slice]:
        """The rows and columns of the mosaic that tile `index` fills: mosaic[grid.tile(i)] is its map."""
        row, column = divmod(index, self.columns)
        height, width = self.tile_hw
        return slice(row * height, (row + 1) * height), slice(column * width, (column + 1) * width)

    def mosaic_pixel(self, index: int, y: int, x: int) -> tuple[int, int]:
        """The mosaic's (row, column) of pixel (y, x) of map `index`; IndexError where there is none."""
        height, width = self.tile_hw
        if not (0 <= index < self.count and 0 <= y < height and 0 <= x < width):
            raise IndexError(f"no pixel (map {index}, y {y}, x {x}) in {self.count} maps of {height}x{width}")
        rows, columns = self.tile(index)
        return rows.start + y, columns.start + x

    def map_pixel(self, row: int, column: int) -> tuple[int, int, int] | None:
        """(map, y, x) under the mosaic's (row, column); None outside and on a tile without a map."""
        height, width = self.tile_hw
        tile_row, y = divmod(row, height)
        tile_column, x = divmod(column, width)
        if not (0 <= tile_row < self.rows and 0 <= tile_column < self.columns):
            return None
        index = tile_row * self.columns + tile_column
        return (index, y, x) if index < self.count else None


def black_mosaic(grid: MosaicGrid) -> ByteArray:
    """uint8 (H, W) of zeros, all of it in huge pages where the system gives them.

    numpy asks for those in np.empty from 4 MB on, but starts anywhere: the ends would lie in small pages, which a
    mosaic that is no longer in the cache pays for with every row.
    """
    height, width = grid.size_hw
    room = np.empty(height * width + 2 * _HUGE_PAGE, np.uint8)
    start = -room.ctypes.data % _HUGE_PAGE
    mosaic = room[start : start + height * width].reshape(height, width)
    mosaic[:] = 0
    return mosaic


def first_maps(mosaic: ByteArray, have: int, want: int) -> ByteArray:
    """The mosaic of the first `want` of a mosaic's `have` maps; itself where those are all."""
    if want == have:
        return mosaic
    grid = MosaicGrid(have, (1, 1))
    tile_hw = (mosaic.shape[0] // grid.rows, mosaic.shape[1] // grid.columns)
    before, after = MosaicGrid(have, tile_hw), MosaicGrid(want, tile_hw)
    first = np.zeros(after.size_hw, np.uint8)
    for index in range(want):
        first[after.tile(index)] = mosaic[before.tile(index)]
    return first


def tile_maps(maps: ByteArray) -> ByteArray:
    """uint8 (N, h, w) maps -> the uint8 mosaic; tiles without a map are 0."""
    count, height, width = maps.shape
    grid = MosaicGrid(count, (height, width))
    mosaic = np.zeros(grid.size_hw, np.uint8)
    for index in range(count):
        mosaic[grid.tile(index)] = maps[index]
    return mosaic


def reduce_maps(maps: ByteArray, reduce: Reduce) -> ByteArray:
    """Block means of uint8 (N, h, w), halves up: (N, ceil(h / step), ceil(w / step)) at most; see blocks.Cut.

    reduce: the blocks' sides, so many pixels, or the steps from one block to the next, down and across. A block that
    hangs over the edge is filled up with the edge's own pixels. This is the definition that every engine's reduced
    mosaic is held to.
    """
    return maps if reduce == 1 else block_means(maps, blocks_of((maps.shape[1], maps.shape[2]), reduce))
