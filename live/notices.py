"""Sentences that stay on the picture for a few seconds."""

from __future__ import annotations

from collections.abc import Callable

NOTICE_S = 4.0
MOST_NOTICES = 4


class Notices:
    """What was said lately; `clock` is the run's, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._said: list[tuple[float, str]] = []

    def say(self, sentence: str) -> None:
        """Show it from now on; one that is there already stays longer."""
        self._said = [(end_s, said) for end_s, said in self._said if said != sentence]
        self._said.append((self._clock() + NOTICE_S, sentence))

    def current(self) -> tuple[str, ...]:
        """Those still to be shown, the oldest first, at most four."""
        now_s = self._clock()
        self._said = [(end_s, sentence) for end_s, sentence in self._said if end_s > now_s][-MOST_NOTICES:]
        return tuple(sentence for _, sentence in self._said)
