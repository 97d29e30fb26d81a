"""Where the inspected pixel lies: a frame around it in every map and what it reads; and where the frame ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from convviz_core.arrays import AnyArray, ByteArray
from convviz_core.geometry import Box, ConvGeometry
from live.drawing.scene import MapPixel, Scene
from live.drawing.text import ACCENT, BACKGROUND, Colour
from live.layout import Layout
from live.layout.tiling import Rect, Tile
from live.layout.viewport import NUMBERS_FROM_SCALE

OTHERS: Colour = (200, 196, 192)
EDGE: Colour = (230, 130, 200)  # violet, as padding is in the inspector
SHORTEST_ARM = 7  # of a small tile's side: longer ones would cover the picture
SMALLEST_CROSSED = 48  # pixels of a tile's side: a smaller one has no arms, and a frame that covers little of it
GAP = 6  # canvas pixels between a frame and the crosshair around it


@dataclass(frozen=True, eq=False)
class Stroke:
    """Lines on one tile, each int32 (2, 2) of x, y there, all with one colour and width."""

    tile: Rect
    lines: Sequence[AnyArray]
    colour: Colour
    width: int

    def draw(self, canvas: ByteArray) -> None:
        """Draw it on the canvas."""
        cv2.polylines(canvas[self.tile.slices], self.lines, False, self.colour, self.width)


class TargetMark:
    """Thin lines with a dark rim, so that they are seen on any picture; cut off at their tiles.

    A crosshair marks the same place in every tile, and on the input the receptive field is framed at its true size.
    While the input is pointed at, that pixel is framed there, and in every map the responses that read it.
    """

    def __init__(self) -> None:
        self._key: object = None
        self._strokes: list[Stroke] = []

    def draw(self, canvas: ByteArray, layout: Layout, scene: Scene) -> None:
        """Draw them on the tiles."""
        if scene.marked is None:
            return
        key = layout, scene.marked, scene.input_pixel, scene.layer.geometry, scene.image.shape
        if key != self._key:
            self._key, self._strokes = key, list(_strokes(layout, scene, scene.marked))
        for stroke in self._strokes:
            stroke.draw(canvas)


class FrameEdge:
    """On the input's tile the frame's edge, a violet line, where the tile shows the padding outside of the frame.

    Beyond that, where a stride longer than the kernel puts a part of the first and last responses' cells, is nothing.
    """

    def __init__(self) -> None:
        self._key: object = None
        self._beyond: list[Rect] = []
        self._strokes: list[Stroke] = []

    def draw(self, canvas: ByteArray, layout: Layout, scene: Scene) -> None:
        """Draw it just outside of the frame."""
        key = layout, scene.layer.geometry, scene.image.shape, scene.model is None
        if key != self._key:
            self._key, self._beyond, self._strokes = key, list(_beyond(layout, scene)), list(_edge(layout, scene))
        for place in self._beyond:
            canvas[place.slices] = BACKGROUND
        for stroke in self._strokes:
            stroke.draw(canvas)


def _beyond(layout: Layout, scene: Scene) -> Iterator[Rect]:
    """The strips of the input's tile above, below, left and right of the frame and its padding."""
    tile, geometry = layout.tile(None), scene.layer.geometry
    if tile is None or scene.model:
        return
    place = _on_input(layout, geometry, geometry.padded(scene.image.shape))
    within = tile.picture
    top, bottom = (min(max(y, within.y), within.bottom) for y in (place.y, place.bottom)) if place else (within.y,) * 2
    left, right = (min(max(x, within.x), within.right) for x in (place.x, place.right)) if place else (within.x,) * 2
    strips = (
        Rect(within.x, within.y, within.width, top - within.y),
        Rect(within.x, bottom, within.width, within.bottom - bottom),
        Rect(within.x, top, left - within.x, bottom - top),
        Rect(right, top, within.right - right, bottom - top),
    )
    yield from (strip for strip in strips if strip.width and strip.height)


def _edge(layout: Layout, scene: Scene) -> Iterator[Stroke]:
    tile = layout.tile(None)
    if tile is None or scene.model:
        return
    place = _on_input(layout, scene.layer.geometry, Box(0, 0, scene.image.shape[0], scene.image.shape[1]))
    if place is None:
        return
    size_wh = np.array([tile.picture.width, tile.picture.height])
    above, below, left, right = scene.layer.geometry.margins
    padded = [
        line
        for line, margin in zip(_frame(place, tile.picture, margin=1), (above, right, below, left), strict=True)
        if margin
    ]
    seen = [line for line in padded if (line.max(axis=0) >= 0).all() and (line.min(axis=0) < size_wh).all()]
    for colour, width in (((0, 0, 0), 3), (EDGE, 1)) if seen else ():
        yield Stroke(tile.picture, seen, colour, width)


