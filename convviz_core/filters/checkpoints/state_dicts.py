"""The state dicts in a file: its dictionaries of tensors, at whatever depth, each with the names of those above it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from convviz_core.filters.checkpoints.first_convolution import is_copy
from convviz_core.filters.checkpoints.layouts import in_torch_layout
from convviz_core.filters.checkpoints.pickled import Made
from convviz_core.filters.checkpoints.reparametrised import put_together
from convviz_core.filters.checkpoints.stored_tensor import Shape, StoredTensor
from convviz_core.filters.checkpoints.torch_file import TorchFile
from convviz_core.filters.checkpoints.torch_tensors import tensor_of

_DEEPEST = 32  # dictionaries in dictionaries
_MODULE_PARTS = {"_parameters", "_modules"}  # what a pickled torch.nn.Module has in it


@dataclass(frozen=True)
class StateDict:
    """A dictionary of tensors. `path` are the keys that lead to it; `in_order` says that its order is the layers'."""

    path: tuple[str, ...]
    tensors: Mapping[str, StoredTensor]
    in_order: bool = True
    of_optimizer: bool = False

    @property
    def shapes(self) -> dict[str, Shape]:
        """The tensors' shapes by their names."""
        return {name: tensor.shape for name, tensor in self.tensors.items()}

    @property
    def is_aside(self) -> bool:
        """Whether it holds something beside the network that was trained: an average, an optimizer's state."""
        return self.of_optimizer or any(map(is_copy, self.path))

    def full(self, name: str) -> str:
        """A tensor's name with the keys that lead to it."""
        return ".".join((*self.path, name))


def state_dicts_of(file: TorchFile) -> list[StateDict]:
    """Every dictionary in the file that holds a tensor, in the file's order. Errors: FilterError."""
    return [found for found in _walk(file, file.pickle.content, (), set(), False) if found.tensors]


def holds_module(content: object) -> bool:
    """Whether a pickled model lies at the top, or one or two dictionaries below."""
    below = [content, *_values(content)]
    return any(map(_is_module, [*below, *(value for each in below for value in _values(each))]))


def _walk(
    file: TorchFile, value: object, path: tuple[str, ...], seen: set[int], of_optimizer: bool
) -> Iterator[StateDict]:
    entries = _entries(value)
    if entries is None or id(value) in seen or len(path) > _DEEPEST:
        return
    seen.add(id(value))
    of_optimizer = of_optimizer or {"state", "param_groups"} <= entries.keys()
    tensors = {name: tensor for name, part in entries.items() if (tensor := tensor_of(part, file)) is not None}
    yield StateDict(path, in_torch_layout(put_together(tensors)), of_optimizer=of_optimizer)
    for name, part in entries.items():
        yield from _walk(file, part, (*path, name), seen, of_optimizer)


def _entries(value: object) -> dict[str, Any] | None:
    """What a dictionary holds by its keys, or a list by its numbers, without plain values; None for other things."""
    if isinstance(value, Made):
        value = value.entries or value.items
    if isinstance(value, dict):
        return {str(key): part for key, part in value.items() if isinstance(part, Made | dict | list | tuple)}
    if isinstance(value, list | tuple):
        return {str(number): part for number, part in enumerate(value) if isinstance(part, Made | dict | list | tuple)}
    return None


def _values(value: object) -> list[Any]:
    return list((_entries(value) or {}).values())


def _is_module(value: object) -> bool:
    return isinstance(value, Made) and isinstance(value.state, dict) and value.state.keys() >= _MODULE_PARTS
