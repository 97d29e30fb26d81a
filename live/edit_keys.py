"""The table of keys while a kernel is edited; all others keep their meaning. What they do stands in editing.py."""

from __future__ import annotations

from live import editing
from live.key_binding import KeyBinding
from live.key_effects import ARROWS, Answer, Effect
from live.state import ViewState


def undo(state: ViewState, key: str) -> ViewState:
    """u: without the last step; y: with it again."""
    return editing.with_settings(state, state.settings.undone() if key == "u" else state.settings.redone())


def _write(state: ViewState, _key: str) -> Answer:
    return state, Effect.WRITE_BANK


EDIT_KEYS: tuple[KeyBinding, ...] = (
    KeyBinding(("e", "Esc"), "leave editing; what was changed stays", lambda state, _: editing.leave(state)),
    KeyBinding(tuple(ARROWS), "choose a weight (or click it)", lambda state, key: editing.move(state, *ARROWS[key])),
    KeyBinding(
        ("Tab", "Shift+Tab"),
        "the next and the previous filter",
        lambda state, key: editing.next_filter(state, 1 if key == "Tab" else -1),
    ),
    KeyBinding(
        ("+", "-"),
        "one step more or less for the weight (or turn the wheel over it)",
        lambda state, key: editing.change(state, 1 if key == "+" else -1),
    ),
    KeyBinding(("0",), "make the weight 0", lambda state, _: editing.set_weight(state, 0.0)),
    KeyBinding(("u", "y"), "undo, and do it again: weights, shapes, filters, geometry, bias", undo),
    KeyBinding(("o",), "write the bank to a new file, NAME-edited.toml", _write),
    KeyBinding(("!",), "negate the kernel", editing.act),
    KeyBinding(("@",), "turn it by 90 degrees, clockwise (the bank becomes square first)", editing.act),
    KeyBinding(('"',), "mirror it left and right", editing.act),
    KeyBinding(("$",), "make its sum 0", editing.act),
    KeyBinding(("%",), "make the sum of its weights' sizes 1", editing.act),
    KeyBinding(("Backspace",), "clear it: every weight 0", editing.act),
    KeyBinding((")", "("), "one row more, one fewer, for all kernels of the bank, about their middle", editing.act),
    KeyBinding((">", "<"), "one column more, one fewer, in the same way", editing.act),
    KeyBinding(("Insert",), "add a filter: a copy of this one behind it", editing.act),
    KeyBinding(("Delete",), "remove the filter", editing.act),
)
RESIZES = (")", "(", ">", "<")
EDIT_BINDING_OF = {key: binding for binding in EDIT_KEYS for key in binding.keys}
EDIT_GESTURES = (
    ("drag", "over weights: give them the value where the drag began"),
    ("click", "a button of the panel does what its key does"),
)


def why_no_edit(state: ViewState, key: str) -> str:
    """For a key of the table that leaves `state` as it is, in one sentence."""
    bank = state.layer.bank
    rows, columns = bank.kernel_hw
    sentences = {
        "u": "there is nothing to undo",
        "y": "there is nothing that was undone",
        "0": "the weight is 0 already",
        "!": "every weight is 0: there is no sign to turn",
        "@": "turned by 90 degrees, the kernel is the same",
        '"': "mirrored, the kernel is the same",
        "$": "its sum is 0 already",
        "%": "the sum of its weights' sizes is 1 already, or nothing but zeros",
        "Backspace": "every weight is 0 already",
        ")": f"there are {rows} rows, and no kernel has more",
        "(": "there is only this row",
        ">": f"there are {columns} columns, and no kernel has more",
        "<": "there is only this column",
        "Insert": f"there are {len(bank)} filters, and no bank has more",
        "Delete": "it is the only filter",
    }
    if key in ARROWS:
        return "the kernel ends here: Tab goes on to the next filter"
    if key in ("+", "-"):
        return "at this size a step is too small to change the weight"
    return sentences.get(key, "there is only this filter")


def where_resized(state: ViewState, key: str) -> str:
    """For a key that has just given the kernels a row or a column more or fewer: at which side, and why there.

    state: after it. Nothing for other keys.
    """
    if key not in RESIZES:
        return ""
    rows, columns = state.layer.bank.kernel_hw
    line, length, sides = ("row", rows, ("top", "bottom")) if key in ")(" else ("column", columns, ("left", "right"))
    more = key in ")>"
    side = sides[(length % 2 == 0) == more]
    done = f"the new {line} is at the {side}" if more else f"the {line} at the {side} is gone"
    return f"{done}, so that the kernel's middle stays where it is"
