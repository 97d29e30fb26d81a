"""The watched pixels: each with its response, how much that varies, and its curve over the last seconds."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import cv2
import numpy as np

from convviz_core.arrays import ByteArray
from live.drawing.captions import caption_words
from live.drawing.marks import margin_on
from live.drawing.numbers import figure
from live.drawing.overlay import Pieces, Sprite, at_once
from live.drawing.panel import PanelPage
from live.drawing.scene import Scene
from live.drawing.text import ACCENT, BOLD, CAP_HEIGHT, DIM, INK, RULE, Colour, put, text_width, wrapped
from live.layout import Layout
from live.layout.panel_places import Panel
from live.layout.tiling import Rect
from live.watching import KEPT_S, MOST_WATCHED, Watched

# B, G, R; apart from each other for who sees fewer colours, too.
PIN_COLOURS: tuple[Colour, ...] = (ACCENT, (233, 180, 86), (115, 158, 0), (167, 121, 204))
LEAST_TILE_EM = 3.0  # the height of a tile in which numbers are written
LEAST_CURVE_LINES, BELOW_FROM_LINES = 1.2, 4.5
BESIDE = 0.42  # of the width, for words that stand beside a curve
WIDEST = "\N{MINUS SIGN}0.00123"  # of usual responses: names do not change with them
STILL_SPAN = 1e-6  # a curve that varies less is a line in the middle


class WatchedPanel:
    """Drawn again with the pictures as often as it can be read."""

    def key(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """Which pixels, and of which picture where that stands still."""
        pixels = tuple(one.pixel for one in scene.watched)
        return (
            pixels,
            scene.layer,
            scene.model and scene.model.name,
            scene.still,
            scene.status.mirrored,
            _stands_still(scene),
        )

    def beat(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """The pictures'."""
        return scene.beat

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """One sprite where pixels are watched."""
        return at_once(self.pieces(layout, scene))

    def pieces(self, layout: Layout, scene: Scene) -> Pieces:
        """See Piecewise."""
        place = layout.panel(Panel.WATCHED)
        if place is None:
            return ()
        full = f"{MOST_WATCHED} at most; " if len(scene.watched) == MOST_WATCHED else ""
        words = f"{full}a right click lets the nearest go", f"{full}right click: let go"
        page = PanelPage(place, layout.text, "Watched pixels", *words)
        each, names = page.height // max(1, len(scene.watched)), _names(page, scene)
        for number, one in enumerate(scene.watched):
            yield
            end = page.y + each
            _write(page, scene, number, one, names[number], end)
            page.y = end
        yield
        return (page.finish(),)


def _stands_still(scene: Scene) -> bool:
    """Whether no other picture comes."""
    return scene.status.fps is None or scene.status.paused


def _variation(scene: Scene, one: Watched) -> str:
    """How much the responses vary, in words; of one picture's nothing can be said."""
    if len(one.responses) > 1:
        return f"standard deviation {figure(one.deviation)} in {one.span_s:.1f} s"
    return "the picture stands still" if _stands_still(scene) else "standard deviation: from the next picture on"


def _map_words(scene: Scene, index: int) -> str:
    return scene.model.caption(index) if scene.model else caption_words(scene.layer.bank, index)[0]


def _names(page: PanelPage, scene: Scene) -> list[str]:
    """What each pixel is called, all of them in the fullest form that has room before their responses."""
    forms = []
    for number, one in enumerate(scene.watched, 1):
        index, y, x = one.pixel
        places = [f"{_map_words(scene, index)}, row {y}, column {x}", f"row {y}, column {x}", f"({y}, {x})"]
        choices = [*(f"map {index + 1}: {place}" for place in places), places[-1], ""]
        forms.append([f"{number}  {said}" for said in choices])
    values = [WIDEST, *(figure(float(one.responses[-1])) for one in scene.watched)]
    value = max(values, key=page.width_of)
    fitting = (names for names in zip(*forms, strict=True) if all(page.fitting([name], value) for name in names))
    return list(next(fitting, [each[-1] for each in forms]))


def _write(page: PanelPage, scene: Scene, number: int, one: Watched, name: str, end: int) -> None:
    colour = PIN_COLOURS[number % len(PIN_COLOURS)]
    value = figure(float(one.responses[-1]))
    page.row([(name, 0, colour), (value, 1.0, INK)])
    said, bottom = _variation(scene, one), min(end, page.bottom) - page.text.pad
    beside = len(one.responses) > 1 and bottom - page.y < BELOW_FROM_LINES * page.text.line
    if beside:
        left = _write_beside(page, said, bottom)
    else:
        span = _span(one)
        page.row([(page.fitting(_shorter(said), span, small=True), 0, DIM), (span, 1.0, DIM)], small=True)
        left = page.left
    place = Rect(left, page.y, page.right - left, bottom - page.y)
    if len(one.responses) < 2:
        return  # no curve
    if place.height < LEAST_CURVE_LINES * page.text.line:
        page.leave_out(f"curve {number + 1}")
        return
    draw_curve(page.pixels, place, one, colour)


