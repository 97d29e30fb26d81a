"""HEIC, where the picture is coded in one piece; most phones cut theirs into tiles, which nothing here joins."""

from __future__ import annotations

import io
from collections.abc import Iterator

import cv2  # noqa: F401 - before av, after which OpenCV's first window would hang
import numpy as np

from convviz_core.pictures.picture import Picture, PictureError
from convviz_core.pictures.tones import from_integers

_CONVERT = "convert it, to JPEG or PNG for example"
_MADE_OF_OTHERS = {b"grid": "of many tiles", b"iovl": "of several pictures over each other", b"iden": "of another one"}


def read_heic(data: bytes) -> Iterator[Picture]:
    """The main picture, turned as the file says; PictureError names what nothing here does with the others."""
    meta = next((body for kind, body in _boxes(data) if kind == b"meta"), b"")[4:]
    kind = _main_kind(meta)
    if kind in _MADE_OF_OTHERS:
        raise PictureError(f"is a HEIC made {_MADE_OF_OTHERS[kind]}, which nothing here puts together: {_CONVERT}")
    if kind != b"hvc1":
        raise PictureError(f"is a HEIC without an H.265 picture, or damaged: {_CONVERT}")
    for what, sign in (("mirrored", b"imir"), ("cropped", b"clap"), ("transparent", b":auxid:1\0")):
        if sign in meta:
            raise PictureError(f"is a {what} HEIC, which nothing here reads right: {_CONVERT}")
    import av

    try:
        with av.open(io.BytesIO(data), "r") as file:
            main = next(stream for stream in file.streams.video if stream.disposition & av.stream.Disposition.default)
            frame = next(file.decode(main))
            samples = np.rot90(frame.to_ndarray(format="bgr24"), frame.rotation // 90)
    except Exception:  # what libav raises about damaged files is open
        raise PictureError(f"is a damaged HEIC, or one that FFmpeg does not read: {_CONVERT}") from None
    yield from_integers(samples)


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes of ISO base media (ISO 14496-12) in `data`: type and content."""
    at = 0
    while at + 8 <= len(data):
        size, start = int.from_bytes(data[at : at + 4], "big"), at + 8
        if size == 1:
            size, start = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        end = len(data) if size == 0 else at + size
        yield data[at + 4 : at + 8], data[start:end]
        at = max(end, start)


def _main_kind(meta: bytes) -> bytes:
    """The coding of the primary item (ISO 23008-12): b"hvc1", b"grid"; b"" where nothing says so."""
    boxes = dict(_boxes(meta))
    primary, items = boxes.get(b"pitm", b""), boxes.get(b"iinf", b"")
    wide_id = primary[:1] != b"\0"
    number = int.from_bytes(primary[4 : 8 if wide_id else 6], "big")
    for kind, body in _boxes(items[6 if items[:1] == b"\0" else 8 :]):
        size = 2 if body[:1] == b"\2" else 4
        if kind == b"infe" and int.from_bytes(body[4 : 4 + size], "big") == number:
            return body[6 + size : 10 + size]
    return b""
