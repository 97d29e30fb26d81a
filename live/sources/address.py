"""Addresses of streams, and how they are written where people can read them."""

from __future__ import annotations

import re

STREAM_SCHEMES = ("http", "https", "rtsp", "udp")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_USER = re.compile(r"(://).*@", re.DOTALL)
_SECRET = re.compile(r"([?&;][^=&;]*(?:pass|pwd|token|key|secret|auth|sig)[^=&;]*=)[^&;#]*", re.IGNORECASE)


def scheme(text: str) -> str | None:
    """The scheme of an address in lower case, "rtsp"; None where `text` is not one."""
    match = _SCHEME.match(text)
    return match[1].lower() if match else None


def redact(url: str) -> str:
    """The address without user, password and values that look like secrets.

    Everything up to the last @ goes, even where that is more than the user: a password may hold any character.
    """
    return _SECRET.sub(r"\1***", _USER.sub(r"\1***@", url))
