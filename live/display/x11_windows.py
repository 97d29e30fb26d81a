"""The X server's windows: which there are, what they are called, whose they are."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterator
from ctypes import c_void_p
from functools import cached_property
from typing import Any

from live.display.xcb import free

WM_NAME, ANY_TYPE = 39, 0  # from Xatom.h and X.h


class WindowTree:
    """Asks an open connection; a window that is gone meanwhile has neither name nor children."""

    def __init__(self, xcb: Any, connection: c_void_p) -> None:
        self._xcb, self._connection = xcb, connection

    def below(self, parent: int, depth: int) -> Iterator[int]:
        """Those in `parent`, and those in them, `depth` deep."""
        for window in self.children(parent):
            yield window
            if depth > 1:
                yield from self.below(window, depth - 1)

    def children(self, parent: int) -> list[int]:
        """The windows in `parent`."""
        xcb = self._xcb
        reply = xcb.xcb_query_tree_reply(self._connection, xcb.xcb_query_tree(self._connection, parent), None)
        if not reply:
            return []
        count = xcb.xcb_query_tree_children_length(reply)
        children = [int(window) for window in xcb.xcb_query_tree_children(reply)[:count]]
        free(reply)
        return children

    def name(self, window: int) -> str:
        """Its title, where it has an old-fashioned one."""
        return self._property(window, WM_NAME).decode("latin-1")

    def process(self, window: int) -> int | None:
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
        free(reply)
        return value

    @cached_property
    def _net_wm_pid(self) -> int:
        name = b"_NET_WM_PID"
        cookie = self._xcb.xcb_intern_atom(self._connection, 0, len(name), name)
        reply = self._xcb.xcb_intern_atom_reply(self._connection, cookie, None)
        if not reply:
            return 0  # None: no window has it
        atom = struct.unpack("=8xI", ctypes.string_at(reply, 12))[0]
        free(reply)
        return int(atom)
