"""Samples of any depth -> bytes: what is black, what is white, what shows through.

Samples are (H, W) gray, or (H, W, C): gray and alpha, B G R, or B G R alpha. Alpha 0 is transparent, over black.
"""

from __future__ import annotations

import cv2
import numpy as np

from convviz_core.arrays import AnyArray, ByteArray
from convviz_core.pictures.picture import Picture


def from_integers(samples: AnyArray, white: int = 255) -> Picture:
    """uint8 or uint16 from 0, black, to `white`: round(255 v / white), halves up; more than `white` is white."""
    colour, alpha = _parted(samples)
    if alpha is None or bool((alpha >= white).all()):
        return Picture(_as_bgr(_scaled(colour, white)))
    notes = () if alpha.any() else ("is transparent everywhere, which is shown black",)
    if white == 255 and samples.dtype == np.uint8:
        product = cv2.multiply(colour, np.dstack([alpha] * colour.shape[2]), scale=1 / 255)
        over_black = np.asarray(product, np.uint8).reshape(colour.shape)
    else:
        deep = 510 * colour.astype(np.uint64) * alpha[:, :, None]
        over_black = np.minimum((deep + white * white) // (2 * white * white), 255).astype(np.uint8)
    return Picture(_as_bgr(over_black), notes)


def from_floats(samples: AnyArray) -> Picture:
    """Floating point from 0, black, to 1, white; what lies outside is cut off, and said; NaN is black, and said."""
    colour, alpha = _parted(samples)
    notes = []
    not_numbers = np.isnan(colour)
    if count := int(not_numbers.sum()):
        notes.append(f"holds {count} values of {colour.size} that are not numbers, which are shown black")
    with np.errstate(invalid="ignore"):
        outside = int(((colour < 0) | (colour > 1)).sum())
    if outside:
        least, most = float(np.nanmin(colour)), float(np.nanmax(colour))
        notes.append(
            f"holds {outside} values of {colour.size} outside 0 to 1 (it goes from {least:.3g} to {most:.3g}), "
            "which are shown black and white"
        )
    unit = np.clip(np.where(not_numbers, 0, colour), 0, 1)
    if alpha is not None:
        unit = unit * np.clip(np.nan_to_num(alpha), 0, 1)[:, :, None]
    return Picture(_as_bgr(np.floor(255 * unit + 0.5).astype(np.uint8)), tuple(notes))


def upright(samples: AnyArray, orientation: int) -> AnyArray:
    """Samples as they lie in a file -> as they are seen; `orientation` is that of TIFF and Exif, 1 to 8."""
    if orientation in (5, 6, 7, 8):
        samples = samples.swapaxes(0, 1)
    mirrored, upside_down = orientation in (2, 3, 6, 7), orientation in (3, 4, 7, 8)
    return samples[:: -1 if upside_down else 1, :: -1 if mirrored else 1]


def _parted(samples: AnyArray) -> tuple[AnyArray, AnyArray | None]:
    """Gray (H, W, 1) or colour (H, W, 3), and the alpha (H, W) where there is one."""
    if samples.ndim == 2:
        return samples[:, :, None], None
    channels = samples.shape[2]
    return (samples, None) if channels in (1, 3) else (samples[:, :, : channels - 1], samples[:, :, -1])


def _scaled(samples: AnyArray, white: int) -> ByteArray:
    if white == 255 and samples.dtype == np.uint8:
        return np.asarray(samples, np.uint8)
    values = np.arange(np.iinfo(samples.dtype).max + 1, dtype=np.int64)
    return np.minimum((510 * values + white) // (2 * white), 255).astype(np.uint8)[samples]


def _as_bgr(image: ByteArray) -> ByteArray:
    if image.shape[2] == 3:
        return np.ascontiguousarray(image)
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_GRAY2BGR), np.uint8)
