"""The canvas from back to front: tiles, what stands beside them, marks on them, and what lies over all."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Protocol

import numpy as np

from convviz_core.arrays import ByteArray
from live.drawing.overlay import Mark, Overlay, Pieces, Piecewise, Sprite, at_once
from live.drawing.scene import Scene
from live.drawing.text import BACKGROUND
from live.layout import Layout


class Painter(Protocol):
    """Paints the tiles' pictures."""

    def paint(self, canvas: ByteArray, layout: Layout, scene: Scene, meanwhile: Callable[[], None]) -> None:
        """Paint every tile's picture onto the canvas, and nothing beside them.

        meanwhile: what the caller's thread does first, while others paint.
        """

    def close(self) -> None:
        """Nothing is painted any more."""


class _Kept:
    """One overlay with its last pixels."""

    def __init__(self, overlay: Overlay) -> None:
        self.overlay = overlay
        self.sprites: Sequence[Sprite] = ()
        self.drawn = False
        self._key: Hashable = None
        self._rhythm = _Rhythm(overlay) if isinstance(overlay, Piecewise) else None

    def refresh(self, layout: Layout, scene: Scene, *, anew: bool) -> Sequence[Sprite]:
        """Draw it where it is out of date; those sprites that are new."""
        key, before = self.overlay.key(layout, scene), self.sprites
        if self.drawn and not anew and key == self._key:
            sprites = self._rhythm.next_pixels(layout, scene) if self._rhythm else None
            if sprites is None:
                return ()
            self.sprites = sprites
        else:
            if self._rhythm:
                self._rhythm.begin_anew(layout, scene)
            self.sprites, self._key, self.drawn = self.overlay.draw(layout, scene), key, True
        old = set(before)
        return [sprite for sprite in self.sprites if sprite not in old]


class _Rhythm:
    """Draws one piece of an overlay a picture, and begins again when all are drawn and another beat has come.

    Where two pictures in turn have each another beat, they are far apart, and all is drawn with the second.
    """

    def __init__(self, overlay: Piecewise) -> None:
        self._overlay = overlay
        self._beat: Hashable = None  # the last picture's
        self._begun: Hashable = None  # what is drawn, or being drawn
        self._changed = False
        self._pieces: Pieces | None = None

    def begin_anew(self, layout: Layout, scene: Scene) -> None:
        """All is drawn now, for another reason."""
        self._beat = self._begun = self._overlay.beat(layout, scene)
        self._changed, self._pieces = False, None

    def next_pixels(self, layout: Layout, scene: Scene) -> Sequence[Sprite] | None:
        """Draw a piece, if there is one to draw; all of the overlay when its last one is drawn."""
        beat = self._overlay.beat(layout, scene)
        changed_before, self._changed = self._changed, beat != self._beat
        self._beat = beat
        if changed_before and self._changed:
            self._begun, self._pieces = beat, None
            return at_once(self._overlay.pieces(layout, scene))
        if self._pieces is None and beat != self._begun:
            self._begun, self._pieces = beat, self._overlay.pieces(layout, scene)
        if self._pieces is None:
            return None
        try:
            next(self._pieces)
        except StopIteration as finished:
            self._pieces = None
            sprites: Sequence[Sprite] = finished.value
            return sprites
        return None


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

        def refresh() -> None:
            for kept in self._beside:
                fresh = kept.refresh(layout, scene, anew=new)
                self._copy(kept.sprites if cleared else fresh)

        self._painter.paint(self._canvas, layout, scene, refresh)
        for mark in self._marks:
            mark.draw(self._canvas, layout, scene)
        for kept in self._over:
            self._copy(kept.sprites)
        return self._canvas

    def close(self) -> None:
        """Nothing is composed any more."""
        self._painter.close()

    def _clear(self, layout: Layout) -> None:
        width, height = layout.canvas_wh
        if self._canvas.shape != (height, width, 3):
            self._canvas = np.empty((height, width, 3), np.uint8)
        self._canvas[:] = BACKGROUND

    def _copy(self, sprites: Sequence[Sprite]) -> None:
        for sprite in sprites:
            self._canvas[sprite.place.slices] = sprite.pixels
