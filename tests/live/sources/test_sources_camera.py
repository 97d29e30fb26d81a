from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from source_fakes import Events

from convviz_core.arrays import ByteArray
from live.sources import SourceError, SourceSettings, open_source
from live.sources import camera as camera_module
from live.sources import opening as opening_module
from live.sources.camera import FULL_RANGE, CameraCapture, CameraDevice
from live.sources.camera_info import CameraInfo, Mode, Offer, doctor
from live.sources.devices import list_cameras, missing

NAMES = {
    cv2.CAP_PROP_FOURCC: "format",
    cv2.CAP_PROP_FRAME_WIDTH: "width",
    cv2.CAP_PROP_FRAME_HEIGHT: "height",
    cv2.CAP_PROP_FPS: "fps",
    cv2.CAP_PROP_CONVERT_RGB: "convert",
    cv2.CAP_PROP_POS_MSEC: "stamp",
}


def never(_: float) -> None:
    raise AssertionError("a camera waits for its pictures itself")


def fourcc(name: str) -> float:
    return float(cv2.VideoWriter.fourcc(*name))


class FakeCapture:
    """cv2.VideoCapture with a driver that grants some formats, and says yes to everything, as drivers do."""

    def __init__(self, formats: tuple[str, ...] = ("MJPG", "YUYV"), opens: bool = True) -> None:
        self.formats = formats
        self.opens = opens
        self.asked: list[tuple[str, float | str]] = []
        self.released = 0
        self.breaks = False
        self.image: ByteArray = np.zeros((480, 640, 3), np.uint8)
        self.state = {"format": fourcc(formats[0]), "width": 640.0, "height": 480.0, "fps": 30.0, "stamp": 0.0}

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self.opens

    def set(self, number: int, value: float) -> bool:
        name = NAMES[number]
        if name == "format":
            letters = int(value).to_bytes(4, "little").decode()
            self.asked.append((name, letters))
            if letters not in self.formats:
                return True
        else:
            self.asked.append((name, value))
        self.state[name] = float(value)
        return True

    def get(self, number: int) -> float:
        return self.state.get(NAMES[number], 0.0)

    def grab(self) -> bool:
        if self.breaks:
            raise cv2.error("broken")
        return True

    def retrieve(self, memory: ByteArray | None = None) -> tuple[bool, ByteArray]:  # noqa: ARG002
        if self.breaks:
            raise cv2.error("broken")
        return True, self.image

    def release(self) -> None:
        self.released += 1


class Plugged:
    """What is plugged in, and what OpenCV makes of it."""

    def __init__(self) -> None:
        self.cameras: list[CameraInfo] = []
        self.capture = FakeCapture()
        self.opened: list[tuple[int, int]] = []

    def listing(self, with_offers: bool = True) -> list[CameraInfo]:  # noqa: ARG002
        return self.cameras

    def video_capture(self, index: int, backend: int) -> FakeCapture:
        self.opened.append((index, backend))
        return self.capture


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> Plugged:
    """A Linux with nothing plugged in yet."""
    fake = Plugged()
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(camera_module, "list_cameras", fake.listing)
    monkeypatch.setattr(opening_module, "list_cameras", fake.listing)
    monkeypatch.setattr(cv2, "VideoCapture", fake.video_capture)
    return fake


WEBCAM = CameraInfo(0, "/dev/video0", "Webcam", "usb-1")


def opened(capture: FakeCapture, settings: SourceSettings) -> CameraCapture:
    return CameraCapture(capture, "camera 0", settings)  # type: ignore[arg-type] # it quacks like one


def test_the_format_is_asked_for_first_then_the_size_then_the_rate() -> None:
    capture = FakeCapture()
    camera = opened(capture, SourceSettings(width=1280, height=720, fps=60))
    assert capture.asked == [("format", "MJPG"), ("width", 1280), ("height", 720), ("fps", 60)]
    assert camera.granted == "camera 0, MJPG 1280x720 at 60 fps"


