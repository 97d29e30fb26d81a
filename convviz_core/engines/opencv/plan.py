"""One layer on frames of one size, as the OpenCV engine computes it: bands of rows, spread over its threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.cores import Crew
from convviz_core.engines.again import rows_with_other_bytes
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

    def __init__(self, key: PlanKey, check_open: Callable[[], None], crew: Crew, workers: int) -> None:
        """Allocate; workers: threads, the caller's included."""
        super().__init__(key, check_open)
        self._crew = crew
        self._distinct = distinct_kernels(key.layer.weights)
        self._bands = list(bands(key.blocks.down, workers))
        self._padding = padding_for(key.layer, key.shape)
        shape = self._padding.shape if self._padding else key.shape
        self._scratches = [BandScratch(key, shape, self._distinct, longest(self._bands)) for _ in range(workers)]
        self._mosaic = black_mosaic(key.grid)
        self._tiles = [self._mosaic[key.grid.tile(index)] for index in range(key.grid.count)]
        self._reached = np.empty((2, 0, 0))  # the smallest and the largest q of each distinct kernel in each band
        self._mappings: FloatArray | None = None  # of the last run, where that had limits

    def run(self, frame: ByteArray, limits: Limits | None) -> Result:
        """One frame's mosaic (see Plan.run)."""
        self.check(frame, limits)
        layer = self.key.layer
        if self._padding:
            frame = self._padding.added(frame)
        self._reached = np.empty((2, len(self._distinct), len(self._bands)))
        if limits is None:
            self._sweep(lambda scratch, rows: scratch.measure(frame, rows))
            ranges = np.asarray(extremes_of_maps(layer, self._distinct, *self._extremes()), np.float32)
        else:
            ranges = bank_ranges(len(layer.bank), limits)
        mappings = byte_mappings(layer, self._distinct, ranges, own=limits is None)
        self._mappings = None if limits is None else mappings
        return self._render(frame, ranges, mappings)

    def run_again(self, frame: ByteArray, limits: Limits) -> Result:
        """The frame of the last run (see Plan.run_again)."""
        if self._mappings is None:
            return self.run(frame, limits)
        self.check(frame, limits)
        ranges = bank_ranges(len(self.key.layer.bank), limits)
        mappings = byte_mappings(self.key.layer, self._distinct, ranges, own=False)
        bands = rows_with_other_bytes(self._mappings, mappings, *self._reached)
        self._mappings = mappings
        return self._render(self._padding.added(frame) if self._padding else frame, ranges, mappings, bands)

    def _render(
        self, frame: ByteArray, ranges: FloatArray, mappings: FloatArray, runs: Sequence[Rows] | None = None
    ) -> Result:
        """runs: of bands that are made; None for all."""
        self._sweep(lambda scratch, rows: scratch.render(frame, rows, mappings, self._tiles), runs)
        peak = peak_of_picture(self.key.layer, self._distinct, *self._extremes())
        return Result(self._mosaic, ranges, peak, "opencv float32")

    def take_weights(self, bank: FilterBank) -> None:
        """Go on with another bank (see Plan.take_weights)."""
        self.key = check_weights(self.key, bank)
        self._distinct, self._mappings = distinct_kernels(self.key.layer.weights), None
        for scratch in self._scratches:
            scratch.take(self._distinct)

    def _extremes(self) -> tuple[AnyArray, AnyArray]:
        """The smallest and the largest q of each distinct kernel in the whole frame, (K,) each."""
        return self._reached[0].min(axis=1), self._reached[1].max(axis=1)

    def _sweep(self, work: BandWork, runs: Sequence[Rows] | None = None) -> None:
        """Do `work` on every band, or on those, and keep their extremes.

        Each worker takes the next band that none has begun: one whose core is busy with a compilation takes fewer.
        """
        whole = [(0, len(self._bands))]
        bands = [band for first, last in (whole if runs is None else runs) for band in range(first, last)]
        waiting = iter(bands)  # a list's: no two threads get the same band

        def work_through(scratch: BandScratch) -> None:
            for band in waiting:
                scratch.forget_extremes()
                work(scratch, self._bands[band])
                self._reached[:, :, band] = scratch.lowest, scratch.highest

        first, *rest = self._scratches
        self._crew.together(partial(work_through, first), [partial(work_through, scratch) for scratch in rest])
