"""Colour maps: which colour a byte of the mosaic has on the canvas. The mosaic itself is never touched."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

import cv2
import numpy as np

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.gray import to_gray
from live.drawing.colour_table import ColourTable

_LIFT_EXPONENT = 0.6  # below 1 weak responses are lifted out of the dark: byte 8 has a lightness of 12, not 3
_SIGN_CHROMA = 30.0  # of CIE L*a*b*, halfway between zero and the largest response
_POSITIVE_HUE, _NEGATIVE_HUE = 65.0, 275.0  # degrees: orange and blue, which no common colour blindness confuses
_D65 = np.array([0.950456, 1.0, 1.088754])  # the white's X, Y, Z, and these to linear B, G, R: as OpenCV has them
_XYZ_TO_BGR = np.array(
    [[0.055648, -0.969256, 3.240479], [-0.204043, 1.875991, -1.53715], [1.057311, 0.041556, -0.498535]]
)
_PLAIN = np.arange(256, dtype=np.uint8)
Tint = tuple[int, int, int]  # of a colour's B, G and R, in halves of how strong it is
_VIOLET, _LESS_OF_IT, _GREEN, _CRIMSON = (2, 0, 1), (0, 2, 1), (0, 2, 0), (1, 0, 2)
_TINTS = {"magma": _GREEN, "inferno": _GREEN, "turbo": _CRIMSON}  # what all others would be among their own colours


class Palette:
    """The colours of one map's bytes, table: uint8 BGR (256, 3), and a tint that is none of them.

    tint: what is added where zero is dark; where it is `light`, the tint is taken away. lasting: whether they are for
    many pictures.
    """

    def __init__(self, table: ByteArray, *, tint: Tint = _VIOLET, lasting: bool = True) -> None:
        self.light = bool(to_gray(table[None, :1])[0, 0] > 127)  # zero lies above the middle gray
        self.tint = _LESS_OF_IT if self.light else tint
        self.plain = bool((table == _PLAIN[:, None]).all())  # bytes are their own grays
        self._table = ColourTable(table, lasting=lasting)

    def colours(self, levels: ByteArray) -> ByteArray:
        """uint8 (H, W, 4): the colours of `levels`, uint8 (H, W), in BGR, and a byte that says nothing."""
        if self.plain:
            return np.asarray(cv2.cvtColor(levels, cv2.COLOR_GRAY2BGRA), np.uint8)
        return self._table.look_up(levels)


def palettes(name: str, signed: bool, ranges: FloatArray) -> Sequence[Palette]:
    """Each map's colours, as lookup_tables has them."""
    if not is_centred(name, signed):
        return [_palette(name, signed=signed)] * len(ranges)
    if (ranges == ranges[0]).all():
        lo, hi = (ranges[0] / max(abs(ranges[0]).max(), np.finfo(np.float32).tiny)).tolist()
        return [_centred_palette(name, signed, lo, hi)] * len(ranges)
    return [Palette(table, lasting=False) for table in lookup_tables(name, signed, ranges)]


@lru_cache(maxsize=8)
def _centred_palette(name: str, signed: bool, lo: float, hi: float) -> Palette:
    """lo, hi: the range as parts of its larger end, which are the same whatever the limit is."""
    return Palette(lookup_tables(name, signed, np.array([[lo, hi]], np.float32))[0])


@cache
def _palette(name: str, *, signed: bool) -> Palette:
    return Palette(base_table(name, signed), tint=_TINTS.get(name, _VIOLET))


def plain_palette() -> Palette:
    """Every byte is its own gray."""
    return _palette("gray", signed=False)


