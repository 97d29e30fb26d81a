"""Threads that help keep off the core of the thread that they help, and it stays there."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from functools import partial
from threading import Event, Thread

import pytest

from convviz_core.cores import Crew, Helpers, staying

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone places threads like this")
CORES = sorted(os.sched_getaffinity(0)) if sys.platform.startswith("linux") else []
several = pytest.mark.skipif(len(CORES) < 2, reason="there is one core")


@pytest.fixture
def waiting() -> Iterator[int]:
    """A thread that waits."""
    end = Event()
    thread = Thread(target=end.wait)
    thread.start()
    yield thread.native_id or 0
    end.set()
    thread.join()


@several
def test_they_keep_off_the_caller_s_core_wherever_it_goes(waiting: int) -> None:
    at = [CORES[0]]
    helpers = Helpers(lambda: at[0])
    helpers.add(waiting)
    for core in (*CORES, CORES[0]):
        at[0] = core
        helpers.make_way()
        assert os.sched_getaffinity(waiting) == {*CORES} - {core}


@several
def test_one_that_is_added_keeps_off_it_too(waiting: int) -> None:
    helpers = Helpers(lambda: CORES[0])
    helpers.make_way()
    helpers.add(waiting)
    helpers.make_way()
    assert os.sched_getaffinity(waiting) == {*CORES[1:]}


@several
def test_they_stay_where_the_caller_has_one_core_only(waiting: int) -> None:
    helpers = Helpers()
    helpers.add(waiting)
    os.sched_setaffinity(0, CORES[:1])
    try:
        helpers.make_way()
    finally:
        os.sched_setaffinity(0, CORES)
    assert os.sched_getaffinity(waiting) == {*CORES}
    helpers.make_way()
    assert len(os.sched_getaffinity(waiting)) == len(CORES) - 1


@several
def test_one_that_has_ended_disturbs_no_other(waiting: int) -> None:
    ended = Thread(target=int)
    ended.start()
    ended.join()
    helpers = Helpers(lambda: CORES[0])
    helpers.add(ended.native_id or 0)
    helpers.add(waiting)
    helpers.make_way()
    assert os.sched_getaffinity(waiting) == {*CORES[1:]}


@several
def test_the_caller_stays_on_its_core_and_is_free_again() -> None:
    with staying():
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == {*CORES}
    with pytest.raises(ValueError, match="wrong"), staying():
        raise ValueError("wrong")
    assert os.sched_getaffinity(0) == {*CORES}


@several
def test_who_is_moved_meanwhile_stays_there() -> None:
    try:
        with staying():
            elsewhere = {*CORES} - os.sched_getaffinity(0)
            os.sched_setaffinity(0, elsewhere)
        assert os.sched_getaffinity(0) == elsewhere
    finally:
        os.sched_setaffinity(0, CORES)


def test_where_the_system_tells_no_core_nothing_is_done(waiting: int) -> None:
    helpers = Helpers(None)
    helpers.add(waiting)
    helpers.make_way()
    assert os.sched_getaffinity(waiting) == {*CORES}


@pytest.fixture
def crew() -> Iterator[Crew]:
    """One with a single helper."""
    crew = Crew(1, "tests")
    yield crew
    crew.close()


@several
def test_a_crew_s_threads_are_on_other_cores_than_the_caller(crew: Crew) -> None:
    cores: dict[str, set[int]] = {}

    def note(who: str) -> None:
        cores[who] = os.sched_getaffinity(0)

    for _ in range(2):  # the first work starts the threads
        crew.together(partial(note, "caller"), [partial(note, "helper")])
    assert len(cores["caller"]) == 1
    assert cores["helper"] == {*CORES} - cores["caller"]
    assert os.sched_getaffinity(0) == {*CORES}


def test_all_is_done_when_a_crew_returns(crew: Crew) -> None:
    done: list[str] = []
    come = Event()

    def here() -> None:
        assert come.wait(5)
        done.append("here")

    def there() -> None:
        come.set()
        time.sleep(0.05)
        done.append("there")

    crew.together(here, [there])
    assert sorted(done) == ["here", "there"]
    crew.together(partial(done.append, "alone"), [])
    assert done[-1] == "alone"


@pytest.mark.parametrize("who", ["caller", "helper"])
def test_an_error_comes_when_all_is_done(crew: Crew, who: str) -> None:
    done: list[str] = []

    def work(by: str) -> None:
        if by == who:
            raise ValueError(by)
        time.sleep(0.05)
        done.append(by)

    with pytest.raises(ValueError, match=who):
        crew.together(partial(work, "caller"), [partial(work, "helper")])
    assert len(done) == 1
