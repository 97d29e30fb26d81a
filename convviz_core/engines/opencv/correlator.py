"""A band of the picture in one worker's memory, and what a kernel answers there."""

from __future__ import annotations

import cv2
import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engines.cpu_kernels import DistinctKernels
from convviz_core.engines.opencv.bands import Rows
from convviz_core.engines.opencv.parts import PartsCorrelator, parts_of
from convviz_core.geometry import ConvGeometry
from convviz_core.gray import dense


class Correlator:
    """The small pictures that a worker reuses for every band of every frame."""

    def __init__(
        self, geometry: ConvGeometry, channels: int, picture_shape: tuple[int, ...], most_hw: tuple[int, int]
    ) -> None:
        """picture_shape: (H, W) or (H, W, 3), with its padding. most_hw: of the responses in a band."""
        self._geometry = geometry
        self._more = tuple(extent - step for extent, step in zip(geometry.extent_hw, geometry.stride_yx, strict=True))
        height, width = (
            most * step + more for most, step, more in zip(most_hw, geometry.stride_yx, self._more, strict=True)
        )
        plain = geometry.stride_yx == geometry.dilation_yx == (1, 1)
        self._parts_correlator = None if plain else PartsCorrelator(geometry, channels, *most_hw)
        self.response_hw = (height, width) if plain else most_hw
        self._turned = np.empty((height, width, *picture_shape[2:]), np.uint8)
        self._plane = np.empty((height, width), np.uint8)
        self._planes = np.empty((channels, height, width), np.float32)
        self._sum = np.empty((height, width), np.float32)
        self._read, (self._rows, self._columns) = self._planes, most_hw

    def take(self, distinct: DistinctKernels) -> None:
        """Go on with these kernels."""
        self._kernels = distinct.kernels
        self._parts = parts_of(distinct, self._geometry) if self._parts_correlator else ()

    def read(self, picture: ByteArray, rows: Rows, left: int = 0) -> None:
        """Take what the responses in those rows read, from column `left` on."""
        self._rows, (step_y, step_x) = rows[1] - rows[0], self._geometry.stride_yx
        down = slice(rows[0] * step_y, rows[1] * step_y + self._more[0])
        across = slice(left * step_x, (left + self._columns) * step_x + self._more[1])
        self._read = self._to_planes(picture[down, across])
        if self._parts_correlator:
            self._parts_correlator.read(self._read)

    def responses(self, kernel: int, out: FloatArray) -> FloatArray:
        """What that kernel answers, in bytes x weights: float32 (rows, columns), in `out` of `response_hw`.

        Behind each row there may be more of `out`, which means nothing.
        """
        rows, columns, planes = self._rows, self._columns, self._read
        if self._parts_correlator:
            return self._parts_correlator.responses(self._parts[kernel], out[:rows, :columns])
        found, more = (memory[: planes.shape[1]] for memory in (out, self._sum))
        weights = self._kernels[kernel]
        cv2.filter2D(planes[0], cv2.CV_32F, weights[0], found, anchor=(0, 0))
        for plane, of_plane in zip(planes[1:], weights[1:], strict=True):
            cv2.filter2D(plane, cv2.CV_32F, of_plane, more, anchor=(0, 0))
            cv2.add(found, more, found)
        return found[:rows, :columns]

    def _to_planes(self, band: ByteArray) -> FloatArray:
        """float32 (C, h, w) in 0..255."""
        height = len(band)
        band, planes, plane = dense(band, self._turned[:height]), self._planes[:, :height], self._plane[:height]
        if band.ndim == 2:
            planes[:] = band
        elif len(planes) == 1:
            planes[0] = cv2.cvtColor(band, cv2.COLOR_BGR2GRAY, plane)
        else:
            for channel in range(3):
                planes[channel] = cv2.extractChannel(band, 2 - channel, plane)
        return planes
