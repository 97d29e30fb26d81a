"""The help: what each key does, and what one sees."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from live.drawing.overlay import Sprite
from live.drawing.panel import PanelPage
from live.drawing.scene import Scene
from live.drawing.text import ACCENT, DIM, INK, put, shortened, text_width
from live.layout import Layout
from live.layout.panel_places import Panel
from live.layout.type_scale import TypeScale

EXPLANATION = (
    "Each kernel is laid over every patch of the input: weights times pixels, summed, is one pixel of its map. "
    "ReLU makes what is negative 0. The range says which two sums are shown as the two ends of the colour bar."
)
SMALLEST = 9  # pixels of type


class Help:
    """The table of keys, in one column or two, with the largest type up to the canvas's own that fits."""

    def __init__(self, keys: Sequence[tuple[str, str]]) -> None:
        self._keys = tuple(keys)

    def key(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """It never changes."""
        return None

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:  # noqa: ARG002
        """One sprite where it is open."""
        place = layout.panel(Panel.HELP)
        if place is None:
            return ()
        base = layout.text.base
        while base > SMALLEST and not self._fits(TypeScale(base), place.width, place.height):
            base -= 1
        text = TypeScale(base)
        page = PanelPage(place, text, "Keys", "h: close")
        columns = 1 if self._needs_wh(text, 1)[1] <= page.height or self._needs_wh(text, 2)[0] > page.width else 2
        self._write(page, columns)
        page.skip()
        page.write_wrapped(EXPLANATION)
        return (page.sprite,)

    def _needs_wh(self, text: TypeScale, columns: int) -> tuple[int, int]:
        names = max(text_width(names, text.base) for names, _ in self._keys)
        helps = max(text_width(said, text.base) for _, said in self._keys)
        rows = -(-len(self._keys) // columns)
        return columns * (names + helps + 2 * text.base) - text.base, rows * text.line

    def _fits(self, text: TypeScale, width: int, height: int) -> bool:
        head = round(1.05 * text.title) + 4 * text.pad
        for columns in (1, 2):
            needs_w, needs_h = self._needs_wh(text, columns)
            if needs_w <= width - 2 * text.base and needs_h + head <= height:
                return True
        return False

    def _write(self, page: PanelPage, columns: int) -> None:
        text, top = page.text, page.y
        rows = -(-len(self._keys) // columns)
        column_w = (page.width + text.base) // columns
        names_w = max(text_width(names, text.base) for names, _ in self._keys) + text.base
        fit = min(rows, page.height // text.line)
        if fit < rows:
            rows = fit - 1
        shown = self._keys[: rows * columns]
        for number, (names, said) in enumerate(shown):
            column, row = divmod(number, rows)
            x, y = page.left + column * column_w, top + row * text.line + text.base
            put(page.pixels, names, x, y, text.base, ACCENT)
            room = column_w - names_w - text.base
            put(page.pixels, shortened(said, text.base, max(room, 1)), x + names_w, y, text.base, INK if said else DIM)
        page.y = top + rows * text.line
        if len(shown) < len(self._keys):
            page.write(f"and {len(self._keys) - len(shown)} more: a larger window shows them", DIM)
