"""Where the inspected pixel lies: a frame around it in every map, and around what it reads on the input."""

from __future__ import annotations

import cv2

from convviz_core.arrays import ByteArray
from convviz_core.geometry import Box
from live.drawing.scene import Scene
from live.drawing.text import ACCENT, Colour
from live.layout import Layout
from live.layout.tiling import Rect, Tile
from live.layout.viewport import NUMBERS_FROM_SCALE

OTHERS: Colour = (200, 196, 192)
SHORTEST_ARM = 7  # of a small tile's side: longer ones would cover the picture
GAP = 6  # canvas pixels between a frame and the crosshair around it


class TargetMark:
    """Thin lines with a dark rim, so that they are seen on any picture; cut off at their tiles.

    A crosshair marks the same place in every tile, and on the input the receptive field is framed at its true size.
    While the input is pointed at, that pixel is framed there, and in every map the responses that read it.
    """

    def draw(self, canvas: ByteArray, layout: Layout, scene: Scene) -> None:
        """Draw them on the tiles."""
        if scene.marked is None:
            return
        index, y, x = scene.marked
        for tile in layout.tiles:
            arm = min(2 * layout.text.base, tile.picture.height // SHORTEST_ARM, tile.picture.width // SHORTEST_ARM)
            place = _framed(layout, scene, tile, y, x)
            if place is not None:
                colour = ACCENT if tile.index in (index, None) else OTHERS
                _frame(canvas, place, tile.picture, colour, margin=1 if tile.index is None else 3)
                _crosshair(canvas, place, layout.canvas_rect(tile.index, y, x, whole=True) or place, tile.picture, arm)


def _framed(layout: Layout, scene: Scene, tile: Tile, y: int, x: int) -> Rect | None:
    """What is framed on one tile, as far as it is seen."""
    geometry, on_input = scene.layer.geometry, scene.input_pixel
    if tile.index is None:
        if on_input is None:
            box = geometry.receptive_field((scene.image.shape[0], scene.image.shape[1]), y, x)
        else:
            box = Box(*on_input, on_input[0] + 1, on_input[1] + 1)
        if box is None:
            return None
        # The input's tile begins at the middle of the first window.
        top, left = geometry.middle_pixel(0, 0)
        box = Box(box.top - top, box.left - left, box.bottom - top, box.right - left)
    elif on_input is None:
        box = Box(y, x, y + 1, x + 1)
    else:
        read = geometry.readers(layout.request.map_hw, *on_input)
        if read is None:
            return None
        box = read
    return layout.canvas_rect(tile.index, box.top, box.left, box.bottom - box.top, box.right - box.left, whole=True)


def _crosshair(canvas: ByteArray, around: Rect, pixel: Rect, tile: Rect, arm: int) -> None:
    """Four arms in line with a pixel, outside of what is framed; at the tile's edges where pixels have numbers."""
    inside = canvas[tile.slices]
    x, y = pixel.x + pixel.width // 2 - tile.x, pixel.y + pixel.height // 2 - tile.y
    left, right = around.x - tile.x - GAP, around.right - tile.x - 1 + GAP
    top, bottom = around.y - tile.y - GAP, around.bottom - tile.y - 1 + GAP
    ends = [((left, y), (left - arm, y)), ((right, y), (right + arm, y))]
    ends += [((x, top), (x, top - arm)), ((x, bottom), (x, bottom + arm))]
    if min(pixel.width, pixel.height) >= NUMBERS_FROM_SCALE:
        ends = [((0, y), (GAP, y)), ((tile.width - 1 - GAP, y), (tile.width - 1, y))]
        ends += [((x, 0), (x, GAP)), ((x, tile.height - 1 - GAP), (x, tile.height - 1))]
    for width, colour in ((3, (0, 0, 0)), (1, OTHERS)):
        for begin, end in ends:
            cv2.line(inside, begin, end, colour, width)


def _frame(canvas: ByteArray, place: Rect, tile: Rect, colour: Colour, margin: int) -> None:
    """Around `place`, drawn on the tile's own pixels only."""
    inside = canvas[tile.slices]
    corner = (place.x - tile.x - margin, place.y - tile.y - margin)
    opposite = (place.right - tile.x - 1 + margin, place.bottom - tile.y - 1 + margin)
    cv2.rectangle(inside, corner, opposite, (0, 0, 0), 3)
    cv2.rectangle(inside, corner, opposite, colour, 1)
