"""The display without a window."""

from __future__ import annotations

from collections.abc import Sequence

from convviz_core.arrays import ByteArray
from live.events import DisplayEvent


class NullDisplay:
    """No window (`--headless`): nobody presses a key. With a size, canvases are drawn, to be recorded."""

    interactive = False

    def __init__(self, canvas_wh: tuple[int, int] | None = None) -> None:
        self._canvas_wh = canvas_wh

    def open(self, preferred_wh: tuple[int, int]) -> None:
        """Nothing to open."""

    @property
    def canvas_wh(self) -> tuple[int, int] | None:
        """The size given."""
        return self._canvas_wh

    def show(self, canvas: ByteArray) -> Sequence[DisplayEvent]:  # noqa: ARG002
        """Nothing to show it on."""
        return ()

    def idle(self, wait_s: float) -> Sequence[DisplayEvent]:  # noqa: ARG002
        """Nobody to wait for."""
        return ()

    def set_fullscreen(self, fullscreen: bool) -> None:
        """No screen."""

    def close(self) -> None:
        """Nothing to close."""
