"""Colour maps for the mosaic's bytes: OpenCV's, and a diverging one whose middle is zero."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from convviz_core.arrays import ByteArray


@cache
def lookup_table(name: str) -> ByteArray | None:
    """uint8 BGR (256, 1, 3) of a name in controls.COLORMAPS; None for gray, which needs none."""
    if name == "gray":
        return None
    if name == "diverging":
        return _diverging()
    ramp = np.arange(256, dtype=np.uint8)[:, None]
    return np.asarray(cv2.applyColorMap(ramp, getattr(cv2, f"COLORMAP_{name.upper()}")), np.uint8)


def _diverging() -> ByteArray:
    """Blue for negative, white at byte 128, red for positive; the ends are those of Moreland's cool-warm map.

    Ends: RGB (59, 76, 192) and (180, 4, 38), K. Moreland, "Diverging Color Maps for Scientific Visualization", 2009;
    here interpolated in RGB, so that byte 128 is exactly white.
    """
    blue, white, red = (np.array(bgr, np.float64) for bgr in ((192, 76, 59), (255, 255, 255), (38, 4, 180)))
    below = np.linspace(blue, white, 129)
    above = np.linspace(white, red, 128)[1:]
    return np.asarray(np.rint(np.concatenate([below, above])), np.uint8)[:, None, :]


def centred(table: ByteArray, lo: float, hi: float) -> ByteArray:
    """`table` moved so that its middle stands at response 0 for bytes that span [lo, hi] (frame mode's own ranges)."""
    reach = max(abs(lo), abs(hi)) or 1.0
    values = np.linspace(lo, hi, 256) / reach
    return np.asarray(table[np.clip(np.rint(128 + 127 * values), 0, 255).astype(np.intp)], np.uint8)
