"""An engine that is made ready beside the pictures: who answers, and when."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from convviz_core import Engine, EngineError, FilterBank, Layer, ModelLayer, RangeMode, Result, load_bank
from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engines import upgrading
from convviz_core.engines.api import PlanKey, check_weights
from convviz_core.engines.planning import EnginePlan, PlanningEngine
from convviz_core.engines.upgrading import Better, UpgradingEngine
from convviz_core.ranges import Limits

LAYER = Layer(load_bank("udacity"))
OTHER = Layer(load_bank("udacity"), "none")
FRAME = np.zeros((8, 8), np.uint8)
PATIENCE_S = 20.0  # only reached where something hangs


class FakePlan(EnginePlan):
    """Answers with its engine's name, and the name of its bank."""

    def __init__(self, key: PlanKey, engine: FakeEngine) -> None:
        super().__init__(key, engine.check_open)
        self._engine = engine

    def run(self, frame: ByteArray, limits: Limits | None) -> Result:  # noqa: ARG002
        if self._engine.run_fails:
            raise self._engine.run_fails
        name = self._engine.name
        if self.key.layer.bank.name != "udacity":
            name = f"{name} with {self.key.layer.bank.name}"
        return Result(frame, np.zeros((4, 2), np.float32), 0.0, name)

    def run_again(self, frame: ByteArray, limits: Limits) -> Result:
        result = self.run(frame, limits)
        return replace(result, implementation=f"{result.implementation} again")

    def take_weights(self, bank: FilterBank) -> None:
        self.key = check_weights(self.key, bank)


class FakeEngine(PlanningEngine[FakePlan]):
    """Says what was asked of it; `gate` holds up planning, `fails` what it raises."""

    device = "cpu"

    def __init__(self, name: str, *, gated: bool = True) -> None:
        super().__init__()
        self.name = name
        self.gate = threading.Event()
        if not gated:
            self.gate.set()
        self.planning = threading.Event()
        self.planned: list[PlanKey] = []
        self.closings = 0
        self.run_fails: Exception | None = None
        self.plan_fails: Exception | None = None
        self.at_once = False

    def plans_at_once(self, key: PlanKey) -> bool:  # noqa: ARG002
        return self.at_once

    def make_plan(self, key: PlanKey) -> FakePlan:
        self.planned.append(key)
        self.planning.set()
        assert self.gate.wait(PATIENCE_S)
        if self.plan_fails:
            raise self.plan_fails
        return FakePlan(key, self)

    def maps(self, frame: ByteArray, layer: Layer | ModelLayer) -> tuple[FloatArray, FloatArray]:  # noqa: ARG002
        maps = np.zeros((4, 5, 5), np.float32)
        return maps, maps

    def close(self) -> None:
        self.closings += 1


def planning_is_over() -> None:
    for thread in threading.enumerate():
        if thread.name == "convviz-planning":
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


@pytest.fixture(autouse=True)
def _quiet_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrading, "QUIET_S", 0.0)


SAID: list[str] = []


@pytest.fixture(autouse=True)
def nothing_said() -> None:
    SAID.clear()


def pair() -> tuple[FakeEngine, FakeEngine, UpgradingEngine]:
    first, best = FakeEngine("first", gated=False), FakeEngine("best")
    return first, best, UpgradingEngine(first, [Better(lambda: best, "the first goes on")], SAID.append)


def test_the_first_engine_answers_until_the_best_has_planned() -> None:
    _, best, engine = pair()
    with engine:
        assert engine.name == "first"
        assert engine.run(FRAME, LAYER).implementation == "first"
        assert best.planning.wait(PATIENCE_S)
        assert engine.run(FRAME, LAYER).implementation == "first"
        best.gate.set()
        planning_is_over()
        assert engine.run(FRAME, LAYER).implementation == "best"
        assert (engine.name, engine.device, SAID) == ("best", "cpu", [])


def test_what_is_new_comes_from_the_first_engine_again_while_it_is_planned() -> None:
    _, best, engine = pair()
    best.gate.set()
    with engine:
        engine.run(FRAME, LAYER)
        planning_is_over()
        assert engine.run(FRAME, OTHER).implementation == "first"
        assert engine.name == "first"
        planning_is_over()
        assert [engine.run(FRAME, layer).implementation for layer in (LAYER, OTHER)] == ["best", "best"]


def test_of_what_is_wanted_meanwhile_only_the_latest_is_planned() -> None:
    _, best, engine = pair()
    with engine:
        engine.run(FRAME, LAYER)
        assert best.planning.wait(PATIENCE_S)
        for reduce in (2, 3, 4):
            engine.run(FRAME, LAYER, reduce=reduce)
        best.gate.set()
        planning_is_over()
        assert [key.reduce for key in best.planned] == [1, 4]


