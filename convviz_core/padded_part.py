"""The input as a layer sees it: with what stands outside the frame, where its padding says that something does."""

from __future__ import annotations

import numpy as np

from convviz_core.arrays import ByteArray
from convviz_core.geometry import OUTSIDE, Box, ConvGeometry


def padded_part(image: ByteArray, geometry: ConvGeometry, box: Box) -> ByteArray:
    """The pixels of uint8 (H, W) or (H, W, 3) in `box`, which may reach outside: a view where it does not.

    Outside stands what the padding puts there, and beyond the padding 0.
    """
    height, width = image.shape[:2]
    if box.top >= 0 and box.left >= 0 and box.bottom <= height and box.right <= width:
        return image[box.top : box.bottom, box.left : box.right]
    rows, columns = geometry.sources((height, width), box)
    part = image[np.maximum(rows, 0)][:, np.maximum(columns, 0)]
    part[rows == OUTSIDE] = 0
    part[:, columns == OUTSIDE] = 0
    return part
