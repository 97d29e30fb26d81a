"""Video files, decoded by whoever reads."""

from __future__ import annotations

import time
from pathlib import Path

import cv2  # noqa: F401 - before av

from live.sources.bgr import UnknownColourError
from live.sources.containers import NoVideoError, open_file
from live.sources.decoder import Step
from live.sources.frame import Frame, Listener, SourceCounts, SourceError, SourceEvent, SourceSettings
from live.sources.pacing import Clock, Pacer, Sleep
from live.sources.video_input import VideoInput

import av  # isort: skip  (after cv2, see live/recording/movie.py)

BROKEN_AT_END = 1000  # failed reads in a row, without a picture whole or damaged: nothing more can be read
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
        self._said: set[str] = set()
        self._played_s = 0.0  # media time of the rounds before this one
        self._read_s = 0.0
        self._input = self._open()
        self.fps = settings.fps or self._input.fps
        try:
            self._ready = self._decode()
            if not self._ready:
                raise SourceError(f"{path} holds no picture that can be decoded: convert it, to H.264 for example")
        except BaseException:
            self._input.close()
            raise

    @property
    def granted(self) -> str:
        """The size that the pictures have now, and the rate."""
        width, height = self._input.size_wh
        return f"{self.name}, {width}x{height}" + (f" at {self.fps:.4g} fps" if self.fps else "")

    def read(self, timeout_s: float) -> Frame | None:
        """The next frame once it is due; None before that and after the end. SourceError where it has no colours."""
        if not (self._ready or self._advance()):
            return None
        media_time_s = self._played_s + self._input.time_s
        if not self._pacer.wait(media_time_s, timeout_s):
            return None
        self._ready = False
        started_s = self._clock()
        try:
            image = self._input.bgr()
        except UnknownColourError as error:
            raise SourceError(f"{self.name} has colours that cannot be converted to RGB: {error}") from None
        now_s = self._clock()
        frame = Frame(image, self.counts.captured, now_s, media_time_s, self._read_s + now_s - started_s)
        self.counts.captured += 1
        return frame

    @property
    def replays(self) -> bool:
        """See Film."""
        return self.ended

    def play_again(self) -> None:
        """See Film; its media time goes on."""
        try:
            self.ended = not self._begin_anew()
        except (SourceError, OSError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            self._listener(SourceEvent("notice", self._clock(), f"{self.name} cannot be played again: {why}"))

    def advice(self, measured_fps: float) -> str | None:  # noqa: ARG002
        """No camera, no advice."""
        return None

    def pause(self, paused: bool) -> None:
        """A file waits by itself."""

    def close(self) -> None:
        """Close the file."""
        self.ended = True
        self._input.close()

    def _advance(self) -> bool:
        """Decode the next picture, of the next round with --loop; False at the end."""
        if self.ended:
            return False
        self._ready = self._decode() or (self._settings.loop and self._begin_anew())
        self.ended = not self._ready
        return self._ready

    def _begin_anew(self) -> bool:
        again = self._open()  # Seeking in damaged files goes astray: the file is opened anew.
        self._played_s += self._input.end_s
        self._input.close()
        self._input = again
        self._ready = self._decode()
        return self._ready

    def _decode(self) -> bool:
        """Decode until a picture is whole, counting what is damaged before it; False at the end."""
        started_s = self._clock()
        broken = 0
        while (step := self._input.step()) in (Step.DAMAGED, Step.BROKEN) and broken < BROKEN_AT_END:
            broken = broken + 1 if step is Step.BROKEN else 0
            self.counts.failed_reads += 1
            self._listener(SourceEvent("failed_read", self._clock(), "a damaged picture was skipped"))
        self._read_s = self._clock() - started_s
        if step is Step.PICTURE or self.counts.captured:
            self._say_what_is_odd()
        if step is Step.BROKEN:
            self._listener(SourceEvent("notice", self._clock(), f"{self.name} cannot be read any further"))
        return step is Step.PICTURE

    def _say_what_is_odd(self) -> None:
        odd = self._input.oddities()
        if self.counts.failed_reads:
            odd.append("is damaged: pictures that cannot be decoded are passed over and counted")
        for what in odd:
            if what not in self._said:
                self._said.add(what)
                self._listener(SourceEvent("notice", self._clock(), f"{self.name} {what}"))

    def _open(self) -> VideoInput:
        if _is_text(self._path):  # FFmpeg would play it as a terminal's screen, or follow the addresses in it
            raise SourceError(f"{self._path} is a text file, want a picture or a video")
        file = self._path.open("rb")
        try:
            if self._path.suffix.lower() not in _TERMINAL_ART:
                return VideoInput(open_file(file), self._settings.fps, file)
            why = "is neither a picture nor a video that can be read"
        except NoVideoError:
            why = "holds no video that can be decoded here"
        except (av.FFmpegError, OSError):
            why = "is neither a picture nor a video that can be read"
        file.close()
        raise SourceError(f"{self._path} {why}")


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
