"""Filters that a network has learnt: a convolution's weights from a .safetensors file or a checkpoint of torch's.

(N, 1, kh, kw) weights read gray; (N, 3, kh, kw) read the colour frame as RGB in [0, 1]. A layer's bias
comes along.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np

from convviz_core.arrays import AnyArray
from convviz_core.filters.bank import MAX_FILTERS, MAX_SIDE, Filter, FilterBank, FilterError
from convviz_core.filters.checkpoints.first_convolution import in_layer_order
from convviz_core.filters.checkpoints.layouts import in_torch_layout
from convviz_core.filters.checkpoints.pickled import Made
from convviz_core.filters.checkpoints.reparametrised import put_together
from convviz_core.filters.checkpoints.state_dicts import StateDict, holds_module, state_dicts_of
from convviz_core.filters.checkpoints.stored_tensor import MAX_VALUES, TOO_MANY_VALUES, StoredTensor
from convviz_core.filters.checkpoints.tensor_choice import Chosen, choose, listed, short
from convviz_core.filters.checkpoints.torch_file import HOW_TO_SAVE, open_torch_file
from convviz_core.names import shown, utf8_path

RGB_NOTE = "these filters read the colour frame, as R, G, B in [0, 1]"

# What a state dict is made of; the rest is told where a file holds no weights.
_STATE_DICT_PARTS = re.compile(
    r"(collections|_codecs|torch|torch\.(_utils|_tensor|storage|serialization|nn\.parameter))\.\w+"
    r"|(builtins|__builtin__)\.(set|complex)"
)
# What no training leaves in a checkpoint, and other programs would run: the file is not to be trusted.
_HARMFUL = re.compile(
    r"(os|posix|nt|sys|subprocess|shutil|socket|importlib|runpy|pty|ctypes|webbrowser|pickle)\..*"
    r"|(builtins|__builtin__)\.(eval|exec|execfile|compile|open|__import__|apply|input|breakpoint)"
)


def read_safetensors(path: Path, tensor: str | None) -> FilterBank:
    """The bank in a .safetensors file: the tensor named, or the first convolution. Only that tensor is read."""
    from safetensors import SafetensorError, safe_open

    path.open("rb").close()  # for the system's own words where the file may not be read
    try:
        with utf8_path(path) as readable, safe_open(readable, "numpy") as file:
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 (no dict)
            mlx = (file.metadata() or {}).get("format") == "mlx"
        tensors = {name: StoredTensor(shapes[name], _Rows(path, name)) for name in in_layer_order(shapes)}
        whole = in_torch_layout(put_together(tensors), mlx=mlx)
        return _bank_of(path, choose([StateDict((), whole, in_order=False)], tensor))
    except SafetensorError as error:
        raise FilterError(f"it is not a whole safetensors file ({short(str(error))})") from error


class _Rows:
    """Reads the first rows of a tensor in a .safetensors file."""

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name

    def __call__(self, count: int) -> AnyArray:
        from safetensors import safe_open

        with utf8_path(self.path) as readable, safe_open(readable, "numpy") as file:
            part = file.get_slice(self.name)
            shape, dtype = part.get_shape(), part.get_dtype()
            if dtype not in ("F64", "F32", "F16", "BF16"):
                raise FilterError(f"{dtype} values, want F64, F32, F16 or BF16")
            if math.prod([min(size, count) for size in shape[:1]] + shape[1:]) > MAX_VALUES:
                raise FilterError(TOO_MANY_VALUES)
            rows = slice(min(count, shape[0])) if shape else ...
            if dtype != "BF16":
                return np.asarray(part[rows])
        # numpy has no bfloat16, torch has
        with utf8_path(self.path) as readable, safe_open(readable, "pt") as file:
            return np.asarray(file.get_slice(self.name)[rows].float())


def read_state_dict(path: Path, tensor: str | None) -> FilterBank:
    """The bank in a torch state dict, or in a checkpoint that holds one. Nothing in the file is run."""
    file = open_torch_file(path)
    if harmful := [name for name in file.pickle.names if _HARMFUL.fullmatch(name)]:
        raise FilterError(_refused_code(harmful))
    dicts = state_dicts_of(file)
    try:
        chosen = choose(dicts, tensor)
    except FilterError:
        strangers = [name for name in file.pickle.names if not _STATE_DICT_PARTS.fullmatch(name)]
        if strangers and not (dicts and _holds_weights(dicts, file.pickle.content)):
            raise FilterError(_refused_code(strangers)) from None
        if not dicts:
            raise FilterError(f"it holds {_kind(file.pickle.content)}, want a state dict; {HOW_TO_SAVE}") from None
        raise
    return _bank_of(path, chosen)


def _holds_weights(dicts: list[StateDict], content: object) -> bool:
    """Whether the dictionaries are those of networks, and not only what lies beside a model that was pickled whole."""
    layers = any(len(shape) == 4 for found in dicts if not found.of_optimizer for shape in found.shapes.values())
    return layers or not holds_module(content)


def _refused_code(names: list[str]) -> str:
    return f"it holds a whole pickled model or other code ({listed(names)}), of which nothing was run; {HOW_TO_SAVE}"


def _kind(content: object) -> str:
    """What lies in a file that has no dictionary of tensors."""
    match content:
        case Made(name=name) if name.startswith("torch._utils._rebuild"):
            return "a tensor"
        case Made() | dict() | list() | tuple():
            return "no tensors with names"
        case str() | bytes():
            return "text"
        case _:
            return "a number or the like"


def _bank_of(path: Path, chosen: Chosen) -> FilterBank:
    count, channels, height, width = chosen.tensor.shape
    name = short(chosen.name)
    if not all(1 <= side <= MAX_SIDE for side in (height, width)):
        raise FilterError(f"'{name}' has {height}x{width} kernels, want 1x1 to {MAX_SIDE}x{MAX_SIDE}")
    if not count:
        raise FilterError(f"'{name}' has 0 filters, want 1 to {MAX_FILTERS}")
    notes = [f"the filters are '{name}' of {shown(path.name)}, {count} of {height}x{width}"]
    if count > MAX_FILTERS:
        notes.append(f"only the first {MAX_FILTERS} of these {count} filters are used")
    notes += [chosen.tensor.note] if chosen.tensor.note else []
    if channels == 3:
        notes.append(RGB_NOTE)
    try:
        kernels = chosen.tensor.read(min(count, MAX_FILTERS))
    except FilterError as error:
        raise FilterError(f"'{name}' holds {error}") from error
    if channels == 1:
        kernels = kernels[:, 0]
    bias, why_none = _bias_of(chosen.bias, len(kernels))
    notes += [why_none] if why_none else []
    filters = tuple(Filter(f"filter {number}", kernel) for number, kernel in enumerate(kernels, 1))
    return FilterBank(f"{shown(path.stem)}:{name}", filters, notes=tuple(notes), bias=bias)


def _bias_of(stored: StoredTensor | None, count: int) -> tuple[AnyArray | None, str]:
    """The first `count` biases; None, and why, where they are no numbers: the weights can do without."""
    if stored is None:
        return None, ""
    try:
        bias = stored.read(count)
    except FilterError as error:
        return None, f"the layer's bias is left out, since it holds {error}"
    with np.errstate(over="ignore"):
        usable = bool(np.isfinite(bias.astype(np.float32)).all())
    return (bias, "") if usable else (None, "the layer's bias is left out, since it holds what is not a finite number")
