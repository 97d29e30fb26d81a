"""Where the inspector of a model's layer lists what a response was made of: at its bottom. Only arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

from live.layout.laid_out import Layout
from live.layout.tiling import Rect

ABOVE_EM = 15.0  # of the panel, for what is said of the response itself
DIFFERENCE_EM = 2.8  # for what is said of that
HEADING_LINES, SUM_LINES = 2, 3


@dataclass(frozen=True)
class WhyPlaces:
    """top: of the heading, on the canvas. seen: how many lines are listed below it. step: from one to the next."""

    top: int
    seen: int
    step: int

    def line_at(self, y: int) -> int | None:
        """The listed line at that row of the canvas."""
        row = (y - self.top) // self.step - HEADING_LINES
        return row if 0 <= row < self.seen else None


def why_places(place: Rect, layout: Layout, count: int) -> WhyPlaces:
    """So many lines between a heading and the sum; fewer where the panel is low, or has a difference to tell."""
    text, other = layout.text, layout.request.other
    step = round(1.4 * text.small)
    above_em = ABOVE_EM + (DIFFERENCE_EM if other and other.last else 0.0)
    room = int(place.height - above_em * text.base) // step - HEADING_LINES - SUM_LINES
    seen = max(0, min(count, room))
    return WhyPlaces(place.bottom - text.pad - (HEADING_LINES + seen + SUM_LINES) * step, seen, step)
