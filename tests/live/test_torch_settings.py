"""What threads beside the pictures may take of the processor."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from live.torch_settings import give_way


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of single threads")
def test_a_thread_that_gives_way_does_so_by_itself() -> None:
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    found: list[int] = []

    def beside() -> None:
        give_way()
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    thread = threading.Thread(target=beside)
    thread.start()
    thread.join()
    assert found[0] > before or before >= 10
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before
