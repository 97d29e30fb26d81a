"""The viewer's auto range: it follows what all but the largest hundredth of the pictures' responses stay below.

Responses are after the activation. What the limit is, is defined in tally.py.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from convviz_core.ahead import Ahead
from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.difference import Difference
from convviz_core.difference_sampling import difference_sampler_for
from convviz_core.layer import Layer
from convviz_core.looks import Look, can_look_at, look_for
from convviz_core.own_range import Sampler, in_bounds, looked_at, of_all
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
from convviz_core.sampling import LEAST_PIXELS, ResponseSampler, follower_for, sampler_for
from convviz_core.tally import FLOOR, LEFT_ABOVE, NOTHING, ROUNDING, Tally

TIME_CONSTANT_S = 0.5

_WHOLE_S = 0.45  # in which all that is needed is looked at again, where pictures come that fast; not much sooner
_PAUSE_S = 0.07  # the longest between two looks: of two pictures a tenth of a second apart each is looked at
_LIMITS = 12  # are found in that time, at most
_MOST_FIRST = 32  # portions that a first picture is looked at in, where its limit may still be off
_MOST_ALL_NS = 200e6  # that looking at all of it may cost, where that alone tells
_PORTIONS_OF_ANOTHER_GAIN = 4  # are looked at, at once, to know which share is above the range then


class _First(NamedTuple):
    """What a first picture's responses amount to, and its limit in units of the fixed limit; see Tally.limit."""

    tally: Tally
    limit: float | None


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


class AutoRange:
    """The viewer's default range: it follows the pictures' own limits, half a second behind, without flicker.

    It starts with the first picture's own limit, and anew after each change of key; from then on pictures are looked at
    in part, as many as are needed, and the latest parts are taken together.
    ahead: what is looked at beside the caller, if it is (see look_ahead).
    share_above: of all responses of the pictures that were followed last, those above the range that each was shown in,
    0 to 1: one picture's part alone would tell another share each time.
    """

    def __init__(self) -> None:
        self.share_above = 0.0
        self._key: object = None
        self._limit: float | None = None  # in units of weights x [0, 1]
        self._time_s = self._looked_s = 0.0
        self._sampler: Sampler | None = None
        self._recent: deque[Tally] = deque()  # the first is the first picture's, until there are enough portions
        self._found: float | None = None  # their limit, in units of the fixed limit
        self._portion = 0  # the next one to look at
        self._above: deque[tuple[int, int]] = deque()  # how many of how many responses were above the range
        self._gain = 1.0  # of that range
        self.ahead: Ahead[_First] | None = None
        self._key_ahead: object = None

    def look_ahead(self, layer: Layer | Difference, frame: ByteArray, key: object) -> None:
        """Look at `frame` beside the caller, for a key that is about to be asked for (see limits).

        It begins anew with what is found here, in this picture or, where the next one has come meanwhile, in the one
        before: no picture waits. The frame may already be overwritten by its successor, but not be gone.
        """
        if key not in (self._key, self._key_ahead):
            self._key_ahead = key
            self.ahead = Ahead(
                find=lambda: _first_look(_follower_for(layer, frame.shape), frame),
                then=_prepared(layer, frame.shape),
            )

    def limits(self, layer: Layer | Difference, frame: ByteArray, key: object, peak: Callable[[], float]) -> Limits:
        """lo and hi for `frame`; call `follow` once it is made.

        key: whatever identifies what is followed: with another one than last time, it begins anew, with this frame's
        own limit, or the one that was found ahead. peak: gives its largest |response|, where that is needed for it.
        """
        first = self.ahead.result() if self.ahead and key == self._key_ahead else None
        self._key_ahead = self.ahead = None
        sampler = _follower_for(layer, frame.shape)
        if self._limit is None or key != self._key:
            self._key, self._sampler, self._portion = key, sampler, 0
            first = first or _first_look(sampler, frame)
            self._recent, self._found = deque([first.tally]), first.limit
            self._limit = in_bounds(self._found, sampler, peak) * sampler.fixed_limit
            self._above.clear()
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
        top, gain = shown[1] / sampler.fixed_limit, shown[1] / max(self._limit, FLOOR * sampler.fixed_limit)
        if sampler is not self._sampler or not math.isclose(gain, self._gain):
            self._sampler, self._gain = sampler, gain
            self._above.clear()
        elapsed_s, self._time_s = max(0.0, media_time_s - self._time_s), media_time_s
        if not math.isfinite(elapsed_s):  # it has just been looked at
            elapsed_s, self._looked_s = 0.0, media_time_s
            if shown[1] >= self._limit:
                first = self._recent[0]
                self._count(first.above(top), first.seen, first.seen)
        self._look(sampler, frame, top, media_time_s)
        limit = in_bounds(self._found, sampler, lambda: peak) * sampler.fixed_limit
        self._limit += (limit - self._limit) * (1.0 - math.exp(-elapsed_s / TIME_CONSTANT_S))

    def _count(self, above: int, seen: int, enough: int) -> None:
        """Take it into the share, without what lies longer back than the latest `enough` responses."""
        self._above.append((above, seen))
        while sum(seen for _, seen in self._above) - self._above[0][1] >= enough:
            self._above.popleft()
        counted, of = (sum(numbers) for numbers in zip(*self._above, strict=True))
        self.share_above = counted / of

    def _look(self, sampler: Sampler, frame: ByteArray, top: float, media_time_s: float) -> None:
        """Look at the next portion of the frame, if it is time; at some, where nothing is known of what is above."""
        since_s = media_time_s - self._looked_s
        pause_s = min(_PAUSE_S, _WHOLE_S / sampler.enough) if sampler.enough > 1 else 0.0
        portions = 0 if since_s == 0 or 0 < since_s < pause_s else 1
        if not self._above:
            portions = min(sampler.enough, _PORTIONS_OF_ANOTHER_GAIN)
        for _ in range(portions):
            sizes = sampler.sizes(frame, self._portion % sampler.portions)
            self._portion += 1
            self._count(int(np.count_nonzero(sizes > top * ROUNDING)), sizes.size, sizes.size * sampler.enough)
            self._recent.append(Tally.of(sizes))
            while len(self._recent) > sampler.enough:
                self._recent.popleft()
        if portions and self._portion % math.ceil(sampler.enough / _LIMITS) == 0:
            self._found = _following(self._found, Tally.sum(self._recent), sampler.responses_in_all)
        if portions:
            self._looked_s = media_time_s


