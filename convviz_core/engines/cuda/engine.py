"""The CUDA engine: frames go up as bytes, everything is computed on the card, one picture of bytes comes down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

import torch

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.blocks import Reduce
from convviz_core.engines.api import PlanKey, Result
from convviz_core.engines.cuda.device import CudaDevice
from convviz_core.engines.cuda.difference import CudaDifferencePlan
from convviz_core.engines.cuda.errors import device_errors
from convviz_core.engines.cuda.kernels import bias_of, real_float32, responses, to_planes
from convviz_core.engines.cuda.picture_padding import PicturePadding
from convviz_core.engines.cuda.plan import CudaPlan
from convviz_core.engines.cuda.ring import Ring
from convviz_core.engines.cuda.slot import Device
from convviz_core.engines.planning import PlanningEngine
from convviz_core.gray import to_gray
from convviz_core.layer import Layer, check_frame
from convviz_core.models.layer import ModelLayer
from convviz_core.ranges import Range, RangeMode, checked_range, fixed_limits

if TYPE_CHECKING:
    from convviz_core.engines.model_plan import ModelRuns


class CudaEngine(PlanningEngine[CudaPlan | CudaDifferencePlan]):
    """torch on one NVIDIA card.

    `run` has the lowest latency: one frame in, its mosaic out. `submit` and `collect` have the highest rate: with up to
    `depth` frames in flight, each on a stream of its own, one frame's upload, another's work and a third's download
    run side by side. A result's stage times are that frame's own, from CUDA events; a stage's time includes its wait
    for a copy engine that another frame is using.

    device: "cuda" or "cuda:N" (EngineError where it cannot be had), or a Device.
    A BGR frame becomes gray on the CPU for a bank that reads gray: that costs about what the copy into pinned memory
    costs, which it replaces, and leaves a third of the bytes to upload.
    """

    name = "torch"

    def __init__(self, device: str | Device = "cuda", *, depth: int = 3) -> None:
        """Open the device; memory is allocated with the first plan."""
        super().__init__()
        self._ring = Ring(depth)
        self._device = CudaDevice(device) if isinstance(device, str) else device
        self.device = self._device.name
        with device_errors(self.device):
            self._streams = [self._device.stream() for _ in range(depth + 1)]
        self._planning = Lock()  # held while a plan is made

    def make_plan(self, key: PlanKey) -> CudaPlan | CudaDifferencePlan:
        """A new plan, allocated and captured; may be called from another thread."""
        with device_errors(self.device), self._planning:
            if key.minus:
                return CudaDifferencePlan(key, self.check_open, self._device.place, self.device)
            return CudaPlan(key, self.check_open, self._device, self._streams, self._ring)

    def submit(self, frame: ByteArray, layer: Layer, range: Range = RangeMode.FIXED, reduce: Reduce = 1) -> None:
        """Send a frame on its way; it may be changed on return. RingFull (a ValueError) with `depth` in flight.

        range: as in `run`, but not auto, whose limits come from the picture itself (ValueError).
        """
        asked = checked_range(range)
        if asked == RangeMode.AUTO:
            raise ValueError("auto's limits come from the picture itself: in flight, choose fixed, frame or (lo, hi)")
        plan = self.kept_plan(frame, layer, asked, reduce)
        assert isinstance(plan, CudaPlan)
        if isinstance(asked, tuple):
            plan.submit(frame, asked)
        else:
            plan.submit(frame, fixed_limits(layer) if asked == RangeMode.FIXED else None)

    @cached_property
    def models(self) -> ModelRuns:
        """What runs models on this card: on a stream of its own, without TF32, and with the card's errors named."""
        from convviz_core.engines.cuda.model_graphs import ModelGraphs
        from convviz_core.engines.model_plan import ModelRuns

        with device_errors(self.device):
            stream = self._device.stream()

        @contextmanager
        def running() -> Iterator[None]:
            with device_errors(self.device), real_float32(), stream.queue():
                yield
                stream.synchronize()  # what it gave may now be read on any stream

        return ModelRuns(self._device.place, self.check_open, running, ModelGraphs(stream))

    def collect(self) -> Result:
        """The oldest submitted frame's result, valid until the next `collect` or `run`; ValueError without one."""
        self.check_open()
        with device_errors(self.device):
            return self._ring.collect()

    def maps(self, frame: ByteArray, layer: Layer | ModelLayer) -> tuple[FloatArray, FloatArray]:
        """conv and activated of one frame, float32 (N, h, w) each."""
        if isinstance(layer, ModelLayer):
            return self.models.maps(frame, layer)
        self.check_open()
        check_frame(frame, layer)
        with device_errors(self.device):
            read = to_gray(frame) if layer.bank.channels == 1 else frame
            place, bank, geometry = self._device.place, layer.weights, layer.geometry
            picture = PicturePadding(geometry, read.shape, place)(torch.from_numpy(read.copy()).to(place))
            weight, bias = torch.from_numpy(bank.kernels.copy()).to(place), torch.from_numpy(bias_of(bank)).to(place)
            conv = responses(to_planes(picture, bank.channels), weight, geometry, bias)
            return conv.cpu().numpy(), torch.relu(conv).cpu().numpy()

    def close(self) -> None:
        """Wait for what is on its way and give the memory back."""
        if self.closed:
            return
        with suppress(RuntimeError):  # a lost device has nothing left to wait for
            for stream in self._streams:
                stream.synchronize()
        self._ring = Ring(self._ring.depth)
        with self._planning:
            super().close()
        with suppress(RuntimeError):
            self._device.close()
