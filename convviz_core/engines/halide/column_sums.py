"""How whole-number kernels are summed with few additions: their columns, shared between them, before their rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from math import gcd

import numpy as np

from convviz_core.arrays import AnyArray


@dataclass(frozen=True)
class Column:
    """One kernel column without its common factor: sum over dy of weights[dy] * plane[channel] at (x, y + dy)."""

    channel: int
    weights: tuple[int, ...]

    @property
    def taps(self) -> tuple[tuple[int, int], ...]:
        """(dy, weight) of the weights that are not zero."""
        return tuple((dy, weight) for dy, weight in enumerate(self.weights) if weight)


@dataclass(frozen=True)
class Term:
    """`factor` times `column` at x + dx."""

    factor: int
    column: Column
    dx: int


@dataclass(frozen=True)
class ColumnSums:
    """Kernels as sums of terms: kernel k is the sum of kernels[k]. A separable kernel has one column, many times."""

    kernels: tuple[tuple[Term, ...], ...]

    @cached_property
    def shared(self) -> tuple[Column, ...]:
        """The columns that are used more than once and are more than one tap: worth keeping for a row."""
        uses = Counter(term.column for terms in self.kernels for term in terms)
        return tuple(column for column, count in uses.items() if count > 1 and len(column.taps) > 1)

    @property
    def additions(self) -> int:
        """What one pixel costs, and how long the code gets."""
        shared = set(self.shared)
        terms = sum(1 if term.column in shared else len(term.column.taps) for kernel in self.kernels for term in kernel)
        return terms + sum(len(column.taps) for column in shared)


def column_sums(kernels: AnyArray) -> ColumnSums:
    """Whole-number kernels (K, C, kh, kw) as sums of their columns."""
    return ColumnSums(tuple(_terms(kernel.astype(np.int64)) for kernel in kernels))


def _terms(kernel: AnyArray) -> tuple[Term, ...]:
    terms = []
    for channel, plane in enumerate(kernel):
        for dx, weights in enumerate(plane.T.tolist()):
            first = next((weight for weight in weights if weight), 0)
            if first:
                factor = gcd(*weights) * (1 if first > 0 else -1)
                terms.append(Term(factor, Column(channel, tuple(weight // factor for weight in weights)), dx))
    return tuple(terms)
