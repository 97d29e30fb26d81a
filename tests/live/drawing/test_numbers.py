"""Numbers in one style."""

from __future__ import annotations

import numpy as np
import pytest

from live.drawing.numbers import aligned, column, extremes, figure, fitted, percents, times_power

MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (8.0, "8"),
        (-1, f"{MINUS}1"),
        (1.25, "1.25"),
        (0.03333, "0.0333"),
        (-0.0098, f"{MINUS}0.00980"),
        (9.999, "10.0"),
        (123.45, "123"),
        (54321.5, "54322"),
        (1.2345e-7, f"1.23e{MINUS}7"),
        (float("inf"), "inf"),
    ],
)
def test_a_number_has_three_significant_digits_and_a_whole_one_is_whole(value: float, text: str) -> None:
    assert figure(value) == text


def test_numbers_that_stand_together_have_the_same_decimals() -> None:
    assert column(np.array([0.0378, -0.00059, 0.0164])) == (["0.0378", f"{MINUS}0.0006", "0.0164"], 0)
    assert column(np.array([[1, -1], [0, 2]])) == (["1", f"{MINUS}1", "0", "2"], 0)
    assert column(np.array([0.157, -1e-9, 0.0]))[0] == ["0.157", "0.000", "0"]
    assert column(np.array([0.157, 0.7]), digits=2)[0] == ["0.16", "0.70"]


def test_numbers_of_which_few_more_decimals_tell_all_are_told_exactly_where_that_is_asked_for() -> None:
    blur = np.array([0.0625, 0.125, 0.25], np.float32)
    assert column(blur, exactly=True) == (["0.0625", "0.1250", "0.2500"], 0)
    assert column(blur)[0][0] == "0.062"
    assert column(np.array([1, -0.0625], np.float32), exactly=True)[0] == ["1.0000", f"{MINUS}0.0625"]
    assert column(np.array([0.1, -0.25], np.float32), exactly=True)[0] == ["0.100", f"{MINUS}0.250"]  # as without
    assert column(np.array([1 / 3, 0.25]), exactly=True)[0] == ["0.333", "0.250"]
    assert column(np.array([0.25, float("inf")]), exactly=True)[0] == ["0.250", "inf"]


@pytest.mark.parametrize("values", [[0.25, 0.125, 0.0625, 0.5], [0.25, 1 / 3, 0.0625], [-2.0, 1, 0.5, 0.03125]])
@pytest.mark.parametrize("exactly", [False, True])
def test_a_few_of_many_numbers_are_as_wide_as_all_of_them(values: list[float], exactly: bool) -> None:
    many = np.array(values, np.float32)
    few, all_of_them = (column(these, exactly=exactly)[0] for these in (extremes(many), many))
    assert max(map(len, few)) == max(map(len, all_of_them))


def test_a_total_has_three_digits_too_where_two_more_decimals_give_it_them() -> None:
    assert column(np.array([0.371, -0.349, 0.0221]), total=0.0221)[0] == ["0.3710", f"{MINUS}0.3490", "0.0221"]
    assert column(np.array([5.5, -5.499, 0.001]), total=0.001)[0] == ["5.5000", f"{MINUS}5.4990", "0.0010"]
    assert column(np.array([0.5, 0.7, 1.2]), total=1.2) == column(np.array([0.5, 0.7, 1.2]))
    assert column(np.array([12.5, -12.5, 0.0]), total=0.0)[0] == ["12.5", f"{MINUS}12.5", "0"]


def test_very_small_and_very_large_numbers_share_a_power_of_ten() -> None:
    assert column(np.array([1.5e-6, -2.25e-6])) == (["1.50", f"{MINUS}2.25"], -6)
    assert column(np.array([1.5e-6]), shifted=False) == (["0.00000150"], 0)
    assert column(np.array([1.5e7, 0.5])) == (["1.50", "0.00"], 7)
    assert times_power(0) == ""
    assert times_power(-6).endswith(f"1e{MINUS}6")


@pytest.mark.parametrize(
    ("value", "characters", "text"),
    [
        (0.125, 5, "0.125"),
        (-0.125, 5, f"{MINUS}0.12"),
        (0.0333, 5, "0.033"),
        (-7.996, 5, f"{MINUS}8.00"),
        (123.4, 4, "123"),
        (8.0, 3, "8"),
        (1.234e-7, 5, f"1e{MINUS}7"),
        (-12345.0, 3, f"{MINUS}12345"),
    ],
)
def test_a_number_with_little_room_loses_decimals_and_never_its_size(value: float, characters: int, text: str) -> None:
    assert fitted(value, characters) == text


def test_numbers_without_a_place_for_a_power_of_ten_have_their_points_in_line_or_are_written_each_for_itself() -> None:
    assert aligned(np.array([0.345, -0.0753, 0.00797, 0])) == ["0.345", f"{MINUS}0.075", "0.008", "0"]
    assert aligned(np.array([1.5e-6, -2.25e-7])) == [f"1.50e{MINUS}6", f"{MINUS}2.25e{MINUS}7"]
    assert aligned(np.array([0.4, -0.39, 0.01]), 0.01) == ["0.4000", f"{MINUS}0.3900", "0.0100"]


def test_hardly_any_is_not_none_and_nearly_all_is_not_all() -> None:
    shares = [0, 0.0004, 0.0051, 0.123, 0.994, 0.9951, 1]
    assert list(map(percents, shares)) == ["0 %", "<1 %", "1 %", "12 %", "99 %", ">99 %", "100 %"]
