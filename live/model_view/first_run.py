"""A model's first run, which may take many seconds: beside the window, which says so."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from live.display.api import Display
from live.drawing.waiting import waiting_canvas
from live.events import DisplayEvent, Key
from live.model_view.beside import Beside
from live.model_view.chosen import ModelChoice
from live.model_view.opening import saying_if_slow, with_layers
from live.sources.frame import Frame

FIRST_RUN = "the model runs for the first time, to find its layers"
FIRST_PICTURE = "the model makes its first picture"
AT_ONCE_S = 0.5  # what is there within that needs no window before it
LOOK_EVERY_S = 0.05
TYPE = Key("/")  # makes letters text, which nobody would see: q means quit

_Asked = tuple[ModelChoice, tuple[int, int]]


class FirstRun:
    """Finds the layers beside the window, and has it open where that or the first picture is not there at once.

    clock: seconds. say: of what takes long. screen_wh: of which that window has as much as any may.
    """

    def __init__(
        self, display: Display, clock: Callable[[], float], say: Callable[[str], None], screen_wh: tuple[int, int]
    ) -> None:
        self._display, self._clock, self._say = display, clock, say
        self._window_wh = (max(1, screen_wh[0] * 4 // 5), max(1, screen_wh[1] * 4 // 5))
        self._found = threading.Event()
        self._listing: Beside[_Asked, ModelChoice | Exception] = Beside(
            self._list, "convviz-layers", beside=display.interactive, on_done=self._found.set
        )
        self._began_s: float | None = None
        self._said: object = None  # what is on the canvas

    def layers(self, choice: ModelChoice, size_hw: tuple[int, int]) -> ModelChoice | None:
        """`choice` with its layers for inputs of (h, w), once they are found; None before. Errors: as with_layers."""
        if self._began_s is None:
            self._began_s = self._clock()
            self._listing.ask((choice, size_hw))
            if self._display.interactive:
                self._found.wait(AT_ONCE_S)
        found = self._listing.take()
        if isinstance(found, Exception):
            raise found
        return found

    def _list(self, asked: _Asked) -> ModelChoice | Exception:
        try:
            with saying_if_slow(FIRST_RUN, self._say):
                return with_layers(*asked)
        except Exception as error:  # which is the loop's to tell
            return error

    def wait(self, frame: Frame | None, *, listed: bool) -> Sequence[DisplayEvent] | None:
        """The window with the input and what is waited for, for a moment; None where there need not be one yet."""
        if frame is None or self._began_s is None or not self._display.interactive:
            return None
        waited_s = self._clock() - self._began_s
        if waited_s < AT_ONCE_S:
            return None
        self._display.open(self._window_wh)
        canvas_wh = self._display.canvas_wh
        if canvas_wh is None:
            return None
        sentence = FIRST_PICTURE if listed else FIRST_RUN
        lines = f"{sentence}: {waited_s:.0f} s so far", "q: quit"
        if (canvas_wh, lines) == self._said:
            heard = self._display.idle(LOOK_EVERY_S)
        else:
            self._said = canvas_wh, lines
            heard = self._display.show(waiting_canvas(canvas_wh, frame.image, *lines))
        return [event for event in heard if event != TYPE]

    def close(self) -> None:
        """Find no more; what takes long is not waited for."""
        self._listing.close()
