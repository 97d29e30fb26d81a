"""Sentences that stay on the picture for a few seconds."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

NOTICE_S = 4.0
MOST_NOTICES = 4


class Kind(Enum):
    """What a sentence is about: it says when another one takes its place."""

    HAPPENED = "happened"  # by itself: it keeps its time
    DONE = "done"  # by a key, which is of no more interest when a later one has its own sentence
    REASON = "reason"  # why a key did nothing, which may be untrue when a later one has worked
    FILE = "file"  # of the file of `--filters`: untrue when that has changed again
    KEPT_FILE = "kept file"  # of that of `--compare`


class Notices:
    """What was said lately; `clock` is the run's, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._said: list[tuple[float, str, Kind]] = []  # until when

    def say(self, sentence: str, kind: Kind = Kind.HAPPENED) -> None:
        """Show it from now on; the same sentence stands there once, and a reason alone, beside what has happened."""
        if kind == Kind.REASON:
            self.drop(Kind.REASON, Kind.DONE)
        kept = [one for one in self._said if one[1] != sentence]
        self._said = [*kept, (self._clock() + NOTICE_S, sentence, kind)]

    def drop(self, *kinds: Kind) -> None:
        """Show none of these any more."""
        self._said = [one for one in self._said if one[2] not in kinds]

    def current(self) -> tuple[str, ...]:
        """Those still to be shown, the oldest first, at most four."""
        now_s = self._clock()
        self._said = [one for one in self._said if one[0] > now_s][-MOST_NOTICES:]
        return tuple(sentence for _, sentence, _ in self._said)
