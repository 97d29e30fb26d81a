"""How torch shares the processor with drawing: environment variables that its libraries read, and this process."""

from __future__ import annotations

import gc
import os
import sys
import threading
from contextlib import suppress

_LEFT_OVER = 10  # of 19: about a tenth of a core beside threads that want it all


def share_cores() -> None:
    """Leave one core to drawing, and let threads that wait sleep; what a person has set stays. Before torch is loaded.

    Threads that spin while they wait keep the core from whoever they wait for: on two cores beside two other busy
    programs, a residual network of 18 layers took up to 860 ms a picture, and 90 so.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, _cores() - 1)))


def give_way() -> None:
    """Have this thread, for good, use what the others leave; where a system has no such threads, nothing changes."""
    if sys.platform == "linux":  # elsewhere it would be the whole process
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LEFT_OVER)


def keep_what_is_loaded() -> None:
    """Have Python look for garbage among later objects only, once torch and a model are there.

    It looks through all of theirs too, every few seconds, for 60 to 110 ms in which every thread stands still.
    """
    gc.freeze()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
