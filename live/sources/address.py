"""Addresses of streams, and how they are written where people can read them."""

from __future__ import annotations

import re
from itertools import pairwise
from urllib.parse import unquote

STREAM_SCHEMES = ("http", "https", "rtsp", "udp")
HIDDEN = "***"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_USER = re.compile(r"(://).*@", re.DOTALL)
_USER_WITHOUT_SCHEME = re.compile(r"^()[^/?#]*:.*@", re.DOTALL)  # "rtsp:/me:word@camera" is no address, and shown, too
_PARTS = re.compile(r"([^?#]*)(\?[^#]*)?(#.*)?", re.DOTALL)
_EQUALS = re.compile(r"=|:|%3d|%3a", re.IGNORECASE)
_SECRET = re.compile(
    r"pas|pwd|psw|pw$|phrase|word|pin|tok|key|secret|auth|sig|cred|sess|sid|code(?!c)|jwt|hash|nonce|login"
)
_SECRET_FOLDER = re.compile(
    r"pas|pass|passwd|password|pwd|psw|.*token|.*key|secret|auth|sig|signature|credentials?|session"
)
_TOKEN = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9]{16,}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# What cameras name that is no secret. Of all others, only small numbers are shown.
_HARMLESS = re.compile(
    r"action|audio|bitrate|cam|camera|ch|channel|codec|compression|fps|format|framerate|height|interval|media|mode|"
    r"name|profile|proto|protocol|quality|rate|resolution|rotation|size|source|stream|streamtype|subtype|track|"
    r"transport|type|unicast|user|username|video|videocodec|view|width"
)
_SMALL = re.compile(r"\d{1,3}")


def scheme(text: str) -> str | None:
    """The scheme of an address in lower case, "rtsp"; None where `text` is not one."""
    match = _SCHEME.match(text)
    return match[1].lower() if match else None


def plain_scheme(url: str) -> str:
    """The address with its scheme in lower case, as FFmpeg wants it."""
    found = _SCHEME.match(url)
    return url if found is None else found[0].lower() + url[found.end() :]


def redact(url: str) -> str:
    """The address without user and password, and without whatever may be a secret: in doubt it goes.

    Everything up to the last @ goes, even where that is more than the user: a password may hold any character.
    Then every value whose name is not known to be harmless, and everything behind a name that looks like a secret.
    """
    user = _USER if "://" in url else _USER_WITHOUT_SCHEME
    found = _PARTS.fullmatch(user.sub(rf"\1{HIDDEN}@", url))
    assert found is not None
    path, query, fragment = (part or "" for part in found.groups())
    start = _SCHEME.match(path)
    host_end = path.find("/", start.end() if start else 0)
    if host_end >= 0:
        path = path[:host_end] + _redact_path(path[host_end:])
    return path + _redact_pairs(query) + _redact_pairs(fragment)


def _redact_path(path: str) -> str:
    shown: list[str] = []
    for folder in path.split("/"):
        if shown and _SECRET_FOLDER.fullmatch(unquote(shown[-1]).lower()):
            return "/".join([*shown, HIDDEN])
        shown.append(HIDDEN if _TOKEN.fullmatch(folder) else _redact_values(folder))
        if shown[-1] != folder and _EQUALS.search(folder):  # a password may hold a slash
            break
    return "/".join(shown)


def _redact_pairs(pairs: str) -> str:
    """A query or a fragment, with its first character; what has no name goes, too."""
    parts = re.split(r"([&;])", pairs[1:])
    for at in range(0, len(parts), 2):
        named = _EQUALS.search(parts[at]) or _HARMLESS.fullmatch(parts[at]) or not parts[at]
        parts[at] = _redact_values(parts[at]) if named else HIDDEN
    return pairs[:1] + "".join(parts)


def _redact_values(text: str) -> str:
    """`text` up to the first value in it that may be a secret: "user=me_channel=1_psw=***"."""
    signs = _EQUALS.finditer(text)
    before = 0
    for sign, following in pairwise([*signs, None]):
        assert sign is not None
        named = unquote(text[before : sign.start()]).lower()  # the value before it, too
        name = re.split(r"[_,;&.]", named)[-1]
        value = text[sign.end() : following.start() if following else len(text)]
        if following:  # without the name of the next one
            value = re.split(r"[_,;&](?=[^_,;&]*$)", value)[0]
        secret = _SECRET.search(named) or name == "p"
        if secret or not (_HARMLESS.fullmatch(name) or _SMALL.fullmatch(value)) or _TOKEN.fullmatch(value):
            return text[: sign.end()] + HIDDEN
        before = sign.end()
    return text
