"""Where the inspected pixel lies: a frame around it in every map, and around what it reads on the input."""

from __future__ import annotations

import cv2

from convviz_core.arrays import ByteArray
from live.drawing.scene import Scene
from live.drawing.text import ACCENT, Colour
from live.layout import Layout
from live.layout.tiling import Rect

OTHERS: Colour = (200, 196, 192)


class TargetMark:
    """Thin frames with a dark rim, so that they are seen on any picture; cut off at their tiles."""

    def draw(self, canvas: ByteArray, layout: Layout, scene: Scene) -> None:
        """Draw them on the tiles."""
        if scene.target is None:
            return
        index, y, x = scene.target
        rows, columns = scene.layer.bank.kernel_hw
        for tile in layout.tiles:
            place = layout.canvas_rect(tile.index, y, x)
            if tile.index is None:
                # The input's tile begins at the middle of the first window, half a kernel behind its beginning.
                place = layout.canvas_rect(None, y - (rows - 1) // 2, x - (columns - 1) // 2, rows, columns)
            if place is not None:
                colour = ACCENT if tile.index in (index, None) else OTHERS
                _frame(canvas, place, tile.picture, colour, margin=1 if tile.index is None else 3)


def _frame(canvas: ByteArray, place: Rect, tile: Rect, colour: Colour, margin: int) -> None:
    """Around `place`, drawn on the tile's own pixels only."""
    inside = canvas[tile.slices]
    corner = (place.x - tile.x - margin, place.y - tile.y - margin)
    opposite = (place.right - tile.x - 1 + margin, place.bottom - tile.y - 1 + margin)
    cv2.rectangle(inside, corner, opposite, (0, 0, 0), 3)
    cv2.rectangle(inside, corner, opposite, colour, 1)
