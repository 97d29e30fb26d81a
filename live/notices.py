"""Sentences that stay on the picture for a few seconds."""

from __future__ import annotations

from collections.abc import Callable

NOTICE_S = 4.0
MOST_NOTICES = 4


class Notices:
    """What was said lately; `clock` is the run's, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._said: list[tuple[float, str, bool]] = []  # until when, what, and whether it is a reason

    def say(self, sentence: str, *, reason: bool = False) -> None:
        """Show it from now on; of the same sentences and of reasons why nothing happened only the last one is shown."""
        kept = [one for one in self._said if one[1] != sentence and not (reason and one[2])]
        self._said = [*kept, (self._clock() + NOTICE_S, sentence, reason)]

    def drop_reason(self) -> None:
        """Something has been done: why the one before did nothing is of no use any more, and may be untrue."""
        self._said = [one for one in self._said if not one[2]]

    def current(self) -> tuple[str, ...]:
        """Those still to be shown, the oldest first, at most four."""
        now_s = self._clock()
        self._said = [one for one in self._said if one[0] > now_s][-MOST_NOTICES:]
        return tuple(sentence for _, sentence, _ in self._said)
