"""The kernel slides: the pinned pixel walks along its row, as fast as its sums can be read."""

from __future__ import annotations

from collections.abc import Callable

from live.layout import Layout
from live.state import ViewState

STEP_S = 0.6  # from one pixel to the next: two numbers and what became of them


class Slider:
    """Moves the pin while the state says that it slides."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._stepped_at_s: float | None = None  # None: it stands

    def step(self, state: ViewState, layout: Layout | None) -> ViewState:
        """The state with the pin one pixel further, where it is time; at the row's end it begins again.

        It begins at the pixel that is explained, else in the picture's middle, and ends where that is let go.
        """
        now = state.interaction
        if not now.sliding or layout is None:
            self._stepped_at_s = None
            return state
        if self._stepped_at_s is None:
            self._stepped_at_s = self._clock()
            return state.with_interaction(pinned=now.inspected or layout.middle)
        if now.pinned is None:  # let go
            self._stepped_at_s = None
            return state.with_interaction(sliding=False)
        if self._clock() - self._stepped_at_s < STEP_S:
            return state
        self._stepped_at_s = self._clock()
        index, y, x = now.pinned
        return state.with_interaction(pinned=(index, y, (x + 1) % layout.request.map_hw[1]))
