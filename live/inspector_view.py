"""The inspector's panel: one output pixel's arithmetic, with the numbers the engine has."""

from __future__ import annotations

import cv2
import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.gray import to_gray
from convviz_core.inspect import Inspection, inspect_pixel
from convviz_core.layer import Layer
from convviz_core.ranges import Limits
from live.controls import MapPixel, ViewState
from live.kernel_view import draw_cells
from live.layout import Layout, Rect
from live.text import DIM, WHITE, YELLOW, fitting_scale, put, text_width

SURROUNDINGS = 3  # the input is shown this many kernels high around the receptive field
SURROUNDINGS_SHARE, GRID_SHARE = 14, 13  # percent of the panel's height, at most, that it and each matrix take


def draw_inspector(
    canvas: ByteArray, layout: Layout, state: ViewState, image: ByteArray, ranges: FloatArray
) -> str | None:
    """Explain the inspected pixel in the panel and mark it on the maps; a sentence where there is no room."""
    if layout.panel is None:
        return "the inspector needs a window of at least 480x120"
    canvas[layout.panel.slices] = 24
    lines = _Lines(canvas, layout)
    if state.inspected is None:
        lines.write("no map here", YELLOW)
        lines.write("point at a pixel of a map; click to pin it", DIM)
        return None
    index, y, x = target = state.inspected
    layer = state.layer
    limits: Limits = (float(ranges[index, 0]), float(ranges[index, 1]))
    inspection = inspect_pixel(image, layer, index, y, x, limits)
    _mark(canvas, layout, state, target)
    lines.write(f"{layer.bank.labels[index]}   y {y}  x {x}" + ("  pinned" if state.pinned else ""), YELLOW)
    for words in _field_words(layer, y, x):
        lines.write(words, DIM)
    _draw_surroundings(canvas, lines, image, layer, y, x)
    lines.grid("input patch, 0 to 1", inspection.patch, unit=True)
    lines.grid("x kernel (gray is 0)", inspection.kernel)
    lines.grid("= products (gray is 0)", inspection.products)
    for text in arithmetic_lines(inspection, layer, limits):
        lines.write(text)
    _write_all_maps(lines, image, layer, ranges, target)
    return None


def arithmetic_lines(inspection: Inspection, layer: Layer, limits: Limits) -> list[str]:
    """From the sum to the byte, in words and numbers."""
    shown = inspection.response if layer.signed else inspection.activated
    after = f"ReLU: max(0, {inspection.response:.6g}) = {inspection.activated:.6g}"
    lo, hi = limits
    return [
        f"sum of products = {inspection.response:.6g}",
        after if not layer.signed else f"no ReLU (it would give {inspection.activated:.6g})",
        f"shown as {inspection.byte} of 255 = 255 ({shown:.4g} {_minus(lo)}) / ({hi:.4g} {_minus(lo)})",
    ]


def _minus(value: float) -> str:
    return f"- {value:.4g}" if value >= 0 else f"+ {-value:.4g}"


def _field_words(layer: Layer, y: int, x: int) -> list[str]:
    kernel_h, kernel_w = layer.bank.kernel_hw
    words = [f"reads rows {y}-{y + kernel_h - 1}, columns {x}-{x + kernel_w - 1}; no padding"]
    if kernel_h % 2 == 0 or kernel_w % 2 == 0:
        words.append(f"its middle: row {y + (kernel_h - 1) / 2:g}, column {x + (kernel_w - 1) / 2:g}")
    return words


