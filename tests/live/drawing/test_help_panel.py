"""The help: everything is on one of its pages, in type that can be read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.layer import Layer
from convviz_core.ranges import RangeMode
from live.controls import KEYS
from live.drawing.help_panel import EXPLANATION, SMALLEST, Help
from live.drawing.notices import Notices
from live.drawing.scene import Scene, Status
from live.layout import LayoutRequest, arrange
from live.layout.panel_places import Panel
from live.purposes import PURPOSES, help_sections

CANVASES = [(480, 360), (640, 480), (1280, 800), (1920, 1080), (3840, 2160)]
SCENE = Scene(
    Layer(BUILT_IN_BANKS[7]),
    RangeMode.AUTO,
    np.array([[0, 1]] * 8, np.float32),
    np.zeros((240, 320), np.uint8),
    np.zeros((474, 634), np.uint8),
    Status("a source"),
    banks=BUILT_IN_BANKS,
    bank_index=7,
)


class Written:
    """What was written where: text, x, y, size."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.texts: list[tuple[str, int, int, int]] = []
        monkeypatch.setattr("live.drawing.help_panel.put", self._put)

    def _put(self, _canvas: object, text: str, x: int, y: int, size: int, *_: object) -> int:
        self.texts.append((text, x, y, size))
        return x

    def page(self, canvas_wh: tuple[int, int], number: int) -> list[tuple[str, int, int, int]]:
        self.texts.clear()
        layout = arrange(LayoutRequest(canvas_wh, (237, 317), 4, panels=(Panel.HELP,)))
        (sprite,) = Help(help_sections()).draw(layout, replace(SCENE, help_page=number))
        assert sprite.place == layout.panel(Panel.HELP)
        assert all(y - size >= 0 and y < sprite.place.height for _, _, y, size in self.texts)
        return list(self.texts)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    return Written(monkeypatch)


@pytest.mark.parametrize("canvas_wh", CANVASES)
def test_its_pages_have_every_key_and_gesture_the_bank_and_all_banks(
    canvas_wh: tuple[int, int], written: Written
) -> None:
    pages = [written.page(canvas_wh, number) for number in range(6)]
    said = " ".join(text for page in pages for text, *_ in page).split()
    wanted = " ".join(f"{keys} {words}" for _, lines in help_sections() for keys, words in lines)
    bank = f"Now: gabor {BUILT_IN_BANKS[7].description}; 8 of 7x7 {EXPLANATION}"
    numbered = " ".join(f"{number} {bank.name}" for number, bank in enumerate(BUILT_IN_BANKS, 1))
    rest = " ".join(said).replace(",", "")
    assert [word for word in f"{wanted} {bank}".split() if word not in said] == []
    assert numbered in rest


@pytest.mark.parametrize("canvas_wh", CANVASES)
def test_its_type_is_never_too_small_to_read(canvas_wh: tuple[int, int], written: Written) -> None:
    assert min(size for *_, size in written.page(canvas_wh, 0)) >= SMALLEST == 11


@pytest.mark.parametrize("canvas_wh", [(640, 480), (1280, 800)])
def test_it_has_two_columns(canvas_wh: tuple[int, int], written: Written) -> None:
    page = written.page(canvas_wh, 0)
    titles = {text: x for text, x, _, _ in page if text in {purpose.title for purpose in PURPOSES}}
    assert len(set(titles.values())) == 2


@pytest.mark.parametrize("canvas_wh", [(320, 240), (480, 360), (640, 480), (800, 500)])
def test_a_notice_covers_no_line_of_it_where_it_has_the_whole_window(
    canvas_wh: tuple[int, int], written: Written
) -> None:
    layout = arrange(LayoutRequest(canvas_wh, (237, 317), 4, panels=(Panel.HELP,)))
    said = Status("a source", notices=("snapshot in snapshot-0001",))
    (notice,) = Notices().draw(layout, replace(SCENE, status=said))
    lowest = max(y for number in range(8) for _, _, y, _ in written.page(canvas_wh, number))
    assert lowest <= notice.place.y


def test_behind_the_last_page_comes_the_first_and_before_it_the_last(written: Written) -> None:
    first, second = written.page((480, 360), 0), written.page((480, 360), 1)
    assert first != second
    pages = next(number for number in range(2, 9) if written.page((480, 360), number) == first)
    assert written.page((480, 360), -1) == written.page((480, 360), pages - 1)


def test_a_large_window_has_it_all_on_one_page(written: Written) -> None:
    assert written.page((1280, 800), 0) == written.page((1280, 800), 1)


def test_it_is_drawn_again_for_another_bank_or_page() -> None:
    layout = arrange(LayoutRequest((640, 480), (237, 317), 4, panels=(Panel.HELP,)))
    keys = {Help([]).key(layout, scene) for scene in (SCENE, replace(SCENE, help_page=1), replace(SCENE, bank_index=2))}
    assert len(keys) == 3


def test_each_key_is_there_for_one_purpose() -> None:
    named = [next(b for b in KEYS if key in b.keys) for purpose in PURPOSES for key in purpose.keys]
    assert sorted(binding.help for binding in named) == sorted(binding.help for binding in KEYS)
