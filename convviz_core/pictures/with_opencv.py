"""What OpenCV reads right: JPEG, plain PNG and WebP, deep PNG and JPEG 2000, PFM and Radiance HDR."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import cv2
import numpy as np

from convviz_core.arrays import AnyArray, ByteArray
from convviz_core.pictures import with_pillow
from convviz_core.pictures.kinds import Kind
from convviz_core.pictures.picture import Picture, PictureError
from convviz_core.pictures.tones import from_floats, from_integers, upright

UNREADABLE = "is no picture that can be read: it is damaged or of an unknown kind"
_YCC = b"colr\1\0\0\0\0\0\x12"  # JPEG 2000's box that says so (ISO 15444-1, I.5.3.3)
# http://netpbm.sourceforge.net/doc/pfm.html
_PFM_HEADER = re.compile(rb"(P[Ff])\s+(\d+)\s+(\d+)\s+([-+.\deE]+)\s")
_VP8X_ANIMATION, _VP8X_EXIF = 0x02, 0x08


def decode(data: bytes | bytearray, flags: int) -> AnyArray:
    """cv2.imdecode, whose refusals become a PictureError."""
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except (cv2.error, MemoryError):
        raise PictureError("is damaged, or too large a picture (more than 2^30 pixels)") from None
    if image is None:
        raise PictureError(UNREADABLE)
    return np.asarray(image)


def _read_jpeg(data: bytes) -> Iterator[Picture]:
    """Upright by its Exif."""
    yield Picture(read_eight_bits(data))


def _read_png(data: bytes) -> Iterator[Picture]:
    """8 bits by Pillow where there is more than pixels: animation, orientation, a colour that is transparent."""
    chunks = _png_chunks(data)
    is_deep = data[24:25] == b"\x10"
    if is_deep and b"acTL" in chunks:
        raise PictureError("is an animated PNG of 16 bits, which neither OpenCV nor Pillow reads right")
    if is_deep:
        yield _deep_png(data, chunks)
    elif chunks.keys() & {b"acTL", b"eXIf", b"tRNS"}:
        yield from with_pillow.read(data, "PNG")
    else:
        yield from_integers(decode(data, cv2.IMREAD_UNCHANGED))


def _png_chunks(data: bytes) -> dict[bytes, int]:
    """The kinds of chunks, and where the first of each begins (RFC 2083); PictureError where one is cut off."""
    chunks: dict[bytes, int] = {}
    at = 8
    while b"IEND" not in chunks and at < len(data):
        chunks.setdefault(data[at + 4 : at + 8], at + 8)
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    if at > len(data):  # OpenCV would take as much memory as the chunk says that it is long
        raise PictureError("is damaged: it ends before it says it does")
    return chunks


def _deep_png(data: bytes, chunks: dict[bytes, int]) -> Picture:
    samples = decode(data, cv2.IMREAD_UNCHANGED)
    if samples.ndim == 2 and (at := chunks.get(b"tRNS")):  # OpenCV overlooks gray's transparent value
        transparent = int.from_bytes(data[at : at + 2], "big")
        samples = np.dstack([samples, np.where(samples == transparent, 0, 65535).astype(np.uint16)])
    if b"eXIf" in chunks:
        samples = upright(samples, with_pillow.orientation(data, "PNG"))
    return from_integers(samples, 65535)


def _read_webp(data: bytes) -> Iterator[Picture]:
    """An animation, and what must be turned, by Pillow."""
    flags = data[20] if data[12:16] == b"VP8X" and len(data) > 20 else 0
    if flags & (_VP8X_ANIMATION | _VP8X_EXIF):
        yield from with_pillow.read(data, "WEBP")
    else:
        yield from_integers(decode(data, cv2.IMREAD_UNCHANGED))


def _read_jpeg2000(data: bytes) -> Iterator[Picture]:
    """By the depth that its codestream states (ISO 15444-1, A.5.1), which OpenCV does not scale by.

    8 bits by Pillow: OpenCV refuses alpha beside gray, and its RGB of YCC is up to 23 off.
    """
    size = data.find(b"\xff\x4f\xff\x51")
    depths = data[size + 42 :: 3][: int.from_bytes(data[size + 40 : size + 42], "big")]
    if size < 0 or not depths:
        raise PictureError(UNREADABLE)
    if len(set(depths)) > 1 or not depths[0] <= 15:  # the highest bit says signed, the others depth - 1
        raise PictureError("holds signed numbers or more than 16 bits, want JPEG 2000 of up to 16 bits")
    if depths[0] == 7:
        yield from with_pillow.read(data, "JPEG2000")
    elif data[:size].find(_YCC) >= 0:
        raise PictureError("holds YCC of more or fewer than 8 bits, which neither OpenCV nor Pillow reads right")
    else:
        yield from_integers(decode(data, cv2.IMREAD_UNCHANGED), (2 << depths[0]) - 1)


def _read_pfm(data: bytes) -> Iterator[Picture]:
    """OpenCV wants its header in three lines, where any space will do."""
    yield from _read_floats(_PFM_HEADER.sub(rb"\1\n\2 \3\n\4\n", data[:256], count=1) + data[256:])


def _read_floats(data: bytes) -> Iterator[Picture]:
    """PFM and Radiance HDR."""
    yield from_floats(decode(data, cv2.IMREAD_UNCHANGED))


def read_eight_bits(data: bytes | bytearray) -> ByteArray:
    """uint8 BGR (H, W, 3), as OpenCV itself makes it."""
    return np.asarray(decode(data, cv2.IMREAD_COLOR), np.uint8)


def reader(kind: Kind | None) -> Callable[[bytes], Iterator[Picture]]:
    """Who reads this kind; PictureError for one that is not read here."""
    readers = {
        Kind.HDR: _read_floats,
        Kind.JPEG: _read_jpeg,
        Kind.JPEG2000: _read_jpeg2000,
        Kind.PFM: _read_pfm,
        Kind.PNG: _read_png,
        Kind.WEBP: _read_webp,
    }
    if kind not in readers:
        raise PictureError(UNREADABLE)
    return readers[kind]
