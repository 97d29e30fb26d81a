"""Tiles in a room: the columns that make them largest, their captions, and the sizes of type. Only arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, replace

LARGEST_KERNEL_LINES = 4.0  # a caption takes so many lines for its kernel, where the tiles cannot use the height
CAPTIONED_SCALE = 0.8  # of the tiles' size without captions, that two lines leave at least
NUMBERED_SCALE = 0.62  # the same for one line
KERNELS_SCALE = 0.5  # the same for kernels with their numbers
NUMBER_CELL_EM = 2.4  # a side of a kernel's cell in which a number can be read, in units of the text's size
SMALLEST_KERNEL = 8  # pixels a side
SNAP = 0.03  # whole multiples this near below are taken: each pixel is then as sharp as the next


@dataclass(frozen=True)
class Rect:
    """A rectangle of canvas pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """canvas[rect.slices] is what it covers."""
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)

    @property
    def right(self) -> int:
        """The first column behind it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.y + self.height

    def contains(self, x: int, y: int) -> bool:
        """Whether the canvas pixel (x, y) is inside."""
        return self.x <= x < self.right and self.y <= y < self.bottom


@dataclass(frozen=True)
class TypeScale:
    """The sizes of type and of the space around it on one canvas, in pixels."""

    base: int

    @property
    def small(self) -> int:
        """For what is said beside the main thing."""
        return max(10, round(self.base * 0.86))

    @property
    def title(self) -> int:
        """For a panel's heading."""
        return round(self.base * 1.15)

    @property
    def line(self) -> int:
        """From one base line to the next."""
        return round(self.base * 1.4)

    @property
    def pad(self) -> int:
        """Between text and what surrounds it."""
        return max(3, self.base // 2)

    @property
    def gap(self) -> int:
        """Between tiles."""
        return max(3, round(self.base * 0.4))


def type_scale(canvas_wh: tuple[int, int]) -> TypeScale:
    """12 pixels at 640x480, slowly growing with the canvas, 27 at 3840x2160, never below 10."""
    relative = min(canvas_wh[0] / 640, canvas_wh[1] / 480)
    return TypeScale(max(10, round(12 * float(relative**0.55))))


@dataclass(frozen=True)
class Tile:
    """One picture with the caption above it. index: of the map; None: the input. A caption may have no height."""

    index: int | None
    caption: Rect
    picture: Rect


@dataclass(frozen=True)
class CaptionNeeds:
    """What the captions would like, widths in units of the text's size.

    kernel_hw: rows and columns of a kernel. pictures: how many kernel pictures stand side by side in one caption.
    numbers: whether each weight is to be read in its cell.
    """

    wanted: bool = True
    line_em: float = 12.0  # number and answer on one line
    wrapped_em: float = 7.0  # the same on two lines
    name_em: float = 4.0
    around_em: float = 4.0  # signs that make an equation of kernel and map
    kernel_hw: tuple[int, int] = (3, 3)
    pictures: int = 1
    numbers: bool = False


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


@dataclass(frozen=True)
class Block:
    """Tiles laid out: where they lie, what their captions hold, the size of all of them together."""

    tiles: tuple[Tile, ...]
    caption: CaptionPlan
    size_wh: tuple[int, int]
    left_out: tuple[str, ...]
    free: Rect | None = None  # the last row's end, where no tile lies


@dataclass(frozen=True)
class _Grid:
    columns: int
    rows: int
    scale: float  # canvas pixels a map pixel


def largest_block(
    map_hw: tuple[int, int], indices: tuple[int | None, ...], room: Rect, text: TypeScale, needs: CaptionNeeds
) -> Block:
    """The tiles as large as `room` lets them be, in the middle of it, row by row."""
    gap = text.gap if needs.wanted else 1
    inner = Rect(room.x + gap, room.y + gap, room.width - 2 * gap, room.height - 2 * gap)
    if inner.width < 1 or inner.height < 1:
        return Block((), CaptionPlan(), (0, 0), ("the maps",) if needs.wanted and room.width else ())
    count = len(indices)
    bare = _best_grid(map_hw, count, inner, gap, 0)
    grid, least = bare, 0
    for height, share in _caption_heights(text, needs):
        captioned = _best_grid(map_hw, count, inner, gap, height)
        if captioned.scale >= share * bare.scale:
            grid, least = captioned, height
            break
    width, height = (max(1, int(side * grid.scale + 1e-6)) for side in (map_hw[1], map_hw[0]))
    most = (inner.height - gap * (grid.rows - 1)) // grid.rows - height
    plan, left_out = plan_caption(width, least, max(most, least), text, needs)
    return _place(indices, grid, (width, height), plan, inner, gap, left_out)


def _caption_heights(text: TypeScale, needs: CaptionNeeds) -> list[tuple[int, float]]:
    """Heights that captions may have, the best first, each with the tiles' size that it must leave them."""
    if not needs.wanted:
        return []
    heights = [(_text_height(2, text), CAPTIONED_SCALE), (_text_height(1, text), NUMBERED_SCALE)]
    if needs.numbers:
        numbered = round(needs.kernel_hw[0] * NUMBER_CELL_EM * text.small) + text.gap
        heights[:0] = [(max(numbered * part // 4, heights[0][0]), KERNELS_SCALE) for part in (4, 3, 2)]
    return heights


def _best_grid(map_hw: tuple[int, int], count: int, room: Rect, gap: int, caption_h: int) -> _Grid:
    choices = []
    for columns in range(1, count + 1):
        rows = -(-count // columns)
        if columns > 1 and -(-count // (columns - 1)) == rows:
            continue  # a column fewer holds them in as many rows
        cell_w = (room.width - gap * (columns - 1)) / columns
        cell_h = (room.height - gap * (rows - 1)) / rows - caption_h
        choices.append(_Grid(columns, rows, _snapped(max(0.0, min(cell_w / map_hw[1], cell_h / map_hw[0])))))
    return max(choices, key=lambda grid: grid.scale)


def _snapped(scale: float) -> float:
    whole = float(int(scale)) if scale >= 1 else 1 / -(-1 // scale) if scale > 0 else 0.0
    return whole if whole <= scale <= whole * (1 + SNAP) else scale


def _text_height(lines: int, text: TypeScale) -> int:
    return {0: 0, 1: round(text.small * 1.45), 2: round(text.base * 1.3 + text.small * 1.35)}[lines]


def plan_caption(
    width: int, least: int, most: int, text: TypeScale, needs: CaptionNeeds
) -> tuple[CaptionPlan, tuple[str, ...]]:
    """What a caption `width` wide and `least` to `most` pixels high holds, and what it leaves out.

    The words come first, then a kernel that can be seen, then words on one line, then a larger kernel.
    """
    if not needs.wanted:
        return CaptionPlan(), ()
    if least == 0:
        return CaptionPlan(), ("captions",)
    lines = 2 if most >= _text_height(2, text) else 1
    words_h, size = _text_height(lines, text), text.base if lines == 2 else text.small
    rows, across = needs.kernel_hw[0], needs.kernel_hw[1] * needs.pictures
    highest = max(least, words_h, min(most, round(LARGEST_KERNEL_LINES * text.line)))
    largest = min((highest - text.gap) / rows, (4.5 if needs.numbers else 2.2) * text.base)
    smallest = min(largest, max(SMALLEST_KERNEL / rows, SMALLEST_KERNEL / across))
    line_w, wrapped_w = (round(em * size) + text.pad for em in (needs.line_em, needs.wrapped_em))
    around_w = round(needs.around_em * text.small) + 2 * text.pad
    as_high = min(largest, 0.8 * (words_h - text.gap) / rows)  # as the words beside it
    choices = [(line_w + around_w, as_high, True), (line_w, as_high, False), (wrapped_w, smallest, False)]
    for words_w, at_least, equation in choices[: 3 if lines == 2 else 2]:
        cell = min(largest, (width - words_w) / across)
        if cell >= at_least:
            plan = CaptionPlan(lines=lines, words=True, cell=_whole(cell), equation=equation and lines == 2)
            break
    else:
        cell = min(largest, (width - round(1.5 * size)) / across)
        plan = CaptionPlan(lines=1, cell=_whole(cell) if cell >= smallest else 0.0)
    height = _text_height(plan.lines, text)
    plan = replace(plan, height=max(height, round(plan.cell * rows) + text.gap if plan.cell else 0))
    return plan, _left_out(plan)


def _whole(cell: float) -> float:
    return float(int(cell)) if cell >= 1 else cell


def _left_out(plan: CaptionPlan) -> tuple[str, ...]:
    said = [] if plan.cell else ["the kernels"]
    if not plan.words:
        said.append("what each answers to")
    return tuple(said)


def _place(
    indices: tuple[int | None, ...],
    grid: _Grid,
    size_wh: tuple[int, int],
    plan: CaptionPlan,
    inner: Rect,
    gap: int,
    left_out: tuple[str, ...],
) -> Block:
    width, height = size_wh
    across = grid.columns * width + (grid.columns - 1) * gap
    down = grid.rows * (height + plan.height) + (grid.rows - 1) * gap
    left, top = inner.x + max(0, inner.width - across) // 2, inner.y + max(0, inner.height - down) // 2
    tiles = []
    for number, index in enumerate(indices):
        row, column = divmod(number, grid.columns)
        x, y = left + column * (width + gap), top + row * (height + plan.height + gap)
        picture = Rect(x, y + plan.height, width, height)
        if picture.right <= inner.right and picture.bottom <= inner.bottom:
            tiles.append(Tile(index, Rect(x, y, width, plan.height), picture))
    if len(tiles) < len(indices):
        left_out = (*left_out, f"{len(indices) - len(tiles)} maps")
    row, column = divmod(len(indices), grid.columns)
    x, y = left + column * (width + gap), top + row * (height + plan.height + gap)
    free = Rect(x, y, left + across - x, height + plan.height) if column else None
    return Block(tuple(tiles), plan, (across, down), left_out, free)
