"""Fuzzed: pictures, and everything that SOURCE may be. No address is called and no camera is opened."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path
from unittest import mock

import cv2
import numpy as np
from fuzz_target import Target
from PIL import Image

from convviz_core.arrays import AnyArray
from live.sources import SourceError, SourceSettings, opening
from live.sources.address import STREAM_SCHEMES, redact, scheme
from live.sources.frame import SourceEvent

FAST = SourceSettings(paced=False)
MOST_PICTURES = 4  # of an animation
_folder = tempfile.TemporaryDirectory()


def _ignore(_event: SourceEvent) -> None:
    pass


def _picture(data: bytes) -> None:
    path = Path(_folder.name) / "a.png"  # a picture whatever it holds: videos are another matter
    path.write_bytes(data)
    source = opening.open_source(str(path), FAST, _ignore)
    for _ in range(MOST_PICTURES):
        frame = source.read(0)
        if frame is None:
            break
        assert frame.image.dtype == np.uint8
        assert frame.image.ndim == 3
        assert frame.image.shape[2] == 3
        assert frame.image.size
    source.close()


def _address(data: bytes) -> None:
    there, _, name = data.rpartition(b"\n")  # with a line before it, it is the name of a file that is there
    text = os.fsdecode(name.replace(b"\0", b""))
    if text.startswith("/") or ".." in text:
        return
    with tempfile.TemporaryDirectory(dir=_folder.name) as here:
        os.chdir(here)
        if there and text and len(os.fsencode(text)) < 200 and "/" not in text and text != ".":
            Path(text).write_bytes(_PNG)
        with mock.patch.object(opening, "LiveReader"), mock.patch.object(opening, "list_cameras", list):
            source = opening.open_source(text, FAST, _ignore)
        if scheme(text) in STREAM_SCHEMES:
            redact(text).encode()
        else:
            source.close()
        os.chdir(_folder.name)


def _encoded(array: AnyArray, suffix: str) -> bytes:
    return cv2.imencode(suffix, array)[1].tobytes()


def _saved(*pictures: AnyArray, **options: object) -> bytes:
    file = io.BytesIO()
    first, *rest = (Image.fromarray(picture) for picture in pictures)
    more = {"save_all": True, "append_images": rest, "duration": 50} if rest else {}
    first.save(file, **more, **options)  # type: ignore[arg-type]
    return file.getvalue()


_PNG = _encoded(np.arange(60, dtype=np.uint8).reshape(4, 5, 3), ".png")


def _pictures() -> list[bytes]:
    rgb = np.arange(32 * 32 * 3, dtype=np.uint32).astype(np.uint8).reshape(32, 32, 3)
    rgba = np.dstack([rgb, rgb[:, :, 0]])
    deep, unit = rgb.astype(np.uint16) * 257, rgb.astype(np.float32) / 255
    made = [_encoded(rgb, suffix) for suffix in (".png", ".jpg", ".bmp", ".webp", ".tif", ".jp2", ".ppm")]
    made += [_encoded(deep, suffix) for suffix in (".png", ".tif", ".jp2", ".ppm")]
    made += [_encoded(unit, suffix) for suffix in (".hdr", ".pfm", ".tif")]
    made += [_saved(rgba, format=kind) for kind in ("PNG", "WEBP", "TIFF", "AVIF")]
    made += [_saved(rgba, rgba[::-1].copy(), format=kind) for kind in ("PNG", "WEBP", "GIF", "TIFF", "AVIF")]
    exif = Image.Exif()
    exif[0x0112] = 6
    made += [_saved(rgb, format=kind, exif=exif) for kind in ("PNG", "WEBP", "JPEG", "TIFF")]
    made += [
        b"P2 2 2 15\n0 5 10 15\n",
        b"P1 2 2\n1 0 0 1\n",
        b"P4 9 1\n\xaa\x80",
        b"P5\n# a comment\n2 2 1023\n\0\1\1\0\2\0\3\xff",
        b"P7\nWIDTH 2\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n\0\1\2\3\4\5\6\7",
        b"Pf\n2 1\n-1.0\n\0\0\x80?\0\0\0\0",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x0emeta\0\0\0\0\0\0",
        b"\x76\x2f\x31\x01\2\0\0\0",
    ]
    return made


def _addresses() -> list[bytes]:
    texts = [
        *("", "0", "-1", "+3", "/dev/video0", "synthetic", "synthetic:", "synthetic:grating:period=16", "a b.png"),
        *("12:30:05.mp4", "2024-11-14T22:57:44+02:00.gif", "a:b", "file:", "concat:", "pipe:", "file:///a", "*.png"),
        *("rtsp://me:p@ss/word@cam:554/live?x=1", "http://cam/video?user=me&password=hunter2&n=3", "udp://:1234"),
        *("HTTPS://[::1]:8/x", "ftp://h/x", "**/*.jpg", "[a", "[!", "~", ".", "./", "a//b", "n" * 300, "\udcff"),
    ]
    return [os.fsencode(text) for text in texts] + [b"there\n" + os.fsencode(text) for text in texts]


TARGETS = (
    Target(
        "pictures",
        _pictures,
        _picture,
        (SourceError,),
        ("convviz_core.pictures", "live.sources.pictures", "live.sources.opening"),
    ),
    Target("addresses", _addresses, _address, (SourceError,), ("live.sources.opening", "live.sources.address"), 400),
)
