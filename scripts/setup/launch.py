"""Starts Python in .venv, which is set up first where it is not ready."""

from __future__ import annotations

import os
import sys

import venv_stamp

SETUP_FAILED = 1
INTERRUPTED = 130


def start(arguments: list[str], dev: bool = False) -> int:
    """Run `.venv/bin/python ARGUMENTS` in the current directory; returns its exit code.

    dev: with the tests' tools too. 1: .venv could not be set up, said in one sentence; 130: Ctrl-C meanwhile.
    The source tree comes first on the path and the current directory is not on it (-P), wherever it is started.
    Except on Windows, which cannot do so, this process becomes that Python.
    """
    if not venv_stamp.is_ready(dev):
        import setup_problems  # Only now: a start that finds everything ready should not wait for them.
        import venv_setup

        try:
            venv_setup.set_up(dev)
        except setup_problems.SetupError as error:
            print(f"convviz: {error}", file=sys.stderr)
            return SETUP_FAILED
        except KeyboardInterrupt:
            print("convviz: interrupted; the next start sets .venv up again", file=sys.stderr)
            return INTERRUPTED
    paths = [str(venv_stamp.ROOT), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    command = [str(venv_stamp.PYTHON), "-P", *arguments]
    if sys.platform != "win32":
        os.execv(command[0], command)
    return _run_to_the_end(command)


def _run_to_the_end(command: list[str]) -> int:
    """The command's exit code; Ctrl-C reaches it by itself, so here it only must not end the waiting."""
    import subprocess

    process = subprocess.Popen(command)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue
