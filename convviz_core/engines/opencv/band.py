"""One worker's share of the OpenCV engine: a band of rows, from the frame to bytes in the tiles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.engines.api import PlanKey
from convviz_core.engines.cpu_kernels import HALF_UP, DistinctKernels
from convviz_core.engines.opencv.parts import PartsCorrelator, parts_of
from convviz_core.gray import dense


class BandScratch:
    """The small pictures that a worker reuses for every band of every frame, and the extremes it has seen.

    shape: of the picture that is read, which has its padding. rows: the most response rows in a band. lowest, highest:
    float64 (K,), the extreme q (see DistinctKernels) since forget_extremes.
    """

    def __init__(self, key: PlanKey, shape: tuple[int, ...], distinct: DistinctKernels, rows: int) -> None:
        geometry, reduce, channels = key.layer.geometry, key.reduce, key.layer.bank.channels
        self._geometry, self._reduce, self._map_w = geometry, reduce, key.map_hw[1]
        self._step, self._more_rows = geometry.stride_yx[0], geometry.extent_hw[0] - geometry.stride_yx[0]
        height, width = rows * self._step + max(0, self._more_rows), shape[1]
        plain = geometry.stride_yx == geometry.dilation_yx == (1, 1)
        self._parts_correlator = None if plain else PartsCorrelator(geometry, channels, rows, self._map_w)
        self.take(distinct)
        self._turned = np.empty((height, *shape[1:]), np.uint8)
        self._plane = np.empty((height, width), np.uint8)
        self._planes = np.empty((channels, height, width), np.float32)
        self._response = np.empty((height, width), np.float32)
        self._more = np.empty((height, width), np.float32)
        blocks = -(-rows // reduce), -(-self._map_w // reduce)
        self._bytes = np.empty((blocks[0] * reduce, blocks[1] * reduce), np.uint8)
        self._levels = np.empty(self._bytes.shape, np.float32)
        self._means = np.empty(blocks, np.float32)
        self.lowest: AnyArray = np.empty(0)
        self.highest: AnyArray = np.empty(0)
        self.forget_extremes()

    def take(self, distinct: DistinctKernels) -> None:
        """Go on with kernels of the same shape."""
        self.distinct = distinct
        self._parts = parts_of(distinct, self._geometry) if self._parts_correlator else ()

    def forget_extremes(self) -> None:
        """Start a new picture."""
        self.lowest = np.full(len(self.distinct), np.inf)
        self.highest = np.full(len(self.distinct), -np.inf)

    def measure(self, frame: ByteArray, rows: tuple[int, int]) -> None:
        """Take in the extremes of the response rows `rows`."""
        for _ in self._measured(frame, rows):
            pass

    def render(self, frame: ByteArray, rows: tuple[int, int], mappings: FloatArray, tiles: Sequence[ByteArray]) -> None:
        """Write the bytes of the response rows `rows` into the maps' tiles, by byte_mappings."""
        for index, response in self._measured(frame, rows):
            low, high = self._extremes
            maps = [i for i, kernel in enumerate(self.distinct.kernel_of) if kernel == index]
            for i in maps:
                if self._reduce == 1:
                    self._to_bytes(response, mappings[i], tiles[i][rows[0] : rows[1]], low, high)
                else:
                    self._to_bytes(response, mappings[i], self._bytes[: len(response), : self._map_w], low, high)
                    self._block_means(len(response), tiles[i][rows[0] // self._reduce :])

    def responses(self, frame: ByteArray, rows: tuple[int, int]) -> Iterator[tuple[int, FloatArray]]:
        """Each distinct kernel's number and its responses q in those rows, float32 (rows, w), valid until the next."""
        for index, (_, response) in enumerate(self._correlated(frame, rows)):
            yield index, response

    def _measured(self, frame: ByteArray, rows: tuple[int, int]) -> Iterator[tuple[int, FloatArray]]:
        """The same, with their extremes."""
        for index, (whole, response) in enumerate(self._correlated(frame, rows)):
            self._extremes = float(whole.min()), float(whole.max())
            self.lowest[index] = min(self.lowest[index], self._extremes[0])
            self.highest[index] = max(self.highest[index], self._extremes[1])
            yield index, response

    def _correlated(self, frame: ByteArray, rows: tuple[int, int]) -> Iterator[tuple[FloatArray, FloatArray]]:
        """Of each distinct kernel, contiguous rows that have the responses' extremes, and the responses."""
        count = rows[1] - rows[0]
        planes = self._read(frame[rows[0] * self._step : rows[1] * self._step + self._more_rows])
        if self._parts_correlator:
            self._parts_correlator.read(planes)
            for parts in self._parts:
                total = self._parts_correlator.responses(parts, count)
                yield total, total
            return
        more, whole = self._more[: planes.shape[1]], self._response[: planes.shape[1]]
        response = whole[:count, : self._map_w]
        for kernel in self.distinct.kernels:
            cv2.filter2D(planes[0], cv2.CV_32F, kernel[0], whole, anchor=(0, 0))
            for plane, weights in zip(planes[1:], kernel[1:], strict=True):
                cv2.filter2D(plane, cv2.CV_32F, weights, more, anchor=(0, 0))
                cv2.add(whole, more, whole)
            whole[:count, self._map_w :] = whole[:count, :1]  # so that whole rows, which are faster, have the extremes
            yield whole[:count], response

    def _read(self, frame: ByteArray) -> FloatArray:
        """The band's input planes, float32 (C, rows, W) in 0..255."""
        frame = dense(frame, self._turned[: len(frame)])
        planes, plane = self._planes[:, : len(frame)], self._plane[: len(frame)]
        if frame.ndim == 2:
            planes[:] = frame
        elif len(planes) == 1:
            planes[0] = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY, plane)
        else:
            for channel in range(3):
                planes[channel] = cv2.extractChannel(frame, 2 - channel, plane)
        return planes

    def _to_bytes(self, response: FloatArray, mapping: FloatArray, out: ByteArray, low: float, high: float) -> None:
        origin, scale, zero_point, floor = mapping.tolist()
        if scale == 0:
            out[:] = int(np.rint(zero_point))
            return
        shifted = self._more[: len(response), : self._map_w]
        if origin:
            response = np.subtract(response, np.float32(origin), out=shifted)
            low, high = low - origin, high - origin
        # convertScaleAbs takes the absolute value: what would be below the floor is held there before it.
        # A floor is the byte of a response of zero, where the activation cuts.
        bottom = 0.0 if zero_point == HALF_UP else (floor - zero_point) / scale
        if (low < bottom) if scale > 0 else (high > bottom):
            response = _held_at(bottom, response, scale > 0, shifted)
        cv2.convertScaleAbs(response, out, scale, zero_point)

    def _block_means(self, rows: int, out: ByteArray) -> None:
        """Block means of the band's first `rows` rows of bytes into `out`, halves up; the edge's pixels fill up."""
        reduce = self._reduce
        padded = -(-rows // reduce) * reduce
        self._bytes[rows:padded] = self._bytes[rows - 1]
        self._bytes[:padded, self._map_w :] = self._bytes[:padded, self._map_w - 1 : self._map_w]
        self._levels[:padded] = self._bytes[:padded]
        means = self._means[: padded // reduce]
        cv2.resize(self._levels[:padded], means.shape[::-1], means, interpolation=cv2.INTER_AREA)
        cv2.convertScaleAbs(means, out[: len(means)], 1.0, HALF_UP)


def _held_at(bottom: float, response: FloatArray, from_below: bool, out: FloatArray) -> FloatArray:
    """max(response, bottom) where `from_below`, else min; into `out`, which may be `response`."""
    if bottom == 0:
        kind = cv2.THRESH_TOZERO if from_below else cv2.THRESH_TOZERO_INV
        return np.asarray(cv2.threshold(response, 0, 0, kind, out)[1], np.float32)  # half the time of max
    return (np.maximum if from_below else np.minimum)(response, np.float32(bottom), out=out)
