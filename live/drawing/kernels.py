"""Kernels as pictures with square cells: black for the most negative weight, gray for 0, white for the largest."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.gray import to_gray
from live.drawing.numbers import column
from live.drawing.text import RULE, put_middle, width_em
from live.layout.caption_plan import CELL_HEIGHT, CELL_WIDTH, SMALLEST_DIGITS
from live.layout.tiling import Rect

SMALLEST_RULED = 7  # pixels a cell's side, from which on lines part the cells
ANY_DIGIT = str.maketrans("123456789", "000000000")
LIGHT_FROM = 120  # ink on cells lighter than this is black


def shades(weights: FloatArray, reach: float) -> ByteArray:
    """uint8 of the same shape: -reach black, 0 gray (128), +reach white."""
    levels = np.floor(127.5 * (weights / (reach or 1.0) + 1) + 0.5)
    return np.asarray(np.clip(levels, 0, 255), np.uint8)


def unit_shades(values: FloatArray) -> ByteArray:
    """uint8 of the same shape: 0 black, 1 white."""
    return np.asarray(np.clip(np.rint(255 * values), 0, 255), np.uint8)


def kernel_pictures(kernel: FloatArray, *, planes: bool) -> list[ByteArray]:
    """uint8 BGR (kh, kw, 3) pictures of a kernel (C, kh, kw).

    One; of a kernel that reads colour it is coloured, and with `planes` those of R, G and B follow.
    """
    shaded = shades(kernel, float(np.abs(kernel).max()))
    if len(kernel) == 1:
        return [_gray(shaded[0])]
    return [np.ascontiguousarray(np.moveaxis(shaded[::-1], 0, 2)), *(_gray(plane) for plane in shaded if planes)]


def _gray(shaded: ByteArray) -> ByteArray:
    return np.repeat(shaded[:, :, None], 3, axis=2)


def size_wh(kernel_hw: tuple[int, int], cell: float) -> tuple[int, int]:
    """The pixels that a kernel takes with cells of that size."""
    return max(1, round(kernel_hw[1] * cell)), max(1, round(kernel_hw[0] * cell))


def draw_picture(canvas: ByteArray, picture: ByteArray, x: int, y: int, cell: float) -> Rect:
    """A picture (kh, kw, 3) with square cells, its top left at (x, y), in a thin frame; returns what it covers.

    Below one pixel a cell, they are averaged.
    """
    width, height = size_wh((picture.shape[0], picture.shape[1]), cell)
    place = Rect(x, y, width, height)
    if cell < 1:
        canvas[place.slices] = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    else:
        enlarge_into(canvas, picture, place)
    if cell >= SMALLEST_RULED:
        for column in range(1, picture.shape[1]):
            canvas[place.y : place.bottom, x + round(column * cell)] = RULE
        for row in range(1, picture.shape[0]):
            canvas[y + round(row * cell), place.x : place.right] = RULE
    cv2.rectangle(canvas, (place.x, place.y), (place.right - 1, place.bottom - 1), RULE, 1)
    return place


def enlarge_into(canvas: ByteArray, picture: ByteArray, place: Rect) -> None:
    """Repeat the pixels of a picture (h, w, 3): whole rows at a time, in half of what cv2.INTER_NEAREST takes."""
    rows = cv2.resize(picture, (place.width, len(picture)), interpolation=cv2.INTER_NEAREST)
    for number, row in enumerate(rows):
        top, bottom = (-(-(number + more) * place.height // len(rows)) for more in (0, 1))
        canvas[place.y + top : place.y + bottom, place.x : place.right] = row


def numbers_size(texts: Sequence[str], cell: float, largest: float) -> int:
    """The size of type at which all of them fit into their cells; 0 where it could not be read."""
    if CELL_HEIGHT * cell < SMALLEST_DIGITS:
        return 0
    forms = {text.translate(ANY_DIGIT) for text in texts}  # all digits are of one width
    widest = max((width_em(form) for form in forms), default=0.1)
    size = int(min(largest, CELL_WIDTH * cell / widest, CELL_HEIGHT * cell))
    return size if size >= SMALLEST_DIGITS else 0


def draw_numbers(canvas: ByteArray, picture: ByteArray, texts: Sequence[str], place: Rect, size: int) -> None:
    """Write one number into each cell of a drawn picture (kh, kw, 3), row by row, in the ink that can be read there."""
    rows, columns = picture.shape[:2]
    cell_w, cell_h, light = place.width / columns, place.height / rows, to_gray(picture)
    for number, text in enumerate(texts):
        row, across = divmod(number, columns)
        ink = (0, 0, 0) if light[row, across] >= LIGHT_FROM else (255, 255, 255)
        put_middle(canvas, text, place.x + (across + 0.5) * cell_w, place.y + (row + 0.5) * cell_h, size, ink)


def draw_kernel(canvas: ByteArray, kernel: FloatArray, x: int, y: int, cell: float, largest: float | None) -> int:
    """A kernel (C, kh, kw) beginning at (x, y); returns the x behind it.

    largest: the size of its numbers at most; None draws none, and only one picture.
    """
    pictures = kernel_pictures(kernel, planes=largest is not None)
    texts = weight_texts(kernel, cell, largest) if largest is not None else []
    per_plane = len(texts) // len(kernel)
    for number, picture in enumerate(pictures):
        place = draw_picture(canvas, picture, x, y, cell)
        x = place.right + (3 if number + 1 < len(pictures) else 0)
        plane = number if len(pictures) == 1 else number - 1
        size = numbers_size(texts, cell, largest) if largest is not None and plane >= 0 else 0
        if size:
            draw_numbers(canvas, picture, texts[plane * per_plane : (plane + 1) * per_plane], place, size)
    return x


def weight_texts(kernel: FloatArray, cell: float, largest: float) -> list[str]:
    """What stands in the cells of a kernel: exactly where that has room."""
    exact = column(kernel, exactly=True)[0]
    return exact if numbers_size(exact, cell, largest) else column(kernel)[0]


def widest_weight_em(kernels: FloatArray) -> float:
    """How wide a cell of kernels (N, C, kh, kw) must be for the widest number, in units of its size."""
    return max(width_em(text) for kernel in kernels for text in column(kernel)[0])
