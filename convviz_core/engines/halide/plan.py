"""One layer on frames of one size, as the Halide engine computes it: its pipelines, its memory, its present range."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.lib.stride_tricks import as_strided

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engines.api import Result, map_hw
from convviz_core.engines.cpu_kernels import byte_lines, distinct_kernels, extremes_of_maps, peak_of_picture
from convviz_core.engines.halide.pipeline import Pipeline, Tiles
from convviz_core.engines.halide.recipe import Recipe
from convviz_core.layer import Layer, RangeMode
from convviz_core.mosaic import MosaicGrid, black_mosaic
from convviz_core.ranges import Limits, bank_ranges, peak_limits


class LayerView:
    """What stays from frame to frame, so that a small frame's time is not spent in Python.

    shape: the frames'. pipeline_for: gives a recipe's pipeline, compiled; asked when one is first needed.
    """

    def __init__(
        self, layer: Layer, shape: tuple[int, ...], recipe: Recipe, pipeline_for: Callable[[Recipe], Pipeline]
    ) -> None:
        """Allocate the mosaic."""
        self._layer, self._recipe, self._pipeline_for = layer, recipe, pipeline_for
        self._distinct = distinct_kernels(layer.bank)
        self._way = f"halide {recipe.arithmetic}"
        count = len(self._distinct)
        filled_up = -(-count // recipe.at_once) * recipe.at_once
        self._kernels = np.zeros((filled_up, *self._distinct.kernels.shape[1:]), np.float32)
        self._kernels[:count] = self._distinct.kernels
        height, width = map_hw(shape, layer.bank)
        grid = MosaicGrid(len(layer.bank), (-(-height // recipe.reduce), -(-width // recipe.reduce)))
        self._mosaic = black_mosaic(grid)
        self._tiles = _tiles_of(self._mosaic, grid, self._distinct.kernel_of)
        self._lines = self._tiles.lines.reshape(-1, 4)[: len(layer.bank)]
        self._gray = np.empty(shape[:2], np.uint8) if recipe.measuring.leaves_gray else None
        self._limits: Limits | None = None
        self._ranges: FloatArray = np.empty((0, 2), np.float32)

    def run(self, frame: ByteArray, limits: Limits | None) -> Result:
        """One frame's mosaic; limits None takes the picture's own range."""
        if limits is None:
            peak = self._run_with_own_range(frame)
        else:
            if limits != self._limits:
                self._take(bank_ranges(len(self._layer.bank), limits))
            pipeline = self._direct if limits[0] <= 0 <= limits[1] else self._far
            pipeline.run(frame, self._kernels, tiles=self._tiles)
            peak = peak_of_picture(self._layer, self._distinct, *pipeline.extremes())
        self._limits = limits
        return Result(self._mosaic, self._ranges, peak, self._way)

    def _run_with_own_range(self, frame: ByteArray) -> float:
        """Measure, then make the mosaic; the picture's peak. Between the two all cores wait for Python."""
        self._measuring.run(frame, self._kernels, gray=self._gray)
        extremes = self._measuring.extremes()
        peak = peak_of_picture(self._layer, self._distinct, *extremes)
        if self._layer.range == RangeMode.FRAME:
            self._take(np.asarray(extremes_of_maps(self._layer, self._distinct, *extremes), np.float32))
        else:
            self._take(bank_ranges(len(self._layer.bank), peak_limits(self._layer, peak)))
        self._measured.run(frame if self._gray is None else self._gray, self._kernels, tiles=self._tiles)
        return peak

    @cached_property
    def _direct(self) -> Pipeline:
        return self._pipeline_for(self._recipe)

    @cached_property
    def _far(self) -> Pipeline:
        return self._pipeline_for(self._recipe.far)

    @cached_property
    def _measuring(self) -> Pipeline:
        return self._pipeline_for(self._recipe.measuring)

    @cached_property
    def _measured(self) -> Pipeline:
        return self._pipeline_for(self._recipe.measured(self._layer.range))

    def _take(self, ranges: FloatArray) -> None:
        """The range of the next picture."""
        self._ranges = ranges
        self._ranges.setflags(write=False)  # results share it
        self._lines[:] = byte_lines(self._layer, self._distinct, ranges)


def _tiles_of(mosaic: ByteArray, grid: MosaicGrid, kernel_of: tuple[int, ...]) -> Tiles:
    rows, columns, (tile_h, tile_w) = grid.rows, grid.columns, grid.tile_hw
    pitch = columns * tile_w
    view = as_strided(mosaic, (rows, columns, tile_h, tile_w), (tile_h * pitch, tile_w, pitch, 1))
    kernels = np.zeros(rows * columns, np.int32)
    kernels[: len(kernel_of)] = kernel_of
    return Tiles(view, np.zeros((rows, columns, 4), np.float32), kernels.reshape(rows, columns))
