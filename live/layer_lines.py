"""The settings of the layer that the panel of `l` lists, line by line: what each says, and the next value of each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from convviz_core.geometry import ConvSettings, GeometryError, PaddingMode
from live.layer_options import MOST
from live.layer_settings import LayerChoice

# Which setting, and which part of it: both directions together, or y or x alone.
LINES: tuple[tuple[str, int | None], ...] = (
    *(("stride", part) for part in (None, 0, 1)),
    *(("padding", part) for part in (None, 0, 1)),
    ("padding_mode", None),
    *(("dilation", part) for part in (None, 0, 1)),
    ("bias", None),
)
NAMES = {
    "stride": "stride",
    "padding": "padding",
    "padding_mode": "padding mode",
    "dilation": "dilation",
    "bias": "bias",
}
PARTS = {None: "", 0: "    y, from row to row", 1: "    x, from column to column"}


def line_words(choice: LayerChoice) -> tuple[tuple[str, str], ...]:
    """Name and value of every line."""
    return tuple((PARTS[part] or NAMES[name], _value(choice, name, part)) for name, part in LINES)


def stepped(choice: LayerChoice, line: int, step: int) -> LayerChoice:
    """With the line's next value, or the one before. GeometryError, one sentence, where there is none."""
    name, part = LINES[line]
    if name == "bias":
        if choice.bank.bias is None:
            raise GeometryError(f"'{choice.bank.name}' has no bias: a filter file may give one, as trained layers do")
        return replace(choice, bias=not choice.bias)
    if name == "padding_mode":
        modes = list(PaddingMode)
        mode = modes[(modes.index(PaddingMode(choice.conv.padding_mode)) + step) % len(modes)]
        return replace(choice, conv=replace(choice.conv, padding_mode=mode))
    return replace(choice, conv=_counted(choice.conv, name, part, step))


def _counted(conv: ConvSettings, name: str, part: int | None, step: int) -> ConvSettings:
    now, least = getattr(conv, name), 0 if name == "padding" else 1
    if now == "same":
        if part is None and step < 0:
            raise GeometryError("padding is 'same' already, and goes no further")
        now = (0, 0) if part is not None else (-1, -1)
    value: Any
    if part is None:
        both = max(now) + step if now[0] == now[1] else max(now)  # at first, both alike
        value = "same" if name == "padding" and both < 0 else (both, both)
    else:
        value = (now[0] + step, now[1]) if part == 0 else (now[0], now[1] + step)
    if value != "same" and not least <= min(value) <= max(value) <= MOST:
        raise GeometryError(f"{NAMES[name]} goes from {least} to {MOST}")
    return replace(conv, **{name: value})


def _value(choice: LayerChoice, name: str, part: int | None) -> str:
    if name == "bias":
        if choice.bank.bias is None:
            return "none in this bank"
        return "added" if choice.bias else "not added"
    value = getattr(choice.conv, name)
    if not isinstance(value, tuple):
        return "" if part is not None else str(value)
    if part is not None:
        return str(value[part])
    return str(value[0]) if value[0] == value[1] else f"{value[0]}, {value[1]}"
