"""The panel of the layer's settings: a line each, and what they make of the map."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import cv2

from live.drawing.geometry_words import shape_words, size_words, unread_words
from live.drawing.overlay import Sprite
from live.drawing.panel import PanelPage
from live.drawing.scene import Scene
from live.drawing.text import ACCENT, DIM, INK, RULE, put, put_right, shortened
from live.layout import Layout
from live.layout.line_places import line_places
from live.layout.panel_places import Panel
from live.layout.tiling import Rect

HINTS = (
    "up and down choose a line, left and right change it; so do click and wheel",
    "arrows choose and change; click, wheel",
    "arrows, click, wheel",
)
HINTS_WHILE_EDITING = (
    "the wheel over a line changes it; arrows choose a weight",
    "the wheel over a line changes it",
    "wheel over a line",
)


class LayerPanel:
    """Drawn again when a setting or the chosen line is another. While a kernel is edited arrows and Esc are not its."""

    def key(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """What it says."""
        return scene.layer_lines, scene.layer_line, scene.layer, scene.image.shape[:2], scene.editing is None

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """One sprite where it is open."""
        panel, text = layout.panel(Panel.LAYER), layout.text
        if panel is None or not scene.layer_lines:
            return ()
        editing = scene.editing is not None
        page = PanelPage(panel, text, "Layer", "l: done" if editing else "l or Esc: done")
        places = line_places(Rect(0, 0, panel.width, panel.height), text, len(scene.layer_lines))
        brief = any(page.width_of(f"{name}  < {value} >") > page.width for name, value in scene.layer_lines)
        for number, (place, (name, value)) in enumerate(zip(places, scene.layer_lines, strict=False)):
            chosen = number == scene.layer_line and not editing
            _draw_line(page, place, name.split(",")[0] if brief else name, value, chosen=chosen)
        if len(places) < len(scene.layer_lines):
            page.leave_out("some settings")
        page.y = places[-1].bottom + text.gap if places else page.y
        input_hw = (scene.image.shape[0], scene.image.shape[1])
        for sentence in (*size_words(scene.layer, input_hw), *shape_words(scene.layer)):
            page.write_wrapped(sentence, INK)
        for sentence in unread_words(scene.layer, input_hw):
            page.write_wrapped(sentence, ACCENT)
        page.skip(0.3)
        page.write_first(HINTS_WHILE_EDITING if editing else HINTS)
        return (page.finish(),)


def _draw_line(page: PanelPage, place: Rect, name: str, value: str, *, chosen: bool) -> None:
    text = page.text
    if chosen:
        cv2.rectangle(page.pixels, (place.x, place.y), (place.right - 1, place.bottom - 1), RULE, cv2.FILLED)
    line = place.y + round(1.05 * text.base) + (place.height - round(1.4 * text.base)) // 2
    room = page.width - page.width_of(name) - text.pad
    forms = value, value.split(" ")[0]  # "none in this bank": none; "same" has no value down and across
    said = next((form for form in forms if page.width_of(f"< {form} >") <= room), forms[-1])
    said = shortened(f"< {said} >" if chosen else said, text.base, room)
    put_right(page.pixels, said, page.right, line, text.base, ACCENT if chosen else INK)
    put(page.pixels, name, page.left, line, text.base, INK if chosen or not name.startswith(" ") else DIM)
