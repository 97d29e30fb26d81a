"""Where everything lies on the canvas, and which map pixel lies under the pointer. Only arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from live.layout.caption_plan import CaptionNeeds, CaptionPlan
from live.layout.panel_places import Panel, PlacedPanels, placed
from live.layout.tiling import Block, Rect, Tile, WholeShrink, largest_block
from live.layout.type_scale import TypeScale, type_scale
from live.layout.viewport import Lens, Seen, Viewport

SMALLEST_HUD_WH = (160, 120)  # a smaller canvas shows the picture alone
STRIP_LINES = 2
# When the engine makes what is shown, by the pixels of all maps together: scaling ten million of them to less than a
# fifth costs two milliseconds, else one.
WHOLE = (
    (10_000_000, WholeShrink(5.0, most_lost=1 / 8)),
    (40_000_000, WholeShrink(4.0, most_lost=1 / 4)),
    (math.inf, WholeShrink(2.5, most_lost=1 / 4)),
)


@dataclass(frozen=True)
class LayoutRequest:
    """All that a layout depends on.

    map_hw: of one map. count: of the maps. input_tile: whether the input has one too. panels: those that are open, in
    the order in which they stand. captions: what the tiles' captions would like. kernel_chw: a kernel's
    channels, rows and columns. more_lines: of the strip.
    """

    canvas_wh: tuple[int, int]
    map_hw: tuple[int, int]
    count: int
    input_tile: bool = True
    viewport: Viewport = field(default_factory=Viewport)
    panels: tuple[Panel, ...] = ()
    captions: CaptionNeeds = field(default_factory=CaptionNeeds)
    kernel_chw: tuple[int, int, int] = (1, 3, 3)
    more_lines: int = 0


@dataclass(frozen=True)
class Layout:
    """One canvas: tiles with their captions, the status strip at the bottom, panels at the right or below the tiles.

    room: what the tiles were laid out in. free: the end of the last row of tiles, where there is none. lens: how much
    of a map the tiles show without zoom. crop: the map pixels that every tile shows, and zoomed: which part of them,
    None for all. reduce: the block side of the mosaic that the engine is asked for. left_out: what there was no room
    for, in words.
    """

    request: LayoutRequest
    text: TypeScale
    room: Rect
    tiles: tuple[Tile, ...]
    caption: CaptionPlan
    free: Rect | None
    strip: Rect
    panels: tuple[tuple[Panel, Rect], ...]
    lens: Lens
    crop: Rect
    reduce: int
    left_out: tuple[str, ...]
    zoomed: Seen | None = None

    @property
    def canvas_wh(self) -> tuple[int, int]:
        """The canvas's width and height."""
        return self.request.canvas_wh

    @property
    def seen(self) -> Seen:
        """The part of the maps that every tile shows."""
        crop = self.crop
        return self.zoomed or Seen(crop.y, crop.x, crop.height, crop.width)

    @property
    def scale(self) -> float:
        """Canvas pixels a map pixel, across; 0 without tiles."""
        return self.tiles[0].picture.width / self.seen.width if self.tiles else 0.0

    @cached_property
    def places(self) -> Layout:
        """The same places, whichever part of the maps is seen in them."""
        viewport = Viewport(self.request.viewport.enlarged)
        nothing = Rect(0, 0, 0, 0)
        return replace(self, request=replace(self.request, viewport=viewport), crop=nothing, reduce=1, zoomed=None)

    @cached_property
    def _by_index(self) -> dict[int | None, Tile]:
        return {tile.index: tile for tile in self.tiles}

    @property
    def middle(self) -> tuple[int, int, int]:
        """The middle of the enlarged map or of the first: map, y, x."""
        height, width = self.request.map_hw
        return self.request.viewport.enlarged or 0, height // 2, width // 2

    def tile(self, index: int | None) -> Tile | None:
        """Map `index`'s tile (None: the input's); None where it is not shown."""
        return self._by_index.get(index)

    def panel(self, panel: Panel) -> Rect | None:
        """Where that panel lies, where it is open."""
        return dict(self.panels).get(panel)

    def panel_at(self, x: int, y: int) -> Panel | None:
        """Which panel the canvas pixel lies on."""
        return next((panel for panel, place in self.panels if place.contains(x, y)), None)

    def within_tile(self, x: int, y: int) -> tuple[float, float]:
        """How far down and across a tile the canvas pixel lies, 0 to 1; beside all of them, the middle."""
        for tile in self.tiles:
            place = tile.picture
            if place.contains(x, y):
                return (y - place.y + 0.5) / place.height, (x - place.x + 0.5) / place.width
        return 0.5, 0.5

    def over_tiles(self, x: int, y: int) -> bool:
        """Whether the canvas pixel lies on a map, on the input, or where there is no tile."""
        free = self.free is not None and self.free.contains(x, y)
        return free or any(tile.picture.contains(x, y) for tile in self.tiles)

    def map_pixel(self, x: int, y: int) -> tuple[int, int, int] | None:
        """(map, y, x) under the canvas pixel; None on the input, on a caption, and beside the tiles."""
        for tile in self.tiles:
            if tile.index is not None and tile.picture.contains(x, y):
                return tile.index, *self._pixel_in(x, y)
        return None

    def input_pixel(self, x: int, y: int) -> tuple[int, int] | None:
        """(y, x) of the maps at the place of the scene that the input's tile shows there; None beside that tile."""
        tile = self.tile(None)
        return self._pixel_in(x, y) if tile and tile.picture.contains(x, y) else None

    def _pixel_in(self, x: int, y: int) -> tuple[int, int]:
        (down, across), seen, crop = self.within_tile(x, y), self.seen, self.crop
        found = int(seen.top + down * seen.height), int(seen.left + across * seen.width)
        return min(found[0], crop.bottom - 1), min(found[1], crop.right - 1)

    def canvas_rect(
        self, index: int | None, y: float, x: float, height: float = 1, width: float = 1, *, whole: bool = False
    ) -> Rect | None:
        """The canvas pixels of a tile's pixels from (y, x) on; None where none is shown.

        Cut off at the tile unless the `whole` of it is asked for.
        """
        tile = self.tile(index)
        if tile is None:
            return None
        place, seen = tile.picture, self.seen
        across, down = place.width / seen.width, place.height / seen.height
        left, top = math.floor((x - seen.left) * across), math.floor((y - seen.top) * down)
        right = max(left + 1, round((x + width - seen.left) * across))
        bottom = max(top + 1, round((y + height - seen.top) * down))
        if left >= place.width or top >= place.height or right <= 0 or bottom <= 0:
            return None
        if whole:
            return Rect(place.x + left, place.y + top, right - left, bottom - top)
        left, top, right, bottom = max(left, 0), max(top, 0), min(right, place.width), min(bottom, place.height)
        return Rect(place.x + left, place.y + top, right - left, bottom - top)


