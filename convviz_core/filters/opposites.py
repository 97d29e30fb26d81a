"""What ReLU removes of a map is what it leaves of the map of the opposite kernel: a - relu(a) = -relu(-a)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

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
def with_opposites(bank: FilterBank) -> BankWithOpposites:
    """The bank with the opposite of every filter; equal arguments give the same object, so that plans are kept."""
    filters = list(bank.filters)
    place = {(filter.kernel + 0).tobytes(): index for index, filter in enumerate(filters)}  # + 0: -0.0 is 0
    opposite_of = []
    for filter in bank.filters:
        kernel = 0 - filter.kernel
        if kernel.tobytes() not in place:
            place[kernel.tobytes()] = len(filters)
            filters.append(Filter(f"opposite of {filter.label}", kernel))
        opposite_of.append(place[kernel.tobytes()])
    return BankWithOpposites(bank.name, tuple(filters), bank.description, bank.notes, tuple(opposite_of))
