"""Works out curves and noise in a thread of its own, so that no picture waits for them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from threading import Condition, Thread

import numpy as np

from convviz_core.arrays import ByteArray
from convviz_core.engines.api import Engine, EngineError
from convviz_core.layer import Layer
from convviz_core.noise import spread
from live.curves import Curves, alone, measured, predicted
from live.noise_meter import Noise, NoiseMeter, NoiseState, Pair

PAIR_EVERY_S = 0.5
LONGEST_JOIN_S = 5.0

OpenEngine = Callable[[str, str], Engine]  # by name and device


@dataclass(frozen=True, eq=False)
class CurvesInfo:
    """What is known so far of one kernel, and of the source's noise. Equal only to itself."""

    curves: Curves
    noise: Noise


@dataclass(frozen=True)
class Question:
    """Which layer's which map, measured by an engine of which name and device; equal where the answer is.

    still_picture: no second picture will come.
    """

    layer: Layer
    index: int
    engine: tuple[str, str]
    still_picture: bool = False


class CurveBench:
    """`ask` and `take` are the loop's and wait for nothing; `info` is the newest answer.

    open_engine: gives an engine of its own, of the kind that makes the pictures. Not `threaded`, it works in `step`.
    """

    def __init__(self, open_engine: OpenEngine, *, threaded: bool = True) -> None:
        """A thread begins with the first question."""
        self.info: CurvesInfo | None = None
        self._threaded, self._thread = threaded, None if threaded else Thread()
        self._work = Work(open_engine)
        self._changed = Condition()  # for the question, the pair, and the end
        self._question: Question | None = None
        self._pair: Pair | None = None
        self._closed = False
        self._first: tuple[ByteArray, Hashable] | None = None  # the first picture of the next pair
        self._next_at_s = 0.0

    def ask(self, question: Question) -> None:
        """What is to be shown from now on."""
        if question == self._question:
            return
        with self._changed:
            self._question = question
            self._changed.notify()
        if self._thread is None:
            self._thread = Thread(target=self._run, name="convviz-curves", daemon=True)
            self._thread.start()

    def take(self, image: ByteArray, at_s: float, lies: Hashable) -> None:
        """The newest picture; now and then two in a row are copied. lies: see Pair."""
        if self._first is None:
            if not self._next_at_s - 2 * PAIR_EVERY_S <= at_s < self._next_at_s:  # far below, it has begun again
                self._first = spread(image), lies
            return
        (before, before_lies), self._first = self._first, None
        self._next_at_s = at_s + PAIR_EVERY_S
        after = spread(image)
        if before.shape == after.shape and before_lies == lies:
            with self._changed:
                self._pair = Pair(before, after, at_s, lies)
                self._changed.notify()

    @property
    def pending(self) -> bool:
        """Whether another answer is on its way."""
        return self._question is not None and (self._pair is not None or not self._work.done(self._question))

    def step(self) -> bool:
        """Do a piece of the work; False where there is none."""
        with self._changed:
            question, pair, self._pair = self._question, self._pair, None
        if question is None or (pair is None and self._work.done(question)):
            return False
        with np.errstate(over="ignore", invalid="ignore"):  # huge weights overflow float32 in every engine
            self.info = self._work.step(question, pair)
        return True

    def close(self) -> None:
        """End the thread and its engine; more than once is fine."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._threaded and self._thread is not None:
            self._thread.join(LONGEST_JOIN_S)
        else:
            self._work.close()

    def _run(self) -> None:
        while not self._closed:
            if not self.step():
                with self._changed:
                    self._changed.wait_for(lambda: self._closed or self.pending)
        self._work.close()


class Work:
    """What is in the works, one piece after the other. One thread's."""

    def __init__(self, open_engine: OpenEngine) -> None:
        """Nothing is opened yet."""
        self._open_engine = open_engine
        self._meter = NoiseMeter()
        self._engine: Engine | None = None
        self._opened: tuple[str, str] | None = None
        self._question: Question | None = None
        self._alone: Layer | None = None  # with the one filter
        self._info: CurvesInfo | None = None
        self._dots: Iterator[Curves] | None = None
        self._noise_due = False

    def done(self, question: Question) -> bool:
        """Whether all is known that there is to know of it, without another pair."""
        return question == self._question and self._dots is None and not self._noise_due

    def step(self, question: Question, pair: Pair | None) -> CurvesInfo:
        """The curves at first, then dots, then the noise."""
        if pair is not None:
            self._meter.add(pair)
            self._noise_due = True
        try:
            if question != self._question or self._info is None:
                return self._begin(question)
            curves, noise = self._info.curves, self._info.noise
            if self._dots is not None:
                more = next(self._dots, None)
                curves, self._dots = more or curves, self._dots if more else None
            else:
                self._noise_due, noise = False, self._noise(question)
        except EngineError as error:
            self._noise_due, self._dots = False, None
            assert self._info is not None
            curves, noise = replace(self._info.curves, problem=str(error)), self._info.noise
        self._info = CurvesInfo(curves, noise)
        return self._info

    def close(self) -> None:
        """Close the engine."""
        if self._engine is not None:
            self._engine.close()
        self._engine = self._opened = None

    def _begin(self, question: Question) -> CurvesInfo:
        kernel = question.layer.bank.kernels[question.index]
        noise = self._info.noise.of_kernel(kernel) if self._info else Noise(NoiseState.WAITING)
        self._question, self._info = question, CurvesInfo(predicted(question.layer, question.index), noise)
        self._alone, self._noise_due = alone(question.layer, question.index), True
        self._dots = measured(self._info.curves, self._engine_for(question))
        return self._info

    def _noise(self, question: Question) -> Noise:
        assert self._alone is not None
        noise = self._meter.read(self._alone, self._engine_for(question))
        standing = question.still_picture and noise.state == NoiseState.WAITING
        return Noise(NoiseState.STANDS_STILL) if standing else noise

    def _engine_for(self, question: Question) -> Engine:
        if self._engine is None or self._opened != question.engine:
            self.close()
            self._engine = self._open_engine(*question.engine)
            self._opened = question.engine
        return self._engine
