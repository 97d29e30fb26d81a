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
from collections.abc import Iterator, Mapping
from ctypes import POINTER, Structure, c_char_p, c_int, c_uint8, c_uint16, c_uint32, c_void_p
from functools import cached_property
from typing import Any

from live.display.x11_keys import Keyboard
from live.errors import OutputError

UNKNOWN_SCREEN_WH = (1280, 800)
RESET_S = 0.5  # how long an X server may take to begin anew after its last client has gone
DEEPEST_WINDOW = 3  # window managers put ours inside one or two of theirs
NAP_S = 0.006  # between two looks for keys that nobody announces
ADVICE = "use --headless to run without a window"

# From X.h and Xatom.h. A click cannot be listened to beside the window's owner, but the way to it can.
DESTROY_NOTIFY, MAP_NOTIFY, STRUCTURE_NOTIFY_MASK, WM_NAME, ANY_TYPE = 17, 19, 1 << 17, 39, 0
KEY_PRESS_MASK, ENTER_MASK, MOTION_MASK, EXPOSURE_MASK = 1 << 0, 1 << 4, 1 << 6, 1 << 15
LISTENED_MASK = KEY_PRESS_MASK | ENTER_MASK | MOTION_MASK | EXPOSURE_MASK | STRUCTURE_NOTIFY_MASK
EVENT_MASK_ATTRIBUTE = 1 << 11  # XCB_CW_EVENT_MASK


class _ScreenHead(Structure):
    """The head of xcb_screen_t, from xproto.h."""

    _fields_ = (
        ("root", c_uint32),
        ("default_colormap", c_uint32),
        ("white_pixel", c_uint32),
        ("black_pixel", c_uint32),
        ("current_input_masks", c_uint32),
        ("width_in_pixels", c_uint16),
        ("height_in_pixels", c_uint16),
    )


class _ScreenIterator(Structure):
    _fields_ = (("data", POINTER(_ScreenHead)), ("rem", c_int), ("index", c_int))


class _Cookie(Structure):
    _fields_ = (("sequence", c_uint32),)


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
        self._window: int | None = None  # that is listened to
        self.window_is_destroyed = False  # by somebody else: the toolkit does not notice
        if sys.platform.startswith("linux"):
            self._connect()

    def _connect(self) -> None:
        display = os.environ.get("DISPLAY")
        if not display:
            raise OutputError(f"there is no display (DISPLAY is not set): {ADVICE}")
        os.environ.pop("QT_QPA_PLATFORM", None)  # OpenCV's wheel has only xcb, and aborts when told otherwise
        xcb = _load_xcb()
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
        scale = toolkit_scale(os.environ)
        self.size_wh = (int(head.width_in_pixels / scale), int(head.height_in_pixels / scale))
        self._root = int(head.root)
        self._keyboard = Keyboard(xcb, self._connection)
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
        for window in self._windows(self._root, DEEPEST_WINDOW):
            if self._name(window) == title and self._process(window) == os.getpid():
                mask = ctypes.byref(c_uint32(LISTENED_MASK))
                self._xcb.xcb_change_window_attributes(self._connection, window, EVENT_MASK_ATTRIBUTE, mask)
                self._xcb.xcb_flush(self._connection)
                self._window = window
                self.window_is_destroyed = self._name(window) != title  # asked after: what follows is heard
                return

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
            told = ctypes.string_at(event, 32)
            kind, destroyed = struct.unpack_from("=B7xI", told)
            if kind == DESTROY_NOTIFY and destroyed == self._window:
                self.window_is_destroyed = True
            self._keyboard.take_event(told)
            _free(event)
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
        for window in self._children(self._root):
            if self._name(window) == title:
                event = struct.pack("<BBHIIB19x", MAP_NOTIFY, 0, 0, window, window, 0)
                self._xcb.xcb_send_event(self._connection, 0, window, STRUCTURE_NOTIFY_MASK, event)
        self._xcb.xcb_flush(self._connection)

    def _windows(self, parent: int, depth: int) -> Iterator[int]:
        """Those in `parent`, and those in them, `depth` deep."""
        for window in self._children(parent):
            yield window
            if depth > 1:
                yield from self._windows(window, depth - 1)

    def _children(self, parent: int) -> list[int]:
        xcb = self._xcb
        reply = xcb.xcb_query_tree_reply(self._connection, xcb.xcb_query_tree(self._connection, parent), None)
        if not reply:
            return []
        count = xcb.xcb_query_tree_children_length(reply)
        children = [int(window) for window in xcb.xcb_query_tree_children(reply)[:count]]
        _free(reply)
        return children

    def _name(self, window: int) -> str:
        return self._property(window, WM_NAME).decode("latin-1")

    def _process(self, window: int) -> int | None:
        """The number of the process that owns it, where its toolkit tells."""
        value = self._property(window, self._net_wm_pid)
        return struct.unpack("=I", value)[0] if len(value) == 4 else None

    def _property(self, window: int, atom: int) -> bytes:
        """At most its first 64 bytes; empty where the window has no such property, or is gone."""
        xcb = self._xcb
        cookie = xcb.xcb_get_property(self._connection, 0, window, atom, ANY_TYPE, 0, 16)
        reply = xcb.xcb_get_property_reply(self._connection, cookie, None)
        if not reply:
            return b""
        length = xcb.xcb_get_property_value_length(reply)
        value = ctypes.string_at(xcb.xcb_get_property_value(reply), length)
        _free(reply)
        return value

    @cached_property
    def _net_wm_pid(self) -> int:
        name = b"_NET_WM_PID"
        cookie = self._xcb.xcb_intern_atom(self._connection, 0, len(name), name)
        reply = self._xcb.xcb_intern_atom_reply(self._connection, cookie, None)
        if not reply:
            return 0  # None: no window has it
        atom = struct.unpack("=8xI", ctypes.string_at(reply, 12))[0]
        _free(reply)
        return int(atom)


