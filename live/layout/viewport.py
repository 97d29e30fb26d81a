"""Which part of the maps is seen. Only arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from live.layout.tiling import Rect

ZOOM_STEP = 1.25  # one notch of the wheel
LARGEST_SCALE = 64.0  # canvas pixels a pixel of the input, or of a map without stride
LARGEST_OF_MAP = 1024.0  # canvas pixels a map pixel, of which a stride makes each stand for several of the input
NUMBERS_FROM_SCALE = 32.0  # from here on pixels have room for their numbers, and are pointed at


def largest_scale(stride_yx: tuple[int, int]) -> float:
    """Canvas pixels a map pixel, to which zooming goes: where each stands for several of the input, these are large."""
    return min(LARGEST_SCALE * max(stride_yx), LARGEST_OF_MAP)


@dataclass(frozen=True)
class Seen:
    """A part of the maps, from position (top, left) on, in map pixels and fractions of them."""

    top: float
    left: float
    height: float
    width: float

    def moved(self, dy: int, dx: int) -> Seen:
        """The same part of maps that begin so many pixels further up and left."""
        return Seen(self.top + dy, self.left + dx, self.height, self.width)

    def crop(self, map_hw: tuple[int, int]) -> Rect:
        """The whole pixels of the map that it touches."""
        top, left = math.floor(self.top), math.floor(self.left)
        bottom = min(math.ceil(self.top + self.height), map_hw[0])
        right = min(math.ceil(self.left + self.width), map_hw[1])
        return Rect(left, top, right - left, bottom - top)


@dataclass(frozen=True)
class Viewport:
    """All tiles show the whole of their maps, or one map has the picture to itself and shows what there is room for.

    enlarged: that map. corner_yx: the map position at the top left. notches: how often the wheel has zoomed in, all
    tiles together, each time by ZOOM_STEP; at 0 the tiles are as they would be without it, to the byte.
    """

    enlarged: int | None = None
    corner_yx: tuple[float, float] = (0, 0)
    notches: float = 0.0

    @property
    def moves(self) -> bool:
        """Whether there is more than is seen, as far as can be said without the maps' size."""
        return self.enlarged is not None or self.notches > 0

    def moved(self, dy: float, dx: float) -> Viewport:
        """Panned by so many map pixels; where all is seen it stays."""
        if not self.moves:
            return self
        return replace(self, corner_yx=(self.corner_yx[0] + dy, self.corner_yx[1] + dx))

    def toggled(self, index: int) -> Viewport:
        """Map `index` fills the picture, or goes back among the others; what is zoomed stays so."""
        enlarged = index if self.enlarged is None else None
        return replace(self, enlarged=enlarged) if self.notches else Viewport(enlarged)

    def zoomed(self, notches: float, at: tuple[float, float], lens: Lens) -> Viewport:
        """Zoomed in or out by so many notches; what is seen at `at`, fractions down and across a tile, stays there."""
        before = lens.seen(self)
        after = replace(self, notches=min(max(self.notches + notches, 0.0), float(lens.most_notches)))
        height, width = lens.span_hw(after)
        corner = before.top + at[0] * (before.height - height), before.left + at[1] * (before.width - width)
        return replace(after, corner_yx=corner)

    def crop(self, map_hw: tuple[int, int], shown_hw: tuple[int, int]) -> Rect:
        """Without zoom: the map pixels that are seen where there is room for `shown_hw`, kept inside the map."""
        height, width = shown_hw
        top = min(max(round(self.corner_yx[0]), 0), map_hw[0] - height)
        left = min(max(round(self.corner_yx[1]), 0), map_hw[1] - width)
        return Rect(left, top, width, height)


@dataclass(frozen=True)
class Lens:
    """The tiles through which viewports look.

    map_hw: of one map. shown_hw: how much of it a tile shows without zoom. scale: canvas pixels a map pixel then.
    largest_scale: to which it zooms.
    """

    map_hw: tuple[int, int]
    shown_hw: tuple[int, int]
    scale: float
    largest_scale: float = LARGEST_SCALE

    @property
    def most_notches(self) -> int:
        """As many as lead to the largest scale; the last of them is a smaller step."""
        return max(0, math.ceil(math.log(self.largest_scale / self.scale, ZOOM_STEP) - 1e-9))

    def factor(self, viewport: Viewport) -> float:
        """How many times larger than without zoom, at least 1."""
        notches = min(viewport.notches, float(self.most_notches))
        return max(1.0, min(math.pow(ZOOM_STEP, notches), self.largest_scale / self.scale))

    def span_hw(self, viewport: Viewport) -> tuple[float, float]:
        """How much of the map is seen."""
        factor = self.factor(viewport)
        return self.shown_hw[0] / factor, self.shown_hw[1] / factor

    def seen(self, viewport: Viewport) -> Seen:
        """Which part of the map is seen: whole pixels without zoom, and always inside the map."""
        if self.factor(viewport) == 1:
            crop = viewport.crop(self.map_hw, self.shown_hw)
            return Seen(crop.y, crop.x, crop.height, crop.width)
        height, width = self.span_hw(viewport)
        top = min(max(viewport.corner_yx[0], 0.0), self.map_hw[0] - height)
        left = min(max(viewport.corner_yx[1], 0.0), self.map_hw[1] - width)
        return Seen(top, left, height, width)

    def showing(self, viewport: Viewport, y: int, x: int) -> Viewport:
        """Moved as little as brings the middle of pixel (y, x) into view with all of the pixel; else as it is."""
        seen = self.seen(viewport)
        top = _moved_to(seen.top, seen.height, y)
        left = _moved_to(seen.left, seen.width, x)
        return viewport if (top, left) == (seen.top, seen.left) else replace(viewport, corner_yx=(top, left))

    def kept_inside(self, viewport: Viewport) -> Viewport:
        """The viewport that says of itself what is seen through it."""
        seen = self.seen(viewport)
        notches = min(viewport.notches, float(self.most_notches))
        return replace(viewport, corner_yx=(seen.top, seen.left), notches=notches)


def _moved_to(first: float, length: float, pixel: int) -> float:
    """Where what is seen begins in one direction when that pixel has come into it."""
    if first <= pixel + 0.5 <= first + length:
        return first
    return float(pixel) if pixel < first else pixel + 1 - length
