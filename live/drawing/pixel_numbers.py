"""Numbers on pixels: where they are large enough, each pixel of a map says its response, and of the input its gray."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from convviz_core.arrays import AnyArray, ByteArray
from convviz_core.geometry import Box
from convviz_core.gray import to_planes
from convviz_core.inspect import responses
from live.drawing.numbers import fitted
from live.drawing.scene import Scene
from live.drawing.text import CAP_HEIGHT, put, text_width
from live.drawing.tiles import input_part, map_part
from live.layout import Layout
from live.layout.tiling import Rect, Tile
from live.layout.viewport import NUMBERS_FROM_SCALE

BYTES_FROM_SCALE = 48  # there, a map's pixel has its byte below its response
SMALLEST, LARGEST, SIZE_OF_CELL, LINE_EM = 9, 14, 0.25, 1.15
BRIGHT = 140  # of 255; from here on black is read better than white

Words = Callable[[int, int], Sequence[str]]  # the lines on the pixel so many below and right of the crop's corner
ONE = (1, 1)


@dataclass(frozen=True, eq=False)
class _Ink:
    """The pixels of a tile that numbers cover: rows, columns and how much, 0 to 256; of each, in which cell it is."""

    rows: AnyArray
    columns: AnyArray
    covered: AnyArray
    cell: AnyArray
    middles: tuple[AnyArray, AnyArray]  # rows and columns of the cells' corners, where nothing is written

    def draw(self, picture: ByteArray) -> None:
        """Write them on a tile's picture, black on bright cells and white on dark ones."""
        b, g, r = np.moveaxis(picture[self.middles].astype(np.int32), 1, 0)
        ink = np.where((b + 6 * g + 3 * r) // 10 < BRIGHT, 255, 0)[self.cell][:, None]
        under = picture[self.rows, self.columns].astype(np.int32)
        picture[self.rows, self.columns] = under + (((ink - under) * self.covered[:, None]) >> 8)


class PixelNumbers:
    """Written anew when its key changes; otherwise what was written is laid over each picture."""

    def __init__(self) -> None:
        self._key: Hashable = None
        self._ink: list[tuple[Tile, _Ink]] = []

    def key(self, layout: Layout, scene: Scene) -> Hashable:
        """Which pixels of which picture, and what is said of them."""
        picture = scene.beat, scene.status.mirrored, _of_model(scene)
        other = (scene.other.layer, _of_model(scene.other)) if scene.other and scene.difference else None
        shown = scene.layer, scene.range, scene.gain, scene.removed is None, other
        return layout.places, layout.seen, shown, picture

    def draw(self, canvas: ByteArray, layout: Layout, scene: Scene) -> None:
        """Draw them on the tiles."""
        if layout.scale < NUMBERS_FROM_SCALE:
            self._key, self._ink = None, []
            return
        key = self.key(layout, scene)
        if key != self._key:
            self._key = key
            self._ink = [
                (tile, _written(tile, words, layout, ONE if tile.index is not None else scene.layer.geometry.stride_yx))
                for tile, words in _words(layout, scene)
            ]
        for tile, ink in self._ink:
            ink.draw(canvas[tile.picture.slices])


def _of_model(scene: Scene) -> Hashable:
    return scene.model and (scene.model.name, scene.model.channels)


def shown_responses(layout: Layout, scene: Scene, indices: Sequence[int], part: Box) -> AnyArray:
    """float32 (n, h, w): what those maps show of their responses; all of them where what ReLU removes is tinted."""
    if scene.difference and scene.other:
        live, kept = _responses(scene, indices, part), _responses(scene.other, indices, layout.box_on_other(part))
        return _activated(scene, live) - _activated(scene.other, kept)
    found = _responses(scene, indices, part)
    return found if scene.removed else _activated(scene, found)


def _responses(scene: Scene, indices: Sequence[int], part: Box) -> AnyArray:
    if scene.model is None:
        return responses(scene.image, scene.layer, indices, part)
    channels = [scene.model.channels[index] for index in indices]
    return scene.model.conv[channels, part.top : part.bottom, part.left : part.right]


def _activated(scene: Scene, found: AnyArray) -> AnyArray:
    return found if scene.layer.signed else np.maximum(found, 0)


def _words(layout: Layout, scene: Scene) -> list[tuple[Tile, Words]]:
    """What is written on each tile's pixels."""
    crop, room = layout.crop, _characters(layout.scale)
    indices = [tile.index for tile in layout.tiles if tile.index is not None]
    found = shown_responses(layout, scene, indices, Box(crop.y, crop.x, crop.bottom, crop.right))
    with_bytes = layout.scale >= BYTES_FROM_SCALE
    maps, some_below_0 = scene.maps, scene.signed or scene.removed is not None

    def of_map(values: AnyArray, shades: ByteArray) -> Words:
        def words(y: int, x: int) -> Sequence[str]:
            value = float(values[y, x])
            said = fitted(value, room - (some_below_0 and value >= 0))  # as many digits as those with a minus sign
            return (said, str(shades[y, x])) if with_bytes else (said,)

        return words

    written: list[tuple[Tile, Words]] = []
    for tile in layout.tiles:
        if tile.index is None and (scene.model or not grays_fit(layout, scene)):
            continue
        if tile.index is None:
            channels = scene.layer.bank.channels
            levels = to_planes(input_part(scene.image, scene.layer.geometry, crop), channels)
            written.append((tile, _of_input(scene, crop, levels)))
        else:
            values = found[indices.index(tile.index)]
            written.append((tile, of_map(values, map_part(scene.mosaic, maps, tile.index, layout))))
    return written


def _of_input(scene: Scene, crop: Rect, levels: ByteArray) -> Words:
    """The gray values or colours of the pixels in `crop`; nothing beyond the padding, where no pixel is."""
    geometry = scene.layer.geometry
    first, there = geometry.shown(Box(crop.y, crop.x, crop.bottom, crop.right)), geometry.padded(scene.image.shape)

    def words(y: int, x: int) -> Sequence[str]:
        inside = there.top <= first.top + y < there.bottom and there.left <= first.left + x < there.right
        return [str(level) for level in levels[:, y, x]] if inside else ()

    return words


def grays_fit(layout: Layout, scene: Scene) -> bool:
    """Whether the input's pixels, of which a stride puts several into each of the maps', have room for numbers."""
    side = layout.scale / max(scene.layer.geometry.stride_yx)
    size, lines = _size(side), scene.layer.bank.channels
    return side >= text_width("255", size) + 2 and side >= lines * round(LINE_EM * size)


def _size(scale: float) -> int:
    return max(SMALLEST, min(LARGEST, round(SIZE_OF_CELL * scale)))


def _characters(scale: float) -> int:
    """How many of a number's fit across a pixel."""
    return int((scale - 2) / text_width("0", _size(scale)))


def _written(tile: Tile, words: Words, layout: Layout, step_yx: tuple[int, int]) -> _Ink:
    """The words in the middle of every pixel that is seen whole enough for them.

    Of one that is larger than half the tile they stand in the middle of what is seen.

    step_yx: so many of the tile's pixels lie in each of the maps', down and across.
    """
    place, seen, crop = tile.picture, layout.seen, layout.crop
    down, across = place.height / (seen.height * step_yx[0]), place.width / (seen.width * step_yx[1])
    first_y, first_x = (crop.y - seen.top) * step_yx[0], (crop.x - seen.left) * step_yx[1]
    size = _size(layout.scale / max(step_yx))
    covered = np.zeros((place.height, place.width), np.uint16)
    cells = np.zeros((place.height, place.width), np.int32)
    corners: list[tuple[int, int]] = []
    for row in range(crop.height * step_yx[0]):
        top = (first_y + row) * down
        for column in range(crop.width * step_yx[1]):
            left = (first_x + column) * across
            lines = words(row, column)
            x, y = _middle(left, across, place.width), _middle(top, down, place.height)
            if lines and _stamp(covered, cells, len(corners), lines, x, y, size):
                corners.append((int(max(top, 0)) + 1, int(max(left, 0)) + 1))
    rows, columns = np.nonzero(covered)
    at = np.array(corners, np.int64).reshape(-1, 2)
    middles = np.minimum(at[:, 0], place.height - 1), np.minimum(at[:, 1], place.width - 1)
    return _Ink(rows, columns, covered[rows, columns].astype(np.int32), cells[rows, columns], middles)


def _middle(first: float, length: float, room: int) -> float:
    if 2 * length <= room:
        return first + length / 2
    return (max(first, 0.0) + min(first + length, room)) / 2


def _stamp(covered: AnyArray, cells: AnyArray, cell: int, lines: Sequence[str], x: float, y: float, size: int) -> bool:
    """Write lines with their middle at (x, y); not where they would reach over the tile. Whether they are written."""
    step = round(LINE_EM * size)
    top = round(y - step * len(lines) / 2)
    width = max(sum(_glyph(sign, size).shape[1] for sign in line) for line in lines)
    left = round(x - width / 2)
    if top < 0 or left < 0 or top + step * len(lines) > covered.shape[0] or left + width > covered.shape[1]:
        return False
    cells[top : top + step * len(lines), left : left + width] = cell
    for number, line in enumerate(lines):
        glyphs = [_glyph(sign, size) for sign in line]
        at = round(x - sum(glyph.shape[1] for glyph in glyphs) / 2)
        for glyph in glyphs:
            covered[top + number * step : top + (number + 1) * step, at : at + glyph.shape[1]] = glyph
            at += glyph.shape[1]
    return True


@lru_cache(maxsize=256)
def _glyph(sign: str, size: int) -> AnyArray:
    """How much of each pixel a sign covers, 0 to 256: uint16, a line high and as wide as it advances."""
    step, width = round(LINE_EM * size), text_width(sign, size)
    drawn = np.zeros((step, width, 3), np.uint8)
    put(drawn, sign, 0, round((step + CAP_HEIGHT * size) / 2), size, (255, 255, 255))
    return (drawn[:, :, 0].astype(np.uint16) * 256 + 127) // 255
