"""From what is asked of a canvas to where everything lies on it. Only arithmetic."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from convviz_core.blocks import Reduce
from live.layout.laid_out import Layout, LayoutRequest
from live.layout.other_side import LIVE_SHARE, half, in_pairs, other_seen, split_pairs, split_panel
from live.layout.panel_places import Panel, PlacedPanels, not_shown, placed
from live.layout.shrinking import reduce_for
from live.layout.tiling import Block, Rect, Tile, largest_block
from live.layout.type_scale import TypeScale, type_scale
from live.layout.viewport import Lens, Viewport

SMALLEST_HUD_WH = (160, 120)  # a smaller canvas shows the picture alone
STRIP_LINES = 2


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
    lens = Lens(request.map_hw, block.shown_hw, picture_w / block.shown_hw[1], request.largest_scale)
    shown = request.maps.shown
    found = lens.seen(request.viewport)
    zoomed = lens.factor(request.viewport) > 1
    crop = found.crop(request.map_hw)
    crop, seen = replace(crop, x=crop.x + shown.x, y=crop.y + shown.y), found.moved(shown.y, shown.x)
    layout = Layout(
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
        reduce=1 if zoomed or not block.tiles else _reduce(crop, block.tiles[0]),
        left_out=() if covered else (*not_shown(request.panels, panels), *block.left_out),
        zoomed=seen if zoomed else None,
    )
    return _with_other(layout) if request.other else layout


def _with_other(layout: Layout) -> Layout:
    """With the tiles of the second layer: in pairs with the first one's, or in their places with half of the captions.

    Each has half of the inspector, too.
    """
    request, other, gap = layout.request, layout.request.other, layout.text.gap
    assert other is not None
    free = layout.free
    if other.beside:
        tiles, others, left = split_pairs(layout.tiles)
        free = free or left
    else:
        tiles = tuple(_captioned(tile, gap, last=not other.last) for tile in layout.tiles)
        others = tuple(_captioned(tile, gap, last=other.last) for tile in layout.tiles if tile.index is not None)
    all_of_it = layout.zoomed is None and layout.crop == request.maps.shown
    crop, zoomed = other_seen(other, layout.seen, all_of_it=all_of_it)
    inspector = layout.panel(Panel.INSPECTOR)
    panels = tuple((panel, place) for panel, place in layout.panels if panel != Panel.INSPECTOR)
    upper = LIVE_SHARE if other.last else 0.5
    mine = ((Panel.INSPECTOR, split_panel(inspector, last=not other.last, upper=upper)),) if inspector else ()
    theirs = ((Panel.INSPECTOR, split_panel(inspector, last=other.last, upper=upper)),) if inspector else ()
    map_hw = other.span.shown.height, other.span.shown.width
    its_request = replace(request, map_hw=map_hw, span=other.span, captions=other.captions, other=None)
    reduce = _reduce(crop, others[0]) if layout.reduced and others else 1
    its = replace(
        layout, request=its_request, tiles=others, panels=theirs, crop=crop, zoomed=zoomed, reduce=reduce, free=None
    )
    return replace(layout, tiles=tiles, panels=(*mine, *panels), free=free, other=its)


def _reduce(crop: Rect, tile: Tile) -> Reduce:
    """How the engine makes the mosaic: means of blocks cost it nearly nothing, and scaling maps costs the more."""
    return reduce_for((crop.height, crop.width), (tile.picture.height, tile.picture.width))


def _captioned(tile: Tile, gap: int, *, last: bool) -> Tile:
    return tile if tile.index is None else replace(tile, caption=half(tile.caption, gap, last))


@lru_cache(maxsize=16)
def _places(request: LayoutRequest, text: TypeScale, whole: Rect) -> tuple[Rect, PlacedPanels, Block]:
    """The tiles' room, the panels and the tiles: the same, whichever part of the maps is seen in them."""

    def block_in(room: Rect) -> Block:
        return _block(request, text, room)

    room, panels = placed(request.panels, request.canvas_wh, text, whole, request.kernel_chw, block_in)
    return room, panels, block_in(room)


def _block(request: LayoutRequest, text: TypeScale, room: Rect) -> Block:
    """The tiles in `room`: all of them, or the enlarged map alone."""
    enlarged = request.viewport.enlarged
    indices: tuple[int | None, ...] = (None,) * request.input_tile + tuple(range(request.count))
    if enlarged is not None:
        indices = (enlarged,)
    pairs = request.other is not None and request.other.beside
    return largest_block(
        request.map_hw,
        in_pairs(indices) if pairs else indices,
        room,
        text,
        request.captions,
        cut=enlarged is not None,
        pairs=pairs,
    )


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
