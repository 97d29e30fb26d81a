"""Where the inspected response of a model's layer lies: framed in every map, and on the input what it reads."""

from __future__ import annotations

from convviz_core.arrays import ByteArray
from live.drawing.marks import OTHERS, SHORTEST_ARM, Stroke, framing
from live.drawing.scene import Scene
from live.drawing.text import ACCENT
from live.layout import Layout
from live.layout.tiling import Rect, Tile


class ModelMark:
    """As TargetMark's lines; the input's frame is what the response reads, once that is known."""

    def draw(self, canvas: ByteArray, layout: Layout, scene: Scene) -> None:
        """Draw them on the tiles."""
        if scene.marked is None or scene.model is None:
            return
        index, y, x = scene.marked
        for tile in layout.tiles:
            for stroke in _strokes(layout, scene, tile, index, y, x):
                stroke.draw(canvas)


def _strokes(layout: Layout, scene: Scene, tile: Tile, index: int, y: int, x: int) -> list[Stroke]:
    arm = min(2 * layout.text.base, tile.picture.height // SHORTEST_ARM, tile.picture.width // SHORTEST_ARM)
    pixel = layout.canvas_rect(tile.index, y, x, whole=True)
    place = _read_place(layout, scene, tile) if tile.index is None else pixel
    if place is None:
        return []
    colour = ACCENT if tile.index in (index, None) else OTHERS
    return list(framing(place, pixel or place, tile.picture, arm, 1 if tile.index is None else 3, colour))


def _read_place(layout: Layout, scene: Scene, tile: Tile) -> Rect | None:
    """The canvas pixels of what is read, on the input's tile."""
    model = scene.model
    if model is None or model.read is None:
        return None
    seen, picture, box = layout.seen, tile.picture, model.read
    down = picture.height / seen.height * model.shape[1] / scene.image.shape[0]
    across = picture.width / seen.width * model.shape[2] / scene.image.shape[1]
    top = picture.y + box.top * down - seen.top * picture.height / seen.height
    left = picture.x + box.left * across - seen.left * picture.width / seen.width
    height, width = (box.bottom - box.top) * down, (box.right - box.left) * across
    return Rect(round(left), round(top), max(1, round(width)), max(1, round(height)))
