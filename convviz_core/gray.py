"""From a frame to what the filters read."""

from __future__ import annotations

import cv2
import numpy as np

from convviz_core.arrays import ByteArray, FloatArray

# OpenCV's: gray = (sum of weight * channel + half) >> 15, half = 2**14. In the order B, G, R.
GRAY_WEIGHTS = (3735, 19235, 9798)


def check_picture(frame: ByteArray) -> None:
    """TypeError for what is no numpy array, ValueError for anything but uint8 (H, W) or (H, W, 3)."""
    if not isinstance(frame, np.ndarray):
        raise TypeError(f"a frame is a numpy array, uint8 gray (H, W) or BGR (H, W, 3), got {type(frame).__name__}")
    if frame.dtype != np.uint8:
        raise ValueError(f"a frame is uint8, got {frame.dtype}")
    check_shape(frame.shape)


def check_shape(shape: tuple[int, ...]) -> None:
    """ValueError for anything but a frame's shape."""
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] != 3):
        raise ValueError(f"a frame is gray (H, W) or BGR (H, W, 3), got shape {shape}")


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


def dense(frame: ByteArray, scratch: ByteArray) -> ByteArray:
    """`frame` with rows that OpenCV reads without a copy of its own; a mirrored view is turned into `scratch`.

    scratch: uint8, C-contiguous, of the frame's shape. OpenCV turns pictures ten times faster than numpy copies them.
    """
    pixel = frame.shape[2] if frame.ndim == 3 else 1
    if abs(frame.strides[1]) != pixel or (frame.ndim == 3 and frame.strides[2] != 1):
        np.copyto(scratch, frame)
        return scratch
    upside_down, mirrored = frame.strides[0] < 0, frame.strides[1] < 0
    upright = frame[:: -1 if upside_down else 1, :: -1 if mirrored else 1]
    if not upside_down and not mirrored:
        return frame
    flip_code = -1 if upside_down and mirrored else int(mirrored)
    return np.asarray(cv2.flip(upright, flip_code, scratch), np.uint8)
