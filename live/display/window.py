"""The only OpenCV window: canvases onto the screen, keys and the mouse from it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

import cv2

from convviz_core.arrays import ByteArray
from live.display.mouse import Mouse
from live.display.x11 import NAP_S, Screen
from live.errors import OutputError
from live.events import Closed, DisplayEvent, Key, MouseButton, Resize

TITLE = "convviz"
FULLSCREEN_WAIT_MS = 200  # for the window manager to answer
ANNOUNCE_AFTER_S = (0.05, 0.2, 0.5, 1.5)
AWAKE_S = 1.0  # after something happened in the window: a person is there, and a click may follow unheard
WHEEL_NOTCH = 120  # what toolkits count for one
_QT = sys.platform.startswith("linux")  # OpenCV's windows are Qt's there, whose view zooms by itself on the wheel

_BEYOND_ASCII = (
    *("Left", "Up", "Right", "Down", "PageUp", "PageDown", "Insert", "Delete", "Home", "End"),
    *(f"F{number}" for number in range(1, 13)),
)
_LINUX = (65361, 65362, 65363, 65364, 65365, 65366, 65379, 65535, 65360, 65367, *range(65470, 65482))
_WINDOWS = tuple(
    code << 16 for code in (0x25, 0x26, 0x27, 0x28, 0x21, 0x22, 0x2D, 0x2E, 0x24, 0x23, *range(0x70, 0x7C))
)
_MACOS = (63234, 63232, 63235, 63233, 63276, 63277, 63302, 63272, 63273, 63275, *range(63236, 63248))
_CODES: dict[int, str] = dict(
    zip({"win32": _WINDOWS, "darwin": _MACOS}.get(sys.platform, _LINUX), _BEYOND_ASCII, strict=True)
)
_NAMED = {
    **{8: "Backspace", 9: "Tab", 11: "Shift+Tab", 13: "Enter", 27: "Esc", 32: "space"},
    **{ord("="): "+", ord("_"): "-"},  # without looking for Shift
}


def key_name(code: int) -> str | None:
    """waitKeyEx's code -> the key's name ("q", "Esc", "space", "Left", "F5"); None for no key.

    Codes beyond ASCII are only ever keys without a letter: an arrow is never taken for one.
    """
    if code in _CODES:
        return _CODES[code]
    if code in _NAMED:
        return _NAMED[code]
    return chr(code).lower() if 33 <= code <= 126 else None


def _create(size_wh: tuple[int, int], on_mouse: Callable[[int, int, int, int, object], None]) -> None:
    flags = cv2.WINDOW_NORMAL | cv2.WINDOW_GUI_NORMAL | cv2.WINDOW_FREERATIO
    try:
        cv2.namedWindow(TITLE, flags)
        cv2.resizeWindow(TITLE, *size_wh)
        cv2.setMouseCallback(TITLE, on_mouse)
    except cv2.error:
        raise OutputError(
            "this OpenCV was built without windows (opencv-python-headless?): "
            "install opencv-python alone, or use --headless"
        ) from None


def _move_to(x: int, y: int) -> None:
    """Put the window's inside there, whatever a window manager puts around it."""
    cv2.moveWindow(TITLE, x, y)
    cv2.waitKeyEx(1)
    now_x, now_y, _, _ = cv2.getWindowImageRect(TITLE)
    if (now_x, now_y) != (x, y):
        cv2.moveWindow(TITLE, 2 * x - now_x, 2 * y - now_y)


