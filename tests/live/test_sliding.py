"""The pin that walks along its row, with a clock that the test turns."""

from __future__ import annotations

from dataclasses import dataclass

from convviz_core.filters.built_in import BUILT_IN_BANKS
from live.composing import layout_request
from live.controls import press
from live.layout import Layout, arrange
from live.layout.panel_places import Panel
from live.pointing import let_go
from live.sliding import STEP_S, Slider
from live.state import LayerSettings, MapPixel, ViewState

SLIDING = press(ViewState(LayerSettings.of(BUILT_IN_BANKS)), ",")[0]
LAYOUT: Layout = arrange(layout_request((960, 720), (20, 30), SLIDING))  # maps of 17 rows and 27 columns


@dataclass
class Walk:
    """A slider, the state that it moves, and the time."""

    state: ViewState
    now_s: float = 100.0

    def __post_init__(self) -> None:
        self.slider = Slider(lambda: self.now_s)

    def after(self, seconds: float) -> MapPixel | None:
        self.now_s += seconds
        self.state = self.slider.step(self.state, LAYOUT)
        return self.state.interaction.pinned


def test_it_opens_the_inspector_and_walks_one_pixel_at_a_time_from_the_explained_one() -> None:
    assert SLIDING.shows(Panel.INSPECTOR)
    walk = Walk(SLIDING.with_interaction(hovered=(2, 5, 24)))
    assert [walk.after(seconds) for seconds in (0, 0.5 * STEP_S, 0.6 * STEP_S, 1.1 * STEP_S, 1.1 * STEP_S)] == [
        (2, 5, 24),
        (2, 5, 24),
        (2, 5, 25),
        (2, 5, 26),
        (2, 5, 0),  # the row's end
    ]


def test_beside_all_maps_it_begins_in_the_middle() -> None:
    assert Walk(SLIDING).after(0) == LAYOUT.middle


def test_the_key_stops_it_and_the_pin_stays() -> None:
    walk = Walk(SLIDING.with_interaction(pinned=(0, 1, 2)))
    walk.after(0)
    walk.state = press(walk.state, ",")[0]
    assert walk.after(10 * STEP_S) == (0, 1, 2)


def test_a_pin_that_is_let_go_ends_it() -> None:
    walk = Walk(SLIDING.with_interaction(hovered=(0, 1, 2)))
    walk.after(0)
    walk.state = let_go(walk.state)
    assert walk.after(STEP_S) is None
    assert not walk.state.interaction.sliding


def test_closing_the_inspector_ends_it() -> None:
    assert not press(SLIDING, "i")[0].interaction.sliding
