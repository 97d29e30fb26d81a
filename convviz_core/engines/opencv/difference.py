"""One layer's maps minus another's, as the OpenCV engine computes them: band by band, as it computes either."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.difference import Alignment, Difference
from convviz_core.engines.api import PlanKey, Result, check_weights
from convviz_core.engines.cpu_kernels import DistinctKernels, distinct_kernels, linear_mappings
from convviz_core.engines.opencv.band import BandScratch
from convviz_core.engines.opencv.bands import Rows, bands
from convviz_core.engines.padding import padding_for
from convviz_core.engines.planning import EnginePlan
from convviz_core.filters.bank import FilterBank
from convviz_core.layer import Layer
from convviz_core.mosaic import black_mosaic, reduce_maps
from convviz_core.ranges import Limits

LEAST_BAND_ROWS, BAND_PIXELS = 48, 96_000  # what all kernels answer in a band stays in a core's cache


class _Side:
    """One of the two layers in one worker: the responses of a band, in the units of weights x [0, 1]."""

    def __init__(
        self, key: PlanKey, layer: Layer, shape: tuple[int, ...], corner_yx: tuple[int, int], rows: int
    ) -> None:
        """shape: of the picture that is read, with its padding."""
        self._distinct = distinct_kernels(layer.weights)
        self._scratch = BandScratch(PlanKey(layer, key.shape), shape, self._distinct, rows)
        self._signed, self._corner = layer.signed, corner_yx
        self._memory = self._found = np.empty((len(self._distinct), rows, key.map_hw[1]), np.float32)
        self._unit = np.float32(self._distinct.scale / 255)

    def take(self, distinct: DistinctKernels) -> None:
        """Go on with other kernels."""
        self._distinct, self._unit = distinct, np.float32(distinct.scale / 255)
        self._scratch.take(distinct)
        if len(distinct) > len(self._memory):
            self._memory = np.empty((len(distinct), *self._memory.shape[1:]), np.float32)

    def respond(self, frame: ByteArray, rows: Rows) -> None:
        """Find the responses in those rows of what both layers have."""
        top, left = self._corner
        self._found = self._memory[:, : rows[1] - rows[0]]
        for index, response in self._scratch.responses(frame, (rows[0] + top, rows[1] + top)):
            np.multiply(response[:, left : left + self._found.shape[2]], self._unit, out=self._found[index])

    def respond_as(self, other: _Side) -> None:
        """Take what another side with the same kernels found."""
        self._found = other._found

    def shown(self, index: int, out: FloatArray) -> tuple[FloatArray, int]:
        """Map `index` in those rows, after the activation, and the sign it is meant with: float32 (rows, w).

        It may be in `out`.
        """
        distinct = self._distinct
        out, found, sign = out[: self._found.shape[1]], self._found[distinct.kernel_of[index]], distinct.sign[index]
        if distinct.bias[index]:
            found = (np.subtract if sign < 0 else np.add)(np.float32(distinct.bias[index]), found, out=out)
            sign = 1
        if self._signed:
            return found, sign
        kind = cv2.THRESH_TOZERO if sign > 0 else cv2.THRESH_TOZERO_INV  # relu(-r) = -min(r, 0): no pass to negate
        return np.asarray(cv2.threshold(found, 0, 0, kind, out)[1], np.float32), sign


class _Worker:
    """One worker's memory."""

    def __init__(
        self, key: PlanKey, difference: Difference, alignment: Alignment, shapes: list[tuple[int, ...]], rows: int
    ) -> None:
        """shapes: of the pictures that the two layers read."""
        self.live = _Side(key, difference.live, shapes[0], alignment.live_yx, rows)
        self._kept = _Side(key, difference.kept, shapes[1], alignment.kept_yx, rows)
        self.respond_alike(difference)
        self._one, self._other = (np.empty((rows, key.map_hw[1]), np.float32) for _ in range(2))
        self.extremes: FloatArray = np.empty((alignment.count, 2), np.float32)

    def respond_alike(self, difference: Difference) -> None:
        """Take up whether both layers answer the same before bias and activation: then one is enough."""
        live, kept = difference.live, difference.kept
        same_pixels = live.geometry == kept.geometry and live.padding_mode == kept.padding_mode
        self._alike = same_pixels and np.array_equal(live.bank.kernels, kept.bank.kernels)

    def forget_extremes(self) -> None:
        """Start a new picture."""
        self.extremes[:] = (np.inf, -np.inf)

    def work(
        self, frames: list[ByteArray], rows: Rows, mappings: AnyArray, tiles: list[ByteArray], reduce: int
    ) -> None:
        """The bytes of those rows into the tiles; without tiles, only the extremes."""
        self.live.respond(frames[0], rows)
        if self._alike:
            self._kept.respond_as(self.live)
        else:
            self._kept.respond(frames[1], rows)
        for index, reached in enumerate(self.extremes):
            found = _less(*self.live.shown(index, self._one), *self._kept.shown(index, self._other), self._one)
            low, high = found.min(), found.max()
            reached[:] = min(reached[0], low), max(reached[1], high)
            if tiles:
                place = tiles[index][rows[0] // reduce : -(-rows[1] // reduce)]
                _to_bytes(found, float(low), mappings[index], place, reduce)


def _less(live: FloatArray, sign: int, kept: FloatArray, kept_sign: int, out: FloatArray) -> FloatArray:
    """sign * live - kept_sign * kept, in `out`."""
    out = out[: len(live)]
    if sign == kept_sign:
        return np.subtract(live, kept, out=out) if sign > 0 else np.subtract(kept, live, out=out)
    found = np.add(live, kept, out=out)
    return found if sign > 0 else np.negative(found, out=out)


def _to_bytes(found: FloatArray, low: float, mapping: AnyArray, place: ByteArray, reduce: int) -> None:
    scale, zero_point = mapping.tolist()
    levels = found if scale else np.zeros_like(found)
    if scale and low * scale + zero_point < 0:  # convertScaleAbs takes the absolute value
        np.maximum(levels, np.float32(-zero_point / scale), out=levels)
    if reduce == 1:
        cv2.convertScaleAbs(levels, place, scale, zero_point)
    else:
        place[:] = reduce_maps(np.asarray(cv2.convertScaleAbs(levels, None, scale, zero_point), np.uint8)[None], reduce)


class OpenCvDifferencePlan(EnginePlan):
    """Its mosaic, and for every thread the responses of a band of both layers."""

    def __init__(self, key: PlanKey, check_open: Callable[[], None], pool: ThreadPoolExecutor, workers: int) -> None:
        """Allocate; workers: threads, the caller's included."""
        super().__init__(key, check_open)
        assert key.compared is not None
        self._pool, (self._difference, alignment) = pool, key.compared
        most = max(LEAST_BAND_ROWS, BAND_PIXELS // key.map_hw[1])
        self._bands = list(bands(key.map_hw[0], key.reduce, workers, most))
        self._paddings = [padding_for(layer, key.shape) for layer in (self._difference.live, self._difference.kept)]
        shapes = [padding.shape if padding else key.shape for padding in self._paddings]
        self._workers = [_Worker(key, *key.compared, shapes, self._bands[0][1]) for _ in range(workers)]
        self._mosaic = black_mosaic(key.grid)
        self._tiles = [self._mosaic[key.grid.tile(index)] for index in range(alignment.count)]

    def run(self, frame: ByteArray, limits: Limits | None) -> Result:
        """One frame's mosaic (see Plan.run)."""
        self.check(frame, limits)
        frames = [padding.added(frame) if padding else frame for padding in self._paddings]
        if limits is None:
            ranges = self._sweep(frames, np.empty((0, 2)), [])
            flat = self._difference.flat(ranges)
        else:
            ranges = np.array([limits] * len(self._tiles), np.float32)
            flat = np.zeros(len(ranges), bool)
        reached = self._sweep(frames, linear_mappings(ranges, flat), self._tiles)
        return Result(self._mosaic, ranges, float(np.abs(reached).max()), "opencv float32")

    def take_weights(self, bank: FilterBank) -> None:
        """Go on with another bank for the layer from which the other is taken away (see Plan.take_weights)."""
        self.key = check_weights(self.key, bank)
        assert self.key.compared is not None
        self._difference = self.key.compared[0]
        for worker in self._workers:
            worker.live.take(distinct_kernels(self.key.layer.weights))
            worker.respond_alike(self._difference)

    def _sweep(self, frames: list[ByteArray], mappings: AnyArray, tiles: list[ByteArray]) -> FloatArray:
        """Go over all bands; the smallest and the largest difference in each map, (n, 2)."""
        waiting = iter(self._bands)  # a list's: no two threads get the same band

        def work_through(worker: _Worker) -> None:
            worker.forget_extremes()
            for rows in waiting:
                worker.work(frames, rows, mappings, tiles, self.key.reduce)

        first, *rest = self._workers
        others = [self._pool.submit(work_through, worker) for worker in rest]
        work_through(first)
        for other in others:
            other.result()
        reached = np.stack([worker.extremes for worker in self._workers])
        return np.stack([reached[:, :, 0].min(axis=0), reached[:, :, 1].max(axis=0)], axis=1)
