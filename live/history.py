"""What can be undone, and done again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

MOST_STEPS = 1000

Kept = TypeVar("Kept")


@dataclass(frozen=True)
class History(Generic[Kept]):
    """What was there before each step, and after each that was undone, the nearest last; at most MOST_STEPS."""

    past: tuple[Kept, ...] = ()
    future: tuple[Kept, ...] = ()

    def after(self, before: Kept) -> History[Kept]:
        """One step on from `before`: what was undone can no longer be done again."""
        return History((*self.past, before)[-MOST_STEPS:])

    def undone(self, now: Kept) -> tuple[Kept, History[Kept]]:
        """What was there before the last step, and what remains; `now` itself where there was none."""
        if not self.past:
            return now, self
        return self.past[-1], History(self.past[:-1], (*self.future, now))

    def redone(self, now: Kept) -> tuple[Kept, History[Kept]]:
        """What the last undoing undid, and what remains; `now` itself where there was none."""
        if not self.future:
            return now, self
        return self.future[-1], History((*self.past, now)[-MOST_STEPS:], self.future[:-1])
