"""A model's layer on frames: one forward pass up to the layer, and the mosaic of some of its maps.

It runs in torch on whatever device the engine has; the bytes and the ranges are those that ranges.py and auto_range.py
define, with the picture's peak where a bank has its fixed limit.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor, nn

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.blocks import Reduce, check_reduce
from convviz_core.engines.api import Result
from convviz_core.gray import check_picture
from convviz_core.models.layer import ModelLayer
from convviz_core.models.model_input import to_input
from convviz_core.mosaic import reduce_maps, tile_maps
from convviz_core.ranges import FLAT_SPAN, Limits, RangeMode
from convviz_core.tally import FLOOR, Tally

if TYPE_CHECKING:
    from convviz_core.models.calls import Call
    from convviz_core.models.model import Model
    from convviz_core.models.tracing import Traced


@dataclass(frozen=True)
class ModelPlanKey:
    """What a plan is made for: see PlanKey. The maps' size is known once it has run."""

    layer: ModelLayer
    shape: tuple[int, ...]
    reduce: Reduce = 1

    def __post_init__(self) -> None:
        check_reduce(self.reduce)
        self.layer.size_hw(self.shape)


@dataclass
class Met:
    """The largest |response| after the activation that a layer has given so far."""

    largest: float = 0.0


Outputs = tuple[Tensor, Tensor | None]  # of a layer, and of another that was asked for in the same run
Pass = Callable[[Tensor], Outputs]


class Passes(Protocol):
    """How an engine runs a model's passes. how: how the last one was run, in words."""

    how: str

    def __call__(self, of: Hashable, run: Pass, values: Tensor) -> Outputs:
        """One pass on (1, C, h, w). of: equal for passes of one layer on inputs of one shape. Errors: as `run`'s."""


class Eager:
    """One operation after the other, as the model's code has them."""

    how = "eager"

    def __call__(self, of: Hashable, run: Pass, values: Tensor) -> Outputs:  # noqa: ARG002
        """See Passes."""
        return run(values)


class ModelRuns:
    """What an engine needs to run models on its device: a copy of each, and what their layers have given."""

    def __init__(
        self,
        place: torch.device,
        check_open: Callable[[], None],
        running: Callable[[], AbstractContextManager[object]] = nullcontext,
        passes: Passes | None = None,
    ) -> None:
        """check_open: raises once the engine was closed. running: entered around every run, and every copy."""
        self.place, self.check_open, self.running = place, check_open, running
        self.passes = passes or Eager()
        self._modules: WeakKeyDictionary[Model, nn.Module] = WeakKeyDictionary()
        self._met: WeakKeyDictionary[Model, dict[object, Met]] = WeakKeyDictionary()

    def plan(self, layer: ModelLayer, shape: tuple[int, ...], reduce: Reduce = 1) -> ModelPlan:
        """A plan for frames of that shape."""
        self.check_open()
        return ModelPlan(ModelPlanKey(layer, tuple(shape), reduce), self)

    def run(self, frame: ByteArray, layer: ModelLayer, asked: RangeMode | Limits, reduce: Reduce) -> Result:
        """One frame's mosaic, in a range mode or in limits."""
        check_picture(frame)
        plan = self.plan(layer, frame.shape, reduce)
        return plan.run_in(frame, asked) if isinstance(asked, RangeMode) else plan.run(frame, asked)

    def maps(self, frame: ByteArray, layer: ModelLayer) -> tuple[FloatArray, FloatArray]:
        """conv, what the layer gives, and activated, of all its channels: float32 (C, h, w) each."""
        check_picture(frame)
        conv = self.plan(layer, frame.shape).forward(frame)
        return conv.cpu().numpy(), conv.relu().cpu().numpy()

    def module(self, layer: ModelLayer) -> nn.Module:
        """The engine's own copy of the layer's model."""
        if layer.model not in self._modules:
            with self.running():
                self._modules[layer.model] = layer.model.replica(self.place)
        return self._modules[layer.model]

    def met(self, layer: ModelLayer) -> Met:
        """What this layer, with this input, has given so far."""
        key = layer.name, layer.input_hw, layer.normalization, layer.activation
        return self._met.setdefault(layer.model, {}).setdefault(key, Met())


