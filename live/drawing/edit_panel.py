"""The panel for editing: one kernel, large, its chosen weight outlined, and a button for each thing one may do."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import cv2
import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from live.drawing.cell_texts import FORMS, cell_texts
from live.drawing.chain import CHANNELS
from live.drawing.kernels import draw_numbers, draw_picture, kernel_pictures, numbers_size, shades
from live.drawing.numbers import figure, times_power
from live.drawing.overlay import Sprite
from live.drawing.panel import PanelPage
from live.drawing.scene import EditView, Scene
from live.drawing.text import ACCENT, BACKGROUND, BOLD, DIM, INK, RULE, Colour, base_line, put, shortened, text_width
from live.layout import Layout
from live.layout.edit_places import EditPlaces, edit_places
from live.layout.panel_places import Panel
from live.layout.tiling import Rect, Tile

BLACK: Colour = (0, 0, 0)
ROUNDING = 1e-6  # of the sum of the weights' sizes: less is what float32 leaves of a sum of 0


class EditPanel:
    """Drawn again when a weight or the choice changes."""

    def key(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """The kernel and what is chosen of it."""
        return scene.editing, scene.layer.bank

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """One sprite where it is open."""
        panel, view = layout.panel(Panel.EDIT), scene.editing
        if panel is None or view is None:
            return ()
        bank, text = scene.layer.bank, layout.text
        kernel = bank.kernels[view.filter]
        label = " ".join(bank.labels[view.filter].split())
        title = f"Edit {view.filter + 1}"
        page = PanelPage(panel, text, f"{title}: {label}", "e or Esc: done", brief=title)
        inside = Rect(0, 0, panel.width, panel.height)
        places = edit_places(inside, text, (kernel.shape[0], kernel.shape[1], kernel.shape[2]), len(view.buttons))
        if not places.brief:
            _write_facts(page, view, kernel, scene)
        _draw_planes(page, places, view, kernel)
        page.y = places.words
        _write_chosen(page, view, kernel, brief=places.brief)
        for place, (keys, words, possible) in zip(places.buttons, view.buttons, strict=False):
            _draw_button(page, place, keys, words, possible=possible)
        if places.brief:
            page.leave_out("its keys: h")
        elif view.buttons and not places.buttons:
            page.write_first(["no room for the buttons: h has their keys", "more keys: h", "h: keys"], ACCENT)
        return (page.finish(),)


def _write_facts(page: PanelPage, view: EditView, kernel: FloatArray, scene: Scene) -> None:
    rows, columns = kernel.shape[1:]
    total = float(kernel.sum(dtype=np.float64))
    size = float(np.abs(kernel).sum(dtype=np.float64))
    total = 0.0 if abs(total) < ROUNDING * size else total
    sums = f"sum {figure(total)}, of sizes {figure(size)}"
    page.write_first(
        [
            f"{scene.layer.bank.name}   {rows}x{columns}   {sums}",
            f"{rows}x{columns}   {sums}",
            sums,
            f"sum {figure(total)}",
        ],
        INK,
    )
    back = f"{view.undoable} to undo" if view.undoable else "nothing to undo"
    forth = f", {view.redoable} to redo" if view.redoable else ""
    kept = ", all of it in a file" if view.in_file else ""
    page.write_first(
        [f"step {view.step:g}   {back}{forth}{kept}", f"step {view.step:g}, {back}", f"step {view.step:g}"]
    )


def _draw_planes(page: PanelPage, places: EditPlaces, view: EditView, kernel: FloatArray) -> None:
    reach = float(np.abs(kernel).max())
    texts, power, size = _numbers(kernel, places.cell, page.text.base)
    each = kernel[0].size
    for channel, place in enumerate(places.planes):
        picture = np.repeat(shades(kernel[channel], reach)[:, :, None], 3, axis=2)
        draw_picture(page.pixels, picture, place.x, place.y, places.cell)
        if size:
            draw_numbers(page.pixels, picture, texts[channel * each : (channel + 1) * each], place, size)
        if len(kernel) > 1:
            put(page.pixels, CHANNELS[channel], place.x, place.y - page.text.pad, page.text.small, DIM, BOLD)
    if places.whole and not power:
        colours = kernel_pictures(kernel, planes=False)[0]
        whole = draw_picture(page.pixels, colours, places.whole.x, places.whole.y, places.cell)
        put(page.pixels, "in colour", whole.x, whole.y - page.text.pad, page.text.small, DIM)
    if size and power:
        last = places.planes[-1]
        put(page.pixels, times_power(power), last.right + page.text.pad, last.bottom, page.text.small, DIM)
    _outline(page.pixels, places.cell_at(view.place))


def _numbers(kernel: FloatArray, cell: float, largest: int) -> tuple[list[str], int, int]:
    """What stands in the cells, its power of ten, and its size of type: with as many digits as can be read there."""
    for form in FORMS if numbers_size(("0",), cell, largest) else ():
        texts, power = cell_texts(kernel, form)
        size = numbers_size(texts, cell, largest)
        if size:
            return texts, power, size
    return [], 0, 0


def _outline(pixels: ByteArray, cell: Rect) -> None:
    around = ((3, BLACK), (2, ACCENT), (1, ACCENT), (0, BLACK)) if min(cell.width, cell.height) > 8 else ((1, ACCENT),)
    for margin, colour in around:
        _frame(pixels, cell, margin, colour)


def _frame(pixels: ByteArray, place: Rect, margin: int, colour: Colour) -> None:
    """One pixel wide, so far outside of `place`."""
    corner = (place.x - margin, place.y - margin)
    cv2.rectangle(pixels, corner, (place.right - 1 + margin, place.bottom - 1 + margin), colour, 1)


def _write_chosen(page: PanelPage, view: EditView, kernel: FloatArray, *, brief: bool) -> None:
    channel, row, column = view.place
    page.skip(0.3)
    named = f"{CHANNELS[channel]}, " if len(kernel) > 1 else ""
    value = figure(float(kernel[view.place]))
    where = page.fitting([f"{named}row {row}, column {column}", f"{named}({row}, {column})"], value)
    page.row([(where, 0, INK), (value, 1.0, ACCENT)])
    if brief:
        return
    page.write_first(
        [
            "arrows or a click choose a weight; + and -, or the wheel over it, change it; drag to paint",
            "arrows choose, + and - change; wheel, drag to paint",
            "arrows, + -, wheel, drag",
        ]
    )


def _draw_button(page: PanelPage, place: Rect, keys: str, words: str, *, possible: bool) -> None:
    text = page.text
    page.pixels[place.slices] = BACKGROUND
    cv2.rectangle(page.pixels, (place.x, place.y), (place.right - 1, place.bottom - 1), RULE, 1)
    line, x = base_line(place.y, place.height, text.small), place.x + text.pad
    right = place.right - text.pad // 2
    end = put(page.pixels, keys, x, line, text.small, ACCENT if possible else RULE)
    left = max(end + text.pad // 2, x + round(1.1 * text.small) if text_width(keys, text.small) < text.small else end)
    put(page.pixels, shortened(words, text.small, right - left), left, line, text.small, INK if possible else RULE)


class EditedMark:
    """The tile of the map whose kernel is edited, framed."""

    def draw(self, canvas: ByteArray, layout: Layout, scene: Scene) -> None:
        """Draw it on the tiles."""
        tile: Tile | None = layout.tile(scene.editing.filter) if scene.editing else None
        if tile is not None:
            for margin in (0, -1):
                _frame(canvas, tile.picture, margin, ACCENT)
