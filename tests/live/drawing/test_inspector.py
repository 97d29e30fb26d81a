"""The inspector's panel: what it says, and what it works out for that."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.inspect import Inspection
from convviz_core.layer import Activation, Layer
from convviz_core.ranges import RangeMode
from live.drawing.inspector import Inspector, arithmetic
from live.drawing.panel import PanelPage
from live.drawing.scene import MapPixel, Scene, Status
from live.layout import LayoutRequest, arrange
from live.layout.panel_places import Panel

MAPS = r"maps (\d+) to (\d+) of (\d+): the wheel scrolls"
LAYOUT = arrange(LayoutRequest((960, 720), (118, 158), 4, panels=(Panel.INSPECTOR,)))


def bank_of(count: int) -> FilterBank:
    random = np.random.default_rng(count)
    kernels = random.integers(-3, 4, (count, 3, 3)).astype(np.float32)
    return FilterBank("many", tuple(Filter(f"filter {i + 1}", kernel) for i, kernel in enumerate(kernels)))


def scene_of(bank: FilterBank, target: MapPixel | None, activation: Activation = Activation.RELU) -> Scene:
    image = np.random.default_rng(1).integers(0, 256, (120, 160, 3), np.uint8)
    ranges = np.array([[0 if activation == Activation.RELU else -9, 9]] * len(bank), np.float32)
    layer = Layer(bank, activation)
    return Scene(layer, RangeMode.FIXED, ranges, image, image[:, :, 0], Status("test"), target=target)


class Written:
    """Draws the panel, and notes the rows that are written into it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rows: list[list[str]] = []
        row = PanelPage.row

        def noting(page: PanelPage, cells: Sequence[tuple[str, float, Any]], **options: Any) -> bool:
            there = row(page, cells, **options)
            if there:
                self.rows.append([text for text, _, _ in cells])
            return there

        monkeypatch.setattr(PanelPage, "row", noting)

    @property
    def table(self) -> list[int]:
        """The maps that are listed: each with its number, its response and its byte."""
        heads = [number for number, row in enumerate(self.rows) if row[0].startswith("the same pixel in every map")]
        below = [row for row in self.rows[heads[0] + 1 :] if not re.search(MAPS, row[0])] if heads else []
        return sorted(int(row[cell]) - 1 for row in below for cell in range(0, len(row) - len(row) % 3, 3))

    def draw(self, scene: Scene, canvas_wh: tuple[int, int] = (960, 720)) -> None:
        layout = arrange(replace(LAYOUT.request, canvas_wh=canvas_wh))
        sprites = Inspector().draw(layout, scene)
        assert [sprite.place for sprite in sprites] == [layout.panel(Panel.INSPECTOR)]

    @property
    def rest(self) -> int:
        spans = [map(int, found.groups()) for row in self.rows if (found := re.search(MAPS, row[0]))]
        return sum(count - (last - first + 1) for first, last, count in spans)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    return Written(monkeypatch)


@pytest.mark.parametrize("count", [1, 2, 4, 9, 20, 25, 26, 27, 28, 40, 64])
def test_every_map_is_either_shown_or_counted_among_the_rest(count: int, written: Written) -> None:
    written.draw(scene_of(bank_of(count), (0, 5, 5)))
    table = written.table
    assert table == list(range(len(table)))
    assert len(table) + written.rest == (count if count > 1 else 0)


def test_only_the_maps_that_there_is_room_for_are_listed(written: Written) -> None:
    written.draw(scene_of(bank_of(64), (3, 5, 5)))
    assert written.rest > 0
    assert len(written.table) == 64 - written.rest


@pytest.mark.parametrize(("scrolled", "first"), [(0, 0), (7, 7), (63, None)])
def test_the_maps_that_are_listed_begin_where_it_was_scrolled_to_and_end_with_the_last(
    scrolled: int, first: int | None, written: Written
) -> None:
    written.draw(replace(scene_of(bank_of(64), (3, 5, 5)), scrolled_maps=scrolled))
    table = written.table
    assert table == list(range(table[0], table[0] + len(table)))
    assert table[0] == first or (first is None and table[-1] == 63)
    assert [f"maps {table[0] + 1} to {table[-1] + 1} of 64: the wheel scrolls"] in written.rows


def test_many_maps_can_be_scrolled_beside_a_large_colour_kernel_too(written: Written) -> None:
    random = np.random.default_rng(0)
    filters = tuple(Filter(f"f{i}", random.normal(size=(3, 5, 5)).astype(np.float32)) for i in range(64))
    written.draw(scene_of(FilterBank("rgb", filters), (3, 5, 5)), (1280, 800))
    assert written.rest > 0


@pytest.mark.parametrize(
    ("canvas_wh", "side"),
    [*(((640, 480), side) for side in (1, 2, 3, 4)), *(((1280, 800), side) for side in (1, 5, 7)), ((1920, 1080), 7)],
)
def test_kernels_of_usual_sizes_have_their_numbers(
    side: int, canvas_wh: tuple[int, int], written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers: list[list[str]] = []
    monkeypatch.setattr("live.drawing.chain.draw_numbers", lambda _p, _s, texts, *_: numbers.append(list(texts)))
    kernel = np.ones((side, side), np.float32)
    kernel[0] = -1
    written.draw(scene_of(FilterBank("b", (Filter("f", kernel),) * 4), (0, 5, 5)), canvas_wh)
    assert [len(texts) for texts in numbers] == [side * side] * 3


def test_the_panel_says_that_the_kernel_slides() -> None:
    scene = scene_of(bank_of(4), (0, 5, 5))
    keys = {Inspector().key(LAYOUT, replace(scene, sliding=sliding)) for sliding in (True, False)}
    assert len(keys) == 2


def test_a_gain_changes_the_byte_s_arithmetic_on_a_still_picture_too() -> None:
    scene = scene_of(bank_of(4), (0, 5, 5))
    assert len({Inspector().key(LAYOUT, replace(scene, gain=gain)) for gain in (1.0, 2.0)}) == 2


def test_beside_the_maps_it_says_that_there_is_none(written: Written) -> None:
    written.draw(scene_of(bank_of(4), None))
    assert written.rows[0] == ["no map here"]
    assert written.table == []


def test_the_sum_becomes_a_byte_step_by_step() -> None:
    one = np.ones((1, 1), np.float32)
    scene = scene_of(FilterBank("b", (Filter("f", np.ones((1, 1), np.float32)),)), (0, 0, 0))
    inspection = Inspection(one, one, one, 4.5, 4.5, 128)
    assert arithmetic(scene, (0, 0, 0), inspection) == [
        ("sum of all products", "4.50"),
        ("ReLU: the larger of 0 and 4.50", "4.50"),
        ("byte: 255 \N{MULTIPLICATION SIGN} (4.50 \N{MINUS SIGN} 0) / (9 \N{MINUS SIGN} 0)", "128"),
    ]


def test_three_channels_are_summed_apart_and_then_together() -> None:
    bank = FilterBank("rgb", (Filter("f", np.ones((3, 1, 1), np.float32)),))
    products = np.array([5.48, -4.72, -0.5], np.float32).reshape(3, 1, 1)
    inspection = Inspection(products, products, products, 0.26, 0.26, 1)
    minus = "\N{MINUS SIGN}"
    assert arithmetic(scene_of(bank, (0, 0, 0)), (0, 0, 0), inspection)[:4] == [
        ("sum of R", "5.48"),
        ("sum of G", f"{minus}4.72"),
        ("sum of B", f"{minus}0.50"),
        ("sum of all products", "0.26"),
    ]
