"""What is shown, and the table of keys that change it: (state, key) -> state and effect. Nothing here draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Any

from convviz_core.filters.bank import FilterBank
from convviz_core.filters.opposites import with_opposites
from convviz_core.layer import Activation, Layer
from convviz_core.ranges import RangeMode

COLORMAPS = ("lift", "gray", "diverging", "viridis", "magma", "inferno", "turbo", "cividis", "bone")
MAX_GAIN = 1024.0
PAN_STEP = 32  # map pixels an arrow key moves the enlarged map

MapPixel = tuple[int, int, int]  # map, y, x


class Effect(Enum):
    """What a key asks of the loop, beside a changed state."""

    QUIT = "quit"
    STEP = "step"
    SNAPSHOT = "snapshot"
    RECORD = "record"


@dataclass(frozen=True)
class ViewState:
    """What keys and mouse have set: the layer that is computed, and how it is looked at."""

    banks: tuple[FilterBank, ...]
    bank_index: int = 0
    activation: Activation = Activation.RELU
    range: RangeMode = RangeMode.AUTO
    gain: float = 1.0  # the range's limits are divided by it
    colormap: str = "lift"
    mirror: bool = False
    true_convolution: bool = False  # kernels turned by 180 degrees
    paused: bool = False
    profile: bool = False
    help: bool = False
    fullscreen: bool = False
    gray_tile: bool = True
    kernels: bool = False
    tint: bool = False  # colour the responses that ReLU sets to zero
    inspector: bool = False
    hovered: MapPixel | None = None
    pinned: MapPixel | None = None
    enlarged: int | None = None  # the map that fills the picture
    pan_yx: tuple[int, int] = (0, 0)  # the enlarged map's pixel at the top left

    @property
    def layer(self) -> Layer:
        """The layer as the engine computes it; equal states give the same one, so that plans are kept."""
        return _layer(self.banks[self.bank_index], self.true_convolution, self.activation)

    @property
    def tinted(self) -> bool:
        """Whether what ReLU removes is tinted: without ReLU nothing is removed, and the sign is there to be seen."""
        return self.tint and self.activation == Activation.RELU

    @property
    def computed(self) -> Layer:
        """The layer with what is to be tinted: the opposite of every filter."""
        layer = self.layer
        return _layer(with_opposites(layer.bank), False, self.activation) if self.tinted else layer

    @property
    def inspected(self) -> MapPixel | None:
        """The pixel the inspector explains, if one is pinned or pointed at."""
        return self.pinned or self.hovered


@lru_cache(maxsize=128)
def _layer(bank: FilterBank, flipped: bool, activation: Activation) -> Layer:
    return Layer(bank.flipped() if flipped else bank, activation)


Pressed = ViewState | tuple[ViewState, Effect]


@dataclass(frozen=True)
class KeyBinding:
    """One line of the table: the keys' names, what they do in a person's words, and the change itself."""

    keys: tuple[str, ...]
    help: str
    press: Callable[[ViewState, str], Pressed]


def _next(state: ViewState, step: int) -> ViewState:
    return _show_bank(state, (state.bank_index + step) % len(state.banks))


def _show_bank(state: ViewState, index: int) -> ViewState:
    if index >= len(state.banks) or index == state.bank_index:
        return state
    return replace(state, bank_index=index, enlarged=None, pinned=None, hovered=None, pan_yx=(0, 0))


def _toggle(name: str) -> Callable[[ViewState, str], ViewState]:
    def press(state: ViewState, _key: str) -> ViewState:
        changed: dict[str, Any] = {name: not getattr(state, name)}
        return replace(state, **changed)

    return press


def _relu(state: ViewState, _key: str) -> ViewState:
    off = state.activation == Activation.RELU
    return replace(state, activation=Activation.NONE if off else Activation.RELU)


def _tint(state: ViewState, _key: str) -> ViewState:
    return state if state.activation == Activation.NONE else replace(state, tint=not state.tint)


def _range(state: ViewState, _key: str) -> ViewState:
    modes = list(RangeMode)
    return replace(state, range=modes[(modes.index(state.range) + 1) % len(modes)])


def _gain(state: ViewState, key: str) -> ViewState:
    if key == "0":
        return replace(state, gain=1.0)
    if state.range == RangeMode.FRAME:
        return state
    gain = state.gain * (2.0 if key == "+" else 0.5)
    return replace(state, gain=min(max(gain, 1 / MAX_GAIN), MAX_GAIN))


def _colormap(state: ViewState, _key: str) -> ViewState:
    return replace(state, colormap=COLORMAPS[(COLORMAPS.index(state.colormap) + 1) % len(COLORMAPS)])


def _inspector(state: ViewState, _key: str) -> ViewState:
    return replace(state, inspector=not state.inspector, pinned=None, hovered=None)


def _quit(state: ViewState, key: str) -> Pressed:
    if key == "Esc" and state.help:
        return replace(state, help=False)
    if key == "Esc" and state.pinned:
        return let_go(state)
    if key == "Esc" and state.enlarged is not None:
        return enlarge(state, state.enlarged)
    return state, Effect.QUIT


def _enlarge(state: ViewState, _key: str) -> ViewState:
    return enlarge(state, state.inspected[0] if state.inspected else 0)


def enlarge(state: ViewState, index: int) -> ViewState:
    """Map `index` fills the picture, or goes back into the mosaic."""
    return replace(state, enlarged=index if state.enlarged is None else None, pan_yx=(0, 0))


ARROWS = {"Left": (0, -1), "Up": (-1, 0), "Right": (0, 1), "Down": (1, 0)}


def _arrow(state: ViewState, key: str) -> ViewState:
    dy, dx = ARROWS[key]
    if state.inspector and (state.pinned or state.enlarged is None):
        index, y, x = state.inspected or (0, 0, 0)
        return replace(state, pinned=(index, y + dy, x + dx))
    return pan(state, dy * PAN_STEP, dx * PAN_STEP)


def pan(state: ViewState, dy: int, dx: int) -> ViewState:
    """Move what the enlarged map shows by so many of its pixels; the loop keeps it inside the map."""
    if state.enlarged is None:
        return state
    return replace(state, pan_yx=(state.pan_yx[0] + dy, state.pan_yx[1] + dx))


def point(state: ViewState, target: MapPixel | None) -> ViewState:
    """The pointer is over `target`, or on a tile without a map: the inspector explains it while nothing is pinned."""
    if not state.inspector or state.pinned:
        return state
    return replace(state, hovered=target)


def click(state: ViewState, target: MapPixel | None) -> ViewState:
    """With the inspector, pin the pixel (again, or where there is no map: let it go); without, enlarge the tile."""
    if state.inspector:
        return replace(state, pinned=None if state.pinned == target else target, hovered=target)
    return state if target is None else enlarge(state, target[0])


def let_go(state: ViewState) -> ViewState:
    """Let the pinned pixel go: the inspector follows the pointer again."""
    return replace(state, pinned=None)


KEYS: tuple[KeyBinding, ...] = (
    KeyBinding(("q", "Esc"), "quit (Esc first closes the help, lets a pin go, leaves an enlarged map)", _quit),
    KeyBinding(("space",), "pause and go on", _toggle("paused")),
    KeyBinding((".",), "pause, and show one more frame", lambda s, _: (replace(s, paused=True), Effect.STEP)),
    KeyBinding(("r",), "ReLU on or off", _relu),
    KeyBinding(("f",), "next filter bank", lambda state, _: _next(state, 1)),
    KeyBinding(("d",), "previous filter bank", lambda state, _: _next(state, -1)),
    KeyBinding(tuple("123456789"), "filter bank 1 to 9", lambda state, key: _show_bank(state, int(key) - 1)),
    KeyBinding(("n",), "range mode: auto, fixed, frame", _range),
    KeyBinding(("+", "-"), "gain: half or twice the range's limits (auto and fixed)", _gain),
    KeyBinding(("0",), "gain back to 1", _gain),
    KeyBinding(("c",), "next colour map", _colormap),
    KeyBinding(("m",), "mirror left and right", _toggle("mirror")),
    KeyBinding(("x",), "true convolution (flipped kernels) or cross-correlation", _toggle("true_convolution")),
    KeyBinding(("k",), "kernels with their numbers", _toggle("kernels")),
    KeyBinding(("i",), "inspector: point at a pixel; click to pin it, right click to let it go", _inspector),
    KeyBinding(("t",), "tint what ReLU sets to zero", _tint),
    KeyBinding(("g",), "hide and show the input", _toggle("gray_tile")),
    KeyBinding(("z",), "enlarge a map and back (or click its tile)", _enlarge),
    KeyBinding(tuple(ARROWS), "move the pinned pixel, or pan the enlarged map", _arrow),
    KeyBinding(("s",), "snapshot", lambda state, _: (state, Effect.SNAPSHOT)),
    KeyBinding(("v",), "record, and stop recording", lambda state, _: (state, Effect.RECORD)),
    KeyBinding(("p",), "profile: rates, stages, latency", _toggle("profile")),
    KeyBinding(("w",), "full screen", _toggle("fullscreen")),
    KeyBinding(("h", "?"), "this help", _toggle("help")),
)

_BINDING_OF = {key: binding for binding in KEYS for key in binding.keys}


def press(state: ViewState, key: str) -> tuple[ViewState, Effect | None]:
    """What `key` ("q", "Esc", "space", "Left", ...) makes of the state; a key without a binding changes nothing."""
    binding = _BINDING_OF.get(key)
    if binding is None:
        return state, None
    pressed = binding.press(state, key)
    return pressed if isinstance(pressed, tuple) else (pressed, None)


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
