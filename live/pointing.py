"""What the pointer, clicks and panning make of the state; with the layout, where they need to know what lies where."""

from __future__ import annotations

from dataclasses import replace

from live.events import Point
from live.layout import Layout
from live.layout.panel_places import Panel
from live.layout.viewport import Viewport
from live.state import MapPixel, ViewState


def point(state: ViewState, target: MapPixel | None) -> ViewState:
    """The pointer is over `target`, or on a tile without a map: the inspector explains it while nothing is pinned."""
    if not state.shows(Panel.INSPECTOR) or state.interaction.pinned:
        return state
    return state.with_interaction(hovered=target)


def pointed(state: ViewState, layout: Layout) -> ViewState:
    """With what is under the pointer now; beside the picture that stays, and without a pointer it is the middle."""
    pointer = state.interaction.pointer
    if pointer is None:
        return state if state.interaction.hovered else point(state, layout.middle)
    return point(state, layout.map_pixel(*pointer)) if layout.over_tiles(*pointer) else state


def click(state: ViewState, target: MapPixel | None) -> ViewState:
    """With the inspector, pin the pixel (again, or where there is no map: let it go); without, enlarge the tile."""
    if state.shows(Panel.INSPECTOR):
        return state.with_interaction(pinned=None if state.interaction.pinned == target else target, hovered=target)
    return state if target is None else enlarge(state, target[0])


def let_go(state: ViewState) -> ViewState:
    """Let the pinned pixel go: the inspector follows the pointer again."""
    return state.with_interaction(pinned=None)


def enlarge(state: ViewState, index: int) -> ViewState:
    """Map `index` fills the picture, or goes back into the mosaic."""
    return state.with_interaction(viewport=state.interaction.viewport.toggled(index))


def pan(state: ViewState, dy: float, dx: float) -> ViewState:
    """Move what is seen by so many map pixels; `kept_inside` keeps it inside the maps."""
    return state.with_interaction(viewport=state.interaction.viewport.moved(dy, dx))


def drag(state: ViewState, moved: Point, layout: Layout) -> ViewState:
    """Move what is seen along with the pointer, by so many canvas pixels."""
    scale = layout.lens.scale * layout.lens.factor(state.interaction.viewport)
    return pan(state, -moved[1] / scale, -moved[0] / scale)


def zoom(state: ViewState, at: Point, notches: float, layout: Layout) -> ViewState:
    """Zoom all tiles about the pointer; beside them, about their middle. Over a panel the wheel is the panel's."""
    if layout.panel_at(*at) is not None or not layout.tiles:
        return state
    viewport = state.interaction.viewport.zoomed(notches, layout.within_tile(*at), layout.lens)
    return state.with_interaction(viewport=viewport)


def kept_inside(state: ViewState, layout: Layout) -> ViewState:
    """The state with its pinned pixel, pointer and panning moved back inside the maps."""
    height, width = layout.request.map_hw

    def inside(pixel: MapPixel | None) -> MapPixel | None:
        if pixel is None or pixel[0] >= layout.request.count:
            return None
        return pixel[0], min(max(pixel[1], 0), height - 1), min(max(pixel[2], 0), width - 1)

    now = state.interaction
    viewport = now.viewport if (now.viewport.enlarged or 0) < layout.request.count else Viewport()
    viewport = layout.lens.kept_inside(viewport)
    kept = replace(now, pinned=inside(now.pinned), hovered=inside(now.hovered), viewport=viewport)
    return state if kept == now else replace(state, interaction=kept)
