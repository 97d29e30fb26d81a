"""The viewer's loop: the frame's whole way from the source to the screen, and what the keys make of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from convviz_core.engines.api import Engine
from live.display.api import Display
from live.measuring.profiler import Profiler
from live.recording.keep import Keep
from live.session import Last, Until, View
from live.sources.frame import FrameSource, SourceEvent

__all__ = ["Last", "Until", "run"]


def run(
    source: FrameSource,
    engine: Engine,
    display: Display,
    profiler: Profiler,
    last: Last,
    *,
    keep: Keep | None = None,
    until: Until | None = None,
    events: deque[SourceEvent] | None = None,
    interrupted: Callable[[], bool] = lambda: False,
    screen_wh: tuple[int, int] = (1280, 800),
) -> None:
    """Show `source` through `engine` on `display` until a person, the source or `until` ends it.

    last: its state is where the view begins; however it ends, it then holds what was shown last.
    events: where the source's listener leaves what happened. Errors: SourceError, EngineError, OutputError.
    """
    events = deque() if events is None else events
    view = View(source, engine, display, profiler, last, keep or Keep(), events, screen_wh)
    try:
        while not (view.over(until or Until()) or interrupted()):
            fresh = view.capture()
            if fresh or view.outdated():
                result = view.compute()
                canvas = view.draw(result)
                heard = view.show(canvas, fresh)
            else:
                heard = view.idle()
            view.respond(heard)
    finally:
        profiler.stop()
        view.take_events()
