"""The page's server, in the test's own process or in a viewer's."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from page_client import PATIENCE_S, PageClient

from live.display.browser.address import Address, listen
from live.display.browser.display import BrowserDisplay, Hands
from live.display.browser.pictures import Pictures
from live.display.browser.server import PageServer
from live.events import DisplayEvent

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class KeptCamera:
    """Where a page's camera goes: it is kept."""

    pictures: list[bytes] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    taken: Callable[[], None] = print

    def wanted(self) -> dict[str, float]:
        return {"width": 64.0}

    def started(self, label: str, size_wh: tuple[int, int], fps: float | None, taken: Callable[[], None]) -> None:
        self.taken = taken
        self.said.append(f"started {label} {size_wh} {fps}")

    def picture(self, jpeg: bytes, captured_at_s: float) -> None:
        self.pictures.append(jpeg + str(captured_at_s).encode())
        self.taken()

    def stopped(self, why: str) -> None:
        self.said.append(why)


class Served:
    """A server that listens, and the display behind it."""

    def __init__(self, camera: KeptCamera | None = None, captured_at_s: float = 0.0) -> None:
        address = Address("127.0.0.1", 0)
        listening = listen(address)
        self.port = listening.getsockname()[1]
        self.pictures, hands = Pictures(), Hands()
        self.server = PageServer(address, listening, self.pictures, hands, camera)
        self.display = BrowserDisplay(self.server, self.pictures, hands, lambda: captured_at_s)
        self.pictures.start()
        self.server.start()

    def url(self, port: int | None = None) -> str:
        """What a browser opens."""
        return f"http://127.0.0.1:{port or self.port}/?token={self.server.token}"

    def page(self, size: tuple[int, int] = (320, 240)) -> PageClient:
        return PageClient(self.port, self.server.token, size=size)

    def events(self, count: int) -> list[DisplayEvent]:
        """The next events, as many as there must be."""
        heard: list[DisplayEvent] = []
        while len(heard) < count:
            some = self.display.idle(PATIENCE_S)
            assert some, f"waited in vain for more than {heard}"
            heard += some
        return heard


class Viewer:
    """`convviz ... --serve 0` in a process of its own, which is killed after the test."""

    def __init__(self, *arguments: str) -> None:
        self._program = subprocess.Popen(
            [sys.executable, "-m", "live", *arguments, "--serve", "0"],
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.said: list[str] = []
        self._new = threading.Condition()
        self._listening = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._listening.start()
        try:
            self.url = self.hear(r"open (http://127\.0\.0\.1:\d+/\?token=\S+)")
        except BaseException:
            self._program.kill()
            raise
        self.port = int(self.url.split(":")[2].split("/")[0])
        self.token = self.url.partition("token=")[2]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._program.kill()
        self._program.wait()
        self._listening.join()

    def _listen(self) -> None:
        assert self._program.stderr is not None
        for line in self._program.stderr:
            with self._new:
                self.said.append(line.strip())
                self._new.notify_all()

    def hear(self, pattern: str) -> str:
        """Wait until it says that on stderr: the first group, or all of it."""

        def found() -> re.Match[str] | None:
            return next((match for line in self.said if (match := re.search(pattern, line))), None)

        with self._new:
            assert self._new.wait_for(found, 2 * PATIENCE_S), f"'{pattern}' is not in {self.said}"
            match = found()
            assert match
            return match[match.re.groups and 1]

    def end(self, number: int | None = signal.SIGTERM) -> int:
        """Wait until it has ended, by that signal or by itself: the exit code."""
        if number is not None:
            self._program.send_signal(number)
        code = self._program.wait(2 * PATIENCE_S)
        self._listening.join()
        assert not any("Traceback" in line for line in self.said), self.said
        return code
