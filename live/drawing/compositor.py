"""The canvas from back to front: tiles, what stands beside them, marks on them, and what lies over all."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Protocol

import numpy as np

from convviz_core.arrays import ByteArray
from live.drawing.overlay import Mark, Overlay, Sprite
from live.drawing.scene import Scene
from live.drawing.text import BACKGROUND
from live.layout import Layout


class Painter(Protocol):
    """Paints the tiles' pictures."""

    def paint(self, canvas: ByteArray, layout: Layout, scene: Scene) -> None:
        """Paint every tile's picture onto the canvas, and nothing beside them."""

    def close(self) -> None:
        """Nothing is painted any more."""


class _Kept:
    """One overlay with its last pixels."""

    def __init__(self, overlay: Overlay) -> None:
        self.overlay = overlay
        self.sprites: Sequence[Sprite] = ()
        self.drawn = False
        self._key: Hashable = None

    def refresh(self, layout: Layout, scene: Scene, *, anew: bool) -> bool:
        """Draw it where it is out of date; whether it was."""
        key = self.overlay.key(layout, scene)
        if self.drawn and not anew and key == self._key:
            return False
        self.sprites, self._key, self.drawn = self.overlay.draw(layout, scene), key, True
        return True


class Compositor:
    """Keeps one canvas and draws on it what has changed.

    Tiles and marks are drawn on every picture. `beside` never lie on tiles, so that their pixels stay on the canvas;
    `over` are copied onto it each time, and where one of them goes away, all is put back.
    """

    def __init__(
        self, painter: Painter, beside: Sequence[Overlay], marks: Sequence[Mark], over: Sequence[Overlay]
    ) -> None:
        self._painter, self._marks = painter, marks
        self._beside = [_Kept(overlay) for overlay in beside]
        self._over = [_Kept(overlay) for overlay in over]
        self._canvas: ByteArray = np.zeros((0, 0, 3), np.uint8)
        self._layout: Layout | None = None

    def compose(self, layout: Layout, scene: Scene) -> ByteArray:
        """The canvas, uint8 BGR (H, W, 3); valid until the next call."""
        new = self._layout is None or (layout is not self._layout and layout.places != self._layout.places)
        self._layout = layout
        covered = [sprite.place for kept in self._over for sprite in kept.sprites]
        for kept in self._over:
            kept.refresh(layout, scene, anew=new)
        cleared = new or covered != [sprite.place for kept in self._over for sprite in kept.sprites]
        if cleared:
            self._clear(layout)
        self._painter.paint(self._canvas, layout, scene)
        for kept in self._beside:
            if kept.refresh(layout, scene, anew=new) or cleared:
                self._copy(kept)
        for mark in self._marks:
            mark.draw(self._canvas, layout, scene)
        for kept in self._over:
            self._copy(kept)
        return self._canvas

    def close(self) -> None:
        """Nothing is composed any more."""
        self._painter.close()

    def _clear(self, layout: Layout) -> None:
        width, height = layout.canvas_wh
        if self._canvas.shape != (height, width, 3):
            self._canvas = np.empty((height, width, 3), np.uint8)
        self._canvas[:] = BACKGROUND

    def _copy(self, kept: _Kept) -> None:
        for sprite in kept.sprites:
            self._canvas[sprite.place.slices] = sprite.pixels