def _free(reply: int) -> None:
    libc = ctypes.CDLL(None)
    libc.free.argtypes = [c_void_p]
    libc.free(reply)


def _load_xcb() -> Any:
    """libxcb with the types of the functions that are used here."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        raise OutputError(f"the library libxcb.so.1 is missing (Debian: apt install libxcb1): {ADVICE}") from None
    types: dict[str, tuple[Any, list[Any]]] = {
        "xcb_connect": (c_void_p, [c_char_p, POINTER(c_int)]),
        "xcb_connection_has_error": (c_int, [c_void_p]),
        "xcb_disconnect": (None, [c_void_p]),
        "xcb_get_setup": (c_void_p, [c_void_p]),
        "xcb_setup_roots_length": (c_int, [c_void_p]),
        "xcb_poll_for_event": (c_void_p, [c_void_p]),
        "xcb_setup_roots_iterator": (_ScreenIterator, [c_void_p]),
        "xcb_query_tree": (_Cookie, [c_void_p, c_uint32]),
        "xcb_query_tree_reply": (c_void_p, [c_void_p, _Cookie, c_void_p]),
        "xcb_query_tree_children": (POINTER(c_uint32), [c_void_p]),
        "xcb_query_tree_children_length": (c_int, [c_void_p]),
        "xcb_get_property": (_Cookie, [c_void_p, c_uint8, c_uint32, c_uint32, c_uint32, c_uint32, c_uint32]),
        "xcb_get_property_reply": (c_void_p, [c_void_p, _Cookie, c_void_p]),
        "xcb_get_property_value": (c_void_p, [c_void_p]),
        "xcb_get_property_value_length": (c_int, [c_void_p]),
        "xcb_send_event": (_Cookie, [c_void_p, c_uint8, c_uint32, c_uint32, c_char_p]),
        "xcb_change_window_attributes": (_Cookie, [c_void_p, c_uint32, c_uint32, c_void_p]),
        "xcb_get_file_descriptor": (c_int, [c_void_p]),
        "xcb_intern_atom": (_Cookie, [c_void_p, c_uint8, c_uint16, c_char_p]),
        "xcb_intern_atom_reply": (c_void_p, [c_void_p, _Cookie, c_void_p]),
        "xcb_flush": (c_int, [c_void_p]),
    }
    for name, (result, arguments) in types.items():
        function = getattr(xcb, name)
        function.restype, function.argtypes = result, arguments
    return xcb
