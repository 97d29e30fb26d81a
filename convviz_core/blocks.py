"""How maps are made smaller: cut into blocks, of which each becomes the mean of its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

import numpy as np

from convviz_core.arrays import AnyArray, ByteArray

Reduce = int | tuple[Fraction, Fraction]  # map pixels a block: as many each way, or down and across


@dataclass(frozen=True)
class Cut:
    """One direction of maps of `size` pixels: block i begins at pixel ceil(i * step), step 1 or more.

    So pixel y lies in block floor(y / step), blocks differ by a pixel at most, and whole steps make equal ones. The
    last block may hang over the edge, whose pixel fills it up; where size / step is whole, it does not.
    """

    size: int
    step: Fraction

    @cached_property
    def count(self) -> int:
        """Blocks that have a pixel."""
        return (self.size - 1) // self.step + 1

    @cached_property
    def starts(self) -> AnyArray:
        """int64 (count + 1,): where each block begins, and where the last one ends."""
        begin = -(-np.arange(self.count + 1, dtype=object) * self.step.numerator // self.step.denominator)
        return begin.astype(np.int64)  # 64 bits do not hold every product

    @property
    def longest(self) -> int:
        """Pixels of the longest block, or one more."""
        return -(-self.step.numerator // self.step.denominator)

    def blocks(self, rows: tuple[int, int]) -> tuple[int, int]:
        """The first block and the one behind the last of pixels that are whole blocks."""
        return rows[0] // self.step, (rows[1] - 1) // self.step + 1

    def span(self, first: int, size: int) -> slice:
        """As many blocks as `size` pixels make, from the one with pixel `first` on."""
        block = first // self.step
        return slice(block, block + -(-size // self.step))


@dataclass(frozen=True)
class Blocks:
    """Maps cut both ways."""

    down: Cut
    across: Cut

    @property
    def hw(self) -> tuple[int, int]:
        """How many there are, down and across."""
        return self.down.count, self.across.count

    @cached_property
    def area(self) -> AnyArray:
        """float64 (h, w): the pixels of each."""
        return np.outer(np.diff(self.down.starts), np.diff(self.across.starts).astype(np.float64))

    @property
    def single(self) -> bool:
        """Whether each is one pixel."""
        return self.down.step == self.across.step == 1


@lru_cache(maxsize=64)
def blocks_of(map_hw: tuple[int, int], reduce: Reduce) -> Blocks:
    """Maps of that height and width, cut as is asked for."""
    steps = (Fraction(reduce), Fraction(reduce)) if isinstance(reduce, int) else reduce
    return Blocks(Cut(map_hw[0], steps[0]), Cut(map_hw[1], steps[1]))


def check_reduce(reduce: Reduce) -> None:
    """TypeError or ValueError for what maps cannot be reduced by."""
    if not isinstance(reduce, int | tuple):
        raise TypeError(f"maps are reduced by a whole number, got {type(reduce).__name__}")
    steps: tuple[object, ...] = (Fraction(reduce),) * 2 if isinstance(reduce, int) else reduce
    if len(steps) != 2 or not all(isinstance(step, Fraction) for step in steps):
        raise TypeError(f"maps are reduced by a whole number, or by two Fractions, got {reduce}")
    for step in steps:
        if isinstance(step, Fraction) and step < 1:
            raise ValueError(f"maps are reduced by a factor of at least 1, got {step}")


def block_means(
    levels: ByteArray, blocks: Blocks, rows: tuple[int, int] | None = None, *, channels: bool = False
) -> ByteArray:
    """The means of the blocks of maps, uint8 (..., h, w), halves up, the edge filled up with its own pixels.

    rows: which rows of the maps are given, whole blocks; None for all. channels: of a picture instead, (h, w, C).
    """
    axis = levels.ndim - (3 if channels else 2)
    first, last = blocks.down.blocks(rows) if rows else (0, blocks.down.count)
    down, across = _taps(blocks.down, first, last), _taps(blocks.across, 0, blocks.across.count)
    high = np.uint16 if len(down) <= np.iinfo(np.uint16).max // 255 else np.uint32
    sums = _sums(_sums(levels, down, axis, high), across, axis + 1, np.uint32)
    area = blocks.area[first:last]
    means = np.divide(sums, area[..., None] if channels else area)  # a half is exact
    return np.add(means, 0.5, out=means).astype(np.uint8)


Taps = tuple[tuple[AnyArray | None, AnyArray], ...]


@lru_cache(maxsize=256)
def _taps(cut: Cut, first: int, last: int) -> Taps:
    """Of the blocks from `first` to before `last`, their first pixels, then their second ones, and so on.

    Each with the numbers of the blocks that have such a pixel, None for all. Pixels count from the first block's first
    one, numbers from it.
    """
    starts, ends = cut.starts[first:last], cut.starts[first + 1 : last + 1]
    taps: list[tuple[AnyArray | None, AnyArray]] = []
    for nth in range(int((ends - starts).max())):
        has = np.flatnonzero(starts + nth < ends)
        pixels = np.minimum(starts[has] + nth, cut.size - 1) - starts[0]
        taps.append((None if len(has) == len(starts) else has, pixels))
    return tuple(taps)


def _sums(values: AnyArray, taps: Taps, axis: int, kind: type[np.unsignedinteger]) -> AnyArray:
    """Those of the blocks' pixels along an axis."""
    sums = values.take(taps[0][1], axis).astype(kind)
    for has, pixels in taps[1:]:
        more = values.take(pixels, axis)
        if has is None:
            sums += more
        else:
            sums[(slice(None),) * axis + (has,)] += more
    return sums
