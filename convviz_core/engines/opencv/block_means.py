"""Bytes of a part of a map, and the means of their blocks (see mosaic.reduce_maps)."""

from __future__ import annotations

import cv2
import numpy as np

from convviz_core.arrays import ByteArray
from convviz_core.engines.cpu_kernels import HALF_UP


class BlockMeans:
    """One worker's memory for parts of up to `most_hw` pixels, in blocks of `reduce` a side."""

    def __init__(self, reduce: int, most_hw: tuple[int, int]) -> None:
        height, width = (-(-most // reduce) for most in most_hw)
        self._reduce = reduce
        self._bytes = np.empty((height * reduce, width * reduce), np.uint8)
        self._levels = np.empty(self._bytes.shape, np.float32)
        self._means = np.empty((height, width), np.float32)

    def room(self, hw: tuple[int, int]) -> ByteArray:
        """Where a part's bytes are to be written, uint8 (h, w)."""
        return self._bytes[: hw[0], : hw[1]]

    def write(self, hw: tuple[int, int], out: ByteArray) -> None:
        """The means of what is there into `out`, halves up; the edge's pixels fill up what hangs over it."""
        (rows, columns), (height, width) = hw, (-(-size // self._reduce) for size in hw)
        padded_rows, padded_columns = height * self._reduce, width * self._reduce
        self._bytes[rows:padded_rows, :columns] = self._bytes[rows - 1, :columns]
        self._bytes[:padded_rows, columns:padded_columns] = self._bytes[:padded_rows, columns - 1 : columns]
        levels, means = self._levels[:padded_rows, :padded_columns], self._means[:height, :width]
        levels[:] = self._bytes[:padded_rows, :padded_columns]
        cv2.resize(levels, (width, height), means, interpolation=cv2.INTER_AREA)
        cv2.convertScaleAbs(means, out[:height, :width], 1.0, HALF_UP)
