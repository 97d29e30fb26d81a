"""Strided and dilated kernels as sums of small dense ones, which is what OpenCV's filter2D is fast at.

With a stride of s, the picture is split into the s x s pictures of every s-th pixel, and the kernel's weights go to
those that they meet: nothing is computed that the stride leaves out. The zeros of a dilated kernel cost filter2D
nothing, as long as the kernel is small; larger ones are cut into rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from convviz_core.arrays import FloatArray
from convviz_core.engines.cpu_kernels import DistinctKernels
from convviz_core.geometry import ConvGeometry

MOST_DIRECT = 121  # weights, zeros included: above, filter2D takes a DFT, which costs as much as 20 small kernels
MOST_CUT = 200  # weights that are not zero: with more of them the DFT is cheaper


@dataclass(frozen=True, eq=False)
class Part:
    """Some of a kernel's weights, float32 (h, w): on which of the split pictures they lie, and from which pixel on."""

    phase: tuple[int, int]
    top: int
    left: int
    weights: FloatArray


Parts = tuple[tuple[tuple[Part, ...], ...], ...]  # of each kernel, of each channel


def parts_of(distinct: DistinctKernels, geometry: ConvGeometry) -> Parts:
    """The parts of every kernel, channel by channel."""
    return tuple(tuple(tuple(_cut(plane, geometry)) for plane in kernel) for kernel in distinct.kernels)


def spread(kernel: FloatArray, geometry: ConvGeometry) -> FloatArray:
    """The kernel with the zeros that its dilation puts between its weights."""
    whole = np.zeros(geometry.extent_hw, np.float32)
    whole[:: geometry.dilation_yx[0], :: geometry.dilation_yx[1]] = kernel
    return whole


def _cut(kernel: FloatArray, geometry: ConvGeometry) -> Iterator[Part]:
    whole, (stride_y, stride_x) = spread(kernel, geometry), geometry.stride_yx
    for y in range(min(stride_y, len(whole))):
        for x in range(min(stride_x, whole.shape[1])):
            weights = np.ascontiguousarray(whole[y::stride_y, x::stride_x])
            sparse = np.count_nonzero(weights) <= MOST_CUT and geometry.dilation_yx != (1, 1)
            as_one = weights.size <= MOST_DIRECT or not sparse
            pieces = [(0, 0, weights)] if as_one else list(_pieces(weights))
            yield from (Part((y, x), *piece) for piece in pieces if piece[2].any())


def _pieces(weights: FloatArray) -> Iterator[tuple[int, int, FloatArray]]:
    for top, row in enumerate(weights):
        for left in range(0, len(row), MOST_DIRECT):
            yield top, left, row[None, left : left + MOST_DIRECT]


class PartsCorrelator:
    """One worker's memory for bands of up to `rows` rows of responses, `width` wide."""

    def __init__(self, geometry: ConvGeometry, channels: int, rows: int, width: int) -> None:
        (extent_h, extent_w), self._stride = geometry.extent_hw, geometry.stride_yx
        # A split picture has what any part reads: as many rows as there are responses, and the kernel's own.
        shape = rows + -(-extent_h // self._stride[0]), width + -(-extent_w // self._stride[1])
        phases = [(y, x) for y in range(min(self._stride[0], extent_h)) for x in range(min(self._stride[1], extent_w))]
        self._split = {phase: np.zeros((channels, *shape), np.float32) for phase in phases}
        self._part = np.empty(shape, np.float32)

    def read(self, planes: FloatArray) -> None:
        """Take a band's input, float32 (C, rows, W)."""
        stride_y, stride_x = self._stride
        for (y, x), split in self._split.items():
            met = planes[:, y::stride_y, x::stride_x][:, : split.shape[1], : split.shape[2]]
            split[:, : met.shape[1], : met.shape[2]] = met

    def responses(self, kernel: Sequence[Sequence[Part]], total: FloatArray) -> FloatArray:
        """The sum of a kernel's parts into `total`, float32 (rows, w)."""
        (rows, width), empty = total.shape, True
        for channel, parts in enumerate(kernel):
            for part in parts:
                height, wide = rows + len(part.weights) - 1, width + part.weights.shape[1] - 1
                read = self._split[part.phase][channel, part.top : part.top + height, part.left : part.left + wide]
                found = self._part[:height, :wide]
                cv2.filter2D(read, cv2.CV_32F, part.weights, found, anchor=(0, 0))
                if empty:
                    total[:] = found[:rows, :width]
                else:
                    cv2.add(total, found[:rows, :width], total)
                empty = False
        if empty:
            total[:] = 0
        return total
