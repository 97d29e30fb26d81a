"""The process itself: when the system made it, and how Ctrl-C and SIGTERM end it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

_IMPORTED_AT_S = time.monotonic()


def created_at_s() -> float:
    """When the operating system created this process, interpreter included, on the time.monotonic clock.

    Linux: to 10 ms (the kernel's ticks). Windows: GetProcessTimes. Elsewhere: when this module was imported.
    """
    if sys.platform == "linux":
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        started_s = int(fields[19]) / os.sysconf("SC_CLK_TCK")  # field 22, since boot
        return time.monotonic() - (time.clock_gettime(time.CLOCK_BOOTTIME) - started_s)
    if sys.platform == "win32":
        created, other = ctypes.c_uint64(), ctypes.c_uint64()
        kernel32 = ctypes.windll.kernel32
        kernel32.GetCurrentProcess.restype = ctypes.c_void_p
        process = ctypes.c_void_p(kernel32.GetCurrentProcess())
        unused = [ctypes.byref(other)] * 3
        if kernel32.GetProcessTimes(process, ctypes.byref(created), *unused):
            unix_s = created.value / 1e7 - 11644473600  # 100 ns since 1601 -> s since 1970
            return time.monotonic() - (time.time() - unix_s)
    return _IMPORTED_AT_S


class Interrupted(BaseException):
    """A signal has asked the program to end."""


class Interrupts:
    """Ctrl-C, SIGTERM and, where there is one, SIGHUP.

    At once by an exception; after `defer`, noted, so that files are finished first."""

    def __init__(self) -> None:
        self.signal: int | None = None
        self._deferred = False

    def install(self) -> None:
        """Take over the signals (only the main thread may)."""
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._handle)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        asked_before, self.signal = self.signal is not None, self.signal or number
        if not self._deferred or asked_before:
            raise Interrupted

    def defer(self) -> None:
        """From here on the first signal is only noted; a second one is not waited with."""
        self._deferred = True

    def noted(self) -> bool:
        """Whether a signal has come."""
        return self.signal is not None

    @property
    def exit_code(self) -> int:
        """130 after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP, 0 without a signal."""
        return 0 if self.signal is None else 128 + self.signal
