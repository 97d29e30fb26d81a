"""Work that two cores share while the other one is free: nobody waits for a core that is not."""

from __future__ import annotations

import _thread
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TypeVar

Answer = TypeVar("Answer")

PATIENCE_S = 0.0003  # longer than a piece should take
IDLE_S = 10.0  # after so long without work the helper ends


class Helper:
    """A thread that waits for work: one that is started takes ten times longer to come than one that is woken.

    It is none of threading's, which waits for what it starts, so that nobody needs to close it: it ends by itself, or
    with the program.
    """

    def __init__(self) -> None:
        self.waits = True
        self._asked: SimpleQueue[Callable[[], None]] = SimpleQueue()
        with suppress(RuntimeError):  # no more threads can be started: nobody helps, then
            _thread.start_new_thread(self._run, ())

    def ask(self, work: Callable[[], None]) -> None:
        """Have it done, perhaps."""
        self._asked.put(work)

    def _run(self) -> None:
        with suppress(Empty):
            while True:
                self._asked.get(timeout=IDLE_S)()
        self.waits = False


_helper: Helper | None = None


def ready() -> Helper:
    """The helper, started where there is none."""
    global _helper
    if _helper is None or not _helper.waits:
        _helper = Helper()
    return _helper


def on_two_cores(pieces: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """What the pieces answer, in their order; each is done by whoever comes to it first.

    Each should take a tenth of a millisecond or two, and answer the same whoever does it, and if both do: one that the
    helper began and does not finish, since another program has its core, is done here, too. So is one that fails.
    """
    answers: dict[int, Answer] = {}
    waiting = iter(list(enumerate(pieces)))  # a list's: no two threads get the same piece
    helped = _thread.allocate_lock()
    helped.acquire()

    def work_through() -> None:
        for number, piece in waiting:
            answers[number] = piece()

    def help_through() -> None:
        with suppress(Exception):
            work_through()
        helped.release()

    ready().ask(help_through)
    work_through()
    if len(answers) < len(pieces):
        helped.acquire(timeout=PATIENCE_S)
    return [answers[number] if number in answers else piece() for number, piece in enumerate(pieces)]
