"""How the maps are shared among threads: bands of rows.

Smaller pieces would stay in a nearer cache, but each step of work on one costs a thread the time to get Python back
from the others: bands of 32 rows, or of 1000 columns, took up to twice as long.
"""

from __future__ import annotations

from collections.abc import Iterator

BAND_ROWS = 128  # of responses, where a block has no more

Rows = tuple[int, int]  # the first, and the one behind the last


def bands(height: int, reduce: int, workers: int) -> Iterator[Rows]:
    """Bands of response rows, whole blocks of `reduce` rows each, at least one for every worker where there can be."""
    rows = max(1, min(BAND_ROWS, -(-height // workers)) // reduce) * reduce
    for first in range(0, height, rows):
        yield first, min(first + rows, height)
