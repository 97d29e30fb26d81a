"""What a response of a model's layer reads, in words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import cv2
import numpy as np
import pytest

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.geometry import Box
from convviz_core.models.reading import Contributions
from convviz_core.ranges import RangeMode
from live.drawing.model_inspector import ModelInspector, _byte, _reads, _write_others
from live.drawing.panel import PanelPage
from live.drawing.reasons import Why
from live.drawing.scene import Scene
from live.drawing.why import write_why
from live.layout import Layout
from live.layout.tiling import Rect
from live.layout.type_scale import type_scale
from live.layout.why_places import WhyPlaces


@pytest.mark.parametrize(
    ("frame_hw", "words"),
    [
        # 224 rows are made of 480: row 10 of them of the frame's rows 21.43 to 23.57, row 19 ends at 42.86.
        ((480, 640), "; in the 640x480 frame rows 21 to 42, columns 0 to 8"),
        ((224, 299), ""),
        (None, ""),
    ],
)
def test_what_is_read_of_the_input_is_traced_back_to_the_frame(frame_hw: tuple[int, int] | None, words: str) -> None:
    model = SimpleNamespace(finding=False, read=Box(10, 0, 20, 4), frame_hw=frame_hw)
    scene = cast(Scene, SimpleNamespace(model=model, image=np.zeros((224, 299, 3), np.uint8)))
    fullest, *shorter = _reads(scene)
    assert fullest == f"it reads 10x4 of the input: rows 10 to 19, columns 0 to 3{words}"
    assert shorter[-1] == "it reads 10x4 of the input"


@pytest.mark.parametrize(("height", "said"), [(140, "a sentence that is rather long"), (56, "short"), (40, "")])
def test_a_sentence_that_has_no_room_in_a_panel_is_shorter_or_left_out_and_never_half_there(
    height: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    page = PanelPage(Rect(0, 0, 120, height), type_scale((640, 480)), "T")
    monkeypatch.setattr(page, "write", lambda line, *_, **__: written.append(line))
    page.write_whole(["a sentence that is rather long", "short"], "it")
    assert " ".join(written) == said
    assert page._left_out == ([] if said else ["it"])


@pytest.mark.parametrize(("width", "words"), [(200, ["channel 104", "channel 7"]), (110, ["104", "7"])])
def test_all_channels_of_the_inspector_s_list_are_named_alike(
    width: int, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    conv = np.zeros((200, 1, 1), np.float32)
    conv[104], conv[7] = -12.34, 1.0
    scene = cast(Scene, SimpleNamespace(model=SimpleNamespace(conv=conv), layer=SimpleNamespace(signed=True)))
    page = PanelPage(Rect(0, 0, width, 100), type_scale((640, 480)), "T")
    monkeypatch.setattr(page, "row", lambda cells, **_: written.append(cells[0][0]))
    _write_others(page, scene, 7, 0, 0)
    assert written[1:3] == words


def inspect_on(place: Rect, conv: FloatArray) -> None:
    """Draw the inspector of one of its responses, where it is known what that was made of."""
    why = Why(None, None)
    model = SimpleNamespace(
        title="layer", channels=range(len(conv)), conv=conv, read=None, finding=True, why=why, state_of=lambda _: ""
    )
    ranges = np.array([[-1, 1]] * len(conv), np.float32)
    scene = SimpleNamespace(
        **{"model": model, "target": (2, 5, 6), "layer": SimpleNamespace(signed=True), "ranges": ranges},
        **{"range": RangeMode.AUTO, "side": "", "pinned": True, "difference": False, "other": None},
    )
    layout = SimpleNamespace(
        **{"panel": lambda _: place, "text": type_scale((640, 480)), "request": SimpleNamespace(other=None)},
        **{"crop": Rect(0, 0, 16, 12), "reduced": True},
    )
    ModelInspector().draw(cast(Layout, layout), cast(Scene, scene))


def test_channels_that_have_no_room_above_what_the_response_was_made_of_are_said_to_be_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    put_text = cv2.putText

    def noting(image: ByteArray, text: str, *how: Any) -> Any:
        said.append(text)
        return put_text(image, text, *how)

    monkeypatch.setattr(cv2, "putText", noting)
    conv = np.full((9, 12, 16), -0.00372, np.float32)
    for height, others, made_of in ((600, True, True), (210, False, True), (180, True, False), (130, False, False)):
        said.clear()
        inspect_on(Rect(0, 0, 320, height), conv)
        assert any(text.startswith("all 9 channels here") for text in said) == others
        assert any("other channels" in text for text in said) != others
        assert any("made of" in text for text in said) != made_of
    said.clear()
    inspect_on(Rect(0, 0, 100, 600), conv)
    assert "=" in said[: said.index("\N{MINUS SIGN}0.00372") + 2]  # where "it gives" has no room


@pytest.mark.parametrize(("value", "mode", "byte"), [(0.5, "auto", 191), (3.0, "auto", 255), (0.5, "frame", None)])
def test_where_the_mosaic_has_means_a_pixel_s_byte_is_that_of_its_own_value(
    value: float, mode: str, byte: int | None
) -> None:
    # (0.5 + 1) / 2 x 255 = 191.25
    scene = cast(Scene, SimpleNamespace(range=RangeMode(mode), ranges=np.array([[-1, 1]], np.float32)))
    layout = cast(Layout, SimpleNamespace(crop=Rect(0, 0, 40, 30), reduced=True))
    assert _byte(layout, scene, (0, 7, 8), value) == byte
    assert _byte(layout, scene, (0, 30, 8), value) is None


def test_the_channels_numbers_stand_with_their_points_in_line(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers: list[str] = []
    conv = np.array([0.345, -0.0753, 0.00797], np.float32).reshape(3, 1, 1)
    scene = cast(Scene, SimpleNamespace(model=SimpleNamespace(conv=conv), layer=SimpleNamespace(signed=True)))
    page = PanelPage(Rect(0, 0, 300, 200), type_scale((640, 480)), "T")
    monkeypatch.setattr(page, "row", lambda cells, **_: numbers.append(cells[-1][0]))
    _write_others(page, scene, 0, 0, 0)
    assert numbers[1:] == ["0.345", "\N{MINUS SIGN}0.075", "0.008"]


def test_what_a_response_is_made_of_stands_with_its_points_in_line_and_its_sum_has_three_digits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    numbers: list[str] = []
    sums = np.array([-0.208, 0.0959, 0.127])
    none, where = np.zeros((3, 2, 2)), np.arange(2)
    found = Contributions(sums, 0.00237, 0.01727, (0, 3), none, none, where, where, None)
    page = PanelPage(Rect(0, 0, 300, 300), type_scale((640, 480)), "T")
    monkeypatch.setattr(page, "row", lambda cells, **_: numbers.append(cells[-1][0]))
    write_why(page, WhyPlaces(0, 3, 16), 20, Why(found, None))
    minus = "\N{MINUS SIGN}"
    assert numbers[-5:] == [f"{minus}0.2080", "0.1270", "0.0959", "0.0024", "0.0173"]
    few = Contributions(np.array([0.048, -0.0108, 0]), 0.078, 0.1152, (0, 3), none, none, where, where, None)
    write_why(page, WhyPlaces(0, 3, 16), 20, Why(few, None))
    assert numbers[-5:] == ["0.0480", f"{minus}0.0108", "0", "0.0780", "0.1152"]  # the largest has three
