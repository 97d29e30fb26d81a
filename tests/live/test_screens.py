"""What is written on whole screens, from small to large ones, with panels and banks of all kinds: all of it legible."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import cv2
import numpy as np
import pytest

from convviz_core.arrays import ByteArray
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.filters.bank import FilterBank
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.filters.files import load_bank
from convviz_core.scenes import open_scene
from live.drawing.text import CAP_HEIGHT, ELLIPSIS
from live.events import Closed, DisplayEvent, Key
from live.layout.viewport import Viewport
from live.loop import Last, run
from live.measuring.profiler import Profiler
from live.sources.frame import Frame, SourceCounts
from live.state import LayerSettings, ViewState

CANVASES = [(320, 240), (480, 360), (640, 480), (960, 600), (1280, 800), (1920, 1080)]
KEYS = [
    *(
        "",
        "h",
        "i",
        "p",
        "k",
        "e",
        "l",
        "t",
        "g",
        "x",
        "z",
        "m",
        "r",
        "n",
        "nn",
        "rnn",
        "++",
        "ip",
        "ipk",
        "ie",
        "il",
        "el",
    ),
    *("af", "afb", "afbb", "ari", "arip", "iplte", "iplkte"),
]
SHAPES = {
    "one": (1, 1, 31, 31),
    "nine": (9, 1, 2, 6),
    "many": (64, 1, 3, 3),
    "colour": (16, 3, 7, 7),
    "all": (64, 3, 11, 11),
}
BELOW = 0.05  # of its size, that a line of capitals reaches below its base line


@dataclass(frozen=True)
class Text:
    """One line, in pixels of the sprite on which it is written."""

    said: str
    left: int
    top: float
    right: int
    bottom: float

    def over(self, other: Text) -> bool:
        """Whether the two cover each other's pixels."""
        wide = self.left < other.right - 1 and other.left < self.right - 1
        return wide and self.top < other.bottom - 1 and other.top < self.bottom - 1


Written = dict[int, tuple[ByteArray, list[Text]]]  # by the sprite's number


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    """All that is written, sprite by sprite; what stands on one is told apart by where its memory begins."""
    found: Written = {}
    put_text = cv2.putText

    def noting(image: Any, text: str, at: tuple[int, int], *how: Any) -> Any:
        end = put_text(image, text, at, *how)
        sprite = image
        while isinstance(sprite.base, np.ndarray):
            sprite = sprite.base
        offset = image.__array_interface__["data"][0] - sprite.__array_interface__["data"][0]
        y, x = at[1] + offset // sprite.strides[0], at[0] + offset % sprite.strides[0] // 3
        size = how[2]
        box = Text(text, x, y - CAP_HEIGHT * size, x + end[0][0] - at[0], y + BELOW * size)
        lines = found.setdefault(id(sprite), (sprite, []))[1]
        if text.strip() and box not in lines:
            lines.append(box)
        return end

    monkeypatch.setattr(cv2, "putText", noting)
    return found


class StillPicture:
    """A source of one picture."""

    name = granted = "a picture of something"
    fps = None
    live = False
    silent_since_s = None

    def __init__(self, image: ByteArray) -> None:
        self.counts, self.ended, self._image = SourceCounts(captured=1), False, image

    def read(self, timeout_s: float) -> Frame | None:  # noqa: ARG002
        frame = None if self.ended else Frame(self._image, 0, 0.0, 0.0, 0.001)
        self.ended = True
        return frame

    def advice(self, measured_fps: float) -> str | None:  # noqa: ARG002
        return None

    def pause(self, paused: bool) -> None:
        pass

    def close(self) -> None:
        pass


class Person:
    """A window of that size, in which keys are pressed one after the other. faults: of all that was shown."""

    interactive = True

    def __init__(self, canvas_wh: tuple[int, int], keys: str, written: Written) -> None:
        self.canvas_wh, self._events = canvas_wh, self._pressed(keys)
        self._written, self.faults = written, list[str]()

    def _pressed(self, keys: str) -> Iterator[list[DisplayEvent]]:
        for key in keys:
            yield [Key(key)]
        yield []
        yield [Closed()]

    def open(self, preferred_wh: tuple[int, int]) -> None:
        pass

    def show(self, canvas: ByteArray) -> list[DisplayEvent]:  # noqa: ARG002
        self.faults += faults(self._written)
        self._written.clear()
        return next(self._events)

    def idle(self, wait_s: float) -> list[DisplayEvent]:  # noqa: ARG002
        return next(self._events)

    def set_fullscreen(self, fullscreen: bool) -> None:
        pass

    def close(self) -> None:
        pass


