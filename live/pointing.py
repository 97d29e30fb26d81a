"""What the pointer, clicks and panning make of the state; with the layout, where they need to know what lies where."""

from __future__ import annotations

import math
from dataclasses import replace

from convviz_core.geometry import Box
from live.comparing import CompareMode
from live.events import Point
from live.layout import Layout
from live.layout.panel_places import Panel
from live.layout.viewport import NUMBERS_FROM_SCALE, Viewport
from live.state import MapPixel, ViewState
from live.watching import MOST_WATCHED


def pointed(state: ViewState, layout: Layout) -> ViewState:
    """With what is under the pointer now; beside the picture that stays, and without a pointer it is the middle.

    Only where it matters: with the inspector, which explains it while nothing is pinned and tells of the weight under
    the pointer, and where pixels are large.
    """
    state = _wiped(state, layout)
    at = state.interaction.pointer
    over = at if at is not None and layout.panel_at(*at) == Panel.INSPECTOR else None
    if over != state.interaction.panel_point:
        state = state.with_interaction(panel_point=over)
    return _pointed_at_tiles(_with_pointed_map(state, layout), layout)


def _pointed_at_tiles(state: ViewState, layout: Layout) -> ViewState:
    now, explains = state.interaction, state.shows(Panel.INSPECTOR)
    if not explains and layout.scale < NUMBERS_FROM_SCALE:
        return _hovering(state, None)
    if now.pinned and explains:
        return _hovering(state, now.hovered)
    if now.pointer is None:
        return _hovering(state, now.hovered or (layout.middle if explains else None))
    if not layout.over_tiles(*now.pointer):
        return state
    target = under(state, layout, now.pointer)
    if target is not None and layout.input_pixel(*now.pointer) is not None and not state.model:
        geometry, (y, x) = state.layer.geometry, layout.position(*now.pointer)
        first, (step_y, step_x) = geometry.shown(Box(0, 0, 1, 1)), geometry.stride_yx
        return _hovering(state, target, (first.top + math.floor(y * step_y), first.left + math.floor(x * step_x)))
    return _hovering(state, target)


def _wiped(state: ViewState, layout: Layout) -> ViewState:
    """With the wipe's line where the pointer is; beside the maps it stays."""
    now = state.interaction
    if state.comparing.mode != CompareMode.WIPE or now.pointer is None or layout.map_pixel(*now.pointer) is None:
        return state
    at = layout.within_tile(*now.pointer)[1]
    return state if at == now.wipe else state.with_interaction(wipe=at)


def _with_pointed_map(state: ViewState, layout: Layout) -> ViewState:
    """The curves are of the map that is pointed at, and stay with it beside the tiles."""
    now = state.interaction
    under_it = layout.map_pixel(*now.pointer) if now.pointer else None
    index = under_it[0] if under_it else now.pointed_map
    index = index if state.shows(Panel.CURVES) else None
    return state if index == now.pointed_map else state.with_interaction(pointed_map=index)


def _hovering(state: ViewState, target: MapPixel | None, input_pixel: tuple[int, int] | None = None) -> ViewState:
    now = state.interaction
    if (now.hovered, now.input_pixel) == (target, input_pixel):
        return state
    return state.with_interaction(hovered=target, input_pixel=input_pixel)


def under(state: ViewState, layout: Layout, at: Point) -> MapPixel | None:
    """The map's pixel there; on the input, of the map that was explained last, the one that has its middle there."""
    on_input = layout.input_pixel(*at)
    if on_input is None:
        return layout.map_pixel(*at)
    now = state.interaction
    return ((now.inspected or layout.middle)[0], *on_input)


def click(state: ViewState, target: MapPixel | None) -> ViewState:
    """With the inspector, pin the pixel (again, or where there is no map: let it go); without, enlarge the tile."""
    if state.shows(Panel.INSPECTOR):
        return state.with_interaction(pinned=None if state.interaction.pinned == target else target, hovered=target)
    return state if target is None else enlarge(state, target[0])


def watch(state: ViewState, target: MapPixel | None) -> ViewState:
    """Watch one more pixel, as long as there are not too many, the pinned one among them."""
    now = state.interaction
    if target is None or target in now.pins or len(now.pins) >= MOST_WATCHED:
        return state
    return state.with_interaction(watched=(*now.watched, target))


def let_go(state: ViewState) -> ViewState:
    """Let the pinned pixel go, so that the inspector follows the pointer again; without one, all that are watched."""
    if state.interaction.pinned:
        return state.with_interaction(pinned=None)
    return state.with_interaction(watched=())


def let_nearest_go(state: ViewState, layout: Layout, at: Point) -> ViewState:
    """Of the pinned and the watched pixels, let the one go that is nearest to the pointer; those unseen come last."""

    def distance(pixel: MapPixel) -> float:
        place = layout.canvas_rect(*pixel)
        if place is None:
            return math.inf
        return math.hypot(place.x + place.width / 2 - at[0], place.y + place.height / 2 - at[1])

    now = state.interaction
    if not now.pins:
        return state
    nearest = min(now.pins, key=distance)
    watched = tuple(pixel for pixel in now.watched if pixel != nearest)
    return state.with_interaction(pinned=None if nearest == now.pinned else now.pinned, watched=watched)


def carried_over(before: ViewState, state: ViewState) -> ViewState:
    """The state of another layer with the pins of the one before, each where its kernel has the same middle.

    Where there are fewer maps, a pin goes to the last one; `kept_inside` brings back what lies beside the maps.
    """
    old, new, count = before.layer.geometry, state.layer.geometry, len(state.layer.bank)

    def moved(pixel: MapPixel) -> MapPixel:
        y, x = new.centred_at(*old.middle_pixel(*pixel[1:]))
        return min(pixel[0], count - 1), math.ceil(y), math.ceil(x)

    now = before.interaction
    pinned, hovered = (moved(pixel) if pixel else None for pixel in (now.pinned, now.hovered))
    watched = tuple(dict.fromkeys(map(moved, now.watched)))
    return state.with_interaction(pinned=pinned, watched=watched, hovered=hovered)


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


def followed(before: ViewState, state: ViewState, layout: Layout) -> ViewState:
    """With the pinned pixel in view, where it has moved out of what is seen."""
    pinned, viewport = state.interaction.pinned, state.interaction.viewport
    if pinned is None or pinned == before.interaction.pinned:
        return state
    shown = layout.request.maps.shown
    return state.with_interaction(viewport=layout.lens.showing(viewport, pinned[1] - shown.y, pinned[2] - shown.x))


def kept_inside(state: ViewState, layout: Layout) -> ViewState:
    """The state with its pinned pixel, pointer and panning moved back inside the maps."""
    shown = layout.request.maps.shown

    def inside(pixel: MapPixel | None) -> MapPixel | None:
        if pixel is None or pixel[0] >= layout.request.count:
            return None
        return pixel[0], *shown.nearest(*pixel[1:])

    now = state.interaction
    viewport = now.viewport if (now.viewport.enlarged or 0) < layout.request.count else Viewport()
    viewport = layout.lens.kept_inside(viewport)
    watched = tuple(pixel for pixel in map(inside, now.watched) if pixel)
    kept = replace(now, pinned=inside(now.pinned), hovered=inside(now.hovered), watched=watched, viewport=viewport)
    return state if kept == now else replace(state, interaction=kept)
