"""What can go wrong at the viewer's edges, beside sources, engines and filters, which name their own errors."""

from __future__ import annotations

import errno
from pathlib import Path

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
    errno.ELOOP: "its links lead in a circle: choose another name",
}


class OutputError(RuntimeError):
    """An output that cannot be written, a display included; its message is one sentence."""


class OptionsError(ValueError):
    """Options that do not go together; its message is one sentence."""


def output_error(path: Path, error: OSError) -> OutputError:
    """The sentence for a system error while writing `path`: what was refused, why, and what to do."""
    reason = _REASONS.get(error.errno or 0) or (error.strerror or str(error)).lower()
    if error.errno == errno.ENOENT and path.parent.is_dir():  # as in /proc
        reason = "nothing can be made in that folder: choose another one"
    return OutputError(f"cannot write {path}: {reason}")
