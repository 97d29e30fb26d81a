"""The help's order: what a person wants to do, and the keys and gestures for it. Each key is there once."""

from __future__ import annotations

from dataclasses import dataclass

from live.controls import KEYS
from live.edit_keys import EDIT_BINDING_OF, EDIT_GESTURES, EDIT_KEYS
from live.key_binding import KeyBinding, key_names

Line = tuple[str, str]  # keys or gesture, and what they do


@dataclass(frozen=True)
class Purpose:
    """One thing that one may want: what its keys and gestures are. keys: one of each binding; gestures: their words."""

    title: str
    keys: tuple[str, ...]
    gestures: tuple[Line, ...] = ()


PURPOSES: tuple[Purpose, ...] = (
    Purpose(
        "Look closer",
        ("z", "Left", "0", "g"),
        (("wheel", "zoom all tiles about the pointer"), ("drag", "move what is zoomed or enlarged")),
    ),
    Purpose(
        "Ask why a pixel is bright",
        ("i", ",", "k", "t", "x"),
        (
            ("click", "with the inspector: pin the pixel, and again: let it go; without: enlarge the map"),
            ("Shift+click", "watch one more pixel, up to four"),
            ("right click", "let the nearest pinned or watched pixel go"),
            ("wheel", "over the inspector: scroll its maps"),
            ("point", "at a cell of the inspector's matrices: its numbers are told"),
        ),
    ),
    Purpose("Compare two layers", ("a", "b")),
    Purpose("Choose the filters", ("f", "d", "1", "r")),
    Purpose(
        "Change the layer",
        ("e", "l", "u"),
        (("wheel", "over a line of the layer's settings: the next value"),),
    ),
    Purpose("Change how it looks", ("n", "+", "c", "m", "w")),
    Purpose("Stop the time", ("space", ".")),
    Purpose("Keep what is there", ("s", "v")),
    Purpose("Measure", ("p", "j")),
    Purpose("Help, and the end", ("h", "PageDown", "q")),
)


def help_sections() -> list[tuple[str, list[Line]]]:
    """Title and lines of each purpose, gestures behind the keys."""
    bindings = {key: binding for binding in KEYS for key in binding.keys}
    return [(purpose.title, [*map(_line, _found(bindings, purpose)), *purpose.gestures]) for purpose in PURPOSES]


def edit_sections() -> list[tuple[str, list[Line]]]:
    """The same while a kernel is edited: its keys first, and of the others those that keep their meaning."""
    first = ("Edit the kernel", [*map(_line, EDIT_KEYS), *EDIT_GESTURES])
    kept = [binding for binding in KEYS if not EDIT_BINDING_OF.keys() >= set(binding.keys)]
    lines = {_line(binding) for binding in kept}
    keys = {key_names(binding) for binding in KEYS}
    rest = [(title, [line for line in said if line in lines or line[0] not in keys]) for title, said in help_sections()]
    return [first, *((title, said) for title, said in rest if said)]


def _found(bindings: dict[str, KeyBinding], purpose: Purpose) -> list[KeyBinding]:
    return [bindings[key] for key in purpose.keys]


def _line(binding: KeyBinding) -> Line:
    return key_names(binding), binding.help
