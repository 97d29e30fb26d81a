"""One recording: pictures that follow each other at their source's times, and what stands for as long as it does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from convviz_core.arrays import ByteArray
from live.recording.recorder import Recorder

AGAIN_S = 60.0  # what stands is recorded again after so long: AVI cannot hold a long gap, and a crash would cost it


class Recording:
    """Gives a recorder its pictures with their times in the file; `clock` is the wall's, in seconds.

    While the view stands, as when it is paused or its source has ended, so does the source's time, and the file's goes
    on by the clock. What is seen then is recorded where it has changed, as often as the file can hold, and once more
    where it ends: the last picture of a file lasts no longer by itself.
    """

    def __init__(self, recorder: Recorder, clock: Callable[[], float]) -> None:
        self.recorder = recorder
        self._clock = clock
        self._stood_s = 0.0  # what the file is ahead of the source's time, having stood
        self._ahead_s = 0.0  # of the clock, while it stands
        self._stands = False
        self._last: tuple[ByteArray, float, int] | None = None  # what was recorded, its time, its frame
        self._waiting: tuple[ByteArray, float, int] | None = None  # what was seen too soon after that

    def follow(self, image: ByteArray, media_time_s: float, frame: int) -> None:
        """Record frame `frame`, which its source gives that time."""
        if self._stands:
            self._let_last(image)
            self._waiting = None  # where there was no room for it
            self._stood_s = self._now_s() - media_time_s
        self._stands = False
        self._begin(image, media_time_s + self._stood_s, frame)

    def stand(self, image: ByteArray, media_time_s: float, frame: int) -> None:
        """Record what is seen of frame `frame` now, where that is something else than before."""
        seen = self._waiting or self._last
        if seen is None:
            self._begin(image, media_time_s, frame)
        elif not np.array_equal(image, seen[0]):
            if image.shape != seen[0].shape:
                self._let_last()
            self._waiting = image.copy(), self._now_s(), frame
        self.stay()

    def stay(self) -> None:
        """What was seen last still is, and nothing is to follow it soon."""
        if self._last is None:
            return
        self._stands = True
        since_s = self._now_s() - self._last[1]
        if self._waiting and since_s >= self.recorder.shortest_s:
            self._put_waiting()
        elif since_s >= AGAIN_S:
            self._repeat()

    def close(self) -> str:
        """Finish the file within a second; what stands has lasted until now. What became of it; OutputError if not."""
        if self._stands:
            self._let_last()
        recorder = self.recorder
        recorder.close()
        if recorder.failed:
            raise recorder.failed
        left_out = f", {recorder.left_out} pictures left out" if recorder.left_out else ""
        if not recorder.written:
            return f"nothing was recorded{left_out}: no picture came, and there is no {recorder.path}"
        return f"recorded {recorder.files}{left_out}"

    def _now_s(self) -> float:
        return self._clock() + self._ahead_s

    def _begin(self, image: ByteArray, at_s: float, frame: int) -> None:
        self._ahead_s = at_s - self._clock()
        self._put(image, at_s, frame)

    def _let_last(self, image: ByteArray | None = None) -> None:
        """Let what stands have lasted until now; it does so anyway where `image` follows it in the same file."""
        self._put_waiting()
        if image is None or (self._last and self._last[0].shape != image.shape):
            self._repeat()

    def _repeat(self) -> None:
        if self._last and self._now_s() - self._last[1] >= self.recorder.shortest_s:
            self._put(self._last[0], self._now_s(), self._last[2])

    def _put_waiting(self) -> None:
        if self._waiting and self._put(*self._waiting):
            self._waiting = None

    def _put(self, image: ByteArray, at_s: float, frame: int) -> bool:
        taken = self.recorder.write(image, at_s, frame)
        if taken is not None:
            self._last = taken, at_s, frame
        return taken is not None
