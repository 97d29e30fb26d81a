"""How to read a difference, where the last row of tiles leaves room: which layer answers more, by its colours."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import cv2

from convviz_core.ranges import RangeMode
from live.drawing.colormaps import base_table, is_centred
from live.drawing.overlay import Sprite, blank
from live.drawing.scene import Scene
from live.drawing.text import BOLD, CAP_HEIGHT, DIM, INK, RULE, put, wrapped
from live.layout import Layout
from live.layout.tiling import Rect

LINE_EM = 1.4  # in units of the text's size
TITLE = "How to read a difference"
WORDS = (
    (215, "the live layer answers more"),
    (128, "both answer the same"),
    (41, "the kept layer answers more"),
)


class DifferenceLegend:
    """Three shades and their words."""

    def key(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """Whether there is one, and the colours."""
        return scene.difference, scene.colormap, scene.range == RangeMode.FRAME

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """One sprite where there is room for it."""
        place, text = layout.free, layout.text
        if place is None or not scene.difference:
            return ()
        if scene.range == RangeMode.FRAME and not is_centred(scene.colormap, signed=True):
            return ()  # zero has another colour in each map
        step = round(LINE_EM * text.base)
        swatch = text.base
        words_w = place.width - 3 * text.pad - swatch
        said = [wrapped(words, text.small, max(words_w, 1)) for _, words in WORDS]
        title = wrapped(TITLE, text.base, max(place.width - 2 * text.pad, 1), BOLD)
        height = (1 + len(title)) * step + sum(step * len(lines) for lines in said)
        if height > place.height or words_w < 6 * text.small:
            return ()
        sprite = blank(place)
        y = (place.height - height) // 2 + text.base
        for line in title:
            put(sprite.pixels, line, text.pad, y, text.base, INK, BOLD)
            y += step
        y += text.pad
        table = base_table(scene.colormap, signed=True)
        for (byte, _), lines in zip(WORDS, said, strict=True):
            pixel = Rect(text.pad, round(y - CAP_HEIGHT * text.base), swatch, swatch)
            sprite.pixels[pixel.slices] = table[byte]
            cv2.rectangle(sprite.pixels, (pixel.x, pixel.y), (pixel.right - 1, pixel.bottom - 1), RULE, 1)
            for line in lines:
                put(sprite.pixels, line, pixel.right + text.pad, y, text.small, DIM)
                y += step
        return (sprite,)
