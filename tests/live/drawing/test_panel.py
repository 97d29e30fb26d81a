"""What stands beside a panel's title."""

from __future__ import annotations

import pytest

from convviz_core.arrays import ByteArray
from live.drawing.panel import PanelPage
from live.drawing.text import BOLD, Colour, text_width
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
    [(190, "hidden: bars, 2 lines"), (145, "3 parts hidden"), (96, "+3"), (60, "+3")],
)
def test_in_a_narrow_panel_what_is_left_out_is_counted_never_cut(width: int, words: str, said: list[str]) -> None:
    narrow = page(width)
    assert [narrow.write("a line") for _ in range(5)] == [True, True, True, False, False]
    narrow.leave_out("the bars")
    narrow.finish()
    assert said == [words]


@pytest.mark.parametrize(
    ("width", "title", "words"),
    [(240, "A title with a name", "hidden: bars"), (150, "A title", "hidden: bars"), (110, "A title", "+1")],
)
def test_a_title_is_shortened_so_that_what_is_left_out_is_named(
    width: int, title: str, words: str, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    titles: list[str] = []

    def put(_pixels: ByteArray, text: str, x: int, _line: int, size: int, *_: int) -> int:
        titles.append(text)
        return x + text_width(text, size, BOLD)

    monkeypatch.setattr("live.drawing.panel.put", put)
    full = PanelPage(Rect(0, 0, width, 90), TypeScale(12), "A title with a name", brief="A title")
    full.leave_out("the bars")
    full.finish()
    assert (titles, said) == ([title], [words])


def test_of_a_sentence_for_which_there_is_no_room_nothing_is_half_there(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow, written = page(width=200, height=70), []
    write = narrow.write

    def noting(line: str, *colour: Colour, small: bool) -> bool:
        written.append(line)
        return write(line, *colour, small=small)

    monkeypatch.setattr(narrow, "write", noting)
    narrow.write_wrapped("this sentence is long enough that it takes three lines or more of a page so narrow")
    narrow.write_wrapped("and this one")
    narrow.finish()
    assert written == ["and this one"]
    assert said[0].endswith(" lines")
