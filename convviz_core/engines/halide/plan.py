"""One layer on frames of one size, as the Halide engine computes it: its pipelines, its memory, its present range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.lib.stride_tricks import as_strided

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.blocks import Blocks
from convviz_core.engines.again import Rows
from convviz_core.engines.api import Plan, PlanKey, Result, check_weights
from convviz_core.engines.cpu_kernels import byte_mappings, distinct_kernels, extremes_of_maps, peak_of_picture
from convviz_core.engines.halide.frame_reader import FrameReader
from convviz_core.engines.halide.pipeline import Extremes, Pipeline, Tiles
from convviz_core.engines.halide.recipe import Recipe, recipe_for
from convviz_core.engines.planning import EnginePlan
from convviz_core.filters.bank import FilterBank
from convviz_core.mosaic import MosaicGrid, black_mosaic
from convviz_core.ranges import Limits, RangeMode, bank_ranges


class Pipelines(Protocol):
    """What a plan needs of its engine."""

    def check_open(self) -> None:
        """EngineError once the engine was closed."""

    def pipeline(self, recipe: Recipe) -> Pipeline:
        """The recipe's pipeline, compiled now where it has to be."""

    def compiled(self, recipe: Recipe) -> bool:
        """Whether `pipeline` would compile nothing."""

    def opencv_plan(self, key: PlanKey) -> Plan:
        """What computes where Halide does not."""


class Code:
    """The pipelines of one recipe; those that `mode` needs are compiled here, others when they are first needed."""

    def __init__(self, recipe: Recipe, mode: RangeMode, engine: Pipelines) -> None:
        """Compile what is missing."""
        self.recipe, self._pipeline = recipe, engine.pipeline
        for needed in recipe.needed(mode):
            engine.pipeline(needed)

    @cached_property
    def direct(self) -> Pipeline:
        """For limits that zero lies in."""
        return self._pipeline(self.recipe)

    @cached_property
    def far(self) -> Pipeline:
        """For any limits."""
        return self._pipeline(self.recipe.far)

    @cached_property
    def measuring(self) -> Pipeline:
        """Makes no mosaic."""
        return self._pipeline(self.recipe.measuring)

    @cached_property
    def measured(self) -> Pipeline:
        """After `measuring`, for each map's own extremes."""
        return self._pipeline(self.recipe.measured)


