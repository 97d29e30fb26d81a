"""What scripts/bench/bench.py times: peers that one would write by hand, the engines, and the copy that none can beat.

A way takes a BGR frame and gives its mosaic; each has a reference: the range mode whose bytes it must give.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from bench_c import seed_bank_in_c

from convviz_core import Engine, FilterBank, Layer, RangeMode, open_engine
from convviz_core.arrays import AnyArray, ByteArray
from convviz_core.mosaic import MosaicGrid
from convviz_core.ranges import fixed_limits


@dataclass(frozen=True)
class Way:
    """One way from frame to mosaic. checked: its mosaic must be the reference's in range mode `mode`."""

    name: str
    mode: RangeMode
    run: Callable[[ByteArray], ByteArray]
    checked: bool = True


def ways(bank: FilterBank, size_wh: tuple[int, int], engines: dict[str, Engine]) -> list[Way]:
    """Every way for this bank and size, the notebook's first."""
    found = [
        Way("notebook", RangeMode.FRAME, notebook(bank)),
        Way("filter2D loop", RangeMode.FIXED, filter2d_loop(bank)),
    ]
    in_c = seed_bank_in_c() if bank.name == "udacity" else None
    if in_c:
        found.append(Way("C, one core", RangeMode.FIXED, in_c))
    for name, engine in engines.items():
        for mode in RangeMode if name == "halide" else (RangeMode.FIXED,):
            label = name if mode == RangeMode.FIXED else f"{name} {mode}"
            found.append(Way(label, mode, through(engine, Layer(bank), mode)))
    found.append(Way("copy", RangeMode.FIXED, copy_only(bank, size_wh), checked=False))
    return found


def open_engines() -> dict[str, Engine]:
    """The engines of the CPU that this machine has."""
    names = ("torch", "opencv", *(["halide"] if find_spec("halide") else []))
    return {name: open_engine(name, "cpu") for name in names}


def through(engine: Engine, layer: Layer, mode: RangeMode) -> Callable[[ByteArray], ByteArray]:
    """An engine."""
    return lambda frame: engine.run(frame, layer, mode).mosaic


def notebook(bank: FilterBank) -> Callable[[ByteArray], ByteArray]:
    """Torch for the layer, and numpy for every map's own minimum and maximum, as Matplotlib's imshow does it."""
    weight = torch.from_numpy(bank.kernels.copy())

    def run(frame: ByteArray) -> ByteArray:
        gray = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255
        with torch.no_grad():
            maps = torch.relu(F.conv2d(torch.from_numpy(gray)[None, None], weight))[0].numpy()
        levels = []
        for activation in maps:
            low, high = activation.min(), activation.max()
            levels.append(np.floor((activation - low) / max(high - low, 1e-12) * 255 + 0.5).astype(np.uint8))
        return stacked(levels)

    return run


def filter2d_loop(bank: FilterBank) -> Callable[[ByteArray], ByteArray]:
    """OpenCV, one filter after the other, with the fixed range."""
    layer = Layer(bank)
    gain = 255 / fixed_limits(layer)[1]

    def run(frame: ByteArray) -> ByteArray:
        gray = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255
        height, width = layer.output_hw(frame.shape)
        levels = []
        for kernel in bank.kernels[:, 0]:
            response = cv2.filter2D(gray, cv2.CV_32F, kernel, anchor=(0, 0))[:height, :width]
            levels.append(cv2.convertScaleAbs(np.maximum(response, 0), alpha=gain))
        return stacked(levels)

    return run


def copy_only(bank: FilterBank, size_wh: tuple[int, int]) -> Callable[[ByteArray], ByteArray]:
    """The floor: a mosaic of this size is copied, nothing is computed."""
    grid = MosaicGrid(len(bank), Layer(bank).output_hw(size_wh[::-1]))
    source, target = np.ones(grid.size_hw, np.uint8), np.empty(grid.size_hw, np.uint8)

    def run(_: ByteArray) -> ByteArray:
        np.copyto(target, source)
        return target

    return run


def stacked(maps: list[AnyArray]) -> ByteArray:
    """The tiles side by side and below each other, as the notebook's subplots stand."""
    columns = MosaicGrid(len(maps), maps[0].shape).columns
    maps = maps + [np.zeros_like(maps[0])] * (-len(maps) % columns)
    return np.vstack([np.hstack(maps[first : first + columns]) for first in range(0, len(maps), columns)])
