"""Halide's threads are known, and stay off the core of the thread that they help."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from convviz_core import Layer, load_bank, open_engine

pytest.importorskip("halide")

from convviz_core.engines.halide.workers import Workers, workers

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone places threads like this")
CORES = sorted(os.sched_getaffinity(0)) if sys.platform.startswith("linux") else []
several = pytest.mark.skipif(len(CORES) < 2, reason="there is one core")


@contextmanager
def waiting_thread() -> Iterator[Thread]:
    end = Event()
    thread = Thread(target=end.wait)
    thread.start()
    try:
        yield thread
    finally:
        end.set()
        thread.join()


def started_in(own: Workers) -> Thread:
    """A thread that `own` finds; it ends with the tests."""
    with own.elsewhere():
        started = Thread(target=Event().wait, daemon=True)
        started.start()
    return started


def own_name() -> str:
    return Path("/proc/thread-self/comm").read_text()


@several
def test_all_of_halide_s_threads_are_found() -> None:
    with open_engine("halide") as engine:
        engine.run(np.zeros((64, 128), np.uint8), Layer(load_bank("udacity")))
    assert len(workers.threads) == int(os.environ["HL_NUM_THREADS"]) - 1
    assert not workers.threads & {os.getpid()}


def test_what_is_started_meanwhile_is_found_and_nothing_else() -> None:
    own, name = Workers(lambda: 0), own_name()
    with waiting_thread() as before:
        started = started_in(own)
    with waiting_thread() as after:
        assert own.threads == {started.native_id}
        assert not own.threads & {before.native_id, after.native_id}
    assert own_name() == name


@several
def test_they_keep_off_the_caller_s_core_wherever_it_goes() -> None:
    at = [CORES[0]]
    own = Workers(lambda: at[0])
    started = started_in(own)
    for core in (*CORES, CORES[0]):
        at[0] = core
        with own.elsewhere():
            assert os.sched_getaffinity(started.native_id or 0) == {*CORES} - {core}


@several
def test_they_stay_where_the_caller_has_one_core_only() -> None:
    own = Workers(lambda: CORES[0])
    started = started_in(own)
    os.sched_setaffinity(0, {CORES[0]})
    try:
        with own.elsewhere():
            assert os.sched_getaffinity(started.native_id or 0) == {*CORES}
    finally:
        os.sched_setaffinity(0, CORES)


@several
def test_one_that_has_ended_disturbs_nobody() -> None:
    at = [CORES[0]]
    own = Workers(lambda: at[0])
    with waiting_thread() as ended:
        pass
    own.threads, own._sought = frozenset({ended.native_id or 0}), True
    with own.elsewhere():
        pass


def test_an_error_in_halide_goes_on_to_the_caller() -> None:
    own, name = Workers(lambda: 0), own_name()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="no memory"), own.elsewhere():
            raise RuntimeError("no memory")
    assert own_name() == name
