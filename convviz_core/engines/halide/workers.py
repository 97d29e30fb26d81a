"""Halide's worker threads, which no interface of its names: known by the name of the thread that starts them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from convviz_core.cores import KNOWN, Helpers

_TASKS = Path("/proc/self/task")
_NAME = "convviz-halide"  # Linux keeps 15 characters


class Workers:
    """All of the process: Halide starts them once, in its first parallel run."""

    def __init__(self, helpers: Helpers | None = None) -> None:
        self.helpers = helpers or Helpers()
        self._sought = not KNOWN

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """Run Halide in here: what it starts is found, and what is there already goes to other cores than this one."""
        if self._sought:
            self.helpers.make_way()
            yield
            return
        with _known_by_name() as found:
            yield
        self._sought = True
        for thread in found:
            self.helpers.add(thread)


@contextmanager
def _known_by_name() -> Iterator[set[int]]:
    """This thread has another name in here, which those that it starts take over; at the end they are in the set."""
    found: set[int] = set()
    own, before = threading.get_native_id(), _named()
    name = _renamed(own, _NAME)
    try:
        yield found
    finally:
        if name is not None:
            _renamed(own, name)
            found |= _named() - before


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
