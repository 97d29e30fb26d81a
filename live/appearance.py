"""How the picture looks."""

from __future__ import annotations

from dataclasses import dataclass, replace

from convviz_core.ranges import RangeMode
from live.layout.panel_places import Panel

COLORMAPS = ("lift", "gray", "diverging", "viridis", "magma", "inferno", "turbo", "cividis", "bone")


@dataclass(frozen=True)
class Appearance:
    """How it looks."""

    range: RangeMode = RangeMode.AUTO
    gain: float = 1.0  # the range's limits are divided by it
    colormap: str = "lift"
    mirror: bool = False
    input_tile: bool = True
    kernels: bool = False
    tint: bool = False  # colour the responses that ReLU sets to zero
    fullscreen: bool = False
    panels: frozenset[Panel] = frozenset()  # those that are open

    def toggled(self, panel: Panel) -> Appearance:
        """With that panel opened, or closed again."""
        return replace(self, panels=self.panels ^ {panel})
