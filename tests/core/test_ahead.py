"""What is found ahead: by another thread, and waited for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from threading import Event, current_thread

from convviz_core.ahead import Ahead


def test_it_is_found_beside_whoever_asks_for_it() -> None:
    asked = Event()

    def find() -> str:
        assert asked.wait(10)  # whoever began it goes on
        return current_thread().name

    ahead = Ahead(find)
    asked.set()
    assert ahead.result() == ahead.result() == "convviz-ahead"


def test_what_is_done_after_it_is_not_waited_for() -> None:
    answered, done = Event(), list[int]()

    def then() -> Iterator[int]:
        assert answered.wait(10)
        for step in range(3):
            done.append(step)
            yield step

    ahead = Ahead(lambda: 1, then())
    assert ahead.result() == 1
    answered.set()
    ahead.join()
    assert done == [0, 1, 2]


def test_what_cannot_be_found_is_none() -> None:
    def find() -> int:
        raise ValueError

    assert Ahead(find).result() is None


def test_the_program_s_end_waits_for_no_more_steps() -> None:
    program = "from convviz_core.ahead import Ahead; print(Ahead(lambda: 1, iter(int, 1)).result())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
