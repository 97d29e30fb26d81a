"""Halide on the CPU: one fused pass over the frame on every core, compiled for the layer that is shown."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from functools import lru_cache
from threading import Lock
from types import TracebackType
from typing import Self

import halide as hl
import numpy as np
from numpy.lib.stride_tricks import as_strided

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engine import EngineError, Result, check_frame, map_hw
from convviz_core.engines.column_sums import ColumnSums, column_sums
from convviz_core.engines.distinct import DistinctKernels, byte_lines, distinct_kernels, extremes_of_maps
from convviz_core.engines.halide_pipeline import Arithmetic, Pipeline, Recipe, Tiles
from convviz_core.engines.halide_stages import vector_lanes
from convviz_core.engines.opencv_cpu import OpenCvEngine
from convviz_core.filters import FilterBank
from convviz_core.gray import dense
from convviz_core.layer import Layer, RangeMode
from convviz_core.mosaic import MosaicGrid
from convviz_core.ranges import Limits, bank_ranges, known_limits, measured_ranges

MOST_ADDITIONS = 300  # of whole numbers, unrolled: about a second of compiling
MOST_TAPS = 150  # of one kernel in float32, unrolled: about a second of compiling
KEPT_PIPELINES = 24
INT16_WEIGHTS = 128  # of one sign: 255 times this still fits 16 bits


class HalideEngine:
    """Whole-number banks in exact integers, others in float32; what would compile too long, OpenCV computes."""

    name = "halide"
    device = "cpu"

    def __init__(self) -> None:
        """Nothing is compiled yet."""
        self._opencv = OpenCvEngine()
        self._pipelines: OrderedDict[Recipe, Pipeline] = OrderedDict()
        self._lock = Lock()  # for what is kept
        self._compiling = Lock()  # one compilation at a time; runs of what is kept do not wait for it
        self._grid: MosaicGrid | None = None
        self._mosaic: ByteArray = np.zeros((0, 0), np.uint8)
        self._turned: ByteArray = np.empty(0, np.uint8)

    def run(self, frame: ByteArray, layer: Layer, limits: Limits | None = None, reduce: int = 1) -> Result:
        """One frame's mosaic (see Engine.run)."""
        height, width = check_frame(frame, layer.bank)
        known = known_limits(layer, limits)
        recipe = _recipe(frame.shape, layer.bank, reduce)
        if recipe is None:
            return self._opencv.run(frame, layer, limits, reduce)
        frame, distinct = self._readable(frame), distinct_kernels(layer.bank)
        if known is None:
            extremes = self._pipeline(replace(recipe, reduce=0)).run(frame, distinct.kernels, None)
            ranges = measured_ranges(layer, extremes_of_maps(layer, distinct, *extremes))
        else:
            ranges = bank_ranges(len(layer.bank), known)
        grid = MosaicGrid(len(layer.bank), (-(-height // reduce), -(-width // reduce)))
        tiles = self._tiles(grid, distinct, byte_lines(layer, distinct, ranges))
        extremes = self._pipeline(recipe).run(frame, distinct.kernels, tiles)
        peak = float(np.abs(extremes_of_maps(layer, distinct, *extremes)).max())
        return Result(self._mosaic, ranges, peak, f"halide {recipe.arithmetic}")

    def maps(self, frame: ByteArray, layer: Layer) -> tuple[FloatArray, FloatArray]:
        """conv and activated, float32 (N, h, w) each."""
        return self._opencv.maps(frame, layer)

    def planned(self, shape: tuple[int, ...], layer: Layer, reduce: int = 1) -> bool:
        """Whether every pipeline that `run` may need is compiled."""
        return all(recipe in self._pipelines for recipe in _recipes(shape, layer, reduce))

    def plan(self, shape: tuple[int, ...], layer: Layer, reduce: int = 1) -> None:
        """Compile what is missing; other threads go on meanwhile."""
        for recipe in _recipes(shape, layer, reduce):
            self._pipeline(recipe)

    def close(self) -> None:
        """Forget what was compiled."""
        self._pipelines.clear()
        self._opencv.close()

    def __enter__(self) -> Self:
        """Enter a with-block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the engine."""
        self.close()

    def _pipeline(self, recipe: Recipe) -> Pipeline:
        kept = self._kept(recipe)
        if kept is not None:
            return kept
        with self._compiling:
            kept = self._kept(recipe)
            if kept is None:
                kept = Pipeline(recipe)
                try:
                    kept.compile()
                except hl.HalideError as error:
                    raise EngineError(f"Halide could not compile a {recipe.arithmetic} pipeline: {error}") from error
                with self._lock:
                    self._pipelines[recipe] = kept
                    while len(self._pipelines) > KEPT_PIPELINES:
                        self._pipelines.popitem(last=False)
            return kept

    def _kept(self, recipe: Recipe) -> Pipeline | None:
        with self._lock:
            kept = self._pipelines.get(recipe)
            if kept is not None:
                self._pipelines.move_to_end(recipe)
            return kept

    def _tiles(self, grid: MosaicGrid, distinct: DistinctKernels, lines: FloatArray) -> Tiles:
        if grid != self._grid:
            self._grid, self._mosaic = grid, np.zeros(grid.size_hw, np.uint8)
        rows, columns, (tile_h, tile_w) = grid.rows, grid.columns, grid.tile_hw
        pitch = columns * tile_w
        view = as_strided(self._mosaic, (rows, columns, tile_h, tile_w), (tile_h * pitch, tile_w, pitch, 1))
        all_lines = np.zeros((rows * columns, 4), np.float32)
        all_lines[: grid.count] = lines
        kernel_of = np.zeros(rows * columns, np.int32)
        kernel_of[: grid.count] = distinct.kernel_of
        return Tiles(view, all_lines.reshape(rows, columns, 4), kernel_of.reshape(rows, columns))

    def _readable(self, frame: ByteArray) -> ByteArray:
        """The frame as Halide takes it: dense pixels, rows downwards, and not read-only."""
        if self._turned.shape != frame.shape:
            self._turned = np.empty(frame.shape, np.uint8)
        upright = dense(frame, self._turned)
        if not upright.flags.writeable:
            np.copyto(self._turned, upright)
            return self._turned
        return upright


def _recipes(shape: tuple[int, ...], layer: Layer, reduce: int) -> tuple[Recipe, ...]:
    """The pipelines that `run` may need: where the picture's own range is wanted, one that only measures as well."""
    recipe = _recipe(shape, layer.bank, reduce)
    if recipe is None:
        return ()
    return (recipe,) if layer.range == RangeMode.FIXED else (recipe, replace(recipe, reduce=0))


def _recipe(shape: tuple[int, ...], bank: FilterBank, reduce: int) -> Recipe | None:
    """The pipeline for frames of `shape`; None where OpenCV computes: narrow maps and long code."""
    _, width = map_hw(shape, bank)
    arithmetic, sums = _arithmetic(bank)
    taps = bank.channels * bank.kernel_hw[0] * bank.kernel_hw[1]
    if -(-width // reduce) < vector_lanes() or (sums is None and taps > MOST_TAPS):
        return None
    return Recipe(len(shape) == 3, bank.channels, bank.kernel_hw, arithmetic, reduce, sums)


@lru_cache(maxsize=64)
def _arithmetic(bank: FilterBank) -> tuple[Arithmetic, ColumnSums | None]:
    """What the bank's responses are summed in, and how, where its weights are whole numbers."""
    distinct = distinct_kernels(bank)
    if not distinct.whole:
        return Arithmetic.FLOAT32, None
    sums = column_sums(distinct.kernels)
    if sums.additions > MOST_ADDITIONS:
        return Arithmetic.FLOAT32, None
    weights = distinct.kernels.reshape(len(distinct), -1)
    one_sign = max(np.maximum(weights, 0).sum(axis=1).max(), np.maximum(-weights, 0).sum(axis=1).max())
    return (Arithmetic.INT16 if one_sign <= INT16_WEIGHTS else Arithmetic.INT32), sums
