"""What lies over the picture for a while: notices that do not fit into the strip, and that there is no signal."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from live.drawing.overlay import Sprite, blank
from live.drawing.scene import Scene
from live.drawing.second_line import strip_notice
from live.drawing.text import ACCENT, BOLD, PANEL, WARNING, base_line, put, put_middle, text_width, wrapped
from live.layout import Layout
from live.layout.tiling import Rect

LINE_EM = 1.4


class Notices:
    """A box at the bottom of the last row's pictures, over no caption, with what has just happened."""

    def key(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """The sentences, and what takes them room in the strip."""
        return scene.status.notices, scene.status.recording

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """One sprite where there are some that the strip does not show."""
        said, text = scene.status.notices, layout.text
        if not said or (layout.strip.height and strip_notice(layout, scene) is not None):
            return ()
        width, height = layout.canvas_wh
        bottom = layout.strip.y if layout.strip.height else height
        width = layout.room.width or width
        most = bottom - max((tile.picture.y for tile in layout.tiles), default=0)
        size = max(1, min(text.base, round(most / LINE_EM)))
        lines = [line for sentence in said for line in wrapped(sentence, size, max(width - 2 * text.pad, 1))]
        step = round(LINE_EM * size)
        lines = lines[-max(1, (most - text.pad) // step) :]
        box_h = max(1, min(most, step * len(lines) + text.pad))
        sprite = blank(Rect(0, min(bottom, layout.room.bottom or bottom) - box_h, width, box_h), PANEL)
        for number, line in enumerate(lines):
            put(sprite.pixels, line, text.pad, base_line(text.pad // 2 + number * step, step, size), size, ACCENT)
        return (sprite,)


class NoSignal:
    """A band across the pictures nearest to the middle, over no caption."""

    def key(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """For how long."""
        return scene.status.silent_s

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """One sprite while there is no signal."""
        if scene.status.silent_s is None:
            return ()
        said = f"no signal for {scene.status.silent_s} s"
        whole = Rect(0, 0, *layout.canvas_wh)
        room = layout.room if layout.tiles else whole
        pictures = [tile.picture for tile in layout.tiles] or [whole]
        middle = room.y + room.height / 2
        row = min(pictures, key=lambda picture: abs(picture.y + picture.height / 2 - middle))
        size = 2 * layout.text.base
        while size > 1 and (text_width(said, size, BOLD) > 0.95 * room.width or 1.6 * size > row.height):
            size -= 1
        height = max(1, min(row.height, round(1.6 * size)))
        sprite = blank(Rect(room.x, row.y + (row.height - height) // 2, room.width, height), PANEL)
        put_middle(sprite.pixels, said, room.width / 2, height / 2, size, WARNING, BOLD)
        return (sprite,)