@lru_cache(maxsize=16)
def arrange(request: LayoutRequest) -> Layout:
    """Lay out what is asked for; equal requests get the same object."""
    width, height = request.canvas_wh
    text = type_scale(request.canvas_wh)
    if (request.viewport.enlarged or 0) >= request.count:
        request = replace(request, viewport=Viewport())
    with_hud = width >= SMALLEST_HUD_WH[0] and height >= SMALLEST_HUD_WH[1]
    if not with_hud:
        request = replace(request, panels=(), captions=replace(request.captions, wanted=False))
    layout = _with_strip(request, text, STRIP_LINES if with_hud else 0)
    if with_hud and layout.left_out:
        layout = _with_strip(request, text, STRIP_LINES + 1)  # which says so
    return layout


def _with_strip(request: LayoutRequest, text: TypeScale, lines: int) -> Layout:
    width, height = request.canvas_wh
    strip_h = (lines + request.more_lines) * text.line + text.gap if lines else 0
    whole = Rect(0, 0, width, max(1, height - strip_h))
    room, panels, block = _places(replace(request, viewport=Viewport(request.viewport.enlarged)), text, whole)
    covered = not (room.width and room.height)  # by the help
    picture_w = block.tiles[0].picture.width if block.tiles else 1
    lens = Lens(request.map_hw, block.shown_hw, picture_w / block.shown_hw[1])
    seen = lens.seen(request.viewport)
    zoomed = lens.factor(request.viewport) > 1
    crop = seen.crop(request.map_hw)
    return Layout(
        request=request,
        text=text,
        room=room,
        tiles=block.tiles,
        caption=block.caption,
        free=block.free,
        strip=Rect(0, height, width, 0) if covered else Rect(0, height - strip_h, width, strip_h),
        panels=panels,
        lens=lens,
        crop=crop,
        reduce=1 if zoomed else block.shrink or 1,
        left_out=() if covered else block.left_out,
        zoomed=seen if zoomed else None,
    )


@lru_cache(maxsize=16)
def _places(request: LayoutRequest, text: TypeScale, whole: Rect) -> tuple[Rect, PlacedPanels, Block]:
    """The tiles' room, the panels and the tiles: the same, whichever part of the maps is seen in them."""

    def block_in(room: Rect) -> Block:
        return _block(request, text, room)

    room, panels = placed(request.panels, request.canvas_wh, text, whole, request.kernel_chw, block_in)
    return room, panels, block_in(room)


def _whole(request: LayoutRequest) -> WholeShrink:
    """When the map pixels of a canvas pixel are a whole number, so that the engine makes what is shown.

    Block means that are scaled any further lose half of a thin line's brightness wherever blocks and canvas pixels do
    not coincide.
    """
    pixels = request.count * request.map_hw[0] * request.map_hw[1]
    return next(whole for most, whole in WHOLE if pixels <= most)


def _block(request: LayoutRequest, text: TypeScale, room: Rect) -> Block:
    """The tiles in `room`: all of them, or the enlarged map alone."""
    enlarged = request.viewport.enlarged
    if enlarged is not None:
        return largest_block(request.map_hw, (enlarged,), room, text, request.captions, cut=True)
    indices: tuple[int | None, ...] = (None,) * request.input_tile + tuple(range(request.count))
    return largest_block(request.map_hw, indices, room, text, request.captions, whole=_whole(request))


def preferred_canvas_wh(request: LayoutRequest, screen_wh: tuple[int, int]) -> tuple[int, int]:
    """The first window: at most four fifths of the screen each way, no larger than its tiles can use."""
    most_w, most_h = (max(1, side * 4 // 5) for side in screen_wh)
    layout = arrange(replace(request, canvas_wh=(most_w, most_h)))
    right = max((tile.picture.x + tile.picture.width for tile in layout.tiles), default=0)
    left = min((tile.picture.x for tile in layout.tiles), default=0)
    bottom = max((tile.picture.y + tile.picture.height for tile in layout.tiles), default=0)
    top = min((tile.caption.y for tile in layout.tiles), default=0)
    used_w = right - left + 2 * layout.text.gap
    used_h = bottom - top + 2 * layout.text.gap + layout.strip.height
    return max(used_w, min(640, most_w)), max(used_h, min(480, most_h))
