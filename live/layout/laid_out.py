"""A canvas that is laid out: what was asked for, where everything lies, and which map pixel lies under the pointer."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property

from convviz_core.blocks import Blocks, Reduce, blocks_of
from convviz_core.geometry import Box
from live.layout.caption_plan import CaptionNeeds, CaptionPlan
from live.layout.other_side import MapSpan, OtherRequest
from live.layout.panel_places import Panel
from live.layout.tiling import Rect, Tile
from live.layout.type_scale import TypeScale
from live.layout.viewport import LARGEST_SCALE, Lens, Seen, Viewport


@dataclass(frozen=True)
class LayoutRequest:
    """All that a layout depends on.

    map_hw: of one map, or of what is shown of it. count: of the maps. input_tile: whether the input has one too.
    panels: those that are open, in the order in which they stand. captions: what the tiles' captions would like.
    kernel_chw: a kernel's channels, rows and columns. span: which part of the maps is shown; None for all of them.
    other: a second layer. more_lines: of the strip. largest_scale: canvas pixels a map pixel, to which it zooms.
    """

    canvas_wh: tuple[int, int]
    map_hw: tuple[int, int]
    count: int
    input_tile: bool = True
    viewport: Viewport = field(default_factory=Viewport)
    panels: tuple[Panel, ...] = ()
    captions: CaptionNeeds = field(default_factory=CaptionNeeds)
    kernel_chw: tuple[int, int, int] = (1, 3, 3)
    span: MapSpan | None = None
    other: OtherRequest | None = None
    more_lines: int = 0
    largest_scale: float = LARGEST_SCALE

    @property
    def maps(self) -> MapSpan:
        """The part of the maps that is shown, and the one that the mosaic holds."""
        return self.span or MapSpan.whole(self.map_hw)


@dataclass(frozen=True)
class Layout:
    """One canvas: tiles with their captions, the status strip at the bottom, panels at the right or below the tiles.

    room: what the tiles were laid out in. free: the end of the last row of tiles, where there is none. lens: how much
    of a map the tiles show without zoom. crop: the map pixels that every tile shows, and zoomed: which part of them,
    None for all. reduce: how the mosaic is that the engine is asked for, see PlanKey: whole, or as large as the tiles.
    left_out: what there was no room for, in words. other: the tiles of a second layer, and half of the inspector.
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
    reduce: Reduce
    left_out: tuple[str, ...]
    zoomed: Seen | None = None
    other: Layout | None = None

    @property
    def canvas_wh(self) -> tuple[int, int]:
        """The canvas's width and height."""
        return self.request.canvas_wh

    @property
    def reduced(self) -> bool:
        """Whether the mosaic has a byte for each canvas pixel, not for each of the maps'."""
        return self.reduce != 1

    @cached_property
    def blocks(self) -> Blocks:
        """How the mosaic's maps are cut."""
        held = self.request.maps.held
        return blocks_of((held.height, held.width), self.reduce)

    @cached_property
    def cropped(self) -> tuple[slice, slice]:
        """The rows and columns of a map, as the mosaic has it, that are shown."""
        held, crop, blocks = self.request.maps.held, self.crop, self.blocks
        return blocks.down.span(crop.y - held.y, crop.height), blocks.across.span(crop.x - held.x, crop.width)

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
        other = self.other.places if self.other else None
        request = replace(self.request, viewport=viewport)
        return replace(self, request=request, crop=nothing, reduce=1, zoomed=None, other=other)

    @cached_property
    def _by_index(self) -> dict[int | None, Tile]:
        return {tile.index: tile for tile in self.tiles}

    @property
    def middle(self) -> tuple[int, int, int]:
        """The middle of the enlarged map or of the first: map, y, x."""
        shown = self.request.maps.shown
        return self.request.viewport.enlarged or 0, shown.y + shown.height // 2, shown.x + shown.width // 2

    def tile(self, index: int | None) -> Tile | None:
        """Map `index`'s tile (None: the input's); None where it is not shown."""
        return self._by_index.get(index)

    def panel(self, panel: Panel) -> Rect | None:
        """Where that panel lies, where it is open."""
        return dict(self.panels).get(panel)

    def panel_at(self, x: int, y: int) -> Panel | None:
        """Which panel the canvas pixel lies on."""
        panels = (*self.panels, *self.other.panels) if self.other else self.panels
        return next((panel for panel, place in panels if place.contains(x, y)), None)

    def within_tile(self, x: int, y: int) -> tuple[float, float]:
        """How far down and across a tile the canvas pixel lies, 0 to 1; beside all of them, the middle."""
        for tile in self._all_tiles:
            place = tile.picture
            if place.contains(x, y):
                return (y - place.y + 0.5) / place.height, (x - place.x + 0.5) / place.width
        return 0.5, 0.5

    def over_tiles(self, x: int, y: int) -> bool:
        """Whether the canvas pixel lies on a map, on the input, or where there is no tile."""
        free = self.free is not None and self.free.contains(x, y)
        return free or any(tile.picture.contains(x, y) for tile in self._all_tiles)

    @property
    def _all_tiles(self) -> tuple[Tile, ...]:
        return (*self.tiles, *self.other.tiles) if self.other else self.tiles

    def map_pixel(self, x: int, y: int) -> tuple[int, int, int] | None:
        """(map, y, x) under the canvas pixel; None on the input, on a caption, and beside the tiles.

        On a second layer's tile it is the first one's pixel at the same place of the scene.
        """
        for tile in self.tiles:
            if tile.index is not None and tile.picture.contains(x, y):
                return tile.index, *self._pixel_in(x, y)
        found = self.other.map_pixel(x, y) if self.other else None
        if found is None or self.request.other is None:
            return None
        (down, across), shown = self.request.other.onto.back(*found[1:]), self.request.maps.shown
        return found[0], *shown.nearest(down, across)

    def on_other(self, y: int, x: int) -> tuple[int, int] | None:
        """The second layer's pixel at the same place of the scene as the first one's; None where there is none."""
        if self.request.other is None:
            return None
        found, shown = self.request.other.onto.pixel(y, x), self.request.other.span.shown
        return found if shown.nearest(*found) == found else None

    def input_pixel(self, x: int, y: int) -> tuple[int, int] | None:
        """(y, x) of the maps at the place of the scene that the input's tile shows there; None beside that tile."""
        tile = self.tile(None)
        return self._pixel_in(x, y) if tile and tile.picture.contains(x, y) else None

    def box_on_other(self, box: Box) -> Box:
        """The second layer's pixels on which a box of the first one's lies, where maps are laid over each other."""
        assert self.request.other is not None
        top, left = self.request.other.onto.pixel(box.top, box.left)
        return Box(top, left, top + box.bottom - box.top, left + box.right - box.left)

    def position(self, x: int, y: int) -> tuple[float, float]:
        """(y, x) in map pixels of what the tile under the canvas pixel shows there, with the part of the pixel."""
        (down, across), seen = self.within_tile(x, y), self.seen
        return seen.top + down * seen.height, seen.left + across * seen.width

    def _pixel_in(self, x: int, y: int) -> tuple[int, int]:
        found, crop = self.position(x, y), self.crop
        return min(int(found[0]), crop.bottom - 1), min(int(found[1]), crop.right - 1)

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
        left = math.floor((x - seen.left) * place.width / seen.width)  # exact where these are whole numbers
        top = math.floor((y - seen.top) * place.height / seen.height)
        right = max(left + 1, round((x + width - seen.left) * across))
        bottom = max(top + 1, round((y + height - seen.top) * down))
        if left >= place.width or top >= place.height or right <= 0 or bottom <= 0:
            return None
        if whole:
            return Rect(place.x + left, place.y + top, right - left, bottom - top)
        left, top, right, bottom = max(left, 0), max(top, 0), min(right, place.width), min(bottom, place.height)
        return Rect(place.x + left, place.y + top, right - left, bottom - top)
