"""How the maps are shared among threads: bands of rows.

Smaller pieces would stay in a nearer cache, but each step of work on one costs a thread the time to get Python back
from the others: bands of 32 rows, or of 1000 columns, took up to twice as long.
"""

from __future__ import annotations

from collections.abc import Iterator

BAND_ROWS = 128  # of responses, where a block has no more
PAIR_PIXELS, OF_USE = 250_000, 8  # a difference keeps twice as much at hand; an eighth more rows are read at most

Rows = tuple[int, int]  # the first, and the one behind the last


def bands(height: int, reduce: int, workers: int, most: int = BAND_ROWS) -> Iterator[Rows]:
    """Bands of response rows, whole blocks of `reduce` rows each, at least one for every worker where there can be."""
    rows = max(1, min(most, -(-height // workers)) // reduce) * reduce
    for first in range(0, height, rows):
        yield first, min(first + rows, height)


def rows_of_pairs(width: int, *extents_h: int) -> int:
    """The most rows of a difference's bands, of maps so wide and kernels that span so many rows."""
    return min(BAND_ROWS, max(PAIR_PIXELS // width, OF_USE * max(extents_h)))
