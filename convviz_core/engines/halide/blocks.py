"""Blocks of map pixels: which rows of the maps make each row of tiles, and the means of their bytes.

How many pixels they have is told at run time, so that one compiled pipeline is good for windows of all sizes.
"""

from __future__ import annotations

import halide as hl
import numpy as np

from convviz_core.blocks import Blocks
from convviz_core.engines.halide import stages
from convviz_core.engines.halide.stages import OVERLAP, Node, column, row, vector_lanes, x, y

MOST_A_BLOCK = 257  # pixels each way, of which 16 bits hold the sum
_STRIP_ROWS = 32  # of the maps: what is read for them stays in the core's cache
_longer, _inside, _outside = hl.Var("longer"), hl.Var("inside"), hl.Var("outside")


def suits(blocks: Blocks) -> bool:
    """Whether tiles can be made of these here: none is narrower than a vector, a map than two."""
    most = np.iinfo(np.int32).max
    small = max(blocks.down.longest, blocks.across.longest) <= MOST_A_BLOCK
    wide = blocks.across.size >= 2 * vector_lanes() and blocks.across.count >= least_width(means=not blocks.single)
    return wide and small and (blocks.down.count + 1) * blocks.down.step.numerator < most


def least_width(*, means: bool) -> int:
    """Of a tile: as many bytes are made at once."""
    return vector_lanes() // 2 if means else vector_lanes()


def means_strip_rows(blocks: Blocks) -> int:
    """The rows of tiles in a strip, which is one core's task."""
    return max(1, round(_STRIP_ROWS / blocks.down.step))


def extremes_stage(response: Node, kind: Node, map_wh: tuple[Node, Node], blocks: BlockArguments | None) -> Node:
    """(y, kernel): the smallest and largest response in the rows of the maps that become row y of the tiles."""
    if blocks is None:
        return stages.extremes_stage(response, kind, map_wh[0], lambda _: y, 1)
    return stages.extremes_stage(response, kind, map_wh[0], lambda nth: blocks.map_row(nth, map_wh[1]), blocks.longest)


def tiles_stage(levels: Node, map_wh: tuple[Node, Node], blocks: BlockArguments | None) -> Node:
    """(x, y, column, row): the levels themselves, or the means of their blocks."""
    return (
        blocks.tiles_stage(levels, map_wh)
        if blocks
        else stages.tiles_stage(levels[x, y, column, row], least_width(means=False))
    )


class BlockArguments:
    """What a pipeline is told of the blocks, and the stages that read it."""

    def __init__(self) -> None:
        self._step, self._of_steps, self.longest, self._shortest, self.strip_rows = (
            hl.Param(hl.Int(32)) for _ in range(5)
        )
        self._starts = hl.ImageParam(hl.Int(32), 1)
        self._set: object = None  # what they are set for

    def set(self, blocks: Blocks, starts: Node) -> None:
        """For the next run. starts: across, int32, as Halide takes them."""
        if self._set == (blocks, starts):
            return
        self._set = blocks, starts
        down, across = blocks.down, blocks.across
        self._step.set(down.step.numerator)
        self._of_steps.set(down.step.denominator)
        self.longest.set(down.longest)
        self._shortest.set(across.step.numerator // across.step.denominator)
        self._starts.set(starts)
        self.strip_rows.set(means_strip_rows(blocks))

    def map_row(self, nth: Node, map_h: Node) -> Node:
        """The maps' row that is row `nth` of block row y: its last one where it has fewer, or the maps' edge."""
        return hl.min(self._first() + nth, hl.min(self._first(1), map_h) - 1)

    def tiles_stage(self, levels: Node, map_wh: tuple[Node, Node]) -> Node:
        """(x, y, column, row): the means of the blocks of levels, halves up."""
        columns = self._column_sums(levels, map_wh)
        boxes = self._box_sums(columns, map_wh[0])
        width = self._starts[x + 1] - self._starts[x]
        start = hl.clamp(self._starts[x], 0, map_wh[0] - 1)
        sums = hl.cast(hl.Int(32), boxes[start, hl.clamp(width - self._shortest, 0, 1), y, column, row])
        area = width * self._height()
        dividend, divisor = 2 * sums + area, 2 * area
        near = hl.cast(hl.Int(32), hl.cast(hl.Float(32), dividend) / hl.cast(hl.Float(32), divisor))
        left = dividend - near * divisor  # however a compiler divides, it is off by one at most
        mean = near + hl.select(left >= divisor, 1, 0) - hl.select(left < 0, 1, 0)
        tiles = stages.tiles_stage(hl.cast(hl.UInt(8), mean), least_width(means=True))
        for stage in (columns, boxes):
            stage.compute_at(tiles, column)
        return tiles

    def _first(self, after: int = 0) -> Node:
        """The first row of block row y, or of one after it."""
        return ((y + after) * self._step + self._of_steps - 1) // self._of_steps

    def _height(self) -> Node:
        return self._first(1) - self._first()

    def _column_sums(self, levels: Node, map_wh: tuple[Node, Node]) -> Node:
        """(x, y, column, row): of the rows of each block, 16 bits."""
        rows, within = hl.RDom([(1, self.longest - 1)]), hl.Func("within")
        rows.where(rows.x < self._height())
        within[x, y, column, row] = hl.cast(hl.UInt(16), levels[x, self.map_row(0, map_wh[1]), column, row])
        within[x, y, column, row] += hl.cast(hl.UInt(16), levels[x, self.map_row(rows.x, map_wh[1]), column, row])
        sums = hl.Func("column_sums")
        sums[x, y, column, row] = within[x, y, column, row]
        sums.split(x, _outside, _inside, vector_lanes(), OVERLAP).vectorize(_inside).never_partition_all()
        within.compute_at(sums, _outside).vectorize(x).never_partition_all()
        within.update(0).reorder(x, rows.x).vectorize(x).never_partition_all()
        return sums

    def _box_sums(self, columns: Node, map_w: Node) -> Node:
        """(x, longer, y, column, row): of the columns from x on, as many as a shorter or a longer block has; 32 bits.

        They are there for every x, in whole vectors: only then it is worth gathering those with which blocks begin.
        """

        def at(column_x: Node) -> Node:
            inside = hl.min(hl.likely(column_x), map_w - 1)
            return hl.cast(hl.UInt(32), columns[inside, y, column, row])

        across, shorter = hl.RDom([(1, self._shortest - 1)]), hl.Func("shorter")
        shorter[x, y, column, row] = at(x)
        shorter[x, y, column, row] += at(x + across.x)
        sums, short = hl.Func("box_sums"), shorter[x, y, column, row]
        sums[x, _longer, y, column, row] = hl.mux(_longer, [short, short + at(x + self._shortest)])
        sums.bound(_longer, 0, 2).split(x, _outside, _inside, vector_lanes(), hl.TailStrategy.RoundUp)
        sums.reorder(_longer, _inside, _outside).unroll(_longer).vectorize(_inside)
        shorter.compute_at(sums, _outside).vectorize(x)
        shorter.update(0).reorder(x, across.x).vectorize(x)
        return sums
