"""One response's arithmetic as square cells: patch, kernel, products, of each channel or of all in colour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.inspect import Inspection
from live.drawing.cell_texts import FORMS, cell_texts
from live.drawing.kernels import draw_numbers, draw_picture, numbers_size, shades, unit_shades
from live.drawing.numbers import TIMES, extremes, times_power
from live.drawing.panel import PanelPage
from live.drawing.text import ACCENT, DIM, INK, Colour, put, put_middle, text_width
from live.layout.panel_places import SIGN_EM
from live.layout.tiling import Rect

LARGEST_CELL_EM = 5.0
LEGIBLE_CELL_EM = 2.0  # with cells of that size the three matrices stand beside each other, as the sum is read
PADDING: Colour = (150, 60, 120)  # what of the patch is no pixel of the frame has half of it, a violet
CHANNELS = ("R", "G", "B")
SMALLEST_APART, TOGETHER_WORTH = 12, 1.5  # pixels a cell, below which all channels in colour have so much larger ones


@dataclass(frozen=True, eq=False)
class _Matrix:
    title: str
    values: FloatArray  # (C, kh, kw)
    pictures: tuple[ByteArray, ...]  # uint8 BGR (kh, kw, 3): one a channel, or one of all


@dataclass(frozen=True)
class _Plan:
    cell: int
    matrix_xy: tuple[int, int]  # from one of a channel's three matrices to the next
    channel_xy: tuple[int, int]  # from one channel's to the next one's
    size: int = 0  # of the numbers; 0: they could not be read

    @property
    def beside(self) -> bool:
        """Whether a channel's three matrices are beside each other, else one below the other."""
        return self.matrix_xy[0] > 0

    def corner(self, number: int, channel: int) -> tuple[int, int]:
        """Where a channel's `number`th matrix begins, from the first one's corner."""
        (across, down), (aside, below) = self.matrix_xy, self.channel_xy
        return number * across + channel * aside, number * down + channel * below


class Part(NamedTuple):
    """Some of the kernel's rows and columns."""

    top: int
    left: int
    rows: int
    columns: int


TOGETHER = -1  # instead of a channel
Cell = tuple[int, int, int]  # channel, row and column of the kernel


class Chain:
    """patch x kernel = products of one response, planned for at most `height` rows of a page.

    The numbers have the first of FORMS that fits; where none could be read, there are none. part: which weights are
    shown, None for all. together: cells of a channel each would hardly be seen, and all are in one, in colour.
    """

    def __init__(self, page: PanelPage, inspection: Inspection, height: int, part: Part | None = None) -> None:
        whole = [
            values.reshape(-1, *values.shape[-2:])
            for values in (inspection.patch, inspection.kernel, inspection.products)
        ]
        top, left, rows, columns = self._part = part or Part(0, 0, *whole[0].shape[1:])
        shown = np.s_[:, top : top + rows, left : left + columns]
        patch, kernel, products = (values[shown] for values in whole)
        outside = None if inspection.outside is None else inspection.outside[shown[1:]]
        reach = [float(np.abs(values).max()) for values in whole]  # a part has the shades that it has in the whole
        plan = _plan(page, patch.shape, height, stackable=part is None)
        whole_plan = _plan(page, (1, *patch.shape[1:]), height, stackable=False)
        small = len(patch) > 1 and part is None and plan.cell < SMALLEST_APART
        self.together = small and whole_plan.cell >= TOGETHER_WORTH * plan.cell
        plan = whole_plan if self.together else plan
        could_be_read = not self.together and numbers_size(("0",), plan.cell, page.text.base) > 0
        widest = [extremes(values) for values in (patch, kernel, products)]
        for form in FORMS if could_be_read else ():
            texts = [text for values in widest for text in cell_texts(values, form)[0]]
            plan = replace(plan, size=numbers_size(texts, plan.cell, page.text.base))
            self._form = form
            if plan.size:
                break
        self._page, self._plan = page, plan
        drawn = (
            ("input patch", patch, _pictures(unit_shades(patch), outside, together=self.together)),
            ("kernel", kernel, _pictures(shades(kernel, reach[1]), together=self.together)),
            ("products", products, _pictures(shades(products, reach[2]), together=self.together)),
        )
        self._matrices = tuple(_Matrix(*one) for one in drawn)
        self._places: list[tuple[int, Rect]] = []  # of what was drawn: the channel of each, and where

    @property
    def legible(self) -> bool:
        """Whether the numbers can be read."""
        return self._plan.size > 0

    def pieces(self) -> Iterator[None]:
        """Draw it on the page from its first free row on, one matrix of numbers after the other."""
        page, plan, top = self._page, self._plan, self._page.y
        if plan.cell < 1:
            return
        for number, matrix in enumerate(self._matrices):
            texts, power = cell_texts(matrix.values, self._form) if plan.size else ([], 0)
            said = texts, matrix.title + times_power(power)
            for channel, place in enumerate(_draw_matrix(page, plan, number, matrix, said, top)):
                self._places.append((TOGETHER if self.together else channel, place))
                yield
        page.y = top + self.height

    @property
    def height(self) -> int:
        """The rows that it takes."""
        plan, title = self._plan, self._page.step(small=True)
        if plan.cell < 1:
            return 0
        channels, rows = len(self._matrices[0].pictures), self._matrices[0].values.shape[1]
        return int(title + plan.corner(2, channels - 1)[1] + rows * plan.cell + self._page.text.pad)

    def cell_at(self, x: int, y: int) -> Cell | None:
        """Which weight's cell lies there on the page, in whichever of the three matrices."""
        top, left, rows, columns = self._part
        for channel, place in self._places:
            if place.contains(x, y):
                row, column = (y - place.y) * rows // place.height, (x - place.x) * columns // place.width
                return channel, top + row, left + column
        return None

    def mark(self, part: Part, channel: int | None = None) -> None:
        """Frame some cells in all that was drawn, or in that of one channel."""
        cell = self._plan.cell
        for of, place in self._places:
            if channel in (None, of):
                x, y = place.x + (part.left - self._part.left) * cell, place.y + (part.top - self._part.top) * cell
                corner, opposite = (x, y), (x + part.columns * cell - 1, y + part.rows * cell - 1)
                if place.contains(*corner) and place.contains(*opposite):
                    cv2.rectangle(self._page.pixels, corner, opposite, (0, 0, 0), 3)
                    cv2.rectangle(self._page.pixels, corner, opposite, ACCENT, 1)


