"""The strip at the bottom: the layer with its range in real units and a colour bar, the source, what is left out."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence

import cv2
import numpy as np

from convviz_core.auto_range import least_limits
from convviz_core.layer import Activation
from convviz_core.ranges import RangeMode
from live.drawing.colormaps import lookup_tables
from live.drawing.geometry_words import layer_words
from live.drawing.numbers import TIMES, figure
from live.drawing.overlay import Sprite, blank
from live.drawing.scene import Scene
from live.drawing.second_line import draw_second_line, strip_notice
from live.drawing.source_line import second_words
from live.drawing.strip_words import (
    BRIEFLY_TINTED,
    LEAST_WORDS,
    TINTED,
    WORD_GAP_EM,
    Word,
    in_one_line,
    missing,
    note_lines,
    of_sides,
    put_words,
)
from live.drawing.text import (
    ACCENT,
    BOLD,
    DIM,
    INK,
    REGULAR,
    RULE,
    put,
    text_width,
)
from live.layout import Layout
from live.layout.tiling import Rect

BAR_EM, SHORT_BAR_EM = 6.0, 2.0
EACH = ": each map's"
ITS_LEAST = ", its least"
AS_IT_IS_SHOWN = 1e-3  # of a limit, about what its three digits tell


class Strip:
    """Opaque, as wide as the canvas; it has no pixels where the canvas is too small for it."""

    def __init__(self) -> None:
        self._held_for: Hashable = None
        self._range: Hashable = None

    def key(self, layout: Layout, scene: Scene) -> Hashable:
        """All its words and the colour bar's range, looked at a few times a second where it follows the pictures."""
        shown = [(one.layer, one.range, one.gain, one.colormap) for one in sides(scene)]
        if self._held_for != (shown, scene.beat):
            self._held_for = (shown, scene.beat)
            self._range = tuple((limits(one), tuple(one.ranges[0].tolist())) for one in sides(scene))
        words = tuple(side_words(one) for one in sides(scene)), len(scene.ranges)
        said = strip_notice(layout, scene), scene.hints, scene.difference, scene.comparing, scene.same
        return tuple(shown), words, second_words(scene, layout), said, self._range

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """One sprite, or none."""
        if not layout.strip.height:
            return ()
        text, sprite = layout.text, blank(layout.strip)
        left, right = text.pad, layout.strip.width - text.pad
        line = text.gap // 2 + round(text.base * 1.05)
        line, unsaid = draw_sides(sprite, layout, scene, left, right, line, side_words)
        line = draw_notes(sprite, layout, scene, left, line)
        draw_second_line(sprite, layout, scene, unsaid, line)
        if layout.left_out:
            put(sprite.pixels, left_out_sentence(layout, right - left), left, line + text.line, text.small, DIM)
        return (sprite,)


def sides(scene: Scene) -> tuple[Scene, ...]:
    """The live one, and where two are compared, the kept one."""
    return (scene, scene.other) if scene.other else (scene,)


def draw_sides(
    sprite: Sprite,
    layout: Layout,
    scene: Scene,
    left: int,
    right: int,
    line: int,
    words_of: Callable[[Scene], tuple[Word, ...]],
) -> tuple[int, Sequence[Word]]:
    """A line for each layer, or for their difference and for both; the line below. words_of: a layer's.

    Also the words that had no room.
    """
    if scene.difference and scene.other:
        count = len(scene.ranges)
        counted = (f"{count} difference{'s' * (count > 1)}", DIM, REGULAR)
        first = (
            ("live minus kept", ACCENT, BOLD),
            *(same_words(scene, "all exactly 0, both are the same here") or (counted,)),
        )
        draw_layer(sprite, layout, scene, left, right, line, first)
        layers = [words_of(one) for one in sides(scene)]
        shown = in_one_line(layers, right - left, layout.text.base)
        put_words(sprite, [*shown[0], *shown[1]], left, right, line + layout.text.line, layout.text.base)
        unsaid = [missing(words, said) for words, said in zip(layers, shown, strict=True)]
        return line + 2 * layout.text.line, of_sides(unsaid, ("live", "kept"))
    unsaid = []
    for one in sides(scene)[::-1]:
        said, same = words_of(one), same_words(one, "the same as kept")
        unsaid.append(draw_layer(sprite, layout, one, left, right, line, (*said[:2], *same, *said[2:])))
        line += layout.text.line
    return line, of_sides(unsaid, ("kept", "live")) if scene.other else unsaid[0]


def same_words(scene: Scene, words: str) -> tuple[Word, ...]:
    """Where the live side shows nothing else than the kept one: so, and why."""
    if scene.same is None:
        return ()
    return ((f"{words}, {scene.same}" if scene.same else words, ACCENT, REGULAR),)


def draw_notes(sprite: Sprite, layout: Layout, scene: Scene, left: int, line: int) -> int:
    """What must be said of a comparison; the line below."""
    for said in note_lines(scene.comparing, layout.canvas_wh[0], layout.text):
        put(sprite.pixels, said, left, line, layout.text.small, ACCENT)
        line += layout.text.line
    return line


