"""What all engines share: runs go through plans, and the last few are kept."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

import numpy as np

from convviz_core.arrays import ByteArray
from convviz_core.blocks import Reduce
from convviz_core.engines.api import Engine, EngineError, Plan, PlanKey, Result
from convviz_core.engines.peak_run import PeakRun
from convviz_core.gray import check_picture
from convviz_core.layer import Layer, check_layer
from convviz_core.models.layer import ModelLayer
from convviz_core.own_range import own_limits
from convviz_core.ranges import Limits, Range, RangeMode, checked_range, fixed_limits

if TYPE_CHECKING:
    from convviz_core.engines.model_plan import ModelPlan, ModelRuns

MOST_KEPT = 4  # plans of `run`, each with its mosaic; who needs more keeps them

AnyPlan = TypeVar("AnyPlan", bound=Plan)


def run_in_range(plan: Plan, frame: ByteArray, range: Range) -> Result:
    """One frame of a plan in any range: a mode, or limits (lo, hi) for the whole bank.

    What each mode's limits are is decided in ranges.py and auto_range.py. ValueError for another range.
    """
    return _run(plan, frame, checked_range(range))


def _run(plan: Plan, frame: ByteArray, asked: RangeMode | Limits) -> Result:
    if isinstance(asked, tuple):
        return plan.run(frame, asked)
    if asked == RangeMode.FIXED:
        return plan.run(frame, fixed_limits(plan.key.layer))
    if asked == RangeMode.FRAME:
        return plan.run(frame, None)
    layer = plan.key.layer
    picture = PeakRun(plan, frame, layer)
    limits, share_above = own_limits(layer, frame, picture.peak)
    return replace(picture.run(limits), share_above=share_above)


def plan_of(engine: Engine, key: PlanKey) -> Plan:
    """The engine's plan for a key."""
    return engine.plan(key.layer, key.shape, key.reduce, key.range, editable=key.editable, minus=key.minus)


class EnginePlan:
    """What all plans share."""

    def __init__(self, key: PlanKey, check_open: Callable[[], None]) -> None:
        """check_open: raises once the plan's engine was closed."""
        self.key, self._check_open = key, check_open
        self._shape = key.shape

    def run(self, frame: ByteArray, limits: Limits | None) -> Result:
        """One frame's mosaic (see Plan.run)."""
        raise NotImplementedError

    def run_again(self, frame: ByteArray, limits: Limits) -> Result:
        """The frame of the last run in other limits (see Plan.run_again): all of it, unless a plan knows better."""
        return self.run(frame, limits)

    def check(self, frame: ByteArray, limits: Limits | None = None) -> None:
        """EngineError once the engine was closed; TypeError or ValueError for a frame that the plan is not for.

        ValueError for limits that are no range.
        """
        self._check_open()
        if not isinstance(frame, np.ndarray) or frame.dtype != np.uint8 or frame.shape != self._shape:
            check_picture(frame)
            raise ValueError(f"this plan is for frames of shape {self.key.shape}, got {frame.shape}")
        if limits is not None and not limits[0] < limits[1]:
            raise ValueError(f"limits are lo and hi with lo < hi, got {limits}")


@dataclass
class _Kept(Generic[AnyPlan]):
    """A plan, and in which run it was used last."""

    plan: AnyPlan
    used: int = sys.maxsize


class PlanningEngine(Generic[AnyPlan]):
    """Runs frames through plans of its own; an engine has to make them: `make_plan`."""

    model_place = "cpu"  # where models run

    def __init__(self) -> None:
        """Nothing is planned yet."""
        self.closed = False
        self._kept: dict[object, _Kept[AnyPlan]] = {}
        self._runs = 0

    def make_plan(self, key: PlanKey) -> AnyPlan:
        """A new plan, ready to run."""
        raise NotImplementedError

    def plan(
        self,
        layer: Layer,
        shape: tuple[int, ...],
        reduce: Reduce = 1,
        range: RangeMode | str = RangeMode.FIXED,
        *,
        editable: bool = False,
        minus: Layer | None = None,
    ) -> AnyPlan:
        """Do what must be done before the first frame (see Engine.plan)."""
        self.check_open()
        return self.make_plan(PlanKey(layer, tuple(shape), reduce, RangeMode(range), editable, minus))

    def plans_at_once(self, key: PlanKey) -> bool:  # noqa: ARG002  (unless an engine knows better)
        """Whether such a plan is made within a frame's time (see Engine.plans_at_once)."""
        return False

    def plan_model(self, layer: ModelLayer, shape: tuple[int, ...], reduce: Reduce = 1) -> ModelPlan:
        """The same for a layer of a model (see Engine.plan_model)."""
        return self.models.plan(layer, shape, reduce)

    @cached_property
    def models(self) -> ModelRuns:
        """What runs models on this engine's device; torch is imported here."""
        from convviz_core.engines.model_plan import open_runs

        return open_runs(self.model_place, self.check_open)

    def run(
        self, frame: ByteArray, layer: Layer | ModelLayer, range: Range = RangeMode.FIXED, reduce: Reduce = 1
    ) -> Result:
        """One frame's mosaic (see Engine.run)."""
        asked = checked_range(range)
        if isinstance(layer, ModelLayer):
            return self.models.run(frame, layer, asked, reduce)
        return _run(self.kept_plan(frame, layer, asked, reduce), frame, asked)

    def kept_plan(self, frame: ByteArray, layer: Layer, asked: RangeMode | Limits, reduce: Reduce) -> AnyPlan:
        """The plan for such a frame, made where it is missing; the one used longest ago makes room for it."""
        self.check_open()
        check_picture(frame)
        check_layer(layer)
        mode = RangeMode.FRAME if asked == RangeMode.FRAME else RangeMode.FIXED  # which is good for all limits
        key = (layer, frame.shape, reduce, mode)
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = _Kept(self.make_plan(PlanKey(*key)))
            if len(self._kept) > MOST_KEPT:
                del self._kept[min(self._kept, key=lambda key: self._kept[key].used)]
        self._runs += 1
        kept.used = self._runs
        return kept.plan

    def close(self) -> None:
        """Forget the plans that are kept; more than once is fine."""
        self.closed = True
        self._kept.clear()

    def check_open(self) -> None:
        """EngineError where the engine was closed."""
        if self.closed:
            raise EngineError("this engine was closed: open another one")

    def __enter__(self) -> Self:
        """Enter a with-block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the engine."""
        self.close()
