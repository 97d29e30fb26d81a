"""Which weight of which kernel is chosen while one is edited, and what is dragged over weights."""

from __future__ import annotations

from dataclasses import dataclass, replace

from convviz_core.filters.bank import FilterBank
from convviz_core.filters.edits import Place


@dataclass(frozen=True)
class Drag:
    """What is dragged gives its value to the weights it passes; None began beside them.

    made: the bank with the weight that it changed last. Where another is shown, a key has been pressed meanwhile, and
    what is dragged on is a step of its own.
    """

    value: float | None
    made: FilterBank | None = None


@dataclass(frozen=True)
class Editing:
    """Which filter's kernel is edited, which of its weights is chosen, and what one step adds to it."""

    filter: int = 0
    place: Place = (0, 0, 0)
    step: float = 1.0
    drag: Drag | None = None

    def inside(self, shape: tuple[int, ...]) -> Editing:
        """With what is chosen moved into a bank of that shape, (N, C, kh, kw)."""
        index, *place = (min(at, length - 1) for at, length in zip((self.filter, *self.place), shape, strict=True))
        return replace(self, filter=index, place=(place[0], place[1], place[2]))
