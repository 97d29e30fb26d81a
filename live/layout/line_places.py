"""Where the lines of a panel of settings lie, and which of them is under a pixel. Only arithmetic."""

from __future__ import annotations

from live.layout.edit_places import heading_height
from live.layout.tiling import Rect
from live.layout.type_scale import TypeScale

LINE_EM = 1.5  # a line's height, in units of the text's size


def line_places(panel: Rect, text: TypeScale, count: int) -> tuple[Rect, ...]:
    """The lines from below the heading on, as many as there is room for."""
    top, height = panel.y + heading_height(text), round(LINE_EM * text.base)
    room = max(0, (panel.bottom - text.pad - top) // height)
    left, width = panel.x + text.base // 2, panel.width - text.base
    return tuple(Rect(left, top + number * height, width, height) for number in range(min(count, room)))


def line_at(places: tuple[Rect, ...], x: int, y: int) -> int | None:
    """The number of the line under the canvas pixel."""
    return next((number for number, place in enumerate(places) if place.contains(x, y)), None)
