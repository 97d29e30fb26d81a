"""What goes into one call of a model's part, as it was before the call, and which part's call made it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any
from weakref import ReferenceType, ref

from torch import Tensor, nn

from convviz_core.models.calls import Call, hooked, parts_of, run_through, split, stop


@dataclass(frozen=True, eq=False)
class Traced:
    """A call of a part. values: what went in, None where no tensor did; its own memory, which no one overwrites.

    made_by: the part whose call gave it just so; None where that is no part (a function, the picture). of_input: it is
    the model's input. also: another call of the same run, where that was asked for and gave maps.
    """

    call: Call
    values: Tensor | None
    made_by: str | None
    of_input: bool = False
    also: Call | None = None


class _Makers:
    """Which call gave which tensor: the same object, and not written to since."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[ReferenceType[Tensor], int | None, str]] = {}

    def note(self, call: Call) -> None:
        """Remember the call's output; what is passed on as it came is still its first maker's."""
        if isinstance(call.output, Tensor) and self.of(call.output) is None:
            self._made[id(call.output)] = ref(call.output), _version(call.output), call.name

    def of(self, values: Tensor) -> str | None:
        """The name of the call that gave `values`."""
        made = self._made.get(id(values))
        if made is None or made[0]() is not values or made[1] is None or made[1] != _version(values):
            return None
        return made[2]


def trace(module: nn.Module, name: str, values: Tensor, also: str | None = None) -> Traced | None:
    """Run the module on (1, C, h, w), and end behind the call `name`; None where it was not called in this run.

    also: another call, behind which the run ends where that is later. Errors: ModelError.
    """
    path, number = split(name)
    parts = parts_of(module)
    makers, calls = _Makers(), Counter[str]()
    entered: list[tuple[Tensor | None, str | None, bool]] = []
    found: list[Traced] = []
    others: list[Call] = []
    untouched = _version(values)

    def before(_part: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any]) -> None:
        calls[path] += 1
        if calls[path] == number:
            first = next((each for each in (*inputs, *named.values()) if isinstance(each, Tensor)), None)
            made_by = None if first is None or first is values else makers.of(first)
            of_input = first is values and _version(values) == untouched
            entered.append((None if first is None else first.detach().clone(), made_by, of_input))

    def on_call(call: Call) -> None:
        if call.name == also:
            others.append(call.with_own_output())
        if call.name == name and entered:
            found.append(Traced(call.with_own_output() if also and not others else call, *entered[0]))
        if found and (others or not also):
            stop()
        makers.note(call)

    handle = parts[path].register_forward_pre_hook(before, with_kwargs=True)
    try:
        with hooked(parts.items(), on_call):
            run_through(module, values)
    finally:
        handle.remove()
    shown = [call for call in others if call.map_shape is not None]
    return replace(found[0], also=shown[0] if shown else None) if found else None


def _version(values: Tensor) -> int | None:
    """How often the tensor was written to; None where torch does not count."""
    return None if values.is_inference() else values._version
