"""Which part of the maps is seen. Only arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, replace

from live.layout.tiling import Rect


@dataclass(frozen=True)
class Viewport:
    """All tiles show the whole of their maps, or one map has the picture to itself and shows what there is room for.

    enlarged: that map. corner_yx: the map pixel at the top left.
    """

    enlarged: int | None = None
    corner_yx: tuple[int, int] = (0, 0)

    def moved(self, dy: int, dx: int) -> Viewport:
        """Panned by so many map pixels; where nothing is enlarged all is seen, and stays."""
        if self.enlarged is None:
            return self
        return replace(self, corner_yx=(self.corner_yx[0] + dy, self.corner_yx[1] + dx))

    def toggled(self, index: int) -> Viewport:
        """Map `index` fills the picture, or goes back among the others."""
        return Viewport(index if self.enlarged is None else None)

    def crop(self, map_hw: tuple[int, int], shown_hw: tuple[int, int]) -> Rect:
        """The map pixels that are seen where there is room for `shown_hw` of them, kept inside the map."""
        height, width = shown_hw
        top = min(max(self.corner_yx[0], 0), map_hw[0] - height)
        left = min(max(self.corner_yx[1], 0), map_hw[1] - width)
        return Rect(left, top, width, height)
