"""The camera of a page in a browser: JPEG pictures that come through the page's socket, newest first and only.

To LiveReader it is a camera like any other: one that is plugged in while a page gives its pictures.
"""

from __future__ import annotations

import math
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np

from convviz_core.arrays import ByteArray
from live.sources.connection import Wait
from live.sources.frame import Frame, Listener, SourceError, SourceEvent, SourceSettings
from live.sources.live_reader import LiveReader
from live.sources.pacing import Clock

NAME = "browser"
MOST_SIDE = 4096  # a picture that says that it is larger is not decoded
GRAB_S = 1.0  # how long a grab waits for a picture
OLDEST_S = 10.0  # what a page says of a picture's time is taken for true within this
SIZE_WH, FPS = (1280, 720), 30.0  # what is asked for where nobody asks for anything else

MOST_SCANS = 16  # libjpeg's own progressive files have 10; every further one goes over all of the picture again

START_OF_IMAGE, END_OF_IMAGE, START_OF_SCAN = b"\xff\xd8", b"\xff\xd9", b"\xff\xda"
FRAME_HEADERS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # the others are tables
BEFORE_FRAME = {0xC4, 0xCC, *range(0xDB, 0xFF)}  # tables, applications' own, comments: all have a length
SEGMENT = struct.Struct(">BBH")  # 0xFF, the marker, the length without these two bytes
FRAME = struct.Struct(">5xHH")  # behind marker, length and precision: rows, columns

_WHY = {
    "refused": "the page may not use the camera: allow it in the browser, beside the address",
    "in use": "another program uses the page's camera: close it there",
    "missing": "the page finds no camera: plug one in",
    "insecure": "a browser gives its camera only to http://localhost and to https: use ssh -L",
    "ended": "the page's camera has gone away",
    "failed": "the page's camera does not start",
    "closed": "the page with the camera is closed",
}


@dataclass(frozen=True)
class _Picture:
    jpeg: bytes
    captured_at_s: float  # as the page says; NaN where it does not know


@dataclass(frozen=True)
class _Stream:
    """A page's camera that is on."""

    granted: str
    fps: float | None
    taken: Callable[[], None]


