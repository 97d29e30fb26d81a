"""The inspector's list: one pixel in every map."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from convviz_core.inspect import Inspection
from live.drawing.captions import caption_words
from live.drawing.numbers import column, times_power
from live.drawing.panel import PanelPage
from live.drawing.scene import MapPixel, Scene
from live.drawing.text import ACCENT, DIM, INK, Colour

NAMED_ENDS = (0.66, 0.84, 1.0)  # of the columns of numbers, where each map's words stand before them
MAP_COLUMN_EM = 12.0  # number, response and byte of one map, in units of the text's size


def _write_heads(page: PanelPage, scene: Scene, power: int, *, named: bool) -> None:
    """What the numbers of the list are."""
    title = "the same pixel in every map"
    if not named:
        page.row([(f"{title}: response{times_power(power)}, byte", 0, DIM)], small=True)
        return
    heads = ["sum", "byte"] if scene.layer.signed else ["sum", "ReLU", "byte"]
    ends = zip(heads, NAMED_ENDS[-len(heads) :], strict=True)
    page.row([(f"{title}{times_power(power)}", 0, DIM), *((head, end, DIM) for head, end in ends)], small=True)


def write_maps(page: PanelPage, scene: Scene, target: MapPixel, inspect: Callable[[int], Inspection]) -> int:
    """The list, in as many columns as there are places for; returns the first map that is there.

    inspect: what a map has at that pixel.
    """
    index = target[0]
    count, em = len(scene.layer.bank), page.text.base / page.width
    if count == 1:
        return 0
    if page.height < 3 * page.step():
        page.leave_out("the other maps")
        return 0
    rows = (page.height - page.step(small=True)) // page.step()
    columns = min(int(1 / (MAP_COLUMN_EM * em)), -(-count // max(rows, 1))) or 1
    shown = count if count <= rows * columns else max(1, rows - 1) * columns
    first = min(scene.scrolled_maps, count - shown)
    rows = -(-shown // columns)
    found = [inspect(other) for other in range(first, first + shown)]
    sums, after = [one.response for one in found], [one.activated for one in found]
    texts, power = column(np.array(sums + after))
    named = columns == 1  # with room for what each answers to, and for what ReLU removed
    before, relu = texts[:shown], texts[shown:]
    numbers = [before] if scene.layer.signed else [before, relu] if named else [relu]
    _write_heads(page, scene, power, named=named)
    for row in range(rows):
        cells: list[tuple[str, float, Colour]] = []
        for number in range(row, shown, rows):
            other = first + number
            begin, ink = (number // rows) / columns, ACCENT if other == index else INK
            ends = NAMED_ENDS[-len(numbers) - 1 :] if named else (begin + 7 * em, begin + 10 * em)
            cells.append((f"{other + 1}", begin + 1.8 * em, DIM))
            written = [*(texts[number] for texts in numbers), str(found[number].byte)]
            cells += [(text, end, ink) for text, end in zip(written, ends, strict=True)]
            if named:
                cells.append((caption_words(scene.layer.bank, other)[0], -2.6 * em, ink))
        page.row(cells)
    if shown < count:
        page.write(f"maps {first + 1} to {first + shown} of {count}: the wheel scrolls", DIM, small=True)
    return first
