"""What stands beside a panel's title."""

from __future__ import annotations

import pytest

from convviz_core.arrays import ByteArray
from live.drawing.panel import PanelPage
from live.layout.tiling import Rect
from live.layout.type_scale import TypeScale


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []

    def put_right(_pixels: ByteArray, text: str, right: int, *_: object) -> int:
        found.append(text)
        return right

    monkeypatch.setattr("live.drawing.panel.put_right", put_right)
    return found


def page(width: int = 600, height: int = 90) -> PanelPage:
    return PanelPage(Rect(0, 0, width, height), TypeScale(12), "Title", "a sentence of some length", "short")


@pytest.mark.parametrize(("width", "words"), [(600, "a sentence of some length"), (120, "short"), (84, "")])
def test_the_fullest_words_that_fit_stand_there_and_none_that_are_cut(width: int, words: str, said: list[str]) -> None:
    page(width).finish()
    assert said == [words]


def test_lines_that_have_no_room_are_counted_and_what_is_left_out_is_named(said: list[str]) -> None:
    full = page()
    assert [full.write("a line") for _ in range(5)] == [True, True, True, False, False]
    full.leave_out("the bars")
    full.finish()
    assert said == ["no room for the bars, 2 lines"]


@pytest.mark.parametrize(
    ("width", "words"),
    [(190, "hidden: bars, 2 lines"), (150, "+3 hidden"), (96, "+3"), (60, "+3")],
)
def test_in_a_narrow_panel_what_is_left_out_is_counted_never_cut(width: int, words: str, said: list[str]) -> None:
    narrow = page(width)
    assert [narrow.write("a line") for _ in range(5)] == [True, True, True, False, False]
    narrow.leave_out("the bars")
    narrow.finish()
    assert said == [words]
