"""Cores for threads that work together.

Linux may wake a thread on the core of the one that wakes it, though another core is idle. Between pictures all cores
sleep, and so on two cores a helper came when everything was done: a picture took as long as on one core alone.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress


def _sched_getcpu() -> Callable[[], int] | None:
    """What tells the core that the caller runs on; None where nothing does."""
    if not sys.platform.startswith("linux"):
        return None
    found: Callable[[], int] | None = getattr(ctypes.PyDLL(None), "sched_getcpu", None)  # which holds on to Python
    return found


_core_number = _sched_getcpu()
KNOWN = _core_number is not None  # whether anything is done here


class Helpers:
    """Threads that help another one, off the core that it runs on."""

    def __init__(self, core_number: Callable[[], int] | None = _core_number) -> None:
        """core_number: tells the core that the caller runs on."""
        self.threads: list[int] = []  # as the system numbers them
        self._core_number = core_number
        self._kept_off: int | None = None

    def add(self, thread: int) -> None:
        """One more; any thread may tell."""
        self.threads.append(thread)
        self._kept_off = None

    def make_way(self) -> None:
        """To be called by the one that they help, before it asks them."""
        if not self.threads or self._core_number is None:
            return
        core = self._core_number()
        if core == self._kept_off:
            return
        others = os.sched_getaffinity(0) - {core}
        if others:
            self._kept_off = core
            for thread in self.threads:
                with suppress(OSError):  # it has ended, or the process is kept from these cores by now
                    os.sched_setaffinity(thread, others)


@contextmanager
def staying() -> Iterator[None]:
    """The caller stays on its core in here: when it has waited for Python, who wakes it would have it beside itself."""
    if _core_number is None:
        yield
        return
    cores, core = os.sched_getaffinity(0), _core_number()
    with suppress(OSError):
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        if os.sched_getaffinity(0) == {core}:  # else somebody has moved it meanwhile
            with suppress(OSError):
                os.sched_setaffinity(0, cores)


class Crew:
    """Threads that work together with their caller, all on cores of their own."""

    def __init__(self, others: int, name: str) -> None:
        """others: beside the caller. Threads start with the first work."""
        self._helpers = Helpers()
        self._pool = ThreadPoolExecutor(max(1, others), name, initializer=self._joined)

    def together(self, here: Callable[[], None], others: Sequence[Callable[[], None]]) -> None:
        """Do `here` in the caller's thread, meanwhile the others; return when all are done. Errors: theirs."""
        if not others:
            here()
            return
        self._helpers.make_way()
        asked = [self._pool.submit(work) for work in others]  # threads that start here may use every core
        with staying():
            try:
                here()
            finally:
                for one in asked:
                    one.result()

    def close(self) -> None:
        """Join the threads."""
        self._pool.shutdown()

    def _joined(self) -> None:
        self._helpers.add(threading.get_native_id())
