"""A page without a browser: opens the viewer's socket as a page does, and says what a test wants it to."""

from __future__ import annotations

import http.client
import json
import struct
from contextlib import ExitStack
from dataclasses import dataclass
from email.message import Message
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

PATIENCE_S = 15.0  # only a broken test waits so long
HEAD = struct.Struct("<BBHHHIdd")


class PageClient:
    """One socket. Pictures that come are acknowledged by `see`, told things kept until they are asked for."""

    def __init__(
        self,
        port: int,
        token: str | None,
        *,
        origin: str | None = "",
        host: str = "",
        size: tuple[int, int] = (320, 240),
    ) -> None:
        """origin: None sends none; token: None says no hello."""
        name = host or f"127.0.0.1:{port}"
        headers = {"Origin": origin or f"http://{name}"} if origin is not None else {}
        self._open = ExitStack()
        connecting = connect(
            f"ws://{name}/socket",
            additional_headers=headers,
            address=("127.0.0.1", port),
            max_size=None,
            compression=None,
            open_timeout=PATIENCE_S,
            proxy=None,
        )
        self._socket: ClientConnection = self._open.enter_context(connecting)
        if token is not None:
            self.say({"token": token, "size": size})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._open.close()

    def say(self, what: object) -> None:
        self._socket.send(json.dumps(what))

    def send(self, message: bytes | str) -> None:
        self._socket.send(message)

    def hear(self, key: str) -> Any:
        """The next thing that the viewer tells under that name; others, and pictures, are passed over."""
        while True:
            message = self._socket.recv(timeout=PATIENCE_S)
            if isinstance(message, str) and key in (said := json.loads(message)):
                return said[key]

    def see(self) -> tuple[int, int, bytes]:
        """The next picture, which is acknowledged: its canvas's size and the encoded bytes."""
        while True:
            message = self._socket.recv(timeout=PATIENCE_S)
            if isinstance(message, bytes):
                _, _, width, height, _, number, _, _ = HEAD.unpack_from(message)
                self.say([["seen", number]])
                return width, height, message[HEAD.size :]

    def closed_with(self) -> int | None:
        """Wait until the viewer closes the socket: the code."""
        from websockets.exceptions import ConnectionClosed

        try:
            while True:
                self._socket.recv(timeout=PATIENCE_S)
        except ConnectionClosed:
            return self._socket.close_code


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Message
    body: bytes


def ask(port: int, path: str, *, method: str = "GET", **headers: str) -> Answer:
    """The answer to a plain request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    got = Answer(answer.status, answer.headers, answer.read())
    connection.close()
    return got
