"""A capture device whose every answer a test gives: failed reads, stalls, exceptions, other sizes, the end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Literal

import numpy as np
from source_fakes import FakeClock

from convviz_core.arrays import ByteArray
from live.sources.frame import SourceError

PICTURES = {"picture": (12, 10, 3), "larger": (18, 16, 3), "gray": (12, 10), "tiny": (2, 2, 3)}  # H, W
HARMLESS = ("larger", "gray", "damaged", "failed", "stall", "long stall", "gone")  # the view goes on
FAULTS = (*HARMLESS, "tiny", "end", "grab raises", "retrieve raises", "release raises")


class Puppet:
    """A device, and the one capture at a time that it opens. Each question waits for an answer, once it was opened."""

    name = granted = "puppet"
    remedy = "pull its strings"
    gray_from: Literal["cvtColor", "luma"] = "cvtColor"
    fps: float | None = 30.0

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.ended = False
        self.open_now = 0
        self._there = True
        self._release_raises = False
        self._opened = False
        self._thread = threading.current_thread()  # from the first opening on: the one that reads
        self._pictures = 0
        self._answer = ""
        self._answers: SimpleQueue[str] = SimpleQueue()
        self._asked = threading.Semaphore(0)

    def give(self, answer: str) -> None:
        """Answer the question that is being asked; returns when there is another one, or nobody left to ask."""
        if self._question_comes():
            self._answers.put(answer)
            if self._question_comes():
                self._asked.release()  # it is the next answer's

    def let_go(self) -> None:
        """From here on every read fails, and nothing waits."""
        self._answers.put("over")

    def _question_comes(self) -> bool:
        while not self._asked.acquire(timeout=0.002):
            if not self._thread.is_alive():
                return False
        return True

    def _ask(self) -> str:
        self._asked.release()
        answer = self._answers.get()
        if answer == "over":
            self._answers.put("over")
        self._there = answer not in ("gone", "over")
        self._release_raises |= answer == "release raises"
        self.clock.now_s += {"stall": 1.2, "long stall": 11.0}.get(answer, 0.033)
        return answer

    def wait(self, seconds: float) -> None:
        """What the reader waits with between its attempts."""
        self._ask()
        self.clock.now_s += seconds

    def present(self) -> bool:
        return self._there

    def advice(self, measured_fps: float) -> str | None:
        return f"{measured_fps:.0f} fps are enough"

    def open(self, wait: Callable[[float], object]) -> Puppet:  # noqa: ARG002
        answer = self._ask() if self._opened else "picture"
        if answer == "grab raises":
            raise RuntimeError("the driver has a bug")
        if answer in ("failed", "gone", "stall", "long stall", "over"):
            raise SourceError("the puppet is not there")
        self._thread = threading.current_thread()
        self._opened, self._release_raises, self.ended = True, False, False
        self.open_now += 1
        assert self.open_now == 1
        return self

    def grab(self) -> bool:
        self._answer = answer = self._ask()
        if answer == "grab raises":
            raise RuntimeError("the driver has a bug")
        self.ended = answer == "end"
        return answer in PICTURES or answer in ("damaged", "retrieve raises")

    def retrieve(self, memory: ByteArray | None) -> ByteArray | None:
        if self._answer == "damaged":
            return None
        if self._answer == "retrieve raises":
            raise RuntimeError("the driver has a bug")
        shape = PICTURES[self._answer]
        image = memory if memory is not None and memory.shape == shape else np.empty(shape, np.uint8)
        self._pictures += 1
        image[...] = self._pictures % 256
        return image

    def captured_at_s(self, now_s: float) -> float:
        return now_s - 0.001

    def release(self) -> None:
        self.open_now -= 1
        if self._release_raises:
            raise RuntimeError("the driver has a bug")
