"""What the captions above the tiles hold, by the room that they have. Only arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

from live.layout.type_scale import TypeScale

LARGEST_KERNEL_LINES = 4.0  # a caption takes so many lines for its kernel, where the tiles cannot use the height
CAPTIONED_SCALE = 0.8  # of the tiles' size without captions, that two lines leave at least
NUMBERED_SCALE = 0.62  # the same for one line
KERNELS_SCALES = (0.75, 0.5)  # the same for kernels with their numbers, in large cells and in small ones
NUMBER_CELL_EM = 2.4  # a side of a kernel's cell in which a number can be read, in units of the text's size
LARGEST_CELL_EM = 2.2
SMALLEST_KERNEL, SMALLEST_DIGITS = 8, 9  # pixels a side, and of type
CELL_WIDTH, CELL_HEIGHT = 0.92, 0.62  # of a cell, at most, that its number takes


@dataclass(frozen=True)
class CaptionNeeds:
    """What the captions would like, widths in units of the text's size.

    kernel_hw: rows and columns of a kernel. pictures: how many kernel pictures stand side by side in one caption.
    number_em: the widest weight, where the numbers are to be read in their cells; else 0. notes: what each
    map says of this picture (its own limits), in words; empty where it says nothing. notes_em: how wide that is.
    """

    wanted: bool = True
    line_em: float = 12.0  # number and answer on one line
    wrapped_em: float = 7.0  # the same on two lines
    name_em: float = 4.0
    around_em: float = 4.0  # words and signs that make an equation of input, kernel and map
    signs_em: float = 1.6  # the signs alone
    kernel_hw: tuple[int, int] = (3, 3)
    pictures: int = 1
    number_em: float = 0.0
    notes: str = ""
    notes_em: float = 0.0
    bare: bool = False  # one line of words, and no kernel
    halves: bool = False  # each has half of its tile's width


@dataclass(frozen=True)
class CaptionPlan:
    """What every caption of a layout holds: lines of text (0 to 2), words beside the number, the kernel's cells.

    cell: pixels a side of a kernel's weight; a fraction where weights share pixels, 0 where there is no kernel.
    """

    height: int = 0
    lines: int = 0
    words: bool = False
    cell: float = 0.0
    equation: bool = False
    signs: bool = False  # of the equation, at least
    numbers: bool = False  # the weights' cells are large enough for them
    notes: bool = False  # there is room for them, instead of the name or of the words


def caption_heights(text: TypeScale, needs: CaptionNeeds) -> list[tuple[int, float, bool]]:
    """Heights that captions may have, the best first: with the tiles' size that each must leave them, and whether it is
    only for the kernels' numbers."""
    if not needs.wanted:
        return [(0, 0.0, False)]
    if needs.bare:
        return [(_text_height(1, text), NUMBERED_SCALE, False), (0, 0.0, False)]
    heights: list[tuple[int, float, bool]] = [
        (_text_height(2, text), CAPTIONED_SCALE, False),
        (_text_height(1, text), NUMBERED_SCALE, False),
    ]
    if needs.number_em:
        cells = (NUMBER_CELL_EM * text.small, float(smallest_numbered_cell(needs.number_em)))
        for cell, share in zip(reversed(cells), reversed(KERNELS_SCALES), strict=True):
            height = max(round(needs.kernel_hw[0] * cell) + text.gap, _text_height(2, text))
            heights.insert(0, (height, share, True))
    return [*heights, (0, 0.0, False)]


def smallest_numbered_cell(number_em: float) -> int:
    """Pixels a side of the smallest cell in which a number so many times as wide as its size can be read."""
    return math.ceil(SMALLEST_DIGITS * max(number_em / CELL_WIDTH, 1 / CELL_HEIGHT))


class _Choice(NamedTuple):
    """What stands beside the kernel, and the cells that it must leave to be chosen."""

    words_w: int
    at_least: float
    words: bool = True
    equation: bool = False
    signs: bool = False
    kernel: bool = True


