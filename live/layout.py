"""Where everything lies on the canvas, and which map pixel lies under the pointer. Only arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, replace

from convviz_core.engines.api import map_hw
from convviz_core.mosaic import MosaicGrid
from live.controls import MapPixel, ViewState

SMALLEST_HUD_WH = (160, 120)  # a smaller canvas shows the picture alone
SMALLEST_LEGIBLE_WH = (640, 480)  # from here on kernels' and the inspector's numbers can be read


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

    def contains(self, x: int, y: int) -> bool:
        """Whether the canvas pixel (x, y) is inside."""
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


@dataclass(frozen=True)
class Layout:
    """One canvas: the picture (mosaic or enlarged map), the status strip below it, the inspector's panel beside it.

    grid: the tiles shown, at full size, the gray input's included (it is the last). crop: what the picture
    shows of the enlarged map, in map pixels. reduce: block side of the mosaic that the engine is asked for.
    """

    canvas_wh: tuple[int, int]
    text: float  # cv2.putText's font scale
    line: int  # height of a line of text
    map_count: int
    grid: MosaicGrid
    picture: Rect
    strip: Rect
    panel: Rect | None
    enlarged: int | None
    crop: Rect
    reduce: int

    def map_pixel(self, x: int, y: int) -> MapPixel | None:
        """(map, y, x) under the canvas pixel; None on the gray tile, an empty tile, and beside the picture."""
        if not self.picture.contains(x, y):
            return None
        across = (x - self.picture.x + 0.5) / self.picture.width
        down = (y - self.picture.y + 0.5) / self.picture.height
        if self.enlarged is not None:
            return (
                self.enlarged,
                self.crop.y + int(down * self.crop.height),
                self.crop.x + int(across * self.crop.width),
            )
        mosaic_h, mosaic_w = self.grid.size_hw
        pixel = self.grid.map_pixel(int(down * mosaic_h), int(across * mosaic_w))
        return pixel if pixel and pixel[0] < self.map_count else None

    def tile(self, index: int) -> Rect | None:
        """Where tile `index` lies on the canvas; None while another is enlarged, or where it has no pixel there.

        (OpenCV ends the process when it is to colour an empty picture.)
        """
        if self.enlarged is not None:
            return self.picture if index == self.enlarged else None
        row, column = divmod(index, self.grid.columns)
        left, right = (self.picture.width * c // self.grid.columns for c in (column, column + 1))
        top, bottom = (self.picture.height * r // self.grid.rows for r in (row, row + 1))
        if right == left or bottom == top:
            return None
        return Rect(self.picture.x + left, self.picture.y + top, right - left, bottom - top)

    def canvas_rect(self, tile: int, y: int, x: int, height: int = 1, width: int = 1) -> Rect | None:
        """The canvas pixels of a tile's pixels (y..y+height, x..x+width); None where they are not shown."""
        place = self.tile(tile)
        if place is None:
            return None
        seen = self.crop if self.enlarged is not None else Rect(0, 0, self.grid.tile_hw[1], self.grid.tile_hw[0])
        if not (seen.x <= x < seen.x + seen.width and seen.y <= y < seen.y + seen.height):
            return None
        scale_x, scale_y = place.width / seen.width, place.height / seen.height
        left, top = place.x + int((x - seen.x) * scale_x), place.y + int((y - seen.y) * scale_y)
        return Rect(left, top, max(1, round(width * scale_x)), max(1, round(height * scale_y)))


def text_scale(canvas_wh: tuple[int, int]) -> float:
    """cv2.putText's font scale: 0.42 at 640x480, slowly growing with the canvas, readable on 3840x2160."""
    relative = min(canvas_wh[0] / 640, canvas_wh[1] / 480)
    return 0.42 * float(max(0.8, relative**0.75))


def line_height(text: float) -> int:
    """The height of a line at that font scale, in pixels."""
    return round(40 * text) + 3


