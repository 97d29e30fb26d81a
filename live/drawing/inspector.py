"""The inspector's panel: one output pixel's arithmetic, with the numbers that the engine has."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.gray import to_gray
from convviz_core.inspect import Inspection, answers_at, inspect_pixel
from convviz_core.ranges import RangeMode
from live.drawing.captions import caption_words
from live.drawing.chain import CHANNELS, Chain, chain_height
from live.drawing.difference_words import difference_answers, difference_lines
from live.drawing.kernel_words import where_words
from live.drawing.numbers import MINUS, TIMES, column, figure, times_power
from live.drawing.overlay import Pieces, Sprite, at_once
from live.drawing.panel import PanelPage
from live.drawing.scene import MapPixel, Scene
from live.drawing.text import ACCENT, BOLD, DIM, INK, RULE, Colour
from live.layout import Layout
from live.layout.panel_places import Panel
from live.layout.tiling import Rect

SURROUNDINGS = 3  # the input is shown this many kernels high around the receptive field
WIDEST_SURROUNDINGS = 64  # times as wide as high
SURROUNDINGS_SHARE = 0.2  # of the panel's height, at most
MAP_COLUMN_EM = 12.0  # number, response and byte of one map, in units of the text's size
FEWEST_MAP_LINES = 3  # of the other maps with their heading and what the wheel does
ROWS_A_PIECE = 8  # of the other maps that are written with one picture
MAP_LINES = 4  # of the other maps that are kept for them, where the matrices are legible


class Inspector:
    """Drawn again when the pixel changes, and with the picture as often as it can be read."""

    def key(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """What is explained, and of which picture where that stands still."""
        other = (scene.other.layer, scene.other.target) if scene.other else None
        shown = scene.range, scene.gain, scene.scrolled_maps, scene.difference, scene.side, other
        return scene.target, scene.pinned, scene.layer, *shown, scene.sliding, scene.still

    def beat(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """The pictures'."""
        return scene.beat

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """One sprite where it is open."""
        return at_once(self.pieces(layout, scene))

    def pieces(self, layout: Layout, scene: Scene) -> Pieces:
        """See Piecewise."""
        place, target = layout.panel(Panel.INSPECTOR), scene.target
        if place is None:
            return ()
        if target is None:
            page = PanelPage(place, layout.text, _title(scene), "")
            page.write("no map here", ACCENT, weight=BOLD)
            page.write_first(["point at a pixel of a map; a click pins it", "point at a map"])
            return (page.sprite,)
        inspection, answers, around = _inspect(scene, target), _answers(scene, target), _surroundings(scene, target)
        lines = arithmetic(scene, target, inspection)
        yield
        page = PanelPage(place, layout.text, _title(scene), _state_words(scene))
        _write_where(page, scene, target)
        yield
        yield from _draw_arithmetic(page, scene, lines, inspection, around)
        yield
        yield from _write_all_maps(page, scene, target, answers)
        yield  # to copy it is enough for the last picture
        return (page.sprite,)


def _title(scene: Scene) -> str:
    return f"Inspector: {scene.side}" if scene.side else "Inspector"


def _state_words(scene: Scene) -> str:
    if scene.side == "kept":
        return ""
    if scene.sliding:
        return "the kernel slides: , stops it"
    return "pinned: a click on it lets go; , slides" if scene.pinned else "a click pins; , slides the kernel"


def _inspect(scene: Scene, target: MapPixel) -> Inspection:
    if scene.difference:
        return inspect_pixel(scene.image, scene.layer, *target)
    lo, hi = scene.ranges[target[0]].tolist()
    return inspect_pixel(scene.image, scene.layer, *target, (lo, hi), own=scene.range == RangeMode.FRAME)


def _answers(scene: Scene, target: MapPixel) -> tuple[FloatArray, ByteArray]:
    if scene.difference:
        return difference_answers(scene, target)
    own = scene.range == RangeMode.FRAME
    found, levels = answers_at(scene.image, scene.layer, *target[1:], scene.ranges, own=own)
    return (found if scene.layer.signed else np.maximum(found, 0)), levels


def _write_where(page: PanelPage, scene: Scene, target: MapPixel) -> None:
    index, y, x = target
    page.write(f"{index + 1}: {caption_words(scene.layer.bank, index)[0]}", ACCENT, weight=BOLD)
    page.write(f"row {y}, column {x} of its map")
    height, width = scene.image.shape[:2]
    for choices in where_words(scene.layer, (height, width), y, x):
        page.write_first(choices)
    page.skip()


@dataclass(frozen=True, eq=False)
class _Surroundings:
    """The input around the receptive field: uint8 BGR (h, w, 3), and where the field begins in it."""

    pixels: ByteArray
    field_yx: tuple[int, int]
    field_hw: tuple[int, int]


