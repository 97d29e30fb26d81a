"""Serves the page and its socket, in a thread with an event loop of its own. The only module that knows websockets."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from websockets.asyncio.server import Server, ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from live.display.browser.address import Address
from live.display.browser.answers import Answers
from live.display.browser.messages import HELLO_BYTES, TEXT_BYTES, MessageError, parse_hello
from live.display.browser.page_files import page_files
from live.display.browser.pictures import Page, Pictures
from live.display.browser.visits import Camera, Hands, Visit, Visits

CAMERA_BYTES = 4 * 1024 * 1024  # one picture of a page's camera
MOST_CONNECTIONS, MOST_PAGES = 32, 8
OPENING_S = 5.0  # for the request, and again for the first message
PING_S, SILENT_S = 5.0, 20.0  # a network that stalls for ten seconds is waited for
GOODBYE_S = 0.3  # for the pages to hear that it is over

# What a page is told as its socket closes; from 4000 on the numbers are ours (RFC 6455, 7.4.2).
OVER, WRONG_TOKEN, TOO_MANY, NONSENSE = 4000, 4001, 4002, 4003

_silent = logging.getLogger("convviz.browser")  # what a stranger sends is no affair of stderr
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


class _Connection(ServerConnection):
    """Turned away at once where too many are open, pages or not."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if len(self.server.handler_tasks) > MOST_CONNECTIONS:
            self.transport.abort()


class PageServer:
    """Listens until `close`. Errors: OutputError from listen() only; what a page sends never gets further than here."""

    def __init__(
        self, address: Address, listening: socket.socket, pictures: Pictures, hands: Hands, camera: Camera | None = None
    ) -> None:
        """Take over a socket that listens. camera: where the page's camera goes; None: it is not asked for."""
        self.token = secrets.token_urlsafe(32)
        self._listening = listening
        self._pictures = pictures
        self._answers = Answers(address, self.token, page_files())
        self._visits = Visits(pictures, hands, camera)
        self._most_bytes = CAMERA_BYTES if camera else TEXT_BYTES
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="serve", daemon=True)

    def start(self) -> None:
        """Let pages in."""
        self._thread.start()
        self._started.wait()

    @property
    def canvas_wh(self) -> tuple[int, int] | None:
        """What the controlling page has room for, or had, once it is gone; None before the first one."""
        return self._visits.canvas_wh

    def tell_controlling(self, what: dict[str, object]) -> None:
        """Tell the controlling page something, from any thread."""
        self._soon(lambda: self._visits.tell_controlling(what))

    def close(self) -> None:
        """Tell the pages that it is over and listen no more, within half a second; twice is fine."""
        self._soon(self._stop.set)
        if self._thread.is_alive():
            self._thread.join()
        self._listening.close()

    def _soon(self, what: Callable[[], object]) -> None:
        if self._loop:
            with suppress(RuntimeError):  # it has just been closed
                self._loop.call_soon_threadsafe(what)

    # From here on: the server's thread.

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await serve(
            self._visit,
            sock=self._listening,
            process_request=self._answer,
            create_connection=_Connection,
            compression=None,  # pictures are compressed already
            server_header=None,
            open_timeout=OPENING_S,
            close_timeout=GOODBYE_S,
            ping_interval=PING_S,
            ping_timeout=SILENT_S,
            max_size=HELLO_BYTES,
            logger=_silent,
        )
        self._started.set()
        await self._stop.wait()
        self._visits.end()
        await _close(server)

    def _answer(self, _connection: ServerConnection, request: Request) -> Response | None:
        return self._answers.to(request)

    async def _visit(self, connection: ServerConnection) -> None:
        try:
            async with asyncio.timeout(OPENING_S):
                hello = parse_hello(await connection.recv())
        except (MessageError, TimeoutError, ConnectionClosed):
            await connection.close(NONSENSE, "want a hello")
            return
        if not self._answers.right_token(hello.token):
            await connection.close(WRONG_TOKEN, "wrong token")
        elif len(self._visits) >= MOST_PAGES:
            await connection.close(TOO_MANY, "too many pages")
        else:
            connection.protocol.max_message_size = self._most_bytes
            await self._converse(connection, hello.size_wh)

    async def _converse(self, connection: ServerConnection, size_wh: tuple[int, int]) -> None:
        def send(message: bytes | str) -> None:  # what piles up here is bounded: two pictures, and answers
            self._soon(lambda: broadcast([connection], message))

        visit = Visit(Page(send), size_wh, send)
        self._visits.join(visit)
        try:
            async for message in connection:
                if isinstance(message, str):
                    self._visits.take_text(visit, message)
                else:
                    self._visits.take_picture(visit, message)
        except MessageError as error:
            await connection.close(NONSENSE, str(error))
        except ConnectionClosed:
            pass
        finally:
            self._visits.leave(visit)


async def _close(server: Server) -> None:
    server.close(code=OVER, reason="the viewer has ended")
    with suppress(TimeoutError):
        async with asyncio.timeout(GOODBYE_S):
            await server.wait_closed()
