"""A caption's number and words, in the lines that were planned for them."""

from __future__ import annotations

from live.drawing.overlay import Sprite
from live.drawing.text import BOLD, DIM, INK, balanced, base_line, put, shortened, text_width, wrapped
from live.layout import Layout

REMOVED = "each map's tinted share"  # what a tinted map says of itself


def _rows(layout: Layout) -> tuple[int, int]:
    """The base lines of two lines of text."""
    text, plan = layout.text, layout.caption
    inside = plan.height - text.gap // 2
    middle = inside / 2
    return round(middle - 0.25 * text.base), round(middle + 0.95 * text.small)


def write_caption(layout: Layout, sprite: Sprite, head: str, first: str, second: str, left: int) -> None:
    """Number and words; where these need both lines, there is no second one."""
    text, plan, width = layout.text, layout.caption, sprite.place.width
    if plan.stacked:
        _write_below(layout, sprite, head, first, second, left)
        return
    size = text.base if plan.lines == 2 else text.small
    if not first:
        head = head.rstrip(" :,")
        head = head if text_width(head, size, BOLD) <= width - left else head[:2]
    head_w = text_width(head, size, BOLD)
    room = width - left - head_w
    seconds = [(left, second, text.small, DIM)] if second and plan.lines == 2 else []
    if plan.lines == 2 and not plan.notes and text_width(first, size) > room:
        first, *rest = wrapped(first, size, room)
        seconds = [(left + head_w, " ".join(rest), size, INK)]
    upper, lower = _rows(layout)
    if not seconds:
        upper = base_line(0, plan.height - text.gap // 2, size)
    put(sprite.pixels, head, left, upper, size, INK, BOLD)
    put(sprite.pixels, shortened(first, size, room), left + head_w, upper, size)
    for x, words, small, colour in seconds:
        put(sprite.pixels, shortened(words, small, width - x), x, lower, small, colour)


def _write_below(layout: Layout, sprite: Sprite, head: str, words: str, note: str, left: int) -> None:
    """The number, the words below it on lines of their own, and what the map says of itself."""
    text, plan, room = layout.text, layout.caption, sprite.place.width - left
    lines = [(line, INK) for line in balanced(words, text.small, room)]
    lines += [(note, DIM)] if note and len(lines) + 1 < plan.lines else []
    height = 1.3 * text.base + 1.35 * text.small * len(lines)
    y = (plan.height - text.gap // 2 - height) / 2 + text.base
    put(sprite.pixels, head.rstrip(" :,"), left, round(y), text.base, INK, BOLD)
    for line, colour in lines:
        y += 1.35 * text.small
        put(sprite.pixels, line, left, round(y), text.small, colour)