class ModelPlan:
    """One layer of a model on frames of one shape (see Plan). Its maps may have another size in each frame."""

    def __init__(self, key: ModelPlanKey, runs: ModelRuns) -> None:
        """Copy the model to the device. ModelError where it fails on such a picture."""
        self.key, self._runs = key, runs
        self._input_hw = key.layer.size_hw(key.shape)
        self._channels = key.layer.model.channels_for(
            self._input_hw
        )  # first: it finds out in which type the model runs
        self._module = runs.module(key.layer)
        self._met = runs.met(key.layer)
        self._how = Eager.how

    def forward(self, frame: ByteArray) -> Tensor:
        """What the layer gives, on the device: float32 (C, h, w), its own memory. Errors: ModelError."""
        return self.forward_with(frame, None)[0]

    def forward_with(self, frame: ByteArray, also: str | None) -> tuple[Tensor, Tensor | None]:
        """The same, and what another layer of the model gives in the same run; None where that gives no maps in it."""
        layer = self.key.layer

        def run(values: Tensor) -> Outputs:
            call, other = layer.model.calls(self._module, layer.name, values, also)
            return _own(call), _own(other) if also and other else None

        with self._runs.running():
            values = self._values(frame)
            outputs = self._runs.passes((layer.model, layer.name, also, values.shape), run, values)
            self._how = self._runs.passes.how
            return outputs

    @property
    def implementation(self) -> str:
        """How its last pass was run, in words."""
        return f"torch {str(self.key.layer.model.dtype).removeprefix('torch.')}, {self._how}"

    def traced(self, frame: ByteArray, also: str | None = None) -> tuple[Tensor, Tensor | None, Traced]:
        """The same, with what went into the layer."""
        layer = self.key.layer
        with self._runs.running():
            run = layer.model.trace(self._module, layer.name, self._values(frame), also)
            self._how = Eager.how
            return _own(run.call), _own(run.also) if run.also else None, run

    def _values(self, frame: ByteArray) -> Tensor:
        """What goes into the model, (1, C, h, w) on the device."""
        self._runs.check_open()
        if not isinstance(frame, np.ndarray) or frame.dtype != np.uint8 or frame.shape != self.key.shape:
            check_picture(frame)
            raise ValueError(f"this plan is for frames of shape {self.key.shape}, got {frame.shape}")
        layer = self.key.layer
        values = torch.from_numpy(to_input(frame, self._input_hw, self._channels, layer.normalization))
        return values[None].to(self._runs.place, layer.model.dtype)

    def run(self, frame: ByteArray, limits: Limits | None) -> Result:
        """One frame's mosaic (see Plan.run): the shown channels in these limits, or each in its own extremes."""
        shown = self._activated(frame)
        return self._result(shown, limits)

    def run_in(self, frame: ByteArray, mode: RangeMode) -> Result:
        """One frame's mosaic in a range mode.

        FIXED: the largest |response| met so far, this frame's included. AUTO: this frame's own, from all channels.
        """
        shown = self._activated(frame)
        peak = self._take_in(shown)
        if mode == RangeMode.FRAME:
            return self._result(shown, None)
        limit = self._met.largest if mode == RangeMode.FIXED else auto_limit(shown, peak)
        limit = limit or 1.0  # where nothing was met but zeros
        return self._result(shown, (-limit if self.key.layer.signed else 0.0, limit), auto=mode == RangeMode.AUTO)

    def _activated(self, frame: ByteArray) -> Tensor:
        conv = self.forward(frame)
        return conv if self.key.layer.signed else conv.relu_()

    def _take_in(self, shown: Tensor) -> float:
        """The picture's peak, which counts among what was met."""
        peak = float(shown.abs().amax())
        if np.isfinite(peak):
            self._met.largest = max(self._met.largest, peak)
        return peak

    def _result(self, shown: Tensor, limits: Limits | None, *, auto: bool = False) -> Result:
        peak = self._take_in(shown)
        chosen = self.key.layer.shown(len(shown))
        page = shown if chosen == tuple(range(len(shown))) else shown[list(chosen)]
        if limits is None:
            ranges = torch.stack([page.amin((1, 2)), page.amax((1, 2))], 1)
        else:
            ranges = torch.tensor([limits] * len(page), dtype=torch.float32, device=page.device)
        flat = None if limits is not None else ranges[:, 1] - ranges[:, 0] <= FLAT_SPAN * peak
        levels = to_levels(page, ranges, flat, 128 if self.key.layer.signed else 0).cpu().numpy()
        share = float((shown.abs() > limits[1] * (1 + 1e-5)).float().mean()) if auto and limits else None
        mosaic = tile_maps(reduce_maps(levels, self.key.reduce))
        return Result(mosaic, ranges.cpu().numpy(), peak, self.implementation, share_above=share)


def _own(call: Call) -> Tensor:
    assert isinstance(call.output, Tensor)
    return call.output[0].to(torch.float32, copy=True)


def to_levels(maps: Tensor, ranges: Tensor, flat: Tensor | None, flat_byte: int) -> Tensor:
    """round(255 (v - lo) / (hi - lo)), halves up, clipped: uint8 (N, h, w) of float32 maps; NaN is 0."""
    lo, span = ranges[:, 0, None, None], (ranges[:, 1] - ranges[:, 0])[:, None, None]
    levels = (maps - lo).mul_(255 / torch.where(span > 0, span, 1)).add_(0.5).nan_to_num_(0.0).clamp_(0, 255)
    if flat is not None:
        levels[flat] = flat_byte
    return levels.to(torch.uint8)


def auto_limit(shown: Tensor, peak: float) -> float:
    """auto's limit for all of a picture's responses (see tally.Tally), with its peak as the fixed limit."""
    if not peak or not np.isfinite(peak):
        return 1.0
    sizes = shown.abs().div_(peak).flatten().cpu().numpy()
    limit = Tally.of(sizes).limit(sizes.size)
    assert limit is not None
    return max(limit, FLOOR) * peak


def open_runs(device: str, check_open: Callable[[], None]) -> ModelRuns:
    """What runs models on an engine's device."""
    return ModelRuns(torch.device(device), check_open)
