"""How the maps are shared among threads: bands of rows.

Smaller pieces would stay in a nearer cache, but each step of work on one costs a thread the time to get Python back
from the others: bands of 32 rows, or of 1000 columns, took up to twice as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from convviz_core.blocks import Cut

BAND_ROWS = 128  # of responses, where a block has no more
PAIR_PIXELS, OF_USE = 250_000, 8  # a difference keeps twice as much at hand; an eighth more rows are read at most

Rows = tuple[int, int]  # the first, and the one behind the last


def bands(cut: Cut, workers: int, most: int = BAND_ROWS) -> Iterator[Rows]:
    """Bands of response rows, whole blocks of them each, at least one for every worker where there can be."""
    blocks = max(1, int(min(most, -(-cut.size // workers)) / cut.step))
    starts = [*cut.starts[:-1:blocks].tolist(), cut.size]
    yield from pairwise(starts)


def longest(of: Iterable[Rows]) -> int:
    """The most rows in one of them."""
    return max(last - first for first, last in of)


def rows_of_pairs(width: int, *extents_h: int) -> int:
    """The most rows of a difference's bands, of maps so wide and kernels that span so many rows."""
    return min(BAND_ROWS, max(PAIR_PIXELS // width, OF_USE * max(extents_h)))