def _follower_for(layer: Layer | Difference, shape: tuple[int, ...]) -> Sampler:
    return difference_sampler_for(layer, shape) if isinstance(layer, Difference) else follower_for(layer, shape)


def _following(before: float | None, tally: Tally, responses: int) -> float | None:
    """The limit by what was seen lately; the one before, where that says only that it lies far about that one.

    Where few responses lie between weak and strong ones, as of a plain sky over a town, a picture that stands still
    would become brighter and darker.
    """
    least, most = tally.bounds(responses)
    stays = before is not None and tally.vague(responses) and least <= before <= most
    return before if stays else tally.limit(responses)


def _prepared(layer: Layer | Difference, shape: tuple[int, ...]) -> Iterator[None]:
    """What following needs, portion after portion, in the order in which they are looked at."""
    sampler = _follower_for(layer, shape)
    for portion in range(sampler.portions):
        yield sampler.prepare(portion)


def _look_for(sampler: Sampler, shape: tuple[int, ...]) -> Look | None:
    """What looks at a first picture; None for few pixels, which are all looked at, and where it cannot."""
    looks = sampler.pixels > LEAST_PIXELS and can_look_at(sampler.layer)
    return look_for(sampler.layer, shape) if looks else None


def _first_look(sampler: Sampler, frame: ByteArray) -> _First:
    """At as many of a picture's pixels as make the limit known, or at all."""
    look = _look_for(sampler, frame.shape)
    before = [Tally(*look.found(frame, NOTHING, LEFT_ABOVE)).deciding()] if look else []
    tally = Tally.sum(looked_at(sampler, frame, _MOST_FIRST, before))
    limit = tally.limit(sampler.responses_in_all)
    if isinstance(sampler, ResponseSampler) and tally.vague(sampler.responses_in_all):
        single = sampler_for(sampler.layer, frame.shape)
        if single.all_ns <= _MOST_ALL_NS:
            limit = of_all(single, frame).limit(sampler.responses_in_all)
    return _First(tally, limit)
