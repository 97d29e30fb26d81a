"""A picture's responses at enough pixels to know auto's limit at once: the first picture is shown in what it finds.

The pixels lie in short runs, which share most of what they read: so many cost a fraction of what they would alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.geometry import ConvGeometry
from convviz_core.gray import check_picture, to_gray
from convviz_core.layer import Activation, Layer
from convviz_core.products import Products, scaled_bias, scaled_weights
from convviz_core.ranges import fixed_limit
from convviz_core.runs import lengths_for, read_by, run_ns, weights_in
from convviz_core.sampling import LEAST_PIXELS, contiguous
from convviz_core.windows import BLOCK_PIXELS, Indices, Windows, columns_spread, windows_at

LOOK_NS = 500_000.0  # what a look may cost by the figures in runs.py, unless that is less than LEAST_PIXELS
GRAYED_NS = 0.1  # a pixel of a frame that becomes gray as a whole
AT_ONCE = 1 << 16  # responses: what is in the cache is fast, and no new memory is
PILOT = 16  # one run in so many is looked at before, to know from which size on responses are kept
_ASKED, _LEAST_KEPT, _PILOTS_LEAST = 2.5, 1.25, 8


class Found(NamedTuple):
    """Of `seen` responses `counted` are something, and `largest`, float32 (n,), are the largest of them."""

    seen: int
    counted: int
    largest: FloatArray


class FirstLook:
    """One layer's responses on frames of one shape, at LEAST_PIXELS of every map or more, on every row and column.

    responses_in_all: of the bank's own maps, in a frame.
    """

    def __init__(self, layer: Layer, shape: tuple[int, ...]) -> None:
        """shape: the frames', (H, W) or (H, W, 3). FrameSizeError where no response exists."""
        self.layer, self._shape = layer, tuple(shape)
        self.fixed_limit = fixed_limit(layer.weights, Activation(layer.activation))
        height, width = layer.output_hw(self._shape)
        self.responses_in_all = height * width * layer.bank.own
        run, runs, self._whole_gray = _best(layer, self._shape)
        gray = self._whole_gray or len(shape) == 2
        block = min(BLOCK_PIXELS // math.prod(read_by(layer.geometry, run).taps_hw), AT_ONCE // (run * layer.bank.own))
        self._y, self._x = _places(height, width, run, runs)
        self._pilot, self._rest = _windows(layer.geometry, self._shape[:2], run, runs, max(1, block))
        bias = scaled_bias(layer, self.fixed_limit)
        weights = weights_in(scaled_weights(layer, self.fixed_limit, gray=gray), layer.geometry, run)
        self._products = Products(layer.bank.channels, weights, None if bias is None else np.tile(bias, run))

    def found(self, frame: ByteArray, nothing: float, one_in: int) -> Found:
        """What the responses amount to, |v| in units of the fixed limit; v itself where ReLU follows.

        nothing: up to this size they do not count. one_in: of those that count, one in so many, or more, is in
        `largest`. Errors: TypeError, ValueError for a frame that it is not for.
        """
        check_picture(frame)
        if frame.shape != self._shape:
            raise ValueError(f"this look is for frames of shape {self._shape}, got {frame.shape}")
        frame = to_gray(frame) if self._whole_gray else contiguous(frame)
        pilot = np.concatenate(list(self._sizes(frame, self._pilot)))
        counted = np.count_nonzero(pilot > nothing)
        kept = min(pilot.size, math.ceil(_ASKED * counted / one_in) + _PILOTS_LEAST)
        level = float(np.partition(pilot, pilot.size - kept)[pilot.size - kept])
        for least in (level, level / 4):
            found = self._above(frame, pilot, nothing, least)
            if found.largest.size >= min(math.ceil(_LEAST_KEPT * found.counted / one_in), found.seen):
                return found
        return self._above(frame, pilot, nothing, -math.inf)  # the pilot has seen nothing of what there is

    def _above(self, frame: ByteArray, pilot: FloatArray, nothing: float, level: float) -> Found:
        """largest: all that reach `level`."""
        seen = counted = 0
        largest = []
        for sizes in chain((pilot,), self._sizes(frame, self._rest)):
            seen, counted = seen + sizes.size, counted + int(np.count_nonzero(sizes > nothing))
            largest.append(sizes[np.flatnonzero(sizes >= level)])
        return Found(seen, counted, np.concatenate(largest))

    def _sizes(self, frame: ByteArray, blocks: Iterable[Windows]) -> Iterator[FloatArray]:
        for windows in blocks:
            found = self._products.of(windows.read(frame))
            yield np.asarray(np.abs(found, out=found) if self.layer.signed else found).reshape(-1)


@lru_cache(maxsize=4)
def first_look_for(layer: Layer, shape: tuple[int, ...]) -> FirstLook:
    """The look for such frames, of which the latest are kept."""
    return FirstLook(layer, shape)


def _best(layer: Layer, shape: tuple[int, ...]) -> tuple[int, int, bool]:
    """(pixels in a run, runs, whether the frame becomes gray as a whole): what tells most for its time."""
    colour = len(shape) == 3
    height, width = layer.output_hw(shape)
    found = []
    for run in lengths_for(layer, width):
        for gray in (False, True) if colour and layer.bank.channels == 1 else (False,):
            ready_ns = shape[0] * shape[1] * GRAYED_NS if gray else 0.0
            each_ns = run_ns(layer, shape, run, gray=gray)
            least = max(-(-LEAST_PIXELS // run), height)  # in every row
            most = min(3 * LEAST_PIXELS, height * width) // run
            runs = max(least, min(most, int((LOOK_NS - ready_ns) / each_ns)))
            over_ns = max(0.0, runs * each_ns + ready_ns - LOOK_NS)
            found.append((-over_ns, runs * math.sqrt(run), run, runs, gray))
    _, _, run, runs, gray = max(found)
    return run, runs, gray


@lru_cache(maxsize=4)
def _places(height: int, width: int, run: int, runs: int) -> tuple[Indices, Indices]:
    """(y, x) of each run's first pixel, row by row: at least one in each row."""
    cells = min(width - run + 1, -(-runs // height))
    columns = columns_spread(height, width - run + 1, cells).reshape(-1)
    # There are too many: some are left out, evenly, never two that follow each other.
    chosen = np.arange(min(runs, columns.size)) * columns.size // min(runs, columns.size)
    return chosen // cells, columns[chosen]


@lru_cache(maxsize=4)
def _windows(
    geometry: ConvGeometry, frame_hw: tuple[int, int], run: int, runs: int, block: int
) -> tuple[list[Windows], list[Windows]]:
    """The pilot's runs, and the others, a few at a time."""
    y, x = _places(*geometry.output_hw(frame_hw), run, runs)
    read = read_by(geometry, run)
    pilot = np.arange(y.size) % PILOT == 0
    pixels = block * math.prod(read.taps_hw)
    looked, others = (list(windows_at(read, frame_hw, y[of], x[of], pixels)) for of in (pilot, ~pilot))
    return looked, others
