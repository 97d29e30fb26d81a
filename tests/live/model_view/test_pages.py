"""Large maps become pictures beside the loop: the window goes on, and shows what was made last."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from test_model_view import Display, Source, at_once, picture, state_of  # noqa: F401  (at_once is a fixture)
from torch_models import make

from convviz_core import open_engine
from convviz_core.arrays import ByteArray
from live.events import Closed, DisplayEvent, Key
from live.layout.panel_places import Panel
from live.loop import Last, run
from live.measuring.profiler import Profiler
from live.model_view import pages
from live.model_view.picture import PictureMaker

pytestmark = pytest.mark.usefixtures("one_thread", "found_in_time", "at_once")

MAY_GO = threading.Semaphore(0)


class Noting(Display):
    """Notes the maps that are shown."""

    def __init__(self, script: Sequence[str], last: Last) -> None:
        super().__init__(script, last)
        self.mosaics: list[ByteArray] = []

    def show(self, canvas: ByteArray) -> Sequence[DisplayEvent]:
        assert self.last.shown is not None
        self.mosaics.append(self.last.shown.page.mosaic.copy())
        return super().show(canvas)


class Patient(Noting):
    """A person who looks three times at a window where a picture is being made, and then lets it be made."""

    def __init__(self, script: Sequence[str], last: Last) -> None:
        super().__init__(script, last)
        self.looks: list[int] = [0]  # before each picture

    def idle(self, wait_s: float) -> Sequence[DisplayEvent]:  # noqa: ARG002
        self.looks[-1] += 1
        if self.looks[-1] == 3:
            MAY_GO.release()
        return ()

    def show(self, canvas: ByteArray) -> Sequence[DisplayEvent]:
        self.looks.append(0)
        return super().show(canvas)


def make_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """All maps are large, and making a page of them waits to be let go."""
    show = PictureMaker.show

    def wait_and_show(*arguments: Any) -> Any:
        assert threading.current_thread().name == "convviz-page"
        assert MAY_GO.acquire(timeout=60)
        return show(*arguments)

    monkeypatch.setattr(pages, "AT_ONCE", 0)
    monkeypatch.setattr(PictureMaker, "show", wait_and_show)


def seen(display: Noting, last: Last) -> list[ByteArray]:
    with open_engine("torch", "cpu") as engine:
        run(Source([picture()]), engine, display, Profiler(), last)
    return display.mosaics


def test_the_window_is_looked_at_while_a_page_is_made_and_has_the_same_pictures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    last = Last(state_of(make("residual")))
    quickly = seen(Noting(["n"], last), last)
    make_slow(monkeypatch)
    last = Last(state_of(make("residual")))
    display = Patient(["n"], last)
    slowly = seen(display, last)
    assert [looks >= 3 for looks in display.looks[:-1]] == [True, True]
    np.testing.assert_array_equal(slowly[0], quickly[0])
    np.testing.assert_array_equal(slowly[-1], quickly[-1])


class Curious(Patient):
    """Presses a key that needs no other page while the page after another key is being made."""

    def idle(self, wait_s: float) -> Sequence[DisplayEvent]:
        super().idle(wait_s)
        if len(self.looks) == 2 and self.looks[-1] == 1:
            return [Key("h")]
        return ()

    def show(self, canvas: ByteArray) -> Sequence[DisplayEvent]:
        super().show(canvas)
        assert self.last.shown is not None
        if len(self.looks) == 2:
            return [Key("n")]
        return [Closed()] if self.last.shown.page.look.range != "auto" else ()


def test_what_needs_no_other_page_waits_with_it_and_none_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    make_slow(monkeypatch)
    last = Last(state_of(make("residual")))
    display = Curious([], last)
    seen(display, last)
    assert last.shown is not None
    assert (last.shown.page.look.range, last.state.shows(Panel.HELP)) == ("fixed", True)