def side_words(scene: Scene) -> tuple[Word, ...]:
    """A layer in words, the most important first."""
    bank = scene.layer.bank
    rows, columns = bank.kernel_hw
    kernels = "kernel" if len(bank) == 1 else "kernels"
    relu = "ReLU" if scene.layer.activation == Activation.RELU else "no ReLU"
    words: list[Word] = [(scene.side, ACCENT, REGULAR)] if scene.side else []
    words += [(bank.name, INK, BOLD), (relu + TINTED * (scene.removed is not None), INK, REGULAR)]
    if scene.flipped:
        words.append(("kernels turned, true convolution", INK, REGULAR))
    words.append((f"{len(bank)} {kernels} of {rows}x{columns}", DIM, REGULAR))
    return (*words, *((said, INK, REGULAR) for said in layer_words(scene.layer)))


def limits(scene: Scene) -> tuple[str, str, str]:
    """What stands before the colour bar, behind it, and behind that."""
    if scene.range == RangeMode.FRAME:
        return f"frame range{EACH} least", "most", ""
    said = []
    if scene.gain != 1:
        said.append(f"gain {TIMES} {scene.gain:g}")
    if scene.share_above is not None:
        said.append(f"{_percents(scene.share_above)} above")
    lo, hi = scene.ranges[0].tolist()
    alone, both = ("own ", "") if scene.side and not scene.difference else ("", "")
    alone, both = ("", " of both") if scene.shares_range else (alone, both)
    least = ITS_LEAST if _is_least(scene) else ""
    return f"{alone}{scene.range.value} range{both}{least}  {figure(lo)}", figure(hi), "   ".join(said)


def _percents(share: float) -> str:
    """Of none at all it says so, and of hardly any something else."""
    return "<0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"


def _is_least(scene: Scene) -> bool:
    """Whether a bank's own auto range is the narrowest that it may be, whatever the picture is."""
    if scene.range != RangeMode.AUTO or scene.model or scene.difference or scene.shares_range:
        return False
    limit = float(scene.ranges[0, 1]) * scene.gain
    return math.isclose(limit, least_limits(scene.layer)[1], rel_tol=AS_IT_IS_SHOWN)


def left_out_sentence(layout: Layout, room: int) -> str:
    """What there was no room for, in so many pixels: as much of it as fits, and how much more there is."""
    names = layout.left_out
    choices = [f"no room here for {', '.join(names)}", f"hidden: {', '.join(names)}"]
    choices += [f"hidden: {', '.join(names[:shown])}, +{len(names) - shown}" for shown in range(len(names) - 1, 0, -1)]
    fitting = (said for said in choices if text_width(said, layout.text.small) <= room)
    return next(fitting, f"+{len(names)} hidden")


def draw_layer(
    sprite: Sprite, layout: Layout, scene: Scene, left: int, right: int, line: int, words: tuple[Word, ...]
) -> Sequence[Word]:
    """Words at the left; at the right the range, always, and what is said of it where the name has room.

    Returns the words that had no room.
    """
    size = layout.text.base
    before, behind, more = limits(scene)
    brief = before.replace(EACH, "").replace(ITS_LEAST, "")
    choices = [(before, more, BAR_EM), (before, more, SHORT_BAR_EM), (brief, more, SHORT_BAR_EM)]

    def wide(before: str, more: str, bar_em: float) -> int:
        said = sum(text_width(word, size) for word in (before, behind, more))
        return said + round(bar_em * size) + size // 2 * (2 + bool(more) * 2)

    least = words[: LEAST_WORDS - (not scene.side)]
    briefly = [(word.replace(TINTED, BRIEFLY_TINTED), weight) for word, _, weight in least]
    least_w = sum(text_width(word, size, weight) + round(WORD_GAP_EM * size) for word, weight in briefly)
    named_w = _width_to_name(words, size) + round(WORD_GAP_EM * size)
    wanted = [(choice, least_w) for choice in choices]
    wanted += [(choice, named_w) for choice in (*choices, (brief, "", SHORT_BAR_EM))]
    chosen = next((choice for choice, words_w in wanted if wide(*choice) + words_w <= right - left), choices[0])
    while wide(*chosen) > right - left and size > 8:
        size, chosen = size - 1, (brief, "", SHORT_BAR_EM)
    x, (before, more, bar_em) = right - wide(*chosen), chosen
    words_end = x - round(WORD_GAP_EM * size)
    if words_end - left <= 3 * size:
        words_end = left  # nothing
    unsaid = put_words(sprite, words, left, words_end, line, layout.text.base)
    x = put(sprite.pixels, before, x, line, size) + size // 2
    bar = Rect(x, line - round(0.78 * size), round(bar_em * size), round(0.86 * size))
    _draw_bar(sprite, bar, scene)
    x = put(sprite.pixels, behind, bar.right + size // 2, line, size)
    if more:
        put(sprite.pixels, more, x + size // 2 * 2, line, size, DIM)
    return unsaid


def _width_to_name(words: tuple[Word, ...], size: int) -> int:
    """Of the words up to the name, which is the first in bold."""
    wide = 0
    for word, _, weight in words:
        wide += text_width(word, size, weight)
        if weight == BOLD:
            break
        wide += round(WORD_GAP_EM * size)
    return wide


def _draw_bar(sprite: Sprite, place: Rect, scene: Scene) -> None:
    ramp = np.linspace(0, 255, place.width).astype(np.uint8)[None].repeat(place.height, axis=0)
    own = scene.range == RangeMode.FRAME and scene.signed
    ranges = np.array([[-1.0, 1.0]], np.float32) if own else scene.ranges[:1]
    table = lookup_tables(scene.colormap, scene.signed, ranges)[0]
    sprite.pixels[place.slices] = table[ramp]
    cv2.rectangle(sprite.pixels, (place.x, place.y), (place.right - 1, place.bottom - 1), RULE, 1)
