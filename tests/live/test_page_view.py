"""The whole viewer in a page of a real browser: the window's canvases, the page's camera and its maps."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from chromium import Chromium, Tab, wait_until
from page_pixels import complaints, shows

from convviz_core import open_engine
from convviz_core.arrays import ByteArray
from live.app import initial_state
from live.events import Button, Closed, DisplayEvent, Gesture, Key, MouseButton, Pointer, Wheel
from live.loop import Last, run
from live.measuring.profiler import Profiler
from live.parsers import view_arguments
from live.sources.frame import SourceSettings
from live.sources.opening import open_source

pytestmark = pytest.mark.browser
pytest.importorskip("websockets")

from served import Viewer  # noqa: E402

CANVAS_WH, BAR_PX = (900, 640), 25
DARK, BRIGHT, CAMERA_WH = 64, 192, (640, 480)
# Keys, clicks and the wheel at a point of the canvas: nothing that has a sentence said for a while.
DOINGS: tuple[tuple[str, ...], ...] = (
    ("r", "n", "c"),
    ("k", "click 450 200", "f"),
    ("i", "click 450 200", "Right", "x"),
    ("wheel 450 200", "wheel 450 200", "wheel 450 200"),
    ("g", "shift click 300 300", "t"),
    ("h",),
)
PRESSED = {"Right": ("ArrowRight", "ArrowRight")}


class FixedWindow:
    """The window of this test: a person does one thing a look, and closes it after the last."""

    interactive = True
    canvas_wh = CANVAS_WH

    def __init__(self, events: Sequence[DisplayEvent]) -> None:
        self._events = deque(events)
        self.shown: ByteArray = np.empty(0, np.uint8)

    def open(self, preferred_wh: tuple[int, int]) -> None:
        pass

    def show(self, canvas: ByteArray) -> Sequence[DisplayEvent]:
        self.shown = canvas.copy()
        return ()

    def idle(self, wait_s: float) -> Sequence[DisplayEvent]:  # noqa: ARG002
        return [self._events.popleft() if self._events else Closed()]

    def set_fullscreen(self, fullscreen: bool) -> None:
        pass

    def close(self) -> None:
        pass


def as_events(doing: str) -> list[DisplayEvent]:
    """What a window tells of it."""
    *kind, x, y = doing.split() if " " in doing else (doing, "0", "0")
    at = (int(x), int(y))
    if kind == ["wheel"]:
        return [Pointer(at), Wheel(at, 1.0)]
    if kind[-1] == "click":
        return [Pointer(at), Button(MouseButton.LEFT, Gesture.CLICK, at, shift=len(kind) > 1)]
    return [Key(doing)]


def do(tab: Tab, doing: str) -> None:
    """Do it in the page."""
    *kind, x, y = doing.split() if " " in doing else (doing, "0", "0")
    if kind == ["wheel"]:
        tab.mouse("mouseWheel", int(x), int(y), deltaX=0, deltaY=-100)
    elif kind[-1] == "click":
        for what in ("mousePressed", "mouseReleased"):
            tab.mouse(what, int(x), int(y), button="left", clickCount=1, modifiers=8 * (len(kind) > 1))
    else:
        tab.key(*PRESSED.get(doing, (doing, f"Key{doing.upper()}")))


def window_s_canvas(picture: Path, doings: Sequence[str]) -> ByteArray:
    """What the loop shows in a window of the page's size after all that was done."""
    window = FixedWindow([event for doing in doings for event in as_events(doing)])
    source = open_source(str(picture), SourceSettings(), lambda _: None)
    with open_engine("opencv", background=False) as engine:
        run(source, engine, window, Profiler(), Last(initial_state(view_arguments([str(picture)]), print)))
    return window.shown


def test_the_same_doings_give_the_same_canvas_as_the_window_to_the_byte(tmp_path: Path) -> None:
    picture = tmp_path / "noise.png"
    pixels = np.random.default_rng(7).integers(0, 256, (60, 80, 3), np.uint8).repeat(4, 0).repeat(4, 1)
    cv2.imwrite(str(picture), pixels)
    done: list[str] = []
    with Viewer(str(picture), "--engine", "opencv") as viewer, Chromium() as browser:
        tab = browser.open()
        tab.resize(CANVAS_WH[0], CANVAS_WH[1] + BAR_PX)
        tab.go(viewer.url)
        shows(tab, window_s_canvas(picture, []))
        for group in DOINGS:
            for doing in group:
                do(tab, doing)
            done += group
            shows(tab, window_s_canvas(picture, done))
        assert complaints(tab) == []


