"""The server, asked as browsers and as strangers ask: who is let in, who controls, and what nobody can do."""

from __future__ import annotations

import gc
import importlib.util
import socket
import threading
import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest

if importlib.util.find_spec("websockets") is None:
    pytest.skip("needs websockets", allow_module_level=True)

from page_client import PageClient, ask
from served import KeptCamera, Served
from websockets.exceptions import InvalidStatus

from live.display.browser.messages import MessageError
from live.display.browser.server import MOST_PAGES, NONSENSE, OVER, TOO_MANY, WRONG_TOKEN
from live.display.browser.visits import Allowance
from live.events import Button, Gesture, Key, MouseButton, Pointer, Resize, Wheel


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served()
    yield made
    made.display.close()


def canvas(value: int = 0) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.full((240, 320, 3), value, np.uint8)


def test_the_page_is_served_with_a_policy_that_loads_nothing_from_elsewhere(served: Served) -> None:
    answer = ask(served.port, f"/?token={served.server.token}")
    assert answer.status == 200
    assert b"<canvas" in answer.body
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'self' http://localhost:* http://127.0.0.1:*" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers
    assert served.server.token.encode() not in answer.body


@pytest.mark.parametrize(
    "path",
    [
        *("/nothing", "/index.html", "/../pyproject.toml", "/%2e%2e/pyproject.toml", "/page.js/..", "//page.js"),
        *("/etc/passwd", "/page/page.js", "/__init__.py", "/page.js%00", "/.", "/page.css?/../../x"),
    ],
)
def test_only_the_page_s_own_files_are_there(served: Served, path: str) -> None:
    answer = ask(served.port, path)
    assert answer.status == (200 if path.startswith("/page.css") else 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_nothing_but_get_is_answered(served: Served, method: str) -> None:
    assert ask(served.port, "/", method=method).status == 405


def test_a_wrong_token_in_the_address_is_told(served: Served) -> None:
    answer = ask(served.port, "/?token=wrong")
    assert answer.status == 403
    assert b"open the address that it prints" in answer.body


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "localhost.evil.example", ""])
def test_a_page_under_another_name_is_refused_whatever_it_asks(served: Served, host: str) -> None:
    assert ask(served.port, f"/?token={served.server.token}", Host=host).status == 403
    with pytest.raises(InvalidStatus, match="403"):
        PageClient(served.port, served.server.token, host=host or "x")


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:1", "https://localhost"])
def test_a_socket_from_another_page_is_refused_though_it_has_the_token(served: Served, origin: str | None) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        PageClient(served.port, served.server.token, origin=origin)


@pytest.mark.parametrize("token", ["", "wrong", "é", "A" * 43])
def test_a_socket_without_the_right_token_is_closed(served: Served, token: str) -> None:
    with PageClient(served.port, token) as page:
        assert page.closed_with() == WRONG_TOKEN
    assert served.display.canvas_wh is None


@pytest.mark.parametrize("first", ["", "[]", '{"token": 3}', b"\x00" * 100, '{"size": [1, 1]}', "x" * 5000])
def test_a_socket_that_does_not_begin_with_a_hello_is_closed(served: Served, first: str | bytes) -> None:
    with PageClient(served.port, None) as page:
        page.send(first)
        assert page.closed_with() in (NONSENSE, 1009)


def test_what_a_person_does_becomes_the_events_of_a_window(served: Served) -> None:
    with served.page() as page:
        page.say([["key", "q", False], ["move", 5, 6, False], ["wheel", 7, 8, 1, False]])
        page.say([["down", "left", 10, 10, False], ["up", "left", 11, 10, True], ["down", "right", 3, 4, False]])
        page.say([["down", "left", 10, 10, False], ["move", 30, 10, False], ["cancel"], ["size", [100, 50]]])
        assert served.events(15) == [
            Resize((320, 240)),
            Key("q"),
            Pointer((5, 6)),
            Pointer((7, 8)),
            Wheel((7, 8), 1.0),
            Pointer((10, 10)),
            Pointer((11, 10)),
            Button(MouseButton.LEFT, Gesture.CLICK, (11, 10), shift=True),
            Pointer((3, 4)),
            Button(MouseButton.RIGHT, Gesture.CLICK, (3, 4)),
            Pointer((10, 10)),
            Pointer((30, 10)),
            Button(MouseButton.LEFT, Gesture.DRAG, (30, 10), (20, 0)),
            Button(MouseButton.LEFT, Gesture.DROP, (30, 10)),
            Resize((100, 50)),
        ]
    assert served.display.canvas_wh == (100, 50)


def test_a_key_that_is_held_waits_once_and_keys_that_are_pressed_are_never_lost(served: Served) -> None:
    with served.page() as page:
        page.say([["key", "Left", True]] * 9 + [["key", "r", False]] * 2)
        page.say([["clock", 1]])
        page.hear("clock")
        assert served.display.idle(0)[1:] == [Key("Left"), Key("r"), Key("r")]


def test_the_first_page_controls_the_others_watch_and_the_next_one_takes_over(served: Served) -> None:
    first, second, third = served.page((320, 240)), served.page((500, 400)), served.page((80, 60))
    assert first.hear("control") is True
    assert second.hear("control") is False
    assert third.hear("control") is False
    second.say([["key", "x", False], ["clock", 1]])
    second.hear("clock")
    first.say([["key", "r", False]])
    assert served.events(2) == [Resize((320, 240)), Key("r")]
    assert served.display.canvas_wh == (320, 240)
    served.display.show(canvas(99))
    assert [page.see()[:2] for page in (first, second, third)] == [(320, 240)] * 3
    first.close()
    assert second.hear("control") is True
    assert served.events(1) == [Resize((500, 400))]
    second.close()
    assert third.hear("control") is True
    third.close()
    with served.page((90, 70)) as next_one:
        assert next_one.hear("control") is True


