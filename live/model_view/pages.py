"""What is made of a model's answers for the screen, beside the loop: large maps take longer than a window may wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from live.comparing import Pairing
from live.layout import Layout
from live.model_view.answer import Answer
from live.model_view.beside import Beside
from live.model_view.picture import Look, Shown
from live.state import ViewState

AT_ONCE = 1 << 21  # responses: fewer are made in a few milliseconds, and sooner where nobody else is asked

Make = Callable[[], Shown]


@dataclass(frozen=True, eq=False)
class View:
    """How an answer is to be shown. state: as it is then. two: how it lies on what it is compared with."""

    answer: Answer
    state: ViewState
    look: Look
    layout: Layout | None
    two: Pairing | None

    @property
    def small(self) -> bool:
        """Whether it is made in no time."""
        _, height, width = self.answer.conv.shape
        kept = self.answer.kept.conv.size if self.answer.kept else 0
        return bool(len(self.look.channels) * height * width + kept <= AT_ONCE)

    @property
    def of(self) -> object:
        """Equal where the same is made of it."""
        other = self.layout and self.layout.other and self.layout.other.reduce
        return self.answer, self.look, self.two and (self.two, self.state.comparing.kept, other)


class Pages:
    """Makes one at a time, the newest that is asked for next. made: the last; view: as which it was asked for."""

    def __init__(self, *, beside: bool) -> None:
        """beside: in a thread."""
        self.made: Shown | None = None
        self.view: View | None = None
        self._asked: View | None = None
        self._thread: Beside[tuple[View, Make], tuple[View, Shown]] = Beside(
            lambda asked: (asked[0], asked[1]()), "convviz-page", beside=beside
        )

    def shown(self, view: View, make: Make) -> Shown | None:
        """What `make` makes, once it is there; asked for the first time."""
        self._take()
        if self._is(self.view, view):
            return self.made
        if view.small and not self.busy:  # nor does anyone else use what it is made with
            self.view, self.made = view, make()
        elif not self._is(self._asked, view):
            self._asked = view
            self._thread.ask((view, make))
            self._take()
        return self.made if self._is(self.view, view) else None

    @property
    def busy(self) -> bool:
        """Whether one is being made."""
        return self._thread.busy

    def close(self) -> None:
        """Make no more."""
        self._thread.close()

    def _take(self) -> None:
        done = self._thread.take()
        if done:
            self.view, self.made = done

    @staticmethod
    def _is(one: View | None, other: View) -> bool:
        return one is not None and one.of == other.of