def _on_input(layout: Layout, geometry: ConvGeometry, box: Box) -> Rect | None:
    """Where a box of input pixels lies on the input's tile, the whole of it; None where none of it is seen."""
    (step_y, step_x), first = geometry.stride_yx, geometry.shown(Box(0, 0, 1, 1))  # where the input's tile begins
    top, left = (box.top - first.top) / step_y, (box.left - first.left) / step_x
    high, wide = (box.bottom - box.top) / step_y, (box.right - box.left) / step_x
    return layout.canvas_rect(None, top, left, high, wide, whole=True)


def _strokes(layout: Layout, scene: Scene, marked: MapPixel) -> Iterator[Stroke]:
    index, y, x = marked
    for tile in layout.tiles:
        arm = min(2 * layout.text.base, tile.picture.height // SHORTEST_ARM, tile.picture.width // SHORTEST_ARM)
        place = _framed(layout, scene, tile, y, x)
        if place is not None:
            colour = ACCENT if tile.index in (index, None) else OTHERS
            pixel = layout.canvas_rect(tile.index, y, x, whole=True) or place
            yield from framing(place, pixel, tile.picture, arm, 1 if tile.index is None else 3, colour)


def framing(place: Rect, pixel: Rect, tile: Rect, arm: int, margin: int, colour: Colour) -> Iterator[Stroke]:
    """A frame so far around `place`, and arms of that length in line with the middle of `pixel`."""
    frame = _frame(place, tile, margin_on(tile, margin))
    arms = _arms(place, pixel, tile, arm) if min(tile.width, tile.height) >= SMALLEST_CROSSED else ()
    yield Stroke(tile, (*frame, *arms), (0, 0, 0), 3)
    yield Stroke(tile, tuple(frame), colour, 1)
    yield Stroke(tile, tuple(arms), OTHERS, 1)


def margin_on(tile: Rect, margin: int) -> int:
    """Between a frame and what it frames, less on tiles that it would cover."""
    return margin if min(tile.width, tile.height) >= SMALLEST_CROSSED else 1


def _framed(layout: Layout, scene: Scene, tile: Tile, y: int, x: int) -> Rect | None:
    """What is framed on one tile, as far as it is seen."""
    geometry, on_input = scene.layer.geometry, scene.input_pixel
    if tile.index is None:
        if on_input is None:
            box = geometry.receptive_field((scene.image.shape[0], scene.image.shape[1]), y, x)
        else:
            box = Box(*on_input, on_input[0] + 1, on_input[1] + 1)
        return _on_input(layout, geometry, box) if box else None
    if on_input is None:
        box = Box(y, x, y + 1, x + 1)
    else:
        read = geometry.readers(layout.request.map_hw, *on_input)
        if read is None:
            return None
        box = read
    return layout.canvas_rect(tile.index, box.top, box.left, box.bottom - box.top, box.right - box.left, whole=True)


def _arms(around: Rect, pixel: Rect, tile: Rect, arm: int) -> AnyArray:
    """Four arms in line with a pixel, outside of what is framed; at the tile's edges where pixels have numbers."""
    x, y = pixel.x + pixel.width // 2 - tile.x, pixel.y + pixel.height // 2 - tile.y
    left, right = around.x - tile.x - GAP, around.right - tile.x - 1 + GAP
    top, bottom = around.y - tile.y - GAP, around.bottom - tile.y - 1 + GAP
    ends = [((left, y), (left - arm, y)), ((right, y), (right + arm, y))]
    ends += [((x, top), (x, top - arm)), ((x, bottom), (x, bottom + arm))]
    if min(pixel.width, pixel.height) >= NUMBERS_FROM_SCALE:
        ends = [((0, y), (GAP, y)), ((tile.width - 1 - GAP, y), (tile.width - 1, y))]
        ends += [((x, 0), (x, GAP)), ((x, tile.height - 1 - GAP), (x, tile.height - 1))]
    return np.array(ends, np.int32)


def _frame(place: Rect, tile: Rect, margin: int) -> AnyArray:
    """The four sides of a rectangle around `place`."""
    left, top = place.x - tile.x - margin, place.y - tile.y - margin
    right, bottom = place.right - tile.x - 1 + margin, place.bottom - tile.y - 1 + margin
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return np.array(list(zip(corners, corners[1:] + corners[:1], strict=True)), np.int32)
