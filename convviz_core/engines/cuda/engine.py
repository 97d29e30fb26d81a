"""The CUDA engine: frames go up as bytes, everything is computed on the card, one picture of bytes comes down."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from threading import Lock

import torch

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engines.api import Result, WithBlock, check_request, map_hw
from convviz_core.engines.cuda.device import CudaDevice
from convviz_core.engines.cuda.errors import device_errors
from convviz_core.engines.cuda.kernels import PlanKey, Scaling, responses, scaling_of, to_planes
from convviz_core.engines.cuda.ring import Ring
from convviz_core.engines.cuda.slot import Device, Lane, Slot
from convviz_core.gray import to_gray
from convviz_core.layer import Activation, Layer, RangeMode
from convviz_core.ranges import Limits

MOST_PLANS = 8  # sizes, banks, activations and range modes whose memory and graphs are kept


class Plan:
    """The slots that serve one PlanKey, one a lane, made when first needed."""

    def __init__(self, key: PlanKey, device: Device, lanes: list[Lane]) -> None:
        """Make the first slot: `run` needs no other."""
        self._key, self._device, self._lanes = key, device, lanes
        self._work = device.work(key)
        self._slots: dict[int, Slot] = {}
        self.slot(0)

    def slot(self, lane: int) -> Slot:
        """The slot on `lane`; the first time it is allocated and captured."""
        if lane not in self._slots:
            self._slots[lane] = Slot(self._key, self._work, self._device, self._lanes[lane])
        return self._slots[lane]


class CudaEngine(WithBlock):
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
        self._ring = Ring(depth)
        self._device = CudaDevice(device) if isinstance(device, str) else device
        self.device = self._device.name
        with device_errors(self.device):
            self._lanes = [self._device.lane() for _ in range(depth + 1)]
        self._plans: OrderedDict[PlanKey, Plan] = OrderedDict()
        self._plans_lock = Lock()  # held for a moment
        self._planning_lock = Lock()  # held while a plan is made

    def run(self, frame: ByteArray, layer: Layer, limits: Limits | None = None, reduce: int = 1) -> Result:
        """One frame's mosaic, complete on return (see Engine.run); ValueError while frames are in flight."""
        if self._ring:
            raise ValueError(f"{len(self._ring)} frames are in flight: collect them before running one")
        self._ring.release()
        self.submit(frame, layer, limits, reduce)
        return self.collect()

    def submit(self, frame: ByteArray, layer: Layer, limits: Limits | None = None, reduce: int = 1) -> None:
        """Send a frame on its way; it may be changed on return. RingFull (a ValueError) with `depth` in flight."""
        self.check_open()
        check_request(frame, layer, reduce)
        scaling, uploaded_limits = scaling_of(layer, limits)
        with device_errors(self.device):
            plan = self._plan(self._key(frame.shape, layer, scaling, reduce))
            self._ring.submit(plan.slot, frame, uploaded_limits)

    def collect(self) -> Result:
        """The oldest submitted frame's result, valid until the next `collect` or `run`; ValueError without one."""
        self.check_open()
        with device_errors(self.device):
            return self._ring.collect()

    def maps(self, frame: ByteArray, layer: Layer) -> tuple[FloatArray, FloatArray]:
        """conv and activated of one frame, float32 (N, h, w) each."""
        self.check_open()
        check_request(frame, layer)
        with device_errors(self.device):
            read = to_gray(frame) if layer.bank.channels == 1 else frame
            picture = torch.from_numpy(read.copy()).to(self._device.place)
            weight = torch.from_numpy(layer.bank.kernels.copy()).to(self._device.place)
            conv = responses(to_planes(picture, layer.bank.channels), weight)
            return conv.cpu().numpy(), torch.relu(conv).cpu().numpy()

    def planned(self, shape: tuple[int, ...], layer: Layer, reduce: int = 1) -> bool:
        """Whether `run` would answer without capturing anything first."""
        keys = self._keys(shape, layer, reduce)
        with self._plans_lock:
            return all(key in self._plans for key in keys)

    def plan(self, shape: tuple[int, ...], layer: Layer, reduce: int = 1) -> None:
        """Allocate and capture what `run` needs; may be called from another thread."""
        with device_errors(self.device):
            for key in self._keys(shape, layer, reduce):
                self._plan(key)

    def close(self) -> None:
        """Wait for what is on its way and give the memory back."""
        if self.closed:
            return
        super().close()
        with suppress(RuntimeError):  # a lost device has nothing left to wait for
            for lane in self._lanes:
                lane.synchronize()
        self._ring = Ring(self._ring.depth)
        with self._planning_lock, self._plans_lock:
            self._plans.clear()
        with suppress(RuntimeError):
            self._device.close()

    def _keys(self, shape: tuple[int, ...], layer: Layer, reduce: int) -> list[PlanKey]:
        """What `run` may need for this layer: in auto mode the limits are given or the picture's own."""
        scalings = {scaling_of(layer, None)[0]}
        if layer.range == RangeMode.AUTO:
            scalings.add(Scaling.GIVEN)
        return [self._key(shape, layer, scaling, reduce) for scaling in sorted(scalings)]

    def _key(self, shape: tuple[int, ...], layer: Layer, scaling: Scaling, reduce: int) -> PlanKey:
        map_hw(shape, layer.bank)
        uploaded = shape[:2] if layer.bank.channels == 1 else shape
        return PlanKey(tuple(uploaded), layer.bank, Activation(layer.activation), scaling, reduce)

    def _plan(self, key: PlanKey) -> Plan:
        """The plan for `key`, made where it is missing; the one used longest ago makes room for it."""
        self.check_open()
        if (plan := self._known(key)) is not None:
            return plan
        with self._planning_lock:
            if (plan := self._known(key)) is None:
                plan = Plan(key, self._device, self._lanes)
                with self._plans_lock:
                    self._plans[key] = plan
                    if len(self._plans) > MOST_PLANS:
                        self._plans.popitem(last=False)
        return plan

    def _known(self, key: PlanKey) -> Plan | None:
        with self._plans_lock:
            if key in self._plans:
                self._plans.move_to_end(key)
            return self._plans.get(key)
