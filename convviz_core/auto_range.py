"""auto's limit: what all but the largest hundredth of a picture's responses stay below, found from a part of them.

Responses are after the activation. `Tally.limit` is the definition.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.difference import Difference
from convviz_core.difference_sampling import DifferenceSampler, difference_sampler_for
from convviz_core.gray import check_picture
from convviz_core.layer import Layer
from convviz_core.looks import Look, can_look_at, look_for
from convviz_core.ranges import (
    Limits,
    Range,
    RangeMode,
    bank_ranges,
    checked_range,
    extremes_of,
    fixed_limits,
    limits_for,
)
from convviz_core.sampling import LEAST_PIXELS, ResponseSampler, follower_for, of_one_frame, sampler_for

NOTHING = 1 / 512  # of the fixed limit: a response of this size or less is nothing, and does not count
ALWAYS_SHOWN = 4096  # so many responses may count before any is left above the limit
LEFT_ABOVE = 100  # one in so many of the others is
LEAST_COUNTED = 100  # with fewer in a sample, the picture's peak is the limit
FLOOR = 1 / 32  # of the fixed limit, which is the least: a covered lens does not become a picture of noise
TIME_CONSTANT_S = 0.5

_ROUNDING = 1 + 1e-5  # a response that is the limit is not above it
_KEPT = 20  # of so many responses the largest is kept: more than decide where the others are much smaller
_SURE_ERRORS = 2.6  # so many standard errors of a rank count as what it may be off: edges come in clusters
_SPARSE = 1 / 32  # of a sample; where less counts, its rank is taken for as small as it may be: dots, stars, a cursor
_SURE = 0.02  # of the limit: may it be off by more, a larger sample is taken


_Sampler = ResponseSampler | DifferenceSampler


@dataclass(frozen=True, eq=False)
class Tally:
    """What some of a picture's responses amount to, in units of the fixed limit.

    seen: how many there are. counted: of these, |v| is above NOTHING. largest: the largest |v| of them, as many as
    may decide.
    """

    seen: int
    counted: int
    largest: AnyArray

    @classmethod
    def of(cls, sizes: AnyArray) -> Tally:
        """sizes: |v| (n,), or less than 0 for what an activation removes."""
        kept = sizes.size // _KEPT + 1
        largest = np.partition(sizes, sizes.size - kept)[sizes.size - kept :]
        return cls(sizes.size, int(np.count_nonzero(sizes > NOTHING)), largest)

    @classmethod
    def sum(cls, tallies: Sequence[Tally]) -> Tally:
        """All of them together."""
        largest = np.concatenate([tally.largest for tally in tallies])
        return cls(sum(tally.seen for tally in tallies), sum(tally.counted for tally in tallies), largest)

    def limit(self, responses: int) -> float | None:
        """The limit of a picture that has so many responses; None where it is the peak and these do not hold it.

        Of the n that count in the picture, k = floor(max(0, n - ALWAYS_SHOWN) / LEFT_ABOVE) exceed it.
        """
        rank = self._rank(responses)
        return None if rank is None else self._largest_but(rank)

    def sure(self, responses: int) -> bool:
        """Whether that limit is hardly off."""
        rank = self._rank(responses)
        if rank is None or self.seen == responses:
            return True
        off = math.ceil(_SURE_ERRORS * math.sqrt(rank))
        highest, lowest = self._largest_but(max(0, rank - off)), self._largest_but(rank + off)
        return highest - lowest <= 2 * _SURE * highest

    def share_above(self, limit: float) -> float:
        """Of all responses, those above `limit`, which is this tally's own or more."""
        return np.count_nonzero(self.largest > limit * _ROUNDING) / self.seen

    def _rank(self, responses: int) -> int | None:
        counted = self.counted * responses // self.seen
        above = max(0, counted - ALWAYS_SHOWN) // LEFT_ABOVE
        if self.seen < responses and (self.counted < LEAST_COUNTED or above == 0):
            return None
        rank = above * self.counted // max(1, counted)
        if self.seen < responses and self.counted < _SPARSE * self.seen:  # where little is there, nothing of it is lost
            rank = max(0, rank - math.ceil(1.5 * math.sqrt(rank)))
        return rank

    def _largest_but(self, rank: int) -> float:
        at = max(0, self.largest.size - 1 - rank)
        return float(np.partition(self.largest, at)[at])


