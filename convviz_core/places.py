"""Where a first picture is looked at: patches that are spread over the maps, so many as a look has time for."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from convviz_core.patches import PatchHW
from convviz_core.sampling import LEAST_PIXELS
from convviz_core.windows import Indices, columns_spread, side_by_side

LOOK_NS = 400_000.0  # what numpy's look may cost, by the figures in patches.py


class Spread(NamedTuple):
    """So many patches. The greatest is the best: over_ns, negative, is what it costs too much; tells, what it tells."""

    over_ns: float
    tells: float
    patches: int


def spread(
    output_hw: tuple[int, int],
    patch_hw: PatchHW,
    each_ns: float,
    *,
    spent_ns: float = 0.0,
    most_ns: float = LOOK_NS,
    bearable_ns: float = LOOK_NS,
) -> Spread:
    """What patches of that size can do, each of which costs so much.

    spent_ns: what they cost all together before. most_ns: what more than LEAST_PIXELS may cost; bearable_ns: what these
    may, before cheaper ones are better.
    """
    height, width = output_hw
    pixels, everywhere = math.prod(patch_hw), max(-(-height // patch_hw[0]), -(-width // patch_hw[1]))
    least = max(-(-LEAST_PIXELS // pixels), everywhere)  # in every row and column
    most = min(3 * LEAST_PIXELS, height * width) // pixels
    patches = max(least, min(most, int((most_ns - spent_ns) / each_ns)))
    return Spread(min(0.0, bearable_ns - spent_ns - patches * each_ns), patches * math.sqrt(pixels), patches)


@lru_cache(maxsize=4)
def places(height: int, width: int, patch_hw: PatchHW, patches: int) -> tuple[Indices, Indices]:
    """(y, x) of each patch's first pixel, row by row: the maps are cut in such patches, of which these are some."""
    rows, columns = -(-height // patch_hw[0]), -(-width // patch_hw[1])
    cells = min(columns, -(-patches // rows))
    # There are too many: some are left out, evenly, never two that follow each other.
    chosen = np.arange(min(patches, rows * cells)) * (rows * cells) // min(patches, rows * cells)
    row, cell = np.divmod(chosen, cells)
    column = columns_spread(columns, cells, row, cell)
    return side_by_side(row, patch_hw[0], height), side_by_side(column, patch_hw[1], width)
