"""The pictures of the tiles: bytes of the mosaic, and the input, to colours on the canvas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np

from convviz_core.arrays import ByteArray
from convviz_core.blocks import Blocks, block_means
from convviz_core.cores import Crew
from convviz_core.geometry import Box, ConvGeometry
from convviz_core.gray import dense
from convviz_core.mosaic import MosaicGrid
from convviz_core.padded_part import padded_part
from live.drawing.colormaps import Palette, colour_into, palettes, plain_palette
from live.drawing.scaling import Band, Scaling, block_bands, blocks_for, scaling
from live.drawing.scene import Scene
from live.drawing.tint import Removed, tint_into, tinted_from
from live.layout import Layout
from live.layout.tiling import Rect

_MOST_THREADS = 4
_MANY = 3_000_000  # pixels of a canvas: on smaller ones, handing Python to and fro takes what other cores save


@dataclass(frozen=True, eq=False)
class _Picture:
    """What one tile shows, and where: uint8 (h, w), which become the palette's colours, or BGR (h, w, 3).

    make_gray: colour becomes gray first. blocks: whose means are shown. removed: what was removed of a map, uint8
    (h, w), which tints it from the byte `first` on. corner_yx: where the place begins in what the scaling makes of the
    source, which is larger where it is zoomed.
    """

    source: ByteArray
    place: ByteArray
    scaling: Scaling
    palette: Palette
    make_gray: bool = False
    blocks: Blocks | None = None
    removed: ByteArray | None = None
    first: int = 256
    corner_yx: tuple[int, int] = (0, 0)

    def bands(self) -> Sequence[Band]:
        """What is painted one by one: the bands of its scaling that are seen."""
        if self.blocks:
            return block_bands(self.blocks.down)
        if not self._cut:
            return self.scaling.bands
        return [band for band in self.scaling.bands if self.rows(band).start < self.rows(band).stop]

    def rows(self, band: Band) -> slice:
        """The rows of the place that a band fills."""
        top = self.corner_yx[0]
        return slice(max(band.place.start - top, 0), min(band.place.stop - top, self.place.shape[0]))

    def paint(self, band: Band) -> None:
        """Paint some rows of it: from the source to the canvas while they are in the core's cache."""
        place = self.place[self.rows(band)]
        if self.source.ndim == 3 and not self.make_gray:
            if self._cut:
                place[:] = self._filled(band, self.source)
            else:
                self.scaling.fill(band, self._rows(band, self.source), place)
        elif self.removed is None:
            colour_into(self.levels(band), self.palette, place)
        else:
            self.tint(band, self.levels(band), self._filled(band, self.removed))

    def tint(self, band: Band, levels: ByteArray, removed: ByteArray) -> None:
        """Paint some rows, whose bytes and whose removed part's are these."""
        tint_into(levels, self.palette, removed, self.first, self.place[self.rows(band)])

    def levels(self, band: Band) -> ByteArray:
        """Its bytes at their size on the canvas."""
        return self._filled(band, self.source)

    def _rows(self, band: Band, source: ByteArray) -> ByteArray:
        rows = source[band.read]
        if self.make_gray:
            rows = np.asarray(cv2.cvtColor(dense(rows, np.empty(rows.shape, np.uint8)), cv2.COLOR_BGR2GRAY), np.uint8)
        if self.blocks:
            return block_means(rows, self.blocks, (band.read.start, band.read.stop), channels=rows.ndim == 3)
        return rows

    @property
    def _cut(self) -> bool:
        return self.scaling.place_hw != self.place.shape[:2]

    def _filled(self, band: Band, source: ByteArray) -> ByteArray:
        """The band's rows of the place, in memory of their own."""
        rows = self._rows(band, source)
        height, width = band.place.stop - band.place.start, self.scaling.place_hw[1]
        filled = np.empty((height, width, *rows.shape[2:]), np.uint8)
        self.scaling.fill(band, rows, filled)
        if not self._cut:
            return filled
        seen, (top, left) = self.rows(band), self.corner_yx
        first = seen.start + top - band.place.start
        return np.ascontiguousarray(filled[first : first + seen.stop - seen.start, left : left + self.place.shape[1]])


def _paint_pair(one: _Picture, other: _Picture, band: Band) -> None:
    """Paint some rows of two maps that are each other's opposite: what is removed of one is what the other shows."""
    levels, removed = one.levels(band), other.levels(band)
    one.tint(band, levels, removed)
    other.tint(band, removed, levels)


class TilePainter:
    """Paints the tiles of one canvas after the other, large ones on several cores."""

    def __init__(self) -> None:
        self._others = min(cv2.getNumberOfCPUs(), _MOST_THREADS) - 1
        self._under: ByteArray = np.empty((0, 0, 3), np.uint8)  # the kept layer's tiles, where a wipe shows their left
        self._crew = Crew(self._others, "convviz-draw")

    def close(self) -> None:
        """Join the threads."""
        self._crew.close()

    def paint(
        self, canvas: ByteArray, layout: Layout, scene: Scene, meanwhile: Callable[[], None] = lambda: None
    ) -> None:
        """Paint every tile's picture onto `canvas`, uint8 BGR (H, W, 3) (see Painter)."""
        work = _work(canvas, layout, scene)
        kept = scene.other if layout.other and not scene.difference else None
        if kept and layout.other and scene.wipe is None:
            work += _work(canvas, layout.other, kept)
        elif kept and layout.other:
            if self._under.shape != canvas.shape:
                self._under = np.empty_like(canvas)
            work += _work(self._under, layout.other, kept)
        others = min(self._others, len(work)) if canvas.shape[0] * canvas.shape[1] >= _MANY else 0
        self._do(work, meanwhile, others)
        if kept and layout.other and scene.wipe is not None:
            for tile in layout.other.tiles:
                left = wiped(tile.picture, scene.wipe).slices
                canvas[left] = self._under[left]

    def _do(self, work: Sequence[Callable[[], None]], meanwhile: Callable[[], None], others: int) -> None:
        """Do all of it, with so many other threads; this one begins when it has done what it does meanwhile."""
        waiting = iter(work)  # a list's: no two threads get the same piece

        def work_through() -> None:
            for piece in waiting:
                piece()

        def here() -> None:
            meanwhile()
            work_through()

        self._crew.together(here, [work_through] * others)


