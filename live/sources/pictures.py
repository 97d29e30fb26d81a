"""Pictures: one, a folder of them, or those that a pattern names."""

from __future__ import annotations

import re
import time
from pathlib import Path

import cv2
import numpy as np

from convviz_core.arrays import ByteArray
from live.sources.frame import Frame, Listener, SourceCounts, SourceError, SourceEvent, SourceSettings
from live.sources.pacing import Clock, Pacer, Sleep

PICTURES_PER_S = 2.0  # unless --fps says otherwise
LARGEST_BYTES = 2**31 - 1


def natural_order(path: Path) -> list[tuple[int, str]]:
    """A key that puts "2.png" before "10.png"."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", str(path))]


def read_picture(path: Path) -> ByteArray:
    """The picture in a file: uint8 BGR (H, W, 3), turned upright; deeper ones are reduced to 8 bits.

    SourceError says why there is none.
    """
    try:
        size = path.stat().st_size
        if size == 0:
            raise SourceError(f"{path} is empty, want a picture or a video")
        if size > LARGEST_BYTES:
            raise SourceError(f"{path} is too large for a picture: {size} bytes, at most {LARGEST_BYTES}")
        # By bytes, since OpenCV on Windows opens no path that is not in the system's code page.
        image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    except FileNotFoundError:
        raise SourceError(f"there is no file {path}") from None
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from None
    except (cv2.error, MemoryError):
        raise SourceError(f"{path} is damaged, or too large a picture (more than 2^30 pixels)") from None
    if image is None:
        raise SourceError(f"{path} is no picture that can be read: it is damaged or of an unknown kind")
    return np.asarray(image, np.uint8)


class PictureSource:
    """The FrameSource of one picture or more: each one once, or again and again with --loop.

    Several that are paced follow each other at --fps, or two a second.
    """

    live = False
    silent_since_s = None

    def __init__(
        self,
        name: str,
        paths: list[Path],
        settings: SourceSettings,
        listener: Listener,
        clock: Clock = time.monotonic,
        sleep: Sleep = time.sleep,
    ) -> None:
        """Read the first picture; SourceError where none of `paths` (one or more) can be read."""
        self.name = name
        self.counts = SourceCounts()
        self.ended = False
        self._paths = paths
        self._loop = settings.loop
        self._rate = settings.fps or PICTURES_PER_S
        self.fps = self._rate if len(paths) > 1 or self._loop else None
        self._listener = listener
        self._clock = clock
        self._pacer = Pacer(settings.paced, clock, sleep)
        self._next = 0
        self._ready = self._read_next()
        if self._ready is None:
            raise SourceError(f"none of the {len(paths)} pictures of {name} can be read")

    @property
    def granted(self) -> str:
        """How many there are."""
        return self.name if len(self._paths) == 1 else f"{self.name}, {len(self._paths)} pictures"

    def read(self, timeout_s: float) -> Frame | None:
        """The next picture once it is due; None before that and after the end."""
        if self._ready is None and not self.ended:
            self._ready = self._read_next()
        self.ended = self.ended or self._ready is None
        media_time_s = self.counts.captured / self._rate
        if self._ready is None or not self._pacer.wait(media_time_s, timeout_s):
            return None
        (image, read_s), self._ready = self._ready, None
        frame = Frame(image, self.counts.captured, self._clock(), media_time_s, read_s)
        self.counts.captured += 1
        self.ended = self._next == len(self._paths) and not self._loop
        return frame

    def advice(self, measured_fps: float) -> str | None:  # noqa: ARG002
        """No camera, no advice."""
        return None

    def pause(self, paused: bool) -> None:
        """Pictures wait by themselves."""

    def close(self) -> None:
        """Nothing is held."""
        self.ended = True

    def _read_next(self) -> tuple[ByteArray, float] | None:
        """The next picture that can be read, and the seconds that took; None when one whole round gives none."""
        for _ in range(len(self._paths)):
            if self._next == len(self._paths):
                if not self._loop:
                    return None
                self._next = 0
            path = self._paths[self._next]
            self._next += 1
            started_s = self._clock()
            try:
                return read_picture(path), self._clock() - started_s
            except SourceError as error:
                if len(self._paths) == 1:
                    raise
                self.counts.failed_reads += 1
                self._listener(SourceEvent("failed_read", self._clock(), str(error)))
                self._listener(SourceEvent("notice", self._clock(), f"{error}; skipped"))
        return None
