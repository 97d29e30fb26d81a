"""How numbers are written in the square cells of matrices, and how much room those take."""

from __future__ import annotations

import re
from typing import NamedTuple

from convviz_core.arrays import AnyArray
from convviz_core.filters.bank import FilterBank
from live.drawing.numbers import column
from live.drawing.panel import PanelPage
from live.layout.caption_plan import smallest_numbered_cell
from live.layout.panel_places import CHAIN_NUMBER_EM, SIGN_EM


class Form(NamedTuple):
    """How the numbers of cells are written: with how many digits, with more where these tell them exactly, with the
    zero before the point.
    """

    digits: int = 3
    exactly: bool = True
    zero: bool = True


# Those that say more first: a zero before the point is as wide as a digit.
FORMS = tuple(
    Form(digits, exactly, zero) for digits, exactly in ((3, True), (3, False), (2, False)) for zero in (True, False)
)


def cell_texts(values: AnyArray, form: Form) -> tuple[list[str], int]:
    """What stands in the cells, and the power of ten that it is to be multiplied with."""
    texts, power = column(values, form.digits, exactly=form.exactly)
    return (texts if form.zero else [re.sub(r"^(\D?)0\.", r"\1.", text) for text in texts]), power


def numbered_height(page: PanelPage, bank: FilterBank) -> int:
    """The rows of a chain in whose cells the usual numbers can just be read; 0 where it would be too wide for that."""
    cell, (rows, columns), step = smallest_numbered_cell(CHAIN_NUMBER_EM), bank.kernel_hw, page.step(small=True)
    letter = page.text.base * (bank.channels > 1)
    if letter + 3 * columns * cell + 2 * round(SIGN_EM * page.text.base) > page.width:
        return 0
    return step + bank.channels * (rows * cell + page.text.gap) + page.text.pad
