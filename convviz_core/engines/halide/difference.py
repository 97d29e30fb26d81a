"""One layer's maps minus another's, as the Halide engine computes them: both in one pass over the frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.engines.again import Rows
from convviz_core.engines.api import Plan, PlanKey, Result, check_weights
from convviz_core.engines.cpu_kernels import DistinctKernels, distinct_kernels, linear_mappings
from convviz_core.engines.halide.blocks import suits
from convviz_core.engines.halide.difference_pipeline import NO_FLOOR, DifferencePipeline, DifferenceRecipe, Terms
from convviz_core.engines.halide.frame_reader import FrameReader
from convviz_core.engines.halide.pipeline import Extremes
from convviz_core.engines.halide.plan import tiles_of
from convviz_core.engines.halide.recipe import Arithmetic, Recipe, mosaic_of, recipe_for
from convviz_core.engines.planning import EnginePlan
from convviz_core.filters.bank import FilterBank
from convviz_core.layer import Layer
from convviz_core.mosaic import black_mosaic
from convviz_core.ranges import Limits, bank_ranges


class DifferencePipelines(Protocol):
    """What a plan needs of its engine."""

    def check_open(self) -> None:
        """EngineError once the engine was closed."""

    def difference_pipeline(self, recipe: DifferenceRecipe) -> DifferencePipeline:
        """The recipe's pipeline, compiled now where it has to be."""

    def compiled(self, recipe: DifferenceRecipe) -> bool:
        """Whether that would compile nothing."""

    def opencv_plan(self, key: PlanKey) -> Plan:
        """What computes where Halide does not."""


def difference_recipe_for(key: PlanKey) -> DifferenceRecipe | None:
    """The pipeline for a plan; None where OpenCV computes (see recipe_for)."""
    assert key.minus is not None
    live, kept = _side(key, key.layer, editable=key.editable), _side(key, key.minus, editable=False)
    if live is None or kept is None or not suits(key.blocks):
        return None
    return DifferenceRecipe(live, kept, mosaic_of(key), _one_frame(key.layer, key.minus))


def _one_frame(live: Layer, kept: Layer) -> bool:
    """Whether both read the same picture."""
    margins = [layer.geometry.margins for layer in (live, kept)]
    if not any(margins[0]) and not any(margins[1]):
        return True
    alike = live.padding_mode == kept.padding_mode and live.bank.channels == kept.bank.channels
    return margins[0] == margins[1] and alike


def _side(key: PlanKey, layer: Layer, *, editable: bool) -> Recipe | None:
    recipe = recipe_for(PlanKey(layer, key.shape, editable=editable))
    return recipe and replace(recipe.measuring, measures=False)


