"""One layer on frames of one size, as the Halide engine computes it: its pipelines, its memory, its present range."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.engine import Result
from convviz_core.engines.distinct import byte_lines, distinct_kernels, extremes_of_maps, peak_of_picture
from convviz_core.engines.halide_pipeline import Pipeline, Tiles
from convviz_core.engines.halide_recipe import Recipe
from convviz_core.layer import Layer
from convviz_core.mosaic import MosaicGrid
from convviz_core.ranges import Limits, bank_ranges, measured_ranges


class LayerView:
    """What stays from frame to frame, so that a small frame's time is not spent in Python.

    map_hw: the maps' size. measuring: the pipeline of the picture's own range, where the layer may want it.
    """

    def __init__(
        self, layer: Layer, map_hw: tuple[int, int], recipe: Recipe, pipeline: Pipeline, measuring: Pipeline | None
    ) -> None:
        """Allocate the mosaic."""
        self._layer, self._pipeline, self._measuring = layer, pipeline, measuring
        self._distinct = distinct_kernels(layer.bank)
        count = len(self._distinct)
        self._kernels = np.zeros(
            (-(-count // recipe.at_once) * recipe.at_once, *self._distinct.kernels.shape[1:]), np.float32
        )
        self._kernels[:count] = self._distinct.kernels
        self._way = f"halide {recipe.arithmetic}"
        height, width = map_hw
        grid = MosaicGrid(len(layer.bank), (-(-height // recipe.reduce), -(-width // recipe.reduce)))
        self._mosaic = np.zeros(grid.size_hw, np.uint8)
        self._tiles = _tiles_of(self._mosaic, grid, self._distinct.kernel_of)
        self._limits: Limits | None = None
        self._ranges: FloatArray = np.empty((0, 2), np.float32)

    def run(self, frame: ByteArray, limits: Limits | None) -> Result:
        """One frame's mosaic; limits None takes the picture's own range."""
        if limits is None:
            assert self._measuring is not None
            extremes = extremes_of_maps(self._layer, self._distinct, *self._run(self._measuring, frame, None))
            self._take(measured_ranges(self._layer, extremes))
        elif limits != self._limits:
            self._take(bank_ranges(len(self._layer.bank), limits))
        self._limits = limits
        lowest, highest = self._run(self._pipeline, frame, self._tiles)
        peak = peak_of_picture(self._layer, self._distinct, lowest, highest)
        return Result(self._mosaic, self._ranges, peak, self._way)

    def _run(self, pipeline: Pipeline, frame: ByteArray, tiles: Tiles | None) -> tuple[AnyArray, AnyArray]:
        """The extremes of the distinct kernels, those that only fill up left out."""
        lowest, highest = pipeline.run(frame, self._kernels, tiles)
        return lowest[: len(self._distinct)], highest[: len(self._distinct)]

    def _take(self, ranges: FloatArray) -> None:
        """The range of the next picture."""
        self._ranges = ranges
        self._ranges.setflags(write=False)  # results share it
        lines = byte_lines(self._layer, self._distinct, ranges)
        self._tiles.lines.reshape(-1, 4)[: len(lines)] = lines


def _tiles_of(mosaic: ByteArray, grid: MosaicGrid, kernel_of: tuple[int, ...]) -> Tiles:
    rows, columns, (tile_h, tile_w) = grid.rows, grid.columns, grid.tile_hw
    pitch = columns * tile_w
    view = as_strided(mosaic, (rows, columns, tile_h, tile_w), (tile_h * pitch, tile_w, pitch, 1))
    kernels = np.zeros(rows * columns, np.int32)
    kernels[: len(kernel_of)] = kernel_of
    return Tiles(view, np.zeros((rows, columns, 4), np.float32), kernels.reshape(rows, columns))
