"""The thread in which a model runs, so that no window waits for it: the newest picture asked for is the next."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from convviz_core.engines.api import Engine, EngineError
from convviz_core.models.abandoning import Abandoned, abandoned_when
from convviz_core.models.errors import ModelError
from live.model_view.answer import Answer, Asked, run
from live.sources.frame import Frame

LONGEST_JOIN_S = 2.0
MOST_GIVEN_UP = 4  # in a row: while a key is held that goes through the layers, some of them are seen


@dataclass(frozen=True, eq=False)
class Failure:
    """A run that came to nothing."""

    asked: Asked
    error: ModelError | EngineError


class Worker:
    """Runs what is asked for in a thread of its own, which owns the engine's model part; or at once, in the caller's.

    busy: whether something is asked for that has no answer yet.
    """

    def __init__(self, engine: Engine, *, beside: bool, on_done: Callable[[], None] = lambda: None) -> None:
        """beside: in a thread. on_done: called from there after each run."""
        self._engine, self._beside, self._on_done = engine, beside, on_done
        self._wanted: tuple[Frame, Asked] | None = None
        self._done: Answer | Failure | None = None
        self._running = self._over = False
        self._given_up = 0
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def ask(self, frame: Frame, asked: Asked) -> None:
        """Run this next, in place of what has not begun. frame: its image stays as it is."""
        if not self._beside:
            self._done = self._answer(frame, asked)
            return
        with self._changed:
            self._wanted = frame, asked
            self._changed.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="convviz-model", daemon=True)
            self._thread.start()

    def take(self) -> Answer | Failure | None:
        """The latest answer, once."""
        with self._changed:
            done, self._done = self._done, None
        return done

    @property
    def busy(self) -> bool:
        """Whether an answer is to come."""
        with self._changed:
            return self._wanted is not None or self._running

    def close(self) -> None:
        """No more runs; one that is long is not waited for."""
        with self._changed:
            self._over, self._wanted = True, None
            self._changed.notify()
        if self._thread:
            self._thread.join(LONGEST_JOIN_S)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._running = False
                while self._wanted is None and not self._over:
                    self._changed.wait()
                if self._over or self._wanted is None:
                    return
                (frame, asked), self._wanted, self._running = self._wanted, None, True
            done = self._answer_unless_given_up(frame, asked)
            if done is not None:
                with self._changed:
                    self._done = done
            self._on_done()

    def _answer_unless_given_up(self, frame: Frame, asked: Asked) -> Answer | Failure | None:
        """None where another layer is wanted meanwhile, or nothing any more."""

        def unwanted() -> bool:
            wanted = self._wanted
            other = wanted is not None and wanted[1].layer != asked.layer and self._given_up < MOST_GIVEN_UP
            return self._over or other

        try:
            with abandoned_when(unwanted):
                done = self._answer(frame, asked)
        except Abandoned:
            self._given_up += 1
            return None
        self._given_up = 0
        return done

    def _answer(self, frame: Frame, asked: Asked) -> Answer | Failure:
        try:
            return run(self._engine, frame, asked)
        except (ModelError, EngineError) as error:
            return Failure(asked, error)
