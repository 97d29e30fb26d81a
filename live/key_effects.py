"""What each key makes of the state; which key it is stands in the table of controls.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum

from convviz_core.layer import Activation
from convviz_core.ranges import RangeMode
from live import layer_keys
from live.comparing import CompareMode
from live.editing import begin
from live.layout.panel_places import Panel
from live.layout.viewport import ZOOM_STEP
from live.pointing import carried_over, enlarge, let_go, pan
from live.scrolling import turn_page
from live.state import COLORMAPS, ViewState

MAX_GAIN = 1024.0
PAN_STEP = 32  # map pixels an arrow key moves what is seen; zoomed, so many times fewer


class Effect(Enum):
    """What an event asks of the loop, beside a changed state."""

    QUIT = "quit"
    STEP = "step"
    SNAPSHOT = "snapshot"
    RECORD = "record"
    WRITE_BANK = "write bank"


Answer = ViewState | tuple[ViewState, Effect]


def next_bank(state: ViewState, step: int) -> ViewState:
    """Another bank, so many steps on, around the end."""
    return show_bank(state, (state.settings.bank_index + step) % len(state.settings.banks))


def show_bank(state: ViewState, index: int) -> ViewState:
    """Bank `index`, where there is one; pins stay at their places of the scene, so that banks compare there."""
    if index >= len(state.settings.banks) or index == state.settings.bank_index:
        return state
    viewport = replace(state.interaction.viewport, enlarged=None)
    shown = carried_over(state, state.with_settings(bank_index=index).with_interaction(viewport=viewport))
    return begin(shown) if state.editing else shown


def toggle(name: str) -> Callable[[ViewState, str], ViewState]:
    """A switch of the Appearance."""

    def press(state: ViewState, _key: str) -> ViewState:
        return state.with_appearance(**{name: not getattr(state.appearance, name)})

    return press


def pause(state: ViewState, _key: str) -> ViewState:
    """Pause, or go on."""
    return state.with_interaction(paused=not state.interaction.paused)


def turn_kernels(state: ViewState, _key: str) -> ViewState:
    """Cross-correlation, or true convolution."""
    return state.with_settings(true_convolution=not state.settings.true_convolution)


def keep_layer(state: ViewState, _key: str) -> ViewState:
    """What is shown becomes the other side."""
    flipped = state.settings.true_convolution and state.model is None
    return replace(state, comparing=state.comparing.with_kept(state.shown_layer, flipped=flipped))


def next_comparison(state: ViewState, _key: str) -> ViewState:
    """The next way to compare with what is kept; nothing where nothing is kept."""
    comparing = state.comparing
    return state if comparing.kept is None else replace(state, comparing=replace(comparing, mode=comparing.mode.next))


def toggle_panel(panel: Panel) -> Callable[[ViewState, str], ViewState]:
    """Opens and closes that panel."""
    return lambda state, _key: replace(state, appearance=state.appearance.toggled(panel))


def toggle_help(state: ViewState, _key: str) -> ViewState:
    """It opens on its first page, wherever one had turned to before."""
    first = state.with_interaction(help_page=0)
    return replace(first, appearance=first.appearance.toggled(Panel.HELP))


def toggle_relu(state: ViewState, _key: str) -> ViewState:
    """ReLU on or off."""
    off = state.settings.activation == Activation.RELU
    return state.with_settings(activation=Activation.NONE if off else Activation.RELU)


def toggle_tint(state: ViewState, _key: str) -> ViewState:
    """Tint on or off; without ReLU, and in a difference, nothing is removed that could be tinted."""
    if state.settings.activation == Activation.NONE or state.comparing.mode == CompareMode.DIFFERENCE:
        return state
    return state.with_appearance(tint=not state.appearance.tint)


def next_range(state: ViewState, _key: str) -> ViewState:
    """The next range mode."""
    modes = list(RangeMode)
    return state.with_appearance(range=modes[(modes.index(state.appearance.range) + 1) % len(modes)])


def change_gain(state: ViewState, key: str) -> ViewState:
    """Twice the gain, or half; in frame range nothing, since each map has its own limits."""
    if state.appearance.range == RangeMode.FRAME:
        return state
    gain = state.appearance.gain * (2.0 if key == "+" else 0.5)
    return state.with_appearance(gain=min(max(gain, 1 / MAX_GAIN), MAX_GAIN))


def back_to_one(state: ViewState, _key: str) -> ViewState:
    """Gain and zoom back to 1."""
    viewport = replace(state.interaction.viewport, notches=0.0)
    return state.with_appearance(gain=1.0).with_interaction(viewport=viewport)


def next_colormap(state: ViewState, _key: str) -> ViewState:
    """The next colour map."""
    shown = COLORMAPS.index(state.appearance.colormap)
    return state.with_appearance(colormap=COLORMAPS[(shown + 1) % len(COLORMAPS)])


def toggle_inspector(state: ViewState, _key: str) -> ViewState:
    """Opens and closes the inspector; nothing stays pinned."""
    without = state.with_interaction(pinned=None, hovered=None, sliding=False)
    return replace(without, appearance=state.appearance.toggled(Panel.INSPECTOR))


def leave(state: ViewState, key: str) -> Answer:
    """Esc leaves what was entered last; with nothing left, and by any other key, the run ends."""
    enlarged = state.interaction.viewport.enlarged
    if key == "Esc" and state.shows(Panel.HELP):
        return replace(state, appearance=state.appearance.toggled(Panel.HELP))
    if key == "Esc" and state.shows(Panel.LAYER):
        return layer_keys.toggle(state)
    if key == "Esc" and state.interaction.pins:
        return let_go(state)
    if key == "Esc" and enlarged is not None:
        return enlarge(state, enlarged)
    return state, Effect.QUIT


def toggle_enlarged(state: ViewState, _key: str) -> ViewState:
    """Enlarges the map that is pointed at, or the first one; and back."""
    inspected = state.interaction.inspected
    return enlarge(state, inspected[0] if inspected else 0)


def slide(state: ViewState, _key: str) -> ViewState:
    """The pin walks along its row, or stops; the inspector opens to show it."""
    if state.interaction.sliding:
        return state.with_interaction(sliding=False)
    opened = state if state.shows(Panel.INSPECTOR) else toggle_inspector(state, "i")
    return opened.with_interaction(sliding=True)


def turn_help_page(state: ViewState, key: str) -> ViewState:
    """The help's next or previous page."""
    step = 1 if key == "PageDown" else -1
    return turn_page(state, step) if state.shows(Panel.HELP) else state


ARROWS = {"Left": (0, -1), "Up": (-1, 0), "Right": (0, 1), "Down": (1, 0)}


def arrow(state: ViewState, key: str) -> ViewState:
    """Goes to the first that is open: the layer's settings, the pinned pixel, panning."""
    dy, dx = ARROWS[key]
    now = state.interaction
    if state.shows(Panel.LAYER):
        return layer_keys.arrow(state, dy, dx)
    if state.shows(Panel.INSPECTOR) and (now.pinned or not now.viewport.moves):
        index, y, x = now.inspected or (0, 0, 0)
        return state.with_interaction(pinned=(index, y + dy, x + dx))
    step = max(1, round(PAN_STEP / ZOOM_STEP**now.viewport.notches))
    return pan(state, dy * step, dx * step)
