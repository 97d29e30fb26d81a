"""Streams: http, https, rtsp and udp."""

from __future__ import annotations

import time
from typing import Literal

import cv2  # noqa: F401 - before av

from convviz_core.arrays import ByteArray
from live.sources.address import plain_scheme, redact
from live.sources.bgr import UnknownColourError
from live.sources.connection import Wait
from live.sources.containers import NoVideoError, open_address
from live.sources.decoder import Step
from live.sources.frame import Listener, SourceError, SourceEvent, SourceSettings
from live.sources.pacing import Clock, Pacer
from live.sources.refusals import why_refused
from live.sources.video_input import VideoInput

import av  # isort: skip  (after cv2, see live/recording/movie.py)

TIMEOUT_S = 5.0  # for connecting, and for each read
POLLS_PER_S = 5.0  # of an address that gives one picture at a time, unless --fps says otherwise
_OPTIONS = {"rtsp_flags": "prefer_tcp"}  # UDP loses packets, and pictures with them


class StreamDevice:
    """An address, as a Device that can be opened again. Its user and password are in no name and no message."""

    remedy = "check that it sends video"

    def __init__(self, url: str, settings: SourceSettings, listener: Listener) -> None:
        """Nothing is opened yet."""
        self.name = redact(url)
        self._url = plain_scheme(url)
        self._settings = settings
        self._listener = listener
        self._said: set[str] = set()

    def present(self) -> bool:
        """Only opening it can tell."""
        return True

    def advice(self, measured_fps: float) -> str | None:  # noqa: ARG002 - as every Device has it
        """Nobody tells what else there is at an address."""
        return None

    def open(self, wait: Wait) -> StreamCapture:
        """Connect, within 5 s; SourceError says why not."""
        return StreamCapture(self, wait)

    def connect(self) -> VideoInput:
        """One connection to the address; SourceError says why there is none."""
        try:
            return VideoInput(open_address(self._url, _OPTIONS, TIMEOUT_S), self._settings.fps)
        except (av.FFmpegError, OSError, NoVideoError) as error:
            why = why_refused(error, self._url, TIMEOUT_S)
        raise SourceError(f"{self.name} could not be opened as a video stream: {why}")

    @property
    def loops(self) -> bool:
        """Whether a recording is played again at its end."""
        return self._settings.loop

    @property
    def polls_per_s(self) -> float:
        """How often an address of a single picture is asked."""
        return self._settings.fps or POLLS_PER_S

    def say(self, oddities: list[str]) -> None:
        """Tell once of each."""
        for what in oddities:
            if what not in self._said:
                self._said.add(what)
                self._listener(SourceEvent("notice", time.monotonic(), f"{self.name} {what}"))


class StreamCapture:
    """A connected stream, as a Capture.

    A recording at an address, which has an end, comes at its own pace. An address that gives a single picture is
    asked for it again and again.
    """

    gray_from: Literal["cvtColor", "luma"] = "cvtColor"

    def __init__(self, device: StreamDevice, wait: Wait, clock: Clock = time.monotonic) -> None:
        """Connect; `wait` is how to wait for what is not due yet. SourceError where nobody answers."""
        self.ended = False
        self._device = device
        self._wait = wait
        self._clock = clock
        self._asked_at_s = clock()
        self._input = device.connect()
        self._whole = False
        self._still = False  # it has given one picture and no more
        self._pacer = Pacer(self._input.has_end, clock, wait)
        self.fps = self._input.fps
        self._describe()

    def grab(self) -> bool:
        """Receive and decode the next picture, whole or damaged; False at the end, and after 5 s without any."""
        step = self._input.step()
        if step is Step.END and (self._still or (self._input.pictures == 1 and self._input.may_be_still)):
            step = self._ask_again()
        self._whole = step is Step.PICTURE
        self.ended = step is Step.END and self._input.has_end and not self._still
        if self.ended and self._device.loops:
            self._pacer.wait(self._input.end_s, float("inf"))  # the last picture has its time, too
        if self._whole:
            if not self._still:
                self._pacer.wait(self._input.time_s, float("inf"))
            self._device.say(self._input.oddities())
        return step in (Step.PICTURE, Step.DAMAGED)

    def retrieve(self, memory: ByteArray | None) -> ByteArray | None:  # noqa: ARG002 - FFmpeg has its own
        """uint8 BGR (H, W, 3); None for a damaged picture. SourceError where its colours cannot be converted."""
        if not self._whole:
            return None
        try:
            image = self._input.bgr()
        except UnknownColourError as error:
            raise SourceError(f"{self._device.name} has colours that cannot be converted to RGB: {error}") from None
        self._describe()
        return image

    def captured_at_s(self, now_s: float) -> float:
        """A stream's time stamps count from its own start: the picture's arrival is what we know."""
        return now_s

    def release(self) -> None:
        """Disconnect."""
        self._input.close()

    def _ask_again(self) -> Step:
        """The next one of an address that gives a single picture."""
        if not self._still:
            self._still, self.fps = True, self._device.polls_per_s
        early_s = self._asked_at_s + 1 / self._device.polls_per_s - self._clock()
        if early_s > 0:
            self._wait(early_s)
        self._asked_at_s = self._clock()
        self._input.close()
        try:
            self._input = self._device.connect()
        except SourceError:
            return Step.BROKEN
        return self._input.step()

    def _describe(self) -> None:
        width, height = self._input.size_wh
        rate = f" at {self.fps:g} fps" if self.fps else ""
        self.granted = f"{self._device.name}, {width}x{height}{rate}"
