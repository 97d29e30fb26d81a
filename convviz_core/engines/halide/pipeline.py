"""One compiled Halide pipeline: from the frame to the mosaic's bytes in one pass over strips of rows.

Only what the code itself depends on stands in its Recipe (recipe.py). Sizes and limits are arguments, so that
none of them ever compiles anything. So are the number of maps and their signs, except where pairs are made together,
and the weights, except where they are whole numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import cv2
import halide as hl
import numpy as np

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.blocks import Blocks, blocks_of
from convviz_core.engines.again import Rows, rows_with_other_bytes, takes_less
from convviz_core.engines.halide import responses, stages
from convviz_core.engines.halide.blocks import BlockArguments, extremes_stage, means_strip_rows, tiles_stage
from convviz_core.engines.halide.recipe import Arithmetic, Mosaic, Recipe
from convviz_core.engines.halide.stages import Node, y
from convviz_core.engines.halide.workers import workers
from convviz_core.mosaic import MosaicGrid

STRIP_ROWS = 32  # of tiles: one strip is one core's task, and its rows stay in that core's cache

DTYPES = {Arithmetic.INT16: np.int16, Arithmetic.INT32: np.int32, Arithmetic.FLOAT32: np.float32}
KINDS = {Arithmetic.INT16: hl.Int(16), Arithmetic.INT32: hl.Int(32), Arithmetic.FLOAT32: hl.Float(32)}


@dataclass(frozen=True, eq=False)
class Tiles:
    """Where the bytes go and how they are made, by the tiles of the mosaic; spare tiles have mappings of zeros.

    view: uint8 (rows, columns, h, w), the mosaic's memory. mappings: float32 (rows, columns, 4), see ByteMapping.
    kernel_of: int32 (rows, columns), the distinct kernel of each tile. blocks: of the maps, whose means they have.
    """

    view: ByteArray
    mappings: FloatArray
    kernel_of: AnyArray
    blocks: Blocks

    @cached_property
    def buffers(self) -> tuple[Node, ...]:
        """The first three, and where blocks start across, as Halide takes them: the same memory."""
        return tuple(hl.Buffer(one) for one in (self.view, self.mappings, self.kernel_of, self._starts))

    @cached_property
    def _starts(self) -> AnyArray:
        return self.blocks.across.starts.astype(np.int32)  # kept: Halide does not


class Extremes:
    """Where the smallest and largest q go, of each kernel in each row of tiles."""

    def __init__(self, kernels: int, rows: int, arithmetic: Arithmetic) -> None:
        """Allocate."""
        self._lowest, self._highest = (np.empty((kernels, rows), DTYPES[arithmetic]) for _ in range(2))
        self.buffers = [hl.Buffer(self._lowest), hl.Buffer(self._highest)]  # the same memory

    def reached(self) -> tuple[AnyArray, AnyArray]:
        """Of each kernel in the whole of the frame that was run last, (K,) each."""
        return np.minimum.reduce(self._lowest, axis=1), np.maximum.reduce(self._highest, axis=1)

    def rows_to_run(self, before: FloatArray, after: FloatArray, blocks: Blocks) -> list[Rows] | None:
        """The rows of tiles to run that frame's again for, in other mappings (see rows_with_other_bytes); None: all."""
        rows = rows_with_other_bytes(before, after, self._lowest, self._highest)
        strip_rows = STRIP_ROWS if blocks.single else means_strip_rows(blocks)
        pays = rows is not None and takes_less(rows, blocks.down.count, strip_rows, cv2.getNumberOfCPUs())
        return rows if pays else None


def realize(pipeline: Node, outputs: Sequence[Node], target: Node, rows: Sequence[Rows] | None) -> None:
    """Write the outputs, tiles and extremes (see Pipeline.run), whole or those of their rows."""
    with workers.elsewhere():
        if rows is None:
            pipeline.realize(outputs, target)
            return
        for first, last in rows:  # a crop is the same memory
            crops = [one.cropped(1 if one.dimensions() == 4 else 0, first, last - first) for one in outputs]
            pipeline.realize(crops, target)


class Responding(NamedTuple):
    """The stages from the frame to the responses of one layer; columns: where some are shared."""

    plane: Node
    response: Node
    columns: Node | None


def responding(recipe: Recipe, frame: Node, weights: Node, plane: Node | None = None) -> Responding:
    """(x, y, kernel) of a recipe's arithmetic, before the activation. frame, weights: ImageParams.

    plane: that of another recipe which reads the same.
    """
    kind = KINDS[recipe.arithmetic]
    if plane is None:
        plane = stages.plane_stage(frame, recipe.channels, kind if recipe.sums is None else hl.UInt(8))
    read = responses.Taps(plane, recipe.stride, recipe.dilation)
    if recipe.sums is None:
        found = responses.float_response(read, weights, recipe.channels, recipe.kernel_hw, recipe.at_once)
        return Responding(plane, found, None)
    return Responding(plane, *responses.whole_response(read, recipe.sums, kind))


