"""The caption above each tile: its kernel, its number, what it answers to, and its name or its own limits."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import lru_cache

from convviz_core.filters.bank import FilterBank
from convviz_core.ranges import RangeMode, is_flat
from live.drawing.caption_text import write_caption
from live.drawing.input_caption import INPUT, input_words
from live.drawing.kernels import draw_kernel, size_wh, widest_weight_em
from live.drawing.numbers import MINUS, TIMES, figure, percents
from live.drawing.overlay import Pieces, Sprite, at_once, blank
from live.drawing.scene import Scene
from live.drawing.text import BOLD, DIM, base_line, put, text_width, width_em
from live.drawing.tint import counts_from, removed_shares
from live.layout import Layout
from live.layout.caption_plan import PICTURES_APART, CaptionNeeds, cell_of
from live.layout.tiling import Tile

TILES_A_PIECE = 12  # whose words are written with one picture
NOTE_EM = 10.0  # the widest that is usual
MOST_BELOW = 3  # lines of words below a number
BEFORE, SIGN, AFTER = f"input {TIMES}", TIMES, "="  # around the kernel: the picture below is what they give


@lru_cache(maxsize=64)
def caption_needs(bank: FilterBank, *, numbers: bool, notes: str = "", side: str = "") -> CaptionNeeds:
    """What the captions of a bank would like.

    numbers: each kernel with its numbers in its cells. notes: what each map says of itself, in words. side: which of
    two layers it is.
    """
    said = [beside_number(bank, index) for index in range(len(bank))]
    some = any(line for line, _ in said)
    heads = [width_em(head_of(index, side), BOLD) for index in range(len(bank))]
    return CaptionNeeds(
        line_em=max(head + width_em(line) for head, (line, _) in zip(heads, said, strict=True)),
        wrapped_em=max(head + narrowest_em(line, 2) for head, (line, _) in zip(heads, said, strict=True)),
        head_em=max(heads),
        below_em=tuple(max(narrowest_em(line, lines) for line, _ in said) for lines in range(1, MOST_BELOW * some + 1)),
        name_em=max(width_em(name) for _, name in said),
        around_em=width_em(BEFORE) + width_em(AFTER) + 1.0,
        signs_em=width_em(f"{SIGN} {AFTER}"),
        kernel_hw=bank.kernel_hw,
        pictures=4 if numbers and bank.channels == 3 else 1,
        number_em=widest_weight_em(bank.kernels) if numbers else 0.0,
        notes=notes,
        notes_em=NOTE_EM if notes else 0.0,
    )


def caption_words(bank: FilterBank, index: int) -> tuple[str, str]:
    """What filter `index` answers to and its name; its name and nothing where nobody said what it answers to.

    What was changed by hand says so: its name alone would be that of another kernel. So does a turned one whose name
    stands for what it answers to.
    """
    filter = bank.filters[index]
    label = " ".join(filter.label.split()) + ", changed" * filter.changed
    if filter.turned and not filter.answers and label != f"filter {index + 1}":
        label += ", turned"
    return (filter.answers, label) if filter.answers and filter.answers != label else (label, "")


def beside_number(bank: FilterBank, index: int) -> tuple[str, str]:
    """As `caption_words`; nothing where the number is all that there is to say, as of arrays: "filter 3"."""
    words = caption_words(bank, index)
    return ("", "") if words == (f"filter {index + 1}", "") else words


def head_of(index: int, side: str, *, difference: bool = False) -> str:
    """What a map's caption begins with: its number, and of two layers, which one's it is."""
    if difference and side == "kept":
        return f"{MINUS} kept: "
    return f"{index + 1} {side}: " if side else f"{index + 1}: "


@lru_cache(maxsize=1024)
def narrowest_em(words: str, lines: int) -> float:
    """The least width in which `words` take at most so many lines."""
    parts = words.split()
    if lines == 1 or len(parts) <= 1:
        return width_em(words)
    cuts = range(1, len(parts))
    return min(max(width_em(" ".join(parts[:cut])), narrowest_em(" ".join(parts[cut:]), lines - 1)) for cut in cuts)


class Captions:
    """All captions. Kernels are drawn once; words that follow the pictures as often as they can be read."""

    def __init__(self) -> None:
        self._kernels: Sequence[Sprite] = ()
        self._kernels_key: Hashable = None
        self._written: dict[int | None, tuple[Hashable, Sprite]] = {}  # each map's last caption and what it says

    def key(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """The bank, what else each map says, and of which picture where that stands still."""
        still = scene.still if _follows(scene) else None
        kept = scene.other.layer.bank if scene.other else None
        what = scene.layer.bank, scene.layer.geometry, kept, scene.side, scene.difference
        return what, scene.kernels, scene.image.ndim, scene.range, scene.removed is None, still

    def beat(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """The pictures', where the maps say something of them."""
        return scene.beat if _follows(scene) else None

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """One sprite a tile."""
        return at_once(self.pieces(layout, scene))

    def pieces(self, layout: Layout, scene: Scene) -> Pieces:
        """See Piecewise."""
        if not layout.caption.height:
            return ()
        key = (layout.places, scene.layer.bank, scene.kernels)
        if key != self._kernels_key:
            self._kernels, self._kernels_key = [_with_kernel(layout, scene, tile) for tile in layout.tiles], key
            self._written = {}
        shares, limits = _shares(scene), _limits(scene)
        sprites = []
        for number, (tile, kernel) in enumerate(zip(layout.tiles, self._kernels, strict=True)):
            if number % TILES_A_PIECE == 0:
                yield
            said = [part[tile.index] for part in (limits, shares) if part and tile.index is not None]
            what = scene.side, scene.difference, *said, *(input_words(layout, scene) if tile.index is None else ())
            if self._written.get(tile.index, (None,))[0] != what:
                self._written[tile.index] = what, _with_words(layout, scene, tile, kernel, said)
            sprites.append(self._written[tile.index][1])
        yield
        return sprites


