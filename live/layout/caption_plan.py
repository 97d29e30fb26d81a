"""What the captions above the tiles hold, by the room that they have. Only arithmetic."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from live.layout.type_scale import TypeScale

LARGEST_KERNEL_LINES = 4.0  # a caption takes so many lines for its kernel, where the tiles cannot use the height
CAPTIONED_SCALE = 0.8  # of the tiles' size without captions, that two lines leave at least
STACKED_SCALE = 0.75  # the same for the lines of words below the number that narrow tiles need
NUMBERED_SCALE = 0.62  # the same for one line
KERNELS_SCALES = (0.75, 0.5)  # the same for kernels with their numbers, in large cells and in small ones
PICTURES_APART = 3  # pixels between a kernel's
NUMBER_CELL_EM = 2.4  # a side of a kernel's cell in which a number can be read, in units of the text's size
LARGEST_CELL_EM = 2.2
LEGIBLE_KERNEL, SMALLEST_DIGITS = 12, 9  # pixels a side, and of type
CELL_WIDTH, CELL_HEIGHT = 0.92, 0.62  # of a cell, at most, that its number takes


@dataclass(frozen=True)
class CaptionNeeds:
    """What the captions would like, widths in units of the text's size.

    below_em: how wide the words alone are on one line, on two, and so on, below the number. kernel_hw: rows and columns
    of a kernel. pictures: how many kernel pictures stand side by side in one caption. number_em: the widest weight,
    where the numbers are to be read in their cells; else 0. notes: what each map says of this picture (its own limits),
    in words; empty where it says nothing. notes_em: how wide that is.
    """

    wanted: bool = True
    line_em: float = 12.0  # number and answer on one line
    wrapped_em: float = 7.0  # the same on two lines
    head_em: float = 1.5  # the number, and whose it is
    below_em: tuple[float, ...] = ()
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
    """What every caption of a layout holds: lines of text, words beside the number or below it, the kernel's cells.

    cell: pixels a side of a kernel's weight; a fraction where weights share pixels, 0 where there is no kernel.
    """

    height: int = 0
    lines: int = 0
    words: bool = False
    stacked: bool = False  # the words stand below the number, on all lines but the first and that of the notes
    names: bool = False  # there is room for them below the words
    cell: float = 0.0
    equation: bool = False
    signs: bool = False  # of the equation, at least
    numbers: bool = False  # the weights' cells are large enough for them
    notes: bool = False  # there is room for them, instead of the name or of the words


class CaptionHeight(NamedTuple):
    """A height that captions may have, and what makes it worth it: how large the tiles stay, what has room."""

    height: int
    share: float
    numbers: bool = False
    words: bool = False

    def worth(self, scale: float, bare: float, plan: CaptionPlan) -> bool:
        """Whether tiles at `scale`, which would be at `bare` without captions, are to have these."""
        return scale >= self.share * bare and (plan.numbers or not self.numbers) and (plan.words or not self.words)


def caption_heights(text: TypeScale, needs: CaptionNeeds) -> list[CaptionHeight]:
    """Heights that captions may have, the best first; the last is worth it in any case."""
    if not needs.wanted:
        return [CaptionHeight(0, 0.0)]
    if needs.bare:
        return [CaptionHeight(_text_height(1, text), NUMBERED_SCALE), CaptionHeight(0, 0.0)]
    two = _text_height(2, text)
    heights = [CaptionHeight(two, CAPTIONED_SCALE, words=True)]
    heights += [
        CaptionHeight(_text_height(lines, text), STACKED_SCALE, words=True) for lines, _ in _stacked(needs, text)
    ]
    heights += [CaptionHeight(two, CAPTIONED_SCALE), CaptionHeight(_text_height(1, text), NUMBERED_SCALE)]
    if needs.number_em:
        cells = (NUMBER_CELL_EM * text.small, float(smallest_numbered_cell(needs.number_em)))
        for cell, share in zip(reversed(cells), reversed(KERNELS_SCALES), strict=True):
            height = max(round(needs.kernel_hw[0] * cell) + text.gap, two)
            heights.insert(0, CaptionHeight(height, share, numbers=True))
    return [*heights, CaptionHeight(0, 0.0)]


def smallest_numbered_cell(number_em: float) -> int:
    """Pixels a side of the smallest cell in which a number so many times as wide as its size can be read."""
    return math.ceil(SMALLEST_DIGITS * max(number_em / CELL_WIDTH, 1 / CELL_HEIGHT))


class _Choice(NamedTuple):
    """What stands beside the kernel, and the cells that it must leave to be chosen."""

    words_w: int
    at_least: float
    lines: int
    words: bool = True
    stacked: bool = False
    equation: bool = False
    signs: bool = False
    kernel: bool = True


def _wide(em: float, size: int) -> int:
    """Pixels that words take at that size, which is never less than they are drawn with."""
    return math.ceil(em * size - 1e-6)


def _text_height(lines: int, text: TypeScale) -> int:
    return round(text.small * 1.45) if lines == 1 else round(text.base * 1.3 + (lines - 1) * text.small * 1.35)


def _stacked(needs: CaptionNeeds, text: TypeScale) -> list[tuple[int, int]]:
    """How many lines words below the number take, with the note's, and how wide these are in pixels."""
    head, note = _wide(needs.head_em, text.base), _wide(needs.notes_em, text.small)
    return [
        (1 + lines + bool(needs.notes), max(head, _wide(em, text.small), note) + text.pad)
        for lines, em in enumerate(needs.below_em, 1)
    ]


