"""One worker's share of the OpenCV engine: a band of rows, from the frame to bytes in the tiles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.blocks import block_means
from convviz_core.engines.api import PlanKey
from convviz_core.engines.cpu_kernels import HALF_UP, DistinctKernels
from convviz_core.engines.opencv.bands import Rows
from convviz_core.engines.opencv.correlator import Correlator


class BandScratch:
    """The small pictures that a worker reuses for every band of every frame, and the extremes it has seen.

    shape: of the picture that is read, which has its padding. rows: the most response rows in a band. lowest, highest:
    float64 (K,), the extreme q (see DistinctKernels) since forget_extremes.
    """

    def __init__(self, key: PlanKey, shape: tuple[int, ...], distinct: DistinctKernels, rows: int) -> None:
        geometry, self._blocks, (_, self._map_w) = key.layer.geometry, key.blocks, key.map_hw
        self._correlator = Correlator(geometry, key.layer.bank.channels, shape, (rows, self._map_w))
        self.take(distinct)
        self._response = np.empty(self._correlator.response_hw, np.float32)
        self._shifted = np.empty((rows, self._map_w), np.float32)
        self._levels = None if key.blocks.single else np.empty((rows, self._map_w), np.uint8)
        self.lowest: AnyArray = np.empty(0)
        self.highest: AnyArray = np.empty(0)
        self.forget_extremes()

    def take(self, distinct: DistinctKernels) -> None:
        """Go on with kernels of the same shape."""
        self.distinct = distinct
        self._correlator.take(distinct)

    def forget_extremes(self) -> None:
        """Start a new picture."""
        self.lowest = np.full(len(self.distinct), np.inf)
        self.highest = np.full(len(self.distinct), -np.inf)

    def measure(self, frame: ByteArray, rows: Rows) -> None:
        """Take in the extremes of the response rows `rows`."""
        for _ in self._measured(frame, rows):
            pass

    def render(self, frame: ByteArray, rows: Rows, mappings: FloatArray, tiles: Sequence[ByteArray]) -> None:
        """Write the bytes of the response rows `rows` into the maps' tiles, by byte_mappings."""
        place = slice(*self._blocks.down.blocks(rows))
        for index, response in self._measured(frame, rows):
            low, high = self._extremes
            maps = [i for i, kernel in enumerate(self.distinct.kernel_of) if kernel == index]
            for i in maps:
                levels = tiles[i][place] if self._levels is None else self._levels[: len(response)]
                self._to_bytes(response, mappings[i], levels, low, high)
                if self._levels is not None:
                    tiles[i][place] = block_means(levels, self._blocks, rows)

    def _measured(self, frame: ByteArray, rows: Rows) -> Iterator[tuple[int, FloatArray]]:
        """Each distinct kernel's number and its responses q in those rows, float32 (rows, w), valid until the next.

        Their extremes are taken in.
        """
        self._correlator.read(frame, rows)
        whole = self._response[: rows[1] - rows[0]]
        for index in range(len(self.distinct)):
            response = self._correlator.responses(index, self._response)
            whole[:, self._map_w :] = whole[:, :1]  # so that whole rows, which are faster, have the extremes
            self._extremes = float(whole.min()), float(whole.max())
            self.lowest[index] = min(self.lowest[index], self._extremes[0])
            self.highest[index] = max(self.highest[index], self._extremes[1])
            yield index, response

    def _to_bytes(self, response: FloatArray, mapping: FloatArray, out: ByteArray, low: float, high: float) -> None:
        origin, scale, zero_point, floor = mapping.tolist()
        if scale == 0:
            out[:] = int(np.rint(zero_point))
            return
        shifted = self._shifted[: len(response)]
        if origin:
            response = np.subtract(response, np.float32(origin), out=shifted)
            low, high = low - origin, high - origin
        # convertScaleAbs takes the absolute value: what would be below the floor is held there before it.
        # A floor is the byte of a response of zero, where the activation cuts.
        bottom = 0.0 if zero_point == HALF_UP else (floor - zero_point) / scale
        if (low < bottom) if scale > 0 else (high > bottom):
            response = _held_at(bottom, response, scale > 0, shifted)
        cv2.convertScaleAbs(response, out, scale, zero_point)


def _held_at(bottom: float, response: FloatArray, from_below: bool, out: FloatArray) -> FloatArray:
    """max(response, bottom) where `from_below`, else min; into `out`, which may be `response`."""
    if bottom == 0:
        kind = cv2.THRESH_TOZERO if from_below else cv2.THRESH_TOZERO_INV
        return np.asarray(cv2.threshold(response, 0, 0, kind, out)[1], np.float32)  # half the time of max
    return (np.maximum if from_below else np.minimum)(response, np.float32(bottom), out=out)
