"""The rules of a ring of slots: frames are in flight on a device while the host fills the next one.

Nothing here knows the device: a fake one, whose copies and events complete when a test says so, proves the rules.

- a slot is not refilled before its upload is over;
- a slot is not read before its download is over;
- what was collected last stays as it is until the next frame is collected or run;
- answers come in the order of their frames.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from convviz_core.arrays import ByteArray
from convviz_core.engines.api import Result
from convviz_core.ranges import Limits


class RingFull(ValueError):  # noqa: N818  (a state of the ring that the caller can change, like queue.Full)
    """As many frames are in flight as the ring allows; collect one first."""


class Waitable(Protocol):
    """A point in a stream's queue; before it was ever recorded there is nothing to wait for."""

    def synchronize(self) -> None:
        """Return once everything queued before the last recording is over."""


class RingSlot(Protocol):
    """One frame's place in memory, on the host and on the device."""

    @property
    def uploaded(self) -> Waitable:
        """The pinned input has been copied to the device."""

    @property
    def done(self) -> Waitable:
        """The answer has been copied to the pinned output."""

    def fill(self, frame: ByteArray, limits: Limits) -> None:
        """Copy the frame into the pinned input."""

    def start(self) -> None:
        """Queue upload, work and download, and return at once."""

    def read(self) -> Result:
        """The answer, in the pinned output."""


class Ring:
    """Up to `depth` frames in flight, each on a stream of its own, and one more stream whose answer is being looked at.

    A stream is a queue of the device that is worked off in order; streams are numbered from 0 to `depth`.
    """

    def __init__(self, depth: int) -> None:
        """`depth` is at least 1."""
        if depth < 1:
            raise ValueError(f"a ring's depth is at least 1, got {depth}")
        self.depth = depth
        self._in_flight: deque[tuple[int, RingSlot]] = deque()
        self._held: int | None = None

    def __len__(self) -> int:
        return len(self._in_flight)

    def submit(self, slot_of: Callable[[int], RingSlot], frame: ByteArray, limits: Limits) -> None:
        """Send a frame on its way through `slot_of(stream)`, on the lowest stream that is free, or RingFull."""
        if len(self._in_flight) == self.depth:
            raise RingFull(f"{self.depth} frames are in flight, which is as many as the ring allows: collect one first")
        taken = {stream for stream, _ in self._in_flight} | {self._held}
        stream = next(stream for stream in range(self.depth + 1) if stream not in taken)
        slot = slot_of(stream)
        # A collect that was interrupted leaves its slot on the way: its upload may still be reading the pinned input.
        slot.uploaded.synchronize()
        slot.fill(frame, limits)
        slot.start()
        self._in_flight.append((stream, slot))

    def collect(self) -> Result:
        """The oldest frame's answer, once it is there; ValueError when nothing is in flight."""
        if not self._in_flight:
            raise ValueError("no frame is in flight: submit one before collecting")
        self._held, slot = self._in_flight.popleft()
        slot.done.synchronize()
        return slot.read()

    def release(self) -> None:
        """What was collected last is no longer looked at: its stream is free."""
        self._held = None