def _pictures(shaded: ByteArray, outside: AnyArray | None = None, *, together: bool) -> tuple[ByteArray, ...]:
    """Of shades (C, kh, kw), one gray picture a channel, or `together` one in colour; outside: which are padding."""
    planes = np.repeat(shaded[:, :, :, None], 3, axis=3)
    found = np.moveaxis(shaded[::-1], 0, 2)[None].copy() if together else planes
    if outside is not None:
        found[:, outside] = (found[:, outside].astype(np.uint16) + PADDING) // 2
    return tuple(found)


def chain_height(page: PanelPage, shape: tuple[int, ...]) -> int:
    """The rows that a chain with cells as large as can be used takes; shape: (kh, kw) or (C, kh, kw)."""
    channels, rows, columns = (1, *shape)[-3:]
    cell = min(LARGEST_CELL_EM * page.text.base, (page.width - 4 * page.text.base) / (3 * columns))
    return page.step(small=True) + channels * (round(cell * rows) + page.text.gap)


def _plan(page: PanelPage, shape: tuple[int, ...], height: int, *, stackable: bool) -> _Plan:
    channels, rows, columns = shape
    between, title = round(SIGN_EM * page.text.base), page.step(small=True)
    letter = page.text.base if channels > 1 else 0
    gap = page.text.gap
    beside = min(
        (page.width - letter - 2 * between) // (3 * columns),
        (height - title - (channels - 1) * gap) // (channels * rows),
    )
    stacked = min(
        (page.width - between - (channels - 1) * gap) // (channels * columns), (height - 3 * title) // (3 * rows)
    )
    in_row = min(
        ((page.width + between) // channels - letter - 3 * between) // (3 * columns),
        (height - title) // rows,
    )
    most, legible = (round(em * page.text.base) for em in (LARGEST_CELL_EM, LEGIBLE_CELL_EM))
    if stackable and max(beside, stacked) < min(in_row, legible):
        step = in_row * columns + between
        return _Plan(in_row, (step, 0), (letter + 3 * step, 0))
    if beside >= min(stacked, most, legible) or not stackable:
        cell = max(0, min(beside, most))
        return _Plan(cell, (cell * columns + between, 0), (0, cell * rows + gap))
    cell = max(0, min(stacked, most))
    return _Plan(cell, (0, cell * rows + title), (cell * columns + gap, 0))


def _draw_matrix(
    page: PanelPage, plan: _Plan, number: int, matrix: _Matrix, said: tuple[list[str], str], top: int
) -> Iterator[Rect]:
    """The `number`th of the three, one channel after the other, with its title and the sign before it; where each is.

    said: what stands in its cells, and its title.
    """
    texts, title = said
    text = page.text
    channels, (rows, columns) = len(matrix.pictures), matrix.values.shape[1:]
    for channel, picture in enumerate(matrix.pictures):
        across, down = plan.corner(number, channel)
        x, y = page.left + across, top + page.step(small=True) + down
        if not plan.beside:
            x += round(SIGN_EM * text.base)
        elif channels > 1:
            x += text.base
        place = draw_picture(page.pixels, picture, x, y, plan.cell)
        if plan.size:
            part = texts[channel * rows * columns : (channel + 1) * rows * columns]
            draw_numbers(page.pixels, picture, part, place, plan.size)
        _draw_words(page, plan, number, channel, channels, place, title)
        yield place


def _draw_words(
    page: PanelPage, plan: _Plan, number: int, channel: int, channels: int, place: Rect, title: str
) -> None:
    """The title above the matrix, the sign before it, the channel's letter."""
    text = page.text
    first = channel == 0
    if first or plan.channel_xy[0]:
        named = f"{title}, {CHANNELS[channel]}" if channels > 1 and not plan.beside else title
        room = plan.matrix_xy[0] - text.pad if plan.beside else place.width
        forms = named, named.split()[-1], ""  # "input patch": patch
        said = next(form for form in forms if text_width(form, text.small) <= max(room, 0))
        put(page.pixels, said, place.x, place.y - round(0.35 * text.small), text.small, DIM)
    sign = ("", TIMES, "=")[number]
    if sign and (plan.beside or first):
        put_middle(page.pixels, sign, place.x - SIGN_EM / 2 * text.base, place.y + place.height / 2, text.title, INK)
    if channels > 1 and plan.beside and number == 0:
        put_middle(
            page.pixels, CHANNELS[channel], place.x - 2 * text.base / 3, place.y + place.height / 2, text.small, DIM
        )
