"""Text and boxes on a canvas: the few drawing verbs that HUD, kernels and inspector share."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from convviz_core.arrays import ByteArray
from convviz_core.names import shown
from live.layout import Rect

FONT = cv2.FONT_HERSHEY_SIMPLEX
SMALLEST_SCALE = 0.1  # OpenCV takes milliseconds a word where the scale is not above 0
Colour = tuple[int, int, int]  # B, G, R
WHITE: Colour = (240, 240, 240)
DIM: Colour = (170, 170, 170)
YELLOW: Colour = (80, 220, 255)
RED: Colour = (90, 90, 255)


def text_width(text: str, scale: float) -> int:
    """Its width in pixels, as `put` writes it."""
    return int(cv2.getTextSize(shown(text), FONT, scale, _weight(scale))[0][0])


def _weight(scale: float) -> int:
    return max(1, round(scale * 1.3))


def put(canvas: ByteArray, text: str, x: int, y: int, scale: float, colour: Colour = WHITE) -> int:
    """Write `text` with its baseline at y; returns the x behind it. What would be a smear of dots is left out.

    OpenCV crashes on names that are not UTF-8.
    """
    if scale < SMALLEST_SCALE:
        return x
    cv2.putText(canvas, shown(text), (x, y), FONT, scale, colour, _weight(scale), cv2.LINE_AA)
    return x + text_width(text, scale)


def fitting_scale(text: str, scale: float, width: int) -> float:
    """The largest font scale up to `scale` at which `text` is at most `width` pixels wide."""
    wide = text_width(text, scale)
    return scale if wide <= width else scale * width / wide


def shade(canvas: ByteArray, rect: Rect) -> None:
    """Darken a rectangle to a quarter, so that text over the picture can be read."""
    region = canvas[rect.slices]
    np.right_shift(region, 2, out=region)


def write_box(
    canvas: ByteArray, lines: Sequence[str], x: int, y: int, scale: float, line: int, width: int | None = None
) -> Rect:
    """Lines of text on a darkened box whose top left is (x, y), shrunk where they do not fit on the canvas.

    Tabs begin columns, the first twice as wide as the others.
    """
    height, canvas_w = canvas.shape[:2]
    widest = max(_line_width(text, scale, line) for text in lines)
    room_w, room_h = min(width or canvas_w, canvas_w - x) - line, height - y
    shrink = min(1.0, max(room_w, 1) / max(widest, 1), max(room_h, 1) / (line * (len(lines) + 0.5)))
    scale, line = scale * shrink, max(1, int(line * shrink))
    box = Rect(x, y, min(canvas_w - x, round(widest * shrink) + line), min(room_h, line * len(lines) + line // 2))
    shade(canvas, box)
    for number, text in enumerate(lines):
        for column, cell in enumerate(text.split("\t")):
            put(canvas, cell, x + line // 2 + _column_x(column, line), y + line * (number + 1) - line // 5, scale)
    return box


def _column_x(column: int, line: int) -> int:
    return (column + 1) * 3 * line if column else 0


def _line_width(text: str, scale: float, line: int) -> int:
    *before, last = text.split("\t")
    return _column_x(len(before), line) + text_width(last, scale)
