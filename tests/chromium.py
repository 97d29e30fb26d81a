"""A real Chromium without a window, driven by its own DevTools protocol over a WebSocket."""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

PATIENCE_S = 30.0  # only a broken test waits so long
NAMES = ("chromium", "chromium-browser", "google-chrome")
# As root it has no sandbox; in a container /dev/shm may be small. What is below keeps it at rest and offline.
OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions"),
    *("--remote-debugging-port=0", "--hide-scrollbars", "--mute-audio"),
)


def program() -> str | None:
    """Where Chromium is; None where it is not."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def missing() -> str:
    """Why no page can be opened here; empty where one can."""
    if importlib.util.find_spec("websockets") is None:
        return "needs websockets (pip install websockets)"
    return "" if program() else "needs Chromium (on Debian: apt-get install chromium)"


def wait_until(seen: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> None:
    """Look again and again; AssertionError where `what` does not come."""
    give_up_s = time.monotonic() + patience_s
    while not seen():
        assert time.monotonic() < give_up_s, f"waited in vain for {what}"
        time.sleep(0.02)


class Tab:
    """One page: it goes where it is told, evaluates JavaScript and hears keys and the mouse."""

    def __init__(self, address: str) -> None:
        from websockets.sync.client import connect

        self._open = ExitStack()
        connecting = connect(address, max_size=None, open_timeout=PATIENCE_S, compression=None, proxy=None)
        self._socket: ClientConnection = self._open.enter_context(connecting)
        self._number = 0
        self.console: list[str] = []
        self.tell("Runtime.enable")
        self.tell("Page.enable")
        self.tell("Log.enable")

    def tell(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command, and its answer."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv(timeout=PATIENCE_S))
            if answer.get("method") == "Runtime.consoleAPICalled":
                self.console += [str(each.get("value", each)) for each in answer["params"]["args"]]
            if answer.get("method") == "Log.entryAdded":
                self.console.append(str(answer["params"]["entry"]["text"]))
            if answer.get("method") == "Runtime.exceptionThrown":
                self.console.append(str(answer["params"]["exceptionDetails"]))
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                result: dict[str, Any] = answer["result"]
                return result

    def go(self, url: str) -> None:
        """Open an address and wait until it is loaded."""
        self.tell("Page.navigate", url=url)
        wait_until(lambda: self.evaluate("document.readyState") == "complete", f"{url} to load")

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, of a promise once it is kept."""
        answer = self.tell("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, expression: str) -> None:
        """Wait until the expression is true."""
        wait_until(lambda: self.evaluate(expression), expression)

    def resize(self, width: int, height: int, dense: float = 1.0) -> None:
        """Give the page so many CSS pixels, each of `dense` of the screen's."""
        self.tell(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=dense, mobile=False
        )

    def key(self, key: str, code: str = "", modifiers: int = 0, *, repeat: bool = False) -> None:
        """Press and release a key, named as in KeyboardEvent.key."""
        about = {"key": key, "code": code, "modifiers": modifiers, "autoRepeat": repeat}
        self.tell("Input.dispatchKeyEvent", type="rawKeyDown", **about)
        self.tell("Input.dispatchKeyEvent", type="keyUp", **about)

    def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        """mousePressed, mouseReleased, mouseMoved or mouseWheel, in CSS pixels."""
        self.tell("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def touch(self, kind: str, *points: tuple[float, float]) -> None:
        """touchStart, touchMove or touchEnd, with the fingers that are down."""
        self.tell("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": x, "y": y} for x, y in points])

    def screenshot(self) -> bytes:
        """What the page looks like, as PNG."""
        return base64.b64decode(self.tell("Page.captureScreenshot", format="png")["data"])

    def close(self) -> None:
        """Let go of the page."""
        self._open.close()


class Chromium:
    """The browser, with a profile of its own that is gone afterwards."""

    def __init__(self, *options: str, size: tuple[int, int] = (1000, 800)) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="convviz-chromium-", ignore_cleanup_errors=True)
        self._options = (*OPTIONS, *options, f"--window-size={size[0]},{size[1]}")
        self._tabs: list[Tab] = []

    def __enter__(self) -> Self:
        found = program()
        assert found is not None
        profile = Path(self._folder.name)
        self._program = subprocess.Popen(
            [found, *self._options, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": self._folder.name},
            start_new_session=True,
        )
        port_file = profile / "DevToolsActivePort"
        wait_until(lambda: port_file.exists() and port_file.read_text().count("\n"), "Chromium to start")
        self._port = int(port_file.read_text().splitlines()[0])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        for tab in self._tabs:
            tab.close()
        self._program.terminate()
        try:
            self._program.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._program.kill()
            self._program.wait()
        self._folder.cleanup()

    def _ask(self, path: str, method: str = "GET") -> Any:
        import urllib.request

        request = urllib.request.Request(f"http://127.0.0.1:{self._port}{path}", method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.loads(answer.read())

    def open(self, url: str = "about:blank") -> Tab:
        """A new page."""
        tab = Tab(self._ask("/json/new?about:blank", "PUT")["webSocketDebuggerUrl"])
        self._tabs.append(tab)
        if url != "about:blank":
            tab.go(url)
        return tab

    def shut(self, tab: Tab) -> None:
        """Close a page as a person does."""
        tab.tell("Page.close")
        self._tabs.remove(tab)
        tab.close()
