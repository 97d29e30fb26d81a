"""When pictures are made smaller as the means of whole pixels, so that no pixel is read twice. Only arithmetic."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from convviz_core.blocks import Reduce

LINE = 0.703, 1.294  # a line of one pixel has so many times the sum over it that its share of a canvas pixel has

JUST_OVER_TWO = 3 * LINE[0]  # the least step above 2: some blocks then have three pixels


@lru_cache(maxsize=64)
def reduce_for(source_hw: tuple[int, int], place_hw: tuple[int, int]) -> Reduce:
    """The blocks of a source, one a pixel of the place, whose means are shown; 1 where its pixels have to be scaled.

    Blocks differ by a pixel, and where they are small, thin lines would show it.
    """
    steps = Fraction(source_hw[0], place_hw[0]), Fraction(source_hw[1], place_hw[1])
    return steps if all(step > 2 and _keeps_lines(step) for step in steps) else 1


def _keeps_lines(step: Fraction) -> bool:
    """Whether a line is about as bright in blocks of more pixels than `step`, and of fewer, as in one of that size."""
    fewer = int(step)
    return fewer == step or (LINE[0] <= step / (fewer + 1) and step / fewer <= LINE[1])
