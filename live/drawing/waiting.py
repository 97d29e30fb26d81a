"""The window while there are no maps yet: the input, and what is waited for."""

from __future__ import annotations

import numpy as np

from convviz_core.arrays import ByteArray
from live.drawing.scaling import scale_into
from live.drawing.text import ACCENT, BACKGROUND, DIM, put_middle, wrapped
from live.layout.type_scale import type_scale

PICTURE_SHARE = 0.5  # of the canvas, each way, at most


def waiting_canvas(canvas_wh: tuple[int, int], image: ByteArray, sentence: str, hint: str) -> ByteArray:
    """uint8 BGR (H, W, 3). image: uint8 (h, w) or BGR (h, w, 3)."""
    width, height = canvas_wh
    canvas, text = np.full((height, width, 3), BACKGROUND, np.uint8), type_scale(canvas_wh)
    scale = PICTURE_SHARE * min(width / image.shape[1], height / image.shape[0])
    shown_h, shown_w = (max(1, round(side * scale)) for side in image.shape[:2])
    shown = np.empty((shown_h, shown_w, *image.shape[2:]), np.uint8)
    scale_into(np.ascontiguousarray(image), shown)
    lines = wrapped(sentence, text.base, max(1, width - 2 * text.pad))
    top = max(0, (height - shown_h - (len(lines) + 2) * text.line) // 2)
    left = (width - shown_w) // 2
    canvas[top : top + shown_h, left : left + shown_w] = shown if shown.ndim == 3 else shown[:, :, None]
    y = top + shown_h + text.line
    for number, line in enumerate((*lines, hint)):
        colour = DIM if number == len(lines) else ACCENT
        put_middle(canvas, line, width / 2, y + number * text.line, text.base, colour)
    return canvas
