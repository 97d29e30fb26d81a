"""Files and folders that the viewer writes: checked before the first frame, written beside, renamed into place."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from live.errors import OutputError

_REASONS = {
    errno.ENOSPC: "the disk is full: free some space or choose another folder",
    errno.EFBIG: "the file would pass the size limit that the system sets: raise it or choose another folder",
    errno.EACCES: "permission is denied: choose a folder that you may write to",
    errno.EPERM: "permission is denied: choose a folder that you may write to",
    errno.EROFS: "the disk is read-only: choose another folder",
    errno.ENXIO: "it is a pipe that nobody reads: start its reader first",
    errno.ENOENT: "its folder does not exist: create it first",
    errno.ENOTDIR: "a file is in the way where a folder is wanted: choose another name",
    errno.EEXIST: "a file is in the way where a folder is wanted: choose another name",
    errno.EISDIR: "a folder is in the way where a file is wanted: choose another name",
}


def output_error(path: Path, error: OSError) -> OutputError:
    """The sentence for a system error while writing `path`: what was refused, why, and what to do."""
    reason = _REASONS.get(error.errno or 0) or (error.strerror or str(error)).lower()
    return OutputError(f"cannot write {path}: {reason}")


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
            _try_writing(path.resolve().parent)
        elif path.is_file():
            path.open("ab").close()
            _try_writing(path.resolve().parent)
    except OSError as error:
        raise output_error(path, error) from error
    except RuntimeError:  # pathlib's word for links in a circle
        raise OutputError(f"cannot write {path}: its links lead in a circle") from None


def check_name(path: Path) -> None:
    """See that the name is UTF-8, as the libraries that mux want it; OutputError if not."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise OutputError(f"cannot write {str(path)!a}: the name is not UTF-8, choose another name") from None


def check_apart(outputs: Sequence[Path], inputs: Sequence[Path]) -> None:
    """See that no output is written over an input or another output; OutputError if one would be."""
    taken = [path.resolve() for path in inputs if _is_there(path)]
    for path in outputs:
        if path.resolve() in taken:
            raise OutputError(f"{path} is named twice: an output would overwrite it; choose another name")
        taken.append(path.resolve())


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long, say: whoever reads it will tell
        return False


def _try_writing(directory: Path) -> None:
    # One byte, since a full disk still makes empty files. It has no name, or loses it on closing.
    with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
        file.write(b"?")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to, renamed over it when the block is done and removed when it fails.

    Whoever looks sees the old file or the whole new one. A link is followed, and a pipe or a device is written to
    as it is. OSErrors become OutputErrors.
    """
    target = path.resolve()
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a directory")
        if path.exists() and not path.is_file():
            yield path
            return
        yield beside
        beside.replace(target)
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
