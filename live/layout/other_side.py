"""The tiles of a second layer on the same canvas: in pairs with the first one's, or in the same places. Arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from live.layout.caption_plan import CaptionNeeds
from live.layout.tiling import Rect, Tile, half_of
from live.layout.viewport import Seen

LIVE_SHARE = 0.55  # of the inspector's height, for the layer whose half explains the difference, too
EMPTY = -1_000_000  # in the order of tiles: a place without one


@dataclass(frozen=True)
class MapSpan:
    """Which pixels of a layer's maps are shown at most, and which the mosaic holds; bottom and right exclusive."""

    shown: Rect
    held: Rect

    @classmethod
    def whole(cls, map_hw: tuple[int, int]) -> MapSpan:
        """All of them."""
        all_of_it = Rect(0, 0, map_hw[1], map_hw[0])
        return cls(all_of_it, all_of_it)


@dataclass(frozen=True)
class Onto:
    """From a pixel of the first layer's maps to that of the second's whose middle is at the same place of the scene.

    scale_yx: pixels of the second's maps a pixel of the first's. shift_yx: which pixel of the second's maps pixel 0 of
    the first's is on, and fractions.
    """

    scale_yx: tuple[float, float] = (1.0, 1.0)
    shift_yx: tuple[float, float] = (0.0, 0.0)

    def pixel(self, y: int, x: int) -> tuple[int, int]:
        """The nearest pixel there; of two, the one above or left."""
        found = (scale * at + shift for scale, at, shift in zip(self.scale_yx, (y, x), self.shift_yx, strict=True))
        down, across = (math.ceil(one - 0.5) for one in found)
        return down, across

    def back(self, y: int, x: int) -> tuple[int, int]:
        """From the second layer's pixel to the first's."""
        found = ((at - shift) / scale for scale, at, shift in zip(self.scale_yx, (y, x), self.shift_yx, strict=True))
        down, across = (math.ceil(one - 0.5) for one in found)
        return down, across

    def seen(self, seen: Seen, inside: Rect) -> Seen:
        """The part of the second's maps at the same place of the scene, as far as it lies `inside`."""
        (down, across), (shift_y, shift_x) = self.scale_yx, self.shift_yx
        height, width = min(seen.height * down, inside.height), min(seen.width * across, inside.width)
        top = (seen.top - 0.5) * down + shift_y + 0.5
        left = (seen.left - 0.5) * across + shift_x + 0.5
        top = min(max(top, inside.y), inside.bottom - height)
        return Seen(top, min(max(left, inside.x), inside.right - width), height, width)


@dataclass(frozen=True)
class OtherRequest:
    """The second layer: what of its maps is shown, where the first one's pixels lie on it, what its captions want.

    beside: in tiles of its own, each at the left of the first one's; else in the same tiles. last: with its captions
    and its half of the inspector at the right or below.
    """

    span: MapSpan
    onto: Onto
    captions: CaptionNeeds
    beside: bool = True
    last: bool = False


def in_pairs(indices: tuple[int | None, ...]) -> tuple[int | None, ...]:
    """Each map's tile behind that of the second layer, which is ~index; the input has a pair's place to itself."""
    pairs: list[int | None] = []
    for index in indices:
        pairs += [None, EMPTY] if index is None else [~index, index]
    return tuple(pairs)


def split_pairs(tiles: tuple[Tile, ...]) -> tuple[tuple[Tile, ...], tuple[Tile, ...], Rect | None]:
    """The first layer's tiles with the input's, the second's, and the place that the input leaves free.

    That is nobody's where it lies between the input and maps: what stood there would part them.
    """
    first = tuple(tile for tile in tiles if tile.index is None or tile.index >= 0)
    second = tuple(
        replace(tile, index=~tile.index) for tile in tiles if tile.index is not None and EMPTY < tile.index < 0
    )
    free = next((tile for tile in tiles if tile.index == EMPTY), None)
    if free is None or any(tile.caption.y == free.caption.y for tile in second):
        return first, second, None
    place = free.caption
    return first, second, Rect(place.x, place.y, place.width, place.height + free.picture.height)


def half(place: Rect, gap: int, last: bool) -> Rect:
    """The left or the right half, without half a gap between."""
    width = half_of(place.width, gap)
    return replace(place, x=place.right - width if last else place.x, width=width)


def split_panel(place: Rect, *, last: bool, upper: float = 0.5) -> Rect:
    """One half of a panel: the upper and the lower one, or where it is wide, the left and the right one.

    upper: what of its height the upper one has.
    """
    if place.width > place.height:
        width = place.width // 2
        return replace(place, x=place.x + width, width=place.width - width) if last else replace(place, width=width)
    height = int(place.height * upper)
    return replace(place, y=place.y + height, height=place.height - height) if last else replace(place, height=height)


def other_seen(other: OtherRequest, seen: Seen, *, all_of_it: bool) -> tuple[Rect, Seen | None]:
    """The second's crop, and what of it is seen where that is not the crop: see Layout.

    seen: of the first layer's maps. all_of_it: whether that is the whole of what is shown of them.
    """
    inside = other.span.shown
    if all_of_it:
        return inside, None
    found = other.onto.seen(seen, inside)
    whole = all(side == int(side) for side in (found.top, found.left, found.height, found.width))
    top, left = math.floor(found.top), math.floor(found.left)
    bottom = min(math.ceil(found.top + found.height), inside.bottom)
    right = min(math.ceil(found.left + found.width), inside.right)
    crop = Rect(left, top, right - left, bottom - top)
    return crop, None if whole else found
