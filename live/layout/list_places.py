"""Where the lines of the list of layers lie in its panel, and which of them there is room for. Only arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

from live.layout.tiling import Rect
from live.layout.type_scale import TypeScale


@dataclass(frozen=True)
class ListPlaces:
    """first: the first line that is seen. top: where it begins, on the canvas. step: from one to the next."""

    first: int
    seen: int
    top: int
    step: int

    def line_at(self, y: int) -> int | None:
        """The line at that row of the canvas."""
        row = (y - self.top) // self.step
        return self.first + row if 0 <= row < self.seen else None


def list_places(place: Rect, text: TypeScale, count: int, focus: int | None) -> ListPlaces:
    """So many lines below the panel's heading and a line of words; the line of `focus` is seen."""
    step = round(1.4 * text.small)
    top = place.y + 3 * text.pad + round(1.05 * text.title) + step
    room = max(0, (place.bottom - text.pad - top) // step)
    seen = min(count, room)
    first = min(max((focus or 0) - seen // 2, 0), count - seen)
    return ListPlaces(first, seen, top, step)
