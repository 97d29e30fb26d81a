"""Panels that have become narrow, all of them open in a small window: no word stands over another."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import cv2
import numpy as np
import pytest

from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.filters.files import load_bank
from convviz_core.geometry import ConvSettings
from convviz_core.layer import Layer
from convviz_core.ranges import RangeMode
from live.composing import edit_view, layout_request
from live.controls import press
from live.drawing.edit_panel import EditPanel
from live.drawing.inspector import Inspector
from live.drawing.layer_panel import LayerPanel
from live.drawing.scene import Scene, Status
from live.layer_lines import line_words
from live.layer_settings import LayerChoice
from live.layout import Layout, arrange
from live.layout.panel_places import Panel
from live.layout.tiling import Rect
from live.state import LayerSettings, ViewState

Text = tuple[str, int, int, int]  # where its base line begins, and where it ends


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> list[Text]:
    """All that is written, with OpenCV's own word for where it ends."""
    found: list[Text] = []
    put_text = cv2.putText

    def noting(image: Any, text: str, at: tuple[int, int], *how: Any) -> Any:
        end = put_text(image, text, at, *how)
        found.append((text, at[0], end[0][0], at[1]))
        return end

    monkeypatch.setattr(cv2, "putText", noting)
    return found


def shown(canvas_wh: tuple[int, int]) -> tuple[Layout, Scene]:
    state = ViewState(LayerSettings.of(BUILT_IN_BANKS))
    for key in "ipjle":
        state = press(state, key)[0]
    layout = arrange(layout_request(canvas_wh, (480, 640), state))
    image = np.random.default_rng(2).integers(0, 256, (480, 640), np.uint8)
    scene = Scene(
        *(state.layer, RangeMode.FIXED, np.array([[0, 8]] * 4, np.float32), image, image, Status("s")),
        target=(0, 99, 200),
        editing=edit_view(state),
        layer_lines=line_words(state.settings.choice),
    )
    return layout, scene


@pytest.mark.parametrize("canvas_wh", [(480, 360), (640, 480), (960, 720), (1280, 800), (1920, 1080)])
@pytest.mark.parametrize("panel", [LayerPanel(), Inspector(), EditPanel()], ids=["layer", "inspector", "edit"])
def test_no_word_stands_over_another(
    panel: LayerPanel | Inspector | EditPanel, canvas_wh: tuple[int, int], texts: list[Text]
) -> None:
    layout, scene = shown(canvas_wh)
    assert panel.draw(layout, scene)
    over = [
        (one[0], other[0])
        for one, other in combinations(texts, 2)
        if one[3] == other[3] and one[1] < other[2] and other[1] < one[2]
    ]
    assert over == []


def test_the_layer_s_settings_tell_arrows_and_esc_only_while_they_go_there(texts: list[Text]) -> None:
    layout, scene = shown((1920, 1080))
    LayerPanel().draw(layout, scene)
    written = " ".join(text for text, *_ in texts)
    assert "l: done" in written
    assert "wheel over a line" in written
    assert "Esc" not in written
    assert "< 1 >" not in written
    texts.clear()
    LayerPanel().draw(layout, replace(scene, editing=None))
    written = " ".join(text for text, *_ in texts)
    assert "l or Esc: done" in written
    assert "< 1 >" in written


def test_a_name_that_has_no_room_in_the_editing_panel_s_title_is_left_out(texts: list[Text]) -> None:
    layout, scene = shown((640, 480))
    sobel = Layer(load_bank("sobel"))  # whose first filter is called "x: left dark, right bright"
    for width, title in ((200, "Edit 1"), (700, "Edit 1: x: left dark, right bright")):
        texts.clear()
        place = replace(layout, panels=((Panel.EDIT, Rect(0, 0, width, 440)),))
        EditPanel().draw(place, replace(scene, layer=sobel))
        assert title in [text for text, *_ in texts]


def test_the_editing_panel_says_how_to_leave_it_or_that_its_buttons_have_no_room(texts: list[Text]) -> None:
    layout, scene = shown((1920, 1080))
    EditPanel().draw(layout, scene)
    assert "e or Esc: done" in [text for text, *_ in texts]
    texts.clear()
    layout, scene = shown((640, 480))
    EditPanel().draw(layout, scene)
    assert "more keys: h" in [text for text, *_ in texts]


def test_padding_that_is_the_same_has_no_value_down_and_across() -> None:
    layout, scene = shown((1280, 800))
    same = LayerChoice(BUILT_IN_BANKS[0], ConvSettings(padding="same"))
    assert ("    y, from row to row", "") in line_words(same)
    assert LayerPanel().draw(layout, replace(scene, layer_lines=line_words(same)))
