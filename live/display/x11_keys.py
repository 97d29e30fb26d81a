"""Keys as the X server tells them: every one, in its order, however slow the pictures are.

The toolkit keeps only the last of those pressed between two looks, and knows no key of a layout without Latin letters.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Sequence
from ctypes import c_void_p
from typing import Any

from live.display.xcb import free

KEY_PRESS, KEY_RELEASE, MAPPING_NOTIFY = 2, 3, 34  # from X.h
SENT = 0x80  # a program sent it, no keyboard
SHIFT, CONTROL, ALT, NUM_LOCK, SUPER, ALT_GR = 1 << 0, 1 << 2, 1 << 3, 1 << 4, 1 << 6, 1 << 7
HELD_MS = 200  # no keyboard repeats earlier, and whoever taps is faster
FIRST_KEYCODE, KEYCODES = 8, 248

# From keysymdef.h; what is below 0x7f is ASCII.
_NAMED = {
    0xFF08: "Backspace",
    0xFF09: "Tab",
    0xFE20: "Shift+Tab",
    0xFF0D: "Enter",
    0xFF1B: "Esc",
    0xFF51: "Left",
    0xFF52: "Up",
    0xFF53: "Right",
    0xFF54: "Down",
    0xFF55: "PageUp",
    0xFF56: "PageDown",
    0xFF63: "Insert",
    0xFF13: "Pause",  # what means nothing has a name to be told by
    0xFF50: "Home",
    0xFF57: "End",
    0xFF67: "Menu",
    **{0xFFBE + number: f"F{number + 1}" for number in range(24)},
    0xFFFF: "Delete",
    0xFF8D: "Enter",  # from here on the keypad's
    0xFF95: "Home",
    0xFF96: "Left",
    0xFF97: "Up",
    0xFF98: "Right",
    0xFF99: "Down",
    0xFF9A: "PageUp",
    0xFF9B: "PageDown",
    0xFF9C: "End",
    0xFF9E: "Insert",
    0xFF9F: "Delete",
    0xFFAB: "+",
    0xFFAD: "-",
    0xFFAE: ".",
    **{0xFFB0 + digit: str(digit) for digit in range(10)},
    ord(" "): "space",
    ord("="): "+",  # without looking for Shift
    ord("_"): "-",
}
_KEYPAD = range(0xFF80, 0xFFBE)
_LATIN_SETS = 4  # a keysym's second byte chooses one of ISO 8859's first parts
_UNICODE = 0x1000000
_LATIN_UNICODE = range(_UNICODE + 0x100, _UNICODE + 0x250)
_OTHER_SCRIPTS = (range(0x400, 0x800), range(0xC00, 0xF00), range(0x1400, 0x1600), range(0x1000370, 0x1110000))
# What stands on a US keyboard where the kernel numbers its keys so: row by row, from the number of the first one.
_PLACES = {
    first + offset: character
    for first, row in ((10, "1234567890-="), (24, "qwertyuiop[]"), (38, "asdfghjkl"), (52, "zxcvbnm,./"))
    for offset, character in enumerate(row)
}


def name_of(keysym: int) -> str | None:
    """The key's name: that in controls.KEYS ("q", "Esc", "space", "Left"), or what is written on it ("F5", "ö").

    None for modifiers, and for what nobody could name.
    """
    if keysym in _NAMED:
        return _NAMED[keysym]
    if 33 <= keysym <= 126:
        return chr(keysym).lower()
    if keysym in _LATIN_UNICODE:
        return chr(keysym - _UNICODE).lower()
    if keysym & 0xFF > 0xA0 and keysym < _LATIN_SETS << 8:
        letter = bytes([keysym & 0xFF]).decode(f"iso8859-{(keysym >> 8) + 1}", "ignore").lower()
        return letter if letter and letter.isprintable() else None
    return None


def key_of(keycode: int, state: int, keysyms: Sequence[int]) -> str | None:
    """The name of the key that was pressed with the modifiers of `state`; None where it has none.

    keysyms: the keycode's row of the server's table, two columns for each of the first two layouts, then what AltGr
    gives. A letter of another script counts as the Latin one that another layout has there, else as the US keyboard's.
    """
    if state & (CONTROL | ALT | SUPER):
        return None
    shift, layout = state & SHIFT, state >> 13 & 3
    row = [*keysyms, 0, 0, 0, 0, 0, 0][: max(len(keysyms), 6)]
    if row[1] in _KEYPAD:
        return name_of(row[bool(shift) ^ bool(state & NUM_LOCK)])
    columns = (4 + shift,) if state & ALT_GR else (2 * layout + shift, 2 * layout) if layout < 2 else (0,)
    keysym = next((row[column] for column in columns if row[column]), row[0])
    if not any(keysym in script for script in _OTHER_SCRIPTS):
        name = name_of(keysym)
        return "Shift+Tab" if name == "Tab" and shift else name
    latin = next((row[column] for column in (0, 2) if 33 <= row[column] <= 126), 0)
    if latin:
        return name_of(latin)
    place = _PLACES.get(keycode, "")
    return name_of(ord("?" if place == "/" and shift else place)) if place else None


class Keyboard:
    """Turns the events of a connection into keys. `heard`: whether key events come here at all.

    A key that is held repeats itself; of these, no more than one waits, so that a slow picture is followed by none.
    """

    def __init__(self, xcb: Any, connection: c_void_p) -> None:
        self.heard = False
        self._xcb, self._connection = xcb, connection
        self._pressed: list[str] = []
        self._released: tuple[int, int] | None = None  # the last key, and when
        self._down: int | None = None  # the one that was pressed last, and when
        self._since_ms = 0
        self._repeating = False
        self._keysyms: list[Sequence[int]] = []  # of each keycode; empty until they are needed

    def take_event(self, event: bytes) -> None:
        """Look at one event of 32 bytes."""
        kind = event[0] & ~SENT
        if kind == MAPPING_NOTIFY:
            self._keysyms = []
        elif kind == KEY_RELEASE:
            if event[1] == self._down:  # others tell of a key that is up already
                self._down, self._released = None, (event[1], struct.unpack_from("=I", event, 4)[0])
        elif kind == KEY_PRESS:
            self.heard = True
            keycode, time_ms, state = event[1], *struct.unpack_from("=I20xH", event, 4)
            self._keysyms = self._keysyms or self._table()
            name = key_of(keycode, state, self._keysyms[keycode - FIRST_KEYCODE])
            repeats = self._repeats(keycode, time_ms) and name in self._pressed
            self._pressed += [name] if name and not repeats else []

    def _repeats(self, keycode: int, time_ms: int) -> bool:
        """Whether nobody pressed it: told to be released and pressed in one moment, after having been held."""
        repeats = self._released == (keycode, time_ms) and (self._repeating or time_ms - self._since_ms >= HELD_MS)
        self._down, self._since_ms, self._repeating = keycode, time_ms, repeats
        return repeats

    def catch_up(self) -> None:
        """Wait until the server has told all that has happened: events come before the answer to a question."""
        xcb = self._xcb
        reply = xcb.xcb_get_input_focus_reply(self._connection, xcb.xcb_get_input_focus(self._connection), None)
        free(reply)

    def take(self, by_toolkit: str | None) -> list[str]:
        """The keys since the last time; the toolkit's own only where no key event has ever come here."""
        pressed, self._pressed = self._pressed, []
        return pressed if self.heard or by_toolkit is None else [by_toolkit]

    def _table(self) -> list[Sequence[int]]:
        xcb = self._xcb
        cookie = xcb.xcb_get_keyboard_mapping(self._connection, FIRST_KEYCODE, KEYCODES)
        reply = xcb.xcb_get_keyboard_mapping_reply(self._connection, cookie, None)
        if not reply:
            return [(0,)] * KEYCODES
        width = ctypes.string_at(reply, 2)[1]
        every = list(xcb.xcb_get_keyboard_mapping_keysyms(reply)[: width * KEYCODES])
        free(reply)
        return [every[start : start + width] for start in range(0, width * KEYCODES, width)]
