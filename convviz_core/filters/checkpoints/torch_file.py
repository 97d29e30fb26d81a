"""Files of torch.save: what their pickle describes, and where the bytes of their storages lie. Nothing in them is run.

Since torch 1.6 such a file is a zip of uncompressed entries: a pickle, and an entry for each storage, the row of values
that tensors are views of. Before, it was a row of pickles (a magic number, a version, the writer's system, the object,
the storages' keys), and behind them each storage with the number of its values before it.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from convviz_core.filters.bank import FilterError
from convviz_core.filters.checkpoints.pickled import MAX_PICKLE_BYTES, Name, Pickle, Reference, read_pickle

HOW_TO_SAVE = "save the weights alone with torch.save(model.state_dict(), FILE)"

_ZIP_MAGIC = b"PK\x03\x04"
_ZIP_LENGTHS_AT, _ZIP_HEADER_BYTES = 26, 30
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_TAR_MAGIC = b"ustar"
_TAR_MAGIC_AT = 257

# Storage types by the first part of their names: what torch calls the kind of value, and its bytes.
_KINDS = {
    **{"Double": ("float64", 8), "Float": ("float32", 4), "Half": ("float16", 2), "BFloat16": ("bfloat16", 2)},
    **{"Long": ("int64", 8), "Int": ("int32", 4), "Short": ("int16", 2), "Char": ("int8", 1), "Byte": ("uint8", 1)},
    **{"Bool": ("bool", 1), "ComplexFloat": ("complex64", 8), "ComplexDouble": ("complex128", 16)},
    **{"QInt8": ("qint8", 1), "QUInt8": ("quint8", 1), "QInt32": ("qint32", 4), "Untyped": ("bytes", 1)},
    **{"QUInt4x2": ("quint4", 1), "QUInt2x4": ("quint2", 1)},
}


@dataclass(frozen=True)
class Storage:
    """A storage as a pickle refers to it; `view_offset` is where, in values, the part that is meant begins."""

    key: str
    dtype: str
    itemsize: int
    view_offset: int


@dataclass(frozen=True)
class Place:
    """Where a storage's bytes lie in the file; `in_zip`: behind a zip entry's own header, which begins there."""

    start: int
    size: int
    in_zip: bool = False


@dataclass(frozen=True)
class TorchFile:
    """A file of torch.save; `places` are those of its storages by their keys, `byte_order` is '<' or '>'."""

    path: Path
    pickle: Pickle
    places: Mapping[str, Place]
    byte_order: str = "<"

    def bytes_of(self, key: str, start: int, stop: int) -> bytes:
        """Bytes `start` to `stop` of a storage, or what there is of them."""
        place = self.places.get(key)
        if place is None or start < 0 or stop > place.size:
            return b""
        with self.path.open("rb") as file:
            begin = place.start
            if place.in_zip:  # its name and extra fields have lengths of their own there
                file.seek(begin + _ZIP_LENGTHS_AT)
                lengths = file.read(4)
                if len(lengths) < 4:
                    return b""
                begin += _ZIP_HEADER_BYTES + sum(struct.unpack("<HH", lengths))
            file.seek(begin + start)
            return file.read(stop - start)


def open_torch_file(path: Path) -> TorchFile:
    """The structure of a file of torch.save. Errors: FilterError; OSError where it cannot be read."""
    with path.open("rb") as file:
        start = file.read(_TAR_MAGIC_AT + len(_TAR_MAGIC))
        file.seek(0)
        if start[_TAR_MAGIC_AT:] == _TAR_MAGIC:
            raise FilterError("it is a tar archive: unpack it and give the checkpoint that is in it")
        try:
            if start.startswith(_ZIP_MAGIC):
                return _open_zip(path, file)
            pickle = read_pickle(file)
            if pickle.content == _LEGACY_MAGIC:
                return _open_legacy(path, file)
            return TorchFile(path, pickle, {})  # of pickle.dump, or nothing of the kind
        except (FilterError, OSError):
            raise
        except Exception as error:  # zipfile and damaged pickles raise all kinds of things
            raise FilterError("it is not a whole state dict as torch.save writes it") from error


def storage_of(reference: object) -> Storage | None:
    """The storage that is meant: ('storage', type, key, device, size), in legacy files with a view behind it."""
    identifier = reference.identifier if isinstance(reference, Reference) else None
    if not isinstance(identifier, tuple) or len(identifier) < 5 or not isinstance(identifier[1], Name):
        return None
    kind = identifier[1].path.rpartition(".")[2].removesuffix("Storage")
    dtype, itemsize = _KINDS.get(kind, (kind, 0))
    view = identifier[5] if len(identifier) > 5 else None
    offset = view[1] if isinstance(view, tuple) and len(view) == 3 and type(view[1]) is int else 0
    return Storage(str(identifier[2]), dtype, itemsize, offset)


def _open_zip(path: Path, file: BinaryIO) -> TorchFile:
    size = file.seek(0, io.SEEK_END)
    with zipfile.ZipFile(file) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
        if any("/code/" in name or name.endswith("/constants.pkl") for name in entries):
            raise FilterError(f"it is a TorchScript program, of which nothing was run; {HOW_TO_SAVE}")
        # What would unpack to more than is there was not written by torch.
        inflated = sum(entry.file_size for entry in entries.values()) > size
        pickles = [name for name in entries if name.endswith("/data.pkl")]
        if inflated or any(entry.compress_type for entry in entries.values()) or len(pickles) != 1:
            raise FilterError(f"it is a zip file, but no state dict; {HOW_TO_SAVE}")
        if entries[pickles[0]].file_size > MAX_PICKLE_BYTES:
            raise FilterError(f"its structure is larger than {MAX_PICKLE_BYTES >> 20} MiB; {HOW_TO_SAVE}")
        pickle = read_pickle(io.BytesIO(archive.read(pickles[0])))
        root = pickles[0].removesuffix("data.pkl")
        big_endian = f"{root}byteorder" in entries and archive.read(f"{root}byteorder") == b"big"
    folder = f"{root}data/"
    places = {
        name.removeprefix(folder): Place(entry.header_offset, entry.file_size, in_zip=True)
        for name, entry in entries.items()
        if name.startswith(folder)
    }
    return TorchFile(path, pickle, places, ">" if big_endian else "<")


def _open_legacy(path: Path, file: BinaryIO) -> TorchFile:
    for _ in range(2):  # the version, the writer's system
        read_pickle(file)
    pickle = read_pickle(file)
    keys = read_pickle(file).content
    return TorchFile(path, pickle, _legacy_places(file, keys if isinstance(keys, list) else [], pickle.references))


def _legacy_places(file: BinaryIO, keys: Iterable[object], references: Iterable[Reference]) -> dict[str, Place]:
    """Where the storages lie, which follow one another from `file`'s position on, in the order of `keys`."""
    itemsizes = {storage.key: storage.itemsize for storage in map(storage_of, references) if storage}
    places: dict[str, Place] = {}
    start = file.tell()
    for key in map(str, keys):
        file.seek(start)
        (count,) = struct.unpack("<q", file.read(8))
        places[key] = Place(start + 8, count * itemsizes[key])
        start += 8 + count * itemsizes[key]
    return places