def _text_height(lines: int, text: TypeScale) -> int:
    return {0: 0, 1: round(text.small * 1.45), 2: round(text.base * 1.3 + text.small * 1.35)}[lines]


def plan_caption(width: int, least: int, most: int, text: TypeScale, needs: CaptionNeeds) -> CaptionPlan:
    """What a caption `width` wide and `least` to `most` pixels high holds.

    The words come first, then a kernel that can be seen, then words on one line, then a larger kernel; where the
    kernels' numbers are asked for, these come before all.
    """
    if least == 0:
        return CaptionPlan()
    if needs.bare:
        left = width - round(needs.line_em * text.small) - text.pad
        notes = bool(needs.notes) and needs.notes_em * text.small <= left
        return CaptionPlan(height=least, lines=1, words=left >= 0, notes=notes)
    lines = 2 if most >= _text_height(2, text) else 1
    words_h, size = _text_height(lines, text), text.base if lines == 2 else text.small
    rows, across = needs.kernel_hw[0], needs.kernel_hw[1] * needs.pictures
    lines_h = round(LARGEST_KERNEL_LINES * text.line)
    highest = max(least, words_h, most if needs.number_em else min(most, lines_h))
    largest = min((highest - text.gap) / rows, (NUMBER_CELL_EM if needs.number_em else LARGEST_CELL_EM) * text.base)
    smallest = min(largest, max(SMALLEST_KERNEL / rows, SMALLEST_KERNEL / across))
    as_high = min(largest, 0.8 * (words_h - text.gap) / rows)  # as the words beside it
    number_w, around_w = round(1.5 * size), round(needs.around_em * text.small) + 2 * text.pad
    signs_w = round(needs.signs_em * text.small) + 2 * text.gap
    line_w, wrapped_w = (round(em * size) + text.pad for em in (needs.line_em, needs.wrapped_em))
    numbered = smallest_numbered_cell(needs.number_em) if needs.number_em else 0
    words_ws = [line_w, wrapped_w] if lines == 2 and not needs.notes else [line_w]
    choices = [_Choice(words_w, numbered) for words_w in words_ws] if numbered else []
    choices += [_Choice(number_w, numbered, words=False)] if numbered else []
    choices += [_Choice(line_w + around_w, as_high, equation=True)] if lines == 2 else []
    for words_w in words_ws:
        at_least = as_high if words_w == line_w else smallest
        choices += [_Choice(words_w + signs_w, at_least, signs=True)] if lines == 2 else []
        choices += [_Choice(words_w, at_least)]
    choices += [_Choice(number_w, smallest, words=False), _Choice(number_w, -math.inf, words=False, kernel=False)]
    choice = next(choice for choice in choices if min(largest, (width - choice.words_w) / across) >= choice.at_least)
    plan = CaptionPlan(
        lines=lines if choice.words else 1,
        words=choice.words,
        cell=_whole(min(largest, (width - choice.words_w) / across)) if choice.kernel else 0.0,
        equation=choice.equation,
        signs=choice.signs,
    )
    height = max(_text_height(plan.lines, text), round(plan.cell * rows) + text.gap if plan.cell else 0)
    left = (
        round(plan.cell * across)
        + text.pad
        + around_w * plan.equation
        + signs_w * plan.signs
        + number_w * (plan.lines == 1)
    )
    notes = bool(needs.notes) and needs.notes_em * text.small <= width - left
    return replace(plan, height=height, numbers=0 < numbered <= plan.cell, notes=notes)


def _whole(cell: float) -> float:
    return float(int(cell)) if cell >= 1 else cell


def caption_left_out(plan: CaptionPlan, needs: CaptionNeeds) -> tuple[str, ...]:
    """What a caption would have had beside what it holds, in words."""
    if not needs.wanted:
        return ()
    notes = (needs.notes,) if needs.notes and not plan.notes else ()
    if not plan.height:
        return ("captions", *notes)
    if needs.bare:
        return notes
    said = [] if plan.cell else ["the kernels"]
    if needs.number_em and not plan.numbers:
        said.append("the kernels' numbers")
    if not plan.words:
        said.append("what each answers to")
    return (*said, *notes)
