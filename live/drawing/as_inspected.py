"""What is said of the range beside the tiles, while the inspector shows how it makes a response a byte."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace

from live.drawing.inspector import Inspector
from live.drawing.overlay import Overlay, Sprite
from live.drawing.scene import Scene
from live.layout import Layout
from live.layout.panel_places import Panel


class AsInspected:
    """An overlay that says the range of the picture that the inspector explains, which may be some pictures behind.

    The two are read together, and one range must not have two numbers. other: the inspector of a second layer. Both are
    refreshed before it.
    """

    def __init__(self, overlay: Overlay, inspector: Inspector, other: Inspector) -> None:
        self._overlay, self._inspector, self._other = overlay, inspector, other

    def key(self, layout: Layout, scene: Scene) -> Hashable:
        """The overlay's."""
        return self._overlay.key(layout, self._as_inspected(layout, scene))

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """The overlay's."""
        return self._overlay.draw(layout, self._as_inspected(layout, scene))

    def _as_inspected(self, layout: Layout, scene: Scene) -> Scene:
        mine, other = _as_read(self._inspector, layout, scene), scene.other
        if other is None or layout.other is None or scene.difference:  # which has one range, the live side's
            return mine
        theirs = _as_read(self._other, layout.other, other)
        return replace(mine, other=theirs, beat=hash((mine.beat, theirs.beat)))


def _as_read(inspector: Inspector, layout: Layout, scene: Scene) -> Scene:
    read = inspector.read
    if read is None or scene.target is None or layout.panel(Panel.INSPECTOR) is None:
        return scene
    return replace(scene, ranges=read.ranges, share_above=read.share_above, beat=read.beat)
