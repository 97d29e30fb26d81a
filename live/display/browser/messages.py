"""What page and viewer say to each other. Whatever comes from a page is looked at here, and nowhere else.

The page sends text: first one Hello, then lists of what happened, ["key", "q", false] say; and binary messages: one
picture of its camera each, 8 bytes of time before it. The viewer sends text for what is told, and binary for pictures.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any, NoReturn

from convviz_core.names import shown
from live.events import MouseButton, Point

HELLO_BYTES = 4096  # the most before a page has shown its token
TEXT_BYTES = 65536
MOST_AT_ONCE = 256  # things that happened, in one message
MOST_PX = 4096  # of a canvas, each way
LEAST_PX = 16
MOST_NOTCHES = 100.0
LABEL_LETTERS = 80

# Little-endian: kind, whether the canvas is now there without a loss, canvas size, first row of what follows, number,
# when its frame was captured (NaN: not known) and when it was shown, both on the viewer's clock in seconds.
PICTURE = struct.Struct("<BBHHHIdd")
JPEG, PNG = 1, 2
CAMERA = struct.Struct("<d")  # when the picture was captured, on the viewer's clock


class MessageError(ValueError):
    """A page has sent what no page of ours sends."""


@dataclass(frozen=True)
class Hello:
    """The first message: who it is, and how large its picture may be."""

    token: str
    size_wh: tuple[int, int]


@dataclass(frozen=True)
class KeyPress:
    """repeat: nobody pressed it again, it is held."""

    name: str
    repeat: bool


@dataclass(frozen=True)
class MouseEvent:
    """kind: "move", "down", "up", "cancel" (what is held is let go without a click) or "wheel"."""

    kind: str
    at: Point = (0, 0)
    button: MouseButton = MouseButton.LEFT
    notches: float = 0.0
    shift: bool = False


@dataclass(frozen=True)
class Size:
    """The page wants canvases of that size."""

    size_wh: tuple[int, int]


@dataclass(frozen=True)
class Seen:
    """The picture with that number is on the page."""

    number: int


@dataclass(frozen=True)
class ClockQuestion:
    """What the time is; `asked` is to be sent back."""

    asked: float


@dataclass(frozen=True)
class CameraOn:
    """The page's camera gives pictures."""

    label: str
    size_wh: tuple[int, int]
    fps: float | None


@dataclass(frozen=True)
class CameraOff:
    """It gives none. why: one of REASONS."""

    why: str


REASONS = ("refused", "in use", "missing", "insecure", "ended", "failed")
Told = KeyPress | MouseEvent | Size | Seen | ClockQuestion | CameraOn | CameraOff


def parse_hello(text: str | bytes) -> Hello:
    """The first message; MessageError where it is none."""
    said = _json(text)
    token = said.get("token") if isinstance(said, dict) else None
    if not isinstance(said, dict) or not isinstance(token, str):
        raise MessageError("the first message is no hello")
    return Hello(token, _size(said.get("size")))


def parse_told(text: str | bytes) -> list[Told]:
    """What happened in the page, in its order; MessageError where that cannot be read."""
    said = _json(text)
    if not isinstance(said, list) or len(said) > MOST_AT_ONCE:
        raise MessageError("want a list of what happened")
    return [_told(each) for each in said]


def _told(each: object) -> Told:
    match each:
        case ["key", str(name), bool(repeat)] if _names_a_key(name):
            return KeyPress(name, repeat)
        case ["move", x, y, bool(shift)]:
            return MouseEvent("move", _point(x, y), shift=shift)
        case ["down" | "up" as kind, "left" | "right" as button, x, y, bool(shift)]:
            return MouseEvent(kind, _point(x, y), MouseButton(button), shift=shift)
        case ["cancel"]:
            return MouseEvent("cancel")
        case ["wheel", x, y, notches, bool(shift)]:
            turned = _number(notches, -MOST_NOTCHES, MOST_NOTCHES)
            return MouseEvent("wheel", _point(x, y), notches=turned, shift=shift)
        case ["size", size]:
            return Size(_size(size))
        case ["seen", number]:
            return Seen(int(_number(number, 0, 2**32)))
        case ["clock", asked]:
            return ClockQuestion(_number(asked, 0, 1e15))
        case ["camera on", str(label), size, fps]:
            rate = None if fps is None else _number(fps, 0, 1000) or None
            return CameraOn(shown(label[:LABEL_LETTERS]), _size(size), rate)
        case ["camera off", str(why)] if why in REASONS:
            return CameraOff(why)
    raise MessageError("nothing that a page tells")


def _names_a_key(name: str) -> bool:
    return name.isprintable() and (len(name) == 1 or (name.isascii() and 1 < len(name) <= 16))


def parse_camera_picture(message: bytes) -> tuple[float, bytes]:
    """When it was captured, on the viewer's clock (NaN: not known), and the JPEG."""
    if len(message) <= CAMERA.size:
        raise MessageError("a picture without a picture")
    return CAMERA.unpack_from(message)[0], message[CAMERA.size :]


def _json(text: str | bytes) -> Any:
    if isinstance(text, bytes) or len(text) > TEXT_BYTES:
        raise MessageError("want a short text")
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise MessageError("no JSON") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _number(value: object, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise MessageError("no number, or none that can be")
    return float(value)


def _point(x: object, y: object) -> Point:
    return round(_number(x, -MOST_PX, 2 * MOST_PX)), round(_number(y, -MOST_PX, 2 * MOST_PX))


def _size(size: object) -> tuple[int, int]:
    match size:
        case [width, height]:
            sides = (round(_number(side, 0, 1e6)) for side in (width, height))
            return tuple(min(max(side, LEAST_PX), MOST_PX) for side in sides)  # type: ignore[return-value]
    raise MessageError("want a width and a height")
