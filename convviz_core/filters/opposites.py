"""What ReLU removes of a map is what it leaves of the map of the opposite kernel: a - relu(a) = -relu(-a)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from convviz_core.arrays import FloatArray
from convviz_core.filters.bank import MAX_FILTERS, Filter, FilterBank


@dataclass(frozen=True, eq=False)
class BankWithOpposites(FilterBank):
    """A bank's filters, and behind them the opposites that it lacks. opposite_of: where each of its own has one.

    Engines compute a kernel and its opposite at once, so that it costs little more than the bank alone.
    """

    most: ClassVar[int] = 2 * MAX_FILTERS
    opposite_of: tuple[int, ...] = ()

    @property
    def own(self) -> int:
        """Without the opposites that were added."""
        return len(self.opposite_of)


@lru_cache(maxsize=16)
def with_opposites(bank: FilterBank, *, every: bool = False) -> BankWithOpposites:
    """The bank with the opposite of every filter; equal arguments give the same object, so that plans are kept.

    every: opposites that the bank has are added too, so that their number does not depend on the weights.
    Where the bank has a bias, the opposite filter's is the opposite bias: -(conv + b) = -conv - b.
    """
    filters = list(bank.filters)
    biases = [0.0] * len(filters) if bank.bias is None else bank.bias.tolist()
    place = {_identity(filter.kernel, bias): i for i, (filter, bias) in enumerate(zip(filters, biases, strict=True))}
    opposite_of = []
    for filter, bias in zip(bank.filters, tuple(biases), strict=True):
        opposite = _identity(0 - filter.kernel, -bias)
        if every or opposite not in place:
            place[opposite] = len(filters)
            filters.append(Filter(f"opposite of {filter.label}", 0 - filter.kernel))
            biases.append(-bias)
        opposite_of.append(place[opposite])
    return BankWithOpposites(
        bank.name,
        tuple(filters),
        bank.description,
        bank.notes,
        None if bank.bias is None else np.array(biases, np.float32),
        bank.conv,
        tuple(opposite_of),
    )


def _identity(kernel: FloatArray, bias: float) -> tuple[bytes, float]:
    return (kernel + 0).tobytes(), bias + 0.0  # + 0: -0.0 is 0
