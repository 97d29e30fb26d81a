"""The reference: torch on the CPU, exact and clear. Every other engine is tested against it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engines.api import PlanKey, Result, check_weights
from convviz_core.engines.differing import MapsDifferencePlan
from convviz_core.engines.planning import EnginePlan, PlanningEngine
from convviz_core.filters.bank import FilterBank
from convviz_core.gray import to_planes, to_unit
from convviz_core.layer import Layer
from convviz_core.models.layer import ModelLayer
from convviz_core.mosaic import reduce_maps, tile_maps
from convviz_core.network import Net
from convviz_core.ranges import Limits, RangeMode, bank_ranges, extremes_of, to_bytes


class TorchPlan(EnginePlan):
    """torch.nn.Conv2d for one layer; every result is new memory."""

    def __init__(self, key: PlanKey, check_open: Callable[[], None]) -> None:
        """Make the network."""
        super().__init__(key, check_open)
        self._net = Net(key.layer)

    def run(self, frame: ByteArray, limits: Limits | None) -> Result:
        """One frame's mosaic (see Plan.run)."""
        self.check(frame, limits)
        shown = self._shown(frame)
        ranges = extremes_of(shown) if limits is None else bank_ranges(len(shown), limits)
        levels = reduce_maps(to_bytes(self.key.layer, shown, ranges, own=limits is None), self.key.reduce)
        peak = float(np.abs(shown[: self.key.layer.bank.own]).max())
        return Result(tile_maps(levels), ranges, peak, "torch float32")

    def take_weights(self, bank: FilterBank) -> None:
        """Go on with another bank (see Plan.take_weights)."""
        self.key = check_weights(self.key, bank)
        self._net = Net(self.key.layer)

    def maps(self, frame: ByteArray) -> tuple[FloatArray, FloatArray]:
        """conv and activated, float32 (N, h, w) each."""
        self.check(frame)
        x = torch.from_numpy(to_unit(to_planes(frame, self.key.layer.bank.channels)))[None]
        with torch.inference_mode():
            conv, activated = self._net(x)
        return conv[0].numpy(), activated[0].numpy()

    def _shown(self, frame: ByteArray) -> FloatArray:
        conv, activated = self.maps(frame)
        return conv if self.key.layer.signed else activated


class TorchEngine(PlanningEngine[TorchPlan | MapsDifferencePlan]):
    """torch.nn.Conv2d in float32 on the CPU."""

    name = "torch"
    device = "cpu"

    def make_plan(self, key: PlanKey) -> TorchPlan | MapsDifferencePlan:
        """A new plan."""
        if key.minus:
            return MapsDifferencePlan(key, self.check_open, self.maps, "torch float32")
        return TorchPlan(key, self.check_open)

    def maps(self, frame: ByteArray, layer: Layer | ModelLayer) -> tuple[FloatArray, FloatArray]:
        """conv and activated, float32 (N, h, w) each."""
        if isinstance(layer, ModelLayer):
            return self.models.maps(frame, layer)
        plan = self.kept_plan(frame, layer, RangeMode.FIXED, 1)
        assert isinstance(plan, TorchPlan)
        return plan.maps(frame)
