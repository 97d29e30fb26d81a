"""Filters that a network has learnt: a convolution's weights from a .safetensors file or a torch state dict.

(N, 1, kh, kw) weights read gray; (N, 3, kh, kw) read the colour frame as RGB in [0, 1]. A bias is left out.
"""

from __future__ import annotations

import io
import pickletools
import re
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from convviz_core.arrays import AnyArray
from convviz_core.filters.bank import MAX_FILTERS, MAX_SIDE, Filter, FilterBank, FilterError

if TYPE_CHECKING:
    from torch import Tensor

Shape = tuple[int, ...]

RGB_NOTE = "these filters read the colour frame, as R, G, B in [0, 1]"
MAX_PICKLE_BYTES = 64 << 20  # of a state dict's structure, without the weights
_HOW_TO_SAVE = "save the weights alone with torch.save(model.state_dict(), FILE)"
_ZIP_MAGIC = b"PK\x03\x04"

# What a state dict is made of. torch's own, stricter list decides; this one is for saying what else a file holds, and
# it has no bytearray, which torch allows and which a few bytes can make fill the memory.
_STATE_DICT_PARTS = re.compile(
    r"(collections|_codecs|torch|torch\.(_utils|_tensor|storage|serialization|nn\.parameter))\.\w+"
    r"|(builtins|__builtin__)\.(set|complex)"
)


def read_safetensors(path: Path, tensor: str | None) -> FilterBank:
    """The bank in a .safetensors file: the tensor named, or the first convolution. Only that tensor is read."""
    from safetensors import SafetensorError, safe_open

    def read(name: str, count: int) -> AnyArray:
        with safe_open(path, "numpy") as file:
            dtype = file.get_slice(name).get_dtype()
            if dtype not in ("F64", "F32", "F16", "BF16"):
                raise FilterError(f"'{_shown(name)}' holds {dtype} values, want F64, F32, F16 or BF16")
            if dtype != "BF16":
                return np.asarray(file.get_slice(name)[:count])
        with safe_open(path, "pt") as file:  # numpy has no bfloat16, torch has
            return np.asarray(file.get_slice(name)[:count].float())

    path.open("rb").close()  # for the system's own words where the file may not be read
    try:
        with safe_open(path, "numpy") as file:
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 (no dict)
        return _bank_of(path, tensor, _in_layer_order(shapes), read)
    except SafetensorError as error:
        raise FilterError(f"it is not a whole safetensors file ({_shown(str(error))})") from error


def read_state_dict(path: Path, tensor: str | None) -> FilterBank:
    """The bank in a torch state dict, or in a checkpoint that holds one. Nothing in the file is run."""
    with path.open("rb") as file:
        is_zip = file.read(len(_ZIP_MAGIC)) == _ZIP_MAGIC
        file.seek(0)
        try:
            # Before torch 1.6 a file was four pickles, the last one the state dict, and then the weights.
            strangers = _strangers(_zipped_pickle(file), 1) if is_zip else _strangers(file, 4)
        except FilterError:
            raise
        except Exception as error:  # zipfile and pickletools raise all kinds of things about damaged files
            raise FilterError("it is not a whole state dict as torch.save writes it") from error
    if strangers:
        raise FilterError(
            f"it holds a whole pickled model or other code ({_listed(strangers)}), "
            f"of which nothing was run; {_HOW_TO_SAVE}"
        )
    return _read_with_torch(path, tensor, is_zip)


def _read_with_torch(path: Path, tensor: str | None, is_zip: bool) -> FilterBank:
    import torch

    try:
        with warnings.catch_warnings(action="ignore"):  # torch's advice is for whoever wrote the file
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=is_zip)
    except OSError:
        raise
    except Exception as error:  # UnpicklingError, RuntimeError, KeyError...: what damage leads to is open
        raise FilterError(f"torch cannot read it as a whole state dict; {_HOW_TO_SAVE}") from error
    tensors = _tensors_of(content)

    def read(name: str, count: int) -> AnyArray:
        weights = tensors[name]
        if not weights.is_floating_point() or weights.layout != torch.strided or weights.is_meta:
            raise FilterError(f"'{_shown(name)}' holds no plain floating-point weights but {weights.dtype}")
        return np.asarray(weights[:count].detach().float())

    return _bank_of(path, tensor, {name: tuple(weights.shape) for name, weights in tensors.items()}, read)


def _tensors_of(content: object) -> dict[str, Tensor]:
    """The tensors of a state dict; of a checkpoint, those of the first dictionary in it that holds a matrix or more."""
    from torch import Tensor

    if not isinstance(content, dict):
        raise FilterError(f"it holds a {type(content).__name__}, want a state dict; {_HOW_TO_SAVE}")
    candidates = [content, *(value for value in content.values() if isinstance(value, dict))]
    tensor_dicts = [{str(k): v for k, v in each.items() if isinstance(v, Tensor)} for each in candidates]
    return next((each for each in tensor_dicts if any(v.ndim >= 2 for v in each.values())), tensor_dicts[0])


