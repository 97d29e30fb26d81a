"""What the tests share: which of them can run here, and a screen for those that open a window.

The marks gui, browser, camera, cuda and rtsp skip with a reason where what they need is missing. CONVVIZ_REQUIRE_GUI=1
(BROWSER, CAMERA, CUDA, RTSP) makes that a failure instead, for machines that are known to have it. Only pytest itself
is imported for all tests, so that those marked cuda also run where little else is installed.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from x11 import Screen

# The folders of the scripts that are tested, which import each other by name. At the end of the path: scripts/test.py
# must not hide the standard library's module of that name.
SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
sys.path += [str(folder) for folder in (SCRIPTS, SCRIPTS / "setup", SCRIPTS / "bench")]

if importlib.util.find_spec("hypothesis"):
    from hypothesis import settings

    # How fast an example runs is the machine's affair. Where a change is judged the examples are the same each
    # time: what new ones find is nothing that it did; those are met wherever else the tests are run.
    settings.register_profile("convviz", deadline=None, derandomize="CI" in os.environ)
    settings.load_profile("convviz")


@cache
def gui_missing() -> str:
    """Why no window can be opened and used here; empty where it can."""
    if importlib.util.find_spec("PIL") is None:
        return "needs Pillow for the screenshots"
    import x11

    return x11.missing()


@cache
def browser_missing() -> str:
    """Why no page can be opened in a browser; empty where it can."""
    import chromium

    return chromium.missing()


@cache
def camera_missing() -> str:
    """Why there is no test camera; empty where there is one. Somebody's real webcam is left alone."""
    names = [name.read_text() for name in Path("/sys/class/video4linux").glob("video*/name")]
    return "" if any("vivid" in name for name in names) else "needs a camera of Linux's test driver vivid"


@cache
def cuda_missing() -> str:
    """Why torch has no CUDA device; empty where it has one."""
    if importlib.util.find_spec("torch") is None:
        return "needs torch"
    import torch

    return "" if torch.cuda.is_available() else "needs an NVIDIA card and a CUDA build of torch"


@cache
def rtsp_missing() -> str:
    """Why there is no RTSP server to read from; empty where there is one."""
    program = os.environ.get("CONVVIZ_RTSP_SERVER", "")
    return "" if os.access(program, os.X_OK) else "needs an RTSP server, which CONVVIZ_RTSP_SERVER names"


MISSING: dict[str, Callable[[], str]] = {
    "gui": gui_missing,
    "browser": browser_missing,
    "camera": camera_missing,
    "cuda": cuda_missing,
    "rtsp": rtsp_missing,
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a marked test whose needs are not met, or fail it where CONVVIZ_REQUIRE_... says that they must be."""
    for mark, missing in MISSING.items():
        if item.get_closest_marker(mark) and (reason := missing()):
            if os.environ.get(f"CONVVIZ_REQUIRE_{mark.upper()}"):
                pytest.fail(f"{mark} test: {reason}", pytrace=False)
            pytest.skip(reason)


@pytest.fixture
def signals_as_before() -> Iterator[None]:
    """The viewer's handlers, which its command installs, are gone after the test."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """An X display that nobody sees, ":7" say; for tests marked gui."""
    import x11

    with x11.xvfb() as name:
        yield name


@pytest.fixture
def screen(display: str) -> Iterator[Screen]:
    """A hand and an eye on that display; what the test starts there is killed after it."""
    import x11

    with x11.Screen(display) as screen:
        yield screen


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Torch's threads spin while they wait: on a machine that is busy, small models take ten times longer on two."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def found_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model's layers are waited for, however busy the machine is: no window comes before its first picture."""
    from live.model_view import first_run

    monkeypatch.setattr(first_run, "AT_ONCE_S", 600.0)
