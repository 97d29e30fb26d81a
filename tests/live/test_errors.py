"""What is said of an output that the system refuses."""

from __future__ import annotations

import errno
from pathlib import Path

from live.errors import output_error


def test_a_folder_that_is_there_is_not_said_to_be_missing(tmp_path: Path) -> None:
    refused = OSError(errno.ENOENT, "No such file or directory")
    assert str(output_error(tmp_path / "a", refused)).endswith("nothing can be made in that folder: choose another one")
    missing = output_error(tmp_path / "a" / "b", refused)
    assert str(missing).endswith("its folder does not exist: create it first")
