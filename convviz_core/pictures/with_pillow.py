"""What Pillow reads right and OpenCV does not: animations, orientations, AVIF, BMP, PBM; imported only for them."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator

import cv2
import numpy as np

from convviz_core.arrays import AnyArray
from convviz_core.pictures.picture import Picture, PictureError
from convviz_core.pictures.tones import from_integers

MOST_PIXELS = 2**27  # with what is made of them 2 GB; a small file can claim any number
SHORTEST_S, INSTEAD_S = 0.02, 0.1  # browsers and FFmpeg show for 0.1 s what is to be seen for less than 0.02 s
ORIENTATION = 0x0112


def read(data: bytes | bytearray, kind: str) -> Iterator[Picture]:
    """Every picture of a file whose kind Pillow calls `kind`, upright; PictureError for the first that is damaged."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # it refuses twice as many
    index = 0
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data), formats=[kind]) as file:
            count = int(getattr(file, "n_frames", 1))
            first = int(bool(getattr(file, "default_image", False)) and count > 1)  # APNG's, for who cannot play it
            for index in range(first, count):
                file.seek(index)
                file.load()
                seconds = _seconds(file.info.get("duration")) if count - first > 1 else None
                seen = ImageOps.exif_transpose(file)
                seen = seen.convert("RGBA" if seen.has_transparency_data else "RGB")
                picture = from_integers(_samples(np.asarray(seen)))
                yield Picture(picture.image, picture.notes, seconds, count - first)
    except MemoryError:
        raise
    except Image.DecompressionBombError:
        raise PictureError("is too large a picture: more than 2^27 pixels") from None
    except Exception:  # Pillow raises all kinds of things about damaged files
        where = f" from picture {index + 1} on" if index else ""
        raise PictureError(f"is damaged{where}, or of a kind that Pillow does not read") from None


def orientation(data: bytes, kind: str) -> int:
    """The Exif orientation, 1 to 8; 1 where there is none."""
    from PIL import Image

    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data), formats=[kind]) as file:
            return int(file.getexif().get(ORIENTATION, 1))
    except Exception:  # as above
        return 1


def _seconds(duration_ms: object) -> float:
    seconds = duration_ms / 1000 if isinstance(duration_ms, int | float) else 0.0
    return seconds if seconds >= SHORTEST_S else INSTEAD_S


def _samples(rgb: AnyArray) -> AnyArray:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGBA2BGRA if rgb.shape[2] == 4 else cv2.COLOR_RGB2BGR))
