"""Cameras: V4L2 on Linux, AVFoundation on macOS, Media Foundation or DirectShow on Windows."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from convviz_core.arrays import ByteArray
from live.sources.camera_info import CameraInfo, Mode, Offer, doctor
from live.sources.connection import Wait
from live.sources.devices import list_cameras, missing, offers
from live.sources.frame import SourceError, SourceSettings
from live.sources.opencv_capture import grab, retrieve, size_wh, stated_fps

LARGEST_INDEX = 255  # Linux has no more; OpenCV crashes on negative ones
OLDEST_STAMP_S = 10.0  # a kernel's time stamp outside this is on another clock
STAMP_AHEAD_S = 0.1

# Video luma, 16 for black and 235 for white (ITU-R BT.601), to 0..255.
FULL_RANGE = np.clip(np.rint((np.arange(256) - 16) * (255 / 219)), 0, 255).astype(np.uint8)


def backends() -> tuple[int, ...]:
    """OpenCV's ways to this system's cameras, in the order they are tried."""
    if sys.platform == "linux":
        return (cv2.CAP_V4L2,)
    if sys.platform == "darwin":
        return (cv2.CAP_AVFOUNDATION,)
    return (cv2.CAP_MSMF, cv2.CAP_DSHOW)


class CameraDevice:
    """A camera by number ("0") or device ("/dev/video0", or a link to one), as a Device that can be opened again.

    Once opened it is known by its name and place, and found again under another number.
    """

    remedy = "plug it in again"

    def __init__(self, text: str, settings: SourceSettings) -> None:
        """Nothing is opened yet; SourceError for a number that no camera has."""
        self.name = f"camera {int(text)}" if re.fullmatch(r"[+-]?\d+", text) else text
        self._text = text
        self._settings = settings
        self._known: CameraInfo | None = None
        self._mode: Mode | None = None
        self._offers: tuple[Offer, ...] | None = None  # asked for when first needed
        self._others: frozenset[str] = frozenset()  # places of the cameras that were there beside it
        if self.name != text and not 0 <= int(text) <= LARGEST_INDEX:
            raise SourceError(f"{missing(self.name, list_cameras(with_offers=False))}; a camera's number is 0 or more")

    def present(self) -> bool:
        """Whether it is plugged in, under whatever number; True where the system does not tell."""
        return sys.platform != "linux" or self._find(list_cameras(with_offers=False)) is not None

    def open(self, wait: Wait) -> CameraCapture:  # noqa: ARG002 - a camera's pictures are due when they come
        """Open it and ask for what the settings say; SourceError says what is in the way and what to do."""
        # The other systems take seconds to list their cameras, and leave out some: there, opening comes first.
        cameras = list_cameras(with_offers=False) if sys.platform == "linux" else []
        camera = self._find(cameras)
        if sys.platform == "linux" and camera is None:
            raise SourceError(self._not_found(cameras))
        if camera is not None and camera.problem:
            raise SourceError(f"{self.name} ({camera.device}, {camera.name}) is {camera.problem}")
        index = int(self._text) if camera is None else camera.index
        for backend in backends():
            opened = cv2.VideoCapture(index, backend)
            if opened.isOpened():
                self._known = camera
                self._others = frozenset(other.place for other in cameras if other is not camera)
                capture = CameraCapture(opened, self.name, self._settings)
                self._mode, self._offers = capture.mode, None
                return capture
            opened.release()
        cameras = list_cameras(with_offers=False)
        if cameras and self._find(cameras) is None:
            raise SourceError(self._not_found(cameras))
        raise SourceError(f"{self.name} could not be opened: {_ADVICE.get(sys.platform, _ADVICE['linux'])}")

    def advice(self, measured_fps: float) -> str | None:
        """The camera doctor's sentence, when the camera is the limit (see camera_info.doctor)."""
        if self._known is None or self._mode is None:
            return None
        if self._offers is None:
            self._offers = offers(self._known)
        return doctor(self._mode, self._offers, measured_fps)

    def _find(self, cameras: list[CameraInfo]) -> CameraInfo | None:
        """The camera that was opened before, wherever it is now; else the one that was asked for."""
        asked = [camera for camera in cameras if self._is_asked_for(camera)]
        if self._known is None:
            return asked[0] if asked else None
        same = [c for c in cameras if (c.name, c.place) == (self._known.name, self._known.place)]
        moved = [c for c in cameras if c.name == self._known.name and c.place not in self._others]
        return next(iter(same + asked + moved), None)

    def _is_asked_for(self, camera: CameraInfo) -> bool:
        if self.name != self._text:
            return camera.index == int(self._text)
        return camera.device == str(Path(self._text).resolve())

    def _not_found(self, cameras: list[CameraInfo]) -> str:
        if self.name == self._text and Path(self._text).exists():
            return f"{self.name} gives no pictures, it is no camera: see `convviz cameras`"
        return missing(self.name, cameras)


