"""The pages that are open: the first one controls the view, the others watch, and the next one takes over."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from typing import Protocol

from live.display.browser.messages import (
    CameraOff,
    CameraOn,
    ClockQuestion,
    KeyPress,
    MessageError,
    MouseEvent,
    Seen,
    Size,
    Told,
    parse_camera_picture,
    parse_told,
)
from live.display.browser.pictures import Page, Pictures

TOLD_PER_S = 400.0  # a page tells one thing a picture and one for each that happens, mostly sixty times a second
TOLD_AT_ONCE = 20 * TOLD_PER_S  # what a network held back that stalled for as long as is waited for


class Hands(Protocol):
    """Where keys and mouse of the controlling page go."""

    def key(self, press: KeyPress) -> None:
        """A key."""

    def mouse(self, event: MouseEvent) -> None:
        """The mouse."""

    def resized(self, size_wh: tuple[int, int]) -> None:
        """Another size."""


class Camera(Protocol):
    """Where the camera of the controlling page goes. All are called in the server's thread and return at once."""

    def wanted(self) -> dict[str, float]:
        """What to ask the page's camera for: "width", "height", "fps"; what is left out is the page's choice."""

    def started(self, label: str, size_wh: tuple[int, int], fps: float | None, taken: Callable[[], None]) -> None:
        """It gives pictures from now on; `taken` is to be called for each one that is taken or passed over."""

    def picture(self, jpeg: bytes, captured_at_s: float) -> None:
        """One picture, captured at that time on time.monotonic's clock (NaN: not known)."""

    def stopped(self, why: str) -> None:
        """It gives none any more: one of messages.REASONS, or "closed"."""


class Allowance:
    """How much a page may tell: so much a second, and what it did not use for a while at once."""

    def __init__(self, per_s: float = TOLD_PER_S, at_once: float = TOLD_AT_ONCE) -> None:
        self._per_s, self._at_once = per_s, at_once
        self._left, self._at_s = at_once, -math.inf

    def take(self, count: int, now_s: float) -> None:
        """Take off so many things; MessageError where that is too much."""
        self._left = min(self._at_once, self._left + (now_s - self._at_s) * self._per_s) - count
        self._at_s = now_s
        if self._left < 0:
            raise MessageError("too much at once")


class Visit:
    """One open page. tell: sends a text to it and returns at once."""

    def __init__(self, page: Page, size_wh: tuple[int, int], tell: Callable[[str], None]) -> None:
        self.page, self.size_wh = page, size_wh
        self.allowance = Allowance()
        self.camera_on = False
        self._tell = tell

    def tell(self, what: dict[str, object]) -> None:
        """Tell the page something."""
        self._tell(json.dumps(what))


class Visits:
    """All open pages, and what they tell. Lives in the server's thread; `canvas_wh` may be read from any."""

    def __init__(self, pictures: Pictures, hands: Hands, camera: Camera | None) -> None:
        self.canvas_wh: tuple[int, int] | None = None
        self._pictures, self._hands, self._camera = pictures, hands, camera
        self._open: list[Visit] = []

    @property
    def controlling(self) -> Visit | None:
        """The one whose keys count."""
        return self._open[0] if self._open else None

    def __len__(self) -> int:
        """How many pages are open."""
        return len(self._open)

    def join(self, visit: Visit) -> None:
        """A page is open."""
        self._open.append(visit)
        if visit is self.controlling:
            self._give_control(visit)
        else:
            visit.tell({"control": False})
        self._pictures.join(visit.page)

    def leave(self, visit: Visit) -> None:
        """It is closed."""
        was_controlling = visit is self.controlling
        self._open.remove(visit)
        self._pictures.leave(visit.page)
        if not was_controlling:
            return
        self._hands.mouse(MouseEvent("cancel"))
        if self._camera and visit.camera_on:
            self._camera.stopped("closed")
        if self.controlling:
            self._give_control(self.controlling)

    def end(self) -> None:
        """The view is over: that pages leave now is no news."""
        self._camera = None

    def tell_controlling(self, what: dict[str, object]) -> None:
        """Tell the controlling page something, where there is one."""
        if self.controlling:
            self.controlling.tell(what)

    def take_text(self, visit: Visit, text: str) -> None:
        """What a page tells; MessageError where it cannot be read, or is too much."""
        happened = parse_told(text)
        visit.allowance.take(max(1, len(happened)), time.monotonic())
        for told in happened:
            self._take(visit, told)

    def take_picture(self, visit: Visit, message: bytes) -> None:
        """A picture of a page's camera; MessageError where none is wanted, or too many come."""
        captured_at_s, jpeg = parse_camera_picture(message)
        visit.allowance.take(1, time.monotonic())
        if self._camera is None:
            raise MessageError("no camera is asked for")
        if visit is self.controlling and visit.camera_on:
            self._camera.picture(jpeg, captured_at_s)

    def _give_control(self, visit: Visit) -> None:
        wanted = self._camera.wanted() if self._camera else None
        visit.tell({"control": True, "camera": wanted})
        self._resize(visit.size_wh)

    def _resize(self, size_wh: tuple[int, int]) -> None:
        if size_wh != self.canvas_wh:
            self.canvas_wh = size_wh
            self._hands.resized(size_wh)

    def _take(self, visit: Visit, told: Told) -> None:
        if isinstance(told, Seen):
            self._pictures.seen(visit.page, told.number)
        elif isinstance(told, ClockQuestion):
            visit.tell({"clock": [told.asked, time.monotonic()]})
        elif isinstance(told, Size):
            visit.size_wh = told.size_wh
            if visit is self.controlling:
                self._resize(told.size_wh)
        elif visit is self.controlling:
            self._take_from_controlling(visit, told)

    def _take_from_controlling(self, visit: Visit, told: KeyPress | MouseEvent | CameraOn | CameraOff) -> None:
        if isinstance(told, KeyPress):
            self._hands.key(told)
        elif isinstance(told, MouseEvent):
            self._hands.mouse(told)
        elif self._camera is None:
            raise MessageError("no camera is asked for")
        elif isinstance(told, CameraOn):
            visit.camera_on = True
            self._camera.started(told.label, told.size_wh, told.fps, lambda: visit.tell({"taken": 1}))
        else:
            visit.camera_on = False
            self._camera.stopped(told.why)
