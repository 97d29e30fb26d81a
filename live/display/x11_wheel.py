"""The mouse wheel under X11, taken before the toolkit sees it: Qt's view would zoom the whole canvas by itself."""

from __future__ import annotations

import struct
from ctypes import c_void_p
from dataclasses import dataclass
from typing import Any

from live.display.xcb import free

# From X.h. The wheel is buttons 4 (away from the person) and 5; 6 and 7 are one that is pushed sideways.
BUTTON_PRESS, SHIFT_MASK, ANY_MODIFIER = 4, 1 << 0, 1 << 15
BUTTON_EVENTS, ASYNCHRONOUS = (1 << 2) | (1 << 3), 1
WHEEL_BUTTONS = (4, 5, 6, 7)
NOTCHES = {4: 1, 5: -1}
PRESS_FORMAT = "=BB2x4x4x4x4x4xhhH"  # xcb_button_press_event_t: what kind, which button, event_x, event_y, state


@dataclass(frozen=True)
class Turn:
    """The wheel was turned by one notch over (x, y) of the window, in the screen's pixels."""

    x: int
    y: int
    notches: int
    shift: bool


def grab_wheel(xcb: Any, connection: c_void_p, window: int) -> bool:
    """Have the wheel's turns over `window` sent to this connection alone; whether that could be had.

    Another program may have it already; then none of it is kept.
    """
    cookies = [
        xcb.xcb_grab_button_checked(
            connection, 0, window, BUTTON_EVENTS, ASYNCHRONOUS, ASYNCHRONOUS, 0, 0, button, ANY_MODIFIER
        )
        for button in WHEEL_BUTTONS
    ]
    errors = [xcb.xcb_request_check(connection, cookie) for cookie in cookies]
    for error in errors:
        if error:
            free(error)
    return not any(errors)


def turn_of(event: bytes) -> Turn | None:
    """What the first 32 bytes of an X event say of the wheel; None for all others, and for a push sideways."""
    kind, button, x, y, state = struct.unpack(PRESS_FORMAT, event[: struct.calcsize(PRESS_FORMAT)])
    if kind & 0x7F != BUTTON_PRESS or button not in NOTCHES:
        return None
    return Turn(x, y, NOTCHES[button], bool(state & SHIFT_MASK))
