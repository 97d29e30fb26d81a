"""The display that is a page in a browser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from convviz_core.arrays import ByteArray
from live.display.browser.messages import KeyPress, MouseEvent
from live.display.browser.pictures import Pictures
from live.display.mouse import Mouse
from live.events import DisplayEvent, Key, Resize

if TYPE_CHECKING:
    from live.display.browser.server import PageServer  # loads websockets, which may not be there


class Hands:
    """What the person at the controlling page does, on its way from the server's thread to the loop's."""

    def __init__(self) -> None:
        self._happened = threading.Condition()  # guards what follows
        self._events: list[DisplayEvent] = []
        self._mouse = Mouse()

    def key(self, press: KeyPress) -> None:
        """A key; of one that is held and repeats itself, no more than one waits."""
        key = Key(press.name)
        with self._happened:
            if not (press.repeat and key in self._events):
                self._add([key])

    def mouse(self, event: MouseEvent) -> None:
        """The mouse, or a finger."""
        with self._happened:
            match event.kind:
                case "move":
                    self._mouse.moved(event.at, shift=event.shift)
                case "down":
                    self._mouse.pressed(event.button, event.at, shift=event.shift)
                case "up":
                    self._mouse.released(event.button, event.at, shift=event.shift)
                case "wheel":
                    self._mouse.turned(event.at, event.notches, shift=event.shift)
                case _:
                    self._mouse.let_go()
            self._add(self._mouse.take())

    def resized(self, size_wh: tuple[int, int]) -> None:
        """Canvases of that size are wanted from now on."""
        with self._happened:
            self._add([Resize(size_wh)])

    def take(self, wait_s: float) -> list[DisplayEvent]:
        """What has happened since the last time, waiting for it at most so long."""
        with self._happened:
            if not self._events and wait_s > 0:
                self._happened.wait(wait_s)
            events, self._events = self._events, []
            return events

    def _add(self, events: list[DisplayEvent]) -> None:
        self._events += events
        self._happened.notify_all()


class BrowserDisplay:
    """A Display whose canvases are seen in pages; the first page controls the view, others watch.

    A page that is closed does not end the view: another one, or the same one again, goes on with it.
    captured_at_s: when the frame on the newest canvas was captured, NaN where nobody knows.
    """

    interactive = True

    def __init__(
        self,
        server: PageServer,
        pictures: Pictures,
        hands: Hands,
        captured_at_s: Callable[[], float],
        canvas_wh: tuple[int, int] | None = None,
    ) -> None:
        """canvas_wh: what is drawn before the first page has come; None: nothing."""
        self._server, self._pictures, self._hands = server, pictures, hands
        self._captured_at_s = captured_at_s
        self._canvas_wh = canvas_wh

    def open(self, preferred_wh: tuple[int, int]) -> None:
        """The page decides how large it is."""

    @property
    def canvas_wh(self) -> tuple[int, int] | None:
        """As large as the controlling page has room, in its screen's own pixels; its last size once it is gone."""
        return self._server.canvas_wh or self._canvas_wh

    def show(self, canvas: ByteArray) -> Sequence[DisplayEvent]:
        """Have the canvas encoded and sent; returns at once, with what the person did meanwhile."""
        self._pictures.publish(canvas, self._captured_at_s())
        return self._hands.take(0)

    def idle(self, wait_s: float) -> Sequence[DisplayEvent]:
        """Wait at most so long for the person."""
        return self._hands.take(wait_s)

    def set_fullscreen(self, fullscreen: bool) -> None:
        """Ask the controlling page for it, which its browser may refuse."""
        self._server.tell_controlling({"fullscreen": fullscreen})

    def close(self) -> None:
        """Tell the pages that it is over, and stop listening; twice is fine."""
        self._server.close()
        self._pictures.close()
