"""The inspector's panel: one output pixel's arithmetic, with the numbers that the engine has."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

import numpy as np

from convviz_core.inspect import Inspection, answers_at, inspect_pixel
from convviz_core.ranges import RangeMode
from live.drawing.captions import caption_words
from live.drawing.cell_texts import numbered_height
from live.drawing.chain import CHANNELS, Cell, Chain, Part, chain_height
from live.drawing.difference_words import difference_answers, difference_lines
from live.drawing.kernel_words import where_words
from live.drawing.map_list import Answers, write_maps
from live.drawing.numbers import MINUS, TIMES, column, figure
from live.drawing.overlay import Pieces, Sprite, at_once
from live.drawing.panel import PanelPage
from live.drawing.parted_chain import PartedChain, cell_words
from live.drawing.scene import MapPixel, Scene
from live.drawing.surroundings import Surroundings, draw_surroundings, surroundings
from live.drawing.text import ACCENT, BOLD, DIM, INK, wrapped
from live.layout import Layout
from live.layout.panel_places import Panel

FEWEST_MAP_LINES = 3  # of the other maps with their heading and what the wheel does
LEAST_MATRIX_LINES = 4  # the height of the matrices, which comes before the other maps
SKIPPED = 0.4  # of a line, above what follows
MAP_LINES = 4  # of the other maps that are kept for them, where the matrices are legible


class Inspector:
    """Drawn again when the pixel changes or the weight that is pointed at, and with the picture as often as it can be
    read.

    first_listed: the first of the other maps that is listed, when it was drawn last. read: what it then explained; None
    where that was nothing.
    """

    def __init__(self) -> None:
        self.first_listed = 0
        self.read: Scene | None = None
        self._arithmetic: Chain | PartedChain | None = None
        self._cell: Cell | None = None  # the weight that was pointed at last, until the pointer leaves the panel
        self._around: tuple[int, int] | None = None  # around which one a part is larger
        self._shape: tuple[int, ...] = ()  # of the kernel that they belong to

    def key(self, layout: Layout, scene: Scene) -> Hashable:
        """What is explained, and of which picture where that stands still."""
        self._point(layout, scene)
        other = (scene.other.layer, scene.other.target) if scene.other else None
        shown = scene.range, scene.gain, scene.scrolled_maps, scene.flipped, scene.difference, scene.side, other
        return scene.target, scene.pinned, scene.layer, *shown, scene.sliding, scene.still, self._cell

    def beat(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """The pictures'."""
        return scene.beat

    def _point(self, layout: Layout, scene: Scene) -> None:
        """Note the weight under the pointer."""
        shape, place = scene.layer.bank.kernels.shape[1:], layout.panel(Panel.INSPECTOR)
        if shape != self._shape:
            self._cell, self._around, self._arithmetic, self._shape = None, None, None, shape
        if place is None or scene.panel_point is None or self._arithmetic is None:
            self._cell = None
            return
        at = scene.panel_point[0] - place.x, scene.panel_point[1] - place.y
        cell = self._arithmetic.cell_at(*at)
        self._cell = cell or self._cell
        if isinstance(self._arithmetic, PartedChain) and self._arithmetic.whole.cell_at(*at):
            self._around = self._cell[1:] if self._cell else None

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """One sprite where it is open."""
        return at_once(self.pieces(layout, scene))

    def pieces(self, layout: Layout, scene: Scene) -> Pieces:
        """See Piecewise."""
        place, target = layout.panel(Panel.INSPECTOR), scene.target
        if place is None:
            return ()
        if target is None:
            page = PanelPage(place, layout.text, _title(scene), "")
            page.write("no map here", ACCENT, weight=BOLD)
            page.write_first(["point at a pixel of a map; a click pins it", "point at a map"])
            self.read = None
            return (page.finish(),)
        inspection, answers, around = _inspect(scene, target), _answers(scene, target), surroundings(scene, target)
        lines = arithmetic(scene, target, inspection)
        yield
        page = PanelPage(place, layout.text, _title(scene), *_state_words(scene), brief=scene.side.capitalize())
        yield
        yield from _write_where(page, scene, target, len(lines) * page.step())
        yield
        yield from self._draw_arithmetic(page, lines, inspection, around, len(answers[0]))
        yield
        self.first_listed = yield from write_maps(page, scene, target, answers)
        _write_rhythm(page, scene)
        yield  # to copy it is enough for the last picture
        self.read = scene
        return (page.finish(),)

    def _draw_arithmetic(
        self, page: PanelPage, lines: list[tuple[str, str]], inspection: Inspection, around: Surroundings, maps: int
    ) -> Iterator[None]:
        """Surroundings, matrices and what follows, so that the numbers can be read rather than the other maps'."""
        below = len(lines) * page.step() + _around(page)
        maps = (min(MAP_LINES, maps) + 1) * page.step()
        draw_surroundings(page, around, page.height - below - maps - chain_height(page, inspection.patch.shape))
        yield
        chain = Chain(page, inspection, max(page.height - below - maps, page.height // 3))
        for fewer in (FEWEST_MAP_LINES * page.step(), 0):
            if not chain.legible:
                larger = Chain(page, inspection, page.height - below - fewer)
                chain = larger if larger.legible else chain
        yield
        if chain.legible:
            yield from chain.pieces()
            if self._cell:
                chain.mark(Part(*self._cell[1:], 1, 1), self._cell[0])
                if page.height >= len(lines) * page.step() + page.step(small=True):
                    page.write_first(cell_words(inspection, self._cell))
            self._arithmetic = chain
        else:
            for reserved in (maps, FEWEST_MAP_LINES * page.step(), 0):
                parted = PartedChain(page, inspection, page.height - below - reserved, self._around)
                if parted.whole.height > LEAST_MATRIX_LINES * page.text.line:
                    break
            yield from parted.pieces(self._cell)
            self._arithmetic = parted
        for words, value in lines:
            page.row([(page.fitting(_forms(words), value), 0, INK), (value, 1.0, ACCENT)])
        page.skip()


def _around(page: PanelPage) -> int:
    """The rows above and below the matrices and what follows them."""
    return round(2.5 * page.text.pad)


def _title(scene: Scene) -> str:
    return f"Inspector: {scene.side}" if scene.side else "Inspector"


def _state_words(scene: Scene) -> tuple[str, ...]:
    """From the fullest form to the shortest."""
    if scene.side == "kept":
        return ("",)
    if scene.sliding:
        return ("the kernel slides: the comma key stops it", "comma key: stop")
    if scene.pinned:
        return ("pinned: a click on it lets go; comma key: slide", "click on it: let go")
    return ("a click pins; comma key: slide the kernel", "click: pin")


def _write_rhythm(page: PanelPage, scene: Scene) -> None:
    """Why these numbers change less often than the tiles, where all else has room, and this, too, on one line."""
    if scene.still is not None or scene.side == "kept" or not page.whole:
        return
    said, brief = "these numbers are new a few times a second", "new a few times a second"
    held = [f"{said}; space holds the picture", f"{brief}; space: hold it"] if scene.hints else []
    words = page.fitting([*held, said], small=True)
    if words and page.height >= page.step(small=True):
        page.write(words, DIM, small=True)


def _inspect(scene: Scene, target: MapPixel) -> Inspection:
    if scene.difference:
        return inspect_pixel(scene.image, scene.layer, *target)
    lo, hi = scene.ranges[target[0]].tolist()
    return inspect_pixel(scene.image, scene.layer, *target, (lo, hi), own=scene.range == RangeMode.FRAME)


def _answers(scene: Scene, target: MapPixel) -> Answers:
    if scene.difference:
        return difference_answers(scene, target)
    own = scene.range == RangeMode.FRAME
    return answers_at(scene.image, scene.layer, *target[1:], scene.ranges, own=own)


def _forms(words: str) -> list[str]:
    """What a line of the arithmetic says, from its fullest form to its shortest."""
    brief = words.split(":")[0]
    return [
        words,
        words.rpartition(", so")[0] or words,
        brief,
        brief.split(",")[0].split(";")[0],
        brief.split(" of all")[0],
    ]


def _write_where(page: PanelPage, scene: Scene, target: MapPixel, arithmetic: int) -> Iterator[None]:
    """Which response it is, and which pixels it reads, where that leaves the arithmetic so many rows, and if they can
    have them, the matrices; more on that where these keep their numbers.
    """
    index, y, x = target
    room = page.height - 2 * page.step() - arithmetic
    seen = LEAST_MATRIX_LINES * page.text.line
    numbered = numbered_height(page, scene.layer.bank) + _around(page) + round(SKIPPED * page.text.line)
    reserved = arithmetic + seen * (room >= seen)
    more = max(reserved, arithmetic + numbered * (room >= numbered))
    said = f"{index + 1}: {caption_words(scene.layer.bank, index)[0]}"
    first, *rest = wrapped(said, page.text.base, page.width, BOLD)
    for line in (first, " ".join(rest)) if rest and page.height - 2 * page.step() >= reserved else (said,):
        page.write(line, ACCENT, weight=BOLD)
    page.write_first([f"row {y}, column {x} of its map", f"row {y}, column {x}", f"({y}, {x})"], INK, small=False)
    yield
    height, width = scene.image.shape[:2]
    for number, choices in enumerate(where_words(scene.layer, (height, width), y, x)):
        if page.height - page.step(small=True) < (more if number else reserved):
            page.leave_out("more on what it reads" if number else "what it reads")
            break
        page.write_first(choices)
    page.skip(SKIPPED if page.height > reserved + page.step() else 0)


def arithmetic(scene: Scene, target: MapPixel, inspection: Inspection) -> list[tuple[str, str]]:
    """From the sum to the byte: what is done, and what it gives."""
    signed, response = scene.layer.signed, inspection.response
    shown = response if signed else inspection.activated
    total = figure(response)
    lines = []
    if inspection.bias is not None:
        total = figure(response - inspection.bias)
    if scene.layer.bank.channels == 3:
        parts = inspection.products.sum(axis=(1, 2), dtype=np.float64)
        whole = response - (inspection.bias or 0.0)
        *sums, total = column(np.append(parts, whole), shifted=False, total=whole)[0]
        lines += [(f"sum of {name}", text) for name, text in zip(CHANNELS, sums, strict=True)]
    lines.append(("sum of all products", total))
    if inspection.bias is not None:
        lines.append((f"and the bias, {figure(inspection.bias)}", figure(response)))
    removed = f", so {figure(response)} is removed" if response < 0 else ""
    relu = f"ReLU: the larger of 0 and {figure(response)}{removed}"
    lines.append(("no ReLU; it would give", figure(inspection.activated)) if signed else (relu, figure(shown)))
    if scene.difference:
        return [*lines, *difference_lines(scene, target, shown)]
    lo, hi = scene.ranges[target[0]].tolist()
    less = figure(lo) if lo >= 0 else f"({figure(lo)})"
    bound = ", at most 255" if shown > hi else ", at least 0" if shown < lo else ""
    way = f"byte{bound}: 255 {TIMES} ({figure(shown)} {MINUS} {less}) / ({figure(hi)} {MINUS} {less})"
    return [*lines, (way, str(inspection.byte))]
