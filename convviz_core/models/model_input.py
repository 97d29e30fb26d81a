"""What a model gets of a frame: RGB (or gray) in [0, 1], at its size, normalised as it was in training."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.gray import to_gray, to_planes, to_unit
from convviz_core.models.errors import ModelError

SHORTER_SIDE = 224  # pixels: what most image networks were trained on
LARGEST_SIDE = 8192

# Means and standard deviations of ImageNet's R, G, B in [0, 1], as torchvision's pretrained models take them:
# https://docs.pytorch.org/vision/stable/models.html
_IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_WANTED = "none, imagenet, or means/deviations such as 0.5,0.5,0.5/0.5,0.5,0.5"


@dataclass(frozen=True)
class Normalization:
    """(v - mean) / std of each channel of a picture in [0, 1], in R, G, B order, or one pair for gray."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __post_init__(self) -> None:
        finite = all(map(math.isfinite, (*self.mean, *self.std)))
        if len(self.mean) != len(self.std) or len(self.mean) not in (1, 3) or not finite or min(self.std) <= 0:
            raise ModelError(f"a normalisation has one or three finite means and as many deviations above 0: {_WANTED}")

    def __str__(self) -> str:
        if (self.mean, self.std) == _IMAGENET:
            return "imagenet"
        return "/".join(",".join(f"{value:g}" for value in part) for part in (self.mean, self.std))


def normalization_from(value: object) -> Normalization | None:
    """None or "none"; "imagenet"; "M,M,M/S,S,S"; or (means, deviations). Errors: ModelError."""
    if value is None or value == "none" or isinstance(value, Normalization):
        return None if value == "none" else value  # type: ignore[return-value]  # "none" is no Normalization
    if value == "imagenet":
        return Normalization(*_IMAGENET)
    parts = value.split("/") if isinstance(value, str) else value
    try:
        mean, std = (part.split(",") if isinstance(part, str) else part for part in parts)  # type: ignore[attr-defined]
        means, deviations = (tuple(float(one) for one in part) for part in (mean, std))
    except (TypeError, ValueError):
        raise ModelError(f"there is no normalisation {value!r}: choose {_WANTED}") from None
    return Normalization(means, deviations)


def input_size(frame_hw: tuple[int, int], input_hw: tuple[int, int] | None) -> tuple[int, int]:
    """The (h, w) at which a frame goes in: `input_hw`, or its shorter side 224 and the other in proportion."""
    if input_hw is not None:
        return input_hw
    shorter = min(frame_hw)
    h, w = ((2 * side * SHORTER_SIDE + shorter) // (2 * shorter) for side in frame_hw)  # halves up
    return h, w


def checked_input_hw(input_hw: object) -> tuple[int, int]:
    """(h, w) as two whole numbers from 1 to 8192. Errors: ModelError."""
    if isinstance(input_hw, tuple | list) and len(input_hw) == 2:
        h, w = input_hw
        whole = all(isinstance(side, int | np.integer) and not isinstance(side, bool) for side in (h, w))
        if whole and min(h, w) >= 1 and max(h, w) <= LARGEST_SIDE:
            return int(h), int(w)
    raise ModelError(f"an input size is (h, w), two whole numbers from 1 to {LARGEST_SIDE}, got {input_hw!r}")


def scaled(frame: ByteArray, size_hw: tuple[int, int]) -> ByteArray:
    """The frame at that size, uint8: area means along a side that shrinks, linear along one that grows."""
    height, width = size_hw
    if frame.shape[:2] == size_hw:
        return frame
    frame = np.ascontiguousarray(frame)
    shrunk_wh = min(width, frame.shape[1]), min(height, frame.shape[0])
    if shrunk_wh != frame.shape[1::-1]:
        frame = np.asarray(cv2.resize(frame, shrunk_wh, interpolation=cv2.INTER_AREA), np.uint8)
    if shrunk_wh != (width, height):
        frame = np.asarray(cv2.resize(frame, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    return frame


def to_input(
    frame: ByteArray, size_hw: tuple[int, int], channels: int, normalization: Normalization | None
) -> FloatArray:
    """float32 (C, h, w), C-contiguous: what the model gets of a uint8 frame, (H, W) gray or (H, W, 3) BGR."""
    picture = scaled(frame, size_hw)
    planes = to_gray(picture)[None] if channels == 1 else to_planes(picture, channels)
    values = np.ascontiguousarray(to_unit(planes))
    return values if normalization is None else normalised(values, normalization)


def normalised(values: FloatArray, normalization: Normalization) -> FloatArray:
    """float32 (C, h, w) in [0, 1] -> normalised. ModelError where the channels are not those of the normalisation."""
    mean, std = (np.array(part, np.float32)[:, None, None] for part in (normalization.mean, normalization.std))
    if len(mean) not in (1, len(values)):
        raise ModelError("the model takes one channel: normalise gray with one mean and one deviation, M/S")
    return np.ascontiguousarray((values - mean) / std)
