"""What captions, strip, legend and notices say and where."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from convviz_core.arrays import ByteArray
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.filters.files import load_bank
from convviz_core.layer import Activation, Layer
from convviz_core.ranges import RangeMode
from live.drawing.caption_text import REMOVED
from live.drawing.captions import Captions, caption_needs, caption_words
from live.drawing.colormaps import base_table
from live.drawing.legend import Legend
from live.drawing.notices import Notices
from live.drawing.scene import Scene, Status
from live.drawing.second_line import hint, strip_notice
from live.drawing.source_line import second_words
from live.drawing.strip import Strip, left_out_sentence, limits, side_words
from live.drawing.strip_words import in_one_line, missing, of_sides, words_width
from live.drawing.text import (
    ACCENT,
    BACKGROUND,
    DIM,
    INK,
    PANEL,
    WARNING,
    balanced,
    put,
    shortened,
    text_width,
    wrapped,
)
from live.drawing.tint import Removed
from live.layout import LayoutRequest, arrange
from live.layout.panel_places import Panel

SEED = BUILT_IN_BANKS[0]
REQUEST = LayoutRequest((960, 720), (237, 317), 4, captions=caption_needs(SEED, numbers=False))
LAYOUT = arrange(REQUEST)
SCENE = Scene(
    Layer(SEED),
    RangeMode.AUTO,
    np.array([[0, 5.917]] * 4, np.float32),
    np.zeros((240, 320), np.uint8),
    np.zeros((474, 634), np.uint8),
    Status("a source", fps=29.97),
)
TINTED = replace(SCENE, removed=Removed((1, 0, 3, 2), 4, SCENE.ranges))


def said(words: tuple[tuple[str, object, int], ...]) -> list[str]:
    return [word for word, _, _ in words]


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """All that is written, and in which row its base line is."""
    found: dict[str, int] = {}
    put_text = cv2.putText

    def noting(image: ByteArray, text: str, at: tuple[int, int], *how: Any) -> Any:
        found[text] = at[1]
        return put_text(image, text, at, *how)

    monkeypatch.setattr(cv2, "putText", noting)
    return found


def test_a_caption_says_what_a_filter_answers_to_and_its_name() -> None:
    assert caption_words(SEED, 0) == ("brighter to the right", "filter 1")
    plain = FilterBank("b", (Filter("  my\tfilter ", np.ones((1, 1), np.float32)),))
    assert caption_words(plain, 0) == ("my filter", "")
    edited = FilterBank("b", (replace(SEED.filters[0], answers="", changed=True),))
    assert caption_words(edited, 0) == ("filter 1, changed", "")
    turned = load_bank("sobel").flipped()
    assert caption_words(turned, 0) == ("x: left dark, right bright, turned", "")  # which is bright at the left now
    assert caption_words(turned.flipped(), 0) == ("x: left dark, right bright", "")
    assert caption_words(SEED.flipped(), 0) == ("brighter to the left", "filter 1")  # as the bank's second one
    assert caption_words(FilterBank.from_array("b", np.array([[1, 2]])).flipped(), 0) == ("filter 1", "")
    known = FilterBank("b", (replace(SEED.filters[0], answers="brighter to the left", changed=True),))
    assert caption_words(known, 0) == ("brighter to the left", "filter 1, changed")


def test_the_names_that_arrays_get_are_not_said_behind_their_numbers() -> None:
    bank = FilterBank.from_array("b", np.ones((12, 2, 2)))
    assert caption_words(bank, 2) == ("filter 3", "")  # where no number stands before it
    needs = caption_needs(bank, numbers=False)
    assert (needs.line_em, needs.below_em) == (needs.head_em, ())
    assert caption_needs(SEED, numbers=False).line_em > 8


def test_of_two_layers_in_one_line_the_longer_gives_way_first_and_never_its_name() -> None:
    live = [(word, PANEL, 400) for word in ("live", "one", "ReLU", "4 kernels", "stride 2", "padding 1")]
    kept = [(word, PANEL, 400) for word in ("kept", "two", "ReLU", "8 kernels")]
    assert in_one_line([live, kept], 10_000, 12) == [live, kept]
    room = sum(text_width(word, 12, 400) + 15 for word, _, _ in [*live[:4], *kept])
    assert in_one_line([live, kept], room, 12) == [live[:4], kept]
    assert in_one_line([live, kept], 10, 12) == [live[:3], kept[:3]]


def test_of_two_layers_in_one_line_dim_words_give_way_before_all_others_and_half_ones_before_whole_ones() -> None:
    live = [(word, INK, 400) for word in ("live", "one", "ReLU", "kernels turned, true convolution")]
    live = [*live, ("4 kernels", DIM, 400), ("stride 2", INK, 400)]
    kept = [(word, INK, 400) for word in ("kept", "two", "ReLU")]
    without_dim = [*live[:4], live[5]]
    assert in_one_line([live, kept], words_width([*without_dim, *kept], 12), 12) == [without_dim, kept]
    half = [*live[:3], ("kernels turned", INK, 400), live[5]]
    assert in_one_line([live, kept], words_width([*half, *kept], 12), 12) == [half, kept]
    assert missing(live, half) == [live[4]]
    assert missing(live, live[:3]) == live[3:]


def test_what_two_layers_lines_had_no_room_for_is_told_of_each_and_once_of_both() -> None:
    relu, turned, count = ("ReLU", INK, 400), ("kernels turned, true convolution", INK, 400), ("4 kernels", DIM, 400)
    assert said(tuple(of_sides([[relu, count], [relu, turned, count]], ("kept", "live")))) == (
        ["live: kernels turned", "both: ReLU"]
    )
    assert of_sides([[count], []], ("kept", "live")) == []


@pytest.mark.parametrize("difference", [False, True])
def test_in_a_small_window_turned_kernels_of_one_side_are_told(difference: bool, texts: dict[str, int]) -> None:
    small = arrange(replace(REQUEST, canvas_wh=(320, 240), more_lines=1))
    kept = replace(SCENE, side="kept", shares_range=True, share_above=0.003)
    live = replace(kept, side="live", flipped=True, other=kept, difference=difference)
    Strip().draw(small, live)
    assert any("kernels turned" in text for text in texts)


def test_every_tile_has_a_caption_and_the_kernel_is_in_it_with_square_cells() -> None:
    sprites = Captions().draw(LAYOUT, SCENE)
    assert [sprite.place for sprite in sprites] == [tile.caption for tile in LAYOUT.tiles]
    cell = int(LAYOUT.caption.cell)
    white = (sprites[1].pixels == 255).all(axis=2)  # filter 1: its right half
    rows, columns = np.nonzero(white)
    assert abs((np.ptp(rows) + 1) - 4 * cell) <= 2
    assert abs((np.ptp(columns) + 1) - 2 * cell) <= 2


def test_the_strip_says_the_layer_its_range_in_real_units_and_the_source() -> None:
    assert said(side_words(SCENE)) == ["udacity", "ReLU", "4 kernels of 4x4"]
    assert limits(SCENE) == ("auto range  0", "5.92", "")
    assert said(second_words(SCENE)) == ["30 fps", "a source"]


@pytest.mark.parametrize(
    ("canvas_wh", "words"),
    [((1280, 800), "ReLU, what it removes is tinted"), ((320, 240), "ReLU, tinted")],
)
def test_the_strip_says_what_is_tinted(canvas_wh: tuple[int, int], words: str, texts: dict[str, int]) -> None:
    layout = arrange(replace(REQUEST, canvas_wh=canvas_wh))
    Strip().draw(layout, SCENE)
    assert words not in texts
    assert Strip().key(layout, SCENE) != Strip().key(layout, TINTED)
    Strip().draw(layout, TINTED)
    assert words in texts


def test_in_a_small_window_the_range_gives_way_to_the_layer_s_name_and_its_activation() -> None:
    small = arrange(replace(REQUEST, canvas_wh=(320, 240)))
    frame = replace(SCENE, range=RangeMode.FRAME)
    kept = replace(SCENE, side="kept", shares_range=True, share_above=0.003)
    for scene, least in ((frame, ["udacity", "ReLU"]), (kept, ["kept", "udacity"])):
        (sprite,) = Strip().draw(small, scene)
        words_w = sum(text_width(word, small.text.base, 600) for word in least)
        line = sprite.pixels[: small.text.line, : words_w + small.text.base]
        assert (line.max(axis=2) > 128).any(axis=0)[-2 * small.text.base :].any()


@pytest.mark.parametrize("numbers", [False, True])
def test_that_a_tint_s_shares_have_no_room_is_said_in_a_small_window(numbers: bool) -> None:
    captions = caption_needs(SEED, numbers=numbers, notes=REMOVED)
    layout = arrange(replace(REQUEST, canvas_wh=(320, 240), captions=captions))
    assert not layout.caption.notes
    assert REMOVED in left_out_sentence(layout, 320 - 2 * layout.text.pad)


@pytest.mark.parametrize("name", ["udacity", "gaussian-derivative"])
def test_what_of_a_layer_has_no_room_on_the_strip_s_first_line_stands_on_the_second(
    name: str, texts: dict[str, int]
) -> None:
    small = arrange(replace(REQUEST, canvas_wh=(320, 240)))
    turned = replace(SCENE, layer=Layer(replace(SEED, name=name), Activation.NONE), flipped=True)
    Strip().draw(small, turned)
    kernels = next(line for text, line in texts.items() if text.startswith("kernels turned"))
    assert kernels == texts["30 fps"] == texts["a source"] > texts[name]
    assert texts["no ReLU"] in (texts[name], kernels)
    assert "4 kernels of 4x4" not in texts  # which captions and help have, too


def test_kernels_are_counted_in_rows_and_columns() -> None:
    bank = FilterBank("b", (Filter("f", np.ones((2, 6), np.float32)),))
    layer = Layer(bank, Activation.NONE)
    assert said(side_words(replace(SCENE, layer=layer))) == ["b", "no ReLU", "1 kernel of 2x6"]


def test_the_strip_says_gain_and_the_share_above_the_range() -> None:
    before, behind, more = limits(replace(SCENE, gain=2.0, share_above=0.0123))
    assert (before, behind) == ("auto range  0", "5.92")
    assert "2" in more
    assert "1.2 % above" in more
    assert limits(replace(SCENE, range=RangeMode.FRAME))[0].startswith("frame range")


@pytest.mark.parametrize(("limit", "gain", "least"), [(0.25, 1.0, True), (0.125, 2.0, True), (0.26, 1.0, False)])
def test_the_strip_says_where_auto_s_range_is_its_least(limit: float, gain: float, least: bool) -> None:
    dark = replace(
        SCENE, ranges=np.array([[0, limit]] * 4, np.float32), gain=gain
    )  # 8 / 32, as the weights add up to 8
    assert limits(dark)[0] == f"auto range{', its least' if least else ''}  0"
    assert limits(replace(dark, range=RangeMode.FIXED))[0] == "fixed range  0"
    assert "least" not in limits(replace(dark, side="live", shares_range=True))[0]  # it may be the other one's


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "0.0 % above"), (1e-6, "<0.1 % above"), (0.00049, "<0.1 % above"), (0.0005, "0.1 % above")],
)
def test_hardly_any_pixels_above_the_range_are_told_from_none(share: float, words: str) -> None:
    assert limits(replace(SCENE, share_above=share))[2] == words


def test_what_happens_to_the_source_comes_before_its_name() -> None:
    status = Status("a source", fps=5.04, paused=False, mirrored=True, recording="a.mkv", reconnects=2)
    words = said(second_words(replace(SCENE, status=status)))
    assert words[:3] == ["recording a.mkv", "5.0 fps", "mirrored"]
    assert words[-1] == "a source"
    paused = replace(status, paused=True)
    assert "paused" in said(second_words(replace(SCENE, status=paused)))


def test_where_nobody_can_press_a_key_the_strip_names_none() -> None:
    (with_hint,), (without,) = (Strip().draw(LAYOUT, replace(SCENE, hints=hints)) for hints in (True, False))
    changed = np.argwhere((with_hint.pixels != without.pixels).any(axis=2))
    assert len(changed)
    assert changed[:, 1].min() > LAYOUT.strip.width - 6 * LAYOUT.text.base  # at the right end
    assert Strip().key(LAYOUT, SCENE) != Strip().key(LAYOUT, replace(SCENE, hints=False))


def test_while_the_help_is_open_the_strip_says_that_its_key_closes_it() -> None:
    with_help = arrange(replace(REQUEST, canvas_wh=(1280, 800), panels=(Panel.HELP,)))
    assert (hint(LAYOUT, SCENE), hint(with_help, SCENE)) == ("h: help", "h: close")
    assert hint(with_help, replace(SCENE, hints=False)) == ""


def test_the_colour_bar_runs_through_the_colour_map() -> None:
    (sprite,) = Strip().draw(LAYOUT, replace(SCENE, colormap="viridis"))
    table = {tuple(colour) for colour in base_table("viridis", signed=False).tolist()}
    row = sprite.pixels[LAYOUT.text.gap // 2 + LAYOUT.text.base // 2].tolist()
    assert len({tuple(pixel) for pixel in row} & table) > 50


def test_the_legend_stands_where_there_is_no_tile() -> None:
    (sprite,) = Legend().draw(LAYOUT, SCENE)
    assert sprite.place == LAYOUT.free
    assert (sprite.pixels[0, 0] == BACKGROUND).all()
    picture = (sprite.pixels[:, 0] != BACKGROUND).any(axis=1)
    assert picture.sum() > 2 * LAYOUT.text.line  # in line with the tiles above
    full = arrange(replace(REQUEST, count=5))  # six tiles of six
    assert full.free is None
    assert Legend().draw(full, SCENE) == ()


@pytest.mark.parametrize(
    ("kernel", "words"),
    [
        ([[0, 1], [2, 3]], "white at weights above 0: the largest sum"),
        ([[-1, 1], [2, 3]], "a patch like the kernel: the largest sum"),
        ([[-1, 0], [-2, -3]], "a black patch: the largest sum, 0"),
    ],
)
def test_only_what_is_like_the_kernel_is_said_to_be(kernel: list[list[int]], words: str, texts: dict[str, int]) -> None:
    layer = Layer(FilterBank.from_array("b", np.array([kernel], np.float32)))
    Legend().draw(arrange(replace(REQUEST, canvas_wh=(1280, 800))), replace(SCENE, layer=layer))
    assert words in " ".join(texts)


@pytest.mark.parametrize("colormap", ["gray", "lift", "diverging"])
def test_in_the_legend_what_relu_removes_has_the_tint_s_colour_and_its_name(
    colormap: str, texts: dict[str, int]
) -> None:
    plain, tinted = replace(SCENE, colormap=colormap), replace(TINTED, colormap=colormap)
    assert Legend().key(LAYOUT, plain) != Legend().key(LAYOUT, tinted)
    violet = []
    for scene in (plain, tinted):
        texts.clear()
        (sprite,) = Legend().draw(LAYOUT, scene)
        blue, green, _ = sprite.pixels.astype(int).transpose(2, 0, 1)
        violet.append(((blue - green > 60).sum() > LAYOUT.text.base**2 / 2, "tinted" in " ".join(texts)))
    assert violet == [(False, False), (True, True)]


def test_a_notice_hides_that_the_picture_is_paused_only_where_both_have_no_room(texts: dict[str, int]) -> None:
    room = LAYOUT.canvas_wh[0] - 2 * LAYOUT.text.pad
    count = next(count for count in range(999) if text_width("a" * (count + 2), LAYOUT.text.base) > room)
    short, long = "kept", "a" * count
    for notice, seen in ((short, True), (long, False)):
        texts.clear()
        Strip().draw(LAYOUT, replace(SCENE, status=replace(SCENE.status, notices=(notice,), paused=True)))
        assert notice in texts
        assert ("paused" in texts) == seen
        assert not seen or texts["paused"] == texts[notice]  # on one line


def test_a_short_notice_takes_the_strips_second_line_and_a_long_one_a_box() -> None:
    short = replace(SCENE, status=replace(SCENE.status, notices=("snapshot-0001",)))
    long = replace(SCENE, status=replace(SCENE.status, notices=("a sentence " * 30,)))
    assert Notices().draw(LAYOUT, short) == ()
    assert Strip().key(LAYOUT, short) != Strip().key(LAYOUT, SCENE)
    (box,) = Notices().draw(LAYOUT, long)
    assert (box.pixels[0, 0] == PANEL).all()
    assert box.place.bottom == LAYOUT.strip.y
    assert (box.pixels == ACCENT).all(axis=2).any()


def test_beside_a_notice_the_strip_still_says_in_red_that_it_is_recorded_and_names_the_key_of_the_help() -> None:
    def second_line(**status: object) -> ByteArray:
        scene = replace(SCENE, status=replace(SCENE.status, **status))  # type: ignore[arg-type]
        (sprite,) = Strip().draw(LAYOUT, scene)
        return sprite.pixels[LAYOUT.text.line :]

    def first_of(line: ByteArray, colour: tuple[int, int, int]) -> int:
        return int(np.argwhere((line == colour).all(axis=2))[:, 1].min())

    noticed, recorded = second_line(notices=("kept",)), second_line(notices=("kept",), recording="a.mkv")
    assert not (noticed == WARNING).all(axis=2).any()
    assert first_of(recorded, WARNING) < first_of(recorded, ACCENT)
    hint_w = text_width("h: help", LAYOUT.text.base) + LAYOUT.text.pad
    assert np.array_equal(noticed[:, -hint_w:], second_line()[:, -hint_w:])


def test_a_notice_that_has_no_room_beside_a_recording_s_mark_takes_the_box() -> None:
    room = LAYOUT.strip.width - 2 * LAYOUT.text.pad
    wide = "i" * next(n for n in range(999) if text_width("i" * (n + 1), LAYOUT.text.base) > room)
    alone = replace(SCENE, status=replace(SCENE.status, notices=(wide,)))
    recorded = replace(alone, status=replace(alone.status, recording="a.mkv"))
    assert strip_notice(LAYOUT, alone) == wide
    assert strip_notice(LAYOUT, recorded) is None
    assert Notices().draw(LAYOUT, alone) == ()
    assert len(Notices().draw(LAYOUT, recorded)) == 1
    assert Notices().key(LAYOUT, alone) != Notices().key(LAYOUT, recorded)


@pytest.mark.parametrize("count", [4, 9, 64])
@pytest.mark.parametrize("panels", [(), (Panel.INSPECTOR,), (Panel.INSPECTOR, Panel.PROFILE)])
def test_what_has_happened_is_said_whole_in_a_small_window_too(
    count: int, panels: tuple[Panel, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    words: list[str] = []

    def put(_canvas: ByteArray, text: str, x: int, *_: object) -> int:
        words.append(text)
        return x

    monkeypatch.setattr("live.drawing.notices.put", put)
    newest = "+ means nothing in frame range, where each map has its own limits: n changes the range"
    older = "the camera came back after a long time of nothing at all, and it was not expected any more"
    small = arrange(replace(REQUEST, canvas_wh=(320, 240), count=count, panels=panels))
    notices = replace(SCENE, status=replace(SCENE.status, notices=(older, newest)))
    (box,) = Notices().draw(small, notices)
    said = " ".join(words)
    assert said in (newest, f"{older} {newest}")
    assert box.place.bottom <= small.strip.y


def test_a_text_is_written_on_its_base_line_and_as_wide_as_measured() -> None:
    canvas = np.zeros((40, 200, 3), np.uint8)
    right = put(canvas, "HH", 10, 30, 20, (255, 255, 255))
    ink = (canvas > 128).all(axis=2)
    rows, columns = np.nonzero(ink)
    assert rows.max() == 29
    assert 12 <= np.ptp(rows) + 1 <= 16  # capitals are 0.7 of the size
    assert columns.min() >= 10
    assert columns.max() < right
    assert abs(right - 10 - text_width("HH", 20)) <= 1


def test_what_does_not_fit_is_shortened_or_wrapped() -> None:
    width = text_width("brighter to", 14)
    assert shortened("brighter to", 14, width) == "brighter to"
    assert shortened("brighter to the right", 14, width).endswith("…")
    assert text_width(shortened("brighter to the right", 14, width), 14) <= width
    assert wrapped("brighter to the right", 14, width) == ["brighter to", "the right"]


def test_lines_are_about_equally_long_where_a_last_word_would_stand_alone() -> None:
    width = text_width("its opposite: below 0, and ReLU makes it", 14)
    said = "its opposite: below 0, and ReLU makes it 0"
    assert wrapped(said, 14, width)[1:] == ["0"]
    assert balanced(said, 14, width) == ["its opposite: below 0,", "and ReLU makes it 0"]
    assert balanced("one line", 14, width) == ["one line"]
