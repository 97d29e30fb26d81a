"""Files and folders that the viewer writes: checked before the first frame, replaced as a whole."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from convviz_core import atomic_files
from convviz_core.names import shown
from live.errors import OutputError, output_error


def check_directory(path: Path) -> None:
    """Make the folder `path` when it is missing and see that files can be written into it; OutputError if not."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        _try_writing(path)
    except OSError as error:
        raise output_error(path, error) from error


def check_file(path: Path) -> None:
    """See that the file `path` can be written: its folder exists and takes files; OutputError if not.

    An existing file is left as it is. A device is taken at its word; a pipe needs somebody who reads it.
    """
    try:
        if path.is_fifo():
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
            return
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a directory")
        if not path.exists():
            _try_writing(atomic_files.resolved(path).parent)
        elif path.is_file():
            path.open("ab").close()
            _try_writing(atomic_files.resolved(path).parent)
    except OSError as error:
        raise output_error(path, error) from error


def check_name(path: Path) -> None:
    """See that the name is UTF-8, as the libraries that mux want it; OutputError if not."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise OutputError(f"cannot write '{shown(path)}': the name is not UTF-8, choose another name") from None


def free_bytes(folder: Path) -> int:
    """Bytes that may still be written on the disk that holds `folder`."""
    return shutil.disk_usage(folder).free


def _try_writing(directory: Path) -> None:
    # One byte, since a full disk still makes empty files. It has no name, or loses it on closing.
    with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
        file.write(b"?")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """atomic_files.replacing, whose OSErrors become OutputErrors."""
    try:
        with atomic_files.replacing(path) as beside:
            yield beside
    except OSError as error:
        raise output_error(path, error) from error