def plan_caption(width: int, least: int, most: int, text: TypeScale, needs: CaptionNeeds) -> CaptionPlan:
    """What a caption `width` wide and `least` to `most` pixels high holds.

    Words come before the kernel, and a kernel that can be seen before words on one line, and those before a larger
    kernel; where the kernels' numbers are asked for, these come before all, and where they have no room, the rest is as
    without them.
    """
    if least == 0:
        return CaptionPlan()
    if needs.bare:
        words = _wide(needs.line_em, text.small) + text.pad <= width
        notes = bool(needs.notes) and _wide(needs.head_em + needs.notes_em, text.small) + text.pad <= width
        return CaptionPlan(height=least, lines=1, words=words, notes=notes)
    rows, across = needs.kernel_hw[0], needs.kernel_hw[1] * needs.pictures
    whole_w, width = width, width - PICTURES_APART * (needs.pictures - 1)
    lines_h = round(LARGEST_KERNEL_LINES * text.line)
    highest = max(least, most if needs.number_em else min(most, lines_h))
    largest = min((highest - text.gap) / rows, (NUMBER_CELL_EM if needs.number_em else LARGEST_CELL_EM) * text.base)
    numbered = smallest_numbered_cell(needs.number_em) if needs.number_em else 0
    around_w = _wide(needs.around_em, text.small) + 2 * text.pad
    signs_w = _wide(needs.signs_em, text.small) + 2 * text.gap
    choice = next(
        choice
        for choice in _choices(text, needs, highest, largest, numbered, around_w, signs_w)
        if min(largest, (width - choice.words_w) / across) >= choice.at_least
    )
    plan = CaptionPlan(
        lines=choice.lines,
        words=choice.words,
        stacked=choice.stacked,
        cell=_whole(min(largest, (width - choice.words_w) / across)) if choice.kernel else 0.0,
        equation=choice.equation,
        signs=choice.signs,
    )
    height = max(_text_height(plan.lines, text), round(plan.cell * rows) + text.gap if plan.cell else 0)
    left = width - round(plan.cell * across) - text.pad - around_w * plan.equation - signs_w * plan.signs
    names = plan.lines == 2 and _wide(needs.name_em, text.small) <= left
    left -= _wide(needs.head_em, text.small) * (plan.lines == 1)
    notes = bool(needs.notes) and _wide(needs.notes_em, text.small) <= left
    words = plan.words and not (notes and plan.lines == 1)
    if needs.number_em and not 0 < numbered <= plan.cell:
        return plan_caption(whole_w, least, most, text, replace(needs, number_em=0.0, pictures=1))
    return replace(plan, height=height, numbers=0 < numbered <= plan.cell, notes=notes, words=words, names=names)