def test_nothing_but_the_format_is_asked_for_unless_told() -> None:
    capture = FakeCapture()
    opened(capture, SourceSettings())
    assert capture.asked == [("format", "MJPG")]


def test_what_was_asked_for_in_vain_is_said() -> None:
    camera = opened(FakeCapture(("YUYV",)), SourceSettings(format="MJPG", width=640))
    assert camera.granted == "camera 0, YUYV 640x480 at 30 fps (asked for MJPG)"


def test_luma_is_expanded_to_full_range() -> None:
    y = np.arange(256)
    expected = np.clip((y - 16) * 255 / 219, 0, 255)
    assert np.abs(FULL_RANGE - expected).max() <= 0.5
    assert (FULL_RANGE[16], FULL_RANGE[235], FULL_RANGE[0], FULL_RANGE[255]) == (0, 255, 0, 255)


def test_yuyv_that_was_asked_for_is_read_as_luma_where_colour_is_not_needed() -> None:
    capture = FakeCapture()
    camera = opened(capture, SourceSettings(format="YUYV", gray_only=True))
    capture.image = np.zeros((2, 4, 2), np.uint8)
    capture.image[..., 0] = [[16, 235, 126, 255], [0, 17, 125, 234]]
    capture.image[..., 1] = 77  # chroma
    assert ("convert", 0) in capture.asked
    assert camera.gray_from == "luma"
    # (126 - 16) * 255 / 219 = 128.08, (17 - 16) * 255 / 219 = 1.16, 109 * 255 / 219 = 126.9, 218 * 255 / 219 = 253.8
    expected = [[0, 255, 128, 255], [0, 1, 127, 254]]
    np.testing.assert_array_equal(camera.retrieve(None), expected)
    memory = np.zeros((2, 4), np.uint8)
    assert camera.retrieve(memory) is not None
    np.testing.assert_array_equal(memory, expected)


@pytest.mark.parametrize(
    ("settings", "formats"),
    [
        (SourceSettings(format="YUYV"), ("YUYV",)),  # colour is needed
        (SourceSettings(gray_only=True), ("YUYV",)),  # nobody asked for YUYV
        (SourceSettings(format="YUYV", gray_only=True), ("MJPG",)),  # it was not granted
    ],
)
def test_otherwise_opencv_converts_to_bgr(settings: SourceSettings, formats: tuple[str, ...]) -> None:
    capture = FakeCapture(formats)
    assert opened(capture, settings).gray_from == "cvtColor"
    assert "convert" not in [name for name, _ in capture.asked]


def test_a_gray_camera_is_read_as_gray() -> None:
    capture = FakeCapture(("GREY",))
    camera = opened(capture, SourceSettings())
    capture.image = np.full((4, 6), 9, np.uint8)
    assert ("convert", 0) in capture.asked
    np.testing.assert_array_equal(camera.retrieve(None), capture.image)
    assert camera.gray_from == "cvtColor"


def test_an_exception_of_opencv_is_a_failed_read() -> None:
    capture = FakeCapture()
    camera = opened(capture, SourceSettings())
    capture.breaks = True
    assert not camera.grab()
    assert camera.retrieve(None) is None


@pytest.mark.parametrize(
    ("stamp_s", "expected_s"),
    [(99.97, 99.97), (100.03, 100.0), (0.0, 100.0), (1.7e9, 100.0), (89.0, 100.0)],
)
def test_the_kernels_time_stamp_counts_where_it_is_on_our_clock(stamp_s: float, expected_s: float) -> None:
    capture = FakeCapture()
    camera = opened(capture, SourceSettings())
    capture.state["stamp"] = stamp_s * 1000
    assert camera.captured_at_s(100.0) == pytest.approx(expected_s)


