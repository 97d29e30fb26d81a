"""A live source: one thread reads the device and keeps the newest frame only."""

from __future__ import annotations

import threading
import time

from convviz_core.arrays import ByteArray
from live.sources.address import redact
from live.sources.connection import Capture, Connection, Device, Outcome, Wait
from live.sources.frame import EventKind, Frame, Listener, SourceCounts, SourceError, SourceEvent, SourceSettings
from live.sources.pacing import Clock
from live.sources.watchdog import Watchdog

FIRST_PICTURE_S = 15.0  # a device that was opened and gave no picture for so long is broken
JOIN_S = 1.5


class LiveReader:
    """The FrameSource of cameras and streams; it heals by itself when the device stalls, fails or goes away.

    Its thread may outlive `close`, in a call that nobody can interrupt: the process has to leave with os._exit.
    """

    live = True

    def __init__(
        self,
        device: Device,
        listener: Listener,
        settings: SourceSettings,
        clock: Clock = time.monotonic,
        wait: Wait | None = None,
    ) -> None:
        """Open the device; SourceError when that fails, except where settings.wait says to keep trying.

        wait: how the capture thread waits between its attempts; until `close` at most, unless given.
        """
        self.name = device.name
        self.counts = SourceCounts()
        self._listener = listener
        self._device = device
        self._settings = settings
        self._clock = clock
        self._closing = threading.Event()
        self._wait = wait or self._closing.wait
        self._connection = Connection(device, clock, self._wait, self._hold)
        self._thread = threading.Thread(target=self._run, name=f"capture {self.name}", daemon=True)
        self._changed = threading.Condition()  # guards what follows
        self._watchdog = Watchdog(clock())
        self._opened: Capture | None = None  # the newest one
        self._opened_at_s: float | None = None  # the first time
        self._pictures = 0  # of the newest capture
        self._healing = False  # the newest capture is not the first one that gave pictures
        self._stalled = False
        self._holding = False  # a picture of a recording is there and not yet due
        self._paused = False
        self._over = False  # a recording was played to its end
        self._rewound = False  # it was, and starts again: no reconnect
        self._failure: SourceError | None = None
        self._waiting: Frame | None = None
        # Four places for pixels: of the two frames given out last, of the one that waits, of the one that is decoded.
        self._before: ByteArray | None = None
        self._given: ByteArray | None = None
        self._newest: ByteArray | None = None
        self._filling: ByteArray | None = None
        self._thread.start()
        self._await_opening()

    @property
    def granted(self) -> str:
        """What was granted the last time the device was opened."""
        return self._opened.granted if self._opened else f"waiting for {self.name}"

    @property
    def fps(self) -> float | None:
        """The rate that the device states."""
        return self._opened.fps if self._opened else None

    @property
    def ended(self) -> bool:
        """Whether a recording at an address is over; cameras and live streams never are."""
        with self._changed:
            return self._over and self._waiting is None

    @property
    def silent_since_s(self) -> float | None:
        """When the last picture came, where that is longer ago than max(5 frame times, 1 s)."""
        with self._changed:
            return None if self._over or self._holding else self._watchdog.silent_since_s(self._clock())

    def read(self, timeout_s: float) -> Frame | None:
        """The newest frame that was not given out yet, waiting for it up to `timeout_s`."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._failure or self._over, max(0.0, timeout_s))
            frame, self._waiting = self._waiting, None
            if frame is not None:
                self._before, self._given, self._newest = self._given, self._newest, self._before
            else:
                self._check_signal(self._clock())
            return frame

    def advice(self, measured_fps: float) -> str | None:
        """The camera doctor: one sentence when the camera, not the program, limits the rate of its pictures."""
        return self._device.advice(measured_fps)

    def pause(self, paused: bool) -> None:
        """Drain without decoding; a frame that waits is passed over, so that the next one is fresh."""
        with self._changed:
            self._paused = paused
            if paused:
                self._drop_waiting()

    def close(self) -> None:
        """Have the device released by its own thread and join that, waiting 1.5 s at most."""
        self._closing.set()
        self._thread.join(JOIN_S)
        with self._changed:
            self._drop_waiting()

    def _await_opening(self) -> None:
        """Wait for the first attempt to open the device, in short steps that Ctrl-C can end on every system."""
        try:
            with self._changed:
                while not (self._opened or self._failure or self._connection.why_not):
                    self._changed.wait(0.2)
            why_not = None if self._opened else self._failure or self._connection.why_not
            if why_not and (self._failure or not self._settings.wait):
                raise why_not
            if why_not:
                self._tell("notice", self._clock(), f"{why_not}; waiting for it")
        except BaseException:
            self.close()
            raise

    def _check_signal(self, now_s: float) -> None:
        """Tell of a stall once; SourceError where no picture will come."""
        if self._failure:
            raise self._failure
        if self._over:
            return
        if not (self._stalled or self._holding) and self._watchdog.silent_since_s(now_s) is not None:
            self._stalled = True
            self._tell("stall", now_s)
        never = self._opened_at_s is not None and not self._healing and self._pictures == 0
        if never and not self._settings.wait and now_s - (self._opened_at_s or 0.0) > FIRST_PICTURE_S:
            raise SourceError(
                f"{self.name} was opened but has given no picture for {FIRST_PICTURE_S:g} s; "
                f"{self._device.remedy}, or give --wait to go on waiting"
            )

    # From here on: the capture thread.

    def _run(self) -> None:
        try:
            try:
                while not (self._closing.is_set() or self._over):
                    self._step()
            finally:
                self._connection.close()
        except SourceError as error:
            self._fail(error)
        except Exception as error:
            self._fail(SourceError(f"reading {self.name} failed: {redact(' '.join(str(error).split()))}"))

    def _fail(self, failure: SourceError) -> None:
        """The thread that reads is told, and tells the person."""
        with self._changed:
            self._failure = failure
            self._changed.notify_all()

    def _step(self) -> None:
        outcome = self._connection.step()
        capture = self._connection.capture
        if outcome is Outcome.PICTURE and capture is not None:
            outcome = self._take(capture)
        with self._changed:
            if outcome is Outcome.OPENED and capture is not None:
                self._note_opening(capture)
            elif outcome is Outcome.ENDED:
                self._rewound = self._settings.loop
                self._over = not self._rewound
            elif outcome in (Outcome.FAILED_READ, Outcome.LOST):
                self.counts.failed_reads += 1
                self._tell("failed_read", self._clock(), outcome)
            self._holding = False
            self._changed.notify_all()

    def _hold(self, seconds: float) -> None:
        self._holding = True  # until the step is over: then there is a picture, or none is held back any more
        self._wait(seconds)

    def _take(self, capture: Capture) -> Outcome:
        """Decode the grabbed picture and make it the newest; while paused, only note that there is one."""
        grabbed_at_s = self._clock()
        captured_at_s = capture.captured_at_s(grabbed_at_s)
        image: ByteArray | None = None
        if not self._paused:
            image = capture.retrieve(self._filling)
            if image is None:
                return self._connection.bad()
            self._filling = image
        self._connection.good()
        read_s = self._clock() - grabbed_at_s
        with self._changed:
            self._note_picture(grabbed_at_s)
            if image is not None and not self._paused:
                index = self.counts.captured
                self._publish(Frame(image, index, captured_at_s, captured_at_s, read_s, capture.gray_from))
        return Outcome.PICTURE

    def _publish(self, frame: Frame) -> None:
        self._drop_waiting()
        self.counts.captured += 1
        self._waiting = frame
        self._newest, self._filling = self._filling, self._newest

    def _note_opening(self, capture: Capture) -> None:
        self._healing = self._healing or self._pictures > 0
        self._pictures = 0
        self._opened = capture
        if self._opened_at_s is None:
            self._opened_at_s = self._clock()
            self._watchdog = Watchdog(self._opened_at_s, capture.fps)

    def _note_picture(self, at_s: float) -> None:
        self._pictures += 1
        self._watchdog.frame(at_s)
        if self._healing and self._pictures == 1 and not self._rewound:
            self.counts.reconnects += 1
            self._tell("reconnect", at_s, self.granted)
        self._rewound = False
        if self._stalled:
            self._stalled = False
            self._tell("signal", at_s)

    def _drop_waiting(self) -> None:
        if self._waiting is not None:
            self.counts.dropped += 1
            self._tell("drop", self._clock(), f"frame {self._waiting.index}")
            self._waiting = None

    def _tell(self, kind: EventKind, at_s: float, detail: str = "") -> None:
        self._listener(SourceEvent(kind, at_s, detail))
