"""The table of keys and gestures: (state, event) -> state and effect. Nothing here draws, waits or opens anything."""

from __future__ import annotations

from collections.abc import Callable

from live import editing, layer_keys
from live import key_effects as does
from live.edit_keys import EDIT_BINDING_OF, EDIT_KEYS, undo
from live.events import Button, Closed, DisplayEvent, Gesture, Key, MouseButton, Pointer, Wheel
from live.key_binding import KeyBinding, markdown_table
from live.key_effects import ARROWS, Effect
from live.layout import Layout
from live.layout.panel_places import Panel
from live.model_view.keys import MODEL_KEYS, click_list, model_binding, scroll_list
from live.model_view.sources import click_why
from live.pointing import click, drag, let_nearest_go, under, watch, zoom
from live.scrolling import scroll
from live.state import ViewState

KEYS: tuple[KeyBinding, ...] = (
    KeyBinding(
        ("q", "Esc"),
        "quit (Esc first closes the help and the layer's settings, lets pins go, leaves an enlarged map)",
        does.leave,
    ),
    KeyBinding(("space",), "pause and go on; at the end of a film, play it again", does.pause),
    KeyBinding((".",), "pause, and show one more frame", lambda s, _: (s.with_interaction(paused=True), Effect.STEP)),
    KeyBinding(("r",), "ReLU on or off", does.toggle_relu),
    KeyBinding(("f",), "next filter bank", lambda state, _: does.next_bank(state, 1)),
    KeyBinding(("d",), "previous filter bank", lambda state, _: does.next_bank(state, -1)),
    KeyBinding(tuple("123456789"), "filter bank 1 to 9", lambda state, key: does.show_bank(state, int(key) - 1)),
    KeyBinding(("n",), "range mode: auto, fixed, frame", does.next_range),
    KeyBinding(("+", "-"), "gain: half or twice the range's limits (auto and fixed)", does.change_gain),
    KeyBinding(("0",), "gain and zoom back to 1", does.back_to_one),
    KeyBinding(("c",), "next colour map", does.next_colormap),
    KeyBinding(("m",), "mirror left and right", does.toggle("mirror")),
    KeyBinding(("x",), "true convolution (flipped kernels) or cross-correlation", does.turn_kernels),
    KeyBinding(("a",), "keep the shown layer as the other side, and compare", does.keep_layer),
    KeyBinding(("b",), "compare: beside, wipe, difference, off", does.next_comparison),
    KeyBinding(("k",), "kernels with their numbers", does.toggle("kernels")),
    KeyBinding(("i",), "inspector: point at a pixel; click to pin it, right click to let it go", does.toggle_inspector),
    KeyBinding((",",), "slide the kernel along the row of the pinned pixel, and stop it", does.slide),
    KeyBinding(("t",), "tint what ReLU sets to zero", does.toggle_tint),
    KeyBinding(("g",), "hide and show the input", does.toggle("input_tile")),
    KeyBinding(("z",), "enlarge a map and back (or click its tile)", does.toggle_enlarged),
    KeyBinding(tuple(ARROWS), "change the layer's settings, move the pinned pixel, or pan", does.arrow),
    KeyBinding(
        ("e",), "edit the kernel of the enlarged, pinned, pointed-at or first map", lambda s, _: editing.begin(s)
    ),
    KeyBinding(("u", "y"), "undo a change of the bank or of its layer's settings, and do it again", undo),
    KeyBinding(("l",), "the layer's settings: stride, padding, dilation, bias", layer_keys.toggle),
    KeyBinding(("s",), "snapshot", lambda state, _: (state, Effect.SNAPSHOT)),
    KeyBinding(("v",), "record, and stop recording", lambda state, _: (state, Effect.RECORD)),
    KeyBinding(
        ("p",), "profile: where each picture's time goes, and what limits the rate", does.toggle_panel(Panel.PROFILE)
    ),
    KeyBinding(("j",), "curves: what a kernel lets through, and its noise", does.toggle_panel(Panel.CURVES)),
    KeyBinding(("w",), "full screen", does.toggle("fullscreen")),
    KeyBinding(("h", "?"), "this help", does.toggle_help),
    KeyBinding(("PageUp", "PageDown"), "the help's pages (or the wheel over it)", does.turn_help_page),
)

# When other keys have a meaning too: in words, what leads there, the keys.
MODES = (("while a kernel is edited", "e", EDIT_KEYS), ("while a model is shown", "--model", MODEL_KEYS))

