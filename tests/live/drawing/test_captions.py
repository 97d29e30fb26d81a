"""The captions above the tiles: words take the room that was planned for them."""

from __future__ import annotations

import pytest

from convviz_core.filters.built_in import BUILT_IN_BANKS
from live.drawing.captions import MOST_BELOW, beside_number, narrowest_em
from live.drawing.kernels import size_wh
from live.drawing.text import wrapped
from live.layout.caption_plan import CaptionNeeds, plan_caption
from live.layout.type_scale import TypeScale

SAID = sorted({beside_number(bank, index)[0] for bank in BUILT_IN_BANKS for index in range(len(bank))})


@pytest.mark.parametrize("kernel_hw", [(3, 3), (31, 31)])
@pytest.mark.parametrize("words", SAID)
def test_words_below_a_number_are_whole_and_never_take_more_lines_than_were_planned(
    words: str, kernel_hw: tuple[int, int]
) -> None:
    below = tuple(narrowest_em(words, lines) for lines in range(1, MOST_BELOW + 1))
    needs = CaptionNeeds(line_em=99.0, wrapped_em=99.0, head_em=1.0, below_em=below, kernel_hw=kernel_hw)
    for text in map(TypeScale, range(10, 28)):
        for width in range(2 * text.base, 12 * text.base):
            plan = plan_caption(width, 17, 6 * text.base, text, needs)
            if plan.stacked:
                left = size_wh(kernel_hw, plan.cell)[0] + text.pad if plan.cell else 0
                lines = wrapped(words, text.small, width - left)
                assert len(lines) < plan.lines, (text, width)
                assert " ".join(lines) == words, (text, width)
