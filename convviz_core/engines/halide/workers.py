"""Halide's worker threads, kept off the core of the thread that they help.

Linux may wake a thread on the core of the one that wakes it, though another core is idle. Between pictures all cores
sleep, and so on two cores the worker came when everything was done: a picture took as long as on one core alone.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_TASKS = Path("/proc/self/task")
_NAME = "convviz-halide"  # Linux keeps 15 characters


def _core_number() -> Callable[[], int] | None:
    """What tells the core that the caller runs on; None where nothing does."""
    if not sys.platform.startswith("linux"):
        return None
    found: Callable[[], int] | None = getattr(ctypes.CDLL(None), "sched_getcpu", None)
    return found


class Workers:
    """All of the process: Halide starts them once, in its first parallel run."""

    def __init__(self, core_number: Callable[[], int] | None = None) -> None:
        """core_number: tells which core the caller runs on, in place of the system."""
        self.threads: frozenset[int] = frozenset()  # as the system numbers them
        self._core_number = core_number or _core_number()
        self._sought = self._core_number is None
        self._kept_off: int | None = None  # the core that they avoid

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """Run Halide in here: what it starts is found, and what is there already goes to other cores than this one."""
        if self._sought:
            self._make_way()
            yield
            return
        with _named_as_we_are() as found:
            yield
        self.threads, self._sought = frozenset(found), True

    def _make_way(self) -> None:
        if not self.threads or self._core_number is None:
            return
        core = self._core_number()
        if core == self._kept_off:
            return
        self._kept_off = core
        others = os.sched_getaffinity(0) - {core}
        if others:
            for thread in self.threads:
                with suppress(OSError):  # it may have been kept from these cores meanwhile
                    os.sched_setaffinity(thread, others)


@contextmanager
def _named_as_we_are() -> Iterator[list[int]]:
    """This thread under another name, which those that it starts take over; at the end they are in the list."""
    found: list[int] = []
    own, before = threading.get_native_id(), _named()
    name = _renamed(own, _NAME)
    try:
        yield found
    finally:
        if name is not None:
            _renamed(own, name)
            found += _named() - before


def _renamed(thread: int, name: str) -> str | None:
    """The name that it had before; None where it could not be renamed."""
    with suppress(OSError):
        before = (_TASKS / str(thread) / "comm").read_text().strip()
        (_TASKS / str(thread) / "comm").write_text(name)
        return before
    return None


def _named() -> set[int]:
    """The threads of the process that have our name."""
    found = set()
    for task in _TASKS.iterdir() if _TASKS.exists() else ():
        with suppress(OSError):  # it has ended
            if (task / "comm").read_text().strip() == _NAME:
                found.add(int(task.name))
    return found


workers = Workers()
