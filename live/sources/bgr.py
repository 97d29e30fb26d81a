"""From a decoded picture to BGR pixels, turned as its display matrix says."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from convviz_core.arrays import ByteArray

import av  # isort: skip  (after cv2, see live/recording/movie.py)
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

_TILT = 0.02  # of a display matrix's size: what is off by more is no turn by quarters


class UnknownColourError(ValueError):
    """FFmpeg refuses to convert a picture's colours; the message says which they are."""


class Turn(NamedTuple):
    """How a picture is to be shown: its axes swapped first, then mirrored left-right and top-bottom."""

    swapped: bool = False
    mirrored_x: bool = False
    mirrored_y: bool = False


def turn_of(frame: VideoFrame) -> Turn | None:
    """What the display matrix of `frame` asks for; None where that is no turn by quarters.

    The matrix maps (x, y) to (a x + c y, b x + d y), y pointing down (libavutil/display.h).
    """
    try:
        side_data = frame.side_data.get("DISPLAYMATRIX")
    except ValueError:  # a kind of side data that PyAV does not know yet, beside it
        side_data = None
    if side_data is None:
        return Turn()
    a, b, _, c, d = np.frombuffer(bytes(side_data), np.int32)[:5].tolist()  # type: ignore[call-overload]
    size = max(abs(a), abs(b), abs(c), abs(d))
    if max(abs(b), abs(c)) <= _TILT * size:
        return Turn(False, a < 0, d < 0)
    if max(abs(a), abs(d)) <= _TILT * size:
        return Turn(True, c < 0, b < 0)
    return None


class BgrConverter:
    """Converts one picture after the other; every one may have another size and format."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def convert(self, frame: VideoFrame, turn: Turn) -> ByteArray:
        """uint8 BGR (H, W, 3), in new memory. UnknownColourError where FFmpeg cannot convert it."""
        try:
            # Bicubic is FFmpeg's default. It concerns only how chroma is enlarged, the size stays.
            made = self._reformatter.reformat(frame, format="bgr24", interpolation=Interpolation.BICUBIC, threads=1)
        except (av.FFmpegError, ValueError):
            raise UnknownColourError(
                f"{frame.format.name}, matrix {frame.colorspace}, transfer {frame.color_trc}"
            ) from None
        pixels = np.ascontiguousarray(made.to_ndarray(), np.uint8)  # lines may be padded
        if turn.swapped:
            pixels = np.asarray(cv2.transpose(pixels), np.uint8)
        if turn.mirrored_x or turn.mirrored_y:
            both = turn.mirrored_x and turn.mirrored_y
            pixels = np.asarray(cv2.flip(pixels, -1 if both else int(turn.mirrored_x)), np.uint8)
        return pixels
