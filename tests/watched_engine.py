"""An engine whose plans tell of every picture that they compute."""

from __future__ import annotations

from convviz_core.arrays import ByteArray
from convviz_core.engines.api import PlanKey, Result
from convviz_core.engines.opencv.difference import OpenCvDifferencePlan
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.engines.opencv.plan import OpenCvPlan
from convviz_core.ranges import Limits


class WatchedEngine(OpenCvEngine):
    """Counts; `computes` is called before each picture, and may raise. For plans, and for `run`, which makes them.

    runs_again: pictures that were run once more in other limits; `computes` is not told of these.
    """

    runs = runs_again = 0

    def make_plan(self, key: PlanKey) -> OpenCvPlan | OpenCvDifferencePlan:
        plan = super().make_plan(key)
        run, run_again = plan.run, plan.run_again

        def watched(frame: ByteArray, limits: Limits | None) -> Result:
            self.computes(frame)
            return run(frame, limits)

        def watched_again(frame: ByteArray, limits: Limits) -> Result:
            self.runs_again += 1
            return run_again(frame, limits)

        plan.run = watched  # type: ignore[method-assign]
        plan.run_again = watched_again  # type: ignore[method-assign]
        return plan

    def computes(self, frame: ByteArray) -> None:  # noqa: ARG002
        self.runs += 1
