"""What a caption holds in the room that it has."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live.layout.caption_plan import (
    CaptionHeight,
    CaptionNeeds,
    CaptionPlan,
    caption_left_out,
    cell_of,
    plan_caption,
    smallest_numbered_cell,
)
from live.layout.type_scale import TypeScale, type_scale

TEXT = TypeScale(14)
NEEDS = CaptionNeeds(line_em=10.0, wrapped_em=6.0, name_em=4.0, around_em=4.0, kernel_hw=(4, 4))
TWO_LINES, ONE_LINE = 34, 17  # the heights of text of that size


@pytest.mark.parametrize(
    ("width", "least", "words", "lines", "kernel", "equation"),
    [
        (320, TWO_LINES, True, 2, True, True),  # input x kernel = number and words
        (200, TWO_LINES, True, 2, True, False),
        (120, TWO_LINES, True, 2, True, False),  # the words on two lines
        (60, TWO_LINES, False, 1, True, False),  # number and kernel
        (24, TWO_LINES, False, 1, False, False),  # the number alone
        (200, ONE_LINE, True, 1, True, False),
    ],
)
def test_the_narrower_a_caption_the_less_it_holds(
    width: int, least: int, words: bool, lines: int, kernel: bool, equation: bool
) -> None:
    plan = plan_caption(width, least, least, TEXT, NEEDS)
    assert (plan.words, plan.lines, plan.cell > 0, plan.equation) == (words, lines, kernel, equation)
    said = caption_left_out(plan, NEEDS)
    assert ("what each answers to" in said) == (not words)
    assert ("the kernels" in said) == (not kernel)


NARROW = CaptionNeeds(line_em=10.0, wrapped_em=7.5, head_em=3.0, below_em=(7.0, 4.0, 3.0), kernel_hw=(4, 4))
THREE_LINES = 51  # one of 14 and two of 12, and what is between them


def test_words_too_wide_beside_their_number_stand_below_it_and_the_kernel_shrinks_as_far_as_it_can_be_seen() -> None:
    wide, narrow = (plan_caption(width, TWO_LINES, 90, TEXT, NARROW) for width in (320, 70))
    assert (wide.words, wide.stacked) == (True, False)
    assert (narrow.words, narrow.stacked, narrow.lines, narrow.height) == (True, True, 3, THREE_LINES)
    assert 12 <= 4 * narrow.cell < 4 * wide.cell


def test_words_stand_below_their_number_where_the_kernel_is_then_as_high_as_two_lines_and_there_is_height() -> None:
    needs = replace(NARROW, below_em=(9.0, 4.0, 3.0))
    beside, below = (plan_caption(124, TWO_LINES, most, TEXT, needs) for most in (TWO_LINES, 90))
    assert (beside.stacked, beside.cell) == (False, 3.0)  # 124 - 105 - 7, of four cells
    assert (below.stacked, below.lines) == (True, 3)
    assert below.cell > 6


def test_smaller_kernels_have_larger_cells_in_the_same_place() -> None:
    plan = CaptionPlan(cell=2.0)
    assert cell_of(plan, (7, 7), (7, 7)) == 2
    assert cell_of(plan, (7, 7), (3, 3)) == 4  # 12 of 14 pixels
    assert cell_of(plan, (7, 7), (2, 7)) == 2
    assert cell_of(CaptionPlan(cell=0.5), (31, 31), (25, 25)) == pytest.approx(0.62)


def test_words_stay_without_a_kernel_and_a_kernel_without_words_only_where_these_have_no_room() -> None:
    alone = plan_caption(58, TWO_LINES, 90, TEXT, NARROW)
    assert (alone.words, alone.cell) == (True, 0.0)
    assert caption_left_out(alone, NARROW) == ("the kernels",)
    low = plan_caption(58, TWO_LINES, TWO_LINES, TEXT, NARROW)
    assert (low.words, low.cell > 0) == (False, True)


@given(st.integers(1, 400), st.integers(17, 120), st.integers(1, 15), st.integers(1, 15))
def test_a_kernel_never_takes_the_place_of_words_that_have_room(width: int, high: int, rows: int, columns: int) -> None:
    plan = plan_caption(width, 17, max(high, 17), TEXT, replace(NARROW, kernel_hw=(rows, columns)))
    forms = {17: 127, 34: 91, 51: 55, 67: 49}  # lines of 12 and 14 pixels: how high, and how wide at least
    assert plan.words == any(high >= least and width >= wide for least, wide in forms.items())


def test_a_caption_that_is_worth_it_only_for_its_words_leaves_the_tiles_larger_where_it_has_none() -> None:
    lower, higher = CaptionHeight(34, 0.8, words=True), CaptionHeight(34, 0.8)
    without = plan_caption(30, TWO_LINES, TWO_LINES, TEXT, NEEDS)
    assert (lower.worth(0.9, 1.0, without), higher.worth(0.9, 1.0, without)) == (False, True)
    assert not higher.worth(0.7, 1.0, without)


def test_height_that_the_tiles_cannot_use_makes_the_kernel_larger() -> None:
    low, high = (plan_caption(320, TWO_LINES, most, TEXT, NEEDS) for most in (TWO_LINES, 200))
    assert high.cell > low.cell
    assert high.height >= 4 * high.cell


def test_no_caption_is_said() -> None:
    assert caption_left_out(plan_caption(100, 0, 0, TEXT, NEEDS), NEEDS) == ("captions",)


def test_numbers_that_are_asked_for_come_before_words() -> None:
    needs = CaptionNeeds(line_em=10.0, wrapped_em=6.0, kernel_hw=(4, 4), number_em=1.4)
    cell = smallest_numbered_cell(1.4)
    plan = plan_caption(4 * cell + 30, 4 * cell + 10, 4 * cell + 10, TEXT, needs)
    assert (plan.numbers, plan.words) == (True, False)
    assert plan.cell >= cell
    small = plan_caption(40, TWO_LINES, TWO_LINES, TEXT, needs)
    assert not small.numbers
    assert "the kernels' numbers" in caption_left_out(small, needs)


@given(st.integers(1, 600), st.integers(17, 300), st.integers(1, 31), st.integers(1, 31), st.sampled_from([1, 4]))
def test_the_kernel_fits_into_its_caption(width: int, height: int, rows: int, columns: int, pictures: int) -> None:
    needs = CaptionNeeds(kernel_hw=(rows, columns), pictures=pictures)
    plan = plan_caption(width, height, height, TEXT, needs)
    assert plan.cell * columns * pictures <= width
    assert plan.cell * rows <= plan.height


def test_type_grows_with_the_canvas_and_is_never_too_small_to_read() -> None:
    sizes = [type_scale(wh).base for wh in ((160, 120), (320, 240), (640, 480), (960, 720), (1920, 1080), (3840, 2160))]
    assert sizes == sorted(sizes)
    assert sizes[0] == 10
    assert sizes[2] == 12
    assert 24 <= sizes[-1] <= 30


@given(st.integers(20, 400), st.integers(17, 120), st.sampled_from([1, 4]))
def test_numbers_that_have_no_room_change_nothing_but_what_is_said_of_them(
    width: int, high: int, pictures: int
) -> None:
    asked = replace(NARROW, kernel_hw=(7, 7), pictures=pictures, number_em=2.5)
    plan = plan_caption(width, 17, max(high, 17), TEXT, asked)
    without = plan_caption(width, 17, max(high, 17), TEXT, replace(NARROW, kernel_hw=(7, 7)))
    assert plan.numbers or plan == without
    assert plan.numbers or "the kernels' numbers" in caption_left_out(plan, asked)


def test_without_words_none_are_missing() -> None:
    numbers_alone = CaptionNeeds(line_em=1.5, wrapped_em=1.5, head_em=1.5)
    tiny = plan_caption(20, 17, 17, TEXT, numbers_alone)
    assert not tiny.words
    assert "what each answers to" not in caption_left_out(tiny, numbers_alone)


def test_what_a_key_has_asked_for_is_the_first_that_is_said_to_have_no_room() -> None:
    needs = replace(NARROW, kernel_hw=(7, 7), number_em=2.5, notes="each map's limits", notes_em=10.0)
    plan = plan_caption(20, 17, 17, TEXT, needs)
    wanted = "each map's limits", "the kernels' numbers", "the kernels", "what each answers to"
    assert caption_left_out(plan, needs) == wanted
