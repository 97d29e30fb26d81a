"""The rhythm of the pictures shown, on a clock that the test moves."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from live.cadence import MOST_HELD_S, Cadence


def shown_at(media_times_s: Sequence[float], needed_s: Sequence[float]) -> list[float]:
    """When each picture is shown that is ready so long after its time; all in milliseconds, rounded."""
    now_s = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now_s
        now_s += seconds

    cadence = Cadence(lambda: now_s, sleep)
    shown = []
    for media_time_s, needs_s in zip(media_times_s, needed_s, strict=True):
        now_s = max(now_s, media_time_s + needs_s)
        cadence.hold(media_time_s)
        shown.append(round(1000 * now_s, 3))
    return shown


def intervals(shown: Sequence[float]) -> list[float]:
    return [round(after - before, 3) for before, after in pairwise(shown)]


def test_pictures_that_take_turns_in_being_slow_come_in_the_source_s_rhythm() -> None:
    times = [10 + number / 25 for number in range(20)]
    shown = shown_at(times, [0.007 if number % 3 == 0 else 0.004 for number in range(20)])
    assert intervals(shown) == [40.0] * 19
    assert shown[0] == 10007.0


def test_pictures_that_all_take_as_long_are_not_held() -> None:
    times = [number / 50 for number in range(9)]
    assert shown_at(times, [0.004] * 9) == [round(20.0 * number + 4, 3) for number in range(9)]


def test_after_one_very_slow_picture_the_others_are_held_a_little_only() -> None:
    times = [number / 25 for number in range(1, 9)]
    shown = shown_at(times, [0.002, 0.030, *[0.002] * 6])
    assert shown[:3] == [42.0, 110.0, 120.0 + 2 + 1000 * MOST_HELD_S]


def test_a_fast_source_is_kept_up_with() -> None:
    times = [1 + number / 240 for number in range(9)]
    shown = shown_at(times, [0.004, *[0.001] * 8])
    assert (
        max(after - 1000 * time for after, time in zip(shown[1:], times[1:], strict=True)) < 1 + 1000 / 240 / 6 + 0.01
    )


def test_a_pause_begins_anew() -> None:
    times = [1.0, 1.04, 1.08, 1.12]
    shown = shown_at(times, [0.009, 0.004, 20.004, 20.004])
    assert shown == [1009.0, 1049.0, 21084.0, 21124.0]
