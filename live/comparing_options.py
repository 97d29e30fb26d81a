"""A second layer on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from convviz_core.filters.files import bank_file
from convviz_core.layer import Activation
from live.commands import bank_from
from live.comparing import CompareMode, Comparing
from live.errors import OptionsError
from live.layer_options import bias_words, choice_of

SHOWN = tuple(mode.value for mode in CompareMode if mode != CompareMode.OFF)


def add_comparing_options(layer: argparse._ArgumentGroup) -> None:
    """--compare and --compare-as."""
    layer.add_argument("--compare", metavar="NAME|FILE", help="a second filter bank on the same frames")
    layer.add_argument("--compare-as", choices=SHOWN, help="how the two are shown (default: beside)")


def comparing_of(arguments: argparse.Namespace, say: Callable[[str], None]) -> Comparing:
    """The other side that is asked for, with the geometry and the activation of the command line.

    Errors: FilterError, GeometryError, OptionsError.
    """
    if arguments.compare is None:
        if arguments.compare_as is not None:
            raise OptionsError("--compare-as says how two layers are shown, and --compare, which names one, is missing")
        return Comparing()
    choice = choice_of(bank_from(arguments.compare, say), arguments)
    if words := bias_words(choice):
        say(words)
    file, kept = (choice if compared_file(arguments) else None), choice.layer(Activation(arguments.activation))
    return Comparing(kept, file, mode=CompareMode(arguments.compare_as or CompareMode.BESIDE))


def compared_file(arguments: argparse.Namespace) -> list[Path]:
    """The file that the other side comes from, if it does."""
    path = None if arguments.compare is None else bank_file(arguments.compare)
    return [] if path is None else [path]
