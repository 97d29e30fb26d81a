"""Tiles in a room: the columns that make them largest. Only arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from live.layout.caption_plan import CaptionNeeds, CaptionPlan, caption_heights, caption_left_out, plan_caption
from live.layout.shrinking import JUST_OVER_TWO
from live.layout.type_scale import TypeScale

SNAP = 0.04  # whole multiples this near below are taken: each pixel is then as sharp as the next
SMALL_BLOCKS = 4  # map pixels each way: in blocks of more, it matters little that one has a pixel more than the next


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

    def nearest(self, y: int, x: int) -> tuple[int, int]:
        """(y, x), or the pixel inside that is nearest to it."""
        return min(max(y, self.y), self.bottom - 1), min(max(x, self.x), self.right - 1)


def half_of(width: int, gap: int) -> int:
    """What each of two has of it, with a gap between them."""
    return max(0, (width - gap) // 2)


@dataclass(frozen=True)
class Tile:
    """One picture with the caption above it. index: of the map; None: the input. A caption may have no height."""

    index: int | None
    caption: Rect
    picture: Rect


@dataclass(frozen=True)
class Block:
    """Tiles laid out: where they lie, what their captions hold, the size of all of them together.

    shown_hw: how much of its map each shows, in map pixels.
    """

    tiles: tuple[Tile, ...]
    caption: CaptionPlan
    size_wh: tuple[int, int]
    shown_hw: tuple[int, int]
    left_out: tuple[str, ...]
    free: Rect | None = None  # the last row's end, where no tile lies

    @property
    def area(self) -> int:
        """Of all their pictures, in canvas pixels."""
        return sum(tile.picture.width * tile.picture.height for tile in self.tiles)


@dataclass(frozen=True)
class _Grid:
    columns: int
    rows: int
    scale: float  # canvas pixels a map pixel

    def picture_wh(self, shown_hw: tuple[int, int]) -> tuple[int, int]:
        """A tile's picture."""
        return max(1, int(shown_hw[1] * self.scale + 1e-6)), max(1, int(shown_hw[0] * self.scale + 1e-6))


def largest_block(
    map_hw: tuple[int, int],
    indices: tuple[int | None, ...],
    room: Rect,
    text: TypeScale,
    needs: CaptionNeeds,
    *,
    cut: bool = False,
    pairs: bool = False,
) -> Block:
    """The tiles as large as `room` lets them be, in the middle of it, row by row.

    cut: a tile shows no more of its map than there is room for at one canvas pixel a map pixel. pairs: two
    and two tiles stay side by side.
    """
    gap = text.gap if needs.wanted else 1
    inner = Rect(room.x + gap, room.y + gap, room.width - 2 * gap, room.height - 2 * gap)
    if inner.width < 1 or inner.height < 1:
        return Block((), CaptionPlan(), (0, 0), map_hw, ("the maps",) if needs.wanted and room.width else ())
    step = 2 if pairs else 1
    best_grid = partial(_best_grid, count=len(indices), room=inner, gap=gap, step=step)
    bare = best_grid(map_hw, caption_h=0)
    shown_hw = map_hw
    for tried in caption_heights(text, needs):
        least = tried.height
        if cut:
            across = max((inner.width - gap * (step - 1)) // step, 1)
            shown_hw = min(map_hw[0], max(inner.height - least, 1)), min(map_hw[1], across)
        grid = best_grid(shown_hw, caption_h=least)
        width, height = grid.picture_wh(shown_hw)
        most = (inner.height - gap * (grid.rows - 1)) // grid.rows - height
        plan = plan_caption(half_of(width, gap) if needs.halves else width, least, max(most, least), text, needs)
        if tried.worth(grid.scale, bare.scale, plan):
            break
    placed = _place(indices, grid, (width, height), plan, inner, gap, caption_left_out(plan, needs))
    return replace(placed, shown_hw=shown_hw)


def _best_grid(map_hw: tuple[int, int], *, count: int, room: Rect, gap: int, caption_h: int, step: int) -> _Grid:
    choices = []
    for columns in range(step, count + 1, step):
        rows = -(-count // columns)
        if columns > step and -(-count // (columns - step)) == rows:
            continue  # fewer columns hold them in as many rows
        cell_w = (room.width - gap * (columns - 1)) / columns
        cell_h = (room.height - gap * (rows - 1)) / rows - caption_h
        scale = max(0.0, min(cell_w / map_hw[1], cell_h / map_hw[0]))
        choices.append(_Grid(columns, rows, _snapped(scale)))
    return max(choices, key=lambda grid: grid.scale)


def _snapped(scale: float) -> float:
    if scale < 1 / SMALL_BLOCKS:
        return scale
    if 1 / JUST_OVER_TWO < scale < 1 / 2:  # a twentieth smaller at most, for half of what scaling costs
        return 1 / JUST_OVER_TWO
    whole = float(int(scale)) if scale >= 1 else 1 / -(-1 // scale)
    return whole if whole <= scale <= whole * (1 + SNAP) else scale


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
    spread = max(0, min((inner.height - down) // (grid.rows + 1), 3 * gap))  # what is too little for larger tiles
    down += spread * (grid.rows - 1)
    step_x, step_y = width + gap, height + plan.height + gap + spread
    left, top = inner.x + max(0, inner.width - across) // 2, inner.y + max(0, inner.height - down) // 2
    tiles = []
    for number, index in enumerate(indices):
        row, column = divmod(number, grid.columns)
        x, y = left + column * step_x, top + row * step_y
        picture = Rect(x, y + plan.height, width, height)
        if picture.right <= inner.right and picture.bottom <= inner.bottom:
            tiles.append(Tile(index, Rect(x, y, width, plan.height), picture))
    if len(tiles) < len(indices):
        left_out = (*left_out, f"{len(indices) - len(tiles)} maps")
    row, column = divmod(len(indices), grid.columns)
    x, y = left + column * step_x, top + row * step_y
    free = Rect(x, y, left + across - x, height + plan.height) if column and len(tiles) == len(indices) else None
    return Block(tuple(tiles), plan, (across, down), (0, 0), left_out, free)