class HalideDifferencePlan(EnginePlan):
    """Its mosaic, and which responses make each map."""

    def __init__(self, key: PlanKey, recipe: DifferenceRecipe, engine: DifferencePipelines) -> None:
        """Compile what is missing and allocate."""
        super().__init__(key, engine.check_open)
        assert key.compared is not None
        self._engine, (self._difference, self._alignment) = engine, key.compared
        self._mosaic = black_mosaic(key.grid)
        self._tiles = tiles_of(self._mosaic, key.grid, key.blocks)
        self._mappings = self._tiles.mappings.reshape(-1, 4)[: key.grid.count]
        self._tiles.kernel_of.reshape(-1)[: key.grid.count] = np.arange(key.grid.count)
        self._extremes = Extremes(key.grid.count, key.grid.tile_hw[0], Arithmetic.FLOAT32)
        layers = self._difference.live, self._difference.kept
        self._limits: Limits | None = None
        self._ranges: FloatArray = np.empty((0, 2), np.float32)
        self._readers = [FrameReader(layer, key.shape) for layer in (layers[:1] if recipe.one_frame else layers)]
        self._opencv: Plan | None = None  # which computes in this plan's place
        self._take(recipe)

    def run(self, frame: ByteArray, limits: Limits | None) -> Result:
        """One frame's mosaic (see Plan.run)."""
        if self._opencv:
            return self._opencv.run(frame, limits)
        self.check(frame, limits)
        frames = [reader.read(frame) for reader in self._readers]
        if limits is None:
            limit = self._difference.fixed_limit
            self._set_limits((-limit, limit))
            self._pipeline.run(frames, self._terms, self._extremes, self._tiles)
            self._set_ranges(np.stack(self._extremes.reached(), axis=1), own=True)
        else:
            self._set_limits(limits)
        return self._run(frames, None)

    def run_again(self, frame: ByteArray, limits: Limits) -> Result:
        """The frame of the last run (see Plan.run_again)."""
        if self._opencv:
            return self._opencv.run_again(frame, limits)
        if self._limits is None:
            return self.run(frame, limits)
        self.check(frame, limits)
        before = self._mappings.copy()
        self._set_limits(limits)
        rows = self._extremes.rows_to_run(before, self._mappings, self.key.blocks)
        return self._run([reader.again(frame) for reader in self._readers], rows)

    def _run(self, frames: list[ByteArray], rows: Sequence[Rows] | None) -> Result:
        self._pipeline.run(frames, self._terms, self._extremes, self._tiles, rows)
        lowest, highest = self._extremes.reached()
        return Result(self._mosaic, self._ranges, max(-float(lowest.min()), float(highest.max())), self._implementation)

    def _set_limits(self, limits: Limits) -> None:
        if limits != self._limits:
            self._set_ranges(bank_ranges(len(self._difference), limits), own=False)
            self._limits = limits

    def _set_ranges(self, ranges: FloatArray, *, own: bool) -> None:
        """The ranges of the next picture."""
        self._limits = None
        self._ranges = ranges
        self._ranges.setflags(write=False)  # results share it
        flat = self._difference.flat(ranges) if own else np.zeros(len(ranges), bool)
        self._mappings[:, 1:3] = linear_mappings(ranges, flat)

    def take_weights(self, bank: FilterBank) -> None:
        """Go on with another bank for the layer from which the other is taken away (see Plan.take_weights)."""
        self.key = check_weights(self.key, bank)
        assert self.key.compared is not None
        self._difference = self.key.compared[0]
        recipe = difference_recipe_for(replace(self.key, editable=True))
        if recipe and self._engine.compiled(recipe):
            self._opencv = None
            self._take(recipe)
        elif self._opencv:
            self._opencv.take_weights(bank)
        else:
            self._opencv = self._engine.opencv_plan(self.key)

    def _take(self, recipe: DifferenceRecipe) -> None:
        """Compute the key's weights by this code from now on."""
        self._pipeline = self._engine.difference_pipeline(recipe)
        self._implementation = f"halide {recipe.live.arithmetic} minus {recipe.kept.arithmetic}"
        layers = self._difference.live, self._difference.kept
        distinct = [distinct_kernels(layer.weights) for layer in layers]
        count, alignment = self.key.grid.count, self._alignment
        live, kept = (_padded(one, side.at_once) for one, side in zip(distinct, recipe.sides, strict=True))
        self._terms = Terms(
            self.key.map_hw,
            (alignment.live_yx, alignment.kept_yx),
            (_floor(layers[0]), _floor(layers[1])),
            np.array([one.kernel_of[:count] for one in distinct], np.int32).T.copy(),
            np.array([_scales(one)[:count] for one in distinct], np.float32).T.copy(),
            np.array([one.bias[:count] for one in distinct], np.float32).T.copy(),
            (live, kept),
        )


def _floor(layer: Layer) -> float:
    return NO_FLOOR if layer.signed else 0.0


def _scales(distinct: DistinctKernels) -> AnyArray:
    return np.array(distinct.sign) * (distinct.scale / 255)


def _padded(distinct: DistinctKernels, at_once: int) -> FloatArray:
    """The kernels, and zeros up to a multiple of those that are computed at once."""
    kernels = np.zeros((-(-len(distinct) // at_once) * at_once, *distinct.kernels.shape[1:]), np.float32)
    kernels[: len(distinct)] = distinct.kernels
    return kernels
