"""A window with a person in it who is a script: what they do comes with the window's own events, and is timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import live.opencv_settings  # noqa: F401  # isort: skip  (before cv2)

from convviz_core.arrays import ByteArray
from live.display.window import Window
from live.display.x11 import Screen
from live.events import Closed, DisplayEvent

Person = Iterator[Sequence[DisplayEvent]]  # asked after each look for events: what they do now


@dataclass
class Gap:
    """Between two looks for events: seconds, when, and whether the second came with a picture."""

    s: float
    at_s: float
    with_picture: bool


@dataclass
class Times:
    """What was measured in one part of a run, or in all of it. pictures: how many canvases were shown."""

    gaps: list[Gap] = field(default_factory=list)
    pictures: int = 0

    @property
    def longest(self) -> list[Gap]:
        """The three longest."""
        return sorted(self.gaps, key=lambda gap: -gap.s)[:3]


class DrivenWindow(Window):
    """Notes how long the window is left alone between two looks for events, by the part of the run that is on."""

    def __init__(self, screen: Screen, person: Callable[[], Person]) -> None:
        """person: begins with the first look."""
        super().__init__(screen)
        self._person = person
        self._doing: Person | None = None
        self._looked_at_s: float | None = None
        self.parts: dict[str, Times] = {}
        self.part = "first picture"
        self.shown_at_s = 0.0

    def open(self, preferred_wh: tuple[int, int]) -> None:
        """The time before is the program's start."""
        super().open(preferred_wh)
        self._looked_at_s = time.monotonic()

    def show(self, canvas: ByteArray) -> Sequence[DisplayEvent]:
        """Show it, and ask the person."""
        self._note(with_picture=True)
        heard = super().show(canvas)
        self._looked_at_s = self.shown_at_s = time.monotonic()
        return [*heard, *self._ask(heard)]

    def idle(self, wait_s: float) -> Sequence[DisplayEvent]:
        """Wait, and ask the person. The wait itself looks for events."""
        self._note(with_picture=False)
        heard = super().idle(min(wait_s, 0.02))
        if self._looked_at_s is not None:
            self._looked_at_s = time.monotonic()
        return [*heard, *self._ask(heard)]

    def _note(self, *, with_picture: bool) -> None:
        times = self.parts.setdefault(self.part, Times())
        times.pictures += with_picture
        now_s = time.monotonic()
        if self._looked_at_s is not None:
            times.gaps.append(Gap(now_s - self._looked_at_s, now_s, with_picture))

    def _ask(self, heard: Sequence[DisplayEvent]) -> Sequence[DisplayEvent]:
        if self._looked_at_s is None or Closed() in heard:
            return ()
        if self._doing is None:
            self._doing = self._person()
        return next(self._doing, (Closed(),))
