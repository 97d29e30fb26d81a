"""Something that is found in a thread of its own, before it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Generic, TypeVar

Found = TypeVar("Found")


class Ahead(Generic[Found]):
    """What `find` answers, from its making on."""

    def __init__(self, find: Callable[[], Found]) -> None:
        self._found: Found | None = None
        self._thread = Thread(target=self._run, args=(find,), name="convviz-ahead", daemon=True)
        self._thread.start()

    def _run(self, find: Callable[[], Found]) -> None:
        with suppress(Exception):  # whoever asks for it finds it out, and why it cannot be
            self._found = find()

    def result(self) -> Found | None:
        """Wait for it; None where it could not be found."""
        self._thread.join()
        return self._found
