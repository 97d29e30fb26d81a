"""Placing: when a canvas is laid out anew."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from convviz_core.filters.built_in import BUILT_IN_BANKS
from live.display.null import NullDisplay
from live.layout import Layout, LayoutRequest, arrange
from live.placing import Placing
from live.state import LayerSettings, ViewState

SHAPE = (480, 640, 3)
STATE = ViewState(LayerSettings.of(BUILT_IN_BANKS))


@dataclass
class Sized(NullDisplay):
    """A window that a person resizes."""

    interactive = True
    size_wh: tuple[int, int] | None = None
    opened: list[tuple[int, int]] = field(default_factory=list)

    def open(self, preferred_wh: tuple[int, int]) -> None:
        self.opened.append(preferred_wh)
        self.size_wh = preferred_wh

    @property
    def canvas_wh(self) -> tuple[int, int] | None:
        return self.size_wh


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[LayoutRequest]:
    """What has been laid out."""
    requests: list[LayoutRequest] = []

    def noted(request: LayoutRequest) -> Layout:
        requests.append(request)
        return arrange(request)

    monkeypatch.setattr("live.placing.arrange", noted)
    return requests


def test_the_display_is_opened_with_the_first_one_alone() -> None:
    display = Sized()
    its = Placing(display, (1920, 1080))
    _, layout = its.place(STATE, SHAPE, first=True)
    assert layout is not None
    assert display.opened == [layout.canvas_wh]
    its.place(STATE, SHAPE, first=False)
    assert len(display.opened) == 1


def test_pictures_that_follow_each_other_are_laid_out_once(asked: list[LayoutRequest]) -> None:
    its = Placing(Sized(), (1920, 1080))
    state, layout = its.place(STATE, SHAPE, first=True)
    for _ in range(3):
        again, same = its.place(state, SHAPE, first=False)
        assert again is state
        assert same is layout
    assert len(asked) == 1


def test_another_size_or_frame_or_state_is_laid_out_anew(asked: list[LayoutRequest]) -> None:
    display = Sized()
    its = Placing(display, (1920, 1080))
    state, _ = its.place(STATE, SHAPE, first=True)
    display.size_wh = 800, 600
    state, layout = its.place(state, SHAPE, first=False)
    assert layout is not None
    assert layout.canvas_wh == (800, 600)
    _, layout = its.place(state, (240, 320), first=False)
    assert layout is not None
    assert layout.request.map_hw == (237, 317)
    _, layout = its.place(state.with_appearance(input_tile=False), (240, 320), first=False)
    assert layout is not None
    assert layout.tile(None) is None
    assert len(asked) == 4


def test_without_a_canvas_there_is_no_layout_and_the_state_stays() -> None:
    state, layout = Placing(NullDisplay(), (1920, 1080)).place(STATE, SHAPE, first=True)
    assert layout is None
    assert state is STATE
