"""Files that are there whole or not at all: written beside their place, then renamed into it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

_KEPT_CHARACTERS = 40  # of a name that may be as long as a name can be
_numbers = count()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to, renamed over it when the block is done and removed when it fails.

    Whoever looks sees the old file or the whole new one. A link is followed, and a pipe or a device is written to
    as it is. Errors: OSError; IsADirectoryError where a folder is in the way, before the block.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if path.exists() and not path.is_file():
        yield path
        return
    target = resolved(path)
    beside = target.with_name(f".{target.name[:_KEPT_CHARACTERS]}.{os.getpid()}-{next(_numbers)}.part")
    try:
        yield beside
        beside.replace(target)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def resolved(path: Path) -> Path:
    """The absolute path that `path` leads to, links followed, whether it is there or not. Errors: OSError."""
    try:
        return path.resolve()
    except RuntimeError as error:  # pathlib's word for links in a circle, before Python 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from error
