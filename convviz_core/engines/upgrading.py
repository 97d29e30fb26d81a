"""An engine that shows pictures at once and becomes a better one when that one is ready."""

from __future__ import annotations

import atexit
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from threading import Event, Lock, Thread

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engines.api import Engine, EngineError, Plan, PlanKey, Result, check_weights
from convviz_core.engines.planning import EnginePlan, PlanningEngine, plan_of
from convviz_core.filters.bank import FilterBank
from convviz_core.layer import Layer
from convviz_core.models.layer import ModelLayer
from convviz_core.ranges import Limits

LONGEST_JOIN_S = 5.0  # a compilation or an import of torch takes 2; a driver that hangs is not waited for
QUIET_S = 0.5  # so long after a plan nothing may be asked for, before something else is done: a short run is over then


def _nothing() -> None:
    """There is nothing else to do."""


@dataclass(frozen=True)
class Better:
    """How a better engine is opened, in the background, and what to say of its failure: "the CPU goes on".

    afterwards: what else to do once it has planned and nothing is asked for; it may be asked for again and again.
    """

    open: Callable[[], Engine]
    without_it: str
    afterwards: Callable[[], None] = _nothing


class UpgradingPlan(EnginePlan):
    """The first engine's plan until the better one's is ready, and again where that one fails."""

    def __init__(self, key: PlanKey, engine: UpgradingEngine) -> None:
        """Have the better plan made, in the background unless that is a matter of a moment."""
        super().__init__(key, engine.check_open)
        self._engine = engine
        self._first: Plan | None = None  # only while it is needed
        self._ran: Plan | None = None  # which of them answered last
        self._better = engine.better_at_once(key)  # replaced as a whole: the background gives it
        if self._better is None:
            engine.want(self)

    def run(self, frame: ByteArray, limits: Limits | None) -> Result:
        """One frame's mosaic (see Plan.run), from the better plan where there is one."""
        self.check(frame)
        return self._answer(lambda plan: plan.run(frame, limits))

    def run_again(self, frame: ByteArray, limits: Limits) -> Result:
        """The frame of the last run (see Plan.run_again); a plan that has not made that runs it for the first time."""
        self.check(frame)
        ran = self._ran
        return self._answer(lambda plan: (plan.run_again if plan is ran else plan.run)(frame, limits))

    def _answer(self, run: Callable[[Plan], Result]) -> Result:
        better = self._better
        if better and self._engine.uses(better[0]) and better[1].key.editable == self.key.editable:
            engine, plan = better
            try:
                if plan.key.layer.bank is not self.key.layer.bank:  # made before the last weights were taken
                    plan.take_weights(self.key.layer.bank)
                result = run(plan)
            except EngineError as error:
                self._engine.leave(engine, error)
            else:
                self._first, self._ran = None, plan
                self._engine.answered_by(engine)
                return result
        if self._first is None:
            self._first = self._engine.first_plan(self.key)
        self._engine.want(self)
        self._engine.answered_by(self._engine.first)
        result, self._ran = run(self._first), self._first
        return result

    def take_weights(self, bank: FilterBank) -> None:
        """Go on with another bank (see Plan.take_weights).

        What is not made for changing weights gives way to the first engine until the background has a plan that is.
        """
        self.key = replace(check_weights(self.key, bank), editable=True)
        if self._first:
            self._first.take_weights(bank)

    def become(self, engine: Engine, plan: Plan) -> None:
        """Called in the background: the better plan, for a key that this one has had."""
        self._better = (engine, plan)

    def lacks(self, engine: Engine) -> bool:
        """Whether this engine's plan is still to be made."""
        better = self._better
        return better is None or better[0] is not engine or better[1].key.editable != self.key.editable