def own_limits(layer: Layer | Difference, frame: ByteArray, peak: Callable[[], float]) -> tuple[Limits, float]:
    """A picture's own range for the whole bank, and the share of all responses that are above it, 0 to 1.

    peak: gives the picture's largest |response|, where a sample does not do. Errors: see ResponseSampler.
    """
    check_picture(frame)
    sampler = _sampler_for(layer, frame.shape)
    tally = Tally.sum(_looked_at(sampler, frame, sampler.portions))
    limit = _in_bounds(sampler, tally, peak)
    return limits_for(layer, limit * sampler.fixed_limit), tally.share_above(limit)


def least_limits(layer: Layer | Difference) -> Limits:
    """The narrowest range that any picture may have."""
    fixed = layer.fixed_limit if isinstance(layer, Difference) else fixed_limits(layer)[1]
    return limits_for(layer, FLOOR * fixed)


def map_ranges(layer: Layer, maps: AnyArray, range: Range) -> FloatArray:
    """The ranges of `maps` (N, h, w), which are the responses after the activation: float32 (N, 2) of lo, hi.

    Exact, from all of them: the definition that is held to.
    """
    asked = checked_range(range)
    if asked == RangeMode.FRAME:
        return np.asarray(extremes_of(maps), np.float32)
    if asked == RangeMode.FIXED:
        return bank_ranges(len(maps), fixed_limits(layer))
    if isinstance(asked, tuple):
        return bank_ranges(len(maps), asked)
    fixed = fixed_limits(layer)[1]
    sizes = np.abs(maps[: layer.bank.own]).reshape(-1) / fixed
    limit = Tally.of(sizes).limit(sizes.size)
    assert limit is not None
    return bank_ranges(len(maps), limits_for(layer, fixed * max(limit, FLOOR)))


def prepare(layer: Layer | Difference, shape: tuple[int, ...]) -> None:
    """Make what AutoRange needs for such frames, in any thread, so that no picture waits for it.

    Errors: see ResponseSampler.
    """
    _look_for(_follower_for(layer, shape), shape)


