"""The strip's second line: what has just happened, or what the source does; that it is recorded, always."""

from __future__ import annotations

from collections.abc import Sequence

from live.drawing.overlay import Sprite
from live.drawing.scene import Scene
from live.drawing.source_line import RECORDING, is_typing, second_words, state_words
from live.drawing.strip_words import WORD_GAP_EM, Word, put_words
from live.drawing.text import ACCENT, DIM, WARNING, Colour, put, put_right, text_width
from live.layout import Layout
from live.layout.panel_places import Panel

HELP, CLOSE_HELP, LEAVE = "h: help", "h: close", "Esc: leave"


def hint(layout: Layout, scene: Scene) -> str:
    """What the key of the help does, where somebody can press it; while keys are text, the way back."""
    if not scene.hints:
        return ""
    if is_typing(scene):
        return LEAVE
    return HELP if layout.panel(Panel.HELP) is None else CLOSE_HELP


def draw_second_line(sprite: Sprite, layout: Layout, scene: Scene, unsaid: Sequence[Word], line: int) -> None:
    """What has just happened, behind what must not be hidden by it, or what source_line.py says; and the help's key.

    unsaid: what another line had no room for.
    """
    text, notice = layout.text, strip_notice(layout, scene)
    left, right = text.pad, layout.strip.width - text.pad
    if notice is not None:
        for word, colour in _before(layout, scene, notice):
            left = put(sprite.pixels, word, left, line, text.base, colour) + round(WORD_GAP_EM * text.base)
        left = put(sprite.pixels, notice, left, line, text.base, ACCENT) + text.base
    if notice is None or left + text_width(hint(layout, scene), text.base) <= right:
        right = put_right(sprite.pixels, hint(layout, scene), right, line, text.base, DIM) - text.base
    if notice is None:
        put_words(sprite, second_words(scene, layout, unsaid), left, right, line, text.base)


def strip_notice(layout: Layout, scene: Scene) -> str | None:
    """What has just happened, where it fits into the strip's second line, behind the mark of a recording."""
    notice = "   ".join(scene.status.notices)
    marks = [RECORDING] * bool(scene.status.recording)
    return notice if notice and _fits(layout, notice, marks) else None


def _before(layout: Layout, scene: Scene, notice: str) -> list[tuple[str, Colour]]:
    """What stands before a notice: that it is recorded, and where that has room too, that it is paused."""
    marks = [(RECORDING, WARNING)] * bool(scene.status.recording)
    paused = [*marks, *((word, colour) for word, colour, _ in state_words(scene) if scene.status.paused)]
    return paused if _fits(layout, notice, [word for word, _ in paused]) else marks


def _fits(layout: Layout, notice: str, before: Sequence[str]) -> bool:
    size = layout.text.base
    before_w = sum(text_width(word, size) + round(WORD_GAP_EM * size) for word in before)
    return before_w + text_width(notice, size) <= layout.strip.width - 2 * layout.text.pad
