"""One video file of one picture size: JPEG pictures in Matroska or AVI, playable at any moment up to the last ones.

Measured for four maps and text at 1280x720 on one core: JPEG 3.5 ms a picture, 6 MB/s, 48 dB; H.264 of the same
size takes three times as long, and FFV1, which loses nothing, six times. Every picture stands alone, so that a
crash costs the last one and nothing before it.
"""

from __future__ import annotations

import io
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from convviz_core.arrays import ByteArray
from live.errors import OutputError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

import av  # isort: skip  (after cv2: the other way round, OpenCV's first window hangs)

# Colour at full resolution: thin coloured lines and text are what a viewer's picture is made of.
_JPEG = (
    *(cv2.IMWRITE_JPEG_QUALITY, 95),
    *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
)
_JPEG_LONGEST_SIDE = 65_500  # libjpeg's limit
_SLOWEST = Fraction(1, 1001)  # frames a second that a file can state
_AVI_LONGEST_GAP = 60_000  # frame times; the muxer refuses a longer one
_AVI_LATEST = 1.5  # frame times: unsteady cameras put two pictures into one frame, and the second goes into the next


class Container(StrEnum):
    """The file formats, by FFmpeg's names."""

    MATROSKA = "matroska"  # true times, in whole milliseconds
    AVI = "avi"  # times in whole frames of a constant rate, empty frames where no picture came


# Every picture is handed to the system as it comes; a Matroska cluster, which is written whole, holds one picture.
_MUXER_OPTIONS = {
    Container.MATROSKA: {"flush_packets": "1", "cluster_time_limit": "0"},
    Container.AVI: {"flush_packets": "1"},
}


class SafeFile(io.FileIO):
    """A new file on which no write ever raises: the first error is kept in `failed`, and nothing is written after it.

    FFmpeg can then finish its bookkeeping as usual, and what has been written stays as it was.
    OSError where the file cannot be made; FileExistsError where it exists.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "xb")
        self.path = path
        self.failed: OSError | None = None

    def write(self, data: ReadableBuffer, /) -> int:
        """Write all of `data` while nothing has failed."""
        rest = memoryview(data).cast("B")
        size = len(rest)
        while rest and self.failed is None:
            try:
                rest = rest[super().write(rest) :]
            except OSError as error:
                self.failed = error
        return size


class Movie:
    """Pictures of one size, gray or BGR, written to `file` with the times they are given.

    fps: the rate that the file states, and AVI's true one; it also gives the time after a clock that was set back.
    A gray picture goes into a movie of BGR ones, not the other way round. `file` is closed by `close`.
    """

    def __init__(self, file: SafeFile, container: Container, picture: ByteArray, fps: float) -> None:
        self.file = file
        self.pictures = 0
        self._shape = picture.shape
        self._container = container
        self._fps = fps
        rate = max(_SLOWEST, Fraction(fps).limit_denominator(_SLOWEST.denominator))
        self._time_base = 1 / rate if container == Container.AVI else Fraction(1, 1000)
        self._start_s = 0.0
        self._last_at_s = 0.0
        self._last_tick = -1
        self._muxer = av.open(file, "w", format=container.value, options=_MUXER_OPTIONS[container])
        self._stream = self._muxer.add_mux_stream(
            "mjpeg",
            rate=rate,
            width=picture.shape[1],
            height=picture.shape[0],
            pix_fmt="yuvj444p" if picture.ndim == 3 else "gray",
            time_base=self._time_base,
        )

    def takes(self, picture: ByteArray, at_s: float) -> bool:
        """Whether `picture` fits: the size, not colour into gray, and no gap that the format cannot hold."""
        if picture.shape[:2] != self._shape[:2] or picture.ndim > len(self._shape):
            return False
        gap = (at_s - self._last_at_s) / self._time_base
        return self._container != Container.AVI or not self.pictures or gap < _AVI_LONGEST_GAP

    def add(self, picture: ByteArray, at_s: float) -> bool:
        """Append a uint8 picture captured at `at_s` seconds (any origin); False where AVI has no frame left for it.

        Time standing still or going back, as when a file starts again, goes on by one frame time.
        Errors while writing are in `file.failed`; OutputError for a picture that JPEG cannot hold. What else may come
        from OpenCV and FFmpeg, `reason` puts into words.
        """
        tick = self._tick(at_s)
        if tick is None:
            return False
        if picture.ndim < len(self._shape):
            picture = np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR), np.uint8)
        packet = av.Packet(_jpeg(picture))
        packet.stream = self._stream
        packet.time_base = self._time_base
        packet.pts = packet.dts = tick
        packet.is_keyframe = True
        self._muxer.mux(packet)
        self._last_tick = tick
        self.pictures += 1
        return True

    def _tick(self, at_s: float) -> int | None:
        if not self.pictures:
            self._start_s = at_s
        elif at_s <= self._last_at_s:
            self._start_s = at_s - (self._last_at_s - self._start_s) - 1 / self._fps
        self._last_at_s = at_s
        exact = (at_s - self._start_s) / float(self._time_base)
        tick = max(round(exact), self._last_tick + 1)
        return None if self._container == Container.AVI and tick > exact + _AVI_LATEST else tick

    def close(self) -> None:
        """Write the index and close the file; the file is the same as after a crash where `file.failed`."""
        try:
            self._muxer.close()
        finally:
            self.file.close()


def reason(error: Exception) -> str:
    """Why making a movie ended with `error`, in words for whoever records; nothing of any program's source."""
    match error:
        case MemoryError():
            return "there is not enough memory to encode its pictures"
        case av.FFmpegError():
            return f"FFmpeg cannot write it ({error.strerror})"
        case cv2.error():
            return "OpenCV cannot encode its pictures"
        case _:
            return f"its encoder failed ({type(error).__name__})"


def _jpeg(picture: ByteArray) -> bytes:
    height, width = picture.shape[:2]
    if not 0 < min(height, width) <= max(height, width) <= _JPEG_LONGEST_SIDE:
        raise OutputError(
            f"its pictures are {width}x{height}, and JPEG holds 1 to {_JPEG_LONGEST_SIDE} pixels a side: "
            "record the frame or the display instead"
        )
    done, encoded = cv2.imencode(".jpg", picture, _JPEG)
    if not done:
        raise OutputError(f"OpenCV cannot encode a picture of {width}x{height}")
    return encoded.tobytes()