class AutoRange:
    """The viewer's default range: it follows the pictures' own limits, half a second behind, without flicker.

    It starts with the first picture's own limit, and anew after each change of key; from then on, each picture is
    looked at in part, and the latest are taken together.
    share_above: of all responses of the picture that was followed last, those above its range, 0 to 1.
    """

    def __init__(self) -> None:
        self.share_above = 0.0
        self._key: object = None
        self._limit: float | None = None  # in units of weights x [0, 1]
        self._time_s = 0.0
        self._sampler: _Sampler | None = None
        self._recent: deque[Tally] = deque()
        self._whole: Tally | None = None  # what the first picture's look has found, worth `enough` portions
        self._portion = 0  # the next one to look at

    def limits(self, layer: Layer | Difference, frame: ByteArray, key: object, peak: Callable[[], float]) -> Limits:
        """lo and hi for `frame`; call `follow` once it is made.

        key: whatever identifies what is followed: with another one than last time, it begins anew, with this frame's
        own limit. peak: gives its largest |response|, where that is needed for it.
        """
        sampler = _follower_for(layer, frame.shape)
        if self._limit is None or key != self._key:
            self._key, self._sampler, self._portion = key, sampler, 0
            self._whole = _first_look(sampler, frame)
            self._limit = _in_bounds(sampler, self._whole, peak) * sampler.fixed_limit
            self._recent = deque([self._whole])
            self._time_s = -math.inf
        return limits_for(layer, max(self._limit, FLOOR * sampler.fixed_limit))

    def follow(
        self, layer: Layer | Difference, frame: ByteArray, shown: Limits, peak: float, media_time_s: float
    ) -> None:
        """Take in the picture at `media_time_s`, shown in that range; time standing still or going back moves nothing.

        peak: its largest |response|.
        """
        assert self._limit is not None
        sampler = _follower_for(layer, frame.shape)
        if sampler is not self._sampler:  # other weights: what the ones before answered is of no use
            self._sampler = sampler
            self._recent.clear()
            self._whole = None
        if not math.isfinite(self._time_s) and self._whole and shown[1] >= self._limit:  # it has just been looked at
            self._time_s, self.share_above = media_time_s, self._whole.share_above(shown[1] / sampler.fixed_limit)
            return
        sizes = self._look(sampler, frame)
        while len(self._recent) < sampler.enough and self._recent[0] is not self._whole:
            self._look(sampler, frame)
        self.share_above = np.count_nonzero(sizes > shown[1] * _ROUNDING / sampler.fixed_limit) / sizes.size
        elapsed_s = max(0.0, media_time_s - self._time_s)
        self._time_s = media_time_s
        if math.isfinite(elapsed_s):
            limit = _in_bounds(sampler, Tally.sum(self._recent), lambda: peak) * sampler.fixed_limit
            self._limit += (limit - self._limit) * (1.0 - math.exp(-elapsed_s / TIME_CONSTANT_S))

    def _look(self, sampler: _Sampler, frame: ByteArray) -> AnyArray:
        """The sizes in the next portion of the frame."""
        sizes = sampler.sizes(frame, self._portion % sampler.portions)
        self._portion += 1
        self._recent.append(Tally.of(sizes))
        while len(self._recent) > sampler.enough:
            self._recent.popleft()
        return sizes


def _sampler_for(layer: Layer | Difference, shape: tuple[int, ...]) -> _Sampler:
    return difference_sampler_for(layer, shape) if isinstance(layer, Difference) else sampler_for(layer, shape)


def _follower_for(layer: Layer | Difference, shape: tuple[int, ...]) -> _Sampler:
    return difference_sampler_for(layer, shape) if isinstance(layer, Difference) else follower_for(layer, shape)


def _look_for(sampler: _Sampler, shape: tuple[int, ...]) -> Look | None:
    """What looks at a first picture; None for few pixels, which are all looked at, and where it cannot."""
    looks = sampler.pixels > LEAST_PIXELS and can_look_at(sampler.layer)
    return look_for(sampler.layer, shape) if looks else None


def _first_look(sampler: _Sampler, frame: ByteArray) -> Tally:
    """What a picture's responses amount to, at as many pixels as make the limit known, or at all."""
    look = _look_for(sampler, frame.shape)
    if look:
        return Tally(*look.found(frame, NOTHING, LEFT_ABOVE))
    return Tally.sum([Tally.of(sampler.sizes(frame, portion)) for portion in range(sampler.enough)])


def _looked_at(sampler: _Sampler, frame: ByteArray, most: int) -> list[Tally]:
    """Portions of a picture, enough of them, and up to `most` where those may still be off."""
    if isinstance(sampler, ResponseSampler):
        sampler, frame = of_one_frame(sampler, frame)
    tallies: list[Tally] = []
    for portion in range(min(most, sampler.portions)):
        if len(tallies) >= sampler.enough and Tally.sum(tallies).sure(sampler.responses_in_all):
            break
        tallies.append(Tally.of(sampler.sizes(frame, portion)))
    return tallies


def _in_bounds(sampler: _Sampler, tally: Tally, peak: Callable[[], float]) -> float:
    """The limit, never below FLOOR, in units of the fixed limit."""
    limit = tally.limit(sampler.responses_in_all)
    return max(FLOOR, peak() / sampler.fixed_limit if limit is None else limit)
