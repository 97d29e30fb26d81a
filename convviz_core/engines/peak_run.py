"""A picture that may have to be run for its peak, before it is known in which range it is shown."""

from __future__ import annotations

from convviz_core.arrays import ByteArray
from convviz_core.auto_range import least_limits
from convviz_core.difference import Difference
from convviz_core.engines.api import Plan, Result
from convviz_core.layer import Layer
from convviz_core.ranges import Limits


class PeakRun:
    """One picture on a plan: `peak`, where it is asked for, and then `run`, which makes use of it."""

    def __init__(self, plan: Plan, frame: ByteArray, layer: Layer | Difference) -> None:
        """layer: whose range it is; the plan may compute others behind it."""
        self.plan, self.frame = plan, frame
        self._least = least_limits(layer)
        self._result: Result | None = None

    def peak(self) -> float:
        """Its largest |response|, from a run in the least range: it is the picture's where little is there."""
        self._result = self.plan.run(self.frame, self._least)
        return self._result.peak

    def run(self, limits: Limits) -> Result:
        """Its mosaic in those limits (see Plan.run)."""
        if self._result is None:
            return self.plan.run(self.frame, limits)
        if limits == self._least:
            return self._result
        return self.plan.run_again(self.frame, limits)
