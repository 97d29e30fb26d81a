"""The table of keys and gestures: (state, event) -> state and effect. Nothing here draws, waits or opens anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from convviz_core.layer import Activation
from convviz_core.ranges import RangeMode
from live.events import Button, Closed, DisplayEvent, Gesture, Key, MouseButton, Pointer, Wheel
from live.layout import Layout
from live.layout.panel_places import Panel
from live.layout.viewport import ZOOM_STEP
from live.pointing import click, drag, enlarge, let_go, let_nearest_go, pan, under, watch, zoom
from live.scrolling import scroll, turn_page
from live.state import COLORMAPS, ViewState

MAX_GAIN = 1024.0
PAN_STEP = 32  # map pixels an arrow key moves what is seen; zoomed, so many times fewer


class Effect(Enum):
    """What an event asks of the loop, beside a changed state."""

    QUIT = "quit"
    STEP = "step"
    SNAPSHOT = "snapshot"
    RECORD = "record"


Answer = ViewState | tuple[ViewState, Effect]


@dataclass(frozen=True)
class KeyBinding:
    """One line of the table: the keys' names, what they do in a person's words, and the change itself."""

    keys: tuple[str, ...]
    help: str
    press: Callable[[ViewState, str], Answer]


def _next(state: ViewState, step: int) -> ViewState:
    return _show_bank(state, (state.settings.bank_index + step) % len(state.settings.banks))


def _show_bank(state: ViewState, index: int) -> ViewState:
    if index >= len(state.settings.banks) or index == state.settings.bank_index:
        return state
    viewport = replace(state.interaction.viewport, enlarged=None)
    without = state.with_interaction(pinned=None, watched=(), hovered=None, viewport=viewport)
    return without.with_settings(bank_index=index)


def _toggle(name: str) -> Callable[[ViewState, str], ViewState]:
    """A switch of the Appearance."""

    def press(state: ViewState, _key: str) -> ViewState:
        return state.with_appearance(**{name: not getattr(state.appearance, name)})

    return press


def _pause(state: ViewState, _key: str) -> ViewState:
    return state.with_interaction(paused=not state.interaction.paused)


def _turn(state: ViewState, _key: str) -> ViewState:
    return state.with_settings(true_convolution=not state.settings.true_convolution)


def _toggle_panel(panel: Panel) -> Callable[[ViewState, str], ViewState]:
    return lambda state, _key: replace(state, appearance=state.appearance.toggled(panel))


def _help(state: ViewState, _key: str) -> ViewState:
    """It opens on its first page, wherever one had turned to before."""
    first = state.with_interaction(help_page=0)
    return replace(first, appearance=first.appearance.toggled(Panel.HELP))


def _relu(state: ViewState, _key: str) -> ViewState:
    off = state.settings.activation == Activation.RELU
    return state.with_settings(activation=Activation.NONE if off else Activation.RELU)


def _tint(state: ViewState, _key: str) -> ViewState:
    if state.settings.activation == Activation.NONE:
        return state
    return state.with_appearance(tint=not state.appearance.tint)


def _range(state: ViewState, _key: str) -> ViewState:
    modes = list(RangeMode)
    return state.with_appearance(range=modes[(modes.index(state.appearance.range) + 1) % len(modes)])


def _gain(state: ViewState, key: str) -> ViewState:
    if state.appearance.range == RangeMode.FRAME:
        return state
    gain = state.appearance.gain * (2.0 if key == "+" else 0.5)
    return state.with_appearance(gain=min(max(gain, 1 / MAX_GAIN), MAX_GAIN))


def _back_to_one(state: ViewState, _key: str) -> ViewState:
    viewport = replace(state.interaction.viewport, notches=0.0)
    return state.with_appearance(gain=1.0).with_interaction(viewport=viewport)


def _colormap(state: ViewState, _key: str) -> ViewState:
    shown = COLORMAPS.index(state.appearance.colormap)
    return state.with_appearance(colormap=COLORMAPS[(shown + 1) % len(COLORMAPS)])


def _inspector(state: ViewState, _key: str) -> ViewState:
    without = state.with_interaction(pinned=None, hovered=None, sliding=False)
    return replace(without, appearance=state.appearance.toggled(Panel.INSPECTOR))


def _quit(state: ViewState, key: str) -> Answer:
    enlarged = state.interaction.viewport.enlarged
    if key == "Esc" and state.shows(Panel.HELP):
        return replace(state, appearance=state.appearance.toggled(Panel.HELP))
    if key == "Esc" and state.interaction.pins:
        return let_go(state)
    if key == "Esc" and enlarged is not None:
        return enlarge(state, enlarged)
    return state, Effect.QUIT


def _enlarge(state: ViewState, _key: str) -> ViewState:
    inspected = state.interaction.inspected
    return enlarge(state, inspected[0] if inspected else 0)


def _slide(state: ViewState, _key: str) -> ViewState:
    if state.interaction.sliding:
        return state.with_interaction(sliding=False)
    opened = state if state.shows(Panel.INSPECTOR) else _inspector(state, "i")
    return opened.with_interaction(sliding=True)


def _turn_page(state: ViewState, key: str) -> ViewState:
    step = 1 if key == "PageDown" else -1
    return turn_page(state, step) if state.shows(Panel.HELP) else state


ARROWS = {"Left": (0, -1), "Up": (-1, 0), "Right": (0, 1), "Down": (1, 0)}


def _arrow(state: ViewState, key: str) -> ViewState:
    dy, dx = ARROWS[key]
    now = state.interaction
    if state.shows(Panel.INSPECTOR) and (now.pinned or not now.viewport.moves):
        index, y, x = now.inspected or (0, 0, 0)
        return state.with_interaction(pinned=(index, y + dy, x + dx))
    step = max(1, round(PAN_STEP / ZOOM_STEP**now.viewport.notches))
    return pan(state, dy * step, dx * step)


KEYS: tuple[KeyBinding, ...] = (
    KeyBinding(("q", "Esc"), "quit (Esc first closes the help, lets pins go, leaves an enlarged map)", _quit),
    KeyBinding(("space",), "pause and go on", _pause),
    KeyBinding((".",), "pause, and show one more frame", lambda s, _: (s.with_interaction(paused=True), Effect.STEP)),
    KeyBinding(("r",), "ReLU on or off", _relu),
    KeyBinding(("f",), "next filter bank", lambda state, _: _next(state, 1)),
    KeyBinding(("d",), "previous filter bank", lambda state, _: _next(state, -1)),
    KeyBinding(tuple("123456789"), "filter bank 1 to 9", lambda state, key: _show_bank(state, int(key) - 1)),
    KeyBinding(("n",), "range mode: auto, fixed, frame", _range),
    KeyBinding(("+", "-"), "gain: half or twice the range's limits (auto and fixed)", _gain),
    KeyBinding(("0",), "gain and zoom back to 1", _back_to_one),
    KeyBinding(("c",), "next colour map", _colormap),
    KeyBinding(("m",), "mirror left and right", _toggle("mirror")),
    KeyBinding(("x",), "true convolution (flipped kernels) or cross-correlation", _turn),
    KeyBinding(("k",), "kernels with their numbers", _toggle("kernels")),
    KeyBinding(("i",), "inspector: point at a pixel; click to pin it, right click to let it go", _inspector),
    KeyBinding((",",), "slide the kernel along the row of the pinned pixel, and stop it", _slide),
    KeyBinding(("t",), "tint what ReLU sets to zero", _tint),
    KeyBinding(("g",), "hide and show the input", _toggle("input_tile")),
    KeyBinding(("z",), "enlarge a map and back (or click its tile)", _enlarge),
    KeyBinding(tuple(ARROWS), "move the pinned pixel, or pan what is zoomed or enlarged", _arrow),
    KeyBinding(("s",), "snapshot", lambda state, _: (state, Effect.SNAPSHOT)),
    KeyBinding(("v",), "record, and stop recording", lambda state, _: (state, Effect.RECORD)),
    KeyBinding(
        ("p",), "profile: where each picture's time goes, and what limits the rate", _toggle_panel(Panel.PROFILE)
    ),
    KeyBinding(("w",), "full screen", _toggle("fullscreen")),
    KeyBinding(("h", "?"), "this help", _help),
    KeyBinding(("PageUp", "PageDown"), "the help's pages (or the wheel over it)", _turn_page),
)

_BINDING_OF = {key: binding for binding in KEYS for key in binding.keys}


def press(state: ViewState, key: str) -> tuple[ViewState, Effect | None]:
    """What `key` ("q", "Esc", "space", "Left", ...) makes of the state; a key without a binding changes nothing."""
    binding = _BINDING_OF.get(key)
    if binding is None:
        return state, None
    pressed = binding.press(state, key)
    return pressed if isinstance(pressed, tuple) else (pressed, None)


def _click(state: ViewState, event: Button, layout: Layout) -> ViewState:
    if event.shift:
        return watch(state, under(state, layout, event.at))
    target = under(state, layout, event.at) if state.shows(Panel.INSPECTOR) else layout.map_pixel(*event.at)
    return click(state, target) if layout.over_tiles(*event.at) else state


GESTURES: dict[tuple[MouseButton, Gesture], Callable[[ViewState, Button, Layout], ViewState]] = {
    (MouseButton.LEFT, Gesture.CLICK): _click,  # enlarge a tile; pin a pixel; with Shift, watch it
    (MouseButton.LEFT, Gesture.DRAG): lambda state, event, layout: drag(state, event.moved, layout),
    (MouseButton.RIGHT, Gesture.CLICK): lambda state, event, layout: let_nearest_go(state, layout, event.at),
}


def _wheel(state: ViewState, event: Wheel, layout: Layout) -> ViewState:
    panel = layout.panel_at(*event.at)
    return scroll(state, panel, event.notches) if panel else zoom(state, event.at, event.notches, layout)


def answer(state: ViewState, event: DisplayEvent, layout: Layout | None) -> tuple[ViewState, Effect | None]:
    """What a person's doing makes of the state. layout: of the canvas they see; None before the first.

    What has no line in the tables changes nothing; nor does another size, which the display itself tells.
    """
    if isinstance(event, Key):
        return press(state, event.name)
    if isinstance(event, Closed):
        return state, Effect.QUIT
    if isinstance(event, Pointer):
        return state.with_interaction(pointer=event.at), None
    if isinstance(event, Wheel):
        return (_wheel(state, event, layout) if layout else state), None
    gesture = GESTURES.get((event.button, event.gesture)) if isinstance(event, Button) else None
    if isinstance(event, Button) and gesture and layout:
        return gesture(state, event, layout), None
    return state, None


def key_names(binding: KeyBinding) -> str:
    """The keys of one line as help and README write them: "q Esc", "1-9", "arrows"."""
    if binding.keys == tuple("123456789"):
        return "1-9"
    if binding.keys == tuple(ARROWS):
        return "arrows"
    return " ".join(binding.keys)


def key_table() -> str:
    """The table of keys in Markdown, as the README has it."""
    rows = [f"| `{key_names(binding)}` | {binding.help} |" for binding in KEYS]
    return "\n".join(["| key | what it does |", "| --- | --- |", *rows])
