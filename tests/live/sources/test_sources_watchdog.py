from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_fakes import FakeClock

from live.sources.pacing import Pacer
from live.sources.watchdog import Backoff, Watchdog


def test_a_fast_camera_is_silent_after_one_second() -> None:
    watchdog = Watchdog(10.0, fps=30)
    watchdog.frame(10.1)
    assert watchdog.silent_since_s(11.1) is None
    assert watchdog.silent_since_s(11.11) == 10.1


def test_a_slow_camera_is_silent_after_five_frame_times() -> None:
    watchdog = Watchdog(10.0, fps=2)  # 5 x 0.5 s
    assert watchdog.silent_since_s(12.5) is None
    assert watchdog.silent_since_s(12.6) == 10.0


def test_the_measured_frame_time_counts_where_it_is_longer_than_the_stated_one() -> None:
    watchdog = Watchdog(0.0, fps=25)
    for second in range(2, 20, 2):  # a picture every 2 s
        watchdog.frame(second)
    assert watchdog.limit_s == pytest.approx(10.0)


def test_one_long_gap_does_not_make_the_watchdog_sleepy() -> None:
    watchdog = Watchdog(0.0, fps=30)
    for at_s in (0.03, 0.06, 0.09, 20.0, 20.03):
        watchdog.frame(at_s)
    assert watchdog.limit_s == 1.0


class NoJitter(random.Random):
    def uniform(self, a: float, b: float) -> float:  # noqa: ARG002 - as the original has it
        return b


def test_waiting_doubles_from_a_quarter_of_a_second_to_ten() -> None:
    backoff = Backoff(NoJitter())
    assert [backoff.delay_s() for _ in range(8)] == [0.25, 0.5, 1, 2, 4, 8, 10, 10]


@given(st.integers(0, 2**32))
def test_jitter_takes_off_up_to_a_quarter(seed: int) -> None:
    backoff = Backoff(random.Random(seed))
    for whole_s in (0.25, 0.5, 1.0):
        assert 0.75 * whole_s <= backoff.delay_s() <= whole_s


def test_thirty_good_seconds_start_the_waiting_anew() -> None:
    backoff = Backoff(NoJitter())
    for _ in range(3):
        backoff.delay_s()
    backoff.good(100.0)
    backoff.good(129.9)
    assert backoff.delay_s() == 2
    backoff.good(200.0)  # the failure ended the good time: it counts from here
    backoff.good(229.9)
    assert backoff.delay_s() == 4
    backoff.good(300.0)
    backoff.good(330.0)
    assert backoff.delay_s() == 0.25


def test_a_picture_waits_for_its_time_and_not_longer_than_the_timeout() -> None:
    clock = FakeClock()
    pacer = Pacer(True, clock, clock.wait)
    assert pacer.wait(0.0, 1.0)
    assert not pacer.wait(0.5, 0.125)
    assert pacer.wait(0.5, 1.0)
    assert clock.waits_s == [0.125, 0.375]


def test_a_late_picture_moves_the_ones_after_it() -> None:
    clock = FakeClock()
    pacer = Pacer(True, clock, clock.wait)
    pacer.wait(0.0, 1.0)
    clock.now_s += 7.0  # a pause
    assert pacer.wait(0.5, 1.0)
    assert pacer.wait(1.0, 1.0)
    assert clock.waits_s == [0.5]


def test_nothing_waits_unless_paced() -> None:
    clock = FakeClock()
    pacer = Pacer(False, clock, clock.wait)
    assert all(pacer.wait(second, 0.0) for second in range(5))
    assert clock.waits_s == []
