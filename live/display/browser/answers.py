"""What is answered to a request: a file of the page, the socket, or no."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from live.display.browser.address import Address, admits, same_origin
from live.display.browser.page_files import HEADERS, PageFile

SOCKET = "/socket"
WRONG_TOKEN = "The token in this address is not the one that the viewer has printed: open the address that it prints.\n"


class Answers:
    """Knows the table of files, the token and which hosts are meant."""

    def __init__(self, address: Address, token: str, files: Mapping[str, PageFile]) -> None:
        self._address, self._token, self._files = address, token, files

    def to(self, request: Request) -> Response | None:
        """The answer; None where the socket may be opened."""
        hosts, origins = request.headers.get_all("Host"), request.headers.get_all("Origin")
        host = hosts[0] if len(hosts) == 1 else None
        if not admits(self._address, host):
            return _plain(HTTPStatus.FORBIDDEN, "Nothing is served under this name.\n")
        if request.method != "GET":
            return _plain(HTTPStatus.METHOD_NOT_ALLOWED, "Only GET is answered.\n")
        try:
            asked = urlsplit(request.path)
        except ValueError:
            return _plain(HTTPStatus.BAD_REQUEST, "This is no address.\n")
        if asked.path == SOCKET:
            ours = same_origin(origins[0] if len(origins) == 1 else None, host)
            return None if ours else _plain(HTTPStatus.FORBIDDEN, "Only the viewer's own page may open this.\n")
        file = self._files.get(asked.path)
        if file is None:
            return _plain(HTTPStatus.NOT_FOUND, "There is nothing here.\n")
        given = parse_qs(asked.query).get("token")
        if given and not self.right_token(given[0]):
            return _plain(HTTPStatus.FORBIDDEN, WRONG_TOKEN)
        return _response(HTTPStatus.OK, file.kind, file.body)

    def right_token(self, given: str) -> bool:
        """Whether it is the token, compared in a time that tells nothing."""
        return secrets.compare_digest(given.encode(errors="replace"), self._token.encode())


def _plain(status: HTTPStatus, text: str) -> Response:
    return _response(status, "text/plain; charset=utf-8", text.encode())


def _response(status: HTTPStatus, kind: str, body: bytes) -> Response:
    about = {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close", **HEADERS}
    return Response(status.value, status.phrase, Headers(about), body)
