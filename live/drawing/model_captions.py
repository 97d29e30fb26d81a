"""The caption above each tile of a model's layer: the channel's number, and what is known of it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import lru_cache

from convviz_core.ranges import RangeMode
from live.drawing.numbers import MINUS, figure
from live.drawing.overlay import Pieces, Sprite, at_once, blank
from live.drawing.scene import Scene
from live.drawing.text import ACCENT, DIM, INK, base_line, put, shortened, text_width, width_em
from live.drawing.tiles import map_part
from live.drawing.tint import counts_from, removed_share
from live.layout import Layout
from live.layout.caption_plan import CaptionNeeds
from live.layout.tiling import Tile

TILES_A_PIECE = 16
SMALLEST = 7  # pixels, of digits that can still be told apart
_NOTE = "00% removed"  # what a note beside the number may be


@lru_cache(maxsize=64)
def model_caption_needs(count: int, *, notes: str = "", side: str = "") -> CaptionNeeds:
    """What the captions of so many channels would like: one line, and no kernel. side: which of two layers it is."""
    line = width_em(f"{head_of(side)}channel {count}")
    return CaptionNeeds(
        line_em=line, wrapped_em=line, name_em=line, around_em=0.0, signs_em=0.0, kernel_hw=(0, 0),
        notes=notes, notes_em=8.0 if notes else 0.0, bare=True,
    )  # fmt: skip


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
        side = scene.side, scene.difference
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
        for number, tile in enumerate(layout.tiles):
            if number % TILES_A_PIECE == 0:
                yield
            sprites.append(_caption(layout, scene, tile))
        yield
        return sprites


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
    said = " ".join(word for word in (model.state_of(tile.index), *_notes(layout, scene, tile.index)) if word)
    colour = ACCENT if model.state_of(tile.index) else DIM
    behind = _NOTE if scene.removed is not None or layout.caption.notes else ""  # on all tiles alike
    whose = head_of(scene.side, difference=scene.difference)
    if text_width(f"{whose}{model.shape[0] - 1} {behind}", size) > width:
        whose = f"{MINUS} " if whose.startswith(MINUS) else ""
    widest = f"{whose}channel {model.shape[0] - 1} {behind}"
    head = f"{whose}{'channel ' if text_width(widest, size) <= width else ''}{model.channels[tile.index]}"
    cut = bool(model.state_of(tile.index)) and text_width(f"{head} {said}", size) + text.pad > width
    said, of_head = ("", colour) if cut else (said, INK)
    x = put(sprite.pixels, shortened(head, size, width), 0, line, size, of_head) + text.pad
    put(sprite.pixels, shortened(said, size, width - x), x, line, size, colour)
    return sprite


def _notes(layout: Layout, scene: Scene, index: int) -> list[str]:
    if scene.removed is not None:
        lo, hi = scene.removed.ranges[index].tolist()
        least = float(counts_from(scene.layer.bank, scene.removed)[index])
        levels = map_part(scene.mosaic, scene.removed.count, scene.removed.tiles[index], layout)
        return [f"{removed_share(levels, least, lo, hi):.0%} removed"]
    if scene.range == RangeMode.FRAME and layout.caption.notes and not (scene.difference and scene.other is None):
        lo, hi = scene.ranges[index].tolist()
        return [f"flat {figure(lo)}" if lo == hi else f"{figure(lo)} to {figure(hi)}"]
    return []
