"""Where everything lies on the canvas, which part of the maps is seen, and what lies under a pixel. Only arithmetic."""

from live.layout.arranging import arrange, preferred_canvas_wh
from live.layout.laid_out import Layout, LayoutRequest

__all__ = ["Layout", "LayoutRequest", "arrange", "preferred_canvas_wh"]
