"""One line of a table of keys, and how such lines are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from live.key_effects import ARROWS, Answer
from live.state import ViewState

_SIGNS = {",": "comma", ".": "full stop"}  # by their names too: they are hardly seen


@dataclass(frozen=True)
class KeyBinding:
    """The keys' names, what they do in a person's words, and the change itself."""

    keys: tuple[str, ...]
    help: str
    press: Callable[[ViewState, str], Answer]


def key_names(binding: KeyBinding) -> str:
    """The keys of one line as help and README write them: "q Esc", "1-9", "arrows"."""
    if binding.keys == tuple("123456789"):
        return "1-9"
    if binding.keys == tuple(ARROWS):
        return "arrows"
    return " ".join(f"{key} ({_SIGNS[key]})" if key in _SIGNS else key for key in binding.keys)


def markdown_table(bindings: Iterable[KeyBinding]) -> str:
    """A table of keys, as the README has it."""
    rows = [f"| `{key_names(binding)}` | {binding.help} |" for binding in bindings]
    return "\n".join(["| key | what it does |", "| --- | --- |", *rows])