def _choices(
    text: TypeScale,
    needs: CaptionNeeds,
    highest: int,
    largest: float,
    numbered: int,
    around_w: int,
    signs_w: int,
) -> Iterator[_Choice]:
    """What a caption at most `highest` may hold, the best first; the last one always fits. largest: the cells."""
    lines = 2 if highest >= _text_height(2, text) else 1
    size, rows, columns = text.base if lines == 2 else text.small, *needs.kernel_hw
    legible = LEGIBLE_KERNEL / math.sqrt(rows * columns)
    legible = min(float(int(largest)) or largest, round(legible) if legible >= 1 else legible)
    as_high = min(largest, 0.8 * (_text_height(lines, text) - text.gap) / rows)  # as the words beside it
    line_w, wrapped_w = (_wide(em, size) + text.pad for em in (needs.line_em, needs.wrapped_em))
    beside = [line_w, wrapped_w] if lines == 2 and not needs.notes else [line_w]
    stacked = [(high, w) for high, w in _stacked(needs, text) if _text_height(high, text) <= highest]
    head_w, number_w = _wide(needs.head_em, text.small), round(1.5 * text.small)

    def with_words(at_least: float, *, kernel: bool = True) -> Iterator[_Choice]:
        yield from (_Choice(words_w, at_least, lines, kernel=kernel) for words_w in beside)
        yield from (_Choice(words_w, at_least, high, stacked=True, kernel=kernel) for high, words_w in stacked)

    if numbered:
        yield from with_words(numbered)
        yield from (_Choice(words_w, numbered, 1, words=False) for words_w in (head_w, number_w))
    if lines == 2:
        yield _Choice(line_w + around_w, as_high, lines, equation=True)
        yield _Choice(line_w + signs_w, as_high, lines, signs=True)
    yield _Choice(line_w, as_high, lines)
    if lines == 2 and not needs.notes:
        yield _Choice(wrapped_w + signs_w, as_high, lines, signs=True)
        yield _Choice(wrapped_w, as_high, lines)
        yield from (_Choice(words_w, as_high, high, stacked=True) for high, words_w in stacked)
    yield from with_words(legible)
    yield from with_words(0.0, kernel=False)
    yield from (_Choice(words_w, legible, 1, words=False) for words_w in (head_w, number_w))
    yield _Choice(number_w, -math.inf, 1, words=False, kernel=False)


def _whole(cell: float) -> float:
    return float(int(cell)) if cell >= 1 else cell


def cell_of(plan: CaptionPlan, planned_hw: tuple[int, int], kernel_hw: tuple[int, int]) -> float:
    """Pixels a side of the cells of a kernel in the place that was planned for one of `planned_hw`."""
    return _whole(min(plan.cell * most / side for most, side in zip(planned_hw, kernel_hw, strict=True)))


def caption_left_out(plan: CaptionPlan, needs: CaptionNeeds) -> tuple[str, ...]:
    """What a caption would have had beside what it holds, in words: what a key has asked for first."""
    if not needs.wanted:
        return ()
    notes = (needs.notes,) if needs.notes and not plan.notes else ()
    if not plan.height:
        return ("captions", *notes)
    if needs.bare:
        return notes
    said = list(notes)
    if needs.number_em and not plan.numbers:
        said.append("the kernels' numbers")
    if not plan.cell:
        said.append("the kernels")
    if not plan.words and needs.line_em > needs.head_em:
        said.append("what each answers to")
    return tuple(said)
