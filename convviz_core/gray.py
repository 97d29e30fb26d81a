"""From a frame to what the filters read."""

from __future__ import annotations

import cv2
import numpy as np

from convviz_core.arrays import ByteArray, FloatArray


def to_gray(frame: ByteArray) -> ByteArray:
    """uint8 BGR (H, W, 3) -> uint8 gray (H, W), byte for byte cv2.cvtColor's; a gray frame is returned as it is."""
    if frame.ndim == 2:
        return frame
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_BGR2GRAY), np.uint8)


def to_planes(frame: ByteArray, channels: int) -> ByteArray:
    """What a bank of `channels` reads: uint8 (1, H, W) gray, or (3, H, W) in R, G, B order (a gray frame thrice)."""
    if channels == 1:
        return to_gray(frame)[None]
    if frame.ndim == 2:
        return np.broadcast_to(frame, (3, *frame.shape))
    return frame[:, :, ::-1].transpose(2, 0, 1)


def to_unit(planes: ByteArray) -> FloatArray:
    """uint8 -> float32 in [0, 1], exactly x / 255 in float32."""
    return planes.astype(np.float32) / np.float32(255)
