"""Beside an enlarged channel stand the parts of the input that drove it highest."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np

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


def drawn(*kept: Excitement, finding: bool = False) -> ByteArray:
    layout = SimpleNamespace(panel=lambda panel: PLACE if panel == Panel.EXCITES else None, text=TypeScale(16))
    model = SimpleNamespace(excites=Excites(5, kept, 10.0, finding))
    scene = SimpleNamespace(model=model, beat=0)
    (sprite,) = ExcitesPanel().draw(cast(Any, layout), cast(Any, scene))
    assert sprite.place == PLACE
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


def test_before_anything_is_kept_there_are_words_only() -> None:
    assert (drawn() != drawn(finding=True)).any()