def arrange(canvas_wh: tuple[int, int], frame_shape: tuple[int, ...], state: ViewState) -> Layout:
    """Lay out `state` for frames of `frame_shape` on a canvas. FrameSizeError where the kernel does not fit."""
    width, height = canvas_wh
    bank = state.layer.bank
    tile_hw = map_hw(frame_shape, bank)
    grid = MosaicGrid(len(bank) + state.gray_tile, tile_hw)
    text = text_scale(canvas_wh)
    line = line_height(text)
    with_hud = width >= SMALLEST_HUD_WH[0] and height >= SMALLEST_HUD_WH[1]
    strip_h = 2 * line if with_hud else 0
    panel_w = max(230, width * 2 // 5) if state.inspector and with_hud and width >= 480 else 0
    room = Rect(0, 0, width - panel_w, height - strip_h)
    enlarged = state.enlarged if state.enlarged is not None and state.enlarged < len(bank) else None
    crop = _crop(state, tile_hw, room) if enlarged is not None else Rect(0, 0, tile_hw[1], tile_hw[0])
    shown_hw = (crop.height, crop.width) if enlarged is not None else grid.size_hw
    picture = _fit(shown_hw, room)
    shrink = min(shown_hw[0] / picture.height, shown_hw[1] / picture.width)
    return Layout(
        canvas_wh=canvas_wh,
        text=text,
        line=line,
        map_count=len(bank),
        grid=grid,
        picture=picture,
        strip=Rect(0, height - strip_h, width, strip_h),
        panel=Rect(width - panel_w, 0, panel_w, height - strip_h) if panel_w else None,
        enlarged=enlarged,
        crop=crop,
        reduce=1 if enlarged is not None else min(max(1, int(shrink)), *tile_hw),
    )


def _fit(size_hw: tuple[int, int], room: Rect) -> Rect:
    """The largest rectangle of that aspect in `room`, centred; from twice the size on, whole multiples only."""
    scale = min(room.width / size_hw[1], room.height / size_hw[0])
    scale = float(int(scale)) if scale >= 2 else scale
    width, height = max(1, int(size_hw[1] * scale)), max(1, int(size_hw[0] * scale))
    return Rect(room.x + (room.width - width) // 2, room.y + (room.height - height) // 2, width, height)


def _crop(state: ViewState, map_hw: tuple[int, int], room: Rect) -> Rect:
    """The part of the enlarged map that fits at one canvas pixel a map pixel, kept inside the map."""
    height, width = min(map_hw[0], room.height), min(map_hw[1], room.width)
    top = min(max(state.pan_yx[0], 0), map_hw[0] - height)
    left = min(max(state.pan_yx[1], 0), map_hw[1] - width)
    return Rect(left, top, width, height)


def kept_inside(state: ViewState, layout: Layout) -> ViewState:
    """The state with its pinned pixel, pointer and panning moved back inside the maps."""
    height, width = layout.grid.tile_hw

    def inside(pixel: MapPixel | None) -> MapPixel | None:
        if pixel is None or pixel[0] >= layout.map_count:
            return None
        return pixel[0], min(max(pixel[1], 0), height - 1), min(max(pixel[2], 0), width - 1)

    pan_yx = (layout.crop.y, layout.crop.x) if layout.enlarged is not None else (0, 0)
    enlarged = layout.enlarged
    kept = replace(state, pinned=inside(state.pinned), hovered=inside(state.hovered), enlarged=enlarged, pan_yx=pan_yx)
    return state if kept == state else kept


def preferred_canvas_wh(frame_shape: tuple[int, ...], state: ViewState, screen_wh: tuple[int, int]) -> tuple[int, int]:
    """The first window: the mosaic at its own size or a multiple, within 960 x 720 and the screen, for reading's sake
    not below 640 x 480."""
    most_w, most_h = min(960, screen_wh[0]), min(720, screen_wh[1])
    strip_h = 2 * line_height(text_scale((most_w, most_h)))
    grid = MosaicGrid(len(state.layer.bank), map_hw(frame_shape, state.layer.bank))
    picture = _fit(grid.size_hw, Rect(0, 0, most_w, most_h - strip_h))
    return max(picture.width, min(640, most_w)), max(picture.height + strip_h, min(480, most_h))
