from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_fakes import FakeClock, Read, ScriptedCapture, ScriptedDevice, picture

from live.sources.connection import Connection, Outcome
from live.sources.watchdog import Backoff


def connect(device: ScriptedDevice, clock: FakeClock) -> Connection:
    return Connection(device, clock, clock.wait, clock.wait, Backoff(random.Random(1)))


def steps(connection: Connection, count: int) -> list[Outcome]:
    """The outcomes of `count` steps, each picture being taken as a good one."""
    outcomes = []
    for _ in range(count):
        outcomes.append(connection.step())
        if outcomes[-1] is Outcome.PICTURE:
            connection.good()
    return outcomes


def failing(clock: FakeClock, seconds: float) -> Read:
    def read() -> bool:
        clock.now_s += seconds
        return False

    return read


def test_one_failed_read_costs_that_picture_only() -> None:
    clock = FakeClock()
    capture = ScriptedCapture([lambda: picture(1), failing(clock, 0.02), lambda: picture(2)])
    connection = connect(ScriptedDevice([capture]), clock)
    assert steps(connection, 4) == [Outcome.OPENED, Outcome.PICTURE, Outcome.FAILED_READ, Outcome.PICTURE]
    assert not capture.released_by


def test_failed_reads_are_paced() -> None:
    clock = FakeClock()
    connection = connect(ScriptedDevice([ScriptedCapture([])]), clock)
    steps(connection, 5)
    assert clock.waits_s == [0.02] * 4


def test_five_quick_failures_in_a_row_release_the_device_and_open_it_again() -> None:
    clock = FakeClock()
    broken, healed = ScriptedCapture([]), ScriptedCapture([lambda: picture(1)])
    connection = connect(ScriptedDevice([broken, healed]), clock)
    assert steps(connection, 6) == [Outcome.OPENED, *[Outcome.FAILED_READ] * 4, Outcome.LOST]
    assert len(broken.released_by) == 1
    lost_at_s = clock.now_s
    assert steps(connection, 3) == [Outcome.WAITING, Outcome.OPENED, Outcome.PICTURE]
    assert clock.now_s - lost_at_s <= 0.25


def test_a_camera_that_is_silent_but_there_is_read_on_for_ten_seconds_and_then_opened_again() -> None:
    clock = FakeClock()
    capture = ScriptedCapture([failing(clock, 1.0)] * 20)
    connection = connect(ScriptedDevice([capture]), clock)
    assert steps(connection, 12) == [Outcome.OPENED, *[Outcome.FAILED_READ] * 10, Outcome.LOST]


def test_a_device_that_has_vanished_is_released_at_the_first_failed_read() -> None:
    clock = FakeClock()
    there = [True]
    capture = ScriptedCapture([lambda: picture(1), failing(clock, 0.02)])
    connection = connect(ScriptedDevice([capture], lambda: there[0]), clock)
    steps(connection, 2)
    there[0] = False
    assert connection.step() is Outcome.LOST
    assert len(capture.released_by) == 1


@pytest.mark.parametrize("away_s", [0.1, 3.0, 60.0, 3600.0])
def test_pictures_are_back_within_two_seconds_of_the_devices_return(away_s: float) -> None:
    clock = FakeClock()
    back_at_s = clock.now_s + away_s
    healed = ScriptedCapture([lambda: picture(1)])
    device = ScriptedDevice([ScriptedCapture([])], lambda: clock.now_s >= back_at_s)
    connection = connect(device, clock)
    steps(connection, 2)
    outcome = Outcome.LOST
    while outcome is not Outcome.PICTURE:
        if clock.now_s >= back_at_s and device.captures[-1] is not healed:
            device.captures = [*[None] * device.openings, healed]
        outcome = connection.step()
    assert clock.now_s - back_at_s <= 2.0


def test_a_device_that_stays_away_is_not_opened_again_and_again() -> None:
    clock = FakeClock()
    device = ScriptedDevice([ScriptedCapture([])], lambda: False)
    connection = connect(device, clock)
    until_s = clock.now_s + 100
    while clock.now_s < until_s:
        connection.step()
    assert device.openings <= 1 + 18  # 0.25 + ... + 8 s, then every ten, less the jitter


def test_damaged_pictures_for_ten_seconds_open_the_device_again() -> None:
    clock = FakeClock()
    capture = ScriptedCapture([lambda: None] * 20)
    connection = connect(ScriptedDevice([capture]), clock)
    connection.step()
    outcomes = []
    for _ in range(11):
        assert connection.step() is Outcome.PICTURE
        clock.now_s += 1.0
        outcomes.append(connection.bad())
    assert outcomes == [*[Outcome.FAILED_READ] * 10, Outcome.LOST]


def test_the_end_of_a_recording_is_no_failure() -> None:
    clock = FakeClock()
    capture = ScriptedCapture([lambda: picture(1)])
    connection = connect(ScriptedDevice([capture]), clock)
    steps(connection, 2)
    capture.ended = True
    assert connection.step() is Outcome.ENDED
    assert len(capture.released_by) == 1


@given(st.lists(st.sampled_from(["picture", "quick", "slow"]), max_size=60))
def test_whatever_a_device_does_it_is_released_once_before_it_is_opened_again(script: list[str]) -> None:
    clock = FakeClock()

    def read(kind: str) -> Read:
        def grab() -> bool:
            clock.now_s += {"picture": 0.03, "quick": 0.02, "slow": 1.0}[kind]
            return kind == "picture"

        return grab

    captures = [ScriptedCapture([read(kind) for kind in script]) for _ in range(3)]
    connection = connect(ScriptedDevice(list(captures)), clock)
    open_now = 0
    for _ in range(200):
        outcome = connection.step()
        open_now += {Outcome.OPENED: 1, Outcome.LOST: -1}.get(outcome, 0)
        assert open_now == (connection.capture is not None)
    connection.close()
    assert all(len(capture.released_by) <= 1 for capture in captures)
