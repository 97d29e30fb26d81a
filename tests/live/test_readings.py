"""What the strip is told of the source."""

from __future__ import annotations

import pytest
from source_fakes import FakeClock, picture

from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.filters.built_in import BUILT_IN_BANKS
from live.intake import Intake
from live.measuring.profiler import Profiler
from live.notices import Notices
from live.readings import Readings
from live.recording.keep import Keep
from live.sources.frame import Frame, SourceCounts
from live.state import LayerSettings, ViewState


class Over:
    """A source that has given so many pictures, and gives no more."""

    name = granted = "some"
    live = False
    ended = True
    silent_since_s = None

    def __init__(self, captured: int, fps: float | None) -> None:
        self.counts, self.fps = SourceCounts(captured=captured), fps

    def read(self, timeout_s: float) -> Frame | None:
        return Frame(picture(1), 0, timeout_s, 0.0, 0.0)

    def advice(self, measured_fps: float) -> str | None:  # noqa: ARG002
        return None

    def pause(self, paused: bool) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("captured", "fps", "ended"), [(1, None, False), (3, None, True), (50, 25.0, True), (1, 25.0, True)]
)
def test_a_film_or_a_folder_has_ended_and_a_single_picture_has_not(
    captured: int, fps: float | None, ended: bool
) -> None:
    clock, source = FakeClock(), Over(captured, fps)
    profiler = Profiler(clock)
    with OpenCvEngine() as engine:
        readings = Readings(source, engine, profiler, Keep(), Notices(clock), Intake(source, profiler))
        status = readings.status(ViewState(LayerSettings.of(BUILT_IN_BANKS)))
        readings.close()
    assert (status.ended, status.fps) == (ended, None)
