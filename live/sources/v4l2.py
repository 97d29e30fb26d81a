"""What Linux says of its cameras: the few V4L2 requests that OpenCV does not pass on.

Numbers and layouts are those of <linux/videodev2.h>.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from live.sources.camera_info import Offer

_QUERYCAP = 0x80685600
_ENUM_FMT = 0xC0405602
_REQBUFS = 0xC0145608
_ENUM_FRAMESIZES = 0xC02C564A
_ENUM_FRAMEINTERVALS = 0xC034564B

_VIDEO_CAPTURE = 0x1  # a capability; also the number of the buffer type
_HAS_DEVICE_CAPS = 0x80000000
_MEMORY_MMAP = 1
_DISCRETE = 1


@dataclass(frozen=True)
class Identity:
    """What a camera is called and where it is plugged in; both stay the same when its number changes."""

    card: str
    bus_info: str


def node_paths() -> list[Path]:
    """/dev/video0, /dev/video1 and so on, by number; not all of them are cameras."""
    nodes = [path for path in Path("/dev").glob("video*") if path.name[5:].isdecimal()]
    return sorted(nodes, key=lambda path: int(path.name[5:]))


def identify(path: Path) -> Identity | None:
    """Who gives pictures here; None for a node that gives none (metadata, output). OSError where it stays shut."""
    with _opened(path) as node:
        reply = _ask(node, _QUERYCAP, bytes(104))
    if reply is None:
        return None
    _, card, bus_info, _, capabilities, device_caps = struct.unpack_from("16s32s32s3I", reply)
    caps = device_caps if capabilities & _HAS_DEVICE_CAPS else capabilities
    return Identity(_text(card), _text(bus_info)) if caps & _VIDEO_CAPTURE else None


def is_busy(path: Path) -> bool:
    """Whether another program streams from this camera; OSError where it cannot be opened."""
    with _opened(path) as node:
        try:  # giving back no buffers changes nothing, and is refused while somebody else has some
            fcntl.ioctl(node, _REQBUFS, struct.pack("5I", 0, _VIDEO_CAPTURE, _MEMORY_MMAP, 0, 0))
        except OSError as error:
            return error.errno == errno.EBUSY
    return False


def offers(path: Path) -> tuple[Offer, ...]:
    """Every format and size of this camera, in the driver's order; OSError where it cannot be opened."""
    with _opened(path) as node:
        return tuple(
            Offer(_format_name(pixel_format), size_wh, tuple(_rates(node, pixel_format, size_wh)))
            for pixel_format in _formats(node)
            for size_wh in _sizes(node, pixel_format)
        )


def _format_name(pixel_format: bytes) -> str:
    """The four letters as v4l2-ctl writes them; the highest bit says that samples are big-endian."""
    big_endian = "-BE" if pixel_format[3] & 0x80 else ""
    return bytes(letter & 0x7F for letter in pixel_format).decode("ascii").strip() + big_endian


def _formats(node: int) -> Iterator[bytes]:
    for reply in _enumerate(node, _ENUM_FMT, "II56x", _VIDEO_CAPTURE):
        yield reply[44:48]


def _sizes(node: int, pixel_format: bytes) -> Iterator[tuple[int, int]]:
    """(width, height) of each size; the smallest and the largest where a camera takes any between."""
    for reply in _enumerate(node, _ENUM_FRAMESIZES, "I4s36x", pixel_format):
        kind, *numbers = struct.unpack_from("7I", reply, 8)
        if kind == _DISCRETE:
            yield numbers[0], numbers[1]
        else:
            yield numbers[0], numbers[3]
            yield numbers[1], numbers[4]
            return


def _rates(node: int, pixel_format: bytes, size_wh: tuple[int, int]) -> list[float]:
    rates: set[float] = set()
    for reply in _enumerate(node, _ENUM_FRAMEINTERVALS, "I4sII36x", pixel_format, *size_wh):
        kind, *numbers = struct.unpack_from("7I", reply, 16)
        pairs = [numbers[0:2]] if kind == _DISCRETE else [numbers[0:2], numbers[2:4]]
        rates |= {round(seconds_under / seconds_over, 3) for seconds_over, seconds_under in pairs if seconds_over}
        if kind != _DISCRETE:
            break
    return sorted(rates, reverse=True)


def _enumerate(node: int, request: int, layout: str, *fields: bytes | int) -> Iterator[bytes]:
    """The replies to `request` for index 0, 1, 2 and so on, until the driver has no more."""
    for index in range(256):
        reply = _ask(node, request, struct.pack(layout, index, *fields))
        if reply is None:
            return
        yield reply


def _ask(node: int, request: int, message: bytes) -> bytes | None:
    """The driver's reply, or None where it has none."""
    try:
        return fcntl.ioctl(node, request, message)
    except OSError:
        return None


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    node = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        yield node
    finally:
        os.close(node)


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("utf-8", "replace")
