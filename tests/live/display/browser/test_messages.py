"""What a page says: its own messages are understood, and nothing else does any harm."""

from __future__ import annotations

import json
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live.display.browser.messages import (
    MOST_PX,
    TEXT_BYTES,
    CameraOff,
    CameraOn,
    ClockQuestion,
    Hello,
    KeyPress,
    MessageError,
    MouseEvent,
    Seen,
    Size,
    parse_camera_picture,
    parse_hello,
    parse_told,
)
from live.events import MouseButton


def test_the_hello_has_a_token_and_a_size() -> None:
    assert parse_hello('{"token": "T", "size": [800, 600]}') == Hello("T", (800, 600))


def test_all_that_happens_in_a_page_is_understood() -> None:
    told = [
        ["key", "q", False],
        ["key", "ö", False],
        ["move", 3, 4, False],
        ["down", "left", 3, 4, True],
        ["up", "right", -2, 4.6, False],
        ["cancel"],
        ["wheel", 3, 4, -0.5, False],
        ["size", [640, 480]],
        ["seen", 7],
        ["clock", 1.5],
        ["camera on", "webcam", [1280, 720], 30],
        ["camera off", "refused"],
    ]
    assert parse_told(json.dumps(told)) == [
        KeyPress("q", False),
        KeyPress("ö", False),
        MouseEvent("move", (3, 4)),
        MouseEvent("down", (3, 4), shift=True),
        MouseEvent("up", (-2, 5), MouseButton.RIGHT),
        MouseEvent("cancel"),
        MouseEvent("wheel", (3, 4), notches=-0.5),
        Size((640, 480)),
        Seen(7),
        ClockQuestion(1.5),
        CameraOn("webcam", (1280, 720), 30.0),
        CameraOff("refused"),
    ]


@pytest.mark.parametrize(
    "told",
    [
        *("", "{", "[[", "null", "{}", '["key"]', '[["key", "q"]]', '[["key", 3, false]]', '[["key", "q", 1]]'),
        *('[["key", "", false]]', '[["key", "' + "q" * 17 + '", false]]', '[["key", "\\n", false]]'),
        *('[["key", "\\u202e", false]]', '[["key", "\\ud800", false]]', '[["key", "öö", false]]'),
        *('[["move", NaN, 1, false]]', '[["move", 1e999, 1, false]]', '[["move", true, 1, false]]'),
        *('[["wheel", 1, 1, 1e6, false]]', '[["down", "middle", 1, 1, false]]', '[["size", [1]]]', '[["seen", -1]]'),
        *('[["camera off", "because"]]', '[["quit"]]', "[" * 100_000, "[" + "9" * 5000 + "]"),
        json.dumps([["cancel"]] * 257),
    ],
)
def test_what_no_page_of_ours_says_is_refused(told: str) -> None:
    with pytest.raises(MessageError):
        parse_told(told)


def test_a_message_that_is_too_long_is_not_even_read() -> None:
    with pytest.raises(MessageError, match="short"):
        parse_told("[" + " " * TEXT_BYTES + "]")


@given(st.text() | st.binary())
def test_garbage_is_refused_and_nothing_else_happens(garbage: str | bytes) -> None:
    for parse in (parse_hello, parse_told):
        try:
            parse(garbage)
        except MessageError:
            continue
        assert json.loads(garbage) == [] or parse is parse_hello


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)
KINDS = ("key", "move", "down", "up", "wheel", "size", "seen", "clock", "camera on", "camera off")


@given(st.sampled_from(KINDS), st.lists(json_values, max_size=5))
def test_a_known_word_with_other_things_behind_it_is_refused_or_within_its_limits(
    kind: str, rest: list[object]
) -> None:
    try:
        told = parse_told(json.dumps([[kind, *rest]]))
    except MessageError:
        return
    for each in told:
        if isinstance(each, MouseEvent):
            assert max(map(abs, each.at)) <= 2 * MOST_PX
        if isinstance(each, Size):
            assert all(16 <= side <= MOST_PX for side in each.size_wh)


def test_a_canvas_is_never_larger_than_can_be_drawn() -> None:
    assert parse_told('[["size", [100000, 3]]]') == [Size((MOST_PX, 16))]


def test_a_camera_s_name_has_no_control_characters_and_an_end() -> None:
    (camera,) = parse_told(json.dumps([["camera on", "\x1b[2J" + "x" * 500, [4, 4], None]]))
    assert isinstance(camera, CameraOn)
    assert "\x1b" not in camera.label
    assert len(camera.label) < 100
    assert camera.fps is None


def test_a_camera_s_picture_has_its_time_before_it() -> None:
    assert parse_camera_picture(struct.pack("<d", 12.5) + b"jpeg") == (12.5, b"jpeg")
    assert math.isnan(parse_camera_picture(struct.pack("<d", math.nan) + b"jpeg")[0])
    with pytest.raises(MessageError):
        parse_camera_picture(b"12345678")
