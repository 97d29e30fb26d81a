"""Halide's threads are known, and keep off the core of the thread that they help."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from convviz_core import Layer, load_bank, open_engine

pytest.importorskip("halide")

from convviz_core.engines.halide.workers import Workers, workers

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone places threads like this")
CORES = sorted(os.sched_getaffinity(0)) if sys.platform.startswith("linux") else []


@pytest.fixture
def end() -> Iterator[Event]:
    """When the test's threads end."""
    end = Event()
    yield end
    end.set()


def started(end: Event) -> Thread:
    """A thread that waits."""
    thread = Thread(target=end.wait)
    thread.start()
    return thread


def own_name() -> str:
    return Path("/proc/thread-self/comm").read_text()


@pytest.mark.skipif(len(CORES) < 2, reason="there is one core")
def test_all_of_halide_s_threads_are_found_and_keep_off_the_caller_s_core() -> None:
    frame, layer = np.zeros((64, 128), np.uint8), Layer(load_bank("udacity"))
    with open_engine("halide") as engine:
        engine.run(frame, layer)
        engine.run(frame, layer)
    found = workers.helpers.threads
    assert len(set(found)) == int(os.environ["HL_NUM_THREADS"]) - 1
    assert os.getpid() not in found
    assert all(len(os.sched_getaffinity(thread)) == len(CORES) - 1 for thread in found)


def test_what_is_started_meanwhile_is_found_and_nothing_else(end: Event) -> None:
    own, name = Workers(), own_name()
    started(end)
    with own.elsewhere():
        meanwhile = started(end)
    started(end)
    with own.elsewhere():
        started(end)
    assert own.helpers.threads == [meanwhile.native_id]
    assert own_name() == name


def test_an_error_in_halide_goes_on_to_the_caller() -> None:
    own, name = Workers(), own_name()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="no memory"), own.elsewhere():
            raise RuntimeError("no memory")
    assert own_name() == name
