"""A thread that works beside the loop: of what is asked of it, the newest is the next."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

LONGEST_JOIN_S = 2.0

Asked = TypeVar("Asked")
Done = TypeVar("Done")


class Beside(Generic[Asked, Done]):
    """Makes what is asked for in a thread of its own, which begins with the first; or at once, in the caller's.

    wanted: what is asked for and has not begun, any thread may look. over: nothing is wanted any more.
    """

    def __init__(
        self,
        make: Callable[[Asked], Done | None],
        name: str,
        *,
        beside: bool,
        on_done: Callable[[], None] = lambda: None,
    ) -> None:
        """make: None where it came to nothing. name: the thread's. beside: in one. on_done: called there after each."""
        self._make, self._name, self._beside, self._on_done = make, name, beside, on_done
        self.wanted: Asked | None = None
        self.over = False
        self._done: Done | None = None
        self._running = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def ask(self, asked: Asked) -> None:
        """Make this next, in place of what has not begun."""
        if not self._beside:
            self._done = self._make(asked)
            return
        with self._changed:
            self.wanted = asked
            self._changed.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()

    def take(self) -> Done | None:
        """The latest that was made, once."""
        with self._changed:
            done, self._done = self._done, None
        return done

    @property
    def busy(self) -> bool:
        """Whether something is to come."""
        with self._changed:
            return self.wanted is not None or self._running

    def close(self) -> None:
        """Make no more; what takes long is not waited for."""
        with self._changed:
            self.over, self.wanted = True, None
            self._changed.notify()
        if self._thread:
            self._thread.join(LONGEST_JOIN_S)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._running = False
                while self.wanted is None and not self.over:
                    self._changed.wait()
                if self.over or self.wanted is None:
                    return
                asked, self.wanted, self._running = self.wanted, None, True
            done = self._make(asked)
            if done is not None:
                with self._changed:
                    self._done = done
            self._on_done()
