"""Type: OpenCV's own TrueType face, which has digits of one width, minus signs, arrows and most alphabets."""

from __future__ import annotations

import re
from functools import cache, lru_cache

import cv2

from convviz_core.arrays import ByteArray
from convviz_core.names import shown

Colour = tuple[int, int, int]  # B, G, R
BACKGROUND: Colour = (38, 34, 33)
PANEL: Colour = (50, 45, 43)
RULE: Colour = (98, 91, 88)
INK: Colour = (242, 240, 238)
DIM: Colour = (188, 182, 178)
ACCENT: Colour = (84, 214, 255)
WARNING: Colour = (96, 110, 255)

REGULAR, BOLD = 400, 600
ELLIPSIS, NO_BREAK = "…", "\N{NO-BREAK SPACE}"
CAP_HEIGHT = 0.7  # of the size: how far a capital or a digit reaches above its base line


@cache
def _face(weight: int) -> cv2.FontFace:  # noqa: ARG001 (a face remembers its weight: one each)
    return cv2.FontFace("sans")


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, weight: int = REGULAR) -> int:
    """Its width in pixels."""
    return int(cv2.getTextSize((0, 0), shown(text), (0, 0), _face(weight), round(size), weight)[2]) if text else 0


def put(canvas: ByteArray, text: str, x: int, y: int, size: float, colour: Colour = INK, weight: int = REGULAR) -> int:
    """Write `text` with its base line at row y; returns the x behind it. OpenCV crashes on names that are not UTF-8."""
    if not text:
        return x
    end, _ = cv2.putText(canvas, shown(text), (x, y), colour, _face(weight), round(size), weight)
    return int(end[0])


def put_right(
    canvas: ByteArray, text: str, right: int, y: int, size: float, colour: Colour = INK, weight: int = REGULAR
) -> int:
    """Write `text` so that it ends before column `right`; returns the x at which it begins."""
    x = right - text_width(text, size, weight)
    put(canvas, text, x, y, size, colour, weight)
    return x


def put_middle(
    canvas: ByteArray, text: str, x: float, y: float, size: float, colour: Colour = INK, weight: int = REGULAR
) -> None:
    """Write `text` with the middle of its digits and capitals at (x, y)."""
    left = round(x - text_width(text, size, weight) / 2)
    put(canvas, text, left, round(y + CAP_HEIGHT / 2 * size), size, colour, weight)


def base_line(top: int, height: int, size: float) -> int:
    """The base line of text in the middle of `height` rows from `top` on."""
    return top + round((height + CAP_HEIGHT * size) / 2)


def shortened(text: str, size: float, width: int, weight: int = REGULAR) -> str:
    """`text`, or as much of its beginning as fits into `width` with an ellipsis behind it."""
    if text_width(text, size, weight) <= width:
        return text
    for length in range(len(text) - 1, 0, -1):
        short = text[:length].rstrip() + ELLIPSIS
        if text_width(short, size, weight) <= width:
            return short
    return ""


def wrapped(text: str, size: float, width: int, weight: int = REGULAR) -> list[str]:
    """`text` in lines of at most `width`, broken between words where they allow it; not at a no-break space."""
    lines: list[str] = []
    for word in (word.replace(NO_BREAK, " ") for word in re.split(r"[ \t\n]+", text.strip())):
        if lines and text_width(f"{lines[-1]} {word}", size, weight) <= width:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(shortened(word, size, width, weight))
    return lines


def balanced(text: str, size: float, width: int) -> list[str]:
    """As `wrapped`, in lines about equally long: none has a last word to itself where it need not."""
    lines = wrapped(text, size, width)
    narrowest = max(text_width(word, size) for word in text.split()) if text.split() else width
    for narrower in range(width - 1, narrowest, -max(1, width // 50)):
        parted = wrapped(text, size, narrower)
        if len(parted) > len(lines):
            break
        lines = parted
    return lines


def width_em(text: str, weight: int = REGULAR) -> float:
    """Its width in units of its size."""
    return text_width(text, 100, weight) / 100
