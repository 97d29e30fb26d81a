"""How the maps are shared among threads: bands of rows, each small enough for a core's cache."""

from __future__ import annotations

from collections.abc import Iterator

Rows = tuple[int, int]


def bands(height: int, reduce: int, workers: int, most: int) -> Iterator[Rows]:
    """Bands of response rows, whole blocks of `reduce` rows each, at least one for every worker where there can be.

    most: rows in a band, where a block has no more.
    """
    rows = max(1, min(most, -(-height // workers)) // reduce) * reduce
    for first in range(0, height, rows):
        yield first, min(first + rows, height)
