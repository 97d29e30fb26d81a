"""What lies over the picture for a while: notices that do not fit into the strip, and that there is no signal."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from live.drawing.overlay import Sprite, blank
from live.drawing.scene import Scene
from live.drawing.strip import strip_notice
from live.drawing.text import ACCENT, BOLD, PANEL, WARNING, base_line, put, put_middle, text_width, wrapped
from live.layout import Layout
from live.layout.tiling import Rect

LINE_EM = 1.4


class Notices:
    """A box at the bottom of the last row's pictures, over no caption, with what has just happened.

    Sentences that it would cut stand in one as wide as the canvas, over whatever is there.
    """

    def key(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """The sentences."""
        return scene.status.notices

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """One sprite where there are some that the strip does not show."""
        said, text = scene.status.notices, layout.text
        if not said or (layout.strip.height and strip_notice(layout, scene) is not None):
            return ()
        end = layout.strip.y if layout.strip.height else layout.canvas_wh[1]
        bottom, top = min(end, layout.room.bottom or end), max((tile.picture.y for tile in layout.tiles), default=0)
        in_room = layout.room.width or layout.canvas_wh[0], bottom, bottom - top
        fits = _fits(said[-1], layout, in_room[0], in_room[2])
        width, bottom, most = in_room if fits else (layout.canvas_wh[0], end, end)
        size = max(1, min(text.base, round(most / LINE_EM)))
        step = round(LINE_EM * size)
        lines: list[str] = []
        for sentence in reversed(said):  # the newest in any case, and whole ones before it
            more = wrapped(sentence, size, max(width - 2 * text.pad, 1))
            if lines and step * (len(lines) + len(more)) + text.pad > most:
                break
            lines = [*more, *lines]
        box_h = max(1, min(most, step * len(lines) + text.pad))
        sprite = blank(Rect(0, bottom - box_h, width, box_h), PANEL)
        for number, line in enumerate(lines):
            put(sprite.pixels, line, text.pad, base_line(text.pad // 2 + number * step, step, size), size, ACCENT)
        return (sprite,)


def _fits(sentence: str, layout: Layout, width: int, most: int) -> bool:
    """Whether it can be read in a box so wide and at most so high."""
    text = layout.text
    lines = len(wrapped(sentence, text.base, max(width - 2 * text.pad, 1)))
    return round(LINE_EM * text.base) * lines + text.pad <= most


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
