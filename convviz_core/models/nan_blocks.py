"""Which responses read which input rows (or columns), from runs with NaN in many rows at once.

A first run for each block of rows tells which blocks a response reads. Where no response reads two blocks that lie
`apart` from each other, one run can have NaN in a row of each: a response that is NaN reads the row of the one block
among them that it reads. Both must agree in the end, else rows are tried one by one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Runs = Callable[[Sequence[Sequence[int]]], Iterator[dict[str, Bools]]]  # for each set of rows, by layer: what is NaN

WORTH_IT = 0.7  # of the runs that there would be with one for each row


@dataclass(eq=False)
class Reads:
    """Which input rows (or columns) a layer's responses read: int (h, w) each, or 1 along the other axis.

    first: -1 where a response reads none. rows: of some input rows, bool: which responses read them.
    """

    first: Ints
    last: Ints
    rows: dict[int, Bools] = field(default_factory=dict)

    @classmethod
    def nothing(cls, shape: tuple[int, ...], kept: Collection[int]) -> Reads:
        """Nothing is known to be read; kept: the rows that `rows` is to have."""
        return cls(np.full(shape, -1), np.full(shape, -1), {row: np.zeros(shape, np.bool_) for row in kept})

    def take(self, at: Ints | int, reading: Bools) -> None:
        """The responses that read a row: which one may be another for each."""
        rows = np.broadcast_to(at, reading.shape)
        self.first = np.where(reading & ((self.first < 0) | (rows < self.first)), rows, self.first)
        self.last = np.where(reading & (rows > self.last), rows, self.last)
        for row, found in self.rows.items():
            found |= reading & (rows == row)


@dataclass(frozen=True, eq=False)
class _Blocks:
    """read: bool (blocks, h, w), which blocks a layer's responses read. first: the first of them."""

    read: Bools
    first: Ints
    span: int

    @classmethod
    def of(cls, read: Bools) -> _Blocks:
        first, last = read.argmax(0), len(read) - 1 - read[::-1].argmax(0)
        return cls(read, first, int((last - first + 1)[read.any(0)].max(initial=1)))


def one_by_one(runs: Runs, shapes: Mapping[str, tuple[int, ...]], side: int, kept: Collection[int]) -> dict[str, Reads]:
    """A run for each of `side` rows. shapes: of what is NaN, by layer; those that a run lacks are left out later."""
    found = {name: Reads.nothing(shape, kept) for name, shape in shapes.items()}
    for at, nan in enumerate(runs([[row] for row in range(side)])):
        for name in found.keys() & nan.keys():
            found[name].take(at, nan[name])
    return found


def by_blocks(
    runs: Runs, shapes: Mapping[str, tuple[int, ...]], side: int, kept: Collection[int]
) -> dict[str, Reads] | None:
    """The same in fewer runs; None where there would hardly be fewer, or what is found does not agree."""
    size = math.isqrt(side)
    starts = range(0, side, size)
    coarse = list(runs([range(start, min(start + size, side)) for start in starts]))
    if any(nan.keys() < shapes.keys() for nan in coarse):
        return None
    blocks = {name: _Blocks.of(np.stack([nan[name] for nan in coarse])) for name in shapes}
    apart = max((found.span for found in blocks.values()), default=1)
    if len(starts) + apart * size >= WORTH_IT * side:
        return None
    found = {name: Reads.nothing(shape, kept) for name, shape in shapes.items()}
    seen = {name: np.zeros_like(of.read) for name, of in blocks.items()}
    classes = [(each, offset) for each in range(apart) for offset in range(size) if each * size + offset < side]
    patterns = [range(each * size + offset, side, apart * size) for each, offset in classes]
    for (each, offset), nan in zip(classes, runs(patterns), strict=True):
        if nan.keys() < shapes.keys():
            return None
        for name, of in blocks.items():
            block = of.first + (each - of.first) % apart
            if (nan[name] & (block >= len(starts))).any():
                return None
            found[name].take(block * size + offset, nan[name])
            places = np.minimum(block, len(starts) - 1)[None]
            np.put_along_axis(seen[name], places, np.take_along_axis(seen[name], places, 0) | nan[name], 0)
    return found if all(np.array_equal(seen[name], of.read) for name, of in blocks.items()) else None


def with_nan(noise: Tensor, axis: int, patterns: Sequence[Sequence[int]]) -> Tensor:
    """noise (1, C, h, w) once for each set of rows (axis 0) or columns, with NaN in these."""
    values = noise.repeat(len(patterns), 1, 1, 1)
    for picture, rows in zip(values, patterns, strict=True):
        picture.index_fill_(1 + axis, torch.tensor(list(rows), device=values.device), torch.nan)
    return values
