"""The viewer in a cell of a notebook: `from live.notebook import show; show("browser", filters="sobel")`.

It runs in a process of its own beside the kernel and ends with the cell, or with the kernel. As a program
(`python -m live.notebook ARGUMENTS`) this module is that process: the viewer, ended when its standard input is.
"""

from __future__ import annotations

import _thread
import html
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

ADDRESS = re.compile(r"convviz: open (http://\S+)")
ROOT = str(Path(__file__).resolve().parent.parent)  # where this package is found, whatever the kernel's folder
WAIT_S = 60.0  # for the viewer to say where it is
POLL_S = 0.2
GOODBYE_S = 5.0  # for it to finish what it writes


class Frame:
    """What a notebook shows: the page in a frame that may use the camera and fill the screen."""

    def __init__(self, url: str, height: int) -> None:
        self._url, self._height = url, height

    def _repr_html_(self) -> str:
        return (
            f'<iframe src="{html.escape(self._url)}" width="100%" height="{self._height}" '
            'style="border:0" allow="camera; fullscreen"></iframe>'
        )


class Viewer:
    """A viewer that runs beside the kernel. url: where its page is."""

    def __init__(self, arguments: list[str]) -> None:
        """Start it and wait for its address; RuntimeError with its sentence where it does not come so far."""
        self._said: deque[str] = deque(maxlen=20)
        self._found = threading.Event()
        self.url = ""
        self._program = subprocess.Popen(
            [sys.executable, "-P", "-m", "live.notebook", *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (ROOT, os.environ.get("PYTHONPATH"))))},
            stdin=subprocess.PIPE,  # closed by the system when the kernel ends, however it does
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            encoding="utf-8",
            errors="replace",
        )
        self._listening = threading.Thread(target=self._listen, name="convviz", daemon=True)
        self._listening.start()
        try:
            self._found.wait(WAIT_S)
        finally:
            if not self.url:
                self.stop()
        if not self.url:
            raise RuntimeError(self._said[-1] if self._said else "the viewer does not start")

    @property
    def exit_code(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._program.poll()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._program.pid

    def wait(self) -> None:
        """Wait until it has ended, in short steps, which an interrupt ends on every system."""
        while self._program.poll() is None:
            time.sleep(POLL_S)

    def stop(self) -> None:
        """End it; files that it writes are finished. Twice is fine."""
        if self._program.stdin:
            self._program.stdin.close()
        try:
            self._program.wait(GOODBYE_S)
        except subprocess.TimeoutExpired:
            self._program.kill()
            self._program.wait()
        self._listening.join(GOODBYE_S)

    def _listen(self) -> None:
        assert self._program.stderr is not None
        for line in self._program.stderr:
            found = ADDRESS.match(line)
            if found and not self.url:
                self.url = found[1]
                self._found.set()
                continue
            self._said.append(line.strip().removeprefix("convviz: "))
            if self.url:
                print(self._said[-1])
        self._found.set()


def show(source: str | None = None, *, height: int = 640, wait: bool = True, serve: int = 0, **options: Any) -> Viewer:
    """Show the viewer below this cell, and wait until it ends; stopping the cell ends it.

    source: SOURCE, "browser" for the camera of the page. height: of the frame, in CSS pixels. serve: the port, 0 for
    any that is free. wait=False: the cell is done at once, and the viewer ends with `stop()` or the kernel.
    options: the command line's, with _ for -: filters="sobel", mirror=True, record="out.mkv".
    RuntimeError with the viewer's own sentence where it does not start.
    """
    from IPython.display import display

    viewer = Viewer(command(source, serve, options))
    display(Frame(viewer.url, height))
    if not wait:
        return viewer
    try:
        viewer.wait()
    except KeyboardInterrupt:  # what a notebook's stop button is
        pass
    finally:
        viewer.stop()
    return viewer


def command(source: str | None, port: int, options: dict[str, Any]) -> list[str]:
    """The command line: what is True stands alone, what is False or None is left out."""
    words = [] if source is None else [str(source)]
    for name, value in options.items():
        option = f"--{name.replace('_', '-')}"
        if value is True:
            words.append(option)
        elif value is not None and value is not False:
            words.append(f"{option}={value}")
    return [*words, "--serve", str(port)]


def _end_with_standard_input() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    _thread.interrupt_main(signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_standard_input, daemon=True).start()
    from live.cli import entry

    entry()
