"""What reading from any cv2.VideoCapture takes: errors become failed reads, memory is used again."""

from __future__ import annotations

import math

import cv2
import numpy as np

from convviz_core.arrays import ByteArray


def grab(capture: cv2.VideoCapture) -> bool:
    """Fetch the next picture, not yet decoded; False when none came."""
    try:
        return capture.grab()
    except cv2.error:
        return False


def retrieve(capture: cv2.VideoCapture, memory: ByteArray | None) -> ByteArray | None:
    """The grabbed picture, in `memory` where shape and type fit; None when it is damaged."""
    try:
        good, image = capture.retrieve() if memory is None else capture.retrieve(memory)
    except cv2.error:
        return None
    return np.asarray(image, np.uint8) if good and image is not None and image.size else None


def stated_fps(capture: cv2.VideoCapture) -> float | None:
    """The rate that an open capture states, None where it states none."""
    fps = capture.get(cv2.CAP_PROP_FPS)
    return fps if math.isfinite(fps) and 0 < fps <= 1000 else None


def size_wh(capture: cv2.VideoCapture) -> tuple[int, int]:
    """The pictures' width and height, as an open capture states them."""
    return int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