_BINDING_OF = {key: binding for binding in KEYS for key in binding.keys}


def press(state: ViewState, key: str) -> tuple[ViewState, Effect | None]:
    """What `key` ("q", "Esc", "space", "Left", ...) makes of the state; a key without a binding changes nothing."""
    binding = (EDIT_BINDING_OF.get(key) if state.editing else model_binding(state, key)) or _BINDING_OF.get(key)
    if binding is None:
        return state, None
    pressed = binding.press(state, key)
    return pressed if isinstance(pressed, tuple) else (pressed, None)


def _click(state: ViewState, event: Button, layout: Layout) -> ViewState:
    places = editing.places_of(state, layout)
    if places and layout.panel_at(*event.at) == Panel.EDIT:
        return editing.click(state, places, event.at)
    if layout.panel_at(*event.at) == Panel.LAYERS:
        return click_list(state, layout, event.at)
    if layout.panel_at(*event.at) == Panel.INSPECTOR and state.model:
        return click_why(state, layout, event.at)
    if layout.panel_at(*event.at) == Panel.LAYER:
        return layer_keys.click(state, layout, event.at)
    if event.shift:
        return watch(state, under(state, layout, event.at))
    target = under(state, layout, event.at) if state.shows(Panel.INSPECTOR) else layout.map_pixel(*event.at)
    return click(state, target) if layout.over_tiles(*event.at) else state


def _drag(state: ViewState, event: Button, layout: Layout) -> ViewState:
    places = editing.places_of(state, layout)
    if places:
        state, painted = editing.drag(state, places, event)
        if painted:
            return state
    return drag(state, event.moved, layout)


GESTURES: dict[tuple[MouseButton, Gesture], Callable[[ViewState, Button, Layout], ViewState]] = {
    (MouseButton.LEFT, Gesture.CLICK): _click,  # enlarge a tile; pin a pixel; with Shift, watch it; choose a weight
    (MouseButton.LEFT, Gesture.DRAG): _drag,  # move what is seen; over weights, give them the first one's value
    (MouseButton.LEFT, Gesture.DROP): lambda state, *_: editing.drop(state),
    (MouseButton.RIGHT, Gesture.CLICK): lambda state, event, layout: let_nearest_go(state, layout, event.at),
}


def _wheel(state: ViewState, event: Wheel, layout: Layout) -> ViewState:
    panel, places = layout.panel_at(*event.at), editing.places_of(state, layout)
    if panel == Panel.EDIT and places:
        return editing.wheel(state, places, event.at, event.notches)
    if panel == Panel.LAYERS:
        return scroll_list(state, event.notches)
    if panel == Panel.LAYER:
        return layer_keys.wheel(state, layout, event.at, event.notches)
    return scroll(state, panel, event.notches) if panel else zoom(state, event.at, event.notches, layout)


def _map_under(state: ViewState, layout: Layout) -> int | None:
    pointer = state.interaction.pointer
    pixel = layout.map_pixel(*pointer) if pointer else None
    return pixel and pixel[0]


def answer(state: ViewState, event: DisplayEvent, layout: Layout | None) -> tuple[ViewState, Effect | None]:
    """What a person's doing makes of the state. layout: of the canvas they see; None before the first.

    What has no line in the tables changes nothing; nor does another size, which the display itself tells.
    """
    if isinstance(event, Key):
        if event.name == "e" and not state.editing and not state.model and layout:
            return editing.begin(state, _map_under(state, layout)), None
        return press(state, event.name)
    if isinstance(event, Closed):
        return state, Effect.QUIT
    if isinstance(event, Pointer):
        return state.with_interaction(pointer=event.at), None
    if isinstance(event, Wheel):
        return (_wheel(state, event, layout) if layout else state), None
    if isinstance(event, Button) and layout and (key := editing.button_under(state, event, layout)):
        return press(state, key)
    gesture = GESTURES.get((event.button, event.gesture)) if isinstance(event, Button) else None
    if isinstance(event, Button) and gesture and layout:
        return gesture(state, event, layout), None
    return state, None


def key_table() -> str:
    """The tables of keys in Markdown, as the README has them."""
    others = [f"{when.capitalize()}:\n\n{markdown_table(bindings)}" for when, _, bindings in MODES]
    return "\n\n".join([markdown_table(KEYS), *others])
