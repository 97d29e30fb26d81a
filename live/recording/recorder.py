"""Recording what is shown, beside the picture's way: a slow or full disk never holds up or ends the view."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

import numpy as np

from convviz_core.arrays import ByteArray
from live.errors import OutputError, output_error
from live.outputs import free_bytes
from live.recording.movie import Container, Movie, SafeFile, reason

MIN_FREE_BYTES = 100_000_000
MAX_WAITING_BYTES = 64_000_000  # of pictures not yet written: about 0.8 s of 1280x720 at 30 fps
PATIENT_BYTES = 8_000_000  # the same where the caller waits
_PATIENCE_S = 5.0  # a disk that takes longer for one picture does not answer
_CHECK_EVERY_S = 1.0
_DRAIN_S, _FINISH_S = 0.5, 0.4  # closing: for the pictures still waiting, and for the file's index
_FORMATS = {".mkv": Container.MATROSKA, ".avi": Container.AVI}
_DEFAULT_FPS, _MAX_FPS = 30.0, 240.0

EncodingListener = Callable[[float, float, int], None]  # start and end in seconds, and the frame


class Recorder:
    """Records pictures with their capture times into `path` (.mkv: true times; .avi: a constant rate).

    An existing file is never touched: the next free name (x-2.mkv) is taken and said, and `path` then has it.
    A picture of another size starts another file, x-0002.mkv. When something fails or the disk has less than
    100 MB left, recording stops, what was written stays playable, and `failed` says why; `write` never raises.

    fps: the source's rate (see Movie). patient: rather than leave out a picture that the disk or the processor is too
    slow for, `write` waits: for a source that waits too, where nobody looks. say: told which file is used instead, in
    one sentence; it may be called from the recorder's thread and must only append. disk_free: bytes left where a
    folder is. on_encoded: told of each picture, by that thread, when (time.monotonic) it was encoded and written.
    Errors: OutputError, before any picture.
    """

    def __init__(
        self,
        path: Path,
        fps: float | None = None,
        patient: bool = False,
        say: Callable[[str], None] = lambda _: None,
        disk_free: Callable[[Path], int] = free_bytes,
        on_encoded: EncodingListener | None = None,
    ) -> None:
        self.failed: OutputError | None = None
        self.written = 0  # pictures
        self.left_out = 0  # pictures that the disk or the processor was too slow for, or AVI had no frame for
        self._patient = patient
        self._most_bytes = PATIENT_BYTES if patient else MAX_WAITING_BYTES
        self._say = say
        self._disk_free, self._on_encoded = disk_free, on_encoded
        self._fps = min(fps or _DEFAULT_FPS, _MAX_FPS)
        self._container = _container(path)
        self._check_free(path)
        self._file = _new_file(path)
        self._base = self.path
        if self.path != path:
            say(f"{path} exists: recording to {self.path}")
        self._movie: Movie | None = None
        self._files = 1
        self._checked_at_s: float | None = None
        self._waiting: deque[tuple[ByteArray, float, int]] = deque()
        self._waiting_bytes = 0
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    @property
    def path(self) -> Path:
        """The file that is being written."""
        return self._file.path

    @property
    def files(self) -> str:
        """What was made, in words: its file, or of several the first and the last."""
        return str(self.path) if self._files == 1 else f"{self._files} files, {self._base} to {self.path.name}"

    @property
    def shortest_s(self) -> float:
        """What should lie between two pictures at least: one frame time, where that is the file's grid."""
        return 1 / (self._fps if self._container == Container.AVI else _DEFAULT_FPS)

    def write(self, image: ByteArray, captured_at_s: float, frame: int = 0) -> ByteArray | None:
        """Record a uint8 gray (H, W) or BGR (H, W, 3) picture, which is copied; see `patient` when too many wait.

        frame: its number, for `on_encoded`. The copy that will be written; None where it was left out.
        """
        with self._changed:
            if self._patient and not self._changed.wait_for(lambda: self._takes(image), _PATIENCE_S):
                self._fail(OutputError(f"recording stopped: the disk of {self.path} does not answer"))
            if self._closing or self.failed:
                return None
            if not self._takes(image):
                self.left_out += 1
                return None
            try:
                kept = np.array(image, np.uint8, order="C")
            except MemoryError:
                self.left_out += 1
                return None
            self._waiting.append((kept, captured_at_s, frame))
            self._waiting_bytes += image.nbytes
            self._changed.notify()
            return kept

    def _takes(self, image: ByteArray) -> bool:
        """Whether there is room for `image`, or no need of it."""
        room = not self._waiting or self._waiting_bytes + image.nbytes <= self._most_bytes
        return room or self._closing or self.failed is not None

    def close(self) -> None:
        """Finish the file within a second, leaving out what could not be written by then; twice is fine."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(_DRAIN_S)
        with self._changed:
            self.left_out += len(self._waiting)
            self._waiting.clear()
        self._thread.join(_FINISH_S)
        if self._thread.is_alive() and self.failed is None:
            self._fail(OutputError(f"{self.path} could not be finished: its disk does not answer"))

    def _run(self) -> None:
        try:
            try:
                while (picture := self._next()) is not None:
                    image, at_s, frame = picture
                    start_s = time.monotonic()
                    self._record(image, at_s)
                    if self._on_encoded:
                        self._on_encoded(start_s, time.monotonic(), frame)
            finally:
                self._finish()
        except OutputError as error:
            self._fail(OutputError(f"recording stopped: {error}"))
        except Exception as error:  # whatever the codec or the muxer raises, the view goes on
            self._fail(OutputError(f"recording to {self.path} stopped: {reason(error)}"))

    def _next(self) -> tuple[ByteArray, float, int] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            if not self._waiting:
                return None
            picture = self._waiting.popleft()
            self._waiting_bytes -= picture[0].nbytes
            self._changed.notify_all()
            return picture

    def _record(self, image: ByteArray, at_s: float) -> None:
        if self._checked_at_s is None or abs(at_s - self._checked_at_s) >= _CHECK_EVERY_S:
            self._checked_at_s = at_s
            self._check_disk()
        if self._movie is None:
            self._movie = Movie(self._file, self._container, image, self._fps)
        elif not self._movie.takes(image, at_s):
            self._movie = self._next_movie(self._movie, image)
        added = self._movie.add(image, at_s)
        with self._changed:
            self.written += added
            self.left_out += not added
        self._check_written()

    def _next_movie(self, movie: Movie, image: ByteArray) -> Movie:
        movie.close()
        self._check_written()
        self._movie = None  # until there is another: making it may fail
        self._files += 1
        self._file = _new_file(self._base.with_stem(f"{self._base.stem}-{self._files:04}"))
        self._say(f"the picture's size changed: recording goes on in {self.path}")
        return Movie(self._file, self._container, image, self._fps)

    def _check_written(self) -> None:
        if self._file.failed:
            raise output_error(self.path, self._file.failed)

    def _check_disk(self) -> None:
        if not self._in_place():
            raise OutputError(f"{self.path} was moved or removed")
        self._check_free(self.path)

    def _in_place(self) -> bool:
        try:
            return os.path.samestat(self.path.stat(), os.fstat(self._file.fileno()))
        except OSError:
            return False

    def _check_free(self, path: Path) -> None:
        try:
            free = self._disk_free(path.parent)
        except OSError as error:
            raise output_error(path, error) from error
        if free < MIN_FREE_BYTES:
            raise OutputError(f"cannot record to {path}: its disk has less than 100 MB left, free some space first")

    def _finish(self) -> None:
        empty = (self._movie is None or not self._movie.pictures) and self._in_place()
        try:
            if self._movie is not None:
                self._movie.close()
                self._check_written()
        finally:
            self._file.close()
            if empty:
                with suppress(OSError):
                    self.path.unlink()

    def _fail(self, error: OutputError) -> None:
        with self._changed:
            self.failed = error
            self._waiting.clear()
            self._changed.notify_all()


def _container(path: Path) -> Container:
    try:
        return _FORMATS[path.suffix.lower()]
    except KeyError:
        raise OutputError(f"cannot record to {path}: its name must end in {' or '.join(_FORMATS)}") from None


def _new_file(path: Path) -> SafeFile:
    for number in count(1):
        candidate = path if number == 1 else path.with_stem(f"{path.stem}-{number}")
        try:
            return SafeFile(candidate)
        except FileExistsError:
            continue
        except OSError as error:
            raise output_error(path, error) from error
    raise AssertionError("count() does not end")
