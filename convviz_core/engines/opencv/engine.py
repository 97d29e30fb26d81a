"""OpenCV on the CPU: needs no compiling, shows the first pictures, and serves where Halide has no wheel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.engines.api import CpuEngine, Result, check_request
from convviz_core.engines.cpu_kernels import (
    DistinctKernels,
    byte_lines,
    distinct_kernels,
    extremes_of_maps,
    peak_of_picture,
)
from convviz_core.engines.opencv.band import BandScratch
from convviz_core.gray import to_planes, to_unit
from convviz_core.layer import Layer
from convviz_core.mosaic import MosaicGrid, black_mosaic
from convviz_core.ranges import Limits, bank_ranges, known_limits, measured_ranges

BAND_ROWS = 128  # of responses: a band's few float pictures stay in a core's cache

Rows = tuple[int, int]
BandWork = Callable[[BandScratch, Rows], None]


class OpenCvEngine(CpuEngine):
    """filter2D in float32, band by band on every core, from the frame straight into the mosaic's tiles."""

    name = "opencv"

    def __init__(self) -> None:
        """Threads start with the first frame."""
        self._workers = max(1, cv2.getNumThreads())
        self._pool = ThreadPoolExecutor(self._workers, "convviz-opencv")
        self._scratches: list[BandScratch] = []
        self._key: object = None
        self._mosaic: ByteArray = np.zeros((0, 0), np.uint8)

    def run(self, frame: ByteArray, layer: Layer, limits: Limits | None = None, reduce: int = 1) -> Result:
        """One frame's mosaic (see Engine.run)."""
        self.check_open()
        map_hw = check_request(frame, layer, reduce)
        distinct = distinct_kernels(layer.bank)
        known = known_limits(layer, limits)
        grid = MosaicGrid(len(layer.bank), (-(-map_hw[0] // reduce), -(-map_hw[1] // reduce)))
        bands = list(_bands(map_hw[0], reduce, self._workers))
        self._allocate(frame.shape, distinct, grid, bands[0][1], reduce)
        if known is None:
            measured = self._sweep(bands, lambda scratch, rows: scratch.measure(frame, rows))
            ranges = measured_ranges(layer, extremes_of_maps(layer, distinct, *measured))
        else:
            ranges = bank_ranges(len(layer.bank), known)
        lines = byte_lines(layer, distinct, ranges)
        tiles = [self._mosaic[grid.tile(index)] for index in range(grid.count)]
        measured = self._sweep(bands, lambda scratch, rows: scratch.render(frame, rows, lines, tiles))
        return Result(self._mosaic, ranges, peak_of_picture(layer, distinct, *measured), "opencv float32")

    def maps(self, frame: ByteArray, layer: Layer) -> tuple[FloatArray, FloatArray]:
        """conv and activated, float32 (N, h, w) each."""
        self.check_open()
        height, width = check_request(frame, layer)
        planes = to_unit(to_planes(frame, layer.bank.channels))
        conv = np.zeros((len(layer.bank), height, width), np.float32)
        for kernel, response in zip(layer.bank.kernels, conv, strict=True):
            for plane, weights in zip(planes, kernel, strict=True):
                response += cv2.filter2D(plane, cv2.CV_32F, weights, anchor=(0, 0))[:height, :width]
        return conv, np.maximum(conv, 0)

    def close(self) -> None:
        """Join the threads."""
        super().close()
        self._pool.shutdown()

    def _allocate(
        self, shape: tuple[int, ...], distinct: DistinctKernels, grid: MosaicGrid, rows: int, reduce: int
    ) -> None:
        key = (shape, grid, rows, reduce, distinct)
        if key == self._key:
            return
        self._key = key
        self._mosaic = black_mosaic(grid)
        self._scratches = [BandScratch(shape, distinct, rows, reduce) for _ in range(self._workers)]

    def _sweep(self, bands: list[Rows], work: BandWork) -> tuple[AnyArray, AnyArray]:
        """Do `work` on every band; the smallest and the largest q of each distinct kernel, (K,) each.

        Each worker takes the next band that none has begun: one whose core is busy with a compilation takes fewer.
        """
        waiting = iter(bands)  # a list's: no two threads get the same band

        def work_through(scratch: BandScratch) -> None:
            scratch.forget_extremes()
            for rows in waiting:
                work(scratch, rows)

        first, *rest = self._scratches
        others = [self._pool.submit(work_through, scratch) for scratch in rest]
        work_through(first)
        for other in others:
            other.result()
        lowest = np.min([scratch.lowest for scratch in self._scratches], axis=0)
        return lowest, np.max([scratch.highest for scratch in self._scratches], axis=0)


def _bands(height: int, reduce: int, workers: int) -> Iterator[Rows]:
    """Bands of response rows, whole blocks of `reduce` rows each, at least one for every worker where there can be."""
    rows = max(1, min(BAND_ROWS, -(-height // workers)) // reduce) * reduce
    for first in range(0, height, rows):
        yield first, min(first + rows, height)
