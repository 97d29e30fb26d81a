"""The inspector's panel: what it says, and what it works out for that."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from convviz_core.arrays import ByteArray
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.filters.files import load_bank
from convviz_core.inspect import Inspection
from convviz_core.layer import Activation, Layer
from convviz_core.ranges import RangeMode
from live.drawing.chain import TOGETHER, Chain
from live.drawing.inspector import Inspector, arithmetic
from live.drawing.map_list import write_maps
from live.drawing.numbers import MINUS, TIMES
from live.drawing.panel import PanelPage
from live.drawing.parted_chain import PartedChain, cell_words
from live.drawing.scene import MapPixel, Scene, Status
from live.drawing.text import ELLIPSIS
from live.layout import LayoutRequest, arrange
from live.layout.panel_places import Panel
from live.layout.tiling import Rect
from live.layout.type_scale import type_scale

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
        bank = scene.layer.bank
        kernel_chw = bank.channels, *bank.kernel_hw
        layout = arrange(replace(LAYOUT.request, canvas_wh=canvas_wh, kernel_chw=kernel_chw))
        sprites = Inspector().draw(layout, scene)
        assert [sprite.place for sprite in sprites] == [layout.panel(Panel.INSPECTOR)]

    @property
    def rest(self) -> int:
        spans = [map(int, found.groups()) for row in self.rows if (found := re.search(MAPS, row[0]))]
        return sum(count - (last - first + 1) for first, last, count in spans)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    return Written(monkeypatch)


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All that is written, in its order."""
    found: list[str] = []
    put_text = cv2.putText

    def noting(image: Any, text: str, *how: Any) -> Any:
        found.append(text)
        return put_text(image, text, *how)

    monkeypatch.setattr(cv2, "putText", noting)
    return found


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
    [
        *(((640, 480), side) for side in (1, 2, 3, 4)),
        *(((1280, 800), side) for side in (1, 5, 7)),
        *(((1920, 1080), side) for side in (7, 11, 15)),
        ((3840, 2160), 31),
    ],
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


