"""Media times from time stamps, and which pictures are whole: numbers by hand."""

from __future__ import annotations

import pytest

from live.sources.decoder import Wholeness
from live.sources.timeline import Timeline


def times(stamps: list[float | None], frame_s: float | None = 0.1, longest_gap_s: float = 10.0) -> list[float]:
    timeline = Timeline(frame_s, longest_gap_s)
    return [round(timeline.at(stamp), 6) for stamp in stamps]


@pytest.mark.parametrize(
    ("stamps", "wanted"),
    [
        ([5.0, 5.1, 5.2], [0.0, 0.1, 0.2]),
        ([0.0, 0.1, 3.1, 3.2], [0.0, 0.1, 3.1, 3.2]),  # a long picture
        ([0.0, 0.1, 3600.0, 3600.1], [0.0, 0.1, 0.2, 0.3]),
        ([3600.0, 3600.1, 0.0, 0.1], [0.0, 0.1, 0.2, 0.3]),
        ([0.0, 0.1, 0.1, 0.2], [0.0, 0.1, 0.1, 0.2]),  # stamps of a resolution that is too low
        ([None, None, None], [0.0, 0.1, 0.2]),
        ([0.0, None, 0.2], [0.0, 0.1, 0.2]),
    ],
)
def test_stamps_are_believed_but_where_they_go_back_or_jump(stamps: list[float | None], wanted: list[float]) -> None:
    assert times(stamps) == wanted


def test_a_film_of_one_picture_an_hour_is_no_row_of_jumps() -> None:
    assert times([0.0, 3600.0, 7200.0], 3600.0) == [0.0, 3600.0, 7200.0]


def test_a_jump_takes_the_last_gap_where_no_rate_is_stated() -> None:
    assert times([0.0, 0.25, 0.5, 100.0], None) == [0.0, 0.25, 0.5, 0.75]


def test_predicted_pictures_are_withheld_from_the_damaged_one_to_the_next_key_picture() -> None:
    wholeness = Wholeness()
    wholeness.damaged(5)
    assert wholeness.is_whole(4, is_key=False)  # decoded before it, shown after
    assert not wholeness.is_whole(6, is_key=False)
    assert not wholeness.is_whole(7, is_key=False)
    assert wholeness.is_whole(10, is_key=True)
    assert wholeness.untold(10) == 2  # 8 and 9 never came
    assert wholeness.is_whole(11, is_key=False)
    assert wholeness.untold(11) == 0


def test_where_no_key_picture_comes_it_is_given_up_to_wait_for_one() -> None:
    wholeness = Wholeness()
    wholeness.damaged(0)
    for order in range(1, 301):
        assert not wholeness.is_whole(order, is_key=False)
        wholeness.give_up()
    assert wholeness.smeared
    assert wholeness.is_whole(301, is_key=False)
