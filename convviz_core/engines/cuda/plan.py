"""One layer on frames of one size, as the card computes it: its work, captured, and its memory, one slot a stream."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from convviz_core.arrays import ByteArray
from convviz_core.engines.api import PlanKey, Result, check_weights
from convviz_core.engines.cuda.errors import device_errors
from convviz_core.engines.cuda.kernels import Scaling, WorkKey
from convviz_core.engines.cuda.ring import Ring
from convviz_core.engines.cuda.slot import Device, Slot, Stream, Work
from convviz_core.engines.planning import EnginePlan
from convviz_core.filters.bank import FilterBank
from convviz_core.layer import Activation
from convviz_core.ranges import Limits, RangeMode


class CudaPlan(EnginePlan):
    """The slots of one PlanKey, one a stream and scaling, made when first needed."""

    def __init__(
        self, key: PlanKey, check_open: Callable[[], None], device: Device, streams: list[Stream], ring: Ring
    ) -> None:
        """Make the slots that `run` needs in the key's range mode."""
        super().__init__(key, check_open)
        self._device, self._streams, self._ring = device, streams, ring
        self._works: dict[Scaling, Work] = {}
        self._slots: dict[tuple[Scaling, int], Slot] = {}
        self._slot(Scaling.FRAME if key.range == RangeMode.FRAME else Scaling.GIVEN, 0)

    def run(self, frame: ByteArray, limits: Limits | None) -> Result:
        """One frame's mosaic (see Plan.run); ValueError while frames are in flight."""
        self.check(frame, limits)
        if self._ring:
            raise ValueError(f"{len(self._ring)} frames are in flight: collect them before running one")
        self._ring.release()
        self.submit(frame, limits)
        with device_errors(self._device.name):
            return self._ring.collect()

    def submit(self, frame: ByteArray, limits: Limits | None) -> None:
        """Send a frame on its way; it may be changed on return. RingFull (a ValueError) with too many in flight."""
        self.check(frame, limits)
        scaling = Scaling.FRAME if limits is None else Scaling.GIVEN
        with device_errors(self._device.name):
            self._ring.submit(partial(self._slot, scaling), frame, limits or (0.0, 0.0))

    def take_weights(self, bank: FilterBank) -> None:
        """Go on with another bank (see Plan.take_weights), once what is in flight has been computed."""
        self.key = check_weights(self.key, bank)
        with device_errors(self._device.name):
            for stream in self._streams:
                stream.synchronize()
            for work in self._works.values():
                work.take_weights(self.key.layer.weights)
            self._device.synchronize()

    def _slot(self, scaling: Scaling, stream: int) -> Slot:
        """The slot on a stream; the first time it is allocated and captured."""
        if (scaling, stream) not in self._slots:
            key = self._work_key(scaling)
            if scaling not in self._works:
                self._works[scaling] = self._device.work(key)
            slot = Slot(key, self._works[scaling], self._device, self._streams[stream])
            self._slots[scaling, stream] = slot
        return self._slots[scaling, stream]

    def _work_key(self, scaling: Scaling) -> WorkKey:
        layer, shape = self.key.layer, self.key.shape
        uploaded = shape[:2] if layer.bank.channels == 1 else shape
        return WorkKey(uploaded, layer.weights, Activation(layer.activation), scaling, self.key.reduce, layer.conv)