@pytest.fixture
def numbers(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The numbers of each matrix that is drawn with some."""
    found: list[list[str]] = []
    monkeypatch.setattr("live.drawing.chain.draw_numbers", lambda _p, _s, texts, *_: found.append(list(texts)))
    return found


def large_scene(channels: int) -> Scene:
    """A kernel of 31x31 that has its row's number as weight, negative at the left; in colour the same three times."""
    kernel = np.repeat(np.arange(1, 32, dtype=np.float32)[:, None], 31, axis=1)
    kernel[:, :15] *= -1
    kernels = kernel if channels == 1 else np.stack([kernel] * 3)
    return scene_of(FilterBank("large", (Filter("f", kernels),) * 4), (0, 5, 5))


@pytest.mark.parametrize(
    ("canvas_wh", "channels"),
    [((640, 480), 1), ((1280, 800), 1), ((1280, 800), 3), ((1920, 1080), 1), ((1920, 1080), 3)],
)
def test_of_a_kernel_too_large_for_its_numbers_the_middle_has_them_and_pointing_brings_another_part(
    channels: int, canvas_wh: tuple[int, int], numbers: list[list[str]], written: Written
) -> None:
    scene = large_scene(channels)
    layout = arrange(replace(LAYOUT.request, canvas_wh=canvas_wh, kernel_chw=(channels, 31, 31)))
    place = layout.panel(Panel.INSPECTOR)
    assert place is not None
    inspector = Inspector()
    before = inspector.key(layout, scene)
    inspector.draw(layout, scene)
    assert len(numbers) == 3 * channels
    kernel = numbers[channels]  # behind those of the patch
    assert "16" in kernel  # the middle row's
    assert "1" not in kernel
    assert any("point at a cell" in row[0] for row in written.rows)
    chain = inspector._arithmetic
    assert chain is not None
    corner = next(
        (x, y) for y in range(place.height) for x in range(place.width) if (chain.cell_at(x, y) or ())[1:] == (0, 0)
    )
    pointed = replace(scene, panel_point=(place.x + corner[0], place.y + corner[1]))
    assert inspector.key(layout, pointed) != before
    inspector.draw(layout, pointed)
    assert {f"{MINUS}1", f"{MINUS}2"} <= set(numbers[-2 * channels])
    assert any(f"{TIMES} {MINUS}1" in row[0] for row in written.rows)


def test_three_channels_whose_cells_would_hardly_be_seen_are_one_picture_in_colour() -> None:
    kernel = np.zeros((3, 3, 3), np.float32)
    kernel[0, 0, 0], kernel[2, 2, 2] = 1, -1  # R plus at the top left, B minus at the bottom right
    text = type_scale((960, 600))
    for height, together, cells in ((400, False, 9 * 3), (90, True, 9)):
        page = PanelPage(Rect(0, 0, 340, 600), text, "")
        inspection = Inspection(np.full((3, 3, 3), 0.5, np.float32), kernel, kernel * np.float32(0.5), 0, 0, 0)
        chain = PartedChain(page, inspection, height, None) if together else Chain(page, inspection, height)
        for _ in chain.pieces(None) if isinstance(chain, PartedChain) else chain.pieces():
            pass
        found = [chain.cell_at(x, y) for y in range(600) for x in range(340)]
        assert len(set(found) - {None}) == cells
        for corner, colour in (((0, 0), (128, 128, 255)), ((2, 2), (0, 128, 128))) if together else ():
            there = [divmod(number, 340) for number, cell in enumerate(found) if cell == (TOGETHER, *corner)]
            assert colour in {tuple(page.pixels[at].tolist()) for at in there}  # the kernel's, in BGR


def test_what_a_cell_of_three_channels_in_one_picture_holds_is_told_of_each_and_in_all() -> None:
    patch, kernel = np.array([0.5, 0.25, 1], np.float32), np.array([2, -1, 0.5], np.float32)
    one, two, three = (values.reshape(3, 1, 1) for values in (patch, kernel, patch * kernel))
    said = cell_words(Inspection(one, two, three, 0, 0, 0), (TOGETHER, 0, 0))
    each = f"R 0.500 {TIMES} 2, G 0.250 {TIMES} {MINUS}1, B 1 {TIMES} 0.500"
    assert said == [f"row 0, column 0: {each}; in all 1.25", f"{each}: 1.25", "R, G and B add 1.25"]


@pytest.mark.parametrize("height", range(190, 330, 4))
def test_a_weight_that_is_pointed_at_takes_no_line_from_the_arithmetic(height: int, written: Written) -> None:
    scene, inspector = scene_of(bank_of(4), (1, 40, 60)), Inspector()
    layout = replace(LAYOUT, panels=((Panel.INSPECTOR, Rect(0, 0, 400, height)),), text=type_scale((640, 480)))
    inspector.key(layout, scene)
    inspector.draw(layout, scene)
    before = [row[0] for row in written.rows if row[0].startswith(("sum", "ReLU", "byte"))]
    found = inspector._arithmetic
    assert found is not None
    cells = [(x, y) for y in range(0, height, 3) for x in range(0, 400, 3) if found.cell_at(x, y)]
    pointed = replace(scene, panel_point=(cells or [(0, 0)])[0])
    written.rows.clear()
    inspector.key(layout, pointed)
    inspector.draw(layout, pointed)
    assert [row[0] for row in written.rows if row[0].startswith(("sum", "ReLU", "byte"))] == before


@pytest.mark.parametrize("height", range(190, 330, 4))
def test_what_is_read_is_said_only_where_the_matrices_keep_their_room(height: int, written: Written) -> None:
    text = type_scale((640, 480))
    layout = replace(LAYOUT, panels=((Panel.INSPECTOR, Rect(0, 0, 400, height)),), text=text)
    inspector = Inspector()
    inspector.draw(layout, scene_of(bank_of(4), (1, 40, 60)))
    found = inspector._arithmetic
    assert found is not None
    rows = [y for y in range(height) if any(found.cell_at(x, y) for x in range(400))]
    reads = any(row[0].startswith("reads") for row in written.rows)
    assert not reads or not rows or len(rows) >= 3 * 7  # 7 pixels a cell


def test_in_a_narrow_panel_what_a_map_answers_to_is_on_two_lines_and_the_title_is_short(
    monkeypatch: pytest.MonkeyPatch, written: Written
) -> None:
    titles: list[str] = []

    def put(_canvas: ByteArray, text: str, x: int, *_: object) -> int:
        titles.append(text)
        return x

    monkeypatch.setattr("live.drawing.panel.put", put)
    layout = replace(LAYOUT, panels=((Panel.INSPECTOR, Rect(0, 0, 100, 300)),), text=type_scale((320, 240)))
    Inspector().draw(layout, replace(scene_of(load_bank("udacity"), (0, 40, 60)), side="live"))
    assert "Live" in titles
    assert [row[0] for row in written.rows[:2]] == ["1: brighter to the", "right"]


@pytest.mark.parametrize("width", range(220, 460, 15))
@pytest.mark.parametrize("name", ["sobel", "roberts", "laplacian"])
def test_what_turned_kernels_of_a_built_in_bank_answer_to_is_whole_in_the_list_or_not_there(
    name: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts: list[str] = []

    def put(_canvas: ByteArray, text: str, x: int, *_: object) -> int:
        texts.append(text)
        return x

    monkeypatch.setattr("live.drawing.panel.put", put)
    place = Rect(0, 0, width, 600)
    layout = replace(LAYOUT, panels=((Panel.INSPECTOR, place),), text=type_scale((640, 480)))
    Inspector().draw(layout, scene_of(load_bank(name).flipped(), (0, 40, 60)))
    assert texts
    assert [text for text in texts if text.endswith(ELLIPSIS)] == []


def test_the_words_of_a_cell_are_its_product() -> None:
    patch, kernel = np.array([[0.5, 0.25]], np.float32), np.array([[-2, 8]], np.float32)
    inspection = Inspection(patch, kernel, patch * kernel, 1.0, 1.0, 9)
    assert cell_words(inspection, (0, 0, 1))[0] == f"row 0, column 1 of the kernel: 0.250 {TIMES} 8 = 2"
    patch, kernel = np.stack([patch] * 3), np.stack([kernel] * 3)
    colour = Inspection(patch, kernel, patch * kernel, 1.0, 1.0, 9)
    assert cell_words(colour, (2, 0, 0))[1] == f"B, row 0, column 0: 0.500 {TIMES} {MINUS}2 = {MINUS}1"


def test_in_a_wide_low_panel_the_matrices_of_all_channels_stand_in_a_row_in_larger_cells() -> None:
    text, patch = type_scale((1280, 800)), np.ones((3, 3, 3), np.float32)
    inspection = Inspection(patch, patch, patch, 27.0, 27.0, 255)
    sides = {}
    for height in (74, 400):
        page = PanelPage(Rect(0, 0, 800, 500), text, "T")
        chain = Chain(page, inspection, height)
        list(chain.pieces())
        assert chain.height <= height + text.pad
        cells = {cell: (x, y) for y in range(500) for x in range(800) if (cell := chain.cell_at(x, y))}
        assert len(cells) == 27  # the last pixel of each, that is of the products
        tops = {cells[channel, 0, 0][1] for channel in range(3)}
        assert len(tops) == (1 if height == 74 else 3)
        sides[height] = cells[0, 1, 0][1] - cells[0, 0, 0][1]
    assert sides[74] == (74 - round(1.4 * text.small)) // 3


def test_maps_that_have_no_room_are_said_beside_the_title(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def put_right(_pixels: ByteArray, text: str, right: int, *_: object) -> int:
        said.append(text)
        return right

    monkeypatch.setattr("live.drawing.panel.put_right", put_right)
    layout = arrange(replace(LAYOUT.request, canvas_wh=(320, 240)))
    Inspector().draw(layout, scene_of(bank_of(4), (0, 5, 5)))
    assert any("other maps" in text for text in said), said


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


def test_that_its_numbers_change_less_often_than_the_tiles_is_said_while_the_picture_moves(written: Written) -> None:
    scene = scene_of(bank_of(4), (0, 10, 20))
    rhythm = "a few times a second; space holds the picture"
    written.draw(scene)
    assert any(row[0].endswith(rhythm) for row in written.rows[-1:])
    for other in (replace(scene, beat=-1), replace(scene, side="kept"), replace(scene, hints=False)):
        written.rows.clear()
        written.draw(other)
        assert not any("space" in row[0] for row in written.rows)


@pytest.mark.parametrize("count", [4, 64])
@pytest.mark.parametrize("canvas_wh", [(320, 240), (480, 360), (640, 480), (800, 600), (1280, 800)])
def test_that_its_numbers_change_less_often_takes_no_room_from_anything_else(
    count: int, canvas_wh: tuple[int, int], written: Written, texts: list[str]
) -> None:
    scene = scene_of(bank_of(count), (0, 10, 20))
    found = []
    for beat in (-1, 0):
        texts.clear()
        written.draw(replace(scene, beat=beat), canvas_wh)
        found.append([text for text in texts if "a few times a second" not in text])
    assert found[0] == found[1]


def test_the_sum_becomes_a_byte_step_by_step() -> None:
    one = np.ones((1, 1), np.float32)
    scene = scene_of(FilterBank("b", (Filter("f", np.ones((1, 1), np.float32)),)), (0, 0, 0))
    inspection = Inspection(one, one, one, 4.5, 4.5, 128)
    assert arithmetic(scene, (0, 0, 0), inspection) == [
        ("sum of all products", "4.50"),
        ("ReLU: the larger of 0 and 4.50", "4.50"),
        ("byte: 255 \N{MULTIPLICATION SIGN} (4.50 \N{MINUS SIGN} 0) / (9 \N{MINUS SIGN} 0)", "128"),
    ]


@pytest.mark.parametrize(
    ("response", "byte", "relu", "way"),
    [
        (-2.25, 0, f"ReLU: the larger of 0 and {MINUS}2.25, so {MINUS}2.25 is removed", "byte: 255"),
        (18.0, 255, "ReLU: the larger of 0 and 18", "byte, at most 255: 255"),
    ],
)
def test_what_relu_removes_and_what_lies_beyond_the_range_is_said(
    response: float, byte: int, relu: str, way: str
) -> None:
    one = np.ones((1, 1), np.float32)
    inspection = Inspection(one, one, one, response, max(response, 0.0), byte)
    lines = arithmetic(scene_of(FilterBank("b", (Filter("f", one),)), (0, 0, 0)), (0, 0, 0), inspection)
    assert lines[1][0] == relu
    assert lines[2][0].startswith(way)
    assert lines[2][1] == str(byte)


def test_opposite_filters_have_opposite_sums_in_the_list_of_which_relu_leaves_one(written: Written) -> None:
    kernel = np.array([[-1, 2]], np.float32)
    bank = FilterBank("pair", (Filter("f", kernel), Filter("its opposite", -kernel)))
    scene = scene_of(bank, (0, 5, 5))
    written.draw(scene)
    rows = [row for row in written.rows if row[0] in ("1", "2")]
    sums = [row[1].replace(MINUS, "-") for row in rows]
    assert float(sums[0]) == -float(sums[1]) != 0
    assert sorted(float(row[2]) for row in rows) == [0.0, abs(float(sums[0]))]


def test_three_channels_are_summed_apart_and_then_together() -> None:
    bank = FilterBank("rgb", (Filter("f", np.ones((3, 1, 1), np.float32)),))
    products = np.array([5.48, -4.72, -0.5], np.float32).reshape(3, 1, 1)
    inspection = Inspection(products, products, products, 0.26, 0.26, 1)
    minus = "\N{MINUS SIGN}"
    assert arithmetic(scene_of(bank, (0, 0, 0)), (0, 0, 0), inspection)[:4] == [
        ("sum of R", "5.480"),
        ("sum of G", f"{minus}4.720"),
        ("sum of B", f"{minus}0.500"),
        ("sum of all products", "0.260"),  # as ReLU's line has it
    ]


def test_a_part_of_wide_numbers_is_as_small_as_these_need(numbers: list[list[str]], written: Written) -> None:  # noqa: ARG001
    bank = load_bank("gabor")
    panels = (Panel.INSPECTOR, Panel.PROFILE)
    request = replace(LAYOUT.request, canvas_wh=(1920, 1080), count=8, panels=panels, kernel_chw=(1, 7, 7))
    Inspector().draw(arrange(request), scene_of(bank, (0, 5, 5)))
    assert [len(texts) for texts in numbers] == [25, 25, 25]


def test_four_maps_stand_in_two_columns_where_two_lines_are_left_of_a_panel_beside_two_others(written: Written) -> None:
    """As in a window of 960x600 with inspector, curves and profile."""
    scene, text = scene_of(bank_of(4), (0, 5, 5)), type_scale((960, 600))
    page = PanelPage(Rect(0, 0, 22 * text.base + 2 * text.base, 400), text, "")
    page.y = page.bottom - 3 * page.step()
    sums = np.array([1.5, -2.25, 0, 12.5], np.float32)
    assert list(write_maps(page, scene, (0, 5, 5), (sums, np.zeros(4, np.uint8)))) == [None]  # after the heads
    assert page.whole
    assert [[row[0], row[3]] for row in written.rows[1:]] == [["1", "3"], ["2", "4"]]


@pytest.mark.parametrize(("height", "left_out"), [(420, ""), (320, "more on what it reads"), (150, "what it reads")])
def test_what_is_said_of_an_even_kernel_s_middle_gives_way_to_numbers_and_which_pixels_it_reads_does_not(
    height: int, left_out: str, texts: list[str]
) -> None:
    scene = scene_of(load_bank("udacity"), (0, 5, 5))
    layout = replace(LAYOUT, panels=((Panel.INSPECTOR, Rect(0, 0, 480, height)),))
    Inspector().draw(layout, scene)
    assert any(text.startswith("reads rows 5 to 8") for text in texts) == (left_out != "what it reads")
    assert any("its middle lies" in text for text in texts) == (not left_out)
    assert texts.count(f"{MINUS}1") >= 8 * (height > 200)  # the kernel's
    assert left_out in " ".join(texts)
