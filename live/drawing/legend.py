"""How to read the maps, where the last row of tiles leaves room: what a kernel makes of a patch like it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from convviz_core.arrays import ByteArray
from live.drawing.colormaps import lookup_tables, palettes
from live.drawing.kernels import draw_picture, kernel_pictures, size_wh
from live.drawing.numbers import TIMES
from live.drawing.overlay import Sprite, blank
from live.drawing.scene import Scene
from live.drawing.text import BOLD, CAP_HEIGHT, DIM, INK, RULE, balanced, put, put_middle
from live.drawing.tint import tint_into
from live.layout import Layout
from live.layout.tiling import Rect

LARGEST_KERNEL_EM, SIGN_EM = 5.0, 1.5  # in units of the text's size, as all that follow
WORDS_EM, SHORT_EM, LINE_EM = 8.0, 4.5, 1.3
MOST_LINES = 2  # of one example's words, where there are shorter ones


@dataclass(frozen=True, eq=False)
class _Example:
    patch: ByteArray  # BGR (kh, kw, 3)
    byte: int  # of the map's pixel
    words: str
    short: str
    tinted: bool = False


class Legend:
    """Worked with the bank's first kernel."""

    def key(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """The first kernel, and how sums are shown."""
        looks = scene.signed, scene.colormap, scene.range, scene.difference, scene.removed is not None
        return scene.layer.bank, scene.layer.signed, *looks

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """One sprite where there is room for it."""
        place = layout.free
        if place is None or scene.difference:
            return ()
        for short in (False, True):
            sprite = _drawn(layout, scene, place, short=short)
            if sprite is not None:
                return (sprite,)
        return ()


def _examples(scene: Scene) -> list[_Example]:
    """Patches that the first kernel answers to most and least, and one that is even."""
    kernel = scene.layer.bank.kernels[0]
    signed = scene.layer.signed
    nothing = 128 if signed else 0
    if not kernel.any():
        gray = kernel_pictures(kernel, planes=False)[0]
        return [_Example(gray, nothing, "every weight is 0, and so is every sum", "all 0: 0")]
    picture = kernel_pictures(np.where(kernel > 0, 1.0, -1.0).astype(np.float32), planes=False)[0]
    most = 255 if (kernel > 0).any() else nothing
    words = "a patch like the kernel: the largest sum", "like it: most"
    if kernel.min() >= 0:
        words = "white at weights above 0: the largest sum", "white: most"  # which is not like the kernel
    if kernel.max() <= 0:
        words = "a black patch: the largest sum, 0", "black: 0"  # nor is this
    examples = [_Example(picture, most, *words)]
    if (kernel < 0).any():
        opposite = kernel_pictures(np.where(kernel < 0, 1.0, -1.0).astype(np.float32), planes=False)[0]
        examples.append(_opposite(scene, opposite))
    if abs(float(kernel.sum())) <= 1e-5 * float(np.abs(kernel).sum()):
        even = np.full_like(picture, 128)
        examples.append(_Example(even, _zero(scene), "the same everywhere: plus and minus make 0", "even: 0"))
    return examples


def _opposite(scene: Scene, patch: ByteArray) -> _Example:
    """What becomes of the least sum."""
    if scene.layer.signed:
        return _Example(patch, 0, "its opposite: the least sum", "opposite: least")
    if scene.removed:
        words = "its opposite: below 0, removed and tinted"
        return _Example(patch, _zero(scene), words, "opposite: tinted", tinted=True)
    return _Example(patch, _zero(scene), "its opposite: below 0, and ReLU makes it 0", "opposite: 0")


def _zero(scene: Scene) -> int:
    """The byte of a sum of zero."""
    return 128 if scene.signed else 0


def _drawn(layout: Layout, scene: Scene, place: Rect, *, short: bool) -> Sprite | None:
    """The whole legend; None where it does not fit."""
    text, bank, examples = layout.text, scene.layer.bank, _examples(scene)
    rows, columns = bank.kernel_hw
    words_em = SHORT_EM if short else WORDS_EM
    signs_w = 2 * round(SIGN_EM * text.base) + text.base + 2 * text.pad
    room = (place.width - signs_w - words_em * text.base) / (2 * columns)
    largest = int(min(LARGEST_KERNEL_EM * text.base / max(rows, columns), room))
    title_h = round(1.6 * text.line)
    for cell in range(largest, 0, -1):
        width, height = size_wh(bank.kernel_hw, cell)
        words_w = place.width - signs_w - 2 * width
        said = [balanced(e.short if short else e.words, text.small, words_w) for e in examples]
        steps = [max(height, round(LINE_EM * text.small * len(lines))) + text.pad for lines in said]
        fits = title_h + sum(steps) <= place.height and (short or max(map(len, said)) <= MOST_LINES)
        if fits:
            break
    if largest < 1 or cell * min(rows, columns) < text.base or not fits:
        return None
    sprite = blank(place)
    y = (place.height - title_h - sum(steps)) // 2
    put(sprite.pixels, "How to read the maps", 0, y + text.base, text.base, INK, BOLD)
    y += title_h
    for example, lines, step in zip(examples, said, steps, strict=True):
        _draw_example(sprite, layout, scene, example, lines, y + (step - text.pad) / 2, cell)
        y += step
    return sprite


def _draw_example(
    sprite: Sprite, layout: Layout, scene: Scene, example: _Example, lines: list[str], middle: float, cell: float
) -> None:
    """patch x kernel = the map's pixel, and what that is, around row `middle`."""
    text, bank = layout.text, scene.layer.bank
    sign = SIGN_EM * text.base
    top = round(middle - size_wh(bank.kernel_hw, cell)[1] / 2)
    right = draw_picture(sprite.pixels, example.patch, 0, top, cell).right
    put_middle(sprite.pixels, TIMES, right + sign / 2, middle, text.base)
    kernel = kernel_pictures(bank.kernels[0], planes=False)[0]
    right = draw_picture(sprite.pixels, kernel, right + round(sign), top, cell).right
    put_middle(sprite.pixels, "=", right + sign / 2, middle, text.base)
    pixel = Rect(right + round(sign), round(middle - text.base / 2), text.base, text.base)
    ranges = np.array([[-1.0 if scene.signed else 0.0, 1.0]], np.float32)
    place = sprite.pixels[pixel.slices]
    if example.tinted:
        levels, removed = (np.full(place.shape[:2], byte, np.uint8) for byte in (example.byte, 255))
        tint_into(levels, palettes(scene.colormap, scene.signed, ranges)[0], removed, 0, place)
    else:
        place[:] = lookup_tables(scene.colormap, scene.signed, ranges)[0][example.byte]
    cv2.rectangle(sprite.pixels, (pixel.x, pixel.y), (pixel.right - 1, pixel.bottom - 1), RULE, 1)
    first = middle - (len(lines) - 1) / 2 * LINE_EM * text.small + CAP_HEIGHT / 2 * text.small
    for number, line in enumerate(lines):
        y = round(first + number * LINE_EM * text.small)
        put(sprite.pixels, line, pixel.right + text.pad, y, text.small, DIM)
