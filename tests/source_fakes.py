"""A clock that stands still, and capture devices that follow a script."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

import numpy as np

from convviz_core.arrays import ByteArray
from live.sources.frame import SourceError, SourceEvent


class FakeClock:
    """Time that passes only when somebody waits; `wait` and `sleep` keep what they were asked for."""

    def __init__(self, now_s: float = 100.0) -> None:
        self.now_s = now_s
        self.waits_s: list[float] = []

    def __call__(self) -> float:
        return self.now_s

    def wait(self, seconds: float) -> None:
        self.waits_s.append(seconds)
        self.now_s += seconds


class Events(list[SourceEvent]):
    """A listener that keeps everything."""

    def __call__(self, event: SourceEvent) -> None:
        self.append(event)

    def kinds(self) -> list[str]:
        return [event.kind for event in self]


def picture(value: int, size_wh: tuple[int, int] = (8, 6)) -> ByteArray:
    """One flat BGR picture."""
    return np.full((size_wh[1], size_wh[0], 3), value, np.uint8)


Read = Callable[[], ByteArray | bool | None]  # a picture, None for a damaged one, False for a failed read


class ScriptedCapture:
    """An open device that does what its reads say, one each grab; after the last, every read fails at once."""

    granted = "scripted 8x6"
    gray_from: Literal["cvtColor", "luma"] = "cvtColor"
    ended = False

    def __init__(self, reads: list[Read], fps: float | None = 30.0) -> None:
        self.fps = fps
        self.released_by: list[threading.Thread] = []
        self.decoded = 0
        self.memories: list[ByteArray | None] = []
        self._reads = iter(reads)
        self._image: ByteArray | None = None

    def grab(self) -> bool:
        read = next(self._reads, None)
        image = read() if read else False
        self._image = None if isinstance(image, bool) else image
        return image is not False

    def retrieve(self, memory: ByteArray | None) -> ByteArray | None:
        self.memories.append(memory)
        if self._image is None:
            return None
        self.decoded += 1
        if memory is None or memory.shape != self._image.shape:
            memory = np.empty_like(self._image)
        memory[...] = self._image
        return memory

    def captured_at_s(self, now_s: float) -> float:
        return now_s

    def release(self) -> None:
        self.released_by.append(threading.current_thread())


class ScriptedDevice:
    """Opens one capture after the other; None is a refusal, and so is everything after the last."""

    name = "scripted"
    remedy = "ask the script"

    def __init__(self, captures: list[ScriptedCapture | None], there: Callable[[], bool] = lambda: True) -> None:
        self.captures = captures
        self.openings = 0
        self.there = there

    def present(self) -> bool:
        return self.there()

    def advice(self, measured_fps: float) -> str | None:
        return f"{measured_fps:g} fps are enough"

    def open(self, wait: Callable[[float], object]) -> ScriptedCapture:  # noqa: ARG002
        capture = self.captures[self.openings] if self.openings < len(self.captures) else None
        self.openings += 1
        if capture is None:
            raise SourceError("scripted is not there")
        return capture


def reads_on(source_name: str) -> bool:
    """Whether a thread still reads that source."""
    return f"capture {source_name}" in [thread.name for thread in threading.enumerate()]
