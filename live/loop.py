"""The viewer's loop: the frame's whole way from the source to the screen, and what the keys make of it."""

from __future__ import annotations

from collections.abc import Callable

from convviz_core.engines.api import Engine
from live.display.api import Display
from live.events import Inbox
from live.measuring.profiler import Profiler
from live.recording.keep import Keep
from live.responding import Last
from live.session import Session, StopCondition
from live.sources.frame import FrameSource

__all__ = ["Last", "StopCondition", "run"]


def run(
    source: FrameSource,
    engine: Engine,
    display: Display,
    profiler: Profiler,
    last: Last,
    *,
    keep: Keep | None = None,
    stop: StopCondition | None = None,
    inbox: Inbox | None = None,
    interrupted: Callable[[], bool] = lambda: False,
    screen_wh: tuple[int, int] = (1280, 800),
) -> None:
    """Show `source` through `engine` on `display` until a person, the source or `stop` ends it.

    last: its state is where the view begins; however it ends, it then holds what was shown last.
    inbox: where the source's listener leaves what happened. Errors: SourceError, EngineError, OutputError.
    """
    inbox = Inbox() if inbox is None else inbox
    session = _session_of(last)(source, engine, display, profiler, last, keep or Keep(), inbox, screen_wh)
    try:
        while not (session.over(stop or StopCondition()) or interrupted()):
            fresh = session.capture()
            if fresh or session.outdated():
                result = session.compute()
                canvas = session.draw(result)
                heard = session.show(canvas, fresh)
            else:
                heard = session.idle()
            session.respond(heard)
    finally:
        profiler.stop()
        session.finish()


def _session_of(last: Last) -> type[Session]:
    if last.state.model is None:
        return Session
    from live.model_view.session import ModelSession  # which loads torch

    return ModelSession
