"""The layer's geometry and bias on the command line, and what they make of a bank."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace

from convviz_core.filters.bank import FilterBank
from convviz_core.geometry import ConvSettings, GeometryError, PaddingMode
from live.state import LayerChoice

MOST = 1024  # pixels of stride, padding or dilation: what else is a slip of the keyboard

Pair = int | tuple[int, int]


def add_geometry_options(layer: argparse._ArgumentGroup) -> None:
    """--stride, --padding, --padding-mode, --dilation and --bias."""
    layer.add_argument("--stride", type=_pair(1), metavar="S|SY,SX", help="pixels from one response to the next")
    layer.add_argument(
        "--padding",
        type=_padding,
        metavar="P|PY,PX|same",
        help="pixels added on each side; same: as large as the frame",
    )
    modes = tuple(map(str, PaddingMode))
    layer.add_argument("--padding-mode", choices=modes, metavar="MODE", help=f"what stands there: {', '.join(modes)}")
    layer.add_argument("--dilation", type=_pair(1), metavar="D|DY,DX", help="pixels from one weight to the next")
    layer.add_argument("--bias", choices=("use", "none"), default="none", help="add the bank's bias, where it has one")


def choice_of(bank: FilterBank, arguments: argparse.Namespace) -> LayerChoice:
    """The bank with its file's geometry, where the command line says nothing else. GeometryError, one sentence."""
    asked = {name: getattr(arguments, name) for name in ("stride", "padding", "padding_mode", "dilation")}
    given = {name: value for name, value in asked.items() if value is not None}
    try:
        conv = replace(bank.conv or ConvSettings(), **given)
    except GeometryError as error:
        raise GeometryError(f"'{bank.name}': {error}" if bank.conv else str(error)) from None
    return LayerChoice(bank, conv, arguments.bias == "use")


def bias_words(choice: LayerChoice) -> str | None:
    """What a person must be told about its bias, if anything."""
    if choice.bank.bias is not None and not choice.bias:
        return f"'{choice.bank.name}' has a bias, which is not used: --bias use adds it"
    if choice.bank.bias is None and choice.bias:
        return f"'{choice.bank.name}' has no bias that could be used"
    return None


def _pair(least: int, words: str = "") -> Callable[[str], Pair]:
    """words: what else is taken, for the sentence that refuses."""

    def parse(text: str) -> Pair:
        numbers = text.split(",")
        if len(numbers) > 2 or not all(number.strip().removeprefix("-").isdecimal() for number in numbers):
            raise argparse.ArgumentTypeError(f"'{text}' is not {words}a whole number, or two for y and x: 2, or 2,1")
        values = [int(number) for number in numbers if len(number) < 10]
        if len(values) < len(numbers) or not all(least <= value <= MOST for value in values):
            raise argparse.ArgumentTypeError(f"'{text}' is not from {least} to {MOST}")
        return values[0] if len(values) == 1 else (values[0], values[1])

    return parse


def _padding(text: str) -> Pair | str:
    return text if text == "same" else _pair(0, "'same', ")(text)
