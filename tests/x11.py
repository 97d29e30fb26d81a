"""A screen that nobody sees: Xvfb, with a hand on its keyboard and mouse (xdotool) and an eye on its windows.

Every step waits for its effect until a deadline, and says in an AssertionError what did not come.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from PIL import ImageGrab

from convviz_core.arrays import ByteArray

PATIENCE_S = 60.0  # a machine that emulates its processor takes that long to import OpenCV


def missing() -> str:
    """Why no such screen can be had here; empty where it can."""
    if sys.platform != "linux":
        return "needs Linux"
    tools = [tool for tool in ("Xvfb", "xdotool") if shutil.which(tool) is None]
    return f"needs {' and '.join(tools)} (on Debian: apt-get install xvfb xdotool)" if tools else ""


@contextmanager
def xvfb(size: str = "1280x1024") -> Iterator[str]:
    """Run an X server without a screen; gives its display, ":7" say, whose number it chose itself."""
    ready, announce = os.pipe()
    command = ["Xvfb", "-displayfd", str(announce), "-screen", "0", f"{size}x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[announce], stderr=subprocess.DEVNULL)
    os.close(announce)
    try:
        with os.fdopen(ready) as pipe:
            number = pipe.readline().strip()  # written when it is ready; closed when it failed
        assert number, "Xvfb did not start"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


def wait_until(seen: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
    """Ask `seen` again and again until it says yes; AssertionError naming `what` if it never does."""
    deadline = time.monotonic() + patience_s
    while not seen():
        assert time.monotonic() < deadline, f"waited {patience_s:g} s in vain for {what}"
        time.sleep(0.02)


class Screen:
    """One test's view of a display. Programs started here are killed at the end of the with-block."""

    def __init__(self, display: str) -> None:
        self.display = display
        self._window = ""
        self._programs: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for program in self._programs:
            program.kill()
            program.communicate()

    @property
    def environment(self) -> dict[str, str]:
        """This process's environment, with the display in it."""
        return {**os.environ, "DISPLAY": self.display}

    def start(
        self, command: Sequence[str | Path], environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start a program on this display, all its streams pipes. `environment` adds to this process's."""
        program = subprocess.Popen(
            command,
            env={**self.environment, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._programs.append(program)
        return program

    def wait_for_window(self, title: str, patience_s: float = PATIENCE_S) -> None:
        """Wait until a window of exactly this title is on the screen; all else then happens in it.

        It fails at once when a program that was started here has ended meanwhile, with what that said.
        """

        def found() -> bool:
            for program in self._programs:
                assert program.poll() is None, f"the program ended, {program.returncode}: {program.communicate()[1]}"
            self._window = self.find_window(title)
            return bool(self._window)

        wait_until(found, f"a window called {title!r}", patience_s)

    def find_window(self, title: str) -> str:
        """The number of the visible window of exactly this title; empty where there is none."""
        windows = self._visible_windows(f"^{re.escape(title)}$")
        return windows[-1] if windows else ""

    def renew(self, title: str) -> bool:
        """Go on with the window that has this title now, if there is one: it may be another than before."""
        self._window = self.find_window(title) or self._window
        return bool(self.find_window(title))

    def key(self, *names: str, delay_ms: int = 12) -> None:
        """Press and release keys, one after the other: "r", "plus", "Escape", "Left", "ctrl+s"."""
        self._xdotool("windowfocus", "--sync", self._window)
        if names:
            self._xdotool("key", "--delay", str(delay_ms), *names)

    def move(self, x: int, y: int) -> None:
        """Put the pointer on pixel (x, y) of the window."""
        self._xdotool("mousemove", "--window", self._window, str(x), str(y))

    def click(self, x: int, y: int, button: int = 1, *, shift: bool = False) -> None:
        """Press and release a mouse button (1 left, 3 right; 4 and 5 turn the wheel) on pixel (x, y) of the window."""
        self.move(x, y)
        held = (["keydown", "shift"], ["keyup", "shift"]) if shift else ([], [])
        self._xdotool(*held[0], "click", str(button), *held[1])

    def drag(self, begin: tuple[int, int], end: tuple[int, int]) -> None:
        """Press the left button on one pixel of the window and let it go on another, with the way between them."""
        self.move(*begin)
        self._xdotool("mousedown", "1")
        for step in range(1, 9):
            self.move(*(one + (other - one) * step // 8 for one, other in zip(begin, end, strict=True)))
        self._xdotool("mouseup", "1")

    def resize(self, width: int, height: int) -> None:
        """Give the window another size, and wait until it has it."""
        self._xdotool("windowsize", self._window, str(width), str(height))
        wait_until(lambda: self.box()[2:] == (width, height), f"a window of {width}x{height}")

    def box(self) -> tuple[int, int, int, int]:
        """Where the window is: x, y, width, height in pixels of the screen."""
        words = self._xdotool("getwindowgeometry", "--shell", self._window).splitlines()
        values = dict(word.split("=", 1) for word in words)
        return int(values["X"]), int(values["Y"]), int(values["WIDTH"]), int(values["HEIGHT"])

    def grab(self) -> ByteArray:
        """The window's pixels now, without any frame around it: uint8 (H, W, 3), RGB."""
        x, y, width, height = self.box()
        picture = ImageGrab.grab(bbox=(x, y, x + width, y + height), xdisplay=self.display)
        return np.asarray(picture.convert("RGB"))

    def wait_for_picture(self, fits: Callable[[ByteArray], bool], what: str) -> ByteArray:
        """Grab until the picture `fits`, and give that one; `what` is wanted, for the message when it never comes."""
        pictures: list[ByteArray] = []

        def seen() -> bool:
            pictures[:] = [self.grab()]
            return fits(pictures[0])

        wait_until(seen, what)
        return pictures[0]

    def close_window(self) -> None:
        """Ask the window to close, as a click on its X does, and wait until it is gone."""
        _send_delete_window(self.display, int(self._window))
        window, self._window = self._window, ""
        wait_until(lambda: window not in self._visible_windows(""), "the window to go after its X button")

    def destroy_window(self) -> None:
        """Take the window away from the program without asking it."""
        self._xdotool("windowclose", self._window)

    def _visible_windows(self, title_pattern: str) -> list[str]:
        return self._xdotool("search", "--onlyvisible", "--name", title_pattern, may_fail=True).split()

    def _xdotool(self, *arguments: str, may_fail: bool = False) -> str:
        """What `xdotool ARGUMENTS` prints; AssertionError with its message where it fails and must not."""
        done = subprocess.run(
            ["xdotool", *arguments], env=self.environment, capture_output=True, text=True, timeout=PATIENCE_S
        )
        assert may_fail or done.returncode == 0, f"xdotool {' '.join(arguments)}: {done.stderr.strip()}"
        return done.stdout


class _ClientMessage(ctypes.Structure):
    """Xlib's XClientMessageEvent, as long as its XEvent union."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("_rest_of_the_union", ctypes.c_long * 12),
    )


CLIENT_MESSAGE = 33  # X.h


def _send_delete_window(display_name: str, window: int) -> None:
    """Send WM_DELETE_WINDOW (ICCCM 4.2.8.1), which is all that a window manager's X button does."""
    xlib = ctypes.CDLL("libX11.so.6")
    xlib.XOpenDisplay.restype = ctypes.c_void_p
    xlib.XInternAtom.restype = ctypes.c_ulong
    display = ctypes.c_void_p(xlib.XOpenDisplay(display_name.encode()))
    assert display, f"no X display {display_name}"
    message = _ClientMessage(type=CLIENT_MESSAGE, window=window, format=32)
    message.message_type = xlib.XInternAtom(display, b"WM_PROTOCOLS", 0)
    message.data[0] = xlib.XInternAtom(display, b"WM_DELETE_WINDOW", 0)
    xlib.XSendEvent(display, ctypes.c_ulong(window), 0, ctypes.c_long(0), ctypes.byref(message))
    xlib.XCloseDisplay(display)
