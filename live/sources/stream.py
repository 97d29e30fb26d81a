"""Streams: http, https, rtsp and udp, through OpenCV's FFmpeg."""

from __future__ import annotations

import time
from typing import Literal

import cv2

from convviz_core.arrays import ByteArray
from live.sources.address import redact
from live.sources.frame import SourceError
from live.sources.opencv_capture import grab, retrieve, size_wh, stated_fps
from live.sources.pacing import Clock, Pacer, Sleep

OPEN_TIMEOUT_MS = 5000  # both are 30 s by default, and can be given only while opening
READ_TIMEOUT_MS = 5000
LONGEST_PAUSE_S = 1.0  # between two pictures of a recording, whatever its time stamps say


class StreamDevice:
    """An address, as a Device that can be opened again. Its user and password are in no name and no message."""

    def __init__(self, url: str) -> None:
        """Nothing is opened yet."""
        self.name = redact(url)
        self._url = url

    def present(self) -> bool:
        """Only opening it can tell."""
        return True

    def advice(self, measured_fps: float) -> str | None:  # noqa: ARG002 - as every Device has it
        """Nobody tells what else there is at an address."""
        return None

    def open(self) -> StreamCapture:
        """Connect, within 5 s; SourceError when nothing answers or what answers is no video."""
        limits = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS)
        try:
            capture = cv2.VideoCapture(self._url, cv2.CAP_FFMPEG, limits)
        except cv2.error:  # its text quotes the address
            capture = None
        if capture is None or not capture.isOpened():
            raise SourceError(
                f"{self.name} could not be opened as a video stream within {OPEN_TIMEOUT_MS / 1000:g} s: "
                "check the address, and that the camera or server is on"
            ) from None
        return StreamCapture(capture, self.name)


class StreamCapture:
    """A connected stream, as a Capture. A recording at an address, which has an end, comes at its own pace."""

    gray_from: Literal["cvtColor", "luma"] = "cvtColor"

    def __init__(
        self, capture: cv2.VideoCapture, name: str, clock: Clock = time.monotonic, sleep: Sleep = time.sleep
    ) -> None:
        """Take over an opened `capture`."""
        self._capture = capture
        self._frame_count = capture.get(cv2.CAP_PROP_FRAME_COUNT)  # negative or 0 where there is no end
        self._pacer = Pacer(self._frame_count > 0, clock, sleep)
        self.fps = stated_fps(capture)
        width, height = size_wh(capture)
        rate = f" at {self.fps:g} fps" if self.fps else ""
        self.granted = f"{name}, {width}x{height}{rate}"

    @property
    def ended(self) -> bool:
        """Whether a recording has been played to its end."""
        return 0 < self._frame_count <= self._capture.get(cv2.CAP_PROP_POS_FRAMES)

    def grab(self) -> bool:
        """Receive and decode the next picture; False for a damaged one, at the end, and after 5 s without any."""
        good = grab(self._capture)
        if good:
            self._pacer.wait(self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000, LONGEST_PAUSE_S)
        return good

    def retrieve(self, memory: ByteArray | None) -> ByteArray | None:
        """uint8 BGR (H, W, 3)."""
        return retrieve(self._capture, memory)

    def captured_at_s(self, now_s: float) -> float:
        """A stream's time stamps count from its own start: the picture's arrival is what we know."""
        return now_s

    def release(self) -> None:
        """Disconnect."""
        self._capture.release()
