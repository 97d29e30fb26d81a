"""What a caption holds in the room that it has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live.layout.caption_plan import CaptionNeeds, caption_left_out, plan_caption, smallest_numbered_cell
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
