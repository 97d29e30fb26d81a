"""Words of a model's views are shorter where there is less room, and none is cut."""

from __future__ import annotations

from typing import Any

import cv2
import pytest
import torch
from test_model_view import Display, in_window, state_of
from torch import nn

from convviz_core.layer import Activation
from live.drawing.strip_words import note_lines, shorter_forms
from live.drawing.text import ELLIPSIS, text_width
from live.layout.panel_places import Panel
from live.layout.type_scale import TypeScale
from live.model_view import session
from live.model_view.fields import FieldFinder
from live.model_view.worker import Worker
from live.state import ViewState

pytestmark = pytest.mark.usefixtures("one_thread", "found_in_time")

SIZES = [(320, 240), (480, 360), (640, 480), (1280, 800)]
VIEWS = {
    "alone": ["r"],
    "beside": ["r", "a", "]"],
    "wipe": ["r", "a", "]", "b"],
    "difference": ["r", "a", "]", "b", "b"],
    "limits": ["r", "a", "]", "n"],
    "tint": ["t"],
    "list": ["l"],
}


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """All that is written on a canvas; a model's answers and its fields come before the next look."""
    found: set[str] = set()
    put_text = cv2.putText

    def noted(canvas: Any, text: str, *rest: Any) -> Any:
        found.add(text)
        return put_text(canvas, text, *rest)

    monkeypatch.setattr(cv2, "putText", noted)
    monkeypatch.setattr(session, "Worker", lambda engine, **_: Worker(engine, beside=False))
    monkeypatch.setattr(session, "FieldFinder", lambda **_: FieldFinder(beside=False))
    return found


def model_state(*panels: Panel) -> ViewState:
    torch.manual_seed(3)
    parts = [nn.Conv2d(3, 64, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(12), nn.Conv2d(64, 70, 1)]
    state = state_of(nn.Sequential(*parts), "0", panels=frozenset(panels))
    return state.with_interaction(pinned=(1, 6, 7)) if panels else state


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("inspector", [False, True])
@pytest.mark.parametrize("canvas_wh", SIZES)
def test_no_word_of_a_model_is_cut(
    canvas_wh: tuple[int, int], inspector: bool, view: str, written: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Display, "canvas_wh", canvas_wh)
    in_window(model_state(*[Panel.INSPECTOR] * inspector), ["", *VIEWS[view], *[""] * 6])
    assert written
    assert [words for words in written if ELLIPSIS in words] == []


def test_the_list_of_layers_has_whole_types_or_says_that_it_has_none(
    written: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Display, "canvas_wh", (1280, 800))
    in_window(model_state(), ["", "l", ""])
    assert {"AdaptiveAvgPool2d", "64 x 24x32"} <= written
    written.clear()
    monkeypatch.setattr(Display, "canvas_wh", (200, 150))
    in_window(model_state(), ["", "l", ""])
    assert any("sizes" in words or words.startswith("+") for words in written)


@pytest.mark.parametrize("panels", [(), (Panel.LAYERS, Panel.INSPECTOR, Panel.PROFILE), (Panel.HELP,)])
@pytest.mark.parametrize("canvas_wh", [(240, 240), *SIZES, (320, 480)])
def test_what_is_typed_is_seen_in_every_window(
    canvas_wh: tuple[int, int], panels: tuple[Panel, ...], written: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Display, "canvas_wh", canvas_wh)
    stages = nn.Sequential()
    stages.add_module("the_first_of_all_stages", nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()))
    state = state_of(stages, panels=frozenset(panels)).with_interaction(pinned=(1, 6, 7))
    in_window(state, ["", "/", *"first_of", ""])
    assert any(words.startswith("/first_of_") for words in written)
    assert "Esc: leave" in written
    written.clear()
    in_window(state, ["", "/", *"the_first_of_all_stages_and_of_the_second_one_too", ""])
    assert any(words.endswith("second_one_too_") or "second_one_too_ " in words for words in written)


def test_words_give_way_from_their_end_and_a_path_to_its_last_part() -> None:
    assert shorter_forms("Conv2d, 64 x 112x112")[-2:] == ["Conv2d", "Conv2d"]
    assert shorter_forms("a/b/net.py:net")[-1] == "net.py:net"


def test_notes_that_have_no_room_together_stand_below_each_other_and_none_is_lost() -> None:
    notes, text = ("no wipe, but side by side: the strides are 2 and 1", "6 kept maps have no partner"), TypeScale(10)
    assert note_lines(notes, 2000, text) == ["    ".join(notes)]
    lines = note_lines(notes, 200, text)
    assert " ".join(lines) == " ".join(notes)
    assert all(text_width(line, text.small) <= 200 for line in lines)
    assert note_lines((), 200, text) == []


def test_the_share_above_the_range_gives_way_to_a_layer_s_name(
    written: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Display, "canvas_wh", (480, 360))
    state = model_state().with_settings(activation=Activation.NONE)
    in_window(state, ["", "a", "]", "b", "b", *[""] * 6])
    assert "live minus kept" in written or "live \N{MINUS SIGN} kept" in written


def test_one_caption_does_for_both_sides_of_a_narrow_difference_unless_their_channels_differ(
    written: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Display, "canvas_wh", (640, 480))
    in_window(model_state(), ["", "a", "]", "b", "b", *[""] * 6])
    assert "channel 63" in written
    assert "\N{MINUS SIGN} 63" not in written
    written.clear()
    monkeypatch.setattr(Display, "canvas_wh", (480, 360))
    state = model_state().with_model(name="3")  # 70 channels on two pages
    in_window(state, ["", "a", "PageDown", "b", "b", *[""] * 6])
    assert {"live: 64", "\N{MINUS SIGN} kept: 0"} <= written
    assert "6 of 70 channels, page 2 of 2" in written
