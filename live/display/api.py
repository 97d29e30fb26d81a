"""What every display does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from convviz_core.arrays import ByteArray
from live.events import DisplayEvent


class Display(Protocol):
    """Shows a canvas and hears keys and the mouse."""

    interactive: bool  # a person looks and presses keys: the last picture stays until they are done

    def open(self, preferred_wh: tuple[int, int]) -> None:
        """Make ready for the first canvas."""

    @property
    def canvas_wh(self) -> tuple[int, int] | None:
        """The size of the canvas it wants now; None where nobody looks and none need be drawn."""

    def show(self, canvas: ByteArray) -> Sequence[DisplayEvent]:
        """Show a uint8 BGR canvas; returns once it is drawn, with what the person did meanwhile."""

    def idle(self, wait_s: float) -> Sequence[DisplayEvent]:
        """Wait at most so long for the person to do something, with nothing new to show."""

    def set_fullscreen(self, fullscreen: bool) -> None:
        """Fill the screen, or not."""

    def close(self) -> None:
        """Take the window away; twice is fine."""
