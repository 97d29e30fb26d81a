"""The pictures of the tiles: bytes of the mosaic, and the input, to colours on the canvas."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import cv2
import numpy as np

from convviz_core.arrays import ByteArray
from convviz_core.geometry import ConvGeometry
from convviz_core.gray import dense
from convviz_core.mosaic import MosaicGrid
from live.drawing.colormaps import base_table, colour_into, lookup_tables
from live.drawing.scaling import block_means, scale_into
from live.drawing.scene import Scene
from live.drawing.tint import Removed, tint_into, tint_strengths
from live.layout import Layout
from live.layout.tiling import Rect, Tile

_MOST_THREADS = 4
_PIECE_ROWS = 400  # of a tile that is coloured at once, so that one large tile keeps every core busy, too


class TilePainter:
    """Paints the tiles of one canvas after the other, on several cores."""

    def __init__(self) -> None:
        self._levels: ByteArray = np.zeros((0, 0), np.uint8)  # what stands on the canvas, before it is coloured
        self._removed: ByteArray = np.zeros((0, 0), np.uint8)  # what is tinted there
        self._others = min(cv2.getNumberOfCPUs(), _MOST_THREADS) - 1
        self._pool = ThreadPoolExecutor(max(1, self._others), "convviz-draw")

    def close(self) -> None:
        """Join the threads."""
        self._pool.shutdown()

    def paint(self, canvas: ByteArray, layout: Layout, scene: Scene) -> None:
        """Paint every tile's picture onto `canvas`, uint8 BGR (H, W, 3), and nothing beside them."""
        if self._levels.shape != canvas.shape[:2]:
            self._levels, self._removed = (np.empty(canvas.shape[:2], np.uint8) for _ in range(2))
        tables = lookup_tables(scene.colormap, scene.layer.signed, scene.ranges)
        plain = base_table("gray", signed=False)
        in_colour = scene.layer.bank.channels == 3 and scene.image.ndim == 3
        self._on_all_cores([partial(self._scale, tile, canvas, layout, scene) for tile in layout.tiles])
        strengths = tint_strengths(scene.layer.bank, scene.removed) if scene.removed else None
        work: list[Callable[[], None]] = []
        for tile in layout.tiles:
            if tile.index is None and in_colour:
                continue
            levels, place = self._levels[tile.picture.slices], canvas[tile.picture.slices]
            for rows in _pieces(len(place)):
                if tile.index is None:
                    work.append(partial(colour_into, levels[rows], plain, place[rows]))
                elif scene.removed is None or strengths is None:
                    work.append(partial(colour_into, levels[rows], tables[tile.index], place[rows]))
                else:
                    removed = self._removed_part(tile, layout, scene.removed)[rows]
                    more = (tables[tile.index], removed, strengths[tile.index])
                    work.append(partial(tint_into, levels[rows], *more, place[rows]))
        self._on_all_cores(work)

    def _scale(self, tile: Tile, canvas: ByteArray, layout: Layout, scene: Scene) -> None:
        """The tile's bytes at their size on the canvas; an input in colour is then ready."""
        maps = scene.removed.count if scene.removed else layout.request.count
        if tile.index is None:
            source = input_part(scene.image, scene.layer.bank.kernel_hw, scene.layer.bank.channels, layout.crop)
            source = block_means(source, (tile.picture.height, tile.picture.width))  # its lines need not be that sharp
        else:
            source = map_part(scene.mosaic, maps, tile.index, layout)
        scale_into(source, (self._levels if source.ndim == 2 else canvas)[tile.picture.slices])
        if scene.removed and tile.index is not None and not layout.tile(scene.removed.tiles[tile.index]):
            removed = map_part(scene.mosaic, maps, scene.removed.tiles[tile.index], layout)
            scale_into(removed, self._removed[tile.picture.slices])

    def _removed_part(self, tile: Tile, layout: Layout, removed: Removed) -> ByteArray:
        """What was removed of a map, at its size on the canvas; it may stand there already, in another map's tile."""
        opposite = layout.tile(removed.tiles[tile.index]) if tile.index is not None else None
        return self._levels[opposite.picture.slices] if opposite else self._removed[tile.picture.slices]

    def _on_all_cores(self, work: Sequence[Callable[[], None]]) -> None:
        """Do all of it; each core takes the next piece that none has begun."""
        waiting = iter(work)  # a list's: no two threads get the same piece

        def work_through() -> None:
            for piece in waiting:
                piece()

        others = [self._pool.submit(work_through) for _ in range(min(self._others, len(work) - 1))]
        work_through()
        for other in others:
            other.result()


def _pieces(height: int) -> Iterator[slice]:
    return (slice(top, top + _PIECE_ROWS) for top in range(0, height, _PIECE_ROWS))


def map_part(mosaic: ByteArray, maps: int, index: int, layout: Layout) -> ByteArray:
    """What is seen of map `index` in a mosaic of so many maps: uint8 (h, w), at whatever size the mosaic has them."""
    crop, block = layout.crop, layout.reduce
    height, width = (-(-side // block) for side in layout.request.map_hw)
    tile = mosaic[MosaicGrid(maps, (height, width)).tile(index)]
    return tile[
        crop.y // block : -(-(crop.y + crop.height) // block), crop.x // block : -(-(crop.x + crop.width) // block)
    ]


def input_part(image: ByteArray, kernel_hw: tuple[int, int], channels: int, crop: Rect) -> ByteArray:
    """The input pixels in the middle of the receptive fields of the map pixels in `crop`.

    Gray, uint8 (h, w), where the filters read one channel; BGR (h, w, 3) where they read three and the frame has them.
    image: uint8 (H, W) or BGR (H, W, 3). For even kernels the middle lies between pixels; the one above and left of it
    is taken.
    """
    top, left = (int(middle) for middle in ConvGeometry(kernel_hw).centre(crop.y, crop.x))
    seen = image[top : top + crop.height, left : left + crop.width]
    if channels == 3 or seen.ndim == 2:
        return seen
    return np.asarray(cv2.cvtColor(dense(seen, np.empty(seen.shape, np.uint8)), cv2.COLOR_BGR2GRAY), np.uint8)
