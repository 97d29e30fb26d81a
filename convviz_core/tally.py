"""auto's limit, defined: what all but the largest hundredth of a picture's responses stay below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from convviz_core.arrays import AnyArray

NOTHING = 1 / 512  # of the fixed limit: a response of this size or less is nothing, and does not count
ALWAYS_SHOWN = 4096  # so many responses may count before any is left above the limit
LEFT_ABOVE = 100  # one in so many of the others is
LEAST_COUNTED = 100  # with fewer in a sample, the picture's peak is the limit
FLOOR = 1 / 32  # of the fixed limit, which is the least: a covered lens does not become a picture of noise
ROUNDING = 1 + 1e-5  # a response that is the limit is not above it

_KEPT = 20  # of so many responses the largest is kept: more than decide where the others are much smaller
_SURE_ERRORS = 2.6  # so many standard errors of a rank count as what it may be off: edges come in clusters
_SPARSE = 1 / 32  # of a sample; where less counts, its rank is taken for as small as it may be: dots, stars, a cursor
_SURE = 0.02  # of the limit: may it be off by more, a larger sample is taken
_VAGUE = 1.3  # between the least and the most that it may be


@dataclass(frozen=True, eq=False)
class Tally:
    """What some of a picture's responses amount to, in units of the fixed limit.

    seen: how many there are. counted: of these, |v| is above NOTHING. largest: the largest |v| of them, as many as
    may decide.
    """

    seen: int
    counted: int
    largest: AnyArray

    @classmethod
    def of(cls, sizes: AnyArray) -> Tally:
        """sizes: |v| (n,), or less than 0 for what an activation removes."""
        return cls(sizes.size, int(np.count_nonzero(sizes > NOTHING)), sizes).deciding()

    def deciding(self) -> Tally:
        """With no more of the largest than may decide."""
        kept, have = self.seen // _KEPT + 1, self.largest.size
        return self if have <= kept else replace(self, largest=np.partition(self.largest, have - kept)[have - kept :])

    @classmethod
    def sum(cls, tallies: Sequence[Tally]) -> Tally:
        """All of them together."""
        largest = np.concatenate([tally.largest for tally in tallies])
        return cls(sum(tally.seen for tally in tallies), sum(tally.counted for tally in tallies), largest)

    def limit(self, responses: int) -> float | None:
        """The limit of a picture that has so many responses; None where it is the peak and these do not hold it.

        Of the n that count in the picture, k = floor(max(0, n - ALWAYS_SHOWN) / LEFT_ABOVE) exceed it.
        """
        rank = self._rank(responses)
        return None if rank is None else self._largest_but(rank)

    def sure(self, responses: int) -> bool:
        """Whether that limit is hardly off."""
        least, most = self.bounds(responses)
        return self.seen == responses or most - least <= 2 * _SURE * most

    def bounds(self, responses: int) -> tuple[float, float]:
        """Between which it lies, most probably; zeros where it is None."""
        rank = self._rank(responses)
        if rank is None:
            return 0.0, 0.0
        off = math.ceil(_SURE_ERRORS * math.sqrt(rank))
        return self._largest_but(rank + off), self._largest_but(max(0, rank - off))

    def vague(self, responses: int) -> bool:
        """Whether it says only that the limit lies somewhere between values that are far apart."""
        least, most = self.bounds(responses)
        return self.seen < responses and most > _VAGUE * least

    def above(self, limit: float) -> int:
        """How many are above `limit`, which is this tally's own or more."""
        return int(np.count_nonzero(self.largest > limit * ROUNDING))

    def _rank(self, responses: int) -> int | None:
        counted = self.counted * responses // self.seen
        above = max(0, counted - ALWAYS_SHOWN) // LEFT_ABOVE
        if self.seen < responses and (self.counted < LEAST_COUNTED or above == 0):
            return None
        rank = above * self.counted // max(1, counted)
        if self.seen < responses and self.counted < _SPARSE * self.seen:  # where little is there, nothing of it is lost
            rank = max(0, rank - math.ceil(1.5 * math.sqrt(rank)))
        return rank

    def _largest_but(self, rank: int) -> float:
        at = max(0, self.largest.size - 1 - rank)
        return float(np.partition(self.largest, at)[at])
