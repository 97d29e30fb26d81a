"""Overlays and marks of a second layer, and the line between two where one is wiped over the other."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager

import cv2

from convviz_core.arrays import ByteArray
from live.drawing.overlay import Mark, Pieces, Piecewise, Sprite
from live.drawing.scene import Scene
from live.drawing.text import ACCENT, BOLD, INK, put, text_width
from live.drawing.tiles import wiped
from live.layout import Layout
from live.layout.tiling import Rect


class OfOther:
    """An overlay of its own for the second layer, where there is one."""

    def __init__(self, overlay: Piecewise) -> None:
        self._overlay = overlay

    def key(self, layout: Layout, scene: Scene) -> Hashable:
        """The overlay's, of the second layer."""
        return self._overlay.key(layout.other, scene.other) if layout.other and scene.other else None

    def beat(self, layout: Layout, scene: Scene) -> Hashable:
        """The overlay's, of the second layer."""
        return self._overlay.beat(layout.other, scene.other) if layout.other and scene.other else None

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """The overlay's, of the second layer."""
        return self._overlay.draw(layout.other, scene.other) if layout.other and scene.other else ()

    def pieces(self, layout: Layout, scene: Scene) -> Pieces:
        """The overlay's, of the second layer."""
        if layout.other is None or scene.other is None:
            return ()
        found = yield from self._overlay.pieces(layout.other, scene.other)
        return found


class OfKind:
    """One overlay for a bank's layer, and another for a model's."""

    def __init__(self, bank: Piecewise, model: Piecewise) -> None:
        self._bank, self._model = bank, model

    def key(self, layout: Layout, scene: Scene) -> Hashable:
        """The one's that it is."""
        return scene.model is None, self._of(scene).key(layout, scene)

    def beat(self, layout: Layout, scene: Scene) -> Hashable:
        """The one's that it is."""
        return self._of(scene).beat(layout, scene)

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """The one's that it is."""
        return self._of(scene).draw(layout, scene)

    def pieces(self, layout: Layout, scene: Scene) -> Pieces:
        """The one's that it is."""
        found = yield from self._of(scene).pieces(layout, scene)
        return found

    def _of(self, scene: Scene) -> Piecewise:
        return self._bank if scene.model is None else self._model


class MarkOfKind:
    """One mark for a bank's layer, and another for a model's."""

    def __init__(self, bank: Mark, model: Mark) -> None:
        self._bank, self._model = bank, model

    def draw(self, canvas: ByteArray, layout: Layout, scene: Scene) -> None:
        """Draw the one that it is."""
        (self._bank if scene.model is None else self._model).draw(canvas, layout, scene)


class OnBoth:
    """Marks on the tiles of both layers; where one is wiped over the other, each stays on its side of the line.

    live, kept: two of the same kind.
    """

    def __init__(self, live: Mark, kept: Mark) -> None:
        self._live, self._kept = live, kept

    def draw(self, canvas: ByteArray, layout: Layout, scene: Scene) -> None:
        """Draw them."""
        with _untouched(canvas, layout, scene, right=False):
            self._live.draw(canvas, layout, scene)
        if layout.other and scene.other and not scene.difference:
            with _untouched(canvas, layout, scene, right=True):
                self._kept.draw(canvas, layout.other, scene.other)


@contextmanager
def _untouched(canvas: ByteArray, layout: Layout, scene: Scene, *, right: bool) -> Iterator[None]:
    """Put one side of a wipe's line back as it was."""
    if scene.wipe is None:
        yield
        return
    places = []
    for tile in layout.tiles:
        if tile.index is not None:
            left = wiped(tile.picture, scene.wipe)
            width = tile.picture.width - left.width
            places.append(Rect(left.right, left.y, width, left.height) if right else left)
    before = [canvas[place.slices].copy() for place in places]
    yield
    for place, pixels in zip(places, before, strict=True):
        canvas[place.slices] = pixels


class WipeLine:
    """The line between two layers, and which one is at which side of it."""

    def draw(self, canvas: ByteArray, layout: Layout, scene: Scene) -> None:
        """Draw it on every map's tile."""
        if scene.wipe is None:
            return
        size, gap = layout.text.small, layout.text.gap
        for tile in layout.tiles:
            if tile.index is None:
                continue
            place, inside = tile.picture, canvas[tile.picture.slices]
            x = min(round(scene.wipe * place.width), place.width - 1)
            cv2.line(inside, (x, 0), (x, place.height), (0, 0, 0), 3)
            cv2.line(inside, (x, 0), (x, place.height), ACCENT, 1)
            for word, at in (("kept", x - gap - text_width("kept", size, BOLD)), ("live", x + gap + 1)):
                wide = text_width(word, size, BOLD)
                if at >= 0 and at + wide <= place.width and place.height > 2 * size:
                    cv2.rectangle(inside, (at - 2, 1), (at + wide + 1, size + gap), (0, 0, 0), -1)
                    put(inside, word, at, size + 1, size, INK, BOLD)
