"""The screen: is there one, how large is it, what happens in our window? Asked of the X server directly.

OpenCV must not be asked: where there is no screen it aborts the process.
"""

from __future__ import annotations

import ctypes
import os
import select
import struct
import sys
import time
from collections.abc import Mapping
from ctypes import c_int, c_uint32, c_void_p
from dataclasses import replace
from typing import Any

from live.display.x11_keys import Keyboard
from live.display.x11_wheel import Turn, grab_wheel, turn_of
from live.display.x11_windows import WindowTree
from live.display.xcb import ADVICE, free, load_xcb
from live.errors import OutputError

UNKNOWN_SCREEN_WH = (1280, 800)
RESET_S = 0.5  # how long an X server may take to begin anew after its last client has gone
DEEPEST_WINDOW = 3  # window managers put ours inside one or two of theirs
NAP_S = 0.006  # between two looks for keys that nobody announces
EVENT_BYTES = 32

# From X.h. A click cannot be listened to beside the window's owner, but the way to it can.
DESTROY_NOTIFY, MAP_NOTIFY, STRUCTURE_NOTIFY_MASK = 17, 19, 1 << 17
KEYS_MASK, ENTER_MASK, MOTION_MASK, EXPOSURE_MASK = 1 << 0 | 1 << 1, 1 << 4, 1 << 6, 1 << 15
LISTENED_MASK = KEYS_MASK | ENTER_MASK | MOTION_MASK | EXPOSURE_MASK | STRUCTURE_NOTIFY_MASK
EVENT_MASK_ATTRIBUTE = 1 << 11  # XCB_CW_EVENT_MASK


def toolkit_scale(environment: Mapping[str, str]) -> float:
    """How many of the screen's pixels a side one of Qt's is, as its variables have it; what they say wrong counts 1."""
    scale = 1.0
    for name in ("QT_SCALE_FACTOR", "QT_SCREEN_SCALE_FACTORS"):  # the second: "2", "1;2" or "DP-1=2;HDMI-1=1"
        first = environment.get(name, "").split(";")[0].rpartition("=")[2]
        try:
            factor = float(first or 1)
        except ValueError:
            continue
        scale *= factor if 0.1 < factor < 100 else 1.0
    return scale


