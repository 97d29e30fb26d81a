"""What lies over the picture for a while: notices that do not fit into the strip, and that there is no signal."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from live.drawing.overlay import Sprite, blank
from live.drawing.scene import Scene
from live.drawing.strip import strip_notice
from live.drawing.text import ACCENT, BOLD, PANEL, WARNING, base_line, put, put_middle, text_width, wrapped
from live.layout import Layout
from live.tiling import Rect


class Notices:
    """A box above the strip with what has just happened."""

    def key(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """The sentences."""
        return scene.status.notices

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """One sprite where there are some that the strip does not show."""
        said, text = scene.status.notices, layout.text
        width, height = layout.canvas_wh
        if not said or (layout.strip.height and strip_notice(layout, scene) is not None):
            return ()
        bottom = layout.strip.y if layout.strip.height else height
        size = min(text.base, max(1, height // 3))
        room = max(width - 2 * text.pad, 1)
        lines = [line for sentence in said for line in wrapped(sentence, size, room)]
        step = round(1.4 * size)
        lines = lines[-max(1, (bottom - text.pad) // step) :]
        box_h = min(bottom, step * len(lines) + text.pad)
        sprite = blank(Rect(0, bottom - box_h, width, box_h), PANEL)
        for number, line in enumerate(lines):
            put(sprite.pixels, line, text.pad, base_line(text.pad // 2 + number * step, step, size), size, ACCENT)
        return (sprite,)


class NoSignal:
    """A band across the middle of the last picture."""

    def key(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """For how long."""
        return scene.status.silent_s

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """One sprite while there is no signal."""
        if scene.status.silent_s is None:
            return ()
        said = f"no signal for {scene.status.silent_s} s"
        room = layout.room if layout.room.width and layout.room.height else Rect(0, 0, *layout.canvas_wh)
        size = 2 * layout.text.base
        while size > 4 and (text_width(said, size, BOLD) > 0.95 * room.width or 2 * size > room.height):
            size -= 1
        height = min(room.height, 2 * size)
        sprite = blank(Rect(room.x, room.y + (room.height - height) // 2, room.width, height), PANEL)
        put_middle(sprite.pixels, said, room.width / 2, height / 2, size, WARNING, BOLD)
        return (sprite,)