def test_planning_ahead_returns_at_once_and_is_done_beside() -> None:
    _, best, engine = pair()
    with engine:
        plan = engine.plan(OTHER, (9, 9), 2, "auto")
        best.gate.set()
        planning_is_over()
        assert best.planned == [PlanKey(OTHER, (9, 9), 2, RangeMode.AUTO)]
        assert plan.run(np.zeros((9, 9), np.uint8), (0.0, 1.0)).implementation == "best"
        assert len(best.planned) == 1


def test_what_the_best_engine_plans_at_once_is_its_own_from_the_first_picture_on() -> None:
    first, best, engine = pair()
    best.gate.set()
    with engine:
        engine.run(FRAME, LAYER)
        planning_is_over()
        best.at_once = True
        assert engine.run(FRAME, LAYER, reduce=2).implementation == "best"
        assert [key.reduce for key in first.planned] == [1]
        assert [key.reduce for key in best.planned] == [1, 2]


def test_what_else_is_to_be_done_is_done_once_nothing_waits_for_a_plan() -> None:
    first, best, done = FakeEngine("first", gated=False), FakeEngine("best"), list[int]()
    better = Better(lambda: best, "the first goes on", lambda: done.append(len(best.planned)))
    with UpgradingEngine(first, [better], SAID.append) as engine:
        engine.plan(LAYER, FRAME.shape)
        assert best.planning.wait(PATIENCE_S)
        engine.plan(OTHER, FRAME.shape)
        assert done == []
        best.gate.set()
        planning_is_over()
    assert done == [2]


def test_who_closes_soon_does_not_wait_for_what_else_is_to_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrading, "QUIET_S", 2 * PATIENCE_S)
    first, best, done = FakeEngine("first", gated=False), FakeEngine("best", gated=False), list[str]()
    with UpgradingEngine(first, [Better(lambda: best, "the first goes on", lambda: done.append("this"))]) as engine:
        engine.plan(LAYER, FRAME.shape)
        assert best.planning.wait(PATIENCE_S)
        best.gate.set()
    planning_is_over()
    assert done == []


def test_what_else_is_to_be_done_is_left_where_planning_failed() -> None:
    first, best, done = FakeEngine("first", gated=False), FakeEngine("best", gated=False), list[str]()
    best.plan_fails = EngineError("no")
    with UpgradingEngine(first, [Better(lambda: best, "the first goes on", lambda: done.append("this"))]) as engine:
        engine.plan(LAYER, FRAME.shape)
        planning_is_over()
    assert done == []


def test_a_picture_is_run_again_by_the_engine_that_ran_it() -> None:
    _, best, engine = pair()
    with engine:
        plan = engine.plan(LAYER, FRAME.shape)
        answers = [run(FRAME, (0.0, 1.0)).implementation for run in (plan.run, plan.run_again)]
        best.gate.set()
        planning_is_over()
        answers += [run(FRAME, (0.0, 1.0)).implementation for run in (plan.run_again, plan.run_again)]
        assert answers == ["first", "first again", "best", "best again"]


def test_two_plans_in_turns_are_both_planned() -> None:
    _, best, engine = pair()
    best.gate.set()
    with engine:
        plans = [engine.plan(layer, FRAME.shape) for layer in (LAYER, OTHER)]
        for _ in range(2):
            for plan in plans:
                plan.run(FRAME, (0.0, 1.0))
                planning_is_over()
        assert [plan.run(FRAME, (0.0, 1.0)).implementation for plan in plans] == ["best", "best"]
        assert len(best.planned) == 2


def named(name: str) -> FilterBank:
    return FilterBank(name, LAYER.bank.filters)


def test_weights_are_taken_at_once_and_a_plan_for_changing_ones_is_made_beside() -> None:
    _, best, engine = pair()
    best.gate.set()
    with engine:
        plan = engine.plan(LAYER, FRAME.shape)
        planning_is_over()
        assert plan.run(FRAME, (0.0, 1.0)).implementation == "best"
        best.gate.clear()
        plan.take_weights(named("a"))
        assert plan.run(FRAME, (0.0, 1.0)).implementation == "first with a"
        plan.take_weights(named("b"))
        assert plan.run(FRAME, (0.0, 1.0)).implementation == "first with b"
        best.gate.set()
        planning_is_over()
        assert [key.editable for key in best.planned] == [False, True]
        plan.take_weights(named("c"))
        assert plan.run(FRAME, (0.0, 1.0)).implementation == "best with c"
        plan.take_weights(named("d"))
        assert plan.run(FRAME, (0.0, 1.0)).implementation == "best with d"
        assert len(best.planned) == 2


def test_weights_taken_while_a_plan_is_made_are_those_it_runs_with() -> None:
    _, best, engine = pair()
    with engine:
        plan = engine.plan(LAYER, FRAME.shape, editable=True)
        assert best.planning.wait(PATIENCE_S)
        plan.take_weights(named("a"))
        best.gate.set()
        planning_is_over()
        assert plan.run(FRAME, (0.0, 1.0)).implementation == "best with a"


def failing(error: Exception) -> Callable[[], Engine]:
    def fail() -> Engine:
        raise error

    return fail