def schedule(
    outputs: list[Node],
    layers: Sequence[tuple[Recipe, Responding]],
    blocks: BlockArguments | None,
    more: Sequence[Node] = (),
) -> None:
    """Strips in parallel, and in each strip row after row: what the layers hold of it, then all outputs together.

    blocks: where means of them are made. more: what else is held of a row.
    """
    strip_rows = blocks.strip_rows if blocks else STRIP_ROWS
    strip, row = hl.Var("strip"), hl.Var("strip_row")
    first, *others = outputs
    for output in outputs:
        output.split(y, strip, row, strip_rows, hl.TailStrategy.GuardWithIf).parallel(strip)
    for output in others:
        output.compute_with(first, row)
    held = [stage for _, found in layers for stage in (found.columns, found.response) if stage is not None]
    for stage in dict.fromkeys((*held, *more)):
        stage.compute_at(first, row).hoist_storage(first, strip)  # one allocation a strip
        stage.align_storage(stages.x, stages.vector_lanes())
    for recipe, found in {found.plane: (recipe, found) for recipe, found in layers}.values():
        if recipe.color or recipe.sums is None:  # a row is converted once, for all rows that read it
            stages.vectorize_plane(found.plane, recipe.channels)
            if (
                blocks
            ):  # where a row of them begins is no sum of what Halide knows, so that it keeps no row for the next
                found.plane.compute_at(first, strip)
            elif recipe.stride[0] <= recipe.extent_hw[0]:
                found.plane.store_at(first, strip).compute_at(first, row)
            else:  # between two responses lie rows that no response reads
                found.plane.compute_at(first, row).hoist_storage(first, strip)


class Pipeline:
    """One recipe; one thread at a time may run it."""

    def __init__(self, recipe: Recipe) -> None:
        """Describe the stages; nothing is compiled yet."""
        self._recipe = recipe
        self._target = hl.get_jit_target_from_environment()
        self._frame = hl.ImageParam(hl.UInt(8), 3 if recipe.color else 2)
        self._weights = hl.ImageParam(hl.Float(32), 4)
        self._mappings = hl.ImageParam(hl.Float(32), 3)
        self._kernel_of = hl.ImageParam(hl.Int(32), 2)
        self._blocks = BlockArguments() if recipe.mosaic == Mosaic.MEANS else None
        self._pipeline = self._build()

    def run(
        self,
        frame: ByteArray,
        kernels: FloatArray,
        extremes: Extremes | None = None,
        *,
        tiles: Tiles | None = None,
        gray: ByteArray | None = None,
        rows: Sequence[Rows] | None = None,
    ) -> None:
        """Write what the recipe makes: `tiles` or `gray`, and the extremes where it measures.

        frame: uint8 (H, W) or (H, W, 3), pixels dense, writeable. kernels: float32 (K, C, kh, kw), K a multiple of the
        recipe's at_once. extremes: of the rows of the tiles, or of the maps where there are none. gray: uint8 (H, W).
        rows: the rows of tiles that are made, and measured; None for all.
        """
        outputs = [*extremes.buffers] if extremes else []
        self._frame.set(hl.Buffer(frame))
        if self._recipe.sums is None:
            self._weights.set(hl.Buffer(kernels))
        if tiles is not None:
            view, mappings, kernel_of, starts = tiles.buffers
            self._mappings.set(mappings)
            self._kernel_of.set(kernel_of)
            outputs.insert(0, view)
            if self._blocks:
                self._blocks.set(tiles.blocks, starts)
        if gray is not None:
            outputs.insert(0, hl.Buffer(gray))
        realize(self._pipeline, outputs, self._target, rows)

    def compile(self) -> None:
        """Run on the smallest frame there is; only this compiles, and other threads go on meanwhile."""
        recipe, lanes = self._recipe, stages.vector_lanes()
        block = 2 if self._blocks else 1
        blocks = blocks_of((block, 2 * lanes), block)
        (extent_h, extent_w), (stride_y, stride_x) = recipe.extent_hw, recipe.stride
        height, width = extent_h + (block - 1) * stride_y, extent_w + (2 * lanes - 1) * stride_x
        frame = np.zeros((height, width, 3) if recipe.color else (height, width), np.uint8)
        count = len(recipe.sums.kernels) if recipe.sums else recipe.at_once
        kernels = np.zeros((count, recipe.channels, *recipe.kernel_hw), np.float32)
        grid = MosaicGrid(max(1, len(recipe.pairs)), blocks.hw)
        by_tile = (grid.rows, grid.columns)
        tiles = Tiles(
            np.zeros((*by_tile, *grid.tile_hw), np.uint8),
            np.zeros((*by_tile, 4), np.float32),
            np.zeros(by_tile, np.int32),
            blocks,
        )
        gray = np.zeros((height, width), np.uint8) if recipe.leaves_gray else None
        extremes = Extremes(count, 1, recipe.arithmetic) if recipe.measures else None
        self.run(frame, kernels, extremes, tiles=None if recipe.mosaic == Mosaic.NONE else tiles, gray=gray)

    def _build(self) -> Node:
        recipe, kind = self._recipe, KINDS[self._recipe.arithmetic]
        plane, response, _ = found = responding(recipe, self._frame, self._weights)
        outputs = []
        if recipe.measures:
            outputs.append(extremes_stage(response, kind, self._map_wh(), self._blocks))
        if recipe.mosaic != Mosaic.NONE:
            kernels = len(recipe.sums.kernels) if recipe.sums else self._weights.dim(3).extent()
            if recipe.pairs:
                outputs.insert(0, stages.paired_tiles(response, recipe.pairs, self._mappings))
            else:
                levels = stages.levels_stage(response, kernels, self._mappings, self._kernel_of, recipe.far_ranges)
                outputs.insert(0, tiles_stage(levels, self._map_wh(), self._blocks))
        elif recipe.leaves_gray:
            outputs.insert(0, stages.gray_stage(plane))
        schedule(outputs, [(recipe, found)], self._blocks)
        return hl.Pipeline(outputs)

    def _map_wh(self) -> tuple[Node, Node]:
        first = 1 if self._recipe.color else 0
        sizes = self._frame.dim(first).extent(), self._frame.dim(first + 1).extent()
        extents, strides = reversed(self._recipe.extent_hw), reversed(self._recipe.stride)
        width, height = ((size - e) // s + 1 for size, e, s in zip(sizes, extents, strides, strict=True))
        return width, height
