"""The one design of all panels: a heading with a rule below it, the same margins, lines that are taken from the top."""

from __future__ import annotations

from collections.abc import Sequence

import cv2

from live.drawing.numbers import figure
from live.drawing.overlay import Sprite, blank
from live.drawing.text import (
    ACCENT,
    BOLD,
    DIM,
    INK,
    PANEL,
    REGULAR,
    RULE,
    Colour,
    put,
    put_right,
    shortened,
    text_width,
    wrapped,
)
from live.layout.tiling import Rect
from live.layout.type_scale import TypeScale


class PanelPage:
    """One panel being drawn: `y` is the first free row; all coordinates are the panel's own.

    beside: what stands beside the title, from its fullest form to its shortest, unless something has no room; then that
    is said there. brief: a title for where the other has no room.
    """

    def __init__(self, place: Rect, text: TypeScale, title: str, *beside: str, brief: str = "") -> None:
        self.sprite, self.text = blank(place, PANEL), text
        self.pixels = self.sprite.pixels
        self.left, self.right = text.base, place.width - text.base
        self.y, self.bottom = text.pad, place.height - text.pad
        cv2.line(self.pixels, (0, 0), (0, place.height - 1), RULE, 1)
        cv2.line(self.pixels, (0, 0), (place.width - 1, 0), RULE, 1)
        line = self.y + round(1.05 * text.title)
        self._beside, self._titles, self._title_line = beside, (title, brief or title), line
        self._left_out: list[str] = []
        self._refused = 0  # lines
        self.y = line + text.pad
        cv2.line(self.pixels, (self.left, self.y), (self.right - 1, self.y), RULE, 1)
        self.y += text.pad

    def finish(self) -> Sprite:
        """The panel, with its title and the last words beside it; a long title leaves room for those."""
        text = self.text
        lines = [f"{self._refused} line{'s' * (self._refused > 1)}"] if self._refused else []
        missing = [*self._left_out, *lines]
        names = ", ".join(missing)
        count = len(self._left_out) + self._refused
        short = (f"hidden: {names.removeprefix('the ')}", f"{count} part{'s' * (count > 1)} hidden", f"+{count}")
        choices, colour = ((f"no room for {names}", *short), ACCENT) if missing else (self._beside, DIM)
        least = self.width_of(choices[-1], small=True) + text.base if missing else 0
        wide = [text_width(one, text.title, BOLD) for one in self._titles]
        named = self.width_of(short[0], small=True) + text.base if missing else 0
        least = named if wide[1] + named <= self.width else least  # a shorter title, rather than a number without names
        title = self._titles[wide[0] + least > self.width]
        title = shortened(title, text.title, self.width - least, BOLD)
        end = put(self.pixels, title, self.left, self._title_line, text.title, INK, BOLD)
        room = self.right - end - text.base
        fallback = choices[-1] if missing else ""  # a hint that is cut says nothing
        said = next((words for words in choices if self.width_of(words, small=True) <= room), fallback)
        put_right(self.pixels, shortened(said, text.small, room), self.right, self._title_line, text.small, colour)
        return self.sprite

    def leave_out(self, words: str) -> None:
        """There is no room for this."""
        self._left_out.append(words)

    @property
    def whole(self) -> bool:
        """Whether all had room so far."""
        return not self._left_out and not self._refused

    @property
    def width(self) -> int:
        """Between the margins."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """What is still free."""
        return max(0, self.bottom - self.y)

    def skip(self, share: float = 0.4) -> None:
        """Leave that share of a line free."""
        self.y += round(share * self.text.line)

    def write(self, line: str, colour: Colour = INK, *, small: bool = False, weight: int = REGULAR) -> bool:
        """One line, shortened where it is too long; whether there was room for it."""
        return self.row([(line, 0.0, colour)], small=small, weight=weight)

    def write_first(self, choices: Sequence[str], colour: Colour = DIM, *, small: bool = True) -> bool:
        """The first of the sentences that fits on one line; where none does, it is a line that has no room."""
        said = self.fitting(choices, small=small)
        if said:
            return self.write(said, colour, small=small)
        self._refused += 1
        return False

    def fitting(self, choices: Sequence[str], value: str = "", *, small: bool = False, weight: int = REGULAR) -> str:
        """The first of them that fits on one line, before a value at its right end; nothing where none does."""
        room = self.width - (self.width_of(value, small=small) + self.text.pad if value else 0)
        size = self.text.small if small else self.text.base
        return next((said for said in choices if text_width(said, size, weight) <= room), "")

    def write_value(
        self, choices: Sequence[str], value: float | str, colour: Colour = INK, *, small: bool = False
    ) -> None:
        """A number (or how it is written) at the right, and before it the first of the words that have room."""
        number = value if isinstance(value, str) else figure(value)
        self.row([(self.fitting(choices, number, small=small), 0.0, colour), (number, 1.0, colour)], small=small)

    def write_whole(self, choices: Sequence[str], left_out: str, colour: Colour = DIM) -> None:
        """The first of the sentences that has room, on as many small lines as it takes; else that it is left out."""
        for sentence in choices:
            lines = wrapped(sentence, self.text.small, self.width)
            if len(lines) * self.step(small=True) <= self.height:
                for line in lines:
                    self.write(line, colour, small=True)
                return
        self.leave_out(left_out)

    def write_wrapped(self, sentence: str, colour: Colour = DIM, *, small: bool = True) -> None:
        """A sentence on as many lines as it takes; where not all have room, none is written."""
        lines = wrapped(sentence, self.text.small if small else self.text.base, self.width)
        if len(lines) * self.step(small=small) > self.height:
            self._refused += len(lines)
            return
        for line in lines:
            self.write(line, colour, small=small)

    def row(self, cells: Sequence[tuple[str, float, Colour]], *, small: bool = False, weight: int = REGULAR) -> bool:
        """Cells (text, place, colour) on one line; whether there was room for it.

        place: 0 begins at the left margin; a positive one is the share of the width at which the text ends, so that
        numbers stand in columns; a negative one that at which it begins. Where they meet, the beginning ones give way.
        """
        size = self.text.small if small else self.text.base
        if self.height < self.step(small=small):
            self._refused += 1
            return False
        line = self.y + round(1.05 * size)
        ends = [cell for cell in cells if cell[1] > 0]
        begins = [
            put_right(self.pixels, text, self.left + round(place * self.width), line, size, colour, weight)
            for text, place, colour in ends
        ]
        for text, place, colour in cells:
            if place <= 0:
                x = self.left + round(-place * self.width)
                right = min([begin - self.text.pad for begin in begins if begin >= x] + [self.right])
                put(self.pixels, shortened(text, size, right - x, weight), x, line, size, colour, weight)
        self.y += self.step(small=small)
        return True

    def step(self, *, small: bool = False) -> int:
        """The height of a line."""
        return round(1.4 * (self.text.small if small else self.text.base))

    def width_of(self, text: str, *, small: bool = False) -> int:
        """A text's width in pixels."""
        return text_width(text, self.text.small if small else self.text.base)
