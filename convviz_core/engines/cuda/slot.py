"""One slot of the ring: its memory on the host and on the device, its events, and a frame's way through them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Protocol

import cv2
import numpy as np
import torch
from torch import Tensor

from convviz_core.arrays import ByteArray
from convviz_core.engines.api import Result
from convviz_core.engines.cuda.kernels import PackedBuffer, WorkKey, packed_buffer
from convviz_core.engines.cuda.ring import Waitable
from convviz_core.filters.bank import FilterBank
from convviz_core.ranges import Limits

Launch = Callable[[], None]


class Event(Waitable, Protocol):
    """A point in a stream's queue, with the time at which the device reached it."""

    def elapsed_time(self, end: Event, /) -> float:
        """Milliseconds from this event to `end`, both reached."""


class Work(Protocol):
    """What the device does with one frame; called once while it is captured, or for each frame without a graph."""

    name: str

    def take_weights(self, bank: FilterBank) -> None:
        """Compute with other kernels of the same shape from now on; while nothing is under way."""

    def __call__(self, frame: PackedBuffer, answer: PackedBuffer) -> None:
        """Queue the work that makes `answer` of `frame`."""


class Stream(Protocol):
    """A queue of the device: what is queued on it runs in order, beside the host and the other streams."""

    def event(self) -> Event:
        """A new event, not recorded yet."""

    def queue(self) -> AbstractContextManager[object]:
        """Inside the block, this is the stream that is recorded on, copied on and launched on."""

    def record(self, event: Event) -> None:
        """Queue the event."""

    def copy(self, target: Tensor, source: Tensor) -> None:
        """Queue a copy between pinned and device memory."""

    def launch(self, work: Launch) -> None:
        """Queue what `prepare` returned."""

    def prepare(self, work: Launch) -> tuple[Launch, str]:
        """Run `work` until it is warm, and capture it: what to launch for each frame, and how it will run."""

    def synchronize(self) -> None:
        """Return once all that is queued is over."""


class Device(Protocol):
    """Where the frames go."""

    name: str
    place: torch.device

    def pinned(self, size: int) -> Tensor:
        """`size` bytes of host memory that the device copies from and to by itself."""

    def memory(self, size: int) -> Tensor:
        """`size` bytes of device memory, all 0."""

    def stream(self) -> Stream:
        """A new stream."""

    def work(self, key: WorkKey) -> Work:
        """The fastest work for `key` that the device has shown it can do."""

    def synchronize(self) -> None:
        """Return once what was copied to the device outside its streams is there."""

    def close(self) -> None:
        """Give back what the device holds."""


class Slot:
    """Pinned input, device input, device mosaic and pinned output of one plan on one stream, with four events.

    All of it is allocated here and never again. Stage times are read in `read`, when the events are long reached
    or the host has waited for the last one anyway, so that measuring never waits.
    """

    def __init__(self, key: WorkKey, work: Work, device: Device, stream: Stream) -> None:
        """Allocate, warm `work` up and capture it."""
        self._count = len(key.bank)
        self._stream = stream
        self._pinned_in = packed_buffer(key.picture_shape, 2, device.pinned)
        self._device_in = packed_buffer(key.picture_shape, 2, device.memory)
        self._device_out = packed_buffer(key.grid.size_hw, 2 * self._count + 1, device.memory)
        self._pinned_out = packed_buffer(key.grid.size_hw, 2 * self._count + 1, device.pinned)
        self._started, self.uploaded, self._computed, self.done = (stream.event() for _ in range(4))
        self._launch, how = stream.prepare(partial(work, self._device_in, self._device_out))
        self._implementation = f"{work.name}, {how}"

    def fill(self, frame: ByteArray, limits: Limits) -> None:
        """Copy the frame and its limits into the pinned input; only after `uploaded`."""
        copy_frame(frame, self._pinned_in.picture.numpy())
        self._pinned_in.numbers.numpy()[:] = limits

    def start(self) -> None:
        """Queue upload, work and download."""
        stream = self._stream
        with stream.queue():
            stream.record(self._started)
            stream.copy(self._device_in.whole, self._pinned_in.whole)
            stream.record(self.uploaded)
            stream.launch(self._launch)
            stream.record(self._computed)
            stream.copy(self._pinned_out.whole, self._device_out.whole)
            stream.record(self.done)

    def read(self) -> Result:
        """The answer; only after `done`. The mosaic is a view of the pinned output."""
        numbers = self._pinned_out.numbers.numpy()
        stages_ms = {
            "upload": self._started.elapsed_time(self.uploaded),
            "device": self.uploaded.elapsed_time(self._computed),
            "download": self._computed.elapsed_time(self.done),
        }
        ranges = numbers[:-1].reshape(self._count, 2).copy()
        return Result(self._pinned_out.picture.numpy(), ranges, float(numbers[-1]), self._implementation, stages_ms)


def copy_frame(frame: ByteArray, into: ByteArray) -> None:
    """Copy a frame of any strides into `into`; a BGR frame becomes gray on the way where `into` is (H, W).

    A mirrored frame is copied straight and mirrored after: reading pixels backwards is ten times slower.
    """
    mirrored = frame.strides[1] < 0
    straight = frame[:, ::-1] if mirrored else frame
    if into.ndim < frame.ndim:
        cv2.cvtColor(straight, cv2.COLOR_BGR2GRAY, dst=into)
    else:
        np.copyto(into, straight)
    if mirrored:
        cv2.flip(into, 1, dst=into)
