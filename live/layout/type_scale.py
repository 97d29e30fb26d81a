"""The sizes of type and of the space around it, one scale for a whole canvas."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TypeScale:
    """The sizes of type and of the space around it on one canvas, in pixels."""

    base: int

    @property
    def small(self) -> int:
        """For what is said beside the main thing."""
        return max(10, round(self.base * 0.86))

    @property
    def title(self) -> int:
        """For a panel's heading."""
        return round(self.base * 1.15)

    @property
    def line(self) -> int:
        """From one base line to the next."""
        return round(self.base * 1.4)

    @property
    def pad(self) -> int:
        """Between text and what surrounds it."""
        return max(3, self.base // 2)

    @property
    def gap(self) -> int:
        """Between tiles."""
        return max(3, round(self.base * 0.4))


def type_scale(canvas_wh: tuple[int, int]) -> TypeScale:
    """12 pixels at 640x480, slowly growing with the canvas, 27 at 3840x2160, never below 10."""
    relative = min(canvas_wh[0] / 640, canvas_wh[1] / 480)
    return TypeScale(max(10, round(12 * float(relative**0.55))))
