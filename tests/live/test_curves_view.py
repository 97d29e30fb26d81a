"""The curves in the loop: which map they are of, and that they come without a key, a frame, or a wait."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from source_fakes import FakeClock

from convviz_core.arrays import ByteArray
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.filters.built_in import BUILT_IN_BANKS
from live.chosen_weight import Editing
from live.composing import layout_request
from live.controls import press
from live.curve_bench import CurveBench, CurvesInfo, OpenEngine
from live.display.null import NullDisplay
from live.drawing.curves_panel import CurvesPanel
from live.drawing.overlay import Sprite
from live.drawing.scene import Scene
from live.events import Closed, DisplayEvent, Key
from live.layout import Layout, arrange
from live.layout.panel_places import Panel
from live.layout.viewport import Viewport
from live.loop import Last, run
from live.measuring.profiler import Profiler
from live.pointing import pointed
from live.session import IDLE_S
from live.sources.frame import Frame, SourceCounts
from live.state import LayerSettings, ViewState

STATE = ViewState(LayerSettings.of(BUILT_IN_BANKS))
OPEN = STATE.with_appearance(panels=frozenset({Panel.CURVES}))


def test_j_opens_the_curves_and_closes_them() -> None:
    opened, _ = press(STATE, "j")
    assert opened.shows(Panel.CURVES)
    assert not press(opened, "j")[0].shows(Panel.CURVES)


def test_they_are_of_the_edited_the_enlarged_the_pinned_the_pointed_at_or_the_first_map() -> None:
    state = OPEN
    assert state.asked_map == 0
    state = state.with_interaction(pointed_map=1)
    assert state.asked_map == 1
    state = state.with_interaction(pinned=(2, 5, 5))
    assert state.asked_map == 2
    state = state.with_interaction(viewport=Viewport(enlarged=3))
    assert state.asked_map == 3
    assert state.with_interaction(editing=Editing(0)).asked_map == 0
    assert OPEN.with_interaction(pointed_map=7).asked_map == 0  # a map of a larger bank that was shown before


def test_the_map_under_the_pointer_stays_asked_about_when_the_pointer_goes_to_the_panel() -> None:
    layout = arrange(layout_request((1280, 800), (480, 640), OPEN))
    tile, panel = layout.tile(2), layout.panel(Panel.CURVES)
    assert tile is not None
    assert panel is not None
    over = pointed(OPEN.with_interaction(pointer=(tile.picture.x + 9, tile.picture.y + 9)), layout)
    assert over.asked_map == 2
    beside = pointed(over.with_interaction(pointer=(panel.x + 9, panel.y + 9)), layout)
    assert beside.asked_map == 2
    assert pointed(press(beside, "j")[0], layout).interaction.pointed_map is None


class Picture:
    """One picture that stands still."""

    name = granted = "a picture"
    live, ended, fps, silent_since_s = False, False, None, None

    def __init__(self, clock: FakeClock) -> None:
        self.clock, self.counts = clock, SourceCounts()

    def read(self, timeout_s: float) -> Frame | None:
        if self.counts.captured:
            self.clock.now_s += timeout_s
            self.ended = True
            return None
        self.counts.captured = 1
        chance = np.random.default_rng(0).integers(0, 256, (120, 160)).astype(np.uint8)
        return Frame(chance, 0, self.clock.now_s, 0.0, 0.0)

    def advice(self, measured_fps: float) -> None:
        """None."""

    def pause(self, paused: bool) -> None:
        """Nothing to drain."""

    def close(self) -> None:
        """Nothing is open."""


class Watcher(NullDisplay):
    """A window in which keys are pressed one by one, each when nothing has come for IDLE_S."""

    interactive = True

    def __init__(self, clock: FakeClock, keys: Sequence[str]) -> None:
        super().__init__((1280, 800))
        self.clock, self.keys = clock, deque(keys)
        self.waits_s: list[float] = []

    def show(self, canvas: ByteArray) -> Sequence[DisplayEvent]:  # noqa: ARG002
        return ()

    def idle(self, wait_s: float) -> Sequence[DisplayEvent]:
        self.waits_s.append(wait_s)
        self.clock.now_s += wait_s
        if wait_s < IDLE_S:
            return ()
        return (Key(self.keys.popleft()),) if self.keys else (Closed(),)


class Stepped(CurveBench):
    """Does one piece of its work whenever the loop asks whether more is to come."""

    def __init__(self, open_engine: OpenEngine) -> None:
        super().__init__(open_engine, threaded=False)

    @property
    def pending(self) -> bool:
        self.step()
        return super().pending


def test_on_a_still_picture_they_come_by_themselves_and_follow_the_next_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[CurvesInfo | None] = []
    draw = CurvesPanel.draw

    def noting(panel: CurvesPanel, layout: Layout, scene: Scene) -> Sequence[Sprite]:
        if layout.panel(Panel.CURVES):
            drawn.append(scene.curves)
        return draw(panel, layout, scene)

    monkeypatch.setattr(CurvesPanel, "draw", noting)
    monkeypatch.setattr("live.readings.CurveBench", Stepped)
    clock = FakeClock()
    display = Watcher(clock, ["j", "r", "f"])
    with OpenCvEngine() as engine:
        last = Last(replace(STATE))
        run(Picture(clock), engine, display, Profiler(clock=clock), last)
    complete = [
        info.curves
        for info in drawn
        if info and all(np.isfinite(c.dots).all() for c in (info.curves.over_frequency, info.curves.over_orientation))
    ]
    said = [(curves.layer.bank.name, curves.rectified) for curves in complete]
    assert list(dict.fromkeys(said)) == [("udacity", True), ("udacity", False), ("everyday", False)]
    assert display.waits_s.count(IDLE_S) == 4  # a key each, and the end: no quarter of a second was waited in between
