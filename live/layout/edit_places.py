"""Where the weights and the buttons of the editing panel lie, and which of them is under a pixel. Only arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from live.layout.tiling import Rect
from live.layout.type_scale import TypeScale

LARGEST_CELL_EM = 8.0
BUTTON_EM = 8.5  # the narrowest that its words fit into
LINES_ABOVE, LINES_BELOW = 2, 2.5  # of text, above the kernel and below it
INSTEAD_OF_BUTTONS = 1  # line, which says where their keys are
LINES_OF_VALUE = 1.5  # what is always said below it
WHOLE_WORTH = 0.9  # of the cells' side, that the picture of all channels in colour leaves
FEWEST_KERNEL_LINES = 4  # with less left for the kernel, buttons go, and then all lines but one

Place = tuple[int, int, int]  # channel, row, column
Planes = tuple[int, int, int]  # C, kh, kw


@dataclass(frozen=True)
class EditPlaces:
    """One panel's places, in canvas pixels. planes: the cells of each channel's kernel; cell: a cell's side.

    words: rows of text below the kernel begin there. buttons: in their order, none where there is no room. brief:
    there is none for what is said of the kernel and how to edit it, either. whole: of all channels as one colour
    picture, where there is room beside them.
    """

    planes: tuple[Rect, ...]
    cell: float
    words: int
    buttons: tuple[Rect, ...]
    brief: bool = False
    whole: Rect | None = None

    def weight_at(self, x: int, y: int) -> Place | None:
        """The weight under the canvas pixel."""
        for channel, plane in enumerate(self.planes):
            if plane.contains(x, y):
                rows, columns = round(plane.height / self.cell), round(plane.width / self.cell)
                row, column = int((y - plane.y) / self.cell), int((x - plane.x) / self.cell)
                return channel, min(row, rows - 1), min(column, columns - 1)
        return None

    def cell_at(self, place: Place) -> Rect:
        """Where that weight lies."""
        plane, (_, row, column) = self.planes[place[0]], place
        left, top = round(column * self.cell), round(row * self.cell)
        right, bottom = round((column + 1) * self.cell), round((row + 1) * self.cell)
        return Rect(plane.x + left, plane.y + top, right - left, bottom - top)

    def button_at(self, x: int, y: int) -> int | None:
        """The number of the button under the canvas pixel."""
        return next((number for number, place in enumerate(self.buttons) if place.contains(x, y)), None)


def edit_places(panel: Rect, text: TypeScale, planes: Planes, buttons: int) -> EditPlaces:
    """Share the panel: the buttons at its bottom, the kernel in cells as large as can be in the rest."""
    left, width = panel.x + text.base, panel.width - 2 * text.base
    heading, bottom = panel.y + heading_height(text), panel.bottom - text.pad
    top = heading + LINES_ABOVE * text.line + text.gap
    grid = _grid(left, bottom, width, text, buttons)
    free = (grid[0].y if grid else bottom) - text.pad - round(LINES_BELOW * text.line) - top
    if free < FEWEST_KERNEL_LINES * text.line:
        grid, free = (), bottom - round((LINES_BELOW + INSTEAD_OF_BUTTONS) * text.line) - top
    brief = free < FEWEST_KERNEL_LINES * text.line
    if brief:
        top, free = heading, max(1, bottom - round(LINES_OF_VALUE * text.line) - heading)
    channels, rows, columns = planes
    label = text.line if channels > 1 else 0  # above each plane

    def cell_of(pictures: int, across: int) -> float:
        return min(
            (width - (across - 1) * text.base) / (across * columns), (free / -(-pictures // across) - label) / rows
        )

    most = LARGEST_CELL_EM * text.base
    best = [max(range(1, count + 1), key=partial(cell_of, count)) for count in (channels, channels + 1)]
    alone, with_whole = (min(cell_of(channels + number, across), most) for number, across in enumerate(best))
    has_whole = channels > 1 and with_whole >= WHOLE_WORTH * alone
    across, cell = best[has_whole], max(with_whole if has_whole else alone, 0.1)
    cell = float(int(cell)) if cell >= 2 else cell
    plane_w, plane_h = max(1, round(columns * cell)), max(1, round(rows * cell))

    def place(number: int) -> Rect:
        x, y = number % across * (plane_w + text.base), number // across * (plane_h + label)
        return Rect(left + x, top + label + y, plane_w, plane_h)

    pictures = tuple(map(place, range(channels + has_whole)))
    whole = pictures[-1] if has_whole else None
    return EditPlaces(pictures[:channels], cell, pictures[-1].bottom, grid, brief, whole)


def heading_height(text: TypeScale) -> int:
    """What a panel's title takes, with the rule below it."""
    return 3 * text.pad + round(1.05 * text.title)


def _grid(left: int, bottom: int, width: int, text: TypeScale, count: int) -> tuple[Rect, ...]:
    """The buttons in as many columns as their words allow, the last row at the bottom."""
    columns = max(1, min(count, int(width / (BUTTON_EM * text.base))))
    rows, gap, height = -(-count // columns), max(2, text.gap // 2), text.line + text.gap // 2
    top, wide = bottom - rows * (height + gap), (width - (columns - 1) * gap) / columns
    places = []
    for number in range(count):
        row, column = divmod(number, columns)
        x = left + round(column * (wide + gap))
        places.append(Rect(x, top + row * (height + gap), round(wide), height))
    return tuple(places)
