"""Pictures: one, a folder of them, or those that a pattern names; animations and pages among them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from convviz_core.arrays import ByteArray
from convviz_core.pictures import Picture, PictureError, read_pictures
from live.sources.frame import Frame, Listener, SourceCounts, SourceError, SourceEvent, SourceSettings
from live.sources.pacing import Clock, Pacer, Sleep

PICTURES_PER_S = 2.0  # unless a file or --fps says otherwise


def natural_order(path: Path) -> list[tuple[int, str]]:
    """A key that puts "2.png" before "10.png"."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", str(path))]


def read_picture(path: Path) -> ByteArray:
    """The first picture in a file, as convviz_core.pictures has it: uint8 BGR (H, W, 3). SourceError: there is none."""
    try:
        return next(read_pictures(path)).image
    except PictureError as error:
        raise SourceError(str(error)) from None


@dataclass(frozen=True)
class _Ready:
    """A picture that is read, of the file `path`; `is_last`: of that file's."""

    picture: Picture
    path: Path
    read_s: float
    is_last: bool


class PictureSource:
    """The FrameSource of one picture or more: each one once, or again and again with --loop.

    Several that are paced follow each other at --fps, as their file says, or two a second.
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
        self._settings = settings
        self._listener = listener
        self._clock = clock
        self._pacer = Pacer(settings.paced, clock, sleep)
        self._next = 0  # of the paths
        self._file: Iterator[Picture] = iter(())
        self._given = 0  # pictures of this file
        self._time_s = 0.0  # media time of the picture that is ready
        self._told: set[str] = set()
        self._ready = self._read_next()
        if self._ready is None:
            raise SourceError(f"none of the {len(paths)} pictures of {name} can be read")
        first = self._ready.picture
        self._count = first.count if len(paths) == 1 else len(paths)
        moves = self._count > 1 or settings.loop
        self.fps = settings.fps or (1 / self._seconds(first)) if moves else None

    @property
    def granted(self) -> str:
        """How many there are."""
        return self.name if self._count == 1 else f"{self.name}, {self._count} pictures"

    def read(self, timeout_s: float) -> Frame | None:
        """The next picture once it is due; None before that and after the end."""
        if self._ready is None and not self.ended:
            self._ready = self._read_next()
        self.ended = self.ended or self._ready is None
        if self._ready is None or not self._pacer.wait(self._time_s, timeout_s):
            return None
        ready, self._ready = self._ready, None
        name = str(ready.path) if len(self._paths) > 1 else ""
        image = ready.picture.image
        frame = Frame(image, self.counts.captured, self._clock(), self._time_s, ready.read_s, name=name)
        self._time_s += self._seconds(ready.picture)
        self.counts.captured += 1
        self.ended = ready.is_last and self._next == len(self._paths) and not self._settings.loop
        return frame

    @property
    def replays(self) -> bool:
        """See Film."""
        return self.ended and self._count > 1

    def play_again(self) -> None:
        """See Film; its media time goes on."""
        self._next, self._file, self._given = 0, iter(()), 0
        try:
            self._ready = self._read_next()
        except SourceError as error:
            self._say(f"{self.name} cannot be shown again: {error}")
        self.ended = self._ready is None

    def advice(self, measured_fps: float) -> str | None:  # noqa: ARG002
        """No camera, no advice."""
        return None

    def pause(self, paused: bool) -> None:
        """Pictures wait by themselves."""

    def close(self) -> None:
        """Let go of the file."""
        self.ended = True
        self._file = iter(())

    def _seconds(self, picture: Picture) -> float:
        if self._settings.fps:
            return 1 / self._settings.fps
        return picture.seconds or 1 / PICTURES_PER_S

    def _read_next(self) -> _Ready | None:
        """The next picture that can be read; None when one whole round gives none."""
        for _ in range(len(self._paths) + 1):
            path = self._paths[self._next - 1]
            started_s = self._clock()
            try:
                picture = next(self._file, None)
            except PictureError as error:
                self._failed(str(error))
                picture = None
            if picture is not None:
                self._given += 1
                self._tell(path, picture)
                return _Ready(picture, path, self._clock() - started_s, self._given >= picture.count)
            if self._next == len(self._paths):
                if not self._settings.loop and self._next:
                    return None
                self._next = 0
            self._file, self._given = read_pictures(self._paths[self._next]), 0
            self._next += 1
        return None

    def _failed(self, sentence: str) -> None:
        if len(self._paths) == 1 and not self._given:
            raise SourceError(sentence)
        self.counts.failed_reads += 1
        self._listener(SourceEvent("failed_read", self._clock(), sentence))
        self._say(f"{sentence}; skipped")

    def _tell(self, path: Path, picture: Picture) -> None:
        """What must be known about a picture."""
        for note in picture.notes:
            self._say(f"{path} {note}")

    def _say(self, sentence: str) -> None:
        """Once, however often the pictures come around."""
        if sentence not in self._told:
            self._told.add(sentence)
            self._listener(SourceEvent("notice", self._clock(), sentence))
