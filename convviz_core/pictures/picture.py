"""One picture out of a file, and why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from convviz_core.arrays import ByteArray


class PictureError(ValueError):
    """A file that gives no picture; the message goes on after its name: "holds 32-bit integers, ..."."""


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture, as it is seen.

    image: uint8 BGR (H, W, 3), upright, over black where it is transparent.
    notes: what a person must know about it; each goes on after the file's name.
    seconds: how long it is to be seen, in an animation; None where the file says nothing.
    count: how many pictures the file holds, 1 or more.
    """

    image: ByteArray
    notes: tuple[str, ...] = ()
    seconds: float | None = None
    count: int = 1

    def __repr__(self) -> str:
        """The shape, not the pixels."""
        return f"Picture({self.image.shape}, {self.notes}, {self.seconds} s, one of {self.count})"
