"""One layer on frames of one size, as the OpenCV engine computes it: bands of rows, spread over its threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from convviz_core.arrays import AnyArray, ByteArray
from convviz_core.engines.api import PlanKey, Result, check_weights
from convviz_core.engines.cpu_kernels import byte_mappings, distinct_kernels, extremes_of_maps, peak_of_picture
from convviz_core.engines.opencv.band import BandScratch
from convviz_core.engines.opencv.bands import Rows, bands, longest
from convviz_core.engines.padding import padding_for
from convviz_core.engines.planning import EnginePlan
from convviz_core.filters.bank import FilterBank
from convviz_core.mosaic import black_mosaic
from convviz_core.ranges import Limits, bank_ranges

BandWork = Callable[[BandScratch, Rows], None]


class OpenCvPlan(EnginePlan):
    """Its mosaic, and for every thread the small pictures that a band needs."""

    def __init__(self, key: PlanKey, check_open: Callable[[], None], pool: ThreadPoolExecutor, workers: int) -> None:
        """Allocate; workers: threads, the caller's included."""
        super().__init__(key, check_open)
        self._pool = pool
        self._distinct = distinct_kernels(key.layer.weights)
        self._bands = list(bands(key.blocks.down, workers))
        self._padding = padding_for(key.layer, key.shape)
        shape = self._padding.shape if self._padding else key.shape
        self._scratches = [BandScratch(key, shape, self._distinct, longest(self._bands)) for _ in range(workers)]
        self._mosaic = black_mosaic(key.grid)
        self._tiles = [self._mosaic[key.grid.tile(index)] for index in range(key.grid.count)]

    def run(self, frame: ByteArray, limits: Limits | None) -> Result:
        """One frame's mosaic (see Plan.run)."""
        self.check(frame, limits)
        layer = self.key.layer
        if self._padding:
            frame = self._padding.added(frame)
        if limits is None:
            reached = self._sweep(lambda scratch, rows: scratch.measure(frame, rows))
            ranges = np.asarray(extremes_of_maps(layer, self._distinct, *reached), np.float32)
        else:
            ranges = bank_ranges(len(layer.bank), limits)
        mappings = byte_mappings(layer, self._distinct, ranges, own=limits is None)
        reached = self._sweep(lambda scratch, rows: scratch.render(frame, rows, mappings, self._tiles))
        return Result(self._mosaic, ranges, peak_of_picture(layer, self._distinct, *reached), "opencv float32")

    def take_weights(self, bank: FilterBank) -> None:
        """Go on with another bank (see Plan.take_weights)."""
        self.key = check_weights(self.key, bank)
        self._distinct = distinct_kernels(self.key.layer.weights)
        for scratch in self._scratches:
            scratch.take(self._distinct)

    def _sweep(self, work: BandWork) -> tuple[AnyArray, AnyArray]:
        """Do `work` on every band; the smallest and the largest q of each distinct kernel, (K,) each.

        Each worker takes the next band that none has begun: one whose core is busy with a compilation takes fewer.
        """
        waiting = iter(self._bands)  # a list's: no two threads get the same band

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
