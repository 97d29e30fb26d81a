"""What lies beside and over the tiles: pieces that know what their pixels depend on."""

from __future__ import annotations

from collections.abc import Generator, Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from convviz_core.arrays import ByteArray
from live.drawing.scene import Scene
from live.drawing.text import BACKGROUND, Colour
from live.layout import Layout
from live.layout.tiling import Rect


@dataclass(frozen=True, eq=False)
class Sprite:
    """Finished pixels, uint8 BGR (h, w, 3), and where they lie on the canvas."""

    place: Rect
    pixels: ByteArray


def blank(place: Rect, colour: Colour = BACKGROUND) -> Sprite:
    """A sprite of one colour, to be drawn on."""
    pixels = np.empty((place.height, place.width, 3), np.uint8)
    pixels[:1] = colour
    pixels[1:] = pixels[:1]  # whole rows at a time: a tenth of the time
    return Sprite(place, pixels)


class Overlay(Protocol):
    """One piece of the canvas that is not a tile. It is drawn again only when its key has changed, or the layout."""

    def key(self, layout: Layout, scene: Scene) -> Hashable:
        """Everything that its pixels depend on beside `Layout.places`."""

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """Its pixels; opaque, inside the canvas, and not over those of another overlay of its layer."""


Pieces = Generator[None, None, Sequence[Sprite]]  # it stops wherever the rest may as well be drawn a picture later


@runtime_checkable
class Piecewise(Overlay, Protocol):
    """An overlay with numbers that follow the pictures: what it draws anew for them is spread over several pictures.

    No single picture then waits for all of it, and what it shows is of one picture, the one at which it began.
    """

    def beat(self, layout: Layout, scene: Scene) -> Hashable:
        """What may be followed some pictures behind; all else is in `key`."""

    def pieces(self, layout: Layout, scene: Scene) -> Pieces:
        """As `draw`, in pieces. What the first one does not take from the scene may be gone when the next one comes."""


def at_once(pieces: Pieces) -> Sequence[Sprite]:
    """All pieces, one after the other."""
    while True:
        try:
            next(pieces)
        except StopIteration as finished:
            sprites: Sequence[Sprite] = finished.value
            return sprites


class Mark(Protocol):
    """A few lines on the tiles, drawn anew on each picture."""

    def draw(self, canvas: ByteArray, layout: Layout, scene: Scene) -> None:
        """Draw on the canvas."""