def _with_words(layout: Layout, scene: Scene, tile: Tile, kernel: Sprite, said: list[str]) -> Sprite:
    sprite = Sprite(kernel.place, kernel.pixels.copy())
    if tile.index is None:
        read, more = input_words(layout, scene)
        write_caption(layout, sprite, INPUT, read if layout.caption.words else "", more, 0)
    else:
        _write_map(layout, sprite, scene, tile.index, said)
    return sprite


def _follows(scene: Scene) -> bool:
    return scene.removed is not None or scene.range == RangeMode.FRAME


def _write_map(layout: Layout, sprite: Sprite, scene: Scene, index: int, said: list[str]) -> None:
    """What one map answers to, with what it says of this picture (else its name) on the second line or instead."""
    bank, head = scene.layer.bank, head_of(index, scene.side, difference=scene.difference)
    answers, name = beside_number(bank, index)
    plan, left = layout.caption, _text_left(layout, bank)
    room = sprite.place.width - left - (text_width(head, layout.text.small, BOLD) if plan.lines == 1 else 0)
    notes = [note for note in (", ".join(said), *said[:1]) if text_width(note, layout.text.small) <= room]
    note = notes[0] if notes and plan.notes else ""
    if plan.lines >= 2 or not said:
        name = name if plan.names else ""
        write_caption(layout, sprite, head, answers if plan.words else "", note if said else name, left)
    else:
        write_caption(layout, sprite, head, note or (answers if plan.words else ""), "", left)


def _shares(scene: Scene) -> list[str]:
    """Where maps are tinted, how much of each was removed."""
    removed = scene.removed
    if removed is None:
        return []
    least = counts_from(scene.layer.bank, removed)
    shares = removed_shares(scene.layer, scene.image, least).tolist()
    return [f"{percents(share)} below {figure(-size)}" for share, size in zip(shares, least.tolist(), strict=True)]


def _limits(scene: Scene) -> tuple[str, ...]:
    """In frame mode, the limits of each map."""
    if scene.range != RangeMode.FRAME or (scene.difference and scene.other is None):
        return ()
    if scene.difference:
        return tuple(f"{figure(lo)} to {figure(hi)}" for lo, hi in scene.ranges.tolist())
    flat = is_flat(scene.layer.bank, scene.ranges)
    return tuple(
        f"flat {figure(lo)}" if flat[index] else f"{figure(lo)} to {figure(hi)}"
        for index, (lo, hi) in enumerate(scene.ranges.tolist())
    )


def _before(layout: Layout) -> str:
    return BEFORE if layout.caption.equation else SIGN if layout.caption.signs else ""


def _kernel_left(layout: Layout) -> int:
    before, text = _before(layout), layout.text
    return text_width(before, text.small) + text.gap if before else 0


def _cell(layout: Layout, bank: FilterBank) -> float:
    """Of two banks, the one with the smaller kernels has the larger cells."""
    return cell_of(layout.caption, layout.request.captions.kernel_hw, bank.kernel_hw)


def _text_left(layout: Layout, bank: FilterBank) -> int:
    """Where the words begin, behind the kernel."""
    plan, text = layout.caption, layout.text
    if not plan.cell:
        return 0
    pictures = layout.request.captions.pictures if plan.numbers else 1
    width = pictures * size_wh(bank.kernel_hw, _cell(layout, bank))[0] + PICTURES_APART * (pictures - 1)
    behind = text_width(AFTER, text.small) + text.gap if _before(layout) else 0
    return _kernel_left(layout) + width + behind + text.pad


def _with_kernel(layout: Layout, scene: Scene, tile: Tile) -> Sprite:
    text, plan, bank = layout.text, layout.caption, scene.layer.bank
    sprite = blank(tile.caption)
    if tile.index is None or not plan.cell:
        return sprite
    cell = _cell(layout, bank)
    height = size_wh(bank.kernel_hw, cell)[1]
    top = max(0, (plan.height - text.gap // 2 - height) // 2)
    largest = text.base if plan.numbers else None
    right = draw_kernel(sprite.pixels, bank.kernels[tile.index], _kernel_left(layout), top, cell, largest)
    if _before(layout):
        line = base_line(top, height, text.small)
        put(sprite.pixels, _before(layout), 0, line, text.small, DIM)
        put(sprite.pixels, AFTER, right + text.gap, line, text.small, DIM)
    return sprite
