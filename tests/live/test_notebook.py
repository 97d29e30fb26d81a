"""The viewer in a notebook's cell, without a notebook: what is shown, and what ends it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import types
from pathlib import Path

import pytest
from chromium import wait_until

from live.notebook import Frame, command, show

ROOT = Path(__file__).resolve().parent.parent.parent
needs_server = pytest.mark.skipif(importlib.util.find_spec("websockets") is None, reason="needs websockets")


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Frame]:
    """What a notebook would show."""
    frames: list[Frame] = []
    of_notebook = types.ModuleType("IPython.display")
    of_notebook.display = frames.append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", of_notebook)
    return frames


def test_options_are_the_command_line_s() -> None:
    options = {"filters": "sobel", "mirror": True, "loop": False, "warm_up": 2.5, "record": None}
    assert command("browser", 0, options) == ["browser", "--filters=sobel", "--mirror", "--warm-up=2.5", "--serve", "0"]
    assert command(None, 8000, {}) == ["--serve", "8000"]


def test_the_frame_may_use_the_camera_and_breaks_out_of_no_attribute() -> None:
    markup = Frame('http://127.0.0.1:1/?token="><script>', 500)._repr_html_()
    assert 'allow="camera; fullscreen"' in markup
    assert 'height="500"' in markup
    assert "<script>" not in markup


@needs_server
def test_the_cell_shows_the_page_and_stop_ends_the_viewer(shown: list[Frame]) -> None:
    viewer = show("synthetic", wait=False, engine="opencv")
    assert viewer.url in shown[0]._repr_html_()
    viewer.stop()
    viewer.stop()
    assert viewer.exit_code == 143


@needs_server
def test_a_viewer_that_does_not_start_says_why(shown: list[Frame]) -> None:
    with pytest.raises(RuntimeError, match=r"there is no file nothing\.png"):
        show("nothing.png")
    assert shown == []


@needs_server
def test_the_viewer_ends_with_the_kernel_however_that_ends_and_finishes_its_files(tmp_path: Path) -> None:
    stats = tmp_path / "stats.json"
    kernel = (
        "import os, sys, types\n"
        "module = types.ModuleType('IPython.display'); module.display = lambda frame: None\n"
        "sys.modules['IPython'] = sys.modules['IPython.display'] = module\n"
        "from live.notebook import show\n"
        f"show('synthetic', wait=False, engine='opencv', stats={str(stats)!r})\n"
        "os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", kernel], cwd=ROOT).returncode == -9
    wait_until(stats.exists, "the viewer to end")