class CameraCapture:
    """An open camera, as a Capture. What was asked for is read back, since a driver grants what it likes."""

    gray_from: Literal["cvtColor", "luma"] = "cvtColor"
    ended = False

    def __init__(self, capture: cv2.VideoCapture, name: str, settings: SourceSettings) -> None:
        """Take over an opened `capture` and negotiate."""
        self._capture = capture
        self._raw: ByteArray | None = None
        self._luma: ByteArray | None = None
        _ask(capture, settings)
        self.mode = _granted(capture)
        self.fps = self.mode.fps
        self.granted = f"{name}, {self.mode}{_difference(self.mode, settings)}"
        if self.mode.format == "GREY":
            capture.set(cv2.CAP_PROP_CONVERT_RGB, 0)
        elif self.mode.format == "YUYV" and settings.format == "YUYV" and settings.gray_only:
            capture.set(cv2.CAP_PROP_CONVERT_RGB, 0)
            self.gray_from = "luma"

    def grab(self) -> bool:
        """Wait for the next picture; a silent V4L2 camera blocks for one second (opencv_settings)."""
        return grab(self._capture)

    def retrieve(self, memory: ByteArray | None) -> ByteArray | None:
        """uint8 BGR (H, W, 3); gray (H, W) from a GREY camera or a YUYV camera's luma."""
        if self.gray_from == "cvtColor":
            return retrieve(self._capture, memory)
        self._raw = retrieve(self._capture, self._raw)
        if self._raw is None or self._raw.ndim != 3:
            return None
        self._luma = np.asarray(cv2.extractChannel(self._raw, 0, self._luma), np.uint8)
        return np.asarray(cv2.LUT(self._luma, FULL_RANGE, memory), np.uint8)

    def captured_at_s(self, now_s: float) -> float:
        """The kernel's time stamp, where it is on our clock."""
        stamp_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        plausible = now_s - OLDEST_STAMP_S <= stamp_s <= now_s + STAMP_AHEAD_S
        return min(stamp_s, now_s) if plausible else now_s

    def release(self) -> None:
        """Give the camera back."""
        self._capture.release()


def _ask(capture: cv2.VideoCapture, settings: SourceSettings) -> None:
    """The format first, then the size, then the rate: OpenCV itself tries YUYV first, often 10 fps at 1280x720."""
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*(settings.format or "MJPG")))
    if settings.width or settings.height:
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, settings.width or capture.get(cv2.CAP_PROP_FRAME_WIDTH))
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.height or capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    if settings.fps:
        capture.set(cv2.CAP_PROP_FPS, settings.fps)


def _granted(capture: cv2.VideoCapture) -> Mode:
    code = (int(capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF).to_bytes(4, "little")
    letters = code.decode("ascii", "replace").strip()
    return Mode(letters if letters.isalnum() else "", size_wh(capture), stated_fps(capture))


def _difference(granted: Mode, settings: SourceSettings) -> str:
    """What was asked for and not granted, " (asked for MJPG, 30 fps)"; "" where all was."""
    width, height = granted.size_wh or (0, 0)
    asked_and_given = (
        (settings.format or "", settings.format, granted.format),
        (f"width {settings.width}", settings.width, width),
        (f"height {settings.height}", settings.height, height),
        (f"{settings.fps:g} fps" if settings.fps else "", settings.fps, granted.fps and round(granted.fps, 2)),
    )
    differing = [text for text, asked, given in asked_and_given if asked and asked != given]
    return f" (asked for {', '.join(differing)})" if differing else ""


_ADVICE = {
    "linux": "plug it in again",
    "darwin": (
        "allow this terminal to use it (System Settings, Privacy & Security, Camera), and close other programs that do"
    ),
    "win32": "allow desktop apps to use it (Settings, Privacy & security, Camera), and close other programs that do",
}