def _work(canvas: ByteArray, layout: Layout, scene: Scene) -> list[Callable[[], None]]:
    """What is painted one by one, of one layer's tiles."""
    pictures = _pictures(canvas, layout, scene)
    pairs = _pairs(scene.removed, pictures)
    paired = {index for pair in pairs for index in pair}
    work: list[Callable[[], None]] = []
    for one, other in pairs:
        bands = pictures[one].bands()
        work += [partial(_paint_pair, pictures[one], pictures[other], band) for band in bands]
    for index, picture in pictures.items():
        if index not in paired:
            work += [partial(picture.paint, band) for band in picture.bands()]
    return work


def wiped(place: Rect, wipe: float) -> Rect:
    """The part of a tile's picture at the left of a wipe's line."""
    return replace(place, width=round(wipe * place.width))


def _pairs(removed: Removed | None, pictures: Mapping[int | None, _Picture]) -> list[tuple[int, int]]:
    """Of the maps that are tinted and shown, those that are each other's opposite."""
    if removed is None:
        return []
    opposite_of = removed.tiles
    shown = [(index, opposite_of[index]) for index in pictures if index is not None]
    return [(one, two) for one, two in shown if one < two and two in pictures and opposite_of[two] == one]


def _pictures(canvas: ByteArray, layout: Layout, scene: Scene) -> dict[int | None, _Picture]:
    bank, removed = scene.layer.bank, scene.removed
    colours = palettes(scene.colormap, scene.signed, scene.ranges)
    firsts = tinted_from(bank, removed) if removed else None
    maps = scene.maps
    pictures: dict[int | None, _Picture] = {}
    for tile in layout.tiles:
        place = canvas[tile.picture.slices]
        if tile.index is None:
            source = input_seen(scene, layout)
            make_gray = source.ndim == 3 and bank.channels == 1 and scene.model is None
            blocks = blocks_for(source, place) if layout.zoomed is None else None
            way, corner = _scaling(layout, tile.picture, blocks.hw if blocks else source.shape[:2])
            pictures[tile.index] = _Picture(source, place, way, plain_palette(), make_gray, blocks, corner_yx=corner)
        else:
            source = map_part(scene.mosaic, maps, tile.index, layout)
            opposite = map_part(scene.mosaic, maps, removed.tiles[tile.index], layout) if removed else None
            first = firsts[tile.index] if firsts else 256
            way, corner = _scaling(layout, tile.picture, source.shape)
            its = (colours[tile.index], False, None, opposite, first, corner)
            pictures[tile.index] = _Picture(source, place, way, *its)
    return pictures


def _scaling(layout: Layout, place: Rect, source: tuple[int, ...]) -> tuple[Scaling, tuple[int, int]]:
    """From `layout.crop`, of which a source has that shape, to the canvas, and where in that the tile begins.

    Zoomed, a pixel may be seen in part.
    """
    source_hw, seen, crop = (source[0], source[1]), layout.zoomed, layout.crop
    if seen is None:
        return scaling(source_hw, (place.height, place.width)), (0, 0)
    down, across = place.height / seen.height, place.width / seen.width
    top, left = round((seen.top - crop.y) * down), round((seen.left - crop.x) * across)
    height, width = round(crop.height * down), round(crop.width * across)
    # Rounding may leave the last pixel's end a canvas pixel short of the tile's.
    return scaling(source_hw, (max(height, top + place.height), max(width, left + place.width))), (top, left)


def map_part(mosaic: ByteArray, maps: int, index: int, layout: Layout) -> ByteArray:
    """What is seen of map `index` in a mosaic of so many maps: uint8 (h, w), at whatever size the mosaic has them."""
    return mosaic[MosaicGrid(maps, layout.blocks.hw).tile(index)][layout.cropped]


def input_seen(scene: Scene, layout: Layout) -> ByteArray:
    """What the input's tile shows, as many pixels as there are: uint8 (h, w) or BGR (h, w, 3)."""
    if scene.model:
        return scene.model.input_part(scene.image, layout.crop)
    return input_part(scene.image, scene.layer.geometry, layout.crop)


def input_part(image: ByteArray, geometry: ConvGeometry, crop: Rect) -> ByteArray:
    """The input pixels in the middle of the receptive fields of the map pixels in `crop`, of as many channels.

    image: uint8 (H, W) or BGR (H, W, 3). With a stride, each map pixel has as many input pixels. For even kernels the
    middle lies between pixels; the one above and left of it is taken.
    """
    return padded_part(image, geometry, geometry.shown(Box(crop.y, crop.x, crop.bottom, crop.right)))
