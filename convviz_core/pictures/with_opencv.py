"""What OpenCV reads right: JPEG, BMP, plain PNG and WebP, 16-bit PNG, JPEG 2000, PFM and Radiance HDR."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from convviz_core.arrays import AnyArray, ByteArray
from convviz_core.pictures import with_pillow
from convviz_core.pictures.picture import Picture, PictureError
from convviz_core.pictures.tones import from_floats, from_integers, upright

UNREADABLE = "is no picture that can be read: it is damaged or of an unknown kind"
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


def read_jpeg(data: bytes) -> Picture:
    """Upright by its Exif."""
    return Picture(read_eight_bits(data))


def read_png(data: bytes) -> Iterator[Picture]:
    """8 bits by Pillow where there is more than pixels: animation, orientation, a colour that is transparent."""
    if data[24:25] == b"\x10":
        yield _deep_png(data)
    elif any(chunk in data for chunk in (b"acTL", b"eXIf", b"tRNS")):
        yield from with_pillow.read(data, "PNG")
    else:
        yield from_integers(decode(data, cv2.IMREAD_UNCHANGED))


def _deep_png(data: bytes) -> Picture:
    samples = decode(data, cv2.IMREAD_UNCHANGED)
    header = data[: data.find(b"IDAT")]
    if samples.ndim == 2 and (at := header.find(b"tRNS")) > 0:  # OpenCV overlooks gray's transparent value
        transparent = int.from_bytes(header[at + 4 : at + 6], "big")
        samples = np.dstack([samples, np.where(samples == transparent, 0, 65535).astype(np.uint16)])
    if b"eXIf" in data:
        samples = upright(samples, with_pillow.orientation(data, "PNG"))
    return from_integers(samples, 65535)


def read_webp(data: bytes) -> Iterator[Picture]:
    """An animation, and what must be turned, by Pillow."""
    flags = data[20] if data[12:16] == b"VP8X" and len(data) > 20 else 0
    if flags & (_VP8X_ANIMATION | _VP8X_EXIF):
        yield from with_pillow.read(data, "WEBP")
    else:
        yield from_integers(decode(data, cv2.IMREAD_UNCHANGED))


def read_bmp(data: bytes) -> Picture:
    """With its alpha, where its header states one."""
    return from_integers(decode(data, cv2.IMREAD_UNCHANGED))


def read_jpeg2000(data: bytes) -> Picture:
    """By the depth that its codestream states (ISO 15444-1, A.5.1), which OpenCV does not scale by."""
    size = data.find(b"\xff\x4f\xff\x51")
    depths = data[size + 42 :: 3][: int.from_bytes(data[size + 40 : size + 42], "big")]
    if size < 0 or not depths:
        raise PictureError(UNREADABLE)
    if len(set(depths)) > 1 or not depths[0] <= 15:  # the highest bit says signed, the others depth - 1
        raise PictureError("holds signed numbers or more than 16 bits, want JPEG 2000 of up to 16 bits")
    samples = decode(data, cv2.IMREAD_UNCHANGED)
    return from_integers(samples, (2 << depths[0]) - 1)


def read_floats(data: bytes) -> Picture:
    """PFM and Radiance HDR."""
    return from_floats(decode(data, cv2.IMREAD_UNCHANGED))


def read_eight_bits(data: bytes | bytearray) -> ByteArray:
    """uint8 BGR (H, W, 3), as OpenCV itself makes it."""
    return np.asarray(decode(data, cv2.IMREAD_COLOR), np.uint8)
