"""The thread in which a model runs, so that no window waits for it: the newest picture asked for is the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from convviz_core.engines.api import Engine, EngineError
from convviz_core.models.abandoning import Abandoned, abandoned_when
from convviz_core.models.errors import ModelError
from live.model_view.answer import Answer, Asked, run
from live.model_view.beside import Beside
from live.sources.frame import Frame

MOST_GIVEN_UP = 4  # in a row: while a key is held that goes through the layers, some of them are seen


@dataclass(frozen=True, eq=False)
class Failure:
    """A run that came to nothing."""

    asked: Asked
    error: ModelError | EngineError


class Worker:
    """Runs what is asked for in a thread of its own, which owns the engine's model part; or at once, in the caller's.

    A run whose layer is wanted no more is given up.
    """

    def __init__(self, engine: Engine, *, beside: bool, on_done: Callable[[], None] = lambda: None) -> None:
        """beside: in a thread. on_done: called from there after each run."""
        self._engine, self._given_up = engine, 0
        self._thread: Beside[tuple[Frame, Asked], Answer | Failure] = Beside(
            self._answer, "convviz-model", beside=beside, on_done=on_done
        )

    def ask(self, frame: Frame, asked: Asked) -> None:
        """Run this next, in place of what has not begun. frame: its image stays as it is."""
        self._thread.ask((frame, asked))

    def take(self) -> Answer | Failure | None:
        """The latest answer, once."""
        return self._thread.take()

    @property
    def busy(self) -> bool:
        """Whether an answer is to come."""
        return self._thread.busy

    def close(self) -> None:
        """No more runs; one that is long is not waited for."""
        self._thread.close()

    def _answer(self, question: tuple[Frame, Asked]) -> Answer | Failure | None:
        """None where another layer is wanted meanwhile, or nothing any more."""
        frame, asked = question

        def unwanted() -> bool:
            wanted = self._thread.wanted
            other = wanted is not None and wanted[1].layer != asked.layer and self._given_up < MOST_GIVEN_UP
            return self._thread.over or other

        try:
            with abandoned_when(unwanted):
                done = run(self._engine, frame, asked)
        except Abandoned:
            self._given_up += 1
            return None
        except (ModelError, EngineError) as error:
            return Failure(asked, error)
        self._given_up = 0
        return done
