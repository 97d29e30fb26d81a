"""The caption above each tile of a model's layer: the channel's number, and what is known of it."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import replace
from functools import lru_cache

from convviz_core.ranges import RangeMode
from live.drawing.caption_text import REMOVED
from live.drawing.numbers import MINUS, figure, percents
from live.drawing.overlay import Pieces, Sprite, at_once, blank
from live.drawing.scene import Scene
from live.drawing.text import ACCENT, DIM, INK, base_line, put, text_width, width_em
from live.layout import Layout
from live.layout.caption_plan import CaptionNeeds
from live.layout.tiling import Tile

TILES_A_PIECE = 16
SMALLEST = 7  # pixels, of digits that can still be told apart
_REMOVED, _LIMITS_EM = "100% removed", 8.0  # the widest notes beside a number that are usual


@lru_cache(maxsize=64)
def model_caption_needs(count: int, *, notes: str = "", side: str = "") -> CaptionNeeds:
    """What the captions of so many channels would like: one line, and no kernel. side: which of two layers it is."""
    line = width_em(f"{head_of(side)}channel {count}")
    return CaptionNeeds(
        line_em=line, wrapped_em=line, head_em=width_em(str(count)), name_em=line, around_em=0.0, signs_em=0.0,
        kernel_hw=(0, 0), notes=notes, notes_em=notes_em(notes), bare=True,
    )  # fmt: skip


def notes_em(notes: str) -> float:
    """How wide they are beside a number, in units of their size."""
    return {"": 0.0, REMOVED: width_em(_REMOVED)}.get(notes, _LIMITS_EM)


def head_of(side: str, *, difference: bool = False) -> str:
    """What a caption begins with: of two layers, which one's it is."""
    if difference and side == "kept":
        return f"{MINUS} kept: "
    return f"{side}: " if side else ""


def number_size(count: int, width: int, size: int) -> int:
    """The size of letters, at most `size`, in which every number of so many channels has room in `width` pixels."""
    while size > SMALLEST and text_width(str(count - 1), size) > width:
        size -= 1
    return size


class ModelCaptions:
    """Words that follow the pictures are written as often as they can be read."""

    def key(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """The channels, and of which picture where that stands still."""
        model = scene.model
        assert model
        still = scene.still if _follows(scene) else None
        known = model.dead, model.saturated, model.input_words
        side = scene.side, scene.difference, scene.crossed
        return model.name, model.channels, *known, *side, scene.range, scene.removed is None, still

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
        sprites = []
        one = _one_for_both(layout, scene)
        if one and scene.side == "kept":
            return ()
        for number, tile in enumerate(layout.tiles):
            if number % TILES_A_PIECE == 0:
                yield
            whole = replace(tile, caption=replace(tile.caption, x=tile.picture.x, width=tile.picture.width))
            of_both = replace(scene, side="")
            sprites.append(_caption(layout, of_both, whole) if one else _caption(layout, scene, tile))
        yield
        return sprites


def _one_for_both(layout: Layout, scene: Scene) -> bool:
    """Whether the live side's caption takes a tile's whole width: where half of it has no room to say whose it is.

    Pairs of other channels have both numbers, where these have room.
    """
    kept = scene if scene.side == "kept" else scene.other
    tile, number_em = layout.tiles[-1], layout.request.captions.head_em
    if kept is None or kept.model is None or tile.caption.width == tile.picture.width:
        return False
    said_em = width_em(head_of("kept", difference=True)) + number_em
    needed = number_em * SMALLEST if scene.crossed else said_em * layout.text.small
    return tile.caption.width < math.ceil(needed)


def _follows(scene: Scene) -> bool:
    return scene.removed is not None or scene.range == RangeMode.FRAME


def _caption(layout: Layout, scene: Scene, tile: Tile) -> Sprite:
    text, sprite, model = layout.text, blank(tile.caption), scene.model
    assert model
    width = tile.caption.width
    size = text.small if tile.index is None else number_size(model.shape[0], width, text.small)
    line = base_line(0, tile.caption.height - text.gap // 2, size)
    if tile.index is None:
        height, across = scene.image.shape[:2]
        choices = [f"the input: {model.input_words}", f"input, {across}x{height}", f"in {across}x{height}", "input"]
        words = next((words for words in choices if text_width(words, size) <= width), "")
        put(sprite.pixels, words, 0, line, size, INK)
        return sprite
    state, notes = model.state_of(tile.index), _notes(layout, scene, tile.index)
    behind = _REMOVED if scene.removed is not None else "0" * round(_LIMITS_EM / width_em("0"))
    whose, most = head_of(scene.side, difference=scene.difference), model.shape[0] - 1
    brief = f"{MINUS} " if whose.startswith(MINUS) else ""
    heads = (f"{whose}channel ", whose, brief)
    wide = behind if layout.caption.notes else ""  # on all tiles alike
    start = next((head for head in heads if _alike(f"{head}{most} {wide}", size) <= width), "")
    head = f"{start}{model.channels[tile.index]}"
    room = width - text_width(head, size) - text.pad
    said = next((said for said in _together(state, notes) if text_width(said, size) <= room), "")
    colour = ACCENT if state else DIM
    x = put(sprite.pixels, head, 0, line, size, colour if state and state not in said else INK) + text.pad
    put(sprite.pixels, said, x, line, size, colour)
    return sprite


def _alike(words: str, size: int) -> int:
    """How wide they are, of whichever side: both say which one they are, or neither."""
    return max(text_width(words, size), text_width(words.replace("live: ", "kept: "), size))


def _together(state: str, notes: list[str]) -> list[str]:
    """What is said behind a number, from all of it to what matters most."""
    return [" ".join(word for word in (state, *notes) if word), *notes]


def _notes(layout: Layout, scene: Scene, index: int) -> list[str]:
    if not layout.caption.notes:
        return []
    if scene.removed is not None:
        assert scene.removed.shares is not None  # a model's layer has responses that no bank tells
        return [f"{percents(scene.removed.shares[index])} removed"]
    if scene.range == RangeMode.FRAME and not (scene.difference and scene.other is None):
        lo, hi = scene.ranges[index].tolist()
        return [f"flat {figure(lo)}" if lo == hi else f"{figure(lo)} to {figure(hi)}"]
    return []