def lookup_tables(name: str, signed: bool, ranges: FloatArray) -> ByteArray:
    """uint8 BGR (N, 256, 3): the colours of each map's bytes, for a name in controls.COLORMAPS.

    signed: whether negative responses are shown. ranges: float32 (N, 2), the responses at bytes 0 and 255.
    """
    table = base_table(name, signed)
    if not is_centred(name, signed):
        return np.broadcast_to(table, (len(ranges), 256, 3))
    lo, hi = ranges[:, :1].astype(np.float64), ranges[:, 1:].astype(np.float64)
    reach = np.maximum(np.maximum(abs(lo), abs(hi)), np.finfo(np.float32).tiny)
    values = (lo + (hi - lo) * np.linspace(0, 1, 256)) / reach
    return np.asarray(table[np.rint(128 + 127 * values).astype(np.intp)], np.uint8)


def is_centred(name: str, signed: bool) -> bool:
    """Whether it has a colour for zero, which stands wherever a range has zero."""
    return name == "diverging" or (name == "lift" and signed)


@cache
def base_table(name: str, signed: bool) -> ByteArray:
    """uint8 BGR (256, 3), for bytes whose range is [-L, L] (signed) or [0, L]."""
    ramp = _PLAIN[:, None]
    if name == "gray":
        return np.repeat(ramp, 3, axis=1)
    if name == "lift":
        return _signed_lift() if signed else _lab_to_bgr(100 * np.linspace(0, 1, 256) ** _LIFT_EXPONENT)
    if name == "diverging":
        return _diverging()
    return np.asarray(cv2.applyColorMap(ramp, getattr(cv2, f"COLORMAP_{name.upper()}")), np.uint8)[:, 0]


def _signed_lift() -> ByteArray:
    """From black through the middle gray at byte 128 to white: lightness says which is more, hue says the sign.

    Both signs go as far from the gray, and as fast, as the one-sided map's from black.
    """
    value = np.clip((np.arange(256) - 128) / 127, -1, 1)
    distance = abs(value) ** _LIFT_EXPONENT
    chroma = _SIGN_CHROMA * 4 * distance * (1 - distance)
    hue = np.radians(np.where(value > 0, _POSITIVE_HUE, _NEGATIVE_HUE))
    return _lab_to_bgr(50 + 50 * np.sign(value) * distance, chroma * np.cos(hue), chroma * np.sin(hue))


def _lab_to_bgr(lightness: AnyArray, a: AnyArray | float = 0.0, b: AnyArray | float = 0.0) -> ByteArray:
    """uint8 sRGB (IEC 61966-2-1), in BGR order (N, 3), from CIE L*a*b* (D65).

    cv2.cvtColor gives the same, but its first call makes tables for 60 to 100 ms, which the first picture would wait.
    """
    lightness, a, b = np.broadcast_arrays(lightness, a, b)
    y = (lightness + 16) / 116
    ratios = np.stack([y + a / 500, y, y - b / 200], axis=-1)
    linear = np.where(ratios > 6 / 29, ratios**3, 3 * (6 / 29) ** 2 * (ratios - 4 / 29)) * _D65 @ _XYZ_TO_BGR
    linear = np.clip(linear, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * encoded), np.uint8)


def _diverging() -> ByteArray:
    """Blue for negative, white at byte 128, red for positive; the ends are those of Moreland's cool-warm map.

    Ends: RGB (59, 76, 192) and (180, 4, 38), K. Moreland, "Diverging Color Maps for Scientific Visualization", 2009;
    here interpolated in RGB, so that byte 128 is exactly white.
    """
    blue, white, red = (np.array(bgr, np.float64) for bgr in ((192, 76, 59), (255, 255, 255), (38, 4, 180)))
    below = np.linspace(blue, white, 129)
    above = np.linspace(white, red, 128)[1:]
    return np.asarray(np.rint(np.concatenate([below, above])), np.uint8)


def colour_into(levels: ByteArray, palette: Palette, place: ByteArray) -> None:
    """Fill `place`, uint8 BGR (H, W, 3), with the palette's colours of `levels`, uint8 (H, W)."""
    if palette.plain:
        cv2.cvtColor(levels, cv2.COLOR_GRAY2BGR, dst=place)
    else:
        cv2.cvtColor(palette.colours(levels), cv2.COLOR_BGRA2BGR, dst=place)
