"""Video files, decoded by whoever reads."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import cv2

from convviz_core.arrays import ByteArray
from live.sources.frame import Frame, Listener, SourceCounts, SourceError, SourceEvent, SourceSettings
from live.sources.opencv_capture import grab, retrieve, size_wh, stated_fps
from live.sources.pacing import Clock, Pacer, Sleep

FAILED_READS_AT_END = 30  # in a row; a damaged file gives True and False mixed
FALLBACK_FPS = 30.0
_HEAD_BYTES = 4096
# FFmpeg plays whatever bytes stand in a file of these names, as the screens of an old terminal.
_TERMINAL_ART = (".adf", ".ans", ".art", ".asc", ".bin", ".cdg", ".diz", ".ice", ".idf", ".nfo", ".vt", ".xb")


class VideoSource:
    """The FrameSource of a video file: every frame, at the file's pace (or `--fps`) where settings.paced."""

    live = False
    silent_since_s = None

    def __init__(
        self,
        path: Path,
        settings: SourceSettings,
        listener: Listener,
        clock: Clock = time.monotonic,
        sleep: Sleep = time.sleep,
    ) -> None:
        """Open the file and decode its first picture; SourceError where there is none."""
        self.name = str(path)
        self.counts = SourceCounts()
        self.ended = False
        self._path = path
        self._settings = settings
        self._listener = listener
        self._clock = clock
        self._pacer = Pacer(settings.paced, clock, sleep)
        self._given: ByteArray | None = None
        self._before: ByteArray | None = None  # given out before that, and used again for the next
        self._played_s = 0.0  # media time of the rounds before this one
        self._time_s = 0.0  # media time of the picture that is ready
        self._round = 0  # pictures of this round
        self._read_s = 0.0
        self._capture = _open(path)
        self.fps = settings.fps or stated_fps(self._capture)
        self._ready = self._grab()
        if not self._ready:
            self._capture.release()
            raise SourceError(f"{path} holds no picture that can be decoded: convert it, to H.264 for example")

    @property
    def granted(self) -> str:
        """The file's size and rate."""
        width, height = size_wh(self._capture)
        return f"{self.name}, {width}x{height}" + (f" at {self.fps:.4g} fps" if self.fps else "")

    def read(self, timeout_s: float) -> Frame | None:
        """The next frame once it is due; None before that and after the end."""
        if not (self._ready or self._advance()) or not self._pacer.wait(self._time_s, timeout_s):
            return None
        self._ready = False
        started_s = self._clock()
        image = retrieve(self._capture, self._before)
        if image is None:
            self._count_failures(1)
            return None
        self._before, self._given = self._given, image
        now_s = self._clock()
        frame = Frame(image, self.counts.captured, now_s, self._time_s, self._read_s + now_s - started_s)
        self.counts.captured += 1
        return frame

    def advice(self, measured_fps: float) -> str | None:  # noqa: ARG002
        """No camera, no advice."""
        return None

    def pause(self, paused: bool) -> None:
        """A file waits by itself."""

    def close(self) -> None:
        """Close the file."""
        self.ended = True
        self._capture.release()

    def _advance(self) -> bool:
        """Decode the next picture, of the next round with --loop; False at the end."""
        if self.ended:
            return False
        self._ready = self._grab()
        if not self._ready and self._settings.loop and self._round:
            self._rewind()
            self._ready = self._grab()
        self.ended = not self._ready
        return self._ready

    def _grab(self) -> bool:
        """Decode until a picture is good; what failed before it is counted, what fails at the end is the end."""
        started_s = self._clock()
        for failed in range(FAILED_READS_AT_END):
            if grab(self._capture):
                self._count_failures(failed)
                self._time_s = self._played_s + self._position_s()
                self._round += 1
                self._read_s = self._clock() - started_s
                return True
            if self._is_over():
                return False
        return False

    def _is_over(self) -> bool:
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)  # negative or 0 where nobody knows
        return 0 < count <= self._capture.get(cv2.CAP_PROP_POS_FRAMES)

    def _position_s(self) -> float:
        """Media time of the grabbed picture, in seconds from the file's start."""
        if self._settings.fps or not self.fps:
            return self._round / (self._settings.fps or FALLBACK_FPS)
        stamp_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        return stamp_s if stamp_s > 0 else self._round / self.fps

    def _rewind(self) -> None:
        # Seeking in damaged files goes astray: open the file anew.
        self._capture.release()
        self._capture = _open(self._path)
        self._played_s = self._time_s + 1 / (self.fps or FALLBACK_FPS)
        self._round = 0

    def _count_failures(self, failed: int) -> None:
        self.counts.failed_reads += failed
        for _ in range(failed):
            self._listener(SourceEvent("failed_read", self._clock(), "a damaged picture was skipped"))


def _open(path: Path) -> cv2.VideoCapture:
    if _is_text(path):  # FFmpeg would play it as a terminal's screen, or follow the addresses in it
        raise SourceError(f"{path} is a text file, want a picture or a video")
    if path.suffix.lower() not in _TERMINAL_ART:
        with suppress(cv2.error):
            capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
            if capture.isOpened():
                return capture
    raise SourceError(f"{path} is neither a picture nor a video that can be read")


def _is_text(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from None
    return not any(byte < 7 or byte == 0x7F for byte in head) and _decodes(head)


def _decodes(head: bytes) -> bool:
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4  # a character cut in two by the reading
    return True