@pytest.fixture
def step_file(tmp_path: Path) -> Path:
    """A film for Chromium's fake camera, I420 as Y4M: dark on the left, bright on the right."""
    width, height = CAMERA_WH
    film = tmp_path / "step.y4m"
    luma = np.full((height, width), round(16 + DARK * 219 / 255), np.uint8)
    luma[:, width // 2 :] = round(16 + BRIGHT * 219 / 255)
    frame = b"FRAME\n" + luma.tobytes() + b"\x80" * (width * height // 2)
    film.write_bytes(f"YUV4MPEG2 W{width} H{height} F30:1 Ip A1:1 C420jpeg\n".encode() + 2 * frame)
    return film


@pytest.fixture
def filming(step_file: Path) -> Iterator[Chromium]:
    """Chromium with that camera, which everybody may use."""
    fake = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
    with Chromium(*fake, f"--use-file-for-fake-video-capture={step_file}") as browser:
        yield browser


@pytest.mark.parametrize("how", ["from the track", "from a video element"])
def test_the_page_s_camera_comes_up_and_the_maps_have_the_right_values(
    filming: Chromium, tmp_path: Path, how: str
) -> None:
    size = ["--width", str(CAMERA_WH[0]), "--height", str(CAMERA_WH[1])]
    with Viewer("browser", "--engine", "opencv", "--snapshot", str(tmp_path), *size) as viewer:
        tab = filming.open()
        if how == "from a video element":
            tab.tell("Page.addScriptToEvaluateOnNewDocument", source="delete window.MediaStreamTrackProcessor")
        tab.go(viewer.url)
        tab.wait("convviz.camera.sent > 5 && convviz.pictures.fromCamera && convviz.pictures.rate > 0")
        assert 0 <= tab.evaluate("convviz.pictures.latency") < 10_000
        tab.key("q", "KeyQ")
        assert viewer.end(None) == 0
        assert complaints(tab) == []
    frame = cv2.imread(str(tmp_path / "frame.png"))
    assert frame is not None
    assert frame.shape == (CAMERA_WH[1], CAMERA_WH[0], 3)
    assert np.abs(frame[:, 8:300].astype(int) - DARK).max() <= 3
    assert np.abs(frame[:, 340:-8].astype(int) - BRIGHT).max() <= 3
    with np.load(tmp_path / "maps.npz") as maps:
        activated = maps["activated"]
    peak = 4 * 2 * (BRIGHT - DARK) / 255  # four rows, two of the bright columns against two of the dark ones
    assert activated[0].max() == pytest.approx(peak, abs=0.3)
    assert abs(int(activated[0].max(axis=0).argmax()) - (CAMERA_WH[0] // 2 - 2)) <= 1
    assert activated[1:].max() < 0.5
    assert math.isclose(activated[0][:, :280].max(), 0, abs_tol=0.3)


def test_a_refused_camera_is_said_in_the_page_and_on_stderr_and_waited_for(tmp_path: Path) -> None:
    fake = ("--use-fake-ui-for-media-stream=deny", "--use-fake-device-for-media-stream")
    with Viewer("browser", "--engine", "opencv", "--snapshot", str(tmp_path)) as viewer, Chromium(*fake) as browser:
        tab = browser.open(viewer.url)
        tab.wait("document.getElementById('camera').textContent.startsWith('camera not allowed')")
        tab.wait("!document.getElementById('again').hidden")
        viewer.hear("the page may not use the camera.*waiting for it")
        tab.key("q", "KeyQ")
        assert viewer.end(None) == 0


def test_a_page_that_is_closed_takes_its_camera_along_and_the_next_one_brings_another(filming: Chromium) -> None:
    with Viewer("browser", "--engine", "opencv") as viewer:
        first = filming.open(viewer.url)
        first.wait("convviz.camera.sent > 5")
        second = filming.open(viewer.url)
        second.wait("document.getElementById('connection').textContent.startsWith('watching')")
        assert second.evaluate("convviz.camera.sent") == 0
        filming.shut(first)
        viewer.hear("the page with the camera is closed; waiting for it")
        wait_until(lambda: second.evaluate("convviz.camera.sent > 5"), "the second page's camera")
        assert viewer.end() == 143
