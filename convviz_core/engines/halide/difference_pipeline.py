"""One compiled pipeline for two layers: from the frame to the bytes of their difference, in one pass over strips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import halide as hl
import numpy as np

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.blocks import blocks_of
from convviz_core.engines.again import Rows
from convviz_core.engines.halide import stages
from convviz_core.engines.halide.blocks import BlockArguments, extremes_stage, tiles_stage
from convviz_core.engines.halide.pipeline import Extremes, Responding, Tiles, realize, responding, schedule
from convviz_core.engines.halide.recipe import Arithmetic, Mosaic, Recipe
from convviz_core.engines.halide.stages import Node

NO_FLOOR = -3e38  # of responses that no activation cuts


@dataclass(frozen=True)
class DifferenceRecipe:
    """What a difference's code depends on: how either layer's responses are computed, and what becomes of them.

    one_frame: whether both read the same picture, with the same padding.
    """

    live: Recipe
    kept: Recipe
    mosaic: Mosaic
    one_frame: bool = True

    @property
    def sides(self) -> tuple[Recipe, Recipe]:
        """Both, the live one first."""
        return self.live, self.kept


@dataclass(frozen=True, eq=False)
class Terms:
    """Which kernels' responses make each map, and how they become real units; the live side first.

    map_hw: of what both layers have. corners_yx: where either's maps begin. floors: what an activation leaves at least.
    kernel_of: int32 (n, 2), of the distinct kernels. scales, biases: float32 (n, 2). kernels: float32 (K, C, kh, kw)
    of each.
    """

    map_hw: tuple[int, int]
    corners_yx: tuple[tuple[int, int], tuple[int, int]]
    floors: tuple[float, float]
    kernel_of: AnyArray
    scales: FloatArray
    biases: FloatArray
    kernels: tuple[FloatArray, FloatArray]

    @cached_property
    def buffers(self) -> tuple[Node, ...]:
        """kernel_of, scales, biases and either side's kernels, as Halide takes them: the same memory."""
        return tuple(hl.Buffer(one) for one in (self.kernel_of, self.scales, self.biases, *self.kernels))


