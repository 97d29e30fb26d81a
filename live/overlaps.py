"""No output is written over an input or another output, whatever names and links lead to it."""

from __future__ import annotations

import glob
import os
import re
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path

from convviz_core.atomic_files import resolved
from convviz_core.pictures import PICTURE_SUFFIXES
from live.errors import OutputError, output_error

Place = tuple[int, int] | tuple[int, int, str]  # device and number of a file, or of its folder where it is not there


def check_apart(outputs: Sequence[Path], inputs: Iterable[Path], source: str | None = None) -> None:
    """See that each of `outputs`, which can be written, is a file of its own; OutputError if not.

    inputs: files that are read. source: SOURCE, of whose files none may be written, and none added to its pictures.
    """
    read = {*_places_of(inputs)}
    if source and any(path.exists() for path in outputs):
        read.update(_places_of(_files_of(source)))
    written: dict[Place, Path] = {}
    for path in outputs:
        place = _place(path)
        if place in read or (source and _would_be_read(path, source)):
            raise OutputError(f"cannot write {path}: it is an input too, choose another name")
        if place in written:
            raise OutputError(f"cannot write {path}: {written[place]} is the same file, choose another name")
        written[place] = path


def check_beside_recording(recording: Path, outputs: Iterable[Path]) -> None:
    """See that no output has a name that the recording may take when its own exists or the picture's size changes."""
    may_take = re.compile(rf"{re.escape(recording.stem)}(-\d+)+{re.escape(recording.suffix)}", re.IGNORECASE)
    for path in outputs:
        if may_take.fullmatch(path.name) and path.parent.samefile(recording.parent):
            raise OutputError(f"cannot write {path}: the recording may need that name, choose another one")


def _place(path: Path) -> Place:
    """What is equal for two paths that lead to the same file, or will once it is there."""
    try:
        if path.exists():  # asked first: where /dev/stdout leads is a pipe, which has no path
            return _number(path)
        target = resolved(path)
        name = target.name.casefold() if _ignores_case(target.parent) else target.name
        return *_number(target.parent), name
    except OSError as error:
        raise output_error(path, error) from error


def _number(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _ignores_case(folder: Path) -> bool:
    with tempfile.NamedTemporaryFile(dir=folder, prefix="convviz-") as file:
        path = Path(file.name)
        return path.with_name(path.name.upper()).exists()


def _places_of(files: Iterable[Path]) -> Iterable[Place]:
    for path in files:
        with suppress(OSError):  # reading it will say so
            yield _number(path)


def _files_of(source: str) -> Iterable[Path]:
    """What SOURCE reads where it is a file, a folder or a pattern of pictures."""
    path = Path(source)
    with suppress(OSError):  # opening it will say so
        if path.is_dir():
            yield from filter(_is_picture, path.iterdir())
        elif path.exists():
            yield path
        elif glob.has_magic(source):
            yield from map(Path, glob.iglob(source, recursive=True))  # noqa: PTH207 - Path.glob: no absolute pattern


def _would_be_read(path: Path, source: str) -> bool:
    """Whether `path`, once it is there, is one of the pictures of SOURCE, a folder or a pattern."""
    with suppress(OSError):
        if Path(source).is_dir():
            return _is_picture(path) and path.parent.samefile(source)
        if glob.has_magic(source) and not Path(source).exists():
            path, pattern = resolved(path), str(resolved(Path(source)))
            if "**" not in source:
                return path.match(pattern)
            no_folder = pattern.replace(f"**{os.sep}", "")  # which ** may stand for, too
            return any(fnmatch(str(path), each) for each in (pattern, no_folder))
    return False


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURE_SUFFIXES
