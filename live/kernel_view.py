"""Kernels drawn as cells with their numbers, as in the notebook's filter figure."""

from __future__ import annotations

import cv2
import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.filters.bank import FilterBank
from live.layout import SMALLEST_LEGIBLE_WH, Layout, Rect
from live.text import DIM, WHITE, fitting_scale, put, shade, text_width

SMALLEST_DIGIT_SCALE = 0.28  # below it, putText's digits run together
TILE_SHARE = 0.4  # of a tile's width and height, at most, that its kernel covers


def draw_cells(
    canvas: ByteArray, values: FloatArray, place: Rect, text: float, reach: float, *, unit: bool = False
) -> bool:
    """Draw a matrix (h, w) into `place`: black at -reach, white at +reach, the number in each cell.

    unit: black at 0 and white at 1 instead. Returns False where the numbers would not be legible; then only the
    cells are drawn.
    """
    rows, columns = values.shape
    cell_w, cell_h = place.width // columns, place.height // rows
    if cell_w < 1 or cell_h < 1:
        return False
    levels = 255 * values if unit else 127.5 * (values / reach + 1)
    shades = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
    cells = cv2.resize(shades, (cell_w * columns, cell_h * rows), interpolation=cv2.INTER_NEAREST)
    inner = Rect(place.x, place.y, cell_w * columns, cell_h * rows)
    canvas[inner.slices] = cells[:, :, None]
    numbers = [[cell_number(value) for value in row] for row in values.tolist()]
    widest = max((number for row in numbers for number in row), key=len)
    scale = min(fitting_scale(widest, text, cell_w - 4) if cell_w > 4 else 0.0, cell_h / 28)
    if scale < SMALLEST_DIGIT_SCALE:
        return False
    for row in range(rows):
        for column in range(columns):
            number = numbers[row][column]
            left = place.x + column * cell_w + (cell_w - text_width(number, scale)) // 2
            baseline = place.y + row * cell_h + round(cell_h / 2 + 11 * scale)
            ink = (0, 0, 0) if shades[row, column] > 110 else WHITE
            put(canvas, number, left, baseline, scale, ink)
    return True


def cell_number(value: float) -> str:
    """A weight in a few characters: whole numbers as such, others with three figures."""
    if value == int(value) and abs(value) < 1e5:
        return str(int(value))
    return f"{value:.2f}".replace("0.", ".", 1) if 0.01 <= abs(value) < 10 else f"{value:.1e}"


def draw_kernels(canvas: ByteArray, layout: Layout, bank: FilterBank) -> str | None:
    """Each tile's kernel in its top left corner, with label, size and sum; a sentence where they cannot be read."""
    if layout.canvas_wh[0] < SMALLEST_LEGIBLE_WH[0] or layout.canvas_wh[1] < SMALLEST_LEGIBLE_WH[1]:
        return "kernels are hidden: the window is smaller than 640x480"
    legible = [_draw_kernel(canvas, layout, bank, index) for index in range(len(bank))]
    if all(legible):
        return None
    return "some kernels' numbers are hidden: their cells are too small here (z enlarges a map)"


def kernel_sum(kernel: FloatArray) -> float:
    """The sum of the weights; 0 where it is nothing but float32's rounding of them."""
    total = float(kernel.sum(dtype=np.float64))
    return 0.0 if abs(total) <= 1e-6 * float(np.abs(kernel).sum()) else total


def _draw_kernel(canvas: ByteArray, layout: Layout, bank: FilterBank, index: int) -> bool:
    tile = layout.tile(index)
    if tile is None:
        return True
    kernel = bank.kernels[index]
    channels, kernel_h, kernel_w = kernel.shape
    title = f"{bank.labels[index]}  {kernel_w}x{kernel_h}  sum {kernel_sum(kernel):.3g}"
    scale = fitting_scale(title, layout.text, max(tile.width - 6, 1))
    title_h = max(1, round(layout.line * scale / layout.text))
    cell_w = min(round(90 * layout.text), int(tile.width * TILE_SHARE) // (kernel_w * channels))
    cell_h = min(round(52 * layout.text), int(tile.height * TILE_SHARE) // kernel_h, max(cell_w, 1))
    box_w = max(text_width(title, scale) + 6, channels * kernel_w * cell_w + 3 * channels)
    box = Rect(tile.x, tile.y, min(box_w, tile.width), min(title_h + kernel_h * cell_h + 3, tile.height))
    shade(canvas, box)
    put(canvas, title, tile.x + 2, tile.y + round(title_h * 0.75), scale, DIM if cell_w < 1 else WHITE)
    reach = float(np.abs(kernel).max()) or 1.0
    legible = True
    for channel in range(channels):
        left = tile.x + 1 + channel * (kernel_w * cell_w + 3)
        place = Rect(left, tile.y + title_h, kernel_w * cell_w, kernel_h * cell_h)
        legible &= draw_cells(canvas, kernel[channel], place, layout.text, reach)
        cv2.rectangle(canvas, (place.x, place.y), (place.x + place.width - 1, place.y + place.height - 1), DIM, 1)
    return legible