class DifferencePipeline:
    """One DifferenceRecipe; one thread at a time may run it."""

    def __init__(self, recipe: DifferenceRecipe) -> None:
        """Describe the stages; nothing is compiled yet."""
        self._recipe = recipe
        self._target = hl.get_jit_target_from_environment()
        self._frames = [hl.ImageParam(hl.UInt(8), 3 if side.color else 2) for side in recipe.sides]
        self._weights = [hl.ImageParam(hl.Float(32), 4) for _ in recipe.sides]
        self._kernel_of = hl.ImageParam(hl.Int(32), 2)
        self._scales, self._biases = (hl.ImageParam(hl.Float(32), 2) for _ in range(2))
        self._floors = [hl.Param(hl.Float(32)) for _ in recipe.sides]
        self._corners = [(hl.Param(hl.Int(32)), hl.Param(hl.Int(32))) for _ in recipe.sides]
        self._map_wh = hl.Param(hl.Int(32)), hl.Param(hl.Int(32))
        self._mappings = hl.ImageParam(hl.Float(32), 3)
        self._map_of = hl.ImageParam(hl.Int(32), 2)
        self._blocks = BlockArguments() if recipe.mosaic == Mosaic.MEANS else None
        self._pipeline = self._build()

    def run(
        self,
        frames: Sequence[ByteArray],
        terms: Terms,
        extremes: Extremes,
        tiles: Tiles,
        rows: Sequence[Rows] | None = None,
    ) -> None:
        """Write the tiles and the extremes.

        frames: what either layer reads, or the one that both read, uint8 (H, W) or (H, W, 3), pixels dense, writeable.
        tiles: its kernel_of is the map in each tile. rows: see Pipeline.run.
        """
        kernel_of, scales, biases, *kernels = terms.buffers
        for param, frame in zip(self._frames, frames, strict=False):  # where there is one, the other goes unread
            param.set(hl.Buffer(frame))
        for side, recipe in enumerate(self._recipe.sides):
            if recipe.sums is None:
                self._weights[side].set(kernels[side])
            self._floors[side].set(terms.floors[side])
            for param, corner in zip(self._corners[side], terms.corners_yx[side], strict=True):
                param.set(corner)
        for param, size in zip(self._map_wh, terms.map_hw[::-1], strict=True):
            param.set(size)
        self._kernel_of.set(kernel_of)
        self._scales.set(scales)
        self._biases.set(biases)
        view, mappings, map_of, starts = tiles.buffers
        self._mappings.set(mappings)
        self._map_of.set(map_of)
        if self._blocks:
            self._blocks.set(tiles.blocks, starts)
        realize(self._pipeline, [view, *extremes.buffers], self._target, rows)

    def compile(self) -> None:
        """Run on the smallest frame there is; only this compiles, and other threads go on meanwhile."""
        recipe, block = self._recipe, 2 if self._blocks else 1
        map_hw = (block, 2 * stages.vector_lanes())
        blocks = blocks_of(map_hw, block)
        kernels = [np.zeros((side.at_once, side.channels, *side.kernel_hw), np.float32) for side in recipe.sides]
        terms = Terms(
            map_hw,
            ((0, 0), (0, 0)),
            (0.0, 0.0),
            np.zeros((1, 2), np.int32),
            np.zeros((1, 2), np.float32),
            np.zeros((1, 2), np.float32),
            (kernels[0], kernels[1]),
        )
        tiles = Tiles(
            np.zeros((1, 1, *blocks.hw), np.uint8),
            np.zeros((1, 1, 4), np.float32),
            np.zeros((1, 1), np.int32),
            blocks,
        )
        hw = [
            max((map_hw[axis] - 1) * side.stride[axis] + side.extent_hw[axis] for side in recipe.sides)
            for axis in range(2)
        ]
        frames = [np.zeros((*hw, 3) if side.color else hw, np.uint8) for side in recipe.sides]
        self.run(frames, terms, Extremes(1, 1, Arithmetic.FLOAT32), tiles)

    def _build(self) -> Node:
        recipe = self._recipe
        found = self._responding()
        shown = [self._shown(side, one.response) for side, one in enumerate(found)]
        difference = stages.difference_stage(*shown)
        maps = self._kernel_of.dim(1).extent()
        extremes = extremes_stage(difference, hl.Float(32), self._map_wh, self._blocks)
        levels = stages.levels_stage(difference, maps, self._mappings, self._map_of, far_ranges=False)
        outputs = [tiles_stage(levels, self._map_wh, self._blocks), extremes]
        schedule(outputs, list(zip(recipe.sides, found, strict=True)), self._blocks, [difference])
        return hl.Pipeline(outputs)

    def _responding(self) -> tuple[Responding, Responding]:
        """Of either layer; what is the same for both is there once."""
        live, kept = self._recipe.sides
        one = responding(live, self._frames[0], self._weights[0])
        if not self._recipe.one_frame:
            return one, responding(kept, self._frames[1], self._weights[1])
        if live == kept and live.sums:
            return one, one
        reads_same = live.channels == kept.channels and (live.sums is None) == (kept.sums is None)
        return one, responding(kept, self._frames[0], self._weights[1], one.plane if reads_same else None)

    def _shown(self, side: int, response: Node) -> Node:
        """One layer's part of a map's response, after the activation, in real units."""
        recipe, (top, left) = self._recipe.sides[side], self._corners[side]
        count = len(recipe.sums.kernels) if recipe.sums else self._weights[side].dim(3).extent()
        index = hl.clamp(self._kernel_of[side, stages.kernel], 0, count - 1)
        value = hl.cast(hl.Float(32), response[stages.x + left, stages.y + top, index])
        # The activation stands between: no compiler makes one operation of scaling and subtracting, which would leave
        # something over where both layers are the same.
        value = value * self._scales[side, stages.kernel] + self._biases[side, stages.kernel]
        return hl.max(value, self._floors[side])
