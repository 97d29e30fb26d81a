"""The pictures of the synthetic scenes, each a function of the moment and the scene's parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from convviz_core.arrays import AnyArray, ByteArray

Values = Mapping[str, float]
TAU = 2 * math.pi


@dataclass(frozen=True)
class Moment:
    """Picture `index` of a scene of (width, height) pixels, `time_s` seconds after its start."""

    size_wh: tuple[int, int]
    index: int
    time_s: float


def step(at: Moment, values: Values) -> ByteArray:
    """low before the edge and high from it on; it wraps round and is always inside the picture."""
    place = _along(at.size_wh, *_direction(values["angle"]))
    first = math.floor(place.min())
    span = max(1, math.ceil(place.max()) - first)
    edge = first + 1 + (span // 2 + round(values["speed"] * at.time_s)) % span
    return np.where(place >= edge, np.uint8(values["high"]), np.uint8(values["low"]))


def bar(at: Moment, values: Values) -> ByteArray:
    """A bar without ends through the middle; `angle` is the direction across it at the start."""
    cos, sin = _direction(values["angle"] + values["speed"] * at.time_s)
    width, height = at.size_wh
    middle = cos * (width - 1) / 2 + sin * (height - 1) / 2
    levels = np.abs(_along(at.size_wh, cos, sin, -middle))
    # 255 clip(1/2 + (width/2 - |distance|) / edge, 0, 1); convertScaleAbs rounds and stops at 255.
    per_pixel = 255 / values["edge"]
    np.subtract(127.5 + per_pixel * values["width"] / 2, levels * np.float32(per_pixel), out=levels)
    return _bytes(np.maximum(levels, 0, out=levels))


def grating(at: Moment, values: Values) -> ByteArray:
    """127.5 (1 + contrast sin(2 pi ((x cos + y sin) / period - speed t)))."""
    cos, sin = _direction(values["angle"])
    turns = values["speed"] * at.time_s
    return _waves(at.size_wh, cos / values["period"], sin / values["period"], turns, values["contrast"])


def chirp(at: Moment, values: Values) -> ByteArray:
    """127.5 (1 + contrast sin(2 pi (start x + (end - start) x^2 / (2 width) - speed t)))."""
    width, height = at.size_wh
    x = np.arange(width, dtype=np.float64)
    turns = values["start"] * x + (values["end"] - values["start"]) * x * x / (2 * width)
    wave = np.sin(TAU * (turns - values["speed"] * at.time_s))
    row = _bytes(127.5 + 127.5 * values["contrast"] * wave[None])
    return np.repeat(row, height, axis=0)


def checker(at: Moment, values: Values) -> ByteArray:
    """low where column and row of the cell are both even or both odd."""
    width, height = at.size_wh
    cell, low, high = (int(values[name]) for name in ("cell", "low", "high"))
    columns = (np.arange(width) - round(values["speed"] * at.time_s)) // cell % 2 * (low ^ high) ^ low
    rows = np.arange(height) // cell % 2 * (low ^ high)
    return np.bitwise_xor.outer(rows.astype(np.uint8), columns.astype(np.uint8))


def noise(at: Moment, values: Values) -> ByteArray:
    """Uniform bytes, their own for every index and seed."""
    width, height = at.size_wh
    generator = np.random.default_rng((int(values["seed"]), at.index))
    return generator.integers(0, 256, (height, width), dtype=np.uint8)


def ramp(at: Moment, values: Values) -> ByteArray:
    """Up by `slope` a pixel from 0 to the last whole pixel below 255, down again, and so on."""
    rise = 255 // values["slope"]
    waves = _along(at.size_wh, *_direction(values["angle"]), -float(round(values["speed"] * at.time_s)))
    waves /= 2 * rise
    return _bytes(2 * rise * values["slope"] * np.abs(waves - np.rint(waves)))


def dot(at: Moment, values: Values) -> ByteArray:
    """A lattice of single pixels with one of them in the middle of the picture at the start."""
    width, height = at.size_wh
    spacing = int(values["spacing"])
    picture = np.full((height, width), int(values["low"]), np.uint8)
    first_x = (width // 2 + round(values["speed"] * at.time_s)) % min(spacing, width)
    picture[height // 2 % spacing :: spacing, first_x::spacing] = int(values["high"])
    return picture


def demo(at: Moment, values: Values) -> ByteArray:  # noqa: ARG001 -- it takes no parameters
    """Left a bar turning on a disc, right above a turning grating, right below squares that wander to and fro."""
    width, height = at.size_wh
    middle_x, middle_y = width // 2, height // 2
    picture = np.full((height, width), 40, np.uint8)
    # Drawing clips to the panel it is given, so that no part reaches into another at any size.
    _draw_clock(picture[:, : max(1, middle_x)], at.time_s)
    if middle_x and middle_y:
        panel = picture[:middle_y, middle_x:]
        frequency = 8 / min(panel.shape) if min(panel.shape) > 32 else 0.25
        cos, sin = _direction(12 * at.time_s)
        panel[:] = _waves(panel.shape[::-1], frequency * cos, frequency * sin, at.time_s, 0.8)
    _draw_squares(picture[middle_y:, middle_x:], at.time_s)
    return picture


def _draw_clock(panel: ByteArray, time_s: float) -> None:
    height, width = panel.shape
    radius = 0.42 * min(height, width)
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    angle = TAU * time_s / 8
    along, across = np.array([math.cos(angle), math.sin(angle)]), np.array([-math.sin(angle), math.cos(angle)])
    half_width = max(0.5, 0.16 * radius)
    corners = [centre + 0.9 * radius * a * along + half_width * b * across for a, b in _CORNERS]
    cv2.circle(panel, _fixed(centre), round(radius * 16), 120, -1, cv2.LINE_AA, 4)
    cv2.fillConvexPoly(panel, np.array([_fixed(corner) for corner in corners]), 240, cv2.LINE_AA, 4)


def _draw_squares(panel: ByteArray, time_s: float) -> None:
    height, width = panel.shape
    for part, level, x_period_s, y_period_s in ((0.5, 200, 7.0, 5.0), (0.25, 110, 4.0, 6.5)):
        side = max(1, round(part * min(height, width)))
        x, y = _to_and_fro(width - side, time_s / x_period_s), _to_and_fro(height - side, time_s / y_period_s)
        panel[y : y + side, x : x + side] = level


def _to_and_fro(way_px: int, turns: float) -> int:
    return round(max(0, way_px) * (1 - abs(1 - 2 * (turns % 1))))


_CORNERS = ((-1, -1), (1, -1), (1, 1), (-1, 1))


def _fixed(point: AnyArray) -> tuple[int, int]:
    # OpenCV's drawing takes sixteenths of a pixel with shift=4.
    return round(16 * point[0]), round(16 * point[1])


def _direction(angle_deg: float) -> tuple[float, float]:
    # Rounded, so that a multiple of 90 degrees runs exactly along the pixels.
    angle = math.radians(angle_deg)
    return round(math.cos(angle), 12), round(math.sin(angle), 12)


def _along(size_wh: tuple[int, int], cos: float, sin: float, start: float = 0.0) -> AnyArray:
    """float32 (H, W): x cos + y sin + start of each pixel."""
    x, y = (np.arange(side, dtype=np.float64) for side in size_wh)
    return np.add.outer((y * sin + start).astype(np.float32), (x * cos).astype(np.float32))


def _waves(size_wh: tuple[int, int], fx: float, fy: float, turns: float, contrast: float) -> ByteArray:
    """127.5 (1 + contrast sin(2 pi (fx x + fy y - turns))): by the sum of angles, one product of two thin matrices."""
    x, y = (np.arange(side, dtype=np.float64) for side in size_wh)
    rows, columns = TAU * (fy * y - turns), TAU * fx * x
    amplitude = 127.5 * contrast
    left = np.stack([amplitude * np.sin(rows), amplitude * np.cos(rows), np.full(len(y), 127.5)], axis=1)
    right = np.stack([np.cos(columns), np.sin(columns), np.ones(len(x))])
    return _bytes(cv2.gemm(left.astype(np.float32), right.astype(np.float32), 1, np.empty(0, np.float32), 0))


def _bytes(levels: AnyArray) -> ByteArray:
    """Rounded and stopped at 255; `levels` are not negative."""
    return np.asarray(cv2.convertScaleAbs(levels), np.uint8)
