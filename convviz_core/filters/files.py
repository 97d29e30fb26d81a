"""Filter banks by name or from a file: TOML written by hand, numpy arrays, trained weights.

Every size is checked before memory is taken for it, nothing in a file is ever run, and whatever is wrong with a file
becomes a FilterError of one sentence.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from convviz_core.filters.bank import FilterBank, FilterError, kernel_shape_in
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.filters.checkpoints.layouts import EITHER_NOTE, KERAS_NOTE, is_either, is_keras, keras_to_torch
from convviz_core.filters.toml import read_toml, to_toml
from convviz_core.filters.trained import RGB_NOTE, read_safetensors, read_state_dict
from convviz_core.names import did_you_mean, shown

__all__ = ["bank_file", "load_bank", "load_to_run", "to_toml"]

# Where a file may end, with a tensor's name behind the colon; that of C:\\ does not split a path.
_END_OF_FILE = re.compile(r"\.(?:safetensors|pth\.tar|pt|pth|ckpt|bin)(?=:)", re.IGNORECASE)


def load_bank(name_or_path: str | Path) -> FilterBank:
    """A built-in bank by its name, or the bank in a file.

    Files: `.toml`; `.npy` of shape (kh, kw), (N, kh, kw), (N, 1, kh, kw) or (N, 3, kh, kw), or Keras's (kh, kw, C, N)
    where the shape tells; `.safetensors` and torch's checkpoints, `.pt`, `.pth`, `.pth.tar`, `.ckpt` or `.bin`, with a
    tensor's name after a colon or, without one, the first convolution. The bank's `notes` say what a person must know
    about how trained weights were taken. Errors: FilterError, one sentence.
    """
    text = str(name_or_path)
    for bank in BUILT_IN_BANKS:
        if bank.name == text:
            return bank
    path, tensor = _find(text)
    try:
        return _read(path, tensor)
    except FilterError as error:
        raise FilterError(f"'{shown(path)}': {error}") from error
    except OSError as error:
        raise FilterError(f"'{shown(path)}' cannot be read: {error.strerror or error}") from error


def load_to_run(name_or_path: str | Path) -> FilterBank:
    """The same, of a bank whose responses float32 can hold, whatever the frame. Errors: FilterError, one sentence."""
    bank = load_bank(name_or_path)
    signed = bank.kernels.astype(np.float64).reshape(len(bank), -1)
    if bank.bias is not None:
        signed = np.column_stack([signed, bank.bias])
    sums = np.maximum(np.maximum(signed, 0).sum(axis=1), np.maximum(-signed, 0).sum(axis=1))
    most, largest = float(np.finfo(np.float32).max), int(sums.argmax())
    if sums[largest] > most:
        raise FilterError(
            f"'{shown(name_or_path)}': the weights of one sign in filter '{bank.labels[largest]}' add up to "
            f"{sums[largest]:.1e}, and a response, in float32, holds at most {most:.1e}"
        )
    return bank


def bank_file(name_or_path: str | Path) -> Path | None:
    """The file that `load_bank` reads the bank from; None for a built-in one. Errors: FilterError."""
    text = str(name_or_path)
    return None if text in (bank.name for bank in BUILT_IN_BANKS) else _find(text)[0]


def _read(path: Path, tensor: str | None) -> FilterBank:
    match path.suffix.lower():
        case ".toml":
            return read_toml(path)
        case ".npy":
            return _read_npy(path)
        case ".safetensors":
            return read_safetensors(path, tensor)
        case ".pt" | ".pth" | ".ckpt" | ".bin":
            return read_state_dict(path, tensor)
        case ".tar" if path.name.lower().endswith(".pth.tar"):
            return read_state_dict(path, tensor)
        case suffix:
            wanted = ".toml, .npy, .safetensors, .pt, .pth, .pth.tar, .ckpt or .bin"
            raise FilterError(f"its suffix is '{shown(suffix)}', want {wanted}")


def _find(text: str) -> tuple[Path, str | None]:
    """The file that `text` names, and the name of a tensor in it where one follows after a colon."""
    if _is_file(text):
        return Path(text), None
    ends = [found.end() for found in _END_OF_FILE.finditer(text)]
    for end in ends:
        if _is_file(text[:end]):
            return Path(text[:end]), text[end + 1 :]
    if ends or Path(text).suffix or "/" in text or "\\" in text:
        raise FilterError(f"there is no file '{shown(text[: ends[0]] if ends else text)}'")
    names = [bank.name for bank in BUILT_IN_BANKS]
    meant = did_you_mean(text, names)
    raise FilterError(f"there is no filter bank or file '{shown(text)}'{meant}; built in are {', '.join(names)}")


def _is_file(text: str) -> bool:
    """Whether `text` is a file to read; FilterError for a directory, a device, or what may not be looked at."""
    path = Path(text)
    try:
        if path.is_file():
            return True
        if not text or not path.exists():
            return False
    except OSError as error:
        raise FilterError(f"'{shown(text)}' cannot be read: {error.strerror or error}") from error
    raise FilterError(
        f"'{shown(text)}' is {'a directory' if path.is_dir() else 'not a plain file'}, want a filter file"
    )


def _read_npy(path: Path) -> FilterBank:
    # numpy warns of headers that Python 2 wrote, and Python's parser of what damaged ones hold.
    with path.open("rb") as file, warnings.catch_warnings(action="ignore"):
        try:
            shape, dtype = _npy_header(file)
        except Exception as error:  # the header is Python source: what the parsers of a damaged one raise is open
            raise FilterError("it does not begin as numpy.save writes a .npy file") from error
        if dtype.kind not in "fiu":
            raise FilterError(f"it holds {dtype} values, want real numbers")
        keras = is_keras(shape)
        kernel_shape = kernel_shape_in((shape[3], shape[2], *shape[:2]) if keras else shape)
        file.seek(0)
        try:
            array = np.lib.format.read_array(file, allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise FilterError(f"it ends before the {shape} values that its header promises") from error
    bank = FilterBank.from_array(shown(path.stem), keras_to_torch(array) if keras else array)
    notes = [(KERAS_NOTE if keras else EITHER_NOTE).format(shape=shape)] if keras or is_either(shape) else []
    notes += [RGB_NOTE] if len(kernel_shape) == 3 else []
    return replace(bank, notes=tuple(notes))


def _npy_header(file: BinaryIO) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read_header(file)
    return shape, dtype
