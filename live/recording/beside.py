"""Files that are written beside the loop, one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class WriterBeside:
    """A thread that begins with the first task. `check` and `close` raise what a task did not expect."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._tasks: deque[Future[None]] = deque()

    def put(self, task: Callable[[], None]) -> None:
        """Do this behind what was asked for before."""
        self._pool = self._pool or ThreadPoolExecutor(1, "convviz-snapshot")
        self._tasks.append(self._pool.submit(task))

    def check(self) -> None:
        """Take note of what is done."""
        while self._tasks and self._tasks[0].done():
            self._tasks.popleft().result()

    def close(self) -> None:
        """Wait until all is done."""
        if self._pool:
            self._pool.shutdown()
        self.check()
