"""An engine that shows pictures at once and becomes a better one when that one is ready."""

from __future__ import annotations

import atexit
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock, Thread

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engines.api import Engine, EngineError, Result, WithBlock, check_request
from convviz_core.layer import Layer
from convviz_core.ranges import Limits

LONGEST_JOIN_S = 5.0  # a compilation or an import of torch takes 2; a driver that hangs is not waited for

Wanted = tuple[tuple[int, ...], Layer, int]  # the arguments of Engine.plan


@dataclass(frozen=True)
class Better:
    """How a better engine is opened, in the background, and what to say of its failure: "the CPU goes on"."""

    open: Callable[[], Engine]
    without_it: str


class BackgroundEngine(WithBlock):
    """`first` answers until a better one has planned what is asked for; opening and planning happen beside the caller.

    better: the engines to try, the best first; the next is opened when one could not be opened, could not plan or has
    failed. `first` goes on when none is left.
    on_notice: told one sentence about each that fails; it may be called from the background.
    """

    def __init__(
        self, first: Engine, better: Iterable[Better], on_notice: Callable[[str], None] = lambda _: None
    ) -> None:
        """Nothing is opened before the first frame has been answered."""
        self._first, self._better, self._on_notice = first, deque(better), on_notice
        self._best: Engine | None = None
        self._left: list[Engine] = []  # better ones that have failed
        self._answered: Engine = first
        self._wanted: Wanted | None = None
        self._thread: Thread | None = None
        self._lock = Lock()  # for the wanted plan and the thread, held for a moment
        atexit.register(self._await_planning)

    @property
    def name(self) -> str:
        """The engine that answered last."""
        return self._answered.name

    @property
    def device(self) -> str:
        """The device that answered last."""
        return self._answered.device

    def run(self, frame: ByteArray, layer: Layer, limits: Limits | None = None, reduce: int = 1) -> Result:
        """One frame's mosaic (see Engine.run), from the better engine where it is ready for it."""
        self.check_open()
        check_request(frame, layer, reduce)
        best = self._best
        if best is not None and best.planned(frame.shape, layer, reduce):
            try:
                result = best.run(frame, layer, limits, reduce)
                self._answered = best
                return result
            except EngineError as error:
                self._give_up(best, error)
        result = self._first.run(frame, layer, limits, reduce)
        self._answered = self._first
        self.plan(frame.shape, layer, reduce)
        return result

    def maps(self, frame: ByteArray, layer: Layer) -> tuple[FloatArray, FloatArray]:
        """conv and activated, float32 (N, h, w) each, from the engine that needs no planning."""
        return self._first.maps(frame, layer)

    def planned(self, shape: tuple[int, ...], layer: Layer, reduce: int = 1) -> bool:  # noqa: ARG002
        """Always: `run` never waits for planning."""
        return True

    def plan(self, shape: tuple[int, ...], layer: Layer, reduce: int = 1) -> None:
        """Have the better engine plan this next, in the background; what was wanted before and not begun is dropped."""
        with self._lock:
            if not self._better or self.closed:
                return
            self._wanted = (shape, layer, reduce)
            if self._thread is None:
                self._thread = Thread(target=self._work, name="convviz-planning", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Close all engines; the better ones in the background, once a plan in the making is done."""
        with self._lock:
            planning = self._thread is not None
            super().close()
            self._wanted = None
        if not planning:
            self._close_best()
        self._first.close()

    def _close_best(self) -> None:
        for engine in [*self._left, self._best] if self._best else self._left:
            engine.close()
        atexit.unregister(self._await_planning)

    def _await_planning(self) -> None:
        """The interpreter must not be taken down under a compilation: that would crash."""
        with self._lock:
            self._wanted, thread = None, self._thread
        if thread is not None:
            thread.join(LONGEST_JOIN_S)

    def _work(self) -> None:
        """Open the better engine if need be, and plan until nothing more is wanted."""
        while True:
            with self._lock:
                wanted, self._wanted = self._wanted, None
                if wanted is None and not self.closed:
                    self._thread = None
                    return
            if wanted is None:
                self._close_best()
                return
            best = self._best
            try:
                if best is None:
                    best = self._best = self._better[0].open()
                best.plan(*wanted)
            except Exception as error:  # whatever it is, pictures go on; its sentence is shown
                self._give_up(best, error)
                with self._lock:
                    if self._wanted is None and self._better and not self.closed:
                        self._wanted = wanted  # for the next one

    def _give_up(self, best: Engine | None, error: Exception) -> None:
        """Leave `best`, or what could not be opened, for the next one."""
        with self._lock:
            if best is not self._best:  # the other thread has left it
                return
            self._best = None
            failed = self._better.popleft()
            if best is not None:
                self._left.append(best)  # closed at the end: the other thread may still be in it
        self._on_notice(f"{error}; {failed.without_it}")