@pytest.mark.parametrize("text", ["-1", "99", "256", "2147483648", "-99999999999999999999"])
def test_a_number_that_no_camera_has_never_reaches_opencv(plugged: Plugged, text: str) -> None:
    plugged.cameras = [WEBCAM]
    with pytest.raises(SourceError, match=rf"camera {text} is not there: the cameras here are 0 \(Webcam\)"):
        open_source(text, SourceSettings(), Events())
    assert plugged.opened == []


def test_what_is_in_the_way_is_said(plugged: Plugged) -> None:
    for problem in ("in use by another program: close that first", "not permitted: join the group 'video'"):
        plugged.cameras = [CameraInfo(0, "/dev/video0", "Webcam", problem=problem)]
        for text in ("0", "/dev/video0", None):  # nothing given: a camera that is there is not passed over
            with pytest.raises(SourceError, match=rf"\(/dev/video0, Webcam\) is {problem}"):
                open_source(text, SourceSettings(), Events())
    assert plugged.opened == []


def test_a_camera_that_stays_shut_is_said(plugged: Plugged) -> None:
    plugged.cameras = [WEBCAM]
    plugged.capture.opens = False
    with pytest.raises(SourceError, match="camera 0 could not be opened: plug it in again"):
        open_source("0", SourceSettings(), Events())
    assert plugged.capture.released == 1


def test_a_node_that_is_no_camera_is_said(plugged: Plugged) -> None:
    plugged.cameras = [WEBCAM]
    with pytest.raises(SourceError, match="/dev/null gives no pictures"):
        CameraDevice("/dev/null", SourceSettings()).open(never)
    with pytest.raises(SourceError, match=r"/dev/video7 is not there: the cameras here are 0 \(Webcam\)"):
        CameraDevice("/dev/video7", SourceSettings()).open(never)


def test_nothing_given_is_the_first_camera(plugged: Plugged) -> None:
    plugged.cameras = [CameraInfo(2, "/dev/video2", "Webcam", "usb-1"), CameraInfo(4, "/dev/video4", "Other", "usb-2")]
    source = open_source(None, SourceSettings(), Events())
    source.close()
    assert source.name == "camera 2"
    assert plugged.opened == [(2, cv2.CAP_V4L2)]


def test_nothing_given_and_no_camera_is_the_default_scene_and_says_so(plugged: Plugged) -> None:
    events = Events()
    source = open_source(None, SourceSettings(), events)
    assert source.name.startswith("synthetic:")
    assert [(event.kind, event.detail) for event in events] == [
        ("notice", f"no camera is plugged in: showing {source.name}")
    ]
    assert plugged.opened == []


Finder = Callable[[list[CameraInfo]], tuple[int, int] | None]


@pytest.fixture
def after_replug(plugged: Plugged) -> Finder:
    """Open camera 0 (with another one beside it), unplug, plug in as told: what is opened then."""
    beside = CameraInfo(1, "/dev/video1", "Webcam", "usb-9")

    def reopen(cameras: list[CameraInfo]) -> tuple[int, int] | None:
        plugged.cameras = [WEBCAM, beside]
        device = CameraDevice("0", SourceSettings())
        device.open(never)
        plugged.cameras = [*cameras, beside]
        if not device.present():
            with pytest.raises(SourceError, match="not there"):
                device.open(never)
            return None
        device.open(never)
        return plugged.opened[-1]

    return reopen


def test_a_camera_is_found_again_under_another_number(after_replug: Finder) -> None:
    assert after_replug([CameraInfo(3, "/dev/video3", "Webcam", "usb-1")]) == (3, cv2.CAP_V4L2)


def test_a_camera_is_found_again_in_another_socket(after_replug: Finder) -> None:
    assert after_replug([CameraInfo(3, "/dev/video3", "Webcam", "usb-2")]) == (3, cv2.CAP_V4L2)


def test_another_camera_under_the_number_that_was_asked_for_is_taken(after_replug: Finder) -> None:
    assert after_replug([CameraInfo(0, "/dev/video0", "Better webcam", "usb-1")]) == (0, cv2.CAP_V4L2)


