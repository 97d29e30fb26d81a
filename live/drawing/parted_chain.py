"""The arithmetic of a kernel whose numbers have no room all at once: all of its cells, and a part of them larger."""

from __future__ import annotations

from collections.abc import Iterator

from convviz_core.inspect import Inspection
from live.drawing.chain import CHANNELS, TOGETHER, Cell, Chain, Part
from live.drawing.numbers import TIMES, figure
from live.drawing.panel import PanelPage
from live.layout.caption_plan import smallest_numbered_cell
from live.layout.panel_places import CHAIN_NUMBER_EM, SIGN_EM

WHOLE_SHARE = 0.45  # of the height, at most, for all cells where a part has room below them
FEWEST_ROWS = 2  # of a part
LINES = 1.2  # what is said of one cell


class PartedChain:
    """Planned for at most `height` rows of a page.

    at: what of the kernel is to be seen larger, around that row and column; None: its middle.
    """

    def __init__(self, page: PanelPage, inspection: Inspection, height: int, at: tuple[int, int] | None) -> None:
        channels, rows, columns = (1, *inspection.kernel.shape)[-3:]
        room = height - round(LINES * page.step(small=True))
        cell = smallest_numbered_cell(CHAIN_NUMBER_EM)
        across = (page.width - page.text.base * (channels > 1) - 2 * round(SIGN_EM * page.text.base)) // (3 * cell)
        self.whole = Chain(page, inspection, round(WHOLE_SHARE * room))
        below = room - self.whole.height
        title = page.step(small=True) + page.text.pad
        down = ((below - title) // channels - page.text.gap) // cell
        wide, high = min(across, columns), min(down, rows, max(across, FEWEST_ROWS))
        self.part: Chain | None = None
        row, column = at or (rows // 2, columns // 2)
        while self.part is None and min(wide, high) >= min(FEWEST_ROWS, rows, columns) and wide > 0:
            shown = Part(_first(row, high, rows), _first(column, wide, columns), high, wide)
            chain = Chain(page, inspection, below, shown)
            if chain.legible:
                self.part, self.shown = chain, shown
            wide, high = wide - max(1, wide // 4), high - max(1, high // 4)  # some numbers are wider than usual ones
        if self.part is None:
            self.whole = Chain(page, inspection, room)
        self._page, self._inspection = page, inspection

    def pieces(self, cell: Cell | None) -> Iterator[None]:
        """Draw it on the page from its first free row on, with what `cell` holds in words, a matrix after the other."""
        page = self._page
        if not self.whole.height:
            page.leave_out("the kernel")
            return
        yield from self.whole.pieces()
        if self.part:
            self.whole.mark(self.shown)
            yield from self.part.pieces()
        for chain in (self.whole, self.part):
            if chain and cell:
                chain.mark(Part(cell[1], cell[2], 1, 1), cell[0])
        advice = _advice(parted=self.part is not None, together=self.whole.together)
        page.write_first(cell_words(self._inspection, cell) if cell else advice)

    def cell_at(self, x: int, y: int) -> Cell | None:
        """Which weight's cell lies there on the page."""
        return self.whole.cell_at(x, y) or (self.part.cell_at(x, y) if self.part else None)


def cell_words(inspection: Inspection, cell: Cell) -> list[str]:
    """What one cell of the three matrices holds, from the fullest form to the shortest."""
    channel, row, column = cell
    of_all = [
        values.reshape(-1, *values.shape[-2:])[:, row, column].astype(float).tolist()
        for values in (inspection.patch, inspection.kernel, inspection.products)
    ]
    sums = [f"{figure(pixel)} {TIMES} {figure(weight)}" for pixel, weight in zip(*of_all[:2], strict=True)]
    if channel == TOGETHER:
        named = ", ".join(f"{of} {said}" for of, said in zip(CHANNELS, sums, strict=True))
        total = figure(sum(of_all[2]))
        return [f"row {row}, column {column}: {named}; in all {total}", f"{named}: {total}", f"R, G and B add {total}"]
    name = f"{CHANNELS[channel]}, " if len(sums) > 1 else ""
    sum_up = f"{sums[channel]} = {figure(of_all[2][channel])}"
    return [
        f"{name}row {row}, column {column} of the kernel: {sum_up}",
        f"{name}row {row}, column {column}: {sum_up}",
        sum_up,
    ]


def _advice(*, parted: bool, together: bool) -> list[str]:
    if parted:
        return [
            "point at a cell of the upper row: what is around it is shown below",
            "point at a cell to see what it holds",
            "point at a cell",
        ]
    if together:
        return [
            "R, G and B in one picture each: point at a cell to read its numbers",
            "R, G and B together: point at a cell",
            "point at a cell",
        ]
    return [
        "too small for numbers: point at a cell to read them",
        "point at a cell to read its numbers",
        "point at a cell",
    ]


def _first(middle: int, length: int, whole: int) -> int:
    return min(max(middle - length // 2, 0), whole - length)
