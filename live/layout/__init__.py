"""Where everything lies on the canvas, which part of the maps is seen, and what lies under a pixel. Only arithmetic."""

from live.layout.arranging import Layout, LayoutRequest, arrange, preferred_canvas_wh

__all__ = ["Layout", "LayoutRequest", "arrange", "preferred_canvas_wh"]
