"""A device without hardware: what is queued on its streams completes when the test says so, and not before.

It computes real answers, with torch on the CPU, from whatever the memory holds at the moment a step is carried out: a
pinned input refilled too early, or a pinned output read too early, gives a wrong picture.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from convviz_core.engines.cuda.kernels import TorchWork, WorkKey
from convviz_core.engines.cuda.slot import Event, Launch, Work

Choice = Callable[[list["FakeStream"]], "FakeStream"]


class Interrupted(BaseException):
    """What Ctrl-C is to a wait."""


class FakeEvent:
    """Reached when its stream has come to its last recording. Waiting makes the device go on, as it chooses."""

    def __init__(self, device: FakeDevice) -> None:
        self._device = device
        self.recorded = 0
        self.reached = 0
        self.reached_at_ms = 0.0

    def synchronize(self) -> None:
        if self._device.interrupt_next_wait:
            self._device.interrupt_next_wait = False
            raise Interrupted
        while self.reached < self.recorded:
            self._device.step()

    def elapsed_time(self, end: Event, /) -> float:
        assert isinstance(end, FakeEvent)
        assert self.reached == self.recorded
        assert end.reached == end.recorded
        return end.reached_at_ms - self.reached_at_ms


class FakeStream:
    """A queue of steps, worked off in order, one each time the device steps on it."""

    def __init__(self, device: FakeDevice) -> None:
        self._device = device
        self.steps: deque[Callable[[], object]] = deque()

    def event(self) -> Event:
        return FakeEvent(self._device)

    def queue(self) -> AbstractContextManager[object]:
        return nullcontext()

    def record(self, event: Event) -> None:
        assert isinstance(event, FakeEvent)
        event.recorded += 1
        number = event.recorded

        def reach() -> None:
            event.reached, event.reached_at_ms = number, self._device.now_ms

        self.steps.append(reach)

    def copy(self, target: Tensor, source: Tensor) -> None:
        as_queued = source.clone()

        def carry_out() -> None:
            if self._device.is_pinned(source) and not torch.equal(source, as_queued):
                self._device.torn_uploads += 1
            target.copy_(source)

        self.steps.append(carry_out)

    def launch(self, work: Launch) -> None:
        self.steps.append(work)

    def prepare(self, work: Launch) -> tuple[Launch, str]:
        self._device.captures += 1
        work()
        return lambda: work(), "fake graph"

    def synchronize(self) -> None:
        while self.steps:
            self._device.step_on(self)


class FakeDevice:
    """Lanes that go on only when told; `choose` picks, among the streams with something to do, the one that does it."""

    name = "fake:0"
    place = torch.device("cpu")

    def __init__(self, choose: Choice = lambda busy: busy[0]) -> None:
        self.choose = choose
        self.streams: list[FakeStream] = []
        self.now_ms = 0.0
        self.allocations = 0
        self.captures = 0
        self.torn_uploads = 0  # pinned inputs that were written to between an upload's queuing and its end
        self.interrupt_next_wait = False
        self.fail_with: RuntimeError | None = None
        self.closed = False
        self._pinned: list[Tensor] = []

    @property
    def busy(self) -> list[FakeStream]:
        return [stream for stream in self.streams if stream.steps]

    def step(self) -> None:
        """Carry out one step; every step takes 1 ms of the device's clock."""
        self.step_on(self.choose(self.busy))

    def step_on(self, stream: FakeStream) -> None:
        if self.fail_with is not None:
            raise self.fail_with
        self.now_ms += 1
        stream.steps.popleft()()

    def pinned(self, size: int) -> Tensor:
        self._pinned.append(self.memory(size))
        return self._pinned[-1]

    def is_pinned(self, memory: Tensor) -> bool:
        return any(memory is pinned for pinned in self._pinned)

    def memory(self, size: int) -> Tensor:
        self.allocations += 1
        return torch.zeros(size, dtype=torch.uint8)

    def stream(self) -> FakeStream:
        self.streams.append(FakeStream(self))
        return self.streams[-1]

    def work(self, key: WorkKey) -> Work:
        return TorchWork(key, self.place)

    def synchronize(self) -> None:
        pass  # its copies are over at once

    def close(self) -> None:
        self.closed = True
