"""What the inspector says of a difference: the kept layer's answer, what the live one has more, and its byte."""

from __future__ import annotations

import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.difference import Difference
from convviz_core.inspect import answers_at, inspect_pixel
from convviz_core.ranges import RangeMode, bank_ranges, fixed_limits
from live.drawing.numbers import MINUS, TIMES, figure
from live.drawing.scene import MapPixel, Scene


def difference_lines(scene: Scene, target: MapPixel, shown: float) -> list[tuple[str, str]]:
    """After a side's own arithmetic: nothing of the kept side's, else what follows. shown: the live side's value."""
    other = scene.other
    if other is None or other.target is None:
        return []
    kept = inspect_pixel(other.image, other.layer, *other.target)
    less = kept.response if other.layer.signed else kept.activated
    found = np.float32(shown) - np.float32(less)
    lo, hi = scene.ranges[target[0]].tolist()
    levels = _bytes(scene, np.array([found], np.float32), scene.ranges[target[0] : target[0] + 1])
    minus = figure(lo) if lo >= 0 else f"({figure(lo)})"
    taken = figure(less) if less >= 0 else f"({figure(less)})"
    return [
        (f"minus the kept layer's: {figure(shown)} {MINUS} {taken}", figure(float(found))),
        (
            f"byte: 255 {TIMES} ({figure(float(found))} {MINUS} {minus}) / ({figure(hi)} {MINUS} {minus})",
            str(levels[0]),
        ),
    ]


def difference_answers(scene: Scene, target: MapPixel) -> tuple[FloatArray, ByteArray]:
    """The differences at a pixel of every map, float32 (n,), and their bytes; none of the kept side's."""
    other = scene.other
    if other is None or other.target is None:
        return np.empty(0, np.float32), np.empty(0, np.uint8)
    count = len(scene.ranges)
    found = _shown(scene, target)[:count] - _shown(other, other.target)[:count]
    return found, _bytes(scene, found, scene.ranges)


def _shown(scene: Scene, target: MapPixel) -> FloatArray:
    ranges = bank_ranges(len(scene.layer.bank), fixed_limits(scene.layer))
    found, _ = answers_at(scene.image, scene.layer, *target[1:], ranges)
    return found if scene.layer.signed else np.maximum(found, 0)


def _bytes(scene: Scene, found: FloatArray, ranges: FloatArray) -> ByteArray:
    assert scene.other is not None
    difference = Difference(scene.layer, scene.other.layer)
    own = scene.range == RangeMode.FRAME and len(ranges) == len(difference)
    return difference.to_bytes(found[:, None, None], ranges, own=own)[:, 0, 0]
