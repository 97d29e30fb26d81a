"""The camera of a page: a camera like any other, that is plugged in while a page gives its pictures."""

from __future__ import annotations

import math
import struct

import cv2
import numpy as np
import pytest
from source_fakes import Events

from convviz_core.arrays import ByteArray
from live.sources.browser import (
    MOST_SCANS,
    MOST_SIDE,
    START_OF_SCAN,
    BrowserCamera,
    BrowserDevice,
    decoded,
    jpeg_size_wh,
)
from live.sources.frame import Frame, SourceError, SourceSettings


def jpeg(image: ByteArray, *flags: int) -> bytes:
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95, *flags])[1].tobytes()


def flat(value: int, size_wh: tuple[int, int] = (40, 30)) -> ByteArray:
    return np.full((size_wh[1], size_wh[0], 3), value, np.uint8)


def claiming(size_wh: tuple[int, int]) -> bytes:
    """A small JPEG whose header says that it is of another size."""
    small = jpeg(flat(9))
    at = small.index(b"\xff\xc0")
    return small[: at + 5] + struct.pack(">HH", size_wh[1], size_wh[0]) + small[at + 9 :]


def behind(odd: bytes) -> bytes:
    """A whole picture with an odd marker first, whose two bytes libjpeg passes over.

    Whoever takes the next two for its length comes to the comment's last two bytes, a frame header of 2048x2048.
    """
    plain = jpeg(flat(3))
    comment = b"\xff\xfe\xff\xfe" + bytes(65530) + b"\xff\xc0"
    another = b"\xff\xfe\x00\x08\x00\x08\x00\x00\x00\x00"
    return plain[:2] + odd + comment + another + plain[2:]


def with_scans(count: int) -> bytes:
    """A progressive picture, whose last scan comes again until there are so many."""
    whole = jpeg(flat(3), cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    last = whole[whole.rindex(START_OF_SCAN) : -2]
    return whole[:-2] + (count - whole.count(START_OF_SCAN)) * last + whole[-2:]


def first_frame(device: BrowserDevice, camera: BrowserCamera) -> Frame:
    """The page gives pictures until one has gone through."""
    for _ in range(1000):
        device.picture(jpeg(flat(77)), math.nan)
        if frame := camera.read(0.05):
            return frame
    raise AssertionError("no frame came")


@pytest.mark.parametrize("flags", [(), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1), (cv2.IMWRITE_JPEG_RST_INTERVAL, 2)])
def test_a_picture_s_size_stands_in_its_header(flags: tuple[int, ...]) -> None:
    assert jpeg_size_wh(jpeg(flat(3, (123, 45)), *flags)) == (123, 45)


def test_whatever_lies_before_the_frame_header_is_skipped() -> None:
    plain = jpeg(flat(3, (123, 45)))
    comment = b"\xff\xfe" + struct.pack(">H", 1002) + b"\xff\xc0\x00\x11\x08" * 200
    assert jpeg_size_wh(plain[:2] + comment + plain[2:]) == (123, 45)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x00\x00\x00\xff\xd9",
        b"\xff\xd8\xff\xe0\x00\x01\xff\xd9",
        b"\xff\xd8" + b"\x00" * 50 + b"\xff\xd9",
        cv2.imencode(".png", flat(3))[1].tobytes() + b"\xff\xd9",
        jpeg(flat(3))[:200],
        jpeg(flat(3))[:-2],
        claiming((65535, 65535)),
        claiming((MOST_SIDE + 1, 8)),
        claiming((8, MOST_SIDE + 1)),
        behind(b"\xff\xff"),
        behind(b"\xff\x01"),
        behind(b"\xff\xd0"),
        with_scans(MOST_SCANS + 1),
    ],
)
def test_what_is_no_whole_jpeg_of_a_fair_size_is_damaged(data: bytes) -> None:
    assert decoded(data) is None


def test_a_progressive_picture_as_programs_write_it_is_whole() -> None:
    image = decoded(jpeg(flat(3), cv2.IMWRITE_JPEG_PROGRESSIVE, 1))
    assert image is not None
    assert image.shape == (30, 40, 3)


