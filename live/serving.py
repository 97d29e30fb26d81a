"""`--serve`: the display that is a page, and the source that is the page's camera, with the server between them."""

from __future__ import annotations

import math
from collections.abc import Callable

from live.display.browser.address import Address, listen, url, warning
from live.display.browser.display import BrowserDisplay, Hands
from live.display.browser.pictures import Pictures
from live.errors import OutputError
from live.sources.browser import BrowserCamera, BrowserDevice
from live.sources.frame import FrameSource, Listener, SourceSettings

Say = Callable[[str], None]


class Serving:
    """Listens from the beginning, so that a port that is taken is told at once, and lets pages in from `start` on."""

    def __init__(
        self,
        address: Address,
        say: Say,
        *,
        camera: tuple[SourceSettings, Listener] | None = None,
        canvas_wh: tuple[int, int] | None = None,
    ) -> None:
        """camera: of the source, where that is the page's camera. canvas_wh: what is drawn before a page has come.

        OutputError where the port cannot be had, or the package websockets.
        """
        try:
            from live.display.browser.server import PageServer
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] != "websockets":
                raise
            raise OutputError("--serve needs the package websockets: pip install websockets") from None
        self._address, self._say = address, say
        self._camera = camera
        self._device = BrowserDevice(*camera) if camera else None
        self._source: BrowserCamera | None = None
        self._pictures, hands = Pictures(), Hands()
        listening = listen(address)
        self._port = listening.getsockname()[1]
        self._server = PageServer(address, listening, self._pictures, hands, self._device)
        self._display = BrowserDisplay(self._server, self._pictures, hands, self._captured_at_s, canvas_wh)
        self._started = False

    def open_source(self) -> FrameSource:
        """The page's camera, which is waited for."""
        assert self._device is not None
        assert self._camera is not None
        self.start()
        settings, listener = self._camera
        self._source = BrowserCamera(self._device, listener, settings)
        return self._source

    def start(self) -> BrowserDisplay:
        """Let pages in, and say where; twice is fine."""
        if not self._started:
            self._started = True
            self._pictures.start()
            self._server.start()
            self._say(f"open {url(self._address, self._port, self._server.token)}")
            if about := warning(self._address, self._port):
                self._say(about)
        return self._display

    def close(self) -> None:
        """Tell the pages that it is over, and stop listening; twice is fine."""
        self._display.close()

    def _captured_at_s(self) -> float:
        return self._source.given_captured_at_s if self._source else math.nan