class UpgradingEngine(PlanningEngine[UpgradingPlan]):
    """`first` answers until a better engine has planned what is asked for; that is opened and plans in the background.

    better: the engines to try, the best first; the next is opened when one could not be opened, could not plan or has
    failed. `first` goes on when none is left.
    on_notice: told one sentence about each that fails; it may be called from the background.
    """

    def __init__(
        self, first: Engine, better: Iterable[Better], on_notice: Callable[[str], None] = lambda _: None
    ) -> None:
        """Nothing is opened before the first plan is asked for."""
        super().__init__()
        self.first = first
        self._better, self._on_notice = deque(better), on_notice
        self._best: Engine | None = None
        self._left: list[Engine] = []  # better ones that have failed
        self._answered: Engine = first
        self._wanted: UpgradingPlan | None = None
        self._thread: Thread | None = None
        self._disturbed = Event()  # something has been asked for since the latest plan was begun
        self._lock = Lock()  # for the wanted plan, the thread and the engines, held for a moment
        atexit.register(self._await_planning)

    @property
    def name(self) -> str:
        """The engine that answered last."""
        return self._answered.name

    @property
    def device(self) -> str:
        """The device that answered last."""
        return self._answered.device

    def make_plan(self, key: PlanKey) -> UpgradingPlan:
        """A plan that never waits."""
        return UpgradingPlan(key, self)

    def better_at_once(self, key: PlanKey) -> tuple[Engine, Plan] | None:
        """The better engine and its plan, where nothing has to be compiled for it: another size of the window."""
        best = self._best
        return (best, plan_of(best, key)) if best and best.plans_at_once(key) else None

    def first_plan(self, key: PlanKey) -> Plan:
        """What answers meanwhile."""
        return plan_of(self.first, key)

    def maps(self, frame: ByteArray, layer: Layer | ModelLayer) -> tuple[FloatArray, FloatArray]:
        """conv and activated, float32 (N, h, w) each, from the engine that needs no planning."""
        if isinstance(layer, ModelLayer):
            return self.models.maps(frame, layer)
        return self.first.maps(frame, layer)

    def want(self, plan: UpgradingPlan) -> None:
        """Have the better engine plan this next; what was wanted before and not begun is dropped: it will ask again."""
        with self._lock:
            if not self._better or self.closed:
                return
            self._wanted = plan
            self._disturbed.set()
            if self._thread is None:
                self._thread = Thread(target=self._work, name="convviz-planning", daemon=True)
                self._thread.start()

    def answered_by(self, engine: Engine) -> None:
        """Which engine has just answered."""
        self._answered = engine

    def uses(self, engine: Engine) -> bool:
        """Whether this better engine has not failed."""
        return engine is self._best

    def leave(self, best: Engine | None, error: Exception) -> None:
        """Leave `best`, or what could not be opened, for the next one."""
        with self._lock:
            if best is not self._best:  # the other thread has left it
                return
            self._best = None
            failed = self._better.popleft()
            if best is not None:
                self._left.append(best)  # closed at the end: the other thread may still be in it
        self._on_notice(f"{error}; {failed.without_it}")

    def close(self) -> None:
        """Close all engines; the better ones in the background, once a plan in the making is done."""
        with self._lock:
            planning = self._thread is not None
            super().close()
            self._wanted = None
            self._disturbed.set()
        if not planning:
            self._close_better()
        self.first.close()

    def _close_better(self) -> None:
        for engine in [*self._left, self._best] if self._best else self._left:
            engine.close()
        atexit.unregister(self._await_planning)

    def _await_planning(self) -> None:
        """The interpreter must not be taken down under a compilation: that would crash."""
        with self._lock:
            self._wanted, thread = None, self._thread
            self._disturbed.set()
        if thread is not None:
            thread.join(LONGEST_JOIN_S)

    def _work(self) -> None:
        """Open the better engine if need be, and plan until nothing more is wanted."""
        while True:
            with self._lock:
                wanted, self._wanted = self._wanted, None
                self._disturbed.clear()
                if wanted is None and not self.closed:
                    self._thread = None
                    return
            if wanted is None:
                self._close_better()
                return
            self._plan(wanted)

    def _plan(self, wanted: UpgradingPlan) -> None:
        with self._lock:
            best = self._best
            better = self._better[0] if self._better else None
        if better is None:  # the last one has failed meanwhile
            return
        try:
            if best is None:
                best = self._best = better.open()
            if wanted.lacks(best):
                key = wanted.key
                wanted.become(best, plan_of(best, key))
        except Exception as error:  # whatever it is, pictures go on; its sentence is shown
            self.leave(best, error)
            with self._lock:
                if self._wanted is None and self._better and not self.closed:
                    self._wanted = wanted  # for the next one
            return
        if not self._disturbed.wait(QUIET_S):
            better.afterwards()
