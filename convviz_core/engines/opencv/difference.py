"""One layer's maps minus another's, as the OpenCV engine computes them: band by band, both at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.cores import Crew
from convviz_core.engines.api import PlanKey, Result, check_weights
from convviz_core.engines.cpu_kernels import linear_mappings
from convviz_core.engines.opencv.bands import bands, longest, rows_of_pairs
from convviz_core.engines.opencv.correlator import Correlator
from convviz_core.engines.opencv.difference_terms import terms_of
from convviz_core.engines.opencv.difference_worker import DifferenceWorker, PictureReader
from convviz_core.engines.padding import padding_for
from convviz_core.engines.planning import EnginePlan
from convviz_core.filters.bank import FilterBank
from convviz_core.mosaic import black_mosaic
from convviz_core.ranges import Limits


class OpenCvDifferencePlan(EnginePlan):
    """Its mosaic, and for every thread the responses of a band of both layers."""

    def __init__(self, key: PlanKey, check_open: Callable[[], None], crew: Crew, workers: int) -> None:
        """Allocate; workers: threads, the caller's included."""
        super().__init__(key, check_open)
        assert key.compared is not None
        self._crew, (self._difference, alignment) = crew, key.compared
        self._terms = terms_of(self._difference)
        both = ((self._difference.live, alignment.live_yx), (self._difference.kept, alignment.kept_yx))
        sides = both[: len(self._terms.readers)]
        self._paddings = [padding_for(layer, key.shape) for layer, _ in sides]
        most = rows_of_pairs(key.map_hw[1], *(layer.geometry.extent_hw[0] for layer, _ in both))
        self._bands = list(bands(key.blocks.down, workers, most))
        shapes = [padding.shape if padding else key.shape for padding in self._paddings]
        most_hw, self._workers = (longest(self._bands), key.map_hw[1]), []
        for _ in range(workers):
            readers = [
                PictureReader(Correlator(layer.geometry, layer.bank.channels, shape, most_hw), corner_yx)
                for (layer, corner_yx), shape in zip(sides, shapes, strict=True)
            ]
            self._workers.append(DifferenceWorker(readers, self._terms, key, most_hw))
        self._mosaic = black_mosaic(key.grid)
        self._tiles = [self._mosaic[key.grid.tile(index)] for index in range(key.grid.count)]

    def run(self, frame: ByteArray, limits: Limits | None) -> Result:
        """One frame's mosaic (see Plan.run)."""
        self.check(frame, limits)
        pictures = [padding.added(frame) if padding else frame for padding in self._paddings]
        unit = self._terms.unit / 255
        if limits is None:
            ranges = self._sweep(pictures, np.empty((0, 2)), []) * np.float32(unit)
            flat = self._difference.flat(ranges)
        else:
            ranges = np.array([limits] * len(self._tiles), np.float32)
            flat = np.zeros(len(ranges), bool)
        reached = self._sweep(pictures, linear_mappings(ranges, flat) * (unit, 1), self._tiles)
        return Result(self._mosaic, ranges, float(np.abs(reached).max()) * unit, "opencv float32")

    def take_weights(self, bank: FilterBank) -> None:
        """Go on with another bank for the layer from which the other is taken away (see Plan.take_weights)."""
        self.key = check_weights(self.key, bank)
        assert self.key.compared is not None
        self._difference = self.key.compared[0]
        self._terms = terms_of(self._difference)
        for worker in self._workers:
            worker.take(self._terms)

    def _sweep(self, pictures: list[ByteArray], mappings: AnyArray, tiles: list[ByteArray]) -> FloatArray:
        """Go over all bands; the smallest and the largest difference in each map, in units of unit / 255: (n, 2)."""
        waiting = iter(self._bands)  # a list's: no two threads get the same band

        def work_through(worker: DifferenceWorker) -> None:
            worker.forget_extremes()
            for rows in waiting:
                worker.work(pictures, rows, mappings, tiles)

        first, *rest = self._workers
        self._crew.together(partial(work_through, first), [partial(work_through, worker) for worker in rest])
        reached = np.stack([worker.extremes for worker in self._workers])
        return np.stack([reached[:, :, 0].min(axis=0), reached[:, :, 1].max(axis=0)], axis=1)
