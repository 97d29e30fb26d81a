"""A picture's responses at enough pixels to know auto's limit at once: the first picture is shown in what it finds.

The pixels lie in short runs, which share most of what they read: so many cost a fraction of what they would alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.geometry import ConvGeometry
from convviz_core.gray import check_picture, to_gray
from convviz_core.layer import Activation, Layer
from convviz_core.ranges import fixed_limit
from convviz_core.sampling import (
    LEAST_PIXELS,
    PRODUCTS_AT_ONCE,
    Products,
    contiguous,
    scaled_bias,
    scaled_weights,
)
from convviz_core.windows import BLOCK_PIXELS, columns_spread, windows_at

LOOK_NS = 480_000.0  # what a look may cost by the figures below, unless that is less than LEAST_PIXELS
RUNS = (2, 3, 4, 6, 8)  # pixels; two of a run tell as much as 1.4 that lie apart: photographs, the built-in banks
# Measured on one core of a server: a window's row, in the cache and in a frame too large for it, one of its pixels,
# from colour and from gray, one product, one response.
ROW_NS, FAR_ROW_NS, PIXEL_NS, GRAY_PIXEL_NS, PRODUCT_NS, RESPONSE_NS = 3.0, 14.0, 0.45, 0.1, 0.02, 0.45
NEAR_BYTES = 1 << 23
GRAYED_NS = 0.1  # a pixel of a frame that becomes gray as a whole
HEAVY = 1 << 13  # so many weights cost more to lay out for each step than to multiply by: there the steps are larger,
HEAVY_AT_ONCE = 1 << 21  # and numpy's BLAS takes two threads, for this one picture
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
        self._read = _of_runs(layer.geometry, run)
        columns = columns_spread(height, width - run + 1, min(width - run + 1, -(-runs // height)))
        self._y, self._x = np.repeat(np.arange(height), columns.shape[1]), columns.reshape(-1)
        weights = scaled_weights(layer, self.fixed_limit, gray=gray)
        bias = scaled_bias(layer, self.fixed_limit)
        weights = _in_runs(weights, layer.geometry, run)
        at_once = PRODUCTS_AT_ONCE if weights.size < HEAVY else HEAVY_AT_ONCE
        self._products = Products(layer.bank.channels, weights, None if bias is None else np.tile(bias, run), at_once)

    def found(self, frame: ByteArray, nothing: float, one_in: int) -> Found:
        """What the responses amount to, |v| in units of the fixed limit; v itself where ReLU follows.

        nothing: up to this size they do not count. one_in: of those that count, one in so many, or more, is in
        `largest`. Errors: TypeError, ValueError for a frame that it is not for.
        """
        check_picture(frame)
        if frame.shape != self._shape:
            raise ValueError(f"this look is for frames of shape {self._shape}, got {frame.shape}")
        frame = to_gray(frame) if self._whole_gray else contiguous(frame)
        pilot = np.concatenate(list(self._sizes(frame, PILOT)))
        counted = np.count_nonzero(pilot > nothing)
        kept = min(pilot.size, math.ceil(_ASKED * counted / one_in) + _PILOTS_LEAST)
        level = float(np.partition(pilot, pilot.size - kept)[pilot.size - kept])
        while True:
            found = self._above(frame, nothing, level)
            if found.largest.size >= min(math.ceil(_LEAST_KEPT * found.counted / one_in), found.seen):
                return found
            level = level / 2 if level > nothing else -math.inf

    def _above(self, frame: ByteArray, nothing: float, level: float) -> Found:
        """largest: all that reach `level`."""
        seen = counted = 0
        largest = []
        for sizes in self._sizes(frame):
            seen, counted = seen + sizes.size, counted + int(np.count_nonzero(sizes > nothing))
            largest.append(sizes[np.flatnonzero(sizes >= level)])
        return Found(seen, counted, np.concatenate(largest))

    def _sizes(self, frame: ByteArray, one_in: int = 1) -> Iterator[FloatArray]:
        """Those of one run in so many, a few at a time: what is in the cache is fast, and no new memory is."""
        y, x, block = self._y[::one_in], self._x[::one_in], BLOCK_PIXELS << (self._products.at_once > PRODUCTS_AT_ONCE)
        for windows in windows_at(self._read, (frame.shape[0], frame.shape[1]), y, x, block):
            found = self._products.of(windows.read(frame))
            yield np.asarray(np.abs(found, out=found) if self.layer.signed else found).reshape(-1)


@lru_cache(maxsize=4)
def first_look_for(layer: Layer, shape: tuple[int, ...]) -> FirstLook:
    """The look for such frames, of which the latest are kept."""
    return FirstLook(layer, shape)


def _best(layer: Layer, shape: tuple[int, ...]) -> tuple[int, int, bool]:
    """(pixels in a run, runs, whether the frame becomes gray as a whole): what tells most for its time."""
    kernel_h, kernel_w = layer.bank.kernel_hw
    maps, colours = layer.bank.own, shape[2] if len(shape) == 3 else 1
    row_ns = ROW_NS if math.prod(shape) <= NEAR_BYTES else FAR_ROW_NS
    height, width = layer.output_hw(shape)
    found = []
    for run in _runs_for(layer, width):
        pixels = kernel_h * (kernel_w + (run - 1) * layer.geometry.stride_yx[1])
        depth = colours if layer.bank.channels == 3 else 1
        each_ns = kernel_h * row_ns + (pixels * depth * PRODUCT_NS + RESPONSE_NS) * run * maps
        for gray in (False, True) if colours == 3 and layer.bank.channels == 1 else (False,):
            pixel_ns = GRAY_PIXEL_NS if gray or colours == 1 else PIXEL_NS
            ready_ns = shape[0] * shape[1] * GRAYED_NS if gray else 0.0
            run_ns = each_ns + pixels * pixel_ns
            least, most = -(-LEAST_PIXELS // run), min(3 * LEAST_PIXELS, height * width) // run
            runs = max(least, min(most, int((LOOK_NS - ready_ns) / run_ns)))
            over_ns = max(0.0, runs * run_ns + ready_ns - LOOK_NS)
            found.append((-over_ns, runs * math.sqrt(run), run, runs, gray))
    _, _, run, runs, gray = max(found)
    return run, runs, gray


def _of_runs(geometry: ConvGeometry, run: int) -> ConvGeometry:
    """What `run` responses beside each other read, as the window of one."""
    (height, width), (_, step) = geometry.taps_hw, geometry.stride_yx
    top, _, left, _ = geometry.margins
    wide = (height, width + (run - 1) * step)
    return ConvGeometry(wide, geometry.stride, (top, left), geometry.padding_mode, geometry.dilation)


def _in_runs(weights: FloatArray, geometry: ConvGeometry, run: int) -> FloatArray:
    """(kh * kw * C, N) -> (kh * width of a run's window * C, run * N): every response of a run has its own columns."""
    (height, width), (_, step) = geometry.taps_hw, geometry.stride_yx
    kernels = weights.reshape(height, width, -1, weights.shape[1])
    wide = np.zeros((height, width + (run - 1) * step, kernels.shape[2], run, kernels.shape[3]), np.float32)
    for number in range(run):
        wide[:, number * step : number * step + width, :, number] = kernels
    return wide.reshape(-1, run * weights.shape[1])


def _runs_for(layer: Layer, width: int) -> tuple[int, ...]:
    """Runs that fit into a row of the map; what dilated kernels read beside each other is not shared."""
    return tuple(run for run in RUNS if run <= width) if layer.geometry.dilation_yx == (1, 1) else (1,)