def _zipped_pickle(file: BinaryIO) -> BinaryIO:
    """The pickle in a file of torch.save, once it is sure that nothing in the file unpacks to more than is there."""
    size = file.seek(0, io.SEEK_END)
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        inflated = sum(entry.file_size for entry in entries) > size or any(entry.compress_type for entry in entries)
        pickles = [entry for entry in entries if entry.filename.endswith("/data.pkl")]
        if inflated or len(pickles) != 1 or pickles[0].file_size > MAX_PICKLE_BYTES:
            raise FilterError(f"it is a zip file, but no state dict (is it a TorchScript program?); {_HOW_TO_SAVE}")
        return io.BytesIO(archive.read(pickles[0]))


def _strangers(file: BinaryIO, pickles: int) -> list[str]:
    """What `file`'s next pickles would import that no state dict needs, found without running them."""
    for _ in range(pickles):
        names = dict.fromkeys(_imports(file))
        if strangers := [name for name in names if not _STATE_DICT_PARTS.fullmatch(name)]:
            return strangers
    return []


def _imports(file: BinaryIO) -> Iterator[str]:
    module, name = "", ""
    for opcode, argument, _ in pickletools.genops(file):
        if opcode.name in ("GLOBAL", "INST"):
            yield str(argument).replace(" ", ".")
        elif opcode.name == "STACK_GLOBAL":
            yield f"{module}.{name}"
        elif isinstance(argument, str):
            module, name = name, argument


def _in_layer_order(shapes: Mapping[str, Shape]) -> dict[str, Shape]:
    """The tensors of a file that keeps no order, by name with numbers as numbers.

    Of a network's layers one reads gray: several (N, 1, kh, kw) are depthwise layers from its middle, and come last.
    """
    depthwise = sum(len(shape) == 4 and shape[1] == 1 for shape in shapes.values()) > 1

    def place(name: str) -> tuple[bool, list[tuple[int, str]]]:
        words = [(int(word), "") if word.isdecimal() else (-1, word) for word in re.split(r"([0-9]{1,9})", name)]
        return depthwise and len(shapes[name]) == 4 and shapes[name][1] == 1, words

    return {name: shapes[name] for name in sorted(shapes, key=place)}


def _bank_of(
    path: Path, tensor: str | None, shapes: Mapping[str, Shape], read: Callable[[str, int], AnyArray]
) -> FilterBank:
    name = _choose(tensor, shapes)
    count, channels, height, width = shapes[name]
    if not all(1 <= side <= MAX_SIDE for side in (height, width)):
        raise FilterError(f"'{_shown(name)}' has {height}x{width} kernels, want 1x1 to {MAX_SIDE}x{MAX_SIDE}")
    if not count:
        raise FilterError(f"'{_shown(name)}' has 0 filters, want 1 to {MAX_FILTERS}")
    notes = [f"the filters are '{_shown(name)}' of {path.name}, {count} of {height}x{width}"]
    if count > MAX_FILTERS:
        notes.append(f"only the first {MAX_FILTERS} of these {count} filters are used")
    if name.removesuffix("weight") + "bias" in shapes:
        notes.append("the layer's bias is left out")
    if channels == 3:
        notes.append(RGB_NOTE)
    kernels = read(name, min(count, MAX_FILTERS))
    if channels == 1:
        kernels = kernels[:, 0]
    filters = tuple(Filter(f"filter {number}", kernel) for number, kernel in enumerate(kernels, 1))
    return FilterBank(f"{path.stem}:{_shown(name)}", filters, notes=tuple(notes))


def _choose(tensor: str | None, shapes: Mapping[str, Shape]) -> str:
    """The name of the weights that are meant: `tensor`, `tensor`.weight, or the first that can read a frame."""
    wanted = "(N, 1, kh, kw) or (N, 3, kh, kw)"
    held = f"the file holds {_listed(f'{name} {shape}' for name, shape in shapes.items())}"
    if tensor is None:
        if first := next((name for name, shape in shapes.items() if _reads_frames(shape)), None):
            return first
        raise FilterError(f"it has no convolution that reads gray or colour, {wanted}; {held}")
    name = next((name for name in (tensor, f"{tensor}.weight") if name in shapes), None)
    if name is None:
        raise FilterError(f"it has no tensor '{_shown(tensor)}'; {held}")
    if not _reads_frames(shapes[name]):
        raise FilterError(f"'{_shown(name)}' has shape {shapes[name]}, want {wanted}; {held}")
    return name


def _reads_frames(shape: Shape) -> bool:
    return len(shape) == 4 and shape[1] in (1, 3)


def _listed(names: Iterable[str]) -> str:
    """The first names, made printable, and how many more there are."""
    names = list(names)
    rest = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return (", ".join(_shown(name) for name in names[:8]) or "nothing") + rest


def _shown(text: str) -> str:
    """`text` from a file, fit for a message: printable ASCII, at most 80 characters."""
    printable = ascii(text)[1:-1]
    return printable if len(printable) <= 80 else f"{printable[:77]}..."
