"""The stages of the Halide pipeline, each defined and vectorised; pipeline.py puts them together.

Coordinates are Halide's: x first. A Node is a Func, an Expr or a Var; halide's Python package has no types.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import halide as hl

from convviz_core.gray import GRAY_WEIGHTS
from convviz_core.mosaic import MosaicGrid

Node = Any

# A row's last vector overlaps the one before it, so that every row must hold one at least.
OVERLAP = hl.TailStrategy.ShiftInwards
# Next to this number float32 knows whole numbers only: adding it rounds, halves to even.
_ROUND = 1.5 * 2**23

x, y = hl.Var("x"), hl.Var("y")
_channel, kernel, _lane = hl.Var("channel"), hl.Var("kernel"), hl.Var("lane")
column, row = hl.Var("column"), hl.Var("row")


@cache
def vector_lanes() -> int:
    """How many responses of 16 bits fit a vector here; a tile is at least so wide, a map twice."""
    return int(hl.get_jit_target_from_environment().natural_vector_size(hl.Int(16)))


def plane_stage(frame: Node, channels: int, kind: Node) -> Node:
    """(x, y, channel) of type `kind` in 0..255: gray, byte for byte cv2.cvtColor's, or R, G, B.

    frame: the ImageParam, (x, y) gray or (channel, x, y) BGR.
    """
    if frame.dimensions() == 2:
        value = frame[x, y]
    elif channels == 3:
        value = frame[2 - _channel, x, y]
    else:
        value = _gray(*(hl.cast(hl.UInt(16), frame[index, x, y]) for index in range(3)))
    plane = hl.Func("plane")
    plane[x, y, _channel] = hl.cast(kind, value)
    if frame.dimensions() == 3:
        frame.dim(0).set_bounds(0, 3).set_stride(1)
        frame.dim(1).set_stride(3)
    return plane


def gray_stage(plane: Node) -> Node:
    """(x, y): the gray picture itself."""
    gray = hl.Func("gray")
    gray[x, y] = hl.cast(hl.UInt(8), plane[x, y, 0])
    return gray.vectorize(x, vector_lanes(), OVERLAP).never_partition_all()


def vectorize_plane(plane: Node, channels: int) -> None:
    """For a plane that is computed a row at a time."""
    plane.bound(_channel, 0, channels).reorder(_channel, x, y).unroll(_channel)
    plane.vectorize(x, vector_lanes(), OVERLAP).never_partition_all()


def _gray(blue: Node, green: Node, red: Node) -> Node:
    # (sum of weight * channel + 2**14) >> 15, the weights split at 256 so that 16 bits hold every sum.
    channels = (blue, green, red)
    high = total([level * (weight >> 8) for level, weight in zip(channels, GRAY_WEIGHTS, strict=True)]) + 64
    low = total([level * (weight & 255) for level, weight in zip(channels, GRAY_WEIGHTS, strict=True)])
    return (high + (low >> 8)) >> 7


def total(values: Sequence[Node]) -> Node:
    """The sum of all."""
    whole = values[0]
    for value in values[1:]:
        whole = whole + value
    return whole


def extremes_stage(response: Node, kind: Node, map_w: Node, map_row: Callable[[Node], Node], rows: Node) -> Node:
    """(y, kernel): the smallest and largest response in the `rows` rows of the maps that become row y of the tiles.

    map_row: the map's row that is the nth of them, twice the same where there are fewer.
    """
    lanes = vector_lanes()
    most = hl.f32(3e38) if kind == hl.Float(32) else kind.max()
    part = hl.Func("part")
    over = hl.RDom([(0, (map_w + lanes - 1) // lanes), (0, rows)])
    value = response[hl.min(over.x * lanes, map_w - lanes) + _lane, map_row(over.y), kernel]
    part[_lane, kernel, y] = (most, -most)
    part[_lane, kernel, y] = _extremes(part[_lane, kernel, y], value, value)
    whole = hl.Func("whole")
    across = hl.RDom([(0, lanes)])
    whole[kernel, y] = (most, -most)
    whole[kernel, y] = _extremes(whole[kernel, y], *(part[across.x, kernel, y][end] for end in (0, 1)))
    extremes = hl.Func("extremes")
    extremes[y, kernel] = (whole[kernel, y][0], whole[kernel, y][1])
    part.compute_at(extremes, kernel).vectorize(_lane, lanes).never_partition_all()
    part.update(0).reorder(_lane, over.x, over.y).vectorize(_lane, lanes).never_partition_all()
    whole.compute_at(extremes, kernel).never_partition_all()
    whole.update(0).atomic().vectorize(across.x, lanes).never_partition_all()
    return extremes.reorder(kernel, y).never_partition_all()


def _extremes(seen: Node, low: Node, high: Node) -> tuple[Node, Node]:
    return hl.min(seen[0], low), hl.max(seen[1], high)


def levels_stage(response: Node, kernels: Node, mappings: Node, kernel_of: Node, far_ranges: bool) -> Node:
    """(x, y, column, row): the byte of every response of the map in each tile.

    far_ranges: whether zero may lie outside a range, so that a mapping's origin is not 0.
    """
    index = hl.clamp(kernel_of[column, row], 0, kernels - 1)
    origin, scale, zero_point, floor = (mappings[i, column, row] for i in range(4))
    q = hl.cast(hl.Float(32), response[x, y, index])
    levels = hl.Func("levels")
    levels[x, y, column, row] = _byte(hl.max((q - origin if far_ranges else q) * scale + zero_point, floor))
    return levels


def difference_stage(live: Node, kept: Node) -> Node:
    """(x, y, kernel): one layer's value of each map minus another's, expressions of x, y and kernel in float32."""
    difference = hl.Func("difference")
    difference[x, y, kernel] = live - kept
    return difference.vectorize(x, vector_lanes(), OVERLAP).never_partition_all()


def paired_tiles(response: Node, maps: Sequence[tuple[int, int]], mappings: Node) -> Node:
    """(x, y, column, row): the bytes after ReLU of maps that all have one range, which zero lies in.

    maps: the distinct kernel and the sign of each. At every pixel, one map of a pair has the byte of |q|, the other
    that of zero.
    """
    grid = MosaicGrid(len(maps), (1, 1))
    scale, zero_point, floor = hl.abs(mappings[1, 0, 0]), mappings[2, 0, 0], mappings[3, 0, 0]
    zero = hl.cast(hl.UInt(8), floor)

    def level(index: int, sign: int) -> Node:
        whole = response[x, y, index]
        q = hl.cast(hl.Float(32), whole)
        if (index, -sign) not in maps:
            return _byte(hl.max(q * (scale * sign) + zero_point, floor))
        return hl.select(whole > 0 if sign > 0 else whole < 0, _byte(hl.abs(q) * scale + zero_point), zero)

    levels = [level(*its) for its in maps] + [hl.cast(hl.UInt(8), 0)] * (grid.rows * grid.columns - len(maps))
    tiles = hl.Func("tiles")
    tiles[x, y, column, row] = hl.mux(column + grid.columns * row, levels)
    tiles.output_buffer().dim(0).set_stride(1)
    tiles.bound(column, 0, grid.columns).bound(row, 0, grid.rows)
    tiles.reorder(column, row, x, y).unroll(column).unroll(row).vectorize(x, vector_lanes(), OVERLAP)
    return tiles.never_partition_all()


def tiles_stage(level: Node, lanes: int) -> Node:
    """(x, y, column, row): the byte `level`, an expression of these, `lanes` at once."""
    tiles = hl.Func("tiles")
    tiles[x, y, column, row] = level
    tiles.output_buffer().dim(0).set_stride(1)
    tiles.reorder(x, column, row, y).vectorize(x, lanes, OVERLAP)
    return tiles.never_partition_all()


def _byte(level: Node) -> Node:
    """A level from 0 on, clipped to 255 and rounded."""
    # Clipping stands between two additions, so that the compiler cannot make one of them, and round earlier.
    rounded = hl.min(level, 255.0) + hl.f32(_ROUND)
    return hl.cast(hl.UInt(8), hl.reinterpret(hl.UInt(32), rounded))  # the last byte of the float's bits
