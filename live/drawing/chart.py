"""One small chart: a frame with its scale, predicted lines, and measured dots; and the frequency plane."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from convviz_core.arrays import ByteArray
from convviz_core.transfer import Floats, Wave, along
from live.drawing.text import ACCENT, DIM, RULE, Colour, put, put_right, text_width
from live.layout.tiling import Rect
from live.layout.type_scale import TypeScale

LINE: Colour = ACCENT
WHOLE_LINE: Colour = (120, 150, 165)  # what ReLU has cut
DOT: Colour = (233, 180, 86)
PLANE_GROUND = 16  # what is black is still told from the panel
_SUBPIXEL = 4  # bits


def draw_chart(
    canvas: ByteArray,
    place: Rect,
    text: TypeScale,
    at: Floats,
    lines: Sequence[tuple[Floats, Colour]],
    dots: tuple[Floats, Floats],
    top: float,
    ticks: Sequence[tuple[float, str]],
) -> None:
    """Curves over `at`, from 0 at the bottom to `top` at the top; values that are not finite are left out.

    ticks: (where, what is written below it).
    """
    size = text.small
    inner = Rect(place.x, place.y, place.width, max(1, place.height - round(1.3 * size)))
    cv2.rectangle(canvas, (inner.x, inner.y), (inner.right - 1, inner.bottom - 1), RULE, 1)
    _, row = _point(inner, at, top, 0.0, top)
    cv2.line(canvas, (inner.x, round(row)), (inner.right - 1, round(row)), RULE, 1)
    for where, words in ticks:
        x, _ = _point(inner, at, top, where, 0.0)
        column = round(x)
        cv2.line(canvas, (column, inner.bottom - 1), (column, inner.bottom - 1 - text.gap), RULE, 1)
        width = text_width(words, size)
        left = min(max(column - width // 2, place.x), place.right - width)
        if width * len(ticks) < 0.8 * place.width or where in (ticks[0][0], ticks[-1][0]):
            put(canvas, words, left, inner.bottom + round(1.1 * size), size, DIM)
    for line, colour in lines:
        for run in _runs(line):
            points = np.array([_point(inner, at, top, at[i], line[i]) for i in run]) * 2**_SUBPIXEL
            cv2.polylines(
                canvas, [np.rint(points).astype(np.int32)], False, colour, 1 + text.base // 20, cv2.LINE_AA, _SUBPIXEL
            )
    radius = max(2, round(text.base / 5))
    for where, value in zip(*dots, strict=True):
        if np.isfinite(value):
            x, y = _point(inner, at, top, where, value)
            centre = round(x * 2**_SUBPIXEL), round(y * 2**_SUBPIXEL)
            cv2.circle(canvas, centre, radius * 2**_SUBPIXEL, DOT, cv2.FILLED, cv2.LINE_AA, _SUBPIXEL)


def _point(inner: Rect, at: Floats, top: float, where: float, value: float) -> tuple[float, float]:
    across = (where - at[0]) / ((at[-1] - at[0]) or 1.0)
    up = min(max(value / top if top > 0 else 0.0, 0.0), 1.05)
    return inner.x + across * (inner.width - 1), inner.bottom - 1 - up * 0.94 * (inner.height - 1)


def _runs(line: Floats) -> list[list[int]]:
    """Stretches of finite values."""
    finite = np.flatnonzero(np.isfinite(line))
    return [run.tolist() for run in np.split(finite, np.flatnonzero(np.diff(finite) > 1) + 1) if len(run) > 1]


def draw_plane(canvas: ByteArray, place: Rect, text: TypeScale, gains: Floats, best: Wave) -> None:
    """|H| from black, 0, to white, its largest; over it the circle and the line along which the curves run.

    place: of the square alone; its scale stands below and at its left, where there must be room (see plane_margins).
    """
    most = float(gains.max())
    levels = PLANE_GROUND + (255 - PLANE_GROUND) * gains / (most if most > 0 else 1.0)
    square = cv2.resize(levels.astype(np.float32), (place.width, place.height), interpolation=cv2.INTER_LINEAR)
    canvas[place.slices] = np.rint(np.clip(square, 0, 255)).astype(np.uint8)[:, :, None]
    inside = canvas[place.slices]
    middle, per_cycle = (place.width - 1) / 2, float(place.width - 1)

    def at(y: float, x: float) -> tuple[int, int]:
        return round((middle + x * per_cycle) * 2**_SUBPIXEL), round((middle + y * per_cycle) * 2**_SUBPIXEL)

    y, x = (float(part) for part in along(1.0, best.orientation))
    cv2.line(inside, at(0, 0), at(y, x), LINE, 1, cv2.LINE_AA, _SUBPIXEL)
    if best.frequency > 0:
        reach = round(best.frequency * per_cycle * 2**_SUBPIXEL)
        cv2.circle(inside, at(0, 0), reach, LINE, 1, cv2.LINE_AA, _SUBPIXEL)
    ring = max(3, text.base // 3)
    cv2.circle(inside, at(y * best.frequency, x * best.frequency), ring * 2**_SUBPIXEL, DOT, 2, cv2.LINE_AA, _SUBPIXEL)
    cv2.rectangle(canvas, (place.x, place.y), (place.right - 1, place.bottom - 1), RULE, 1)
    size = text.small
    for share, words in ((0.0, "-0.5"), (0.5, "0"), (1.0, "0.5")):
        words = words.replace("-", "\N{MINUS SIGN}")
        width = text_width(words, size)
        x_left = round(min(max(place.x + share * place.width - width / 2, place.x), place.right - width))
        put(canvas, words, x_left, place.bottom + round(1.1 * size), size, DIM)
        row = round(min(max(place.y + share * place.height + 0.35 * size, place.y + 0.8 * size), place.bottom))
        put_right(canvas, words, place.x - text.gap, row, size, DIM)


def plane_margins(text: TypeScale) -> tuple[int, int]:
    """The room that the plane's scale takes: columns at the left, rows below."""
    return text_width("\N{MINUS SIGN}0.5", text.small) + text.gap, round(1.3 * text.small)
