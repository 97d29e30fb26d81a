"""The profile's bars, with known pixels, and its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from convviz_core.arrays import ByteArray
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.layer import Layer
from convviz_core.ranges import RangeMode
from live.drawing.panel import PanelPage
from live.drawing.profile_panel import COLOURS, Profile
from live.drawing.scene import ProfileInfo, Scene, Status
from live.drawing.text import INK, Colour, text_width
from live.layout import Layout, LayoutRequest, arrange
from live.layout.panel_places import Panel
from live.layout.tiling import Rect
from live.layout.type_scale import type_scale
from live.measuring.record import Percentiles, Recent

TIMES = Percentiles(9, 31.5, 32.5, 33.5, 34.5)
RECENT = Recent(30.0, 29.0, 28.0, np.array([[4.0, 8.0, 2.0, 6.0, 20.0]] * 120), {}, TIMES, 1.25, TIMES)
INFO = ProfileInfo(
    RECENT, "nothing: 20 of 40 ms used", "halide on cpu: halide int16", 12.0, interval_ms=40.0, captured=7
)


def scene(info: ProfileInfo) -> Scene:
    image, mosaic = np.zeros((240, 320), np.uint8), np.zeros((474, 634), np.uint8)
    ranges = np.array([[0, 1]] * 4, np.float32)
    return Scene(Layer(BUILT_IN_BANKS[0]), RangeMode.AUTO, ranges, image, mosaic, Status("a source"), profile=info)


def layout(canvas_wh: tuple[int, int] = (1280, 800)) -> Layout:
    return arrange(LayoutRequest(canvas_wh, (237, 317), 4, panels=(Panel.PROFILE,)))


def panel(info: ProfileInfo) -> ByteArray:
    (sprite,) = Profile().draw(layout(), scene(info))
    return sprite.pixels


def rows_of(pixels: ByteArray, column: int, above: int) -> list[int]:
    """How many pixels of each part's colour stand in a column, above the legend."""
    return [int((pixels[:above, column] == colour).all(axis=1).sum()) for colour in COLOURS]


def chart(pixels: ByteArray) -> tuple[int, int]:
    """Its bottom row, and a column in the middle of its newest bars."""
    waiting = (pixels == COLOURS[-1]).all(axis=2)
    columns = np.flatnonzero(waiting.any(axis=0))
    legend = np.flatnonzero(waiting[:, columns[0]])[-1]  # whose square stands at the left, below the chart
    return int(legend) - 90, int(columns[-1])


def test_a_bar_is_stacked_of_the_parts_in_proportion_to_their_times() -> None:
    pixels = panel(INFO)
    above, newest = chart(pixels)
    rows = np.array(rows_of(pixels, newest, above))
    per_ms = rows.sum() / 40
    assert rows.sum() > 80
    assert np.abs(rows - per_ms * np.array([4, 8, 2, 6, 20])).max() <= 2
    order = [int(np.argwhere((pixels[:above, newest] == colour).all(axis=1)).mean()) for colour in COLOURS]
    assert order == sorted(order, reverse=True)  # capture at the bottom