@pytest.mark.parametrize("error", [EngineError("the card is gone."), ImportError("the card is gone.")])
def test_what_cannot_be_opened_leaves_the_first_engine_and_one_sentence(error: Exception) -> None:
    opened = []

    def open_best() -> Engine:
        opened.append(1)
        return failing(error)()

    said: list[str] = []
    better = [Better(open_best, "the first goes on")]
    with UpgradingEngine(FakeEngine("first", gated=False), better, said.append) as engine:
        for _ in range(3):
            assert engine.run(FRAME, LAYER).implementation == "first"
            planning_is_over()
        assert said == ["the card is gone.; the first goes on"]
        assert opened == [1]


def test_what_cannot_be_planned_leaves_the_first_engine_and_one_sentence() -> None:
    _, best, engine = pair()
    best.gate.set()
    best.plan_fails = EngineError("out of memory.")
    with engine:
        engine.run(FRAME, LAYER)
        planning_is_over()
        assert engine.run(FRAME, LAYER).implementation == "first"
        assert SAID == ["out of memory.; the first goes on"]


def test_a_device_that_fails_later_is_left_with_one_sentence() -> None:
    _, best, engine = pair()
    best.gate.set()
    with engine:
        engine.run(FRAME, LAYER)
        planning_is_over()
        best.run_fails = EngineError("the card was lost.")
        assert engine.run(FRAME, LAYER).implementation == "first"
        assert SAID == ["the card was lost.; the first goes on"]
        best.run_fails = None
        assert engine.run(FRAME, LAYER).implementation == "first"


def opened(engine: FakeEngine, opens: list[str]) -> Better:
    def open_it() -> Engine:
        opens.append(engine.name)
        return engine

    return Better(open_it, f"without {engine.name}")


@pytest.mark.parametrize("fails", ["open", "plan", "run"])
def test_when_the_best_engine_fails_the_next_one_takes_over(fails: str) -> None:
    first, best, second = FakeEngine("first", gated=False), FakeEngine("best"), FakeEngine("second")
    best.gate.set()
    second.gate.set()
    opens: list[str] = []
    the_best = Better(failing(EngineError("it fails")), "without best") if fails == "open" else opened(best, opens)
    with UpgradingEngine(first, [the_best, opened(second, opens)], SAID.append) as engine:
        if fails == "plan":
            best.plan_fails = EngineError("it fails")
        engine.run(FRAME, LAYER)
        planning_is_over()
        if fails == "run":
            best.run_fails = EngineError("it fails")
            assert opens == ["best"]  # the next one costs nothing while it is not needed
            assert engine.run(FRAME, LAYER).implementation == "first"
            planning_is_over()
        assert SAID == ["it fails; without best"]
        assert engine.run(FRAME, LAYER).implementation == "second"
        second.run_fails = EngineError("it fails too")
        assert engine.run(FRAME, LAYER).implementation == "first"
        assert SAID[1:] == ["it fails too; without second"]
    assert (best.closings, second.closings) == (0 if fails == "open" else 1, 1)


def test_a_wrong_frame_is_no_reason_to_leave_the_best_engine() -> None:
    _, best, engine = pair()
    best.gate.set()
    with engine:
        engine.run(FRAME, LAYER)
        planning_is_over()
        best.run_fails = ValueError("a frame is uint8")
        with pytest.raises(ValueError, match="uint8"):
            engine.run(FRAME, LAYER)
        best.run_fails = None
        assert engine.run(FRAME, LAYER).implementation == "best"


def test_closing_does_not_wait_for_a_plan_in_the_making_whose_engine_is_closed_after_it() -> None:
    first, best, engine = pair()
    engine.run(FRAME, LAYER)
    assert best.planning.wait(PATIENCE_S)
    engine.close()
    assert (first.closings, best.closings) == (1, 0)  # what is still being planned must not be taken away
    best.gate.set()
    planning_is_over()
    assert (first.closings, best.closings) == (1, 1)


def test_closing_at_rest_closes_both() -> None:
    first, best, engine = pair()
    best.gate.set()
    engine.run(FRAME, LAYER)
    planning_is_over()
    engine.close()
    assert (first.closings, best.closings) == (1, 1)


ENDS_WHILE_PLANNING = """
import sys, time
sys.path[:0] = sys.argv[1:]
from test_upgrading import FRAME, LAYER, pair

def close_late():
    time.sleep(0.2)
    print("closed", flush=True)

first, best, engine = pair()
best.close = close_late
engine.run(FRAME, LAYER)
best.planning.wait()
engine.close()
best.gate.set()
"""


def test_the_interpreter_does_not_end_under_a_plan_in_the_making() -> None:
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[3])]
    done = subprocess.run([sys.executable, "-c", ENDS_WHILE_PLANNING, *paths], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "closed\n"), done.stderr


def test_closing_twice_or_unused_is_fine() -> None:
    _, _, engine = pair()
    engine.close()
    engine.close()