def test_a_picture_is_decoded_as_opencv_decodes_it() -> None:
    image = np.random.default_rng(3).integers(0, 256, (30, 40, 3), np.uint8)
    found = decoded(jpeg(image))
    assert found is not None
    assert (found == cv2.imdecode(np.frombuffer(jpeg(image), np.uint8), cv2.IMREAD_COLOR)).all()


def test_the_page_is_asked_for_what_the_command_line_says() -> None:
    def wanted(settings: SourceSettings) -> dict[str, float]:
        return BrowserDevice(settings, Events()).wanted()

    assert wanted(SourceSettings()) == {"width": 1280.0, "height": 720.0, "fps": 30.0}
    assert wanted(SourceSettings(width=640, fps=15.0)) == {"width": 640.0, "fps": 15.0}


def test_the_newest_picture_is_taken_and_every_picture_is_answered() -> None:
    answers: list[int] = []
    device = BrowserDevice(SourceSettings(), Events())
    device.started("webcam", (40, 30), 30.0, lambda: answers.append(1))
    capture = device.open(lambda _: None)
    for value in (10, 20, 30):
        device.picture(jpeg(flat(value)), 5.0)
    assert len(answers) == 2  # passed over
    assert capture.grab()
    assert len(answers) == 3
    image = capture.retrieve(None)
    assert image is not None
    assert abs(int(image[0, 0, 0]) - 30) <= 1
    assert capture.granted == "the page's camera 'webcam', 40x30 at 30 fps"
    device.picture(jpeg(flat(40)), 5.0)
    device.stopped("closed")
    assert not capture.grab()


@pytest.mark.parametrize(("said_s", "taken_s"), [(99.0, 99.0), (101.0, 100.0), (80.0, 100.0), (math.nan, 100.0)])
def test_what_the_page_says_of_the_time_is_taken_where_it_can_be(said_s: float, taken_s: float) -> None:
    device = BrowserDevice(SourceSettings(), Events())
    device.started("", (40, 30), None, lambda: None)
    capture = device.open(lambda _: None)
    device.picture(jpeg(flat(1)), said_s)
    assert capture.grab()
    assert capture.captured_at_s(100.0) == taken_s


def test_before_a_page_has_come_there_is_no_camera_and_why_is_said() -> None:
    device = BrowserDevice(SourceSettings(), Events())
    assert not device.present()
    with pytest.raises(SourceError, match="open the address above"):
        device.open(lambda _: None)


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("refused", "may not use the camera"),
        ("in use", "another program"),
        ("missing", "finds no camera"),
        ("insecure", "ssh -L"),
        ("ended", "gone away"),
        ("failed", "does not start"),
        ("closed", "page with the camera is closed"),
    ],
)
def test_why_the_camera_is_off_is_said_once_and_it_is_waited_for(why: str, words: str) -> None:
    events = Events()
    device = BrowserDevice(SourceSettings(), events)
    device.started("webcam", (40, 30), 30.0, lambda: None)
    device.stopped(why)
    device.stopped(why)
    assert len(events) == 1
    assert words in events[0].detail
    assert "waiting for it" in events[0].detail
    with pytest.raises(SourceError, match=words):
        device.open(lambda _: None)


def test_the_view_waits_for_a_page_shows_its_pictures_and_goes_on_with_the_next_page() -> None:
    events = Events()
    device = BrowserDevice(SourceSettings(), events)
    camera = BrowserCamera(device, events, SourceSettings())
    assert "waiting for it" in events[0].detail
    assert math.isnan(camera.given_captured_at_s)
    for label in ("first", "second"):
        device.started(label, (40, 30), 30.0, lambda: None)
        before = len(events)
        frame = first_frame(device, camera)
        assert abs(int(frame.image[0, 0, 0]) - 77) <= 1
        assert camera.given_captured_at_s == frame.captured_at_s
        assert label in camera.granted
        assert ("reconnect" in [event.kind for event in events[before:]]) == (label == "second")
        device.stopped("closed")
    camera.close()
    assert camera.counts.captured >= 2
