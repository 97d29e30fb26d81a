"""Something that is found in a thread of its own, before it is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread, main_thread
from typing import Generic, TypeVar

Found = TypeVar("Found")

_PAUSE_S = 0.001  # between steps that nobody waits for, in which others have their turn at Python


class Ahead(Generic[Found]):
    """What `find` answers, from its making on; the steps of `then` are done after it, and not waited for."""

    def __init__(self, find: Callable[[], Found], then: Iterable[object] = ()) -> None:
        self._found: Future[Found | None] = Future()
        self._thread = Thread(target=self._run, args=(find, then), name="convviz-ahead")
        self._thread.start()

    def _run(self, find: Callable[[], Found], then: Iterable[object]) -> None:
        found = None
        with suppress(Exception):  # whoever asks for it finds it out, and why it cannot be
            found = find()
        self._found.set_result(found)
        time.sleep(_PAUSE_S)
        with suppress(Exception):
            for _ in then:
                if not main_thread().is_alive():  # the program ends; a daemon's end there can be a crash
                    break
                time.sleep(_PAUSE_S)

    def result(self) -> Found | None:
        """Wait for it; None where it could not be found."""
        return self._found.result()

    def join(self) -> None:
        """Wait for what is done after it, too."""
        self._thread.join()
