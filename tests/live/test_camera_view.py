"""The command line at a real V4L2 camera, Linux's virtual one, that is unplugged and stalls; nothing is timed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest
from vivid import DRIVER, PATIENCE_S, control

pytestmark = pytest.mark.camera

AWAY_S = 4.0  # how long the camera is unplugged

Events = list[dict[str, Any]]


class Viewer:
    """`convviz 0 --headless` in a process of its own, watched by way of its trace."""

    def __init__(self, folder: Path, *options: str, size: tuple[int, int] = (320, 180)) -> None:
        self.stats, self.trace = folder / "stats.json", folder / "trace.json"
        arguments = ["0", "--headless", "--width", str(size[0]), "--height", str(size[1]), "--engine", "opencv"]
        outputs = ["--stats", str(self.stats), "--trace", str(self.trace)]
        self.program = subprocess.Popen(
            [sys.executable, "-m", "live", *arguments, *outputs, *options], stderr=subprocess.PIPE, text=True
        )

    def events(self) -> Events:
        """What is in the trace so far."""
        try:
            events: Events = json.loads(self.trace.read_text())
        except (FileNotFoundError, json.JSONDecodeError):  # not yet there, or just being written
            return []
        return events

    def wait_for(self, happened: Callable[[Events], bool]) -> None:
        """Wait until the trace shows it."""
        give_up_s = time.monotonic() + PATIENCE_S
        while not happened(self.events()):
            assert self.program.poll() is None, self.program.communicate()[1]
            assert time.monotonic() < give_up_s, "waited in vain"
            time.sleep(0.1)

    def end(self) -> tuple[int, str, dict[str, Any]]:
        """Exit code, stderr and statistics."""
        _, said = self.program.communicate(timeout=5 * PATIENCE_S)  # an emulated processor takes seconds a frame
        stats: dict[str, Any] = json.loads(self.stats.read_text())
        frames = stats["frames"]
        assert frames["captured"] == frames["processed"] + frames["dropped"]
        assert "Traceback" not in said
        return self.program.returncode, said, stats


def times_of(events: Events, name: str) -> list[float]:
    return [event["ts"] for event in events if event["name"] == name and event["ph"] in "Xi"]


def has_pictures(events: Events) -> bool:
    return len(times_of(events, "compute")) >= 5


@pytest.fixture
def view(tmp_path: Path) -> Iterator[Callable[..., Viewer]]:
    started: list[Viewer] = []

    def start(*options: str, size: tuple[int, int] = (320, 180)) -> Viewer:
        started.append(Viewer(tmp_path, *options, size=size))
        return started[-1]

    yield start
    for viewer in started:
        if viewer.program.poll() is None:
            viewer.program.kill()
            viewer.program.wait()


def test_a_view_goes_on_when_the_camera_is_unplugged_for_a_while(view: Callable[..., Viewer]) -> None:
    viewer = view("--frames", "120")
    viewer.wait_for(has_pictures)
    (DRIVER / "unbind").write_text("vivid.0")
    try:
        time.sleep(AWAY_S)
    finally:
        (DRIVER / "bind").write_text("vivid.0")
    code, _, stats = viewer.end()
    assert code == 0
    assert stats["frames"]["processed"] == 120
    assert stats["frames"]["reconnects"] == 1
    events = viewer.events()
    told = Counter(event["name"] for event in events if event["ph"] == "i")
    assert (told["stall"], told["signal"], told["reconnect"]) == (1, 1, 1)
    (back_at,) = times_of(events, "reconnect")
    before = [at for at in times_of(events, "compute") if at < back_at]
    assert 5 <= len(before) <= 115


def test_a_view_waits_for_a_camera_that_opens_and_cannot_stream(view: Callable[..., Viewer]) -> None:
    control("inject_vidioc_streamon_error", 1)
    code, _, stats = view("--frames", "10").end()
    assert code == 0
    assert stats["frames"]["processed"] == 10
    assert stats["frames"]["failed_reads"] > 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_during_a_stall_finishes_the_recording(
    number: int, code: int, tmp_path: Path, view: Callable[..., Viewer]
) -> None:
    film = tmp_path / "film.mkv"
    viewer = view("--record", str(film), "--record-what", "mosaic")
    viewer.wait_for(has_pictures)
    control("percentage_of_dropped_buffers", 100)
    try:
        viewer.wait_for(lambda events: len(times_of(events, "stall")) == 1)
        viewer.program.send_signal(number)
        ended = viewer.end()
    finally:
        control("percentage_of_dropped_buffers", 0)
    assert ended[0] == code
    assert f"recorded {film}" in ended[1]
    capture = cv2.VideoCapture(str(film))
    pictures = 0
    while capture.read()[0]:
        pictures += 1
    capture.release()
    assert pictures == ended[2]["frames"]["processed"]


def test_a_view_at_another_size(view: Callable[..., Viewer]) -> None:
    code, _, stats = view("--frames", "15", size=(1280, 720)).end()
    assert code == 0
    assert stats["size_wh"] == [1280, 720]
    assert stats["frames"]["processed"] == 15