class Screen:
    """The X11 screen of DISPLAY on Linux; elsewhere a size is guessed and nothing else is needed.

    size_wh: in the toolkit's pixels, in which windows are measured. OutputError where there is no screen. The
    connection stays open: an X server resets when its only client leaves, and would turn the window away.
    """

    def __init__(self) -> None:
        self.size_wh = UNKNOWN_SCREEN_WH
        self._xcb: Any = None
        self._scale = 1.0
        self._window: int | None = None  # that is listened to
        self._turns: list[Turn] = []
        self.window_is_destroyed = False  # by somebody else: the toolkit does not notice
        if sys.platform.startswith("linux"):
            self._connect()

    def _connect(self) -> None:
        display = os.environ.get("DISPLAY")
        if not display:
            raise OutputError(f"there is no display (DISPLAY is not set): {ADVICE}")
        os.environ["QT_XCB_NO_XI2"] = "1"  # else mice that scroll smoothly turn their wheels past the grab
        os.environ.pop("QT_QPA_PLATFORM", None)  # OpenCV's wheel has only xcb, and aborts when told otherwise
        xcb = load_xcb()
        number = c_int()
        self._connection = c_void_p(xcb.xcb_connect(None, ctypes.byref(number)))
        deadline_s = time.monotonic() + RESET_S
        while xcb.xcb_connection_has_error(self._connection):
            if time.monotonic() > deadline_s:
                raise OutputError(f"the display {display} cannot be reached: {ADVICE}")
            time.sleep(RESET_S / 10)
            xcb.xcb_disconnect(self._connection)
            self._connection = c_void_p(xcb.xcb_connect(None, None))
        setup = xcb.xcb_get_setup(self._connection)
        if number.value >= xcb.xcb_setup_roots_length(setup):
            raise OutputError(f"the display {display} has no screen of that number: {ADVICE}")
        head = xcb.xcb_setup_roots_iterator(setup).data.contents
        self._scale = scale = toolkit_scale(os.environ)
        self.size_wh = (int(head.width_in_pixels / scale), int(head.height_in_pixels / scale))
        self._root = int(head.root)
        self._keyboard = Keyboard(xcb, self._connection)
        self._tree = WindowTree(xcb, self._connection)
        self._xcb = xcb

    def take_keys(self, by_toolkit: str | None) -> list[str]:
        """The keys since the last time, in their order; where the server's key events are not heard, the toolkit's."""
        if self._window is None:
            return [by_toolkit] if by_toolkit else []
        if by_toolkit:
            self._keyboard.catch_up()
        self._take_events()
        return self._keyboard.take(by_toolkit)

    @property
    def is_gone(self) -> bool:
        """Whether the X server has gone away: whoever draws after that ends in Qt, which ends the process."""
        if self._xcb is None:
            return False
        self._take_events()
        return bool(self._xcb.xcb_connection_has_error(self._connection))

    def listen(self, title: str) -> None:
        """Hear from now on what happens in this process's window of that title, beside the toolkit that owns it.

        Where another program destroys it meanwhile, that is known too: nobody would tell afterwards.
        """
        if self._xcb is None or self._window is not None:
            return
        for window in self._tree.below(self._root, DEEPEST_WINDOW):
            if self._tree.name(window) == title and self._tree.process(window) == os.getpid():
                mask = ctypes.byref(c_uint32(LISTENED_MASK))
                self._xcb.xcb_change_window_attributes(self._connection, window, EVENT_MASK_ATTRIBUTE, mask)
                grab_wheel(self._xcb, self._connection, window)
                self._xcb.xcb_flush(self._connection)
                self._window = window
                self.window_is_destroyed = self._tree.name(window) != title  # asked after: what follows is heard
                return

    def forget(self) -> None:
        """Listen no more: the window is going to be closed by its owner."""
        self._window = None

    def take_turns(self) -> list[Turn]:
        """How the wheel was turned over the window since the last time, in the toolkit's pixels."""
        if self._xcb is not None:
            self._take_events()
        turns, self._turns = self._turns, []
        return turns

    def wait(self, most_s: float) -> bool:
        """Sleep until something happens in a window that is listened to, at most so long; whether it did.

        A click without a movement before it is not. Where nothing can be heard at all, a nap.
        """
        if self._window is None:
            time.sleep(min(NAP_S, most_s))
            return False
        if self._take_events():
            return True
        select.select([self._xcb.xcb_get_file_descriptor(self._connection)], [], [], most_s)
        return self._take_events()

    def _take_events(self) -> bool:
        taken = False
        while event := self._xcb.xcb_poll_for_event(self._connection):
            told = ctypes.string_at(event, EVENT_BYTES)
            kind, destroyed = struct.unpack_from("=B7xI", told)
            if kind == DESTROY_NOTIFY and destroyed == self._window:
                self.window_is_destroyed = True
            self._keyboard.take_event(told)
            turn = turn_of(told)
            if turn is not None:
                at = int(turn.x / self._scale), int(turn.y / self._scale)
                self._turns.append(replace(turn, x=at[0], y=at[1]))
            free(event)
            taken = True
        return taken

    def announce(self, title: str) -> None:
        """Tell windows of this title once more that they are on the screen.

        Under X without a window manager, Qt misses the server's own word for it in some starts of a hundred, and then
        never paints the window. Said twice, it only paints once more. Managed windows are not the root's children and
        are left alone.
        """
        if self._xcb is None:
            return
        for window in self._tree.children(self._root):
            if self._tree.name(window) == title:
                event = struct.pack("<BBHIIB19x", MAP_NOTIFY, 0, 0, window, window, 0)
                self._xcb.xcb_send_event(self._connection, 0, window, STRUCTURE_NOTIFY_MASK, event)
        self._xcb.xcb_flush(self._connection)
