"""Beside an enlarged channel stand the parts of the input that drove it highest."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import cv2
import numpy as np
import pytest

from convviz_core.arrays import ByteArray
from convviz_core.geometry import Box
from live.drawing.excites_panel import ExcitesPanel
from live.drawing.reasons import Excites
from live.layout.panel_places import Panel
from live.layout.tiling import Rect
from live.layout.type_scale import TypeScale
from live.model_view.exciting import Excitement

COLOURS = [(200, 0, 30 * number + 10) for number in range(4)]
PLACE = Rect(700, 0, 400, 600)


def drawn(*kept: Excitement, finding: bool = False, place: Rect = PLACE) -> ByteArray:
    layout = SimpleNamespace(panel=lambda panel: place if panel == Panel.EXCITES else None, text=TypeScale(16))
    model = SimpleNamespace(excites=Excites(5, kept, 10.0, finding))
    scene = SimpleNamespace(model=model, beat=0)
    (sprite,) = ExcitesPanel().draw(cast(Any, layout), cast(Any, scene))
    assert sprite.place == place
    return sprite.pixels


def of(colour: tuple[int, int, int], value: float) -> Excitement:
    return Excitement(value, 3.0, 0, 0, Box(0, 0, 5, 7), np.full((5, 7, 3), colour, np.uint8))


def test_the_parts_stand_three_in_a_row_in_their_order_and_in_their_own_shape() -> None:
    pixels = drawn(*(of(colour, 4.0 - number) for number, colour in enumerate(COLOURS)))
    places = []
    for colour in COLOURS:
        rows, columns = np.nonzero((pixels == colour).all(axis=2))
        places.append((int(rows.min()), int(columns.min())))
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert abs(width / height - 7 / 5) < 0.1
    assert places[0][0] == places[1][0] == places[2][0] < places[3][0]
    assert places[3][1] == places[0][1] < places[1][1] < places[2][1]


def test_where_value_and_time_have_no_room_below_a_part_the_value_stands_there_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[str] = []
    put_text = cv2.putText

    def noting(image: ByteArray, text: str, *how: Any) -> Any:
        written.append(text)
        return put_text(image, text, *how)

    monkeypatch.setattr(cv2, "putText", noting)
    parts = of(COLOURS[0], 0.1234), of(COLOURS[1], 1.0)
    drawn(*parts)
    assert {"0.123, 7 s ago", "1, 7 s ago"} <= set(written)
    written.clear()
    drawn(*parts, place=replace(PLACE, width=250))
    assert {"0.123", "1"} <= set(written)
    assert "+1" in " ".join(written)  # hidden


def test_before_anything_is_kept_there_are_words_only() -> None:
    assert (drawn() != drawn(finding=True)).any()
