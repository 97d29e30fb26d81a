"""A capture device that heals: failures are told apart, and a device that is gone is opened again.

Everything here runs in the one thread that reads; clock and waiting are passed in, so that tests need neither.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Literal, Protocol

from convviz_core.arrays import ByteArray
from live.sources.frame import SourceError
from live.sources.pacing import Clock
from live.sources.watchdog import Backoff

PROBE_S = 0.25  # how often an absent device is looked for
QUICK_S = 0.5  # a read that failed sooner did not wait for a picture
RETRY_S = 0.02  # between quick failures, so that nothing spins
QUICK_FAILURES = 5  # in a row: not one bad picture but a device that is gone
REOPEN_AFTER_S = 10.0  # silent for so long, a device is opened anew

Wait = Callable[[float], object]  # waits so many seconds, or less when the source is being closed


class Capture(Protocol):
    """An open device: pictures are grabbed, and those that are wanted are decoded."""

    granted: str  # for a person: "camera 0, MJPG 1280x720 at 30 fps"
    fps: float | None
    gray_from: Literal["cvtColor", "luma"]

    @property
    def ended(self) -> bool:
        """After a failed read: whether that was no failure, but the end of a recording."""

    def grab(self) -> bool:
        """Wait for the next picture; False when none came. Blocks as long as the device lets it."""

    def retrieve(self, memory: ByteArray | None) -> ByteArray | None:
        """Decode the grabbed picture, into `memory` where that fits; None when it is damaged."""

    def captured_at_s(self, now_s: float) -> float:
        """When the grabbed picture was captured, on the time.monotonic clock; `now_s` where nobody knows better."""

    def release(self) -> None:
        """Give the device back."""


class Device(Protocol):
    """What can be opened, and opened again."""

    name: str
    remedy: str  # what a person may do where it was opened and gives nothing

    def open(self, wait: Wait) -> Capture:
        """Open it; SourceError with one sentence when that fails. `wait` is how to wait for what is not due yet."""

    def present(self) -> bool:
        """Whether it is there at all, as far as can be told without opening it."""

    def advice(self, measured_fps: float) -> str | None:
        """One sentence where the device limits the rate and something can be done about it."""


class Outcome(StrEnum):
    """What a step of a connection came to."""

    WAITING = "waiting"  # the device is not open, and not yet to be tried
    REFUSED = "refused"  # opening failed: `why_not` says why
    OPENED = "opened"
    PICTURE = "picture"  # grabbed: decode it, then call `good` or `bad`
    FAILED_READ = "failed read"
    LOST = "lost"  # a failed read, after which the device was released
    ENDED = "ended"  # a recording is over: the device was released, and `step` would open it again


class Connection:
    """An open device, or the waiting for one. `step` is called again and again by the reading thread."""

    def __init__(self, device: Device, clock: Clock, wait: Wait, hold: Wait, backoff: Backoff | None = None) -> None:
        """Nothing is opened before the first `step`. `wait` for the device, `hold` back what is not due yet."""
        self.capture: Capture | None = None
        self.why_not: SourceError | None = None  # why opening failed the last time
        self._device = device
        self._clock = clock
        self._wait = wait
        self._hold = hold
        self._backoff = backoff or Backoff()
        self._next_try_s = clock()
        self._was_present = True
        self._quick_failures = 0
        self._last_good_s = clock()

    def step(self) -> Outcome:
        """Open the device or grab one picture, waiting as needed."""
        if self.capture is None:
            return self._try_to_open()
        started_s = self._clock()
        if self.capture.grab():
            self._quick_failures = 0
            return Outcome.PICTURE
        if self.capture.ended:
            self.close()
            return Outcome.ENDED
        quick = self._clock() - started_s < QUICK_S
        self._quick_failures = self._quick_failures + 1 if quick else 0
        if self._quick_failures >= QUICK_FAILURES or self._silent_too_long() or not self._device.present():
            self._lose()
            return Outcome.LOST
        if quick:
            self._wait(RETRY_S)
        return Outcome.FAILED_READ

    def good(self) -> None:
        """The grabbed picture was one."""
        self._last_good_s = self._clock()
        self._backoff.good(self._last_good_s)

    def bad(self) -> Outcome:
        """The grabbed picture was damaged, which costs that picture; nothing else for ten seconds, the device."""
        if not self._silent_too_long():
            return Outcome.FAILED_READ
        self._lose()
        return Outcome.LOST

    def close(self) -> None:
        """Release the device."""
        capture, self.capture = self.capture, None
        if capture is not None:
            capture.release()

    def _silent_too_long(self) -> bool:
        return self._clock() - self._last_good_s > REOPEN_AFTER_S

    def _lose(self) -> None:
        # At once: a camera that is plugged in again while the old handle is open gets another number.
        self.close()
        self._was_present = True
        self._next_try_s = self._clock() + self._backoff.delay_s()

    def _try_to_open(self) -> Outcome:
        present = self._device.present()
        if present and not self._was_present:  # it has come back: no need to wait any longer
            self._backoff.reset()
            self._next_try_s = self._clock()
        self._was_present = present
        early_s = self._next_try_s - self._clock()
        if early_s > 0:
            self._wait(min(PROBE_S, early_s))
            return Outcome.WAITING
        try:
            self.capture = self._device.open(self._hold)
        except SourceError as error:
            self.why_not = error
            self._next_try_s = self._clock() + self._backoff.delay_s()
            return Outcome.REFUSED
        self._quick_failures = 0
        self._last_good_s = self._clock()
        return Outcome.OPENED
