"""Before a model's first picture: its layers are found beside the window, which says what is waited for."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pytest
from test_model_view import HW, Source, picture, state_of
from torch import nn
from torch_models import make

from convviz_core import open_engine
from convviz_core.arrays import ByteArray
from convviz_core.models.errors import ModelError
from live.drawing import text, waiting
from live.events import Closed, DisplayEvent, Key
from live.loop import Last, run
from live.measuring.profiler import Profiler
from live.model_view import first_run, opening
from live.model_view.chosen import ModelChoice
from live.recording.keep import Keep

pytestmark = pytest.mark.usefixtures("one_thread")

PATIENCE_S = 60.0  # only a broken test waits so long
CANVAS_WH = (640, 480)


class Window:
    """Keeps what it shows; presses these keys before a model's first picture, and is closed after it."""

    interactive = True
    canvas_wh = CANVAS_WH

    def __init__(self, last: Last, keys: Sequence[str] = ()) -> None:
        self.last, self.keys = last, list(keys)
        self.opened: list[tuple[int, int]] = []
        self.waiting: list[ByteArray] = []
        self.on_waiting = threading.Event()

    def open(self, preferred_wh: tuple[int, int]) -> None:
        self.opened.append(preferred_wh)

    def show(self, canvas: ByteArray) -> Sequence[DisplayEvent]:
        if self.last.shown is not None:
            return [Closed()]
        self.waiting.append(canvas.copy())
        self.on_waiting.set()
        return self.idle(0)

    def idle(self, wait_s: float) -> Sequence[DisplayEvent]:  # noqa: ARG002
        return [Key(self.keys.pop(0))] if self.keys and self.waiting else []

    def set_fullscreen(self, fullscreen: bool) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is written on the canvases before the first picture."""
    found: list[str] = []
    put_middle = text.put_middle

    def noting(canvas: ByteArray, words: str, *rest: float) -> None:
        found.append(words)
        put_middle(canvas, words, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(waiting, "put_middle", noting)
    return found


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Nothing is there at once, and no layers are found before this is set."""
    go_on = threading.Event()

    def waiting_for_it(choice: ModelChoice, size_hw: tuple[int, int]) -> ModelChoice:
        assert go_on.wait(PATIENCE_S)
        return opening.with_layers(choice, size_hw)

    monkeypatch.setattr(first_run, "with_layers", waiting_for_it)
    monkeypatch.setattr(first_run, "AT_ONCE_S", 0.0)
    return go_on


def in_window(last: Last, window: Window) -> None:
    with open_engine("torch", "cpu") as engine:
        run(Source([picture()] * 3), engine, window, Profiler(), last, keep=Keep(), screen_wh=(1000, 500))


def test_the_window_is_there_before_the_layers_are_found_and_says_what_is_waited_for(
    slow: threading.Event, said: list[str]
) -> None:
    last = Last(state_of(make("residual")))
    window = Window(last)

    def find_them() -> None:
        if window.on_waiting.wait(PATIENCE_S):
            slow.set()

    opener = threading.Thread(target=find_them)
    opener.start()
    in_window(last, window)
    opener.join()
    assert window.opened[0] == (800, 400)  # four fifths of the screen
    assert said[0].startswith("the model runs for the first time, to find its layers: 0 s so far")
    assert "q: quit" in said
    assert last.shown is not None
    assert last.shown.answer.asked.layer.name == "0"  # the first convolution
    assert len(last.state.model.lines if last.state.model else ()) > 3
    shown = window.waiting[0]
    assert shown.shape == (*CANVAS_WH[::-1], 3)
    scale = 0.5 * min(CANVAS_WH[0] / HW[1], CANVAS_WH[1] / HW[0])
    inside = np.abs(shown.astype(int) - shown[0, 0]).max(axis=2) > 0
    assert inside.any(axis=1).sum() >= round(HW[0] * scale) - 2  # the input


@pytest.mark.parametrize("keys", [["q"], ["/", "q"]])
def test_who_does_not_want_to_wait_quits(keys: list[str], slow: threading.Event, said: list[str]) -> None:
    last = Last(state_of(make("residual")))
    window = Window(last, keys)
    quits = threading.Thread(target=in_window, args=(last, window))
    quits.start()
    quits.join(PATIENCE_S)
    assert not quits.is_alive()
    slow.set()
    assert last.shown is None
    assert said


def test_a_model_that_cannot_run_is_told_by_the_loop(slow: threading.Event) -> None:
    slow.set()
    last = Last(state_of(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Linear(7, 5))))
    with pytest.raises(ModelError):
        in_window(last, Window(last))


def test_what_is_found_at_once_has_no_window_before_it(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_run, "AT_ONCE_S", PATIENCE_S)
    last = Last(state_of(make("residual")))
    window = Window(last)
    in_window(last, window)
    assert last.shown is not None
    assert window.waiting == []
    assert said == []
