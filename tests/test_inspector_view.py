"""The inspector's panel: what it says, and what it works out for that."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from convviz_core.arrays import ByteArray
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.inspect import Inspection, inspect_pixel
from live.controls import ViewState
from live.inspector_view import draw_inspector
from live.layout import arrange

CANVAS_WH = (960, 720)


def bank_of(count: int) -> FilterBank:
    random = np.random.default_rng(count)
    kernels = random.integers(-3, 4, (count, 3, 3)).astype(np.float32)
    return FilterBank("many", tuple(Filter(f"filter {i + 1}", kernel) for i, kernel in enumerate(kernels)))


class Panel:
    """Draws the panel, and notes what is written into it and which pixels are worked out."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.texts: list[str] = []
        self.inspected: list[int] = []

        def put(_canvas: ByteArray, text: str, x: int, *_: Any) -> int:
            self.texts.append(text)
            return x

        def inspecting(*arguments: Any) -> Inspection:
            self.inspected.append(arguments[2])
            return inspect_pixel(*arguments)

        monkeypatch.setattr("live.inspector_view.put", put)
        monkeypatch.setattr("live.inspector_view.inspect_pixel", inspecting)

    def draw(self, state: ViewState) -> None:
        image = np.random.default_rng(1).integers(0, 256, (120, 160, 3), np.uint8)
        canvas = np.zeros((CANVAS_WH[1], CANVAS_WH[0], 3), np.uint8)
        ranges = np.array([[0, 9]] * len(state.layer.bank), np.float32)
        draw_inspector(canvas, arrange(CANVAS_WH, image.shape, state), state, image, ranges)


@pytest.fixture
def panel(monkeypatch: pytest.MonkeyPatch) -> Panel:
    return Panel(monkeypatch)


@pytest.mark.parametrize("count", [1, 2, 4, 9, 20, 25, 26, 27, 28, 40, 64])
def test_every_map_is_either_shown_or_counted_among_the_rest(count: int, panel: Panel) -> None:
    panel.draw(ViewState((bank_of(count),), inspector=True, pinned=(0, 5, 5)))
    shown = [int(number) for text in panel.texts for number in re.findall(r"(?:^|   )>?(\d+): ", text)]
    rest = [int(number) for text in panel.texts for number in re.findall(r"and (\d+) more", text)]
    assert shown == list(range(1, len(shown) + 1)) if count > 1 else shown == []
    assert len(shown) + sum(rest) == (count if count > 1 else 0)


def test_only_the_maps_that_there_is_room_for_are_worked_out(panel: Panel) -> None:
    panel.draw(ViewState((bank_of(64),), inspector=True, pinned=(3, 5, 5)))
    rest = next(int(found[1]) for text in panel.texts if (found := re.search(r"and (\d+) more", text)))
    assert len(panel.inspected) <= 64 - rest + 8  # the one in question, and a line that gave way to the count
