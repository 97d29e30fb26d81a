"""From a file's name to the pictures in it. The viewer and `still` both read with this, and so see the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from convviz_core.pictures import heic, netpbm, tiff, with_opencv, with_pillow
from convviz_core.pictures.kinds import Kind, kind_of
from convviz_core.pictures.picture import Picture, PictureError

LARGEST_BYTES = 2**31 - 1

_ONE: dict[Kind, Callable[[bytes], Picture]] = {
    Kind.BMP: with_opencv.read_bmp,
    Kind.HDR: with_opencv.read_floats,
    Kind.HEIC: heic.read_heic,
    Kind.JPEG: with_opencv.read_jpeg,
    Kind.JPEG2000: with_opencv.read_jpeg2000,
    Kind.NETPBM: netpbm.read_netpbm,
    Kind.PFM: with_opencv.read_floats,
}
_MANY: dict[Kind, Callable[[bytes], Iterator[Picture]]] = {
    Kind.AVIF: partial(with_pillow.read, kind="AVIF"),
    Kind.GIF: partial(with_pillow.read, kind="GIF"),
    Kind.PBM: partial(with_pillow.read, kind="PPM"),
    Kind.PNG: with_opencv.read_png,
    Kind.TIFF: tiff.read_tiff,
    Kind.WEBP: with_opencv.read_webp,
}


def read_pictures(path: Path) -> Iterator[Picture]:
    """The pictures in a file, one after the other, each decoded when it is asked for.

    One, but for an animation (GIF, WebP, PNG, AVIF) and a TIFF of several pages. PictureError, one whole sentence with
    the file's name, says why there is none, or why there are no more.
    """
    try:
        yield from _pictures(path)
    except FileNotFoundError:
        raise PictureError(f"there is no file {path}") from None
    except OSError as error:
        raise PictureError(f"{path} cannot be read: {error.strerror or error}") from None
    except MemoryError:
        raise PictureError(f"{path} is too large a picture for this machine's memory") from None
    except PictureError as error:
        raise PictureError(f"{path} {error}") from None


def _pictures(path: Path) -> Iterator[Picture]:
    size = path.stat().st_size
    if size == 0:
        raise PictureError("is empty, want a picture or a video")
    if size > LARGEST_BYTES:
        raise PictureError(f"is too large for a picture: {size} bytes, at most {LARGEST_BYTES}")
    data = path.read_bytes()
    kind = kind_of(data)
    if kind in _ONE:
        yield _ONE[kind](data)
    elif kind in _MANY:
        yield from _MANY[kind](data)
    elif kind == Kind.EXR:
        raise PictureError("is OpenEXR, which neither OpenCV nor Pillow reads here: convert it, to float TIFF or PFM")
    else:
        raise PictureError(with_opencv.UNREADABLE)