def _mark(canvas: ByteArray, layout: Layout, state: ViewState, target: MapPixel) -> None:
    """The same pixel in every map; on the gray tile, its receptive field."""
    index, y, x = target
    for tile in range(layout.map_count):
        place = layout.canvas_rect(tile, y, x)
        if place:
            _outline(canvas, place, YELLOW if tile == index else DIM, margin=3)
    if not state.gray_tile:
        return
    kernel_h, kernel_w = state.layer.bank.kernel_hw
    place = layout.canvas_rect(layout.map_count, y, x, kernel_h, kernel_w)
    one = layout.canvas_rect(layout.map_count, y, x)
    if place and one:
        # The gray tile starts at the middle of the first receptive field, which begins half a kernel before it.
        per_pixel = place.width / kernel_w, place.height / kernel_h
        left = place.x - round((kernel_w - 1) // 2 * per_pixel[0])
        top = place.y - round((kernel_h - 1) // 2 * per_pixel[1])
        _outline(canvas, Rect(left, top, place.width, place.height), YELLOW, margin=1)


def _outline(canvas: ByteArray, place: Rect, colour: tuple[int, int, int], margin: int) -> None:
    corner = (place.x - margin, place.y - margin)
    opposite = (place.x + place.width - 1 + margin, place.y + place.height - 1 + margin)
    cv2.rectangle(canvas, corner, opposite, (0, 0, 0), 3)
    cv2.rectangle(canvas, corner, opposite, colour, 1)


class _Lines:
    """Writes the panel from top to bottom, as long as there is room."""

    def __init__(self, canvas: ByteArray, layout: Layout) -> None:
        assert layout.panel is not None
        self.canvas = canvas
        self.panel = layout.panel
        self.text = layout.text * 0.9
        self.line = round(layout.line * 0.8)
        self.y = layout.panel.y

    @property
    def left(self) -> int:
        return self.panel.x + self.line // 3

    @property
    def width(self) -> int:
        return self.panel.width - 2 * (self.line // 3)

    def room(self, height: int) -> bool:
        return self.y + height <= self.panel.y + self.panel.height

    def write(self, text: str, colour: tuple[int, int, int] = WHITE) -> None:
        if not self.room(self.line):
            return
        scale = fitting_scale(text, self.text, self.width)
        put(self.canvas, text, self.left, self.y + round(self.line * 0.75), scale, colour)
        self.y += self.line

    def grid(self, title: str, values: FloatArray, *, unit: bool = False) -> None:
        """A matrix (h, w), or three of them side by side for R, G, B; `unit`: from black at 0 to white at 1."""
        planes = values[None] if values.ndim == 2 else values
        rows, columns = planes.shape[1:]
        cell_h = max(1, min(round(1.15 * self.line), GRID_SHARE * self.panel.height // 100 // rows))
        height = cell_h * rows
        if not self.room(self.line + height):
            return
        title_y, self.y = self.y, self.y + self.line
        each = self.width // len(planes)
        cell_w = max(1, min((each - 2) // columns, 4 * cell_h))
        reach = float(np.abs(values).max()) or 1.0
        legible = True
        for number, plane in enumerate(planes):
            place = Rect(self.left + number * each, self.y, cell_w * columns, height)
            legible &= draw_cells(self.canvas, plane, place, self.text, reach, unit=unit)
        words = title if len(planes) == 1 else f"{title}: R, G, B"
        below, self.y = self.y + height + 2, title_y
        self.write(words if legible else f"{words}; too small for its numbers", DIM)
        self.y = below


def _draw_surroundings(canvas: ByteArray, lines: _Lines, image: ByteArray, layer: Layer, y: int, x: int) -> None:
    """The gray input around the receptive field, which is outlined."""
    kernel_h, kernel_w = layer.bank.kernel_hw
    side = SURROUNDINGS * max(kernel_h, kernel_w)
    seen_h, seen_w = min(side, image.shape[0]), min(2 * side, image.shape[1])
    top = min(max(y + kernel_h // 2 - seen_h // 2, 0), image.shape[0] - seen_h)
    left = min(max(x + kernel_w // 2 - seen_w // 2, 0), image.shape[1] - seen_w)
    scale = max(1, min(lines.width // seen_w, SURROUNDINGS_SHARE * lines.panel.height // 100 // seen_h))
    if not lines.room(scale * seen_h + 4 * lines.line) or seen_w * scale > lines.width:
        return
    part = to_gray(image[top : top + seen_h, left : left + seen_w])
    size_wh = (seen_w * scale, seen_h * scale)
    place = Rect(lines.left, lines.y, *size_wh)
    canvas[place.slices] = cv2.resize(part, size_wh, interpolation=cv2.INTER_NEAREST)[:, :, None]
    field = Rect(place.x + (x - left) * scale, place.y + (y - top) * scale, kernel_w * scale, kernel_h * scale)
    _outline(canvas, field, YELLOW, margin=0)
    lines.y += size_wh[1] + 2


def _write_all_maps(lines: _Lines, image: ByteArray, layer: Layer, ranges: FloatArray, target: MapPixel) -> None:
    """The same pixel in the other maps, as many as there is room for."""
    index, y, x = target
    count = len(layer.bank)
    if count == 1:
        return
    lines.write("the same pixel in every map (response, byte):", DIM)
    row: list[str] = []
    for other, (lo, hi) in enumerate(ranges.tolist()):
        if not lines.room(lines.line):
            return
        found = inspect_pixel(image, layer, other, y, x, (lo, hi))
        word = f"{'>' if other == index else ''}{other + 1}: {found.response:.4g}, {found.byte}"
        if row and text_width("   ".join([*row, word]), lines.text) > lines.width:
            if not lines.room(2 * lines.line):
                lines.write(f"... and {count - other + len(row)} more than fit here")
                return
            lines.write("   ".join(row))
            row = []
        row.append(word)
    lines.write("   ".join(row))
