"""Whether there is an NVIDIA card, asked of the driver's own library: 2 s sooner than importing torch to find out."""

from __future__ import annotations

import ctypes
import os
import sys
from dataclasses import dataclass

# Codes of CUresult, from the CUDA driver API's documentation.
_SUCCESS = 0
_NO_DEVICE = 100
_DRIVER_MISMATCH = 803


@dataclass(frozen=True)
class DriverAnswer:
    """`count` cards that this process may use; where it is 0, `why_none` is one sentence for a person."""

    count: int
    why_none: str = ""


def ask_driver() -> DriverAnswer:
    """Ask the driver for its cards. It respects CUDA_VISIBLE_DEVICES itself; nothing stays allocated on a card."""
    library = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        driver = ctypes.CDLL(library)
    except OSError:
        return DriverAnswer(0, f"there is no NVIDIA driver here ({library} was not found)")
    code = int(driver.cuInit(0))
    count = ctypes.c_int(0)
    if code == _SUCCESS:
        code = int(driver.cuDeviceGetCount(ctypes.byref(count)))
    if code == _SUCCESS and count.value > 0:
        return DriverAnswer(count.value)
    return DriverAnswer(0, _why_none(code))


def device_count() -> int:
    """The cards that this process may use; 0 without a driver."""
    return ask_driver().count


def _why_none(code: int) -> str:
    if code in (_SUCCESS, _NO_DEVICE):
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        hidden = "" if visible is None else f" (CUDA_VISIBLE_DEVICES is '{visible}')"
        return f"the NVIDIA driver sees no card{hidden}"
    if code == _DRIVER_MISMATCH:
        return "the NVIDIA driver and its library are of different versions: restart the machine"
    return f"the NVIDIA driver does not start (CUDA error {code}): see what nvidia-smi says"
