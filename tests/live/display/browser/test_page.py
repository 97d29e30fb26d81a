"""The page in a real browser: what is drawn in it to the byte, what keys, mouse and fingers tell, what it says."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from chromium import Chromium, Tab, wait_until
from page_pixels import complaints, shows

from convviz_core.arrays import ByteArray
from live.events import Button, DisplayEvent, Gesture, Key, MouseButton, Pointer, Resize, Wheel

pytestmark = pytest.mark.browser
pytest.importorskip("websockets")

from served import Served  # noqa: E402
from slow_link import SlowLink  # noqa: E402

LEFT, RIGHT = MouseButton.LEFT, MouseButton.RIGHT
SHIFT = 8  # in DevTools' modifiers
BAR_PX = 25


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with Chromium() as started:
        yield started


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served()
    yield made
    made.display.close()


@pytest.fixture
def tab(chromium: Chromium, served: Served) -> Iterator[Tab]:
    opened = chromium.open()
    opened.resize(640, 480 + BAR_PX)
    opened.go(served.url())
    wait_until(lambda: served.display.canvas_wh == (640, 480), "the page to tell its size")
    served.display.idle(0)
    yield opened
    assert complaints(opened) == []
    chromium.shut(opened)


def noise(size_wh: tuple[int, int], seed: int = 0) -> ByteArray:
    return np.random.default_rng(seed).integers(0, 256, (size_wh[1], size_wh[0], 3), np.uint8)


def see(tab: Tab, served: Served, size_wh: tuple[int, int]) -> None:
    """Have the page show some canvas of that size."""
    served.display.show(noise(size_wh))
    tab.wait(f"document.getElementById('canvas').width === {size_wh[0]}")


def heard(served: Served, count: int) -> list[DisplayEvent]:
    """The next events of a person's hands, as many as there must be; where the pointer went meanwhile is left out."""
    found: list[DisplayEvent] = []
    while len(found) < count:
        found += [event for event in served.events(1) if not isinstance(event, Pointer)]
    return found


