"""The list of a model's layers: which one is shown, which one Enter would take, and what is being typed."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import cv2

from live.drawing.model_scene import ListedLayers
from live.drawing.overlay import Sprite
from live.drawing.panel import PanelPage
from live.drawing.scene import Scene
from live.drawing.text import ACCENT, DIM, ELLIPSIS, INK, RULE, shortened
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
        if listed.typed is None:
            page.write_first(_words(listed))
        else:
            _write_typed(page, listed.typed, listed)
        places = list_places(place, layout.text, len(listed.lines), focus(listed))
        page.y = places.top - place.y
        kinds_at, with_maps = _columns(page, listed)
        if not kinds_at:
            page.leave_out("types")
        if not with_maps:
            page.leave_out("sizes")
        for at in range(places.first, places.first + places.seen):
            if at == listed.pointed:
                top = page.y
                cv2.rectangle(page.pixels, (page.left - 3, top), (page.right + 2, top + places.step - 1), RULE, -1)
            name, kind, maps = listed.lines[at]
            cells = [(shortened(name, layout.text.small, page.width), 0.0, ACCENT if at == listed.shown else INK)]
            cells += [(kind, -kinds_at, DIM)] if kinds_at else []
            page.row([*cells, (maps, 1.0, DIM)] if with_maps else cells, small=True)
        return (page.finish(),)


def _columns(page: PanelPage, listed: ListedLayers) -> tuple[float, bool]:
    """Where the types begin, as a share of the width, 0 where they have no room; and whether the maps' sizes have.

    Names come first, then types.
    """
    gap, wide = page.text.base, [[page.width_of(said, small=True) for said in line] for line in listed.lines]
    names = max((name for name, _, _ in wide), default=0)
    kinds = max((kind for _, kind, _ in wide), default=0)
    both = max((kind + gap + maps for _, kind, maps in wide), default=0)
    if names + gap + both <= page.width:
        return max(names + gap, min(round(NAME_SHARE * page.width), page.width - both)) / page.width, True
    if names + gap + kinds <= page.width:
        return (names + gap) / page.width, False
    return 0.0, all(name + gap + maps <= page.width for name, _, maps in wide)


def focus(listed: ListedLayers) -> int | None:
    """The line that must be seen."""
    return listed.pointed if listed.pointed is not None else listed.shown


def _write_typed(page: PanelPage, typed: str, listed: ListedLayers) -> None:
    """What is typed, always: its end where it is too long; and what Enter would do, below it where no line is."""
    alone = f"/{typed}_"
    whole = f"{alone}   {listed.meant}" if listed.meant else alone
    said = page.fitting([whole, alone], small=True) or _end(page, alone)
    page.write(said, ACCENT, small=True)
    if said != whole and listed.lines:
        page.leave_out("what Enter does")
    elif said != whole:
        page.write_wrapped(listed.meant, ACCENT)


def _end(page: PanelPage, said: str) -> str:
    """As much of its end as has room behind an ellipsis."""
    ends = (ELLIPSIS + said[start:] for start in range(1, len(said)))
    return next((end for end in ends if page.width_of(end, small=True) <= page.width), said[-1:])


def _words(listed: ListedLayers) -> list[str]:
    if listed.pointed is not None:
        return [f"{listed.meant}; Esc: close", listed.meant]
    return ["arrows and Enter, or a click; / and part of a name", "arrows, Enter; / to type"]