def test_a_twin_that_was_there_all_the_time_is_left_alone(after_replug: Finder) -> None:
    assert after_replug([]) is None


def test_windows_tries_one_backend_after_the_other(plugged: Plugged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    plugged.capture.opens = False
    with pytest.raises(SourceError, match="allow desktop apps to use it"):
        CameraDevice("0", SourceSettings()).open(never)
    assert plugged.opened == [(0, cv2.CAP_MSMF), (0, cv2.CAP_DSHOW)]


def test_windows_numbers_cameras_and_not_the_scanners_of_their_class(monkeypatch: pytest.MonkeyPatch) -> None:
    told = (
        "Image|usbscan|Flatbed 3000\r\nCamera|usbvideo|Integrated Webcam\r\nImage|WSDScan|Office printer\r\n"
        "Image||Network scanner\r\nImage|usbvideo|Old webcam\r\nImage|vendoruvc|Webcam | Pro\r\n\r\n"
    )
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr("live.sources.devices._output", lambda _: told)
    names = [(camera.index, camera.name) for camera in list_cameras()]
    assert names == [(0, "Integrated Webcam"), (1, "Old webcam"), (2, "Webcam | Pro")]


MJPG_720P = Offer("MJPG", (1280, 720), (30.0, 15.0))
YUYV_720P = Offer("YUYV", (1280, 720), (10.0, 5.0))
YUYV_VGA = Offer("YUYV", (640, 480), (30.0,))


def test_the_doctor_names_the_format_that_slows_a_camera_down() -> None:
    granted = Mode("YUYV", (1280, 720), 10.0)
    advice = doctor(granted, (YUYV_VGA, YUYV_720P, MJPG_720P), 9.8)
    assert advice == "10 fps because of YUYV at 1280x720: try --format MJPG"


@pytest.mark.parametrize(
    ("granted", "offered", "measured_fps"),
    [
        (Mode("MJPG", (1280, 720), 30.0), (YUYV_720P, MJPG_720P), 29.5),
        (Mode("YUYV", (1280, 720), 10.0), (YUYV_720P,), 10.0),  # nothing better is offered
        (Mode("YUYV", (640, 480), 30.0), (YUYV_VGA, MJPG_720P), 28.0),
        (Mode("", (640, 480), None), (), 12.0),
    ],
)
def test_the_doctor_is_silent_where_the_camera_is_not_the_limit(
    granted: Mode, offered: tuple[Offer, ...], measured_fps: float
) -> None:
    assert doctor(granted, offered, measured_fps) is None


def test_the_doctor_names_a_camera_that_gives_less_than_it_granted() -> None:
    advice = doctor(Mode("MJPG", (1280, 720), 30.0), (MJPG_720P,), 15.1)
    assert advice == "the camera gives 15 of its 30 fps: give it more light, or another USB port"


def test_an_open_camera_is_asked_for_its_offers_once(plugged: Plugged, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[CameraInfo] = []

    def offers(camera: CameraInfo) -> tuple[Offer, ...]:
        asked.append(camera)
        return (Offer("YUYV", (640, 480), (30.0,)), Offer("MJPG", (640, 480), (60.0,)))

    monkeypatch.setattr(camera_module, "offers", offers)
    plugged.cameras = [WEBCAM]
    plugged.capture = FakeCapture(("YUYV",))
    device = CameraDevice("0", SourceSettings())
    assert device.advice(30.0) is None
    device.open(never)
    assert device.advice(30.0) == "30 fps because of YUYV at 640x480: try --format MJPG"
    assert device.advice(60.0) is None
    assert asked == [WEBCAM]


def test_a_sentence_lists_the_cameras_that_are_there() -> None:
    assert missing("camera 3", []) == "camera 3 is not there: no camera is plugged in"
    assert missing("camera 3", [WEBCAM]) == "camera 3 is not there: the cameras here are 0 (Webcam)"
