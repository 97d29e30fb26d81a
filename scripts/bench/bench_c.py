"""A peer of the seed bank that one would write by hand in C, for one core: compiled where there is a C compiler."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from convviz_core.arrays import ByteArray

SOURCE = Path(__file__).with_name("seed_bank.c")


@cache
def seed_bank_in_c() -> Callable[[ByteArray], ByteArray] | None:
    """From a BGR frame to the seed bank's mosaic after ReLU, in its fixed range; None where nothing compiles it."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "seed_bank.so"
        command = [compiler, "-O3", "-march=native", "-shared", "-fPIC", "-o", str(library), str(SOURCE)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            return None
        loaded = ctypes.CDLL(str(library)).seed_bank
    loaded.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_void_p]
    mosaic: ByteArray = np.empty((0, 0), np.uint8)

    def run(frame: ByteArray) -> ByteArray:
        nonlocal mosaic
        frame = np.ascontiguousarray(frame)
        height, width = frame.shape[:2]
        if mosaic.shape != (2 * (height - 3), 2 * (width - 3)):
            mosaic = np.empty((2 * (height - 3), 2 * (width - 3)), np.uint8)
        if loaded(frame.ctypes.data, height, width, mosaic.ctypes.data):
            raise ValueError(f"the seed bank in C takes no frame as wide as {width}")
        return mosaic

    return run