def bank_of(shape: tuple[int, ...]) -> FilterBank:
    return FilterBank.from_array("some", np.random.default_rng(5).normal(size=shape).astype(np.float32))


def faults_seen(
    canvas_wh: tuple[int, int],
    keys: str,
    banks: tuple[FilterBank, ...],
    written: Written,
    notches: float = 0.0,
    *,
    picture_wh: tuple[int, int] = (320, 240),
) -> list[str]:
    """Of every screen while the keys are pressed; with the inspector, one pixel is pinned and another watched."""
    image = np.asarray(cv2.cvtColor(open_scene(None, picture_wh).frame(3, 30.0), cv2.COLOR_GRAY2BGR), np.uint8)
    state = ViewState(LayerSettings.of(banks)).with_interaction(viewport=Viewport(notches=notches))
    if "i" in keys:
        state = state.with_interaction(pinned=(0, 60, 100), watched=((0, 100, 200),))
    person = Person(canvas_wh, keys, written)
    run(StillPicture(image), OpenCvEngine(), person, Profiler(clock=lambda: 9.0), Last(state))
    return person.faults


def faults(written: Written) -> list[str]:
    """What is over something else, outside of its sprite, or cut."""
    found = []
    for sprite, lines in written.values():
        height, width = sprite.shape[:2]
        for line in lines:
            if line.left < -1 or line.top < -1 or line.right > width + 1 or line.bottom > height + 1:
                found.append(f"outside: {line}")
            if line.said.endswith(ELLIPSIS):
                found.append(f"cut: {line}")
        found += [f"{one} over {other}" for one, other in combinations(lines, 2) if one.over(other)]
    return found


@pytest.mark.parametrize("canvas_wh", CANVASES)
@pytest.mark.parametrize("keys", KEYS)
def test_every_word_of_every_panel_has_its_own_place(canvas_wh: tuple[int, int], keys: str, written: Written) -> None:
    assert faults_seen(canvas_wh, keys, BUILT_IN_BANKS, written) == []


@pytest.mark.parametrize("canvas_wh", CANVASES)
@pytest.mark.parametrize("keys", ["", "k", "i", "e", "ip", "t", "nn", "l", "z"])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_with_kernels_of_all_kinds(
    canvas_wh: tuple[int, int], keys: str, shape: str, written: Written
) -> None:
    assert faults_seen(canvas_wh, keys, (bank_of(SHAPES[shape]),), written) == []


@pytest.mark.parametrize("canvas_wh", CANVASES)
@pytest.mark.parametrize("keys", ["", "i", "e", "z", "afb", "afbbz"])
@pytest.mark.parametrize("notches", [8, 99])  # the last with numbers on its pixels
def test_the_same_of_a_zoomed_view(canvas_wh: tuple[int, int], keys: str, notches: float, written: Written) -> None:
    assert faults_seen(canvas_wh, keys, BUILT_IN_BANKS, written, notches) == []


@pytest.mark.parametrize("keys", ["ap", "abp", "abbp"])
def test_the_same_of_two_layers_at_all_widths_between(keys: str, written: Written) -> None:
    found = {
        width: faults_seen((width, 864), keys, BUILT_IN_BANKS, written, picture_wh=(640, 480))
        for width in range(600, 1920, 24)
    }
    assert {width: said for width, said in found.items() if said} == {}


@pytest.mark.parametrize("keys", ["at", "an", "abt"])
def test_the_same_of_what_each_map_of_two_layers_says_of_itself(keys: str, written: Written) -> None:
    banks = load_bank("prewitt"), load_bank("gabor")
    found = [faults_seen((width, 500), keys, banks, written, picture_wh=(640, 480)) for width in range(400, 1000, 20)]
    assert [said for said in found if said] == []
