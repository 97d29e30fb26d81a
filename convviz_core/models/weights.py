"""Weights from a file into a model: state dicts and safetensors, whatever they are wrapped in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from convviz_core.filters.bank import FilterError
from convviz_core.filters.checkpoints.state_dicts import state_dicts_of
from convviz_core.filters.checkpoints.torch_file import open_torch_file
from convviz_core.models.errors import ModelError, first_line
from convviz_core.names import shown, utf8_path

Tensors = Mapping[str, Tensor]

_PREFIX = re.compile(r"(module|_orig_mod|model)\.")  # of DataParallel, torch.compile and training frameworks
_COUNTERS = "num_batches_tracked"  # which no answer depends on
_DEEPEST = 3  # dictionaries in dictionaries
_EVERYTHING = 1 << 62


def load_weights(module: nn.Module, path: Path) -> list[str]:
    """Put a file's weights into `module`; what to say about it. Errors: ModelError, one sentence, module unchanged."""
    try:
        path.open("rb").close()
        found = _read_safetensors(path) if path.suffix.lower() == ".safetensors" else _read_checkpoint(path)
    except OSError as error:
        raise ModelError(f"'{shown(path)}' cannot be read: {error.strerror or error}") from error
    wanted = module.state_dict()
    fitting = max((version for tensors in found for version in _versions(tensors)), key=lambda each: _fit(each, wanted))
    misfits = _misfits(fitting, wanted)
    if misfits:
        raise ModelError(f"the weights of '{shown(path.name)}' do not fit the model: {'; '.join(misfits)}")
    try:
        module.load_state_dict(dict(fitting), strict=False)
    except RuntimeError as error:  # a module that reads its own entries in its own way
        raise ModelError(f"the weights of '{shown(path.name)}' do not fit the model ({first_line(error)})") from error
    unused = [name for name in fitting if name not in wanted]
    notes = [f"the weights are those of '{shown(path.name)}'"]
    if unused:
        notes.append(f"the model has no use for {_some(unused)} in it")
    return notes


def _read_safetensors(path: Path) -> list[Tensors]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        with utf8_path(path) as readable:
            return [load_file(readable)]
    except SafetensorError as error:
        raise ModelError(f"'{shown(path)}' is not a whole safetensors file ({first_line(error)})") from error


def _read_checkpoint(path: Path) -> list[Tensors]:
    """Every dictionary of tensors in a file of torch.save. Nothing in it is run."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        found = list(_dictionaries(content, 0))
    except OSError:
        raise
    except Exception:  # classes beside the weights, which are not needed, or no such file
        found = _read_without_torch(path)
    if not found:
        raise ModelError(f"'{shown(path)}' holds no tensors with names: save model.state_dict() with torch.save")
    return found


def _dictionaries(content: object, depth: int) -> Iterator[Tensors]:
    if isinstance(content, Mapping) and depth <= _DEEPEST:
        tensors = {str(name): value for name, value in content.items() if isinstance(value, Tensor)}
        if tensors:
            yield tensors
        for value in content.values():
            yield from _dictionaries(value, depth + 1)


def _read_without_torch(path: Path) -> list[Tensors]:
    try:
        dicts = [found for found in state_dicts_of(open_torch_file(path)) if not found.of_optimizer]
        return [
            {
                name: torch.from_numpy(tensor.read(_EVERYTHING))
                for name, tensor in found.tensors.items()
                if not name.endswith(_COUNTERS)
            }
            for found in dicts
        ]
    except FilterError as error:
        raise ModelError(f"'{shown(path)}': {error}") from error


def _versions(tensors: Tensors) -> Iterator[Tensors]:
    """The tensors under their names, and with each prefix taken off that all of them have."""
    yield tensors
    while True:
        prefixes = {match[0] if (match := _PREFIX.match(name)) else "" for name in tensors}
        if len(prefixes) != 1 or "" in prefixes:
            return
        length = len(prefixes.pop())
        tensors = {name[length:]: tensor for name, tensor in tensors.items()}
        yield tensors


def _fit(tensors: Tensors, wanted: Tensors) -> tuple[int, int]:
    known = [name for name in tensors if name in wanted]
    return sum(_shape(wanted[name]) in (None, tuple(tensors[name].shape)) for name in known), len(known)


def _misfits(tensors: Tensors, wanted: Tensors) -> list[str]:
    """What keeps the tensors from being the model's, in parts of a sentence."""
    shapes = [
        f"'{shown(name)}' is {_sizes(tuple(tensors[name].shape))} in the file and {_sizes(shape)} in the model"
        for name, tensor in wanted.items()
        if name in tensors and (shape := _shape(tensor)) not in (None, tuple(tensors[name].shape))
    ]
    missing = [name for name in wanted if name not in tensors and not name.endswith(_COUNTERS)]
    parts = shapes[:3] + ([f"and {len(shapes) - 3} more of another shape"] if len(shapes) > 3 else [])
    if missing:
        parts.append(f"the file lacks {_some(missing)}")
        extra = [name for name in tensors if name not in wanted]
        parts += [f"and has {_some(extra)} instead"] if extra else []
    return parts


def _shape(tensor: Tensor) -> tuple[int, ...] | None:
    """None for what takes its shape from the first input."""
    return None if is_lazy(tensor) else tuple(tensor.shape)


def _sizes(shape: tuple[int, ...] | None) -> str:
    return "x".join(map(str, shape or ())) or "one number"


def _some(names: Iterable[str]) -> str:
    listed = [f"'{shown(name)}'" for name in names]
    rest = f" and {len(listed) - 3} more" if len(listed) > 3 else ""
    return ", ".join(listed[:3]) + rest