def _surroundings(scene: Scene, target: MapPixel) -> _Surroundings:
    _, y, x = target
    image, (rows, columns) = scene.image, scene.layer.bank.kernel_hw
    seen_h = min(SURROUNDINGS * max(rows, columns), image.shape[0])
    seen_w = min(WIDEST_SURROUNDINGS * seen_h, image.shape[1])
    top = min(max(y + rows // 2 - seen_h // 2, 0), image.shape[0] - seen_h)
    left = min(max(x + columns // 2 - seen_w // 2, 0), image.shape[1] - seen_w)
    part = image[top : top + seen_h, left : left + seen_w]
    in_colour = scene.layer.bank.channels == 3 and part.ndim == 3
    shown = part.copy() if in_colour else np.asarray(cv2.cvtColor(to_gray(part), cv2.COLOR_GRAY2BGR), np.uint8)
    return _Surroundings(shown, (y - top, x - left), (rows, columns))


def _draw_surroundings(page: PanelPage, around: _Surroundings, height: int) -> None:
    """The input around the receptive field, which is framed, in at most `height` rows."""
    seen_h, widest = around.pixels.shape[:2]
    scale = min(height - page.text.pad, int(SURROUNDINGS_SHARE * page.sprite.place.height)) // seen_h
    if scale < 1 or scale * seen_h < 3 * page.text.line:
        return
    (y, x), (rows, columns) = around.field_yx, around.field_hw
    seen_w = min(page.width // scale, widest)
    first = min(max(x + columns // 2 - seen_w // 2, 0), widest - seen_w)
    shown = around.pixels[:, first : first + seen_w]
    place = Rect(page.left, page.y, seen_w * scale, seen_h * scale)
    page.pixels[place.slices] = cv2.resize(shown, (place.width, place.height), interpolation=cv2.INTER_NEAREST)
    cv2.rectangle(page.pixels, (place.x, place.y), (place.right - 1, place.bottom - 1), RULE, 1)
    corner = (place.x + (x - first) * scale, place.y + y * scale)
    opposite = (corner[0] + columns * scale - 1, corner[1] + rows * scale - 1)
    cv2.rectangle(page.pixels, corner, opposite, (0, 0, 0), 3)
    cv2.rectangle(page.pixels, corner, opposite, ACCENT, 1)
    page.y += place.height + page.text.pad


def arithmetic(scene: Scene, target: MapPixel, inspection: Inspection) -> list[tuple[str, str]]:
    """From the sum to the byte: what is done, and what it gives."""
    signed, response = scene.layer.signed, inspection.response
    shown = response if signed else inspection.activated
    total = figure(response)
    lines = []
    if scene.layer.bank.channels == 3:
        parts = inspection.products.sum(axis=(1, 2), dtype=np.float64)
        *sums, total = column(np.append(parts, response), shifted=False)[0]
        lines += [(f"sum of {name}", text) for name, text in zip(CHANNELS, sums, strict=True)]
    lines.append(("sum of all products", total))
    relu = f"ReLU: the larger of 0 and {figure(response)}"
    lines.append(("no ReLU; it would give", figure(inspection.activated)) if signed else (relu, figure(shown)))
    if scene.difference:
        return [*lines, *difference_lines(scene, target, shown)]
    lo, hi = scene.ranges[target[0]].tolist()
    less = figure(lo) if lo >= 0 else f"({figure(lo)})"
    way = f"byte: 255 {TIMES} ({figure(shown)} {MINUS} {less}) / ({figure(hi)} {MINUS} {less})"
    return [*lines, (way, str(inspection.byte))]


def _draw_arithmetic(
    page: PanelPage, scene: Scene, lines: list[tuple[str, str]], inspection: Inspection, around: _Surroundings
) -> Iterator[None]:
    """Surroundings, matrices and what follows, so that the numbers can be read rather than the other maps'."""
    below = len(lines) * page.step() + round(2.5 * page.text.pad)
    maps = (min(MAP_LINES, len(scene.layer.bank)) + 1) * page.step()
    _draw_surroundings(page, around, page.height - below - maps - chain_height(page, inspection.patch.shape))
    yield
    chain = Chain(page, inspection, max(page.height - below - maps, page.height // 3))
    for fewer in (FEWEST_MAP_LINES * page.step(), 0):
        if not chain.legible:
            larger = Chain(page, inspection, page.height - below - fewer)
            chain = larger if larger.legible else chain
    yield
    yield from chain.pieces()
    if not chain.legible:
        page.write_first(["the cells are too small here for their numbers", "too small for its numbers"])
    for words, value in lines:
        fits = page.width_of(f"{words}  {value}") <= page.width
        page.row([(words if fits else words.split(":")[0], 0, INK), (value, 1.0, ACCENT)])
    page.skip()


def _write_all_maps(
    page: PanelPage, scene: Scene, target: MapPixel, answers: tuple[FloatArray, ByteArray]
) -> Iterator[None]:
    """The same pixel in every map, in as many columns as there are places for."""
    index, count, em = target[0], len(answers[0]), page.text.base / page.width
    if count <= 1 or page.height < 3 * page.step():
        return
    rows = (page.height - page.step(small=True)) // page.step()
    columns = min(int(1 / (MAP_COLUMN_EM * em)), -(-count // max(rows, 1))) or 1
    shown = count if count <= rows * columns else max(1, rows - 1) * columns
    first = min(scene.scrolled_maps, count - shown)
    rows = -(-shown // columns)
    found, levels = (each[first : first + shown] for each in answers)
    responses, power = column(found)
    what = "difference" if scene.difference else "response"
    page.row([(f"the same pixel in every map: {what}{times_power(power)}, byte", 0, DIM)], small=True)
    for row in range(rows):
        cells: list[tuple[str, float, Colour]] = []
        for number in range(row, shown, rows):
            other = first + number
            begin, ink = (number // rows) / columns, ACCENT if other == index else INK
            ends = (0.86, 1.0) if columns == 1 else (begin + 7 * em, begin + 10 * em)
            cells.append((f"{other + 1}", begin + 1.8 * em, DIM))
            cells += [(responses[number], ends[0], ink), (str(levels[number]), ends[1], ink)]
            if columns == 1:
                cells.append((caption_words(scene.layer.bank, other)[0], -2.6 * em, ink))
        page.row(cells)
        if row % ROWS_A_PIECE == ROWS_A_PIECE - 1:
            yield
    if shown < count:
        page.write(f"maps {first + 1} to {first + shown} of {count}: the wheel scrolls", DIM, small=True)
