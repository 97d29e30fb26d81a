"""The inspector's list: one pixel in every map."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from live.drawing.captions import caption_words
from live.drawing.numbers import column, times_power
from live.drawing.panel import PanelPage
from live.drawing.scene import MapPixel, Scene
from live.drawing.text import ACCENT, DIM, INK, Colour

NAMED_ENDS = (0.66, 0.84, 1.0)  # of the columns of numbers, where each map's words stand before them
NAMED_FROM_EM = 17.0  # the narrowest page with room for these words
NAME_BEGINS_EM, LONG_NAME_EM = 2.6, 16.5  # LONG: as long as those of the built-in banks, also turned
COLUMNS_EM = (4.6, 3.0)  # at least so far from the first number's end to the second's, and on to the byte's
UNNAMED_ENDS_EM = (6.6, 9.4)  # of the response and the byte alone
ROWS_A_PIECE = 8  # that are written with one picture
MAP_COLUMN_EM = 10.4  # number, response and byte of one map, in units of the text's size

Answers = tuple[FloatArray, ByteArray]  # every map's response before the activation, and its byte


def _write_heads(page: PanelPage, scene: Scene, power: int, *, named: bool) -> None:
    """What the numbers of the list are."""
    title = "the same pixel in every map"
    if not named:
        what = "difference" if scene.difference else "response"
        said = f"{what}{times_power(power)}, byte"
        page.write_first([f"{title}: {said}", said])
        return
    heads = ["sum", "byte"] if scene.layer.signed else ["sum", "ReLU", "byte"]
    heads = ["difference", "byte"] if scene.difference else heads
    ends = _named_ends(page, len(heads))
    room = round(ends[0] * page.width) - page.width_of(heads[0], small=True) - page.text.pad
    titles = f"{title}{times_power(power)}", f"in every map{times_power(power)}", times_power(power).strip()
    said = next((said for said in titles if page.width_of(said, small=True) <= room), "")
    columns = zip(heads, ends, strict=True)
    page.row([(said, 0, DIM), *((head, end, DIM) for head, end in columns)], small=True)


def write_maps(page: PanelPage, scene: Scene, target: MapPixel, answers: Answers) -> Generator[None, None, int]:
    """The list, in as many columns as there are places for; returns the first map that is there."""
    count, em = len(answers[0]), page.text.base / page.width
    if count <= 1:
        return 0
    if page.height < 3 * page.step() or UNNAMED_ENDS_EM[1] * em > 1:
        page.leave_out("the other maps")
        return 0
    rows = (page.height - page.step(small=True)) // page.step()
    columns = min(int(1 / (MAP_COLUMN_EM * em)), -(-count // max(rows, 1))) or 1
    shown = count if count <= rows * columns else max(1, rows - 1) * columns
    first = min(scene.scrolled_maps, count - shown)
    sums, levels = answers[0][first : first + shown], answers[1][first : first + shown]
    signed = scene.layer.signed or scene.difference
    named = columns == 1 and NAMED_FROM_EM * em <= 1  # with room for what each answers to, and for what ReLU removed
    numbers, power = _numbers(sums, levels, signed=signed, named=named)
    if named and not _names_fit(page, scene, numbers, first):
        named = False
        numbers, power = _numbers(sums, levels, signed=signed, named=named)
    _write_heads(page, scene, power, named=named)
    yield
    rows = -(-shown // columns)
    for row in range(rows):
        cells: list[tuple[str, float, Colour]] = []
        for number in range(row, shown, rows):
            other = first + number
            begin, ink = (number // rows) / columns, ACCENT if other == target[0] else INK
            ends = _named_ends(page, len(numbers)) if named else [begin + end * em for end in UNNAMED_ENDS_EM]
            cells.append((f"{other + 1}", begin + 1.8 * em, DIM))
            cells += [(texts[number], end, ink) for texts, end in zip(numbers, ends, strict=True)]
            if named:
                cells.append((caption_words(scene.layer.bank, other)[0], -NAME_BEGINS_EM * em, ink))
        page.row(cells)
        if row % ROWS_A_PIECE == ROWS_A_PIECE - 1:
            yield
    if shown < count:
        which = f"{first + 1} to {first + shown} of {count}"
        page.write_first([f"maps {which}: the wheel scrolls", f"maps {which}", which])
    return first


def _names_fit(page: PanelPage, scene: Scene, numbers: list[list[str]], first: int) -> bool:
    """Whether what each map answers to stands whole before its numbers; a very long name may be cut."""
    end = _named_ends(page, len(numbers))[0] * page.width
    return all(
        min(page.width_of(caption_words(scene.layer.bank, first + number)[0]), LONG_NAME_EM * page.text.base)
        <= end - page.width_of(text) - page.text.pad - NAME_BEGINS_EM * page.text.base
        for number, text in enumerate(numbers[0])
    )


def _named_ends(page: PanelPage, count: int) -> list[float]:
    """Where the last `count` columns end, as shares of the page's width; further apart than usual on a narrow page."""
    em, (first, second, last) = page.text.base / page.width, NAMED_ENDS
    second = min(second, last - COLUMNS_EM[1] * em)
    return [min(first, second - COLUMNS_EM[0] * em), second, last][-count:]


def _numbers(sums: FloatArray, levels: ByteArray, *, signed: bool, named: bool) -> tuple[list[list[str]], int]:
    """The columns of numbers, and the power of ten of their responses."""
    texts, power = column(np.concatenate([sums, np.maximum(sums, 0)]))
    before, relu = texts[: len(sums)], texts[len(sums) :]
    responses = [before] if signed else [before, relu] if named else [relu]
    return [*responses, [str(level) for level in levels.tolist()]], power
