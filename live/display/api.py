"""What every display does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from convviz_core.arrays import ByteArray

Point = tuple[int, int]  # x, y on the canvas


@dataclass(frozen=True)
class Events:
    """What a person did since the last look: keys by name, the pointer, clicks, drags, the X button."""

    keys: tuple[str, ...] = ()
    pointer: Point | None = None
    clicks: tuple[Point, ...] = ()
    right_clicks: tuple[Point, ...] = ()
    dragged: Point = (0, 0)  # canvas pixels, right and down
    closed: bool = False


class Display(Protocol):
    """Shows a canvas and hears keys and the mouse."""

    interactive: bool  # a person looks and presses keys: the last picture stays until they are done

    def open(self, preferred_wh: tuple[int, int]) -> None:
        """Make ready for the first canvas."""

    @property
    def canvas_wh(self) -> tuple[int, int] | None:
        """The size of the canvas it wants now; None where nobody looks and none need be drawn."""

    def show(self, canvas: ByteArray) -> Events:
        """Show a uint8 BGR canvas; returns once it is drawn."""

    def idle(self, wait_s: float) -> Events:
        """Wait at most so long for a key, with nothing new to show."""

    def set_fullscreen(self, fullscreen: bool) -> None:
        """Fill the screen, or not."""

    def close(self) -> None:
        """Take the window away; twice is fine."""
