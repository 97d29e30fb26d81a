"""Where everything lies on the canvas, for the state that is to be shown; and what of the state depends on that."""

from __future__ import annotations

from live.composing import layout_request
from live.display.api import Display
from live.layout import Layout, arrange, preferred_canvas_wh
from live.pointing import kept_inside, pointed
from live.state import ViewState


class Placing:
    """Lays out a display's canvases; the next picture's is hardly ever another one."""

    def __init__(self, display: Display, screen_wh: tuple[int, int]) -> None:
        self._display, self._screen_wh = display, screen_wh
        self._latest: tuple[ViewState, Layout | None] | None = None
        self._of: object = None

    def place(self, state: ViewState, frame_shape: tuple[int, ...], *, first: bool) -> tuple[ViewState, Layout | None]:
        """The layout of the canvas that the display wants now, and the state with what lies under the pointer there.

        The display is opened with the first one. Errors: FrameSizeError.
        """
        if self._display.interactive and first:
            request = layout_request(self._screen_wh, frame_shape, state)
            self._display.open(preferred_canvas_wh(request, self._screen_wh))
        canvas_wh = self._display.canvas_wh
        of = canvas_wh, frame_shape
        if self._latest is None or self._latest[0] is not state or of != self._of:
            layout = arrange(layout_request(canvas_wh, frame_shape, state)) if canvas_wh else None
            if layout:
                state = kept_inside(pointed(state, layout), layout)
            self._latest, self._of = (state, layout), of
        return self._latest
