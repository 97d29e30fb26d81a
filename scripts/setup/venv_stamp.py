"""Where .venv is, and whether what was installed in it is what the project asks for now.

Imported at every start, so it costs only milliseconds: the rest waits in venv_setup.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CONSTRAINTS = ROOT / "scripts" / "setup" / "constraints.txt"
PYPROJECT = ROOT / "pyproject.toml"
VENV = ROOT / ".venv"
UNFINISHED = VENV / "convviz-unfinished"  # there while an install runs, so still there when it was cut off
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def stamp_file(dev: bool) -> Path:
    """The file in .venv that holds the fingerprint of what was installed, with or without the tests' tools."""
    return VENV / ("convviz-dev.stamp" if dev else "convviz-runtime.stamp")


def fingerprint() -> str:
    """What decides the contents of .venv, as one hash: the pinned versions, the project's needs, this Python."""
    python = "{}.{}".format(*sys.version_info)
    wanted = python.encode() + CONSTRAINTS.read_bytes() + PYPROJECT.read_bytes()
    return hashlib.sha256(wanted).hexdigest()


def is_ready(dev: bool) -> bool:
    """Whether .venv holds exactly what is wanted now, so that nothing needs to be done."""
    try:
        return stamp_file(dev).read_text() == fingerprint() and PYTHON.exists() and not UNFINISHED.exists()
    except FileNotFoundError:
        return False


def write(dev: bool) -> None:
    """Record that .venv holds what is wanted; the tests' tools come on top of what the viewer needs."""
    for each in {False, dev}:
        stamp_file(each).write_text(fingerprint())