class BrowserDevice:
    """The page's camera as a Device. The server's thread tells of it, the capture thread asks."""

    name = NAME
    remedy = "allow the camera in the page"

    def __init__(self, settings: SourceSettings, listener: Listener, clock: Clock = time.monotonic) -> None:
        """Nothing is there before a page has come."""
        self._settings, self._listener, self._clock = settings, listener, clock
        self._changed = threading.Condition()  # guards what follows
        self._stream: _Stream | None = None
        self._why_not = "no page gives its camera yet: open the address above in a browser"
        self._newest: _Picture | None = None

    # What the server tells.

    def wanted(self) -> dict[str, float]:
        """What the page is to ask its camera for."""
        asked = self._settings
        width = asked.width or (None if asked.height else SIZE_WH[0])
        height = asked.height or (None if asked.width else SIZE_WH[1])
        wishes = {"width": width, "height": height, "fps": asked.fps or FPS}
        return {name: float(value) for name, value in wishes.items() if value is not None}

    def started(self, label: str, size_wh: tuple[int, int], fps: float | None, taken: Callable[[], None]) -> None:
        """The page's camera is on; `taken` answers each picture that is taken, or passed over for a newer one."""
        rate = f" at {fps:g} fps" if fps else ""
        named = f" '{label}'" if label else ""
        with self._changed:
            self._why_not = ""
            self._stream = _Stream(f"the page's camera{named}, {size_wh[0]}x{size_wh[1]}{rate}", fps, taken)
            self._newest = None
            self._changed.notify_all()

    def picture(self, jpeg: bytes, captured_at_s: float) -> None:
        """One picture has come; the one before is passed over where nobody has taken it."""
        with self._changed:
            passed_over, self._newest = self._newest, _Picture(jpeg, captured_at_s)
            if passed_over and self._stream:
                self._stream.taken()
            self._changed.notify_all()

    def stopped(self, why: str) -> None:
        """The camera is off. why: a key of the sentences above."""
        with self._changed:
            said_before = self._why_not == _WHY[why]  # a page that tries again and again says so each time
            self._stream, self._why_not = None, _WHY[why]
            self._changed.notify_all()
        if not said_before:
            self._listener(SourceEvent("notice", self._clock(), f"{_WHY[why]}; waiting for it"))

    # What the capture thread asks.

    def present(self) -> bool:
        """Whether a page gives its camera."""
        with self._changed:
            return self._stream is not None

    def open(self, wait: Wait) -> BrowserCapture:  # noqa: ARG002 - pictures are due when they come
        """Take the pictures of the page that gives them; SourceError where none does."""
        with self._changed:
            if self._stream is None:
                raise SourceError(self._why_not)
            return BrowserCapture(self, self._stream)

    def advice(self, measured_fps: float) -> str | None:  # noqa: ARG002
        """What the page's camera could do is not known here."""
        return None

    def take(self, stream: _Stream, timeout_s: float) -> _Picture | None:
        """The newest picture of that stream, waiting for it at most so long; None at once where the stream is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest or self._stream is not stream, timeout_s)
            if self._stream is not stream:
                return None
            picture, self._newest = self._newest, None
        if picture:
            stream.taken()
        return picture


class BrowserCapture:
    """A page's camera as a Capture."""

    gray_from: Literal["cvtColor", "luma"] = "cvtColor"
    ended = False

    def __init__(self, device: BrowserDevice, stream: _Stream) -> None:
        """Take over what the page has granted."""
        self._device, self._stream = device, stream
        self._grabbed: _Picture | None = None
        self.granted, self.fps = stream.granted, stream.fps

    def grab(self) -> bool:
        """Wait for the next picture, a second at most."""
        self._grabbed = self._device.take(self._stream, GRAB_S)
        return self._grabbed is not None

    def retrieve(self, memory: ByteArray | None) -> ByteArray | None:  # noqa: ARG002 - OpenCV has its own
        """uint8 BGR (H, W, 3); None for what is no whole JPEG picture, or says that it is too large."""
        return decoded(self._grabbed.jpeg) if self._grabbed else None

    def captured_at_s(self, now_s: float) -> float:
        """What the page says, where that can be."""
        said_s = self._grabbed.captured_at_s if self._grabbed else math.nan
        return min(said_s, now_s) if now_s - OLDEST_S <= said_s else now_s

    def release(self) -> None:
        """Nothing is held: the page goes on giving pictures, which replace each other."""


class BrowserCamera(LiveReader):
    """LiveReader, which also remembers when the frame that was given out last was captured."""

    def __init__(self, device: BrowserDevice, listener: Listener, settings: SourceSettings) -> None:
        """Wait for a page, as for a camera that is not plugged in yet."""
        self.given_captured_at_s = math.nan
        super().__init__(device, listener, replace(settings, wait=True))

    def read(self, timeout_s: float) -> Frame | None:
        """As LiveReader's."""
        frame = super().read(timeout_s)
        if frame is not None:
            self.given_captured_at_s = frame.captured_at_s
        return frame


def decoded(jpeg: bytes) -> ByteArray | None:
    """The picture, uint8 BGR (H, W, 3); None where it is no whole JPEG of a fair size.

    Its size, and how often a decoder would go over it, are known before anything is decoded.
    """
    size_wh = jpeg_size_wh(jpeg)
    if size_wh is None or max(size_wh) > MOST_SIDE or not jpeg.endswith(END_OF_IMAGE):
        return None
    if jpeg.count(START_OF_SCAN) > MOST_SCANS:
        return None
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), flags)
    except cv2.error:
        return None
    return None if image is None else np.asarray(image, np.uint8)


def jpeg_size_wh(jpeg: bytes) -> tuple[int, int] | None:
    """What its frame header says (ITU-T T.81, B.2.2); None where that is missing, says nothing, or begins otherwise.

    Of what lies before it only segments that have a length are passed over: a decoder would read on elsewhere behind
    a fill byte or a marker that stands alone, and find another frame header.
    """
    at = len(START_OF_IMAGE) if jpeg.startswith(START_OF_IMAGE) else len(jpeg)
    while at + SEGMENT.size <= len(jpeg):
        lead, marker, length = SEGMENT.unpack_from(jpeg, at)
        if lead != 0xFF or length < 2:
            return None
        if marker in FRAME_HEADERS and at + FRAME.size <= len(jpeg):
            height, width = FRAME.unpack_from(jpeg, at)
            return (width, height) if width and height else None
        if marker not in BEFORE_FRAME:
            return None
        at += 2 + length
    return None