def test_a_page_that_is_closed_in_the_middle_of_a_drag_has_clicked_nothing(served: Served) -> None:
    with served.page() as page:
        page.say([["down", "left", 10, 10, False]])
        served.events(2)
    with served.page() as page:
        page.say([["up", "left", 10, 10, False], ["key", "q", False]])
        assert served.events(2) == [Pointer((10, 10)), Key("q")]


def test_more_pages_than_there_is_room_for_are_told_so(served: Served) -> None:
    pages = [served.page() for _ in range(MOST_PAGES)]
    for page in pages:
        page.hear("control")
    with served.page() as one_more:
        assert one_more.closed_with() == TOO_MANY
    for page in pages:
        page.close()


@pytest.mark.parametrize(
    "message", ["garbage", "[1]", b"a picture that nobody asked for", "[" * 60_000, '[["camera off", "refused"]]']
)
def test_a_page_that_talks_nonsense_is_closed_and_the_view_goes_on(served: Served, message: str | bytes) -> None:
    with served.page() as page:
        page.hear("control")
        page.send(message)
        assert page.closed_with() == NONSENSE
    with served.page() as page:
        assert page.hear("control") is True


def test_a_message_that_is_too_large_ends_its_socket(served: Served) -> None:
    with served.page() as page:
        page.hear("control")
        page.send("x" * 70_000)
        assert page.closed_with() == 1009


def test_a_page_that_never_stops_talking_is_closed(served: Served) -> None:
    with served.page() as page:
        page.hear("control")
        for _ in range(2000):
            try:
                page.say(50 * [["move", 1, 1, False]])
            except Exception:
                break
        assert page.closed_with() == NONSENSE


def test_what_a_stalled_network_held_back_for_twenty_seconds_may_come_at_once() -> None:
    allowance = Allowance()
    for _ in range(20 * 60):  # a mouse that is moved all the time, sixty pictures and a held key
        allowance.take(3, 100.0)
    with pytest.raises(MessageError):
        allowance.take(8000, 100.0)


def test_what_was_used_comes_back_with_time_and_never_more_than_that() -> None:
    allowance = Allowance(per_s=10, at_once=20)
    allowance.take(20, 0.0)
    allowance.take(5, 0.5)
    allowance.take(20, 1000.0)
    with pytest.raises(MessageError):
        allowance.take(1, 1000.0)


def test_a_request_that_never_ends_holds_up_nobody(served: Served) -> None:
    slow = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(20)]
    for connection in slow:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: loc")
    with served.page() as page:
        assert page.hear("control") is True
    for connection in slow:
        connection.close()


def test_a_crowd_at_the_door_is_turned_away_and_the_page_inside_stays(served: Served) -> None:
    with served.page() as page:
        page.hear("control")
        crowd = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(100)]
        page.say([["clock", 7]])
        assert page.hear("clock")[0] == 7
        for connection in crowd:
            connection.close()


def test_the_camera_of_the_controlling_page_is_asked_for_and_its_pictures_come() -> None:
    camera = KeptCamera()
    served = Served(camera)
    with served.page() as page, served.page() as watching:
        assert page.hear("camera") == {"width": 64.0}
        assert watching.hear("control") is False
        watching.say([["camera on", "spy", [4, 4], None], ["clock", 1]])
        watching.hear("clock")
        page.say([["camera on", "webcam", [64, 48], 30]])
        page.send(np.float64(2.5).tobytes() + b"jpeg")
        assert page.hear("taken") == 1
        assert camera.pictures == [b"jpeg2.5"]
        page.say([["camera off", "refused"], ["clock", 1]])
        page.hear("clock")
        page.send(np.float64(2.5).tobytes() + b"late")
        page.say([["camera on", "webcam", [64, 48], None], ["clock", 1]])
        page.hear("clock")
        page.close()
        assert watching.hear("camera") == {"width": 64.0}
    assert camera.said == ["started webcam (64, 48) 30.0", "refused", "started webcam (64, 48) None", "closed"]
    assert camera.pictures == [b"jpeg2.5"]
    served.display.close()


def test_the_end_is_told_to_every_page_even_one_that_does_not_listen_and_nothing_listens_any_more() -> None:
    served = Served()
    page, deaf = served.page(), served.page()
    page.hear("control")
    deaf.hear("control")
    before = threading.active_count()
    served.display.close()
    served.display.close()
    assert page.closed_with() == OVER
    assert threading.active_count() < before
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", served.port))
    deaf.close()


def test_two_hundred_visits_leave_nothing_behind(served: Served) -> None:
    def visit() -> None:
        with served.page() as page:
            page.hear("control")
            served.display.show(canvas(5))
            page.see()
            served.display.idle(0)

    for _ in range(20):
        visit()
    gc.collect()
    tracemalloc.start()
    threads, (bytes_before, _) = threading.active_count(), tracemalloc.get_traced_memory()
    for _ in range(200):
        visit()
    gc.collect()  # a connection's parts refer to each other: they go when Python comes to it
    bytes_after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert threading.active_count() <= threads
    assert bytes_after - bytes_before < 300_000
