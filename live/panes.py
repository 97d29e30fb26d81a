"""The layer that is shown, and the one that it is compared with: who computes what of a frame."""

from __future__ import annotations

from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass, replace

from convviz_core.engines.api import Engine, Result
from convviz_core.geometry import FrameSizeError
from convviz_core.ranges import Limits
from live.comparing import Compared, compared, shared_limits
from live.layout import Layout
from live.pane import Choice, Pane
from live.sources.frame import Frame
from live.state import ViewState


@dataclass(frozen=True, eq=False)
class Answers:
    """What is known of a frame.

    shown: the live layer's mosaic, or where that is shown the difference's. kept: the other side's mosaic, where it is
    computed by itself. fresh: those of them that have been computed now.
    """

    shown: Result
    kept: Result | None = None
    fresh: tuple[Result, ...] = ()


class Panes:
    """Two panes of one engine, and one for their difference; each keeps its plans and what it follows."""

    def __init__(self, engine: Engine) -> None:
        self._live, self._kept, self._difference = Pane(engine), Pane(engine), Pane(engine)
        self._foreseen: object = None

    def look_ahead(self, frame: Frame, state: ViewState) -> None:
        """Begin, beside the caller, with what is needed before another layer can be shown (see Pane.look_ahead).

        To be told of each change, before `run` is.
        """
        shape = frame.image.shape
        foreseen = shape, state.settings, state.comparing, state.appearance.range
        if foreseen == self._foreseen:
            return
        self._foreseen = foreseen
        with suppress(FrameSizeError):  # said when it is to be shown
            two = compared(state.comparing, state.layer, shape)
            for pane, choice in self._asked(live_choice(state), kept_choice(state, None, two), two):
                pane.look_ahead(frame, choice)

    def run(self, frame: Frame, picture: Hashable, live: Choice, kept: Choice | None, two: Compared | None) -> Answers:
        """Answers to that picture; only what has not been answered is computed. Errors: FrameSizeError, EngineError.

        kept: what is asked of the other side, where there is one.
        """
        asked = self._asked(live, kept, two)
        missing = [(pane, choice) for pane, choice in asked if not pane.answers(picture, choice)]
        limits = _shared(frame, missing) if two and two.shares_range and len(missing) == 2 else None
        fresh = tuple(pane.run(frame, picture, choice, limits) for pane, choice in missing)
        found = [pane.result for pane, _ in asked if pane.result]
        return Answers(found[0], found[1] if len(found) > 1 else None, fresh)

    def _asked(self, live: Choice, kept: Choice | None, two: Compared | None) -> list[tuple[Pane, Choice]]:
        if two is None or kept is None:
            return [(self._live, live)]
        if two.difference:
            return [(self._difference, replace(live, layer=two.difference, minus=two.kept))]
        if two.shares_range:
            return [(self._live, replace(live, partner=kept)), (self._kept, replace(kept, partner=live))]
        return [(self._live, live), (self._kept, kept)]


def _shared(frame: Frame, asked: list[tuple[Pane, Choice]]) -> Limits | None:
    """One range for both, where each has one for all its maps."""
    own = [pane.limits(frame, choice) for pane, choice in asked]
    return shared_limits(own[0], own[1]) if own[0] and own[1] else None


def live_choice(state: ViewState, layout: Layout | None = None) -> Choice:
    """What is asked of the live side."""
    looks = state.appearance
    return Choice(
        *(state.layer, state.computed, looks.range, looks.gain, layout.reduce if layout else 1),
        editable=state.editing is not None,
        bank=(state.settings.original, state.settings.true_convolution),
    )


def kept_choice(state: ViewState, layout: Layout | None, two: Compared | None) -> Choice | None:
    """What is asked of the kept side, where there is one."""
    if two is None:
        return None
    looks, reduce = state.appearance, layout.other.reduce if layout and layout.other else 1
    return Choice(two.kept, state.with_removed(two.kept), looks.range, looks.gain, reduce)
