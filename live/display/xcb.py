"""libxcb, the X server's own library, by ctypes: the functions and structures that are used here."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, Structure, c_char_p, c_int, c_uint8, c_uint16, c_uint32, c_void_p
from typing import Any

from live.errors import OutputError

ADVICE = "use --headless to run without a window"


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


def free(reply: int) -> None:
    """Give back what libxcb has handed out."""
    libc = ctypes.CDLL(None)
    libc.free.argtypes = [c_void_p]
    libc.free(reply)


def load_xcb() -> Any:
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
        "xcb_grab_button_checked": (
            _Cookie,
            [c_void_p, c_uint8, c_uint32, c_uint16, c_uint8, c_uint8, c_uint32, c_uint32, c_uint8, c_uint16],
        ),
        "xcb_request_check": (c_void_p, [c_void_p, _Cookie]),
        "xcb_get_file_descriptor": (c_int, [c_void_p]),
        "xcb_intern_atom": (_Cookie, [c_void_p, c_uint8, c_uint16, c_char_p]),
        "xcb_intern_atom_reply": (c_void_p, [c_void_p, _Cookie, c_void_p]),
        "xcb_get_keyboard_mapping": (_Cookie, [c_void_p, c_uint8, c_uint8]),
        "xcb_get_keyboard_mapping_reply": (c_void_p, [c_void_p, _Cookie, c_void_p]),
        "xcb_get_keyboard_mapping_keysyms": (POINTER(c_uint32), [c_void_p]),
        "xcb_get_input_focus": (_Cookie, [c_void_p]),
        "xcb_get_input_focus_reply": (c_void_p, [c_void_p, _Cookie, c_void_p]),
        "xcb_flush": (c_int, [c_void_p]),
    }
    for name, (result, arguments) in types.items():
        function = getattr(xcb, name)
        function.restype, function.argtypes = result, arguments
    return xcb
