"""Running a module and watching its parts: what each call gives, in the order in which the calls end.

Hooks are set for one run and taken off after it; what they see is kept before anything later can overwrite it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from convviz_core.models.abandoning import abandonable
from convviz_core.models.errors import ModelError, first_line

OnCall = Callable[["Call"], None]


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a part of a module. name: its path, with #2 behind it for its second call in this run."""

    name: str
    module: nn.Module
    inputs: tuple[Any, ...]
    output: Any

    @property
    def map_shape(self) -> tuple[int, int, int] | None:
        """(C, h, w) where the output is one float tensor (1, C, h, w) that is not empty."""
        output = self.output
        if not isinstance(output, Tensor) or output.ndim != 4 or output.shape[0] != 1 or not output.numel():
            return None
        if not output.is_floating_point():
            return None
        _, channels, height, width = output.shape
        return channels, height, width

    def with_own_output(self) -> Call:
        """With its output in memory of its own, which nothing later in the run overwrites."""
        return replace(self, output=self.output.clone()) if isinstance(self.output, Tensor) else self


class _Reached(BaseException):
    """Ends a run behind the call that was wanted; no Exception, so that no model catches it."""


def numbered(path: str, call: int) -> str:
    """The name of a part's nth call."""
    return path if call == 1 else f"{path}#{call}"


def split(name: str) -> tuple[str, int]:
    """A name as path and number of the call; what is no number belongs to the path."""
    path, mark, number = name.rpartition("#")
    return (path, int(number)) if mark and number.isdecimal() and int(number) > 1 else (name, 1)


def parts_of(module: nn.Module) -> dict[str, nn.Module]:
    """The parts that can be watched, by path; a module without parts is its own, by the name of its class."""
    parts = {path: part for path, part in module.named_modules() if path}
    return parts or {type(module).__name__: module}


def watch(module: nn.Module, values: Tensor, on_call: OnCall, *, abandons: bool = False) -> None:
    """Run the module on (1, C, h, w), telling every call of its parts as it ends; `on_call` may raise.

    abandons: see run_through; not where others wait for what it finds, too. Errors: ModelError with the model's own
    words where it fails.
    """
    with hooked(parts_of(module).items(), on_call):
        run_through(module, values, abandons=abandons)


def run_to(module: nn.Module, names: Collection[str], values: Tensor) -> dict[str, Call]:
    """Run the module on (1, C, h, w), and end behind the last of the calls `names`; those that were made in this run.

    Nothing that comes later in the run has changed a call's output. Errors: ModelError.
    """
    parts, found = parts_of(module), dict[str, Call]()

    def on_call(call: Call) -> None:
        if call.name in names:
            last = len(found) == len(set(names)) - 1
            found[call.name] = call if last else call.with_own_output()
            if last:
                raise _Reached

    with hooked([(path, parts[path]) for path in dict.fromkeys(split(name)[0] for name in names)], on_call):
        run_through(module, values)
    return found


@contextmanager
def hooked(parts: Iterable[tuple[str, nn.Module]], on_call: OnCall) -> Iterator[None]:
    """Inside, every call of these parts is told as it ends."""
    calls: Counter[str] = Counter()

    def hook_for(path: str) -> Callable[..., None]:
        def hook(part: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            calls[path] += 1
            on_call(Call(numbered(path, calls[path]), part, inputs, output))

        return hook

    handles = [part.register_forward_hook(hook_for(path)) for path, part in parts]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def run_through(module: nn.Module, values: Tensor, *, abandons: bool = True) -> None:
    """Run the module without gradients, to its end or to where `stop` was called. Errors: ModelError.

    abandons: Abandoned where it is wanted no more.
    """
    height, width = values.shape[-2:]
    try:
        with torch.no_grad(), abandonable(module) if abandons else nullcontext():
            module(values)
    except _Reached:
        pass
    except (ModelError, torch.OutOfMemoryError, torch.AcceleratorError):
        raise  # the device's errors are its engine's to name
    except Exception as error:  # whatever a person's model raises
        kind = {1: "gray", 3: "RGB"}.get(values.shape[1], f"{values.shape[1]}-channel")
        raise ModelError(f"the model fails on a {width}x{height} {kind} picture: {first_line(error)}") from error


def stop() -> None:
    """Inside an `on_call`: nothing more of this run is wanted."""
    raise _Reached
