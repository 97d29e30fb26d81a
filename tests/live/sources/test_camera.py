"""The real thing: V4L2, by way of Linux's virtual test camera, with its faults. It may be slow: nothing is timed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from source_fakes import Events, reads_on
from vivid import DRIVER, PATIENCE_S, control

import live.opencv_settings  # noqa: F401 - before cv2: silent cameras block for one second, not ten
from live.sources import Frame, FrameSource, SourceError, SourceSettings, open_source
from live.sources.devices import list_cameras
from live.sources.live_reader import LiveReader

pytestmark = pytest.mark.camera

SMALL = SourceSettings(width=320, height=180)


def read_until(source: FrameSource, done: Callable[[Frame | None], bool]) -> None:
    """Read until `done`, which is given each frame, or None where none came."""
    give_up_s = time.monotonic() + PATIENCE_S
    while not done(source.read(0.1)):
        assert time.monotonic() < give_up_s, f"waited in vain: {source.counts}"


def read_frames(source: FrameSource, count: int) -> None:
    """Read until `count` more frames have been given."""
    left = [count]

    def counted(frame: Frame | None) -> bool:
        left[0] -= frame is not None
        return left[0] == 0

    read_until(source, counted)


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def source(events: Events) -> Iterator[FrameSource]:
    """Camera 0 at 320x180, and pictures coming from it; afterwards the counts must add up."""
    opened = open_source("0", SMALL, events)
    try:
        read_frames(opened, 3)
        yield opened
    finally:
        opened.close()
    assert isinstance(opened, LiveReader)
    assert not reads_on(opened.name)
    assert events.kinds().count("drop") == opened.counts.dropped


def test_the_listing_agrees_with_v4l2_ctl() -> None:
    (camera,) = list_cameras()
    told = subprocess.run(["v4l2-ctl", "-d", camera.device, "--list-formats-ext"], capture_output=True, text=True)
    expected: dict[tuple[str, str], list[str]] = {}
    pixel_format = size = ""
    for line in told.stdout.splitlines():
        if found := re.search(r"\]: '(.+?)'", line):
            pixel_format = found[1].replace(" ", "")
        elif found := re.search(r"Size: Discrete (\S+)", line):
            size = found[1]
            expected[pixel_format, size] = []
        elif found := re.search(r"\((\d+\.\d+) fps\)", line):
            expected[pixel_format, size].append(found[1])
    listed = {
        (offer.format, f"{offer.size_wh[0]}x{offer.size_wh[1]}"): sorted(f"{fps:.3f}" for fps in offer.fps)
        for offer in camera.offers
    }
    assert listed == {key: sorted(rates) for key, rates in expected.items()}
    assert (camera.index, camera.name, camera.place) == (0, "vivid", "platform:vivid-000")


def test_what_is_granted_is_read_back(events: Events) -> None:
    settings = SourceSettings(width=1280, height=720, format="MJPG")
    source = open_source("0", settings, events)
    frame = None
    while frame is None:
        frame = source.read(1.0)
    source.close()
    assert frame.image.shape == (720, 1280, 3)
    assert re.fullmatch(r"camera 0, \w+ 1280x720 at [\d.]+ fps \(asked for MJPG\)", source.granted)


def test_the_time_of_capture_is_the_kernels(source: FrameSource) -> None:
    times: list[float] = []

    def enough(frame: Frame | None) -> bool:
        if frame is not None:
            assert frame.captured_at_s <= time.monotonic()
            times.append(frame.captured_at_s)
        return len(times) == 5

    read_until(source, enough)
    assert times == sorted(times)


@pytest.mark.parametrize(("format", "gray_from"), [("YUYV", "luma"), ("GREY", "cvtColor")])
def test_one_plane_is_read_where_the_camera_gives_it(events: Events, format: str, gray_from: str) -> None:
    # GREY is not a person's to choose; it makes this camera one that gives nothing else.
    settings = SourceSettings(width=320, height=180, format=format, gray_only=True)  # type: ignore[arg-type]
    source = open_source("/dev/video0", settings, events)
    frame = None
    while frame is None:
        frame = source.read(1.0)
    source.close()
    assert frame.image.shape == (180, 320)
    assert frame.gray_from == gray_from
    assert f"{format} 320x180" in source.granted
    assert np.ptp(frame.image) > 100  # the test card


def test_a_second_viewer_is_told_that_the_camera_is_busy(source: FrameSource, events: Events) -> None:
    for text in ("0", None):
        with pytest.raises(SourceError, match=r"camera 0 \(/dev/video0, vivid\) is in use by another program"):
            open_source(text, SMALL, events)
    read_frames(source, 2)


@pytest.mark.parametrize("text", ["-1", "99", "2147483648", "/dev/video9"])
def test_a_camera_that_is_not_there_is_one_sentence(text: str, events: Events) -> None:
    with pytest.raises(SourceError, match=r"is not there: the cameras here are 0 \(vivid\)"):
        open_source(text, SMALL, events)


def test_a_camera_that_may_not_be_opened_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "ask.py").write_text(
        "import os\n"
        "from live.sources.linux_cameras import list_cameras\n"
        "os.setgid(65534)\n"
        "os.setuid(65534)\n"
        "print(list_cameras(False)[0].problem)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])}

    told = subprocess.run([sys.executable, tmp_path / "ask.py"], env=environment, capture_output=True, text=True)
    assert told.stdout.startswith("not permitted: join the group 'video'"), told.stderr


def test_a_stall_is_noticed_and_costs_no_reconnect(source: FrameSource, events: Events) -> None:
    control("percentage_of_dropped_buffers", 100)
    try:
        read_until(source, lambda frame: frame is None and source.silent_since_s is not None)
    finally:
        control("percentage_of_dropped_buffers", 0)
    read_frames(source, 5)
    assert source.silent_since_s is None
    assert source.counts.reconnects == 0
    assert [kind for kind in events.kinds() if kind in ("stall", "signal", "reconnect")] == ["stall", "signal"]


@pytest.mark.parametrize("fault", ["disconnect", "inject_fatal_streaming_error"])
def test_a_camera_that_fails_is_opened_again_once(source: FrameSource, fault: str) -> None:
    control(fault, 1)
    read_until(source, lambda _: source.counts.reconnects == 1)
    read_frames(source, 10)
    assert source.counts.reconnects == 1


def test_a_camera_that_opens_and_cannot_stream_is_tried_again(events: Events) -> None:
    control("inject_vidioc_streamon_error", 1)
    source = open_source("0", SMALL, events)
    read_frames(source, 3)
    source.close()
    assert source.counts.failed_reads > 0


def test_a_camera_that_is_unplugged_for_a_while_comes_back_under_its_number(source: FrameSource) -> None:
    (DRIVER / "unbind").write_text("vivid.0")
    try:
        read_until(source, lambda frame: frame is None and source.silent_since_s is not None)
    finally:
        (DRIVER / "bind").write_text("vivid.0")
    read_frames(source, 10)
    assert source.counts.reconnects == 1
    assert [camera.index for camera in list_cameras(with_offers=False)] == [0]


def test_paused_the_camera_is_drained(source: FrameSource) -> None:
    source.pause(True)
    paused = (source.counts.captured, source.counts.dropped)
    time.sleep(0.5)  # the camera's own time
    assert (source.counts.captured, source.counts.dropped) == paused
    assert source.silent_since_s is None
    source.pause(False)
    resumed_s = time.monotonic()
    read_until(source, lambda frame: frame is not None and frame.captured_at_s > resumed_s - 0.2)
