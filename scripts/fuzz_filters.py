"""Fuzzed: filter files and checkpoints.

The first line of an input says what kind of file the rest is, and which tensor in it is asked for. Some kinds are only
the part of a file that is worth changing: the pickle in torch's zip, the header of safetensors.
"""

from __future__ import annotations

import argparse
import io
import os
import pickle
import struct
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from fuzz_target import Target

from convviz_core import FilterError, load_bank

_folder = tempfile.TemporaryDirectory()
_VALUES = np.linspace(-1, 1, 512, dtype=np.float32).tobytes()
_SUFFIXES = {
    b"toml": "toml",
    b"npy": "npy",
    b"zip": "pt",
    b"legacy": "pth",
    b"pickle": "ckpt",
    b"header": "safetensors",
}


def _load(data: bytes, kinds: tuple[bytes, ...]) -> None:
    first, _, content = data.partition(b"\n")
    kind, _, tensor = first.partition(b" ")
    kind = kind if kind in kinds else kinds[len(data) % len(kinds)]
    path = Path(_folder.name) / f"a.{_SUFFIXES[kind]}"
    if kind == b"pickle":
        content = _zipped(content)
    elif kind == b"header":
        content = struct.pack("<Q", len(content)) + content + _VALUES
    path.write_bytes(content)
    named = f":{os.fsdecode(tensor)}" if tensor and kind not in (b"toml", b"npy") else ""
    bank = load_bank(f"{path}{named}")
    assert 1 <= len(bank) <= 64
    assert bank.kernels.dtype == np.float32
    assert np.isfinite(bank.kernels).all()
    for text in (bank.name, *bank.labels, *bank.notes):
        assert text.isprintable(), ascii(text)
        text.encode()


def _filter_file(data: bytes) -> None:
    _load(data, (b"toml", b"npy"))


def _checkpoint(data: bytes) -> None:
    _load(data, (b"zip", b"legacy", b"pickle", b"header"))


def _zipped(pickled: bytes) -> bytes:
    """A file of torch.save with that pickle and two storages."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in (
            ("data.pkl", pickled),
            ("byteorder", b"little"),
            ("data/0", _VALUES),
            ("data/1", _VALUES),
        ):
            archive.writestr(f"a/{name}", content)
    return file.getvalue()


def _filter_files() -> list[bytes]:
    tomls = [
        'name = "a"\n[[filter]]\nlabel = "b"\nkernel = [[-1, 1.5], [+1e3, 0x1F]]\n',
        "name = 'a'\n[[filter]]\nlabel = '''b'''\nscale = 0.25\nkernel = [[[1], [2]], [[3], [4]], [[5], [inf]]]\n",
        'name = "\\u00e9"\nfilter = [{label = "b", kernel = [[nan]]}, {label = "c", kernel = [[1_0]]}]\n',
    ]
    files = [b"toml\n" + text.encode() for text in tomls]
    for array in (np.ones((2, 3), ">f8"), np.ones((3, 3, 3, 8), "f2"), np.asfortranarray(np.ones((2, 1, 4, 4), "i4"))):
        file = io.BytesIO()
        np.save(file, array)
        files.append(b"npy\n" + file.getvalue())
    return files


def _checkpoints() -> list[bytes]:
    import torch
    from safetensors.torch import save as as_safetensors

    def weights(*shape: int) -> torch.Tensor:
        return torch.arange(float(np.prod(shape))).reshape(shape)

    plain = {"conv1.weight": weights(2, 3, 2, 2), "conv1.bias": weights(2), "bn.weight": weights(2)}
    normed = {"module.c.weight_g": weights(2, 1, 1, 1), "module.c.weight_v": weights(2, 1, 2, 2)}
    spectral = {"c.weight_orig": weights(2, 1, 2, 2), "c.weight_u": weights(2), "c.weight_v": weights(4)}
    whole = {
        "model": {"state_dict": plain},
        "ema": normed,
        "optimizer": {"state": {0: {"exp_avg": weights(2, 3, 2, 2)}}, "param_groups": [{"lr": 0.1, "params": [0]}]},
        "args": argparse.Namespace(path=Path("a"), best=np.float64(1), counts=[1, (2, None, True)]),
        "array": np.ones((2, 1, 2, 2)),
        "sparse": weights(2, 1, 2, 2).to_sparse(),
        "half": torch.nn.Parameter(weights(2, 1, 2, 2).bfloat16()),
    }
    made = []
    for content in (plain, {"generator": normed, "b": [spectral]}, whole):
        for zipped in (True, False):
            file = io.BytesIO()
            torch.save(content, file, _use_new_zipfile_serialization=zipped)
            made.append((b"zip model.conv1\n" if zipped else b"legacy\n") + file.getvalue())
            if zipped:
                with zipfile.ZipFile(file) as archive:
                    made.append(b"pickle\n" + archive.read("archive/data.pkl"))
    made += [b"legacy\n" + pickle.dumps({"a.weight": np.ones((2, 1, 2, 2))}, protocol) for protocol in (0, 2, 4)]
    for tensors in (plain, normed, {"a/kernel:0": weights(2, 2, 1, 4), "b.weight": weights(2, 1, 2, 2).bfloat16()}):
        saved = as_safetensors(tensors)
        made.append(b"header conv\n" + saved[8 : 8 + struct.unpack("<Q", saved[:8])[0]])
    return made


TARGETS = (
    Target("filter-files", _filter_files, _filter_file, (FilterError,), ("convviz_core.", "tomllib.")),
    Target("checkpoints", _checkpoints, _checkpoint, (FilterError,), ("convviz_core.", "pickletools"), 8192),
)
