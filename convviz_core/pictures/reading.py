"""From a file's name to the pictures in it. The viewer and `still` both read with this, and so see the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from convviz_core.pictures.kinds import Kind, kind_of
from convviz_core.pictures.picture import Picture, PictureError

LARGEST_BYTES = 2**31 - 1


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
    yield from _reader(kind_of(data))(data)


def _reader(kind: Kind | None) -> Callable[[bytes], Iterable[Picture]]:
    """Who reads this kind; only that one's module is loaded."""
    match kind:
        case Kind.AVIF | Kind.BMP | Kind.GIF | Kind.PBM:
            from convviz_core.pictures import with_pillow

            return partial(with_pillow.read, kind="PPM" if kind == Kind.PBM else kind.value)
        case Kind.HEIC:
            from convviz_core.pictures.heic import read_heic

            return read_heic
        case Kind.NETPBM:
            from convviz_core.pictures.netpbm import read_netpbm

            return read_netpbm
        case Kind.TIFF:
            from convviz_core.pictures.tiff import read_tiff

            return read_tiff
        case Kind.EXR:
            raise PictureError(
                "is OpenEXR, which neither OpenCV nor Pillow reads here: convert it, to float TIFF or PFM"
            )
        case _:
            from convviz_core.pictures import with_opencv

            return with_opencv.reader(kind)
