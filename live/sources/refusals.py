"""Why an address gives no video: from FFmpeg's errors, whose own texts quote the address, to a part of a sentence."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import cv2  # noqa: F401 - before av

from live.sources.address import scheme
from live.sources.containers import NoVideoError

import av.error as av_error  # isort: skip  (after cv2, see live/recording/movie.py)

_STATUS: tuple[tuple[type[Exception], str], ...] = (
    (av_error.HTTPBadRequestError, "400 (bad request)"),
    (av_error.HTTPForbiddenError, "403 (forbidden)"),
    (av_error.HTTPNotFoundError, "404 (not found)"),
    (av_error.HTTPTooManyRequestsError, "429 (too many requests)"),
)


def why_refused(error: Exception, url: str, timeout_s: float) -> str:
    """What `error`, met while opening `url`, says, and what to do; without any part of the address."""
    for kind, status in _STATUS:
        if isinstance(error, kind):
            return f"the server answers {status}: check the address"
    if isinstance(error, av_error.HTTPUnauthorizedError):
        wants = "not with this user and password" if "@" in url else f"write {scheme(url)}://USER:PASSWORD@HOST/..."
        return f"the server answers 401 (a user and a password are wanted): {wants}"
    if isinstance(error, av_error.HTTPOtherClientError | av_error.HTTPServerError):
        kind_of = "5xx (it has failed)" if isinstance(error, av_error.HTTPServerError) else "4xx (it refuses)"
        return f"the server answers {_http_status(url, timeout_s) or kind_of}"
    if isinstance(error, av_error.ExitError | TimeoutError):
        if scheme(url) == "udp":
            return f"nothing has come within {timeout_s:g} s: check the port, and that something is sent there"
        return f"no video has come within {timeout_s:g} s: check the address, and that the camera or server is on"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there: check the port, and that the camera or server is on"
    if isinstance(error, EOFError):
        return "it closes the connection before any video has come"
    if isinstance(error, NoVideoError | av_error.InvalidDataError):
        return "what answers is no video that can be decoded here"
    if isinstance(error, av_error.LookupError):
        return f"FFmpeg has been built without {scheme(url)}"
    if isinstance(error, OSError) and error.strerror and error.strerror != "Input/output error":
        return f"{error.strerror[0].lower()}{error.strerror[1:]}: check the address"
    return "it cannot be reached: check the address and the network"


def _http_status(url: str, timeout_s: float) -> str | None:
    """The status and reason with which a server refuses, "503 Service Unavailable", which FFmpeg keeps to itself."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return None
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
    try:
        urllib.request.urlopen(bare, timeout=timeout_s).close()
    except urllib.error.HTTPError as refusal:
        refusal.close()
        reason = "".join(letter for letter in str(refusal.reason) if letter.isprintable())
        return None if refusal.code in (401, 403) else f"{refusal.code} ({reason})"
    except (OSError, ValueError, http.client.HTTPException):
        return None
    return None