class HalidePlan(EnginePlan):
    """What stays from frame to frame, so that a small frame's time is not spent in Python.

    Weights that are whole numbers stand in the compiled code. Other ones, which must not compile, are computed by the
    code for fractions where that is compiled (as it is for an editable plan), and else by OpenCV.
    """

    def __init__(self, key: PlanKey, recipe: Recipe, engine: Pipelines) -> None:
        """Compile what is missing and allocate."""
        super().__init__(key, engine.check_open)
        self._engine = engine
        self._mosaic = black_mosaic(key.grid)
        self._tiles = tiles_of(self._mosaic, key.grid, key.blocks)
        self._mappings = self._tiles.mappings.reshape(-1, 4)[: len(key.layer.bank)]
        self._reader = FrameReader(key.layer, key.shape)
        self._opencv: Plan | None = None  # which computes in this plan's place
        self._take(Code(recipe, key.range, engine))

    def run(self, frame: ByteArray, limits: Limits | None) -> Result:
        """One frame's mosaic (see Plan.run)."""
        if self._opencv:
            return self._opencv.run(frame, limits)
        self.check(frame, limits)
        if limits is None:
            return self._run_in_own_extremes(self._reader.read(frame))
        self._set_limits(limits)
        return self._run_in(limits, self._reader.read(frame), None)

    def run_again(self, frame: ByteArray, limits: Limits) -> Result:
        """The frame of the last run (see Plan.run_again)."""
        if self._opencv:
            return self._opencv.run_again(frame, limits)
        if self._limits is None:
            return self.run(frame, limits)
        self.check(frame, limits)
        before = self._mappings.copy()
        self._set_limits(limits)
        rows = self._extremes_of(self.key.grid.tile_hw[0]).rows_to_run(before, self._mappings, self.key.blocks)
        return self._run_in(limits, self._reader.again(frame), rows)

    def _run_in(self, limits: Limits, frame: ByteArray, rows: Sequence[Rows] | None) -> Result:
        pipeline = self._code.direct if self._near and limits[0] <= 0 <= limits[1] else self._code.far
        extremes = self._extremes_of(self.key.grid.tile_hw[0])
        pipeline.run(frame, self._kernels, extremes, tiles=self._tiles, rows=rows)
        peak = peak_of_picture(self.key.layer, self._distinct, *extremes.reached())
        return Result(self._mosaic, self._ranges, peak, self._implementation)

    def _run_in_own_extremes(self, frame: ByteArray) -> Result:
        """Each map between its own extremes, which are measured first. Between the two all cores wait for Python."""
        extremes = self._extremes_of(self.key.map_hw[0])
        self._code.measuring.run(frame, self._kernels, extremes, gray=self._gray)
        layer, distinct, reached = self.key.layer, self._distinct, extremes.reached()
        self._set_ranges(np.asarray(extremes_of_maps(layer, distinct, *reached), np.float32), own=True)
        self._code.measured.run(frame if self._gray is None else self._gray, self._kernels, tiles=self._tiles)
        return Result(self._mosaic, self._ranges, peak_of_picture(layer, distinct, *reached), self._implementation)

    def take_weights(self, bank: FilterBank) -> None:
        """Go on with another bank (see Plan.take_weights)."""
        self.key = check_weights(self.key, bank)
        if self._code.recipe.sums is None:
            self._take(self._code)
            return
        fractions = recipe_for(replace(self.key, editable=True))
        if fractions and all(self._engine.compiled(needed) for needed in fractions.needed(self.key.range)):
            self._opencv = None
            self._take(Code(fractions, self.key.range, self._engine))
        elif self._opencv:
            self._opencv.take_weights(bank)
        else:
            self._opencv = self._engine.opencv_plan(self.key)

    def _take(self, code: Code) -> None:
        """Compute the key's weights by this code from now on."""
        self._code = code
        self._implementation = f"halide {code.recipe.arithmetic}"
        self._near = not code.recipe.far_ranges  # zero lies in the range of every map's q
        self._distinct = distinct_kernels(self.key.layer.weights)
        count, at_once = len(self._distinct), code.recipe.at_once
        self._kernels = np.zeros((-(-count // at_once) * at_once, *self._distinct.kernels.shape[1:]), np.float32)
        self._kernels[:count] = self._distinct.kernels
        self._tiles.kernel_of.reshape(-1)[: len(self._distinct.kernel_of)] = self._distinct.kernel_of
        read_hw = self._reader.shape[:2]
        self._gray = np.empty(read_hw, np.uint8) if code.recipe.measuring.leaves_gray else None
        self._extremes: dict[int, Extremes] = {}
        self._limits: Limits | None = None
        self._ranges: FloatArray = np.empty((0, 2), np.float32)

    def _extremes_of(self, rows: int) -> Extremes:
        if rows not in self._extremes:
            self._extremes[rows] = Extremes(len(self._kernels), rows, self._code.recipe.arithmetic)
        return self._extremes[rows]

    def _set_limits(self, limits: Limits) -> None:
        if limits != self._limits:
            self._set_ranges(bank_ranges(len(self.key.layer.bank), limits), own=False)
            self._limits = limits

    def _set_ranges(self, ranges: FloatArray, *, own: bool) -> None:
        """The ranges of the next picture."""
        self._limits = None
        self._ranges = ranges
        self._ranges.setflags(write=False)  # results share it
        self._mappings[:] = byte_mappings(self.key.layer, self._distinct, ranges, own=own)


def tiles_of(mosaic: ByteArray, grid: MosaicGrid, blocks: Blocks) -> Tiles:
    """A mosaic's memory, tile by tile."""
    rows, columns, (tile_h, tile_w) = grid.rows, grid.columns, grid.tile_hw
    pitch = columns * tile_w
    view = as_strided(mosaic, (rows, columns, tile_h, tile_w), (tile_h * pitch, tile_w, pitch, 1))
    return Tiles(view, np.zeros((rows, columns, 4), np.float32), np.zeros((rows, columns), np.int32), blocks)
