"""Is there a screen, and how large is it? Asked before OpenCV is, which aborts the process where there is none."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from ctypes import POINTER, c_char_p, c_int, c_uint16, c_uint32, c_void_p

from live.errors import OutputError

UNKNOWN_SCREEN_WH = (1280, 800)
RESET_S = 0.5  # how long an X server may take to begin anew after its last client has gone


class _Screen(ctypes.Structure):
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


class _ScreenIterator(ctypes.Structure):
    _fields_ = (("data", POINTER(_Screen)), ("rem", c_int), ("index", c_int))


def screen_wh() -> tuple[int, int]:
    """Width and height of the screen in pixels (a guess outside X11). OutputError where there is no screen."""
    if not sys.platform.startswith("linux"):
        return UNKNOWN_SCREEN_WH
    advice = "use --headless to run without a window"
    if not os.environ.get("DISPLAY"):
        raise OutputError(f"there is no display (DISPLAY is not set): {advice}")
    os.environ.pop("QT_QPA_PLATFORM", None)  # OpenCV's wheel has only xcb, and aborts when told otherwise
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        raise OutputError(f"the library libxcb.so.1 is missing (Debian: apt install libxcb1): {advice}") from None
    xcb.xcb_connect.restype = c_void_p
    xcb.xcb_connect.argtypes = [c_char_p, POINTER(c_int)]
    for name in ("xcb_connection_has_error", "xcb_disconnect", "xcb_get_setup"):
        getattr(xcb, name).argtypes = [c_void_p]
    xcb.xcb_get_setup.restype = c_void_p
    xcb.xcb_setup_roots_iterator.argtypes = [c_void_p]
    xcb.xcb_setup_roots_iterator.restype = _ScreenIterator
    # The connection stays open: an X server resets when its only client leaves, and would turn the window away.
    # It may be doing so just now.
    connection = xcb.xcb_connect(None, None)
    deadline_s = time.monotonic() + RESET_S
    while xcb.xcb_connection_has_error(connection):
        if time.monotonic() > deadline_s:
            raise OutputError(f"the display {os.environ['DISPLAY']} cannot be reached: {advice}")
        time.sleep(RESET_S / 10)
        xcb.xcb_disconnect(connection)
        connection = xcb.xcb_connect(None, None)
    screen = xcb.xcb_setup_roots_iterator(xcb.xcb_get_setup(connection)).data.contents
    return int(screen.width_in_pixels), int(screen.height_in_pixels)
