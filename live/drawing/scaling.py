"""Pictures to the size that they have on the canvas: thin lines neither vanish nor flicker, and it costs little."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise, product

import cv2
import numpy as np

from convviz_core.arrays import AnyArray, ByteArray
from convviz_core.blocks import Blocks, Cut, blocks_of
from live.layout.shrinking import reduce_for

_BAND = 180  # rows that are scaled at once, of the source or the place, whichever has more: they stay in a core's cache
_CUT_OFF = 1 / 30  # of a source's pixel, that rows of source and place may end apart where they are cut
_FIXED_POINT = 256  # of whole multiples of 1/256, cv2.sepFilter2D makes exact sums of bytes
_HARDLY_MISSES = 1.1  # at so many pixels a pixel, bilinear sampling alone loses and adds less than a tenth of a line
_MANY = 5.0  # source pixels a pixel of the place: scaling fewer of them is faster than summing them up
_MOST_OTHERS = 16  # pixels of the place that cover one pixel of the source more or less than usual
_LEAST_WIDE, _MOST_WIDE = 0.75, 1.28  # of a line's share, that is left where whole pixels are covered
# cv2.INTER_AREA takes the pixel before where one begins exactly at a pixel of the place, if its factor is rounded up.
_JUST_BELOW = 1 - 1e-9


@dataclass(frozen=True)
class Band:
    """Rows of a source, those around them that smoothing reads, and the rows of the place that they fill."""

    source: slice
    read: slice
    place: slice


_Runs = tuple[tuple[slice, slice], ...]


@lru_cache(maxsize=64)
def scaling(source_hw: tuple[int, int], place_hw: tuple[int, int]) -> Scaling:
    """One that is kept with what it knows: pictures follow each other at the same sizes."""
    return Scaling(source_hw, place_hw)


@dataclass(frozen=True)
class Scaling:
    """From a source's height and width to a place's.

    Enlarging gives every pixel the mean of what it covers, and so does shrinking by whole numbers; nearly by whole
    numbers, it is the mean of whole pixels. Shrinking by others comes near to it in a fifth of its time. Of a line of
    one pixel, wherever it lies, 0.75 to 1.28 of the mean's sum is there, and 0.73 of its peak or more.
    """

    source_hw: tuple[int, int]
    place_hw: tuple[int, int]

    @cached_property
    def ratio_yx(self) -> tuple[float, float]:
        """Source pixels a pixel of the place, down and across."""
        return self.source_hw[0] / self.place_hw[0], self.source_hw[1] / self.place_hw[1]

    @cached_property
    def smooths(self) -> bool:
        """Whether each pixel becomes the mean of those around it first."""
        whole = all(ratio.is_integer() for ratio in self.ratio_yx)
        return max(self.ratio_yx) > _HARDLY_MISSES and not whole and self._runs_yx is None

    @cached_property
    def _runs_yx(self) -> tuple[_Runs, _Runs] | None:
        """Down and across, where both ratios are nearly whole."""
        down, across = (_runs(have, want) for have, want in zip(self.source_hw, self.place_hw, strict=True))
        return (down, across) if down and across else None

    def fill(self, band: Band, rows: ByteArray, place: ByteArray) -> None:
        """Fill one band's rows of the place, `place`, which may be a part of a canvas; rows: those that it reads."""
        if self._runs_yx:
            for (to_y, from_y), (to_x, from_x) in product(*self._runs_yx):
                take_means(rows[from_y, from_x], place[to_y, to_x])
            return
        if self.smooths:
            rows = _smoothed(rows, *self.ratio_yx)
        above = band.source.start - band.read.start
        rows = rows[above : above + band.source.stop - band.source.start]
        ratio_y, ratio_x = self.ratio_yx
        if max(ratio_y, ratio_x) <= 1:
            factors = (_JUST_BELOW / ratio_x, _JUST_BELOW / ratio_y)
            cv2.resize(rows, None, dst=place, fx=factors[0], fy=factors[1], interpolation=cv2.INTER_AREA)
        elif ratio_y.is_integer() and ratio_x.is_integer():
            cv2.resize(rows, place.shape[1::-1], dst=place, interpolation=cv2.INTER_AREA)
        else:
            cv2.resize(rows, None, dst=place, fx=1 / ratio_x, fy=1 / ratio_y, interpolation=cv2.INTER_LINEAR)

    @cached_property
    def bands(self) -> tuple[Band, ...]:
        """What can be filled one by one, cut where rows of source and place end together."""
        if self._runs_yx:
            whole = slice(0, self.source_hw[0])
            return (Band(whole, whole, slice(0, self.place_hw[0])),)
        return _bands(self.source_hw[0], self.place_hw[0], len(_box(self.ratio_yx[0])) // 2 if self.smooths else 0)


def blocks_for(source: ByteArray, place: ByteArray) -> Blocks | None:
    """Where the means of a source's blocks are made in less time than it is scaled, these; they are like the maps'."""
    hw, place_hw = (source.shape[0], source.shape[1]), (place.shape[0], place.shape[1])
    reduce = reduce_for(hw, place_hw)
    return None if reduce == 1 or min(scaling(hw, place_hw).ratio_yx) < _MANY else blocks_of(hw, reduce)


@lru_cache(maxsize=64)
def block_bands(cut: Cut) -> tuple[Band, ...]:
    """What can be filled one by one of a place whose rows are the means of blocks."""
    blocks = max(1, int(_BAND / cut.step))
    cuts = [*range(0, cut.count, blocks), cut.count]
    starts = np.minimum(cut.starts[cuts], cut.size).tolist()
    sources = [slice(a, b) for a, b in pairwise(starts)]
    return tuple(Band(rows, rows, slice(a, b)) for rows, (a, b) in zip(sources, pairwise(cuts), strict=True))


@lru_cache(maxsize=64)
def _runs(have: int, want: int) -> _Runs:
    """Pixels of the place that cover equally many whole pixels of the source, and these; none where that is no use.

    It is for even numbers, which OpenCV halves in a tenth of the time that all else takes. The few that cover one more
    or less stand together in fours: nothing is moved by more than half a pixel of the place, and there are few runs.
    """
    usual = round(have / want)
    others = abs(have - usual * want)
    if usual < 4 or usual % 2 or others > _MOST_OTHERS:
        return ()
    other = usual + (1 if have > usual * want else -1)
    if others and not _LEAST_WIDE * other <= have / want <= _MOST_WIDE * min(usual, other):
        return ()
    groups = -(-others // 4)
    widths = [usual] * want
    for group in range(groups):
        count = others * (group + 1) // groups - others * group // groups
        first = (2 * group + 1) * want // (2 * groups) - count // 2
        widths[first : first + count] = [other] * count
    ends = [0, *accumulate(widths)]
    changes = [at for at in range(1, want) if widths[at] != widths[at - 1]]
    return tuple((slice(a, b), slice(ends[a], ends[b])) for a, b in pairwise([0, *changes, want]))


def take_means(source: ByteArray, place: ByteArray) -> None:
    """Fill `place` with the means of blocks, within a byte."""
    while not any(have % (2 * want) for have, want in zip(source.shape[:2], place.shape[:2], strict=True)):
        source = np.asarray(cv2.resize(source, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    cv2.resize(source, place.shape[1::-1], dst=place, interpolation=cv2.INTER_AREA)


def scale_into(source: ByteArray, place: ByteArray) -> None:
    """Fill `place`, uint8 (H, W) or (H, W, 3), with all of `source`, uint8 of as many channels and of any size."""
    scaling = Scaling((source.shape[0], source.shape[1]), (place.shape[0], place.shape[1]))
    for band in scaling.bands:
        scaling.fill(band, source[band.read], place[band.place])


@lru_cache(maxsize=64)
def _bands(have: int, want: int, margin: int) -> tuple[Band, ...]:
    ratio = have / want
    step = max(1, round(_BAND / max(1.0, ratio)))
    most_off = min(_CUT_OFF, ratio / 10)  # that, and a tenth of a place's row
    cuts, first = [0], step - step // 4
    while want - first > step // 2:
        cut = min(range(first, min(first + step // 2, want) + 1), key=lambda cut: abs(cut * ratio - round(cut * ratio)))
        if abs(cut * ratio - round(cut * ratio)) <= most_off and round(cut * ratio) > round(cuts[-1] * ratio):
            cuts.append(cut)
        first = cut + step - step // 4
    bands = []
    for start, stop in pairwise([*(cut for cut in cuts if cut < want), want]):
        source = slice(round(start * ratio), round(stop * ratio))
        read = slice(max(0, source.start - margin), min(have, source.stop + margin))
        bands.append(Band(source, read, slice(start, stop)))
    return tuple(bands)


def _smoothed(source: ByteArray, ratio_y: float, ratio_x: float) -> ByteArray:
    """Every pixel as the mean over so many pixels around it; nearly so where OpenCV is then twice as fast."""
    low, high = sorted((ratio_y, ratio_x))
    if low >= 1.9 and high < 2.5:  # weights near 1/4, 1/2, 1/4
        return np.asarray(cv2.GaussianBlur(source, (3, 3), 0, borderType=cv2.BORDER_REPLICATE), np.uint8)
    for side, least, most in ((3, 2.5, 3.2), (5, 4.6, 5.2)):
        if low >= least and high < most:
            return np.asarray(cv2.blur(source, (side, side), borderType=cv2.BORDER_REPLICATE), np.uint8)
    boxes = (_box(ratio_x), _box(ratio_y))
    return np.asarray(cv2.sepFilter2D(source, -1, *boxes, borderType=cv2.BORDER_REPLICATE), np.uint8)


@lru_cache(maxsize=64)
def _box(width: float) -> AnyArray:
    """The weights, an odd number, with which a pixel becomes the mean over `width` pixels around its middle.

    Bilinear sampling of such means every `width` pixels misses none. A width of 1 or less changes nothing.
    """
    beside = max(0, math.ceil((width - 1) / 2))
    if beside == 0:
        return np.ones(1)
    whole = 2 * beside - 1
    inner = round(_FIXED_POINT / width)
    outer = max(0, (_FIXED_POINT - whole * inner) // 2)
    weights = np.array([outer, *[inner] * whole, outer])
    weights[beside] += _FIXED_POINT - weights.sum()  # what rounding has left over
    return weights / _FIXED_POINT
