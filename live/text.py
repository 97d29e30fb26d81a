"""Text and boxes on a canvas: the few drawing verbs that HUD, kernels and inspector share."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from convviz_core.arrays import ByteArray
from live.layout import Rect

FONT = cv2.FONT_HERSHEY_SIMPLEX
Colour = tuple[int, int, int]  # B, G, R
WHITE: Colour = (240, 240, 240)
DIM: Colour = (170, 170, 170)
YELLOW: Colour = (80, 220, 255)
RED: Colour = (90, 90, 255)


def text_width(text: str, scale: float) -> int:
    """Its width in pixels."""
    return int(cv2.getTextSize(text, FONT, scale, 1)[0][0])


def put(canvas: ByteArray, text: str, x: int, y: int, scale: float, colour: Colour = WHITE) -> int:
    """Write `text` with its baseline at y; returns the x behind it."""
    thickness = max(1, round(scale * 1.3))
    cv2.putText(canvas, text, (x, y), FONT, scale, colour, thickness, cv2.LINE_AA)
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
    """Lines of text on a darkened box whose top left is (x, y), shrunk where they do not fit on the canvas."""
    height, canvas_w = canvas.shape[:2]
    widest = max(lines, key=lambda text: text_width(text, scale), default="")
    room_w = min(width or canvas_w, canvas_w - x) - line
    fitted = min(fitting_scale(widest, scale, max(room_w, 1)), scale * max(height - y, 1) / (line * (len(lines) + 1)))
    step = max(1, round(line * fitted / scale))
    box = Rect(
        x, y, min(canvas_w - x, text_width(widest, fitted) + step), min(height - y, step * len(lines) + step // 2)
    )
    shade(canvas, box)
    for number, text in enumerate(lines):
        put(canvas, text, x + step // 2, y + step * (number + 1) - step // 5, fitted)
    return box
