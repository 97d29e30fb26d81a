"""The help: keys and gestures by what one wants to do, the bank that is shown, and all banks with their numbers."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace

from convviz_core.filters.bank import FilterBank
from live.drawing.overlay import Sprite
from live.drawing.panel import PanelPage
from live.drawing.scene import Scene
from live.drawing.text import ACCENT, BOLD, DIM, INK, NO_BREAK, put, shortened, wrapped
from live.layout import Layout
from live.layout.panel_places import Panel
from live.layout.tiling import Rect
from live.layout.type_scale import TypeScale

EXPLANATION = (
    "Each kernel is laid over every patch of the input: weights times pixels, summed, is one pixel of its map. "
    "ReLU makes what is negative 0. The range says which two sums are shown as the two ends of the colour bar."
)
SMALLEST = 11  # pixels of type
COLUMN_EM = 19.0  # two columns from twice this on
KEYS_EM = 6.6  # of a column, for the keys
FOLLOWING = 0.45  # of a line, above a title

Section = tuple[str, Sequence[tuple[str, str]]]  # a title, and lines of keys and words


@dataclass(frozen=True)
class _Piece:
    """What is not torn apart: a title, or a line's keys with its words, both as they are wrapped."""

    keys: tuple[str, ...]
    words: tuple[str, ...]
    title: bool = False


class Help:
    """Two columns where there is room for them; what fits into none is on further pages.

    Where it has the whole window, its last line is left free for what has just happened.
    pages: how many there were, when it was drawn last.
    """

    def __init__(
        self, sections: Sequence[Section], while_editing: Sequence[Section] = (), explanation: str = EXPLANATION
    ) -> None:
        self.pages = 0
        self._explanation = explanation
        self._sections, self._while_editing = tuple(sections), tuple(while_editing)

    def key(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """The banks, the page."""
        return tuple(bank.name for bank in scene.banks), scene.bank_index, scene.help_page, scene.editing is None

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """One sprite where it is open."""
        place = layout.panel(Panel.HELP)
        if place is None:
            return ()
        banks = _bank_sections(scene.banks, scene.bank_index)
        keys = self._while_editing if scene.editing else self._sections
        sections = [*keys, *banks, ("What one sees", [("", self._explanation)])]
        free = 0 if layout.strip.height else layout.text.line
        room, largest = replace(place, height=place.height - free), max(SMALLEST, layout.text.base)
        choices = [
            _arranged(sections, room, TypeScale(base), whole=whole)
            for base in range(largest, SMALLEST - 1, -1)
            for whole in (True, False)
        ]
        chosen = next((choice for choice in choices if choice.pages == 1), choices[1])
        self.pages = chosen.pages
        return (_draw(place, chosen, scene.help_page % chosen.pages).finish(),)


def _bank_sections(banks: Sequence[FilterBank], index: int) -> list[Section]:
    if not banks:
        return []
    shown = banks[index]
    rows, columns = shown.kernel_hw
    numbered = ", ".join(f"{number}{NO_BREAK}{bank.name}" for number, bank in enumerate(banks, 1))
    size = f"{len(shown)} of {rows}x{columns}"
    described = f"{shown.description}; {size}" if shown.description else size
    return [(f"Now: {shown.name}", [("", described)]), ("All banks", [("", numbered)])]


@dataclass(frozen=True)
class _Arranged:
    text: TypeScale
    column_w: int
    per_page: int
    columns: tuple[tuple[_Piece, ...], ...]

    @property
    def pages(self) -> int:
        return -(-len(self.columns) // self.per_page)


def _arranged(sections: Sequence[Section], place: Rect, text: TypeScale, *, whole: bool) -> _Arranged:
    """The sections in columns of the panel's height: whole ones, or only each title with the first line below it."""
    page = PanelPage(Rect(0, 0, place.width, place.height), text, "")
    per_page = 2 if page.width >= 2 * COLUMN_EM * text.base else 1
    column_w = (page.width - (per_page - 1) * text.base) // per_page
    columns: list[list[_Piece]] = [[]]
    room = page.height
    for pieces in _kept_together(sections, text, column_w, whole=whole):
        needs = sum(_height(piece, text, first=not columns[-1]) for piece in pieces)
        if needs > room and columns[-1]:
            columns.append([])
            room = page.height
            needs = sum(_height(piece, text, first=number == 0) for number, piece in enumerate(pieces))
        columns[-1] += pieces
        room -= needs
    return _Arranged(text, column_w, per_page, tuple(map(tuple, columns)))


def _kept_together(
    sections: Sequence[Section], text: TypeScale, column_w: int, *, whole: bool
) -> Iterator[list[_Piece]]:
    keys_w = round(KEYS_EM * text.base)
    for title, lines in sections:
        pieces = [_Piece((title,), (), title=True)]
        for keys, words in lines:
            room = column_w - keys_w if keys else column_w
            named = tuple(wrapped(keys, text.base, keys_w - text.pad)) if keys else ()
            pieces.append(_Piece(named, tuple(wrapped(words, text.base, max(1, room)))))
        if whole:
            yield pieces
        else:
            yield pieces[:2]
            yield from ([piece] for piece in pieces[2:])


def _height(piece: _Piece, text: TypeScale, *, first: bool) -> int:
    if piece.title:
        return text.line + (0 if first else round(FOLLOWING * text.line))
    return max(len(piece.keys), len(piece.words)) * text.line


def _draw(place: Rect, arranged: _Arranged, number: int) -> PanelPage:
    text, pages = arranged.text, arranged.pages
    beside = f"page {number + 1} of {pages}: PageDown; h: close" if pages > 1 else "h: close"
    page = PanelPage(place, text, "Help", beside)
    shown = arranged.columns[number * arranged.per_page : (number + 1) * arranged.per_page]
    for column, pieces in enumerate(shown):
        x, y = page.left + column * (arranged.column_w + text.base), page.y
        for place_in_column, piece in enumerate(pieces):
            _draw_piece(page, piece, x, y + _height(piece, text, first=place_in_column == 0), arranged.column_w)
            y += _height(piece, text, first=place_in_column == 0)
    return page


def _draw_piece(page: PanelPage, piece: _Piece, x: int, bottom: int, column_w: int) -> None:
    """Its last line ends at row `bottom`."""
    text = page.text
    up = text.line - text.base  # from a line's bottom to its base line
    if piece.title:
        put(page.pixels, shortened(piece.keys[0], text.base, column_w, BOLD), x, bottom - up, text.base, INK, BOLD)
        return
    top = bottom - _height(piece, text, first=False)
    keys_w = round(KEYS_EM * text.base) if piece.keys else 0
    for number, keys in enumerate(piece.keys):
        put(page.pixels, keys, x, top + number * text.line + text.base, text.base, ACCENT)
    for number, words in enumerate(piece.words):
        put(page.pixels, words, x + keys_w, top + number * text.line + text.base, text.base, INK if keys_w else DIM)
