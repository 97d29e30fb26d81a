"""The list of a model's layers: which one is shown, which one Enter would take, and what is being typed."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import cv2

from live.drawing.model_scene import ListedLayers
from live.drawing.overlay import Sprite
from live.drawing.panel import PanelPage
from live.drawing.scene import Scene
from live.drawing.text import ACCENT, DIM, INK, RULE, shortened
from live.layout import Layout
from live.layout.list_places import list_places
from live.layout.panel_places import Panel

NAME_SHARE = 0.56  # of a line's width


class LayerList:
    """Drawn again when something in it changes."""

    def key(self, layout: Layout, scene: Scene) -> Hashable:  # noqa: ARG002
        """The list."""
        return scene.model and scene.model.listed

    def draw(self, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        """One sprite where it is open."""
        place, listed = layout.panel(Panel.LAYERS), scene.model and scene.model.listed
        if place is None or not listed:
            return ()
        counted = f"{len(listed.lines)} layer{'s' * (len(listed.lines) != 1)}"
        page = PanelPage(place, layout.text, "Layers", f"{counted}, in the order in which they run", counted)
        page.write_first(_words(listed), ACCENT if listed.typed is not None else DIM)
        places = list_places(place, layout.text, len(listed.lines), focus(listed))
        page.y = places.top - place.y
        for at in range(places.first, places.first + places.seen):
            if at == listed.pointed:
                top = page.y
                cv2.rectangle(page.pixels, (page.left - 3, top), (page.right + 2, top + places.step - 1), RULE, -1)
            name, kind, maps = listed.lines[at]
            room = round(NAME_SHARE * page.width)
            colour = ACCENT if at == listed.shown else INK
            name = shortened(name, layout.text.small, room)
            page.row([(name, 0.0, colour), (kind, -NAME_SHARE - 0.02, DIM), (maps, 1.0, DIM)], small=True)
        return (page.finish(),)


def focus(listed: ListedLayers) -> int | None:
    """The line that must be seen."""
    return listed.pointed if listed.pointed is not None else listed.shown


def _words(listed: ListedLayers) -> list[str]:
    if listed.typed is not None:
        return [f"/{listed.typed}_   {listed.meant}"]
    if listed.pointed is not None:
        return [f"{listed.meant}; Esc: close", listed.meant]
    return ["arrows and Enter, or a click; / and part of a name", "arrows, Enter; / to type"]