def test_fewer_pictures_than_there_is_room_for_stand_at_the_right() -> None:
    pixels = panel(replace(INFO, recent=replace(RECENT, bars=RECENT.bars[:30])))
    above, newest = chart(pixels)
    width = pixels.shape[1]
    compute = (pixels[:above] == COLOURS[1]).all(axis=2).any(axis=0)
    assert compute[3 * width // 4 + 30 : newest].mean() > 0.7
    assert not compute[width // 10 : width // 2].any()


def test_a_slow_picture_does_not_shrink_all_others() -> None:
    bars = RECENT.bars.copy()
    bars[60] = (4.0, 8.0, 900.0, 6.0, 0.0)
    pixels = panel(replace(INFO, recent=replace(RECENT, bars=bars)))
    assert np.array_equal(pixels[:, -100:-20], panel(INFO)[:, -100:-20])


@pytest.mark.parametrize("canvas_wh", [(480, 360), (640, 480), (1920, 1080)])
def test_the_sentence_and_every_stage_are_written(canvas_wh: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []

    def put(_canvas: ByteArray, text: str, x: int, *_: object) -> int:
        written.append(text)
        return x

    monkeypatch.setattr("live.drawing.panel.put", put)
    Profile().draw(layout(canvas_wh), scene(INFO))
    assert INFO.bottleneck in " ".join(written)
    assert [name for name in written if name in ("capture", "compute", "draw", "show", "waiting", "latency")] == [
        *("capture", "compute", "draw", "show", "waiting", "latency")
    ]


def test_a_still_picture_has_one_time_of_each_stage_and_no_percentiles(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []

    def put(_canvas: ByteArray, text: str, x: int, *_: object) -> int:
        written.append(text)
        return x

    monkeypatch.setattr("live.drawing.text.put", put)
    monkeypatch.setattr("live.drawing.panel.put", put)
    one = Recent(0.0, 0.0, 0.0, RECENT.bars[:1])
    Profile().draw(layout(), scene(replace(INFO, recent=one)))
    assert "one picture was computed, and took" in written
    assert not {"p50", "p95", "p99"} & set(written)
    assert [text for text in written if text in ("4.0", "8.0", "2.0", "6.0", "20.0")] == [
        "4.0",
        "8.0",
        "2.0",
        "6.0",
        "20.0",
    ]
    assert not any("jitter" in text or "a second" in text for text in written)


def test_one_picture_s_time_is_one_bar_across_the_panel_in_the_parts_colours() -> None:
    one = Recent(0.0, 0.0, 0.0, RECENT.bars[:1])  # 4, 8, 2, 6 and 20 of 40 ms
    pixels = panel(replace(INFO, recent=one))
    wide = pixels.shape[1] - 2 * layout().text.base
    rows = np.argwhere((pixels == COLOURS[1]).all(axis=2).sum(axis=1) > wide / 10)[:, 0]
    across = [int((pixels[rows[0]] == colour).all(axis=1).sum()) for colour in COLOURS]
    assert np.allclose(across, wide * np.array([0.1, 0.2, 0.05, 0.15, 0.5]), atol=1)
    assert len(rows) > layout().text.base


@pytest.mark.parametrize("height", range(200, 420, 20))
def test_what_is_told_below_the_numbers_is_whole_shorter_or_left_out(
    height: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    left_out: list[str] = []
    row = PanelPage.row

    def noting(page: PanelPage, cells: Sequence[tuple[str, float, Colour]], **how: bool) -> bool:
        fits = row(page, cells, **how)
        written.extend([cells[0][0]] * fits)
        return fits

    monkeypatch.setattr(PanelPage, "row", noting)
    monkeypatch.setattr(PanelPage, "leave_out", lambda _page, words: left_out.append(words))
    narrow = replace(layout(), panels=((Panel.PROFILE, Rect(0, 0, 190, height)),), text=type_scale((320, 240)))
    Profile().draw(narrow, scene(INFO))
    said = " ".join(written)
    assert ("jitter" in left_out) == ("jitter 1.2 ms" not in said)
    assert said.count("(") == said.count(")")
    assert ("the counts" in left_out) == ("0 not finished" not in said)


def test_sentences_are_shorter_where_only_so_the_bars_or_all_of_them_have_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[str] = []
    left_out: list[str] = []
    write = PanelPage.write

    def noting(page: PanelPage, line: str, colour: Colour = INK, *, small: bool = False) -> bool:
        written.append(line)
        return write(page, line, colour, small=small)

    monkeypatch.setattr(PanelPage, "write", noting)
    monkeypatch.setattr(PanelPage, "leave_out", lambda _page, words: left_out.append(words))
    least = {}  # the least height with bars, with all sentences
    for height in range(420, 150, -1):
        written.clear()
        left_out.clear()
        narrow = replace(layout(), panels=((Panel.PROFILE, Rect(0, 0, 190, height)),), text=type_scale((320, 240)))
        Profile().draw(narrow, scene(INFO))
        if "the bars" not in left_out:
            least["the bars"] = height, list(written)
        if "the counts" not in left_out:
            least["the counts"] = height, list(written)
    assert least["the counts"][0] < least["the bars"][0] - 50
    for _, said in least.values():
        assert {"jitter 1.2 ms", f"{RECENT.processed_fps:.1f} processed a second"} <= set(said)


THREE = (Panel.WATCHED, Panel.CURVES, Panel.PROFILE)


@pytest.mark.parametrize("panels", [THREE, THREE[-2:], THREE[-1:]])
@pytest.mark.parametrize("canvas_wh", [(480, 360), (640, 480), (800, 500), (960, 720), (1920, 1080)])
def test_numbers_stand_apart_and_percentiles_without_a_column_are_named(
    canvas_wh: tuple[int, int], panels: tuple[Panel, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: dict[int, list[tuple[int, int]]] = {}  # on each row, where texts begin and end
    left_out: list[str] = []
    heads: list[str] = []

    def put_right(_canvas: ByteArray, text: str, right: int, y: int, size: float, *_: object) -> int:
        ends.setdefault(y, []).append((right - text_width(text, size), right))
        heads.append(text)
        return ends[y][-1][0]

    monkeypatch.setattr("live.drawing.panel.put_right", put_right)
    monkeypatch.setattr(PanelPage, "leave_out", lambda _page, words: left_out.append(words))
    slow = Percentiles(9, 613.6, 618.1, 1234.5, 2000.0)
    recent = replace(RECENT, bars=RECENT.bars + 300, intervals=slow, latency=slow)
    places = arrange(LayoutRequest(canvas_wh, (237, 317), 4, panels=panels))
    Profile().draw(places, scene(replace(INFO, recent=recent)))
    for spans in ends.values():
        assert spans[0][0] > 0
        assert all(after[0] - before[1] >= 3 for before, after in pairwise(spans))
    shown = [head for head in ("p50", "p95", "p99") if head in heads]
    assert shown[0] == "p50"
    said = [name for words in left_out for name in words.split(", ") if name.startswith("p")]
    assert shown + said == ["p50", "p95", "p99"]
    assert "614" in heads  # three digits of 613.6