def _span(one: Watched) -> str:
    """The responses at the lower and at the upper edge of the curve's frame; nothing where there is no curve."""
    if len(one.responses) < 2:
        return ""
    return f"{figure(float(one.responses.min()))} to {figure(float(one.responses.max()))}"


def _shorter(said: str) -> list[str]:
    """What `_variation` says, from its fullest form to its shortest."""
    brief = said.replace("standard deviation", "\N{GREEK SMALL LETTER SIGMA}")
    return [said, said.removeprefix("standard "), brief, brief.split(" in ")[0].split(":")[0]]


def _write_beside(page: PanelPage, said: str, bottom: int) -> int:
    """The words at the left of the curve, shorter where there is no room for them; returns where the curve begins."""
    size, step, words_w = page.text.small, page.step(small=True), round(BESIDE * page.width)
    lines = wrapped(said, size, words_w)
    if len(lines) * step > bottom - page.y:
        lines = [words for words in _shorter(said) if page.width_of(words, small=True) <= words_w][:1]
    for row, line in enumerate(lines):
        put(page.pixels, line, page.left, page.y + row * step + size, size, DIM)
    return page.left + words_w + page.text.pad


def draw_curve(canvas: ByteArray, place: Rect, one: Watched, colour: Colour) -> None:
    """The responses from their least at the bottom to their largest at the top; the newest at the right end."""
    cv2.rectangle(canvas, (place.x, place.y), (place.right - 1, place.bottom - 1), RULE, 1)
    lo, hi = float(one.responses.min()), float(one.responses.max())
    inner_h = place.height - 5
    shares = (one.responses - lo) / (hi - lo) if hi - lo > STILL_SPAN else np.full(len(one.responses), 0.5)
    across = place.right - 3 - (one.times_s[-1] - one.times_s) / KEPT_S * (place.width - 5)
    down = place.bottom - 3 - shares * inner_h
    points = np.round(np.stack([across, down], axis=1)).astype(np.int32)
    cv2.polylines(canvas, [points], isClosed=False, color=colour, thickness=1, lineType=cv2.LINE_AA)
    if len(points) == 1:
        cv2.circle(canvas, (int(points[0, 0]), int(points[0, 1])), 2, colour, -1)


def _write_number(tile: ByteArray, number: int, frame: tuple[int, int, int, int], size: int) -> None:
    """At a corner of its frame that no other's has, where they are close to each other; inside of the tile."""
    left, top, right, bottom = frame
    if tile.shape[0] < LEAST_TILE_EM * size:
        return  # its colour tells which it is
    said, height = str(number + 1), round(CAP_HEIGHT * size)
    width, (left_side, below) = text_width(said, size, BOLD), divmod(number, 2)
    x, y = left - 4 - width if left_side else right + 4, bottom + height if below else top
    x, y = min(max(x, 0), tile.shape[1] - width), min(max(y, height), tile.shape[0] - 1)
    put(tile, said, x, y, size, PIN_COLOURS[number % len(PIN_COLOURS)], BOLD)


class WatchedMarks:
    """Each watched pixel framed in its own tile, with its number in the panel, where that is open."""

    def draw(self, canvas: ByteArray, layout: Layout, scene: Scene) -> None:
        """Draw them on the tiles."""
        for number, one in enumerate(scene.watched):
            index, y, x = one.pixel
            tile, place = layout.tile(index), layout.canvas_rect(index, y, x, whole=True)
            if tile is None or place is None:
                continue
            inside, colour = canvas[tile.picture.slices], PIN_COLOURS[number % len(PIN_COLOURS)]
            margin = margin_on(tile.picture, 4)
            left, top = place.x - tile.picture.x - margin, place.y - tile.picture.y - margin
            right, bottom = left + place.width + 2 * margin - 1, top + place.height + 2 * margin - 1
            cv2.rectangle(inside, (left, top), (right, bottom), (0, 0, 0), 3)
            cv2.rectangle(inside, (left, top), (right, bottom), colour, 1)
            _write_number(inside, number, (left, top, right, bottom), layout.text.small)