def test_at_rest_the_page_shows_the_canvas_to_the_byte(tab: Tab, served: Served) -> None:
    canvas = noise((640, 480))
    served.display.show(canvas)
    shows(tab, canvas)
    shown = cv2.imdecode(np.frombuffer(tab.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert (shown[:480] == canvas).all()  # one of its pixels is one of the screen's


def test_on_a_dense_screen_the_canvas_has_the_screen_s_own_pixels(served: Served) -> None:
    with Chromium("--force-device-scale-factor=2.5", size=(400, 500)) as dense:
        page = dense.open(served.url())
        page.wait("document.getElementById('connection').textContent === 'connected'")
        canvas_wh = served.display.canvas_wh
        assert canvas_wh is not None
        inside = page.evaluate("(({width, height}) => [width, height])(canvas.getBoundingClientRect())")
        assert page.evaluate("devicePixelRatio") == 2.5
        assert canvas_wh == pytest.approx((inside[0] * 2.5, inside[1] * 2.5), abs=0.51)
        served.display.show(noise(canvas_wh))
        shows(page, noise(canvas_wh))


def test_resizing_follows(tab: Tab, served: Served) -> None:
    tab.resize(500, 300 + BAR_PX)
    assert heard(served, 1) == [Resize((500, 300))]
    assert served.display.canvas_wh == (500, 300)


@pytest.mark.parametrize(
    ("key", "code", "name"),
    [
        *(
            ("q", "KeyQ", "q"),
            ("Q", "KeyQ", "q"),
            ("Escape", "Escape", "Esc"),
            (" ", "Space", "space"),
            (".", "Period", "."),
        ),
        *(
            ("ArrowLeft", "ArrowLeft", "Left"),
            ("PageDown", "PageDown", "PageDown"),
            ("=", "Equal", "+"),
            ("_", "Minus", "-"),
        ),
        *(("?", "Slash", "?"), ("[", "BracketLeft", "["), ("Tab", "Tab", "Tab"), ("Enter", "Enter", "Enter")),
        *(("й", "KeyQ", "q"), ("ж", "Semicolon", None), ("ъ", "BracketRight", "]"), ("é", "Digit2", "é")),
        *(("Shift", "ShiftLeft", None), ("F5", "", None), ("Ö", "Semicolon", "ö"), ("Dead", "BracketLeft", None)),
    ],
)
def test_keys_have_the_names_that_they_have_in_the_window(
    tab: Tab, served: Served, key: str, code: str, name: str | None
) -> None:
    tab.key(key, code)
    tab.key("z", "KeyZ")
    assert heard(served, 1 + bool(name)) == [*([Key(name)] if name else []), Key("z")]


def test_keys_with_control_are_left_to_the_browser(tab: Tab, served: Served) -> None:
    tab.key("c", "KeyC", modifiers=2)
    tab.key("z", "KeyZ")
    assert heard(served, 1) == [Key("z")]


def test_the_mouse_clicks_drags_and_turns_its_wheel_as_in_the_window(tab: Tab, served: Served) -> None:
    see(tab, served, (640, 480))
    left = {"button": "left", "clickCount": 1}
    tab.mouse("mousePressed", 100, 50, **left)
    tab.mouse("mouseReleased", 100, 50, **left)
    tab.mouse("mousePressed", 101, 51, modifiers=SHIFT, **left)
    tab.mouse("mouseReleased", 101, 51, modifiers=SHIFT, **left)
    tab.mouse("mousePressed", 7, 8, button="right", clickCount=1)
    tab.mouse("mouseReleased", 7, 8, button="right", clickCount=1)
    tab.mouse("mousePressed", 100, 50, **left)
    tab.mouse("mouseMoved", 140, 40, buttons=1, button="left")
    tab.mouse("mouseReleased", 140, 40, **left)
    tab.mouse("mouseWheel", 30, 40, deltaX=0, deltaY=-120)
    tab.mouse("mouseWheel", 30, 40, deltaX=0, deltaY=300)
    assert heard(served, 7) == [
        Button(LEFT, Gesture.CLICK, (100, 50)),
        Button(LEFT, Gesture.CLICK, (101, 51), shift=True),
        Button(RIGHT, Gesture.CLICK, (7, 8)),
        Button(LEFT, Gesture.DRAG, (140, 40), (40, -10)),
        Button(LEFT, Gesture.DROP, (140, 40)),
        Wheel((30, 40), 1.0),
        Wheel((30, 40), -3.0),
    ]


def test_points_are_canvas_pixels_though_the_canvas_has_another_size_than_the_page(tab: Tab, served: Served) -> None:
    see(tab, served, (320, 120))  # twice as large on the page, 120 pixels below its top
    tab.mouse("mousePressed", 101, 121, button="right", clickCount=1)
    assert heard(served, 1) == [Button(RIGHT, Gesture.CLICK, (50, 0))]


def test_a_finger_taps_and_pans(tab: Tab, served: Served) -> None:
    see(tab, served, (640, 480))
    tab.touch("touchStart", (100, 100))
    tab.touch("touchEnd")
    tab.touch("touchStart", (100, 100))
    tab.touch("touchMove", (150, 100))
    tab.touch("touchEnd")
    tap, pan, drop = heard(served, 3)
    assert tap == Button(LEFT, Gesture.CLICK, (100, 100))
    assert pan == Button(LEFT, Gesture.DRAG, (150, 100), (50, 0))
    assert drop == Button(LEFT, Gesture.DROP, (150, 100))


def test_two_fingers_zoom_about_their_middle_and_click_nothing(tab: Tab, served: Served) -> None:
    tab.touch("touchStart", (100, 100))
    tab.touch("touchStart", (100, 100), (200, 100))
    tab.touch("touchMove", (50, 100), (250, 100))
    tab.touch("touchEnd")
    tab.key("z", "KeyZ")
    events = heard(served, 1)
    while events[-1] != Key("z"):
        events += heard(served, 1)
    turned = [event for event in events if isinstance(event, Wheel)]
    assert sum(turn.notches for turn in turned) == pytest.approx(np.log(2) / np.log(1.25), abs=0.2)
    assert not [event for event in events if isinstance(event, Button) and event.gesture == Gesture.CLICK]


def test_the_page_fills_the_screen_when_it_is_told_to(tab: Tab, served: Served) -> None:
    tab.key("w", "KeyW")
    served.display.set_fullscreen(True)
    tab.wait("document.fullscreenElement !== null")
    served.display.set_fullscreen(False)
    tab.wait("document.fullscreenElement === null")
    assert Key("w") in heard(served, 1)
    assert Key("w") not in served.display.idle(0)


def test_a_page_that_left_the_full_screen_by_itself_tells_so(tab: Tab, served: Served) -> None:
    tab.key("w", "KeyW")
    served.display.set_fullscreen(True)
    tab.wait("document.fullscreenElement !== null")
    tab.evaluate("document.exitFullscreen()")
    events = heard(served, 2)
    while events.count(Key("w")) < 2:
        events += heard(served, 1)


def test_the_address_shows_no_token_and_the_page_can_be_loaded_again(tab: Tab, served: Served) -> None:
    assert served.server.token not in tab.evaluate("location.href")
    tab.tell("Page.reload")
    tab.wait("performance.getEntriesByType('navigation')[0].type === 'reload' && document.readyState === 'complete'")
    canvas = noise((640, 480), seed=4)
    served.display.show(canvas)
    shows(tab, canvas)
    assert tab.evaluate("document.cookie") == ""


def test_the_bar_says_how_it_stands(tab: Tab, served: Served) -> None:
    tab.wait("document.getElementById('connection').textContent === 'connected'")
    served.display.show(noise((640, 480)))
    tab.wait("document.getElementById('latency').textContent.endsWith('ms from camera to page')")
    assert tab.evaluate("document.getElementById('message').textContent") == ""


def test_a_second_page_watches_and_takes_over_when_the_first_is_closed(
    chromium: Chromium, tab: Tab, served: Served
) -> None:
    canvas = noise((640, 480), seed=5)
    served.display.show(canvas)
    second = chromium.open()
    second.resize(400, 300 + BAR_PX)
    second.go(served.url())
    second.wait("document.getElementById('connection').textContent.startsWith('watching')")
    second.key("x", "KeyX")
    shows(second, canvas)
    tab.go("about:blank")
    second.wait("document.getElementById('connection').textContent === 'connected'")
    second.key("r", "KeyR")
    assert heard(served, 2) == [Resize((400, 300)), Key("r")]
    assert complaints(second) == []
    chromium.shut(second)


def test_a_page_with_a_wrong_token_says_what_to_do(chromium: Chromium, served: Served) -> None:
    page = chromium.open(f"http://127.0.0.1:{served.port}/")
    page.wait("document.getElementById('message').textContent.includes('open the address that the viewer prints')")
    page.go(f"http://127.0.0.1:{served.port}/?token=wrong")
    assert "open the address that it prints" in page.evaluate("document.body.textContent")
    chromium.shut(page)


def test_the_page_says_that_the_view_has_ended(chromium: Chromium) -> None:
    served = Served()
    page = chromium.open(served.url())
    page.wait("document.getElementById('connection').textContent === 'connected'")
    served.display.close()
    page.wait("document.getElementById('message').textContent === 'The viewer has ended.'")
    chromium.shut(page)


def test_a_slow_link_gets_fewer_pictures_and_never_more_than_two_at_once(chromium: Chromium, served: Served) -> None:
    with SlowLink(served.port, bits_per_s=8e6) as link:
        page = chromium.open(served.url(link.port))
        wait_until(lambda: served.display.canvas_wh is not None, "the page to come")
        canvas_wh = served.display.canvas_wh
        assert canvas_wh is not None
        for seed in range(40):
            served.display.show(noise(canvas_wh, seed))
            served.display.idle(0.02)
            assert all(len(each.unseen) <= 2 for each in served.pictures.pages)
        shows(page, noise(canvas_wh, 39))
        chromium.shut(page)


def test_a_network_that_stalls_is_told_and_one_that_stays_so_is_tried_anew(chromium: Chromium, served: Served) -> None:
    with SlowLink(served.port, bits_per_s=1e9) as link:
        page = chromium.open()
        earlier = "const real = Date.now; performance.now = () => real() - performance.timeOrigin + (window.later ?? 0)"
        page.tell("Page.addScriptToEvaluateOnNewDocument", source=earlier)
        page.go(served.url(link.port))
        page.wait("document.getElementById('connection').textContent === 'connected'")
        assert not page.evaluate("window.later = 60_000, canvas.classList.contains('stale')")  # a timer may be late
        page.wait("document.getElementById('connection').textContent === 'connected'")
        link.flows.clear()
        page.wait("(window.later += 100, document.getElementById('message').textContent.includes('does not answer'))")
        assert page.evaluate("canvas.classList.contains('stale')")
        page.wait("(window.later += 1000, document.getElementById('message').textContent.includes('trying again'))")
        link.flows.set()
        page.wait("document.getElementById('connection').textContent === 'connected'")
        chromium.shut(page)


def test_a_network_that_stalls_gives_the_newest_picture_when_it_flows_again(chromium: Chromium, served: Served) -> None:
    with SlowLink(served.port, bits_per_s=1e9) as link:
        page = chromium.open(served.url(link.port))
        wait_until(lambda: served.display.canvas_wh is not None, "the page to come")
        canvas_wh = served.display.canvas_wh
        assert canvas_wh is not None
        link.flows.clear()
        for seed in range(10):
            served.display.show(noise(canvas_wh, seed))
            wait_until(lambda: served.pictures.pages[0].unseen, "a picture to be sent")
        link.flows.set()
        shows(page, noise(canvas_wh, 9))
        chromium.shut(page)
