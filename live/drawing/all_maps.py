"""The inspector's list: the same pixel in every map."""

from __future__ import annotations

from collections.abc import Generator

from convviz_core.arrays import ByteArray, FloatArray
from live.drawing.captions import caption_words
from live.drawing.numbers import column, times_power
from live.drawing.panel import PanelPage
from live.drawing.scene import MapPixel, Scene
from live.drawing.text import ACCENT, DIM, INK, Colour

MAP_COLUMN_EM = 12.0  # number, response and byte of one map, in units of the text's size
ROWS_A_PIECE = 8  # that are written with one picture


def write_all_maps(
    page: PanelPage, scene: Scene, target: MapPixel, answers: tuple[FloatArray, ByteArray]
) -> Generator[None, None, int]:
    """The same pixel in every map, in as many columns as there are places for; returns the first that is there."""
    index, count, em = target[0], len(answers[0]), page.text.base / page.width
    if count <= 1:
        return 0
    if page.height < 3 * page.step():
        page.leave_out("the other maps")
        return 0
    rows = (page.height - page.step(small=True)) // page.step()
    columns = min(int(1 / (MAP_COLUMN_EM * em)), -(-count // max(rows, 1))) or 1
    shown = count if count <= rows * columns else max(1, rows - 1) * columns
    first = min(scene.scrolled_maps, count - shown)
    rows = -(-shown // columns)
    found, levels = (each[first : first + shown] for each in answers)
    responses, power = column(found)
    what = "difference" if scene.difference else "response"
    page.row([(f"the same pixel in every map: {what}{times_power(power)}, byte", 0, DIM)], small=True)
    for row in range(rows):
        cells: list[tuple[str, float, Colour]] = []
        for number in range(row, shown, rows):
            other = first + number
            begin, ink = (number // rows) / columns, ACCENT if other == index else INK
            ends = (0.86, 1.0) if columns == 1 else (begin + 7 * em, begin + 10 * em)
            cells.append((f"{other + 1}", begin + 1.8 * em, DIM))
            cells += [(responses[number], ends[0], ink), (str(levels[number]), ends[1], ink)]
            if columns == 1:
                cells.append((caption_words(scene.layer.bank, other)[0], -2.6 * em, ink))
        page.row(cells)
        if row % ROWS_A_PIECE == ROWS_A_PIECE - 1:
            yield
    if shown < count:
        page.write(f"maps {first + 1} to {first + shown} of {count}: the wheel scrolls", DIM, small=True)
    return first
