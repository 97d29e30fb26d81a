"""From time stamps to media time: what stands still, goes back or jumps far ahead becomes one frame time."""

from __future__ import annotations

LONGEST_GAP_S = 60.0  # between two pictures, whose stamps are then believed
LONGEST_GAP_OF_JOINED_S = 10.0  # in formats that may be joined from pieces with clocks of their own (as FFmpeg has it)
_GAP_FRAMES = 10  # or so many frame times, where that is longer: a film of one picture an hour
FALLBACK_FRAME_S = 1 / 30


class Timeline:
    """The media time of one picture after the other, from 0 s."""

    def __init__(self, frame_s: float | None, longest_gap_s: float = LONGEST_GAP_S) -> None:
        """`frame_s` is the stated frame time; None where none is stated: the last gap then."""
        self.time_s = 0.0
        self._stated_s = frame_s
        self._gap_s: float | None = None  # the last one that was believed
        self._longest_gap_s = longest_gap_s
        self.steady = True  # no stamp was out of line
        self._offset_s = 0.0  # from stamps to media time
        self._stamp_s: float | None = None

    @property
    def frame_s(self) -> float:
        """The time of a picture whose stamp says nothing: the last gap, but where that is far longer than stated."""
        if self._gap_s and self._stated_s:
            return self._gap_s if self._gap_s < 2 * self._stated_s else self._stated_s
        return self._gap_s or self._stated_s or FALLBACK_FRAME_S

    def at(self, stamp_s: float | None) -> float:
        """The media time of the next picture, whose stamp is `stamp_s`; None where it has none."""
        if self._stamp_s is None:
            self._stamp_s = stamp_s or 0.0
            self._offset_s = -self._stamp_s
            return self.time_s
        believed = max(self._longest_gap_s, _GAP_FRAMES * self.frame_s)
        if stamp_s is None or not 0 <= stamp_s - self._stamp_s <= believed:
            self.steady = False
            self.time_s += self.frame_s
            self._stamp_s = self._stamp_s + self.frame_s if stamp_s is None else stamp_s
            self._offset_s = self.time_s - self._stamp_s
            return self.time_s
        self._gap_s = stamp_s - self._stamp_s or self._gap_s
        self._stamp_s, self.time_s = stamp_s, stamp_s + self._offset_s
        return self.time_s