class Window:
    """One resizable window; the thread that opens it must also show and close it."""

    interactive = True

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._announcements: list[float] = []  # when the screen is to announce the window again
        self._awake_until_s = 0.0
        self._open = False
        self._fullscreen = False
        self._wh = (0, 0)
        self._windowed_wh = (0, 0)
        self._shown: ByteArray | None = None
        self._zoomed_by_qt = False
        self._mouse = Mouse()
        self._reported_wh = (0, 0)

    def open(self, preferred_wh: tuple[int, int]) -> None:
        """Open the window at that size. OutputError where this OpenCV has no windows."""
        if self._open:
            return
        self._make(preferred_wh)
        self._open, self._wh, self._reported_wh = True, preferred_wh, preferred_wh

    def _make(self, size_wh: tuple[int, int]) -> None:
        _create(size_wh, self._on_mouse)
        self._screen.listen(TITLE)  # at once: a window that is destroyed before that would never be missed
        opened_at_s = time.monotonic()
        self._announcements = [opened_at_s + after_s for after_s in ANNOUNCE_AFTER_S]

    def _open_anew(self) -> None:
        """Another window in the place of this one: all that undoes the zoom of Qt's own view, keys and all."""
        x, y, width, height = cv2.getWindowImageRect(TITLE)
        self._screen.forget()
        cv2.destroyWindow(TITLE)
        self._make((width, height))
        if self._shown is not None:
            cv2.imshow(TITLE, self._shown)
        _move_to(x, y)
        if self._fullscreen:
            cv2.setWindowProperty(TITLE, cv2.WND_PROP_FULLSCREEN, cv2.WINDOW_FULLSCREEN)

    @property
    def canvas_wh(self) -> tuple[int, int] | None:
        """The window's inside, so that one canvas pixel is one of the screen's."""
        try:
            _, _, width, height = cv2.getWindowImageRect(TITLE)
        except cv2.error:  # the X button has taken the window away
            return self._wh
        if width > 0 and height > 0:
            self._wh = (width, height)
        return self._wh

    def show(self, canvas: ByteArray) -> Sequence[DisplayEvent]:
        """Show the canvas; returns once it is drawn, with what the person did meanwhile."""
        if self._closed():
            return (Closed(),)
        self._shown = canvas
        cv2.imshow(TITLE, canvas)
        return self._pump()

    def idle(self, wait_s: float) -> Sequence[DisplayEvent]:
        """Wait at most so long for a key. waitKeyEx would look every millisecond meanwhile."""
        deadline_s = time.monotonic() + wait_s
        while not self._closed():
            heard = self._pump()
            now_s = time.monotonic()
            if heard or now_s >= deadline_s:
                return heard
            most_s = deadline_s - now_s
            if self._screen.wait(most_s if now_s > self._awake_until_s else min(NAP_S, most_s)):
                self._awake_until_s = time.monotonic() + AWAKE_S
        return (Closed(),)

    def _closed(self) -> bool:
        if not self._open:
            return False
        if self._screen.window_is_destroyed:
            self._open = False
            return True
        try:
            self._open = cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) >= 1
        except cv2.error:
            self._open = False
        return not self._open

    def _pump(self) -> list[DisplayEvent]:
        if self._screen.is_gone:
            self._open = False
            raise OutputError("the display has gone away")
        if self._announcements and time.monotonic() >= self._announcements[0]:
            self._announcements.pop(0)
            self._screen.announce(TITLE)
            self._screen.listen(TITLE)
        key = key_name(cv2.waitKeyEx(1)) if self._open else None
        heard: list[DisplayEvent] = [Key(name) for name in self._screen.take_keys(key)]
        for turn in self._screen.take_turns():
            self._mouse.turned((turn.x, turn.y), turn.notches, shift=turn.shift)
        heard += self._mouse.take()
        if self._zoomed_by_qt and self._open and not self._closed():
            self._zoomed_by_qt = False
            self._open_anew()
        if self._open and self._closed():
            heard.append(Closed())
        elif self._open and self.canvas_wh != self._reported_wh:
            self._reported_wh = self._wh
            heard.append(Resize(self._wh))
        return heard

    def _on_mouse(self, event: int, x: int, y: int, flags: int, _param: object) -> None:
        shift = bool(flags & cv2.EVENT_FLAG_SHIFTKEY)
        if event in (cv2.EVENT_LBUTTONDOWN, cv2.EVENT_LBUTTONDBLCLK):
            self._mouse.pressed(MouseButton.LEFT, (x, y), shift=shift)
        elif event in (cv2.EVENT_RBUTTONDOWN, cv2.EVENT_RBUTTONDBLCLK):
            self._mouse.pressed(MouseButton.RIGHT, (x, y), shift=shift)
        elif event == cv2.EVENT_LBUTTONUP:
            self._mouse.released(MouseButton.LEFT, (x, y), shift=shift)
        elif event == cv2.EVENT_MOUSEWHEEL:
            self._zoomed_by_qt = _QT
            self._mouse.turned((x, y), (flags >> 16) / WHEEL_NOTCH, shift=shift)
        else:
            self._mouse.moved((x, y), shift=shift)

    def set_fullscreen(self, fullscreen: bool) -> None:
        """Fill the screen, or go back to the window's size before."""
        if fullscreen == self._fullscreen or self._closed():
            return
        self._fullscreen = fullscreen
        before = self.canvas_wh
        if fullscreen:
            self._windowed_wh = self._wh
        cv2.setWindowProperty(TITLE, cv2.WND_PROP_FULLSCREEN, cv2.WINDOW_FULLSCREEN if fullscreen else 0)
        if not fullscreen:
            cv2.resizeWindow(TITLE, *self._windowed_wh)
            return
        cv2.waitKeyEx(FULLSCREEN_WAIT_MS)
        if self.canvas_wh == before:  # no window manager to ask
            cv2.moveWindow(TITLE, 0, 0)
            cv2.resizeWindow(TITLE, *self._screen.size_wh)

    def close(self) -> None:
        """Take the window away; twice is fine."""
        if self._open:
            self._open = False
            cv2.destroyWindow(TITLE)
            cv2.waitKeyEx(1)
