"""How to read the maps, where the last row of tiles leaves room: what a kernel makes of a patch like it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from convviz_core.arrays import ByteArray
from live.drawing.colormaps import lookup_tables
from live.drawing.kernels import draw_picture, kernel_pictures, size_wh
from live.drawing.numbers import TIMES
from live.drawing.overlay import Sprite, blank
from live.drawing.scene import Scene
from live.drawing.text import BOLD, DIM, INK, RULE, put, put_middle, wrapped
from live.layout import Layout
from live.tiling import Rect

LARGEST_KERNEL_EM, SMALLEST_CELL, SIGN_EM, SMALLEST_WORDS_EM = 3.6, 2, 1.6, 6.0


@dataclass(frozen=True, eq=False)
class _Example:
    patch: ByteArray  # BGR (kh, kw, 3)
    byte: int  # of the map's pixel
    words: str


class Legend:
    """Worked with the bank's first kernel."""

    def key(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """The first kernel, and how sums are shown."""
        return scene.layer.bank, scene.layer.signed, scene.colormap, scene.range

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """One sprite where there is room for it."""
        place, text = layout.free, layout.text
        if place is None:
            return ()
        kernel_hw = scene.layer.bank.kernel_hw
        examples = _examples(scene)
        words_em = SMALLEST_WORDS_EM + 2 * SIGN_EM + 1
        cell = min(
            LARGEST_KERNEL_EM * text.base / max(kernel_hw),
            (place.width - 2 * text.pad - words_em * text.base) / (3 * kernel_hw[1]),
            ((place.height - 3 * text.line) / len(examples) - text.pad) / kernel_hw[0],
        )
        cell = float(int(cell))
        if cell < SMALLEST_CELL or cell * max(kernel_hw) < text.base:
            return ()
        return (_drawn(layout, scene, place, examples, cell),)


def _examples(scene: Scene) -> list[_Example]:
    """Patches that the first kernel answers to most and least, and one that is even."""
    kernel = scene.layer.bank.kernels[0]
    signed = scene.layer.signed
    picture = kernel_pictures(np.where(kernel > 0, 1.0, -1.0).astype(np.float32), planes=False)[0]
    examples = [_Example(picture, 255, "a patch like the kernel: the largest sum")]
    if (kernel < 0).any():
        opposite = kernel_pictures(np.where(kernel < 0, 1.0, -1.0).astype(np.float32), planes=False)[0]
        words = "its opposite: the least sum" if signed else "its opposite: a negative sum, which ReLU makes 0"
        examples.append(_Example(opposite, 0, words))
    if abs(float(kernel.sum())) <= 1e-5 * float(np.abs(kernel).sum()):
        even = np.full_like(picture, 128)
        examples.append(_Example(even, 128 if signed else 0, "the same everywhere: plus and minus make 0"))
    return examples


def _drawn(layout: Layout, scene: Scene, place: Rect, examples: list[_Example], cell: float) -> Sprite:
    text, bank = layout.text, scene.layer.bank
    sprite = blank(place)
    height = size_wh(bank.kernel_hw, cell)[1]
    step = max(height + text.pad, round(2.5 * text.line))
    total = step * len(examples) + round(1.6 * text.line)
    y = max(0, (place.height - total) // 2)
    left = text.pad
    put(sprite.pixels, "How to read the maps", left, y + text.base, text.base, INK, BOLD)
    y += round(1.6 * text.line)
    # A map's byte 128 is 0 where the range is one for all maps.
    ranges = np.array([[-1.0 if scene.layer.signed else 0.0, 1.0]], np.float32)
    table = lookup_tables(scene.colormap, scene.layer.signed, ranges)[0]
    kernel = kernel_pictures(bank.kernels[0], planes=False)[0]
    for example in examples:
        middle = y + height / 2
        right = draw_picture(sprite.pixels, example.patch, left, y, cell).right
        put_middle(sprite.pixels, TIMES, right + SIGN_EM / 2 * text.base, middle, text.base)
        right = draw_picture(sprite.pixels, kernel, right + round(SIGN_EM * text.base), y, cell).right
        put_middle(sprite.pixels, "=", right + SIGN_EM / 2 * text.base, middle, text.base)
        right += round(SIGN_EM * text.base)
        pixel = Rect(right, round(middle - text.base / 2), text.base, text.base)
        sprite.pixels[pixel.slices] = table[example.byte]
        cv2.rectangle(sprite.pixels, (pixel.x, pixel.y), (pixel.right - 1, pixel.bottom - 1), RULE, 1)
        x = pixel.right + text.pad
        lines = wrapped(example.words, text.small, place.width - x - text.pad)
        line = round(middle - (len(lines) - 1) * 0.65 * text.small + 0.35 * text.small)
        for words in lines:
            put(sprite.pixels, words, x, line, text.small, DIM)
            line += round(1.3 * text.small)
        y += step
    return sprite
