"""A frame, and what every source of frames does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from convviz_core.arrays import ByteArray

EventKind = Literal["drop", "failed_read", "stall", "signal", "reconnect", "notice"]


class SourceError(RuntimeError):
    """A source that cannot be opened or read; its message is one sentence for a person, without a password."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture from a source.

    image: uint8, BGR (H, W, 3) or gray (H, W).
    index: the source's captured frames count from 0, those passed over included.
    captured_at_s: when it was captured (for a file: decoded), on the time.monotonic clock.
    media_time_s: when it is to be seen, on the source's own clock (a file's time stamp; live: captured_at_s).
    read_s: seconds that fetching and decoding took, waiting for the camera not included.
    gray_from: how gray comes from it: "cvtColor", or "luma" where image is a camera's Y expanded to 0..255.
    name: the file's, where a source has several; "" elsewhere.
    """

    image: ByteArray
    index: int
    captured_at_s: float
    media_time_s: float
    read_s: float
    gray_from: Literal["cvtColor", "luma"] = "cvtColor"
    name: str = ""

    def __repr__(self) -> str:
        """The shape, not the pixels."""
        return f"Frame({self.index}, {self.image.dtype} {self.image.shape}, captured at {self.captured_at_s:.3f} s)"


@dataclass
class SourceCounts:
    """captured: frames decoded; dropped: those of them never given out; failed_reads: reads that gave none."""

    captured: int = 0
    dropped: int = 0
    failed_reads: int = 0
    reconnects: int = 0


@dataclass(frozen=True)
class SourceEvent:
    """Something that happened to a source at `at_s` (time.monotonic), for the trace and the notices."""

    kind: EventKind
    at_s: float
    detail: str = ""


Listener = Callable[[SourceEvent], None]  # may be called from the capture thread: must only append


@dataclass(frozen=True)
class SourceSettings:
    """What was asked for on the command line; None leaves the choice to the source."""

    width: int | None = None
    height: int | None = None
    fps: float | None = None
    format: Literal["MJPG", "YUYV"] | None = None
    loop: bool = False  # start again at the end
    wait: bool = False  # for a device that is not there yet
    paced: bool = True  # play files and scenes at their rate (a window); False: as fast as they can be read
    gray_only: bool = False  # colour is not needed: the source may skip it


class FrameSource(Protocol):
    """Gives frames. One thread reads; `close` joins whatever thread the source has of its own."""

    name: str  # as `--stats` has it, passwords removed
    live: bool  # gives the newest frame and counts what was passed over
    counts: SourceCounts

    @property
    def granted(self) -> str:
        """What was granted, for a person: "camera 0, MJPG 1280x720 at 30 fps"."""

    @property
    def fps(self) -> float | None:
        """The rate the source states, frames a second; None where it states none (a picture)."""

    @property
    def ended(self) -> bool:
        """Whether no frame will come any more."""

    @property
    def silent_since_s(self) -> float | None:
        """Since when (time.monotonic) a live source has been silent for too long; None with a signal."""

    def advice(self, measured_fps: float) -> str | None:
        """One sentence when the camera, not the program, limits the rate that is measured; None when it does not."""

    def read(self, timeout_s: float) -> Frame | None:
        """The next frame (live: the newest), or None when none came within the time. SourceError when it broke.

        A frame's pixels are valid until the second read after it that gives a frame.
        """

    def pause(self, paused: bool) -> None:
        """Paused, a live source is drained without decoding; those frames are neither captured nor dropped."""

    def close(self) -> None:
        """Release the device and join the thread; a frame still waiting counts as dropped. Twice is fine."""


@runtime_checkable
class Film(Protocol):
    """A FrameSource with a beginning: a video, or several pictures."""

    @property
    def replays(self) -> bool:
        """Whether it has come to its end, and has more than one picture to begin anew with."""

    def play_again(self) -> None:
        """Begin anew; where it cannot be read any more, it stays at its end, which the listener is told."""
