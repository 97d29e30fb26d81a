"""Responses at a spread part of a layer's pixels, computed straight from the frame: no engine is asked.

Each map row is cut into cells, one pixel is looked at in every cell, and its place in the cell is another in each row:
every row and every column has some, and no grating can hide between them, as it can between the points of a lattice.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.geometry import ConvGeometry
from convviz_core.gray import check_picture, dense, to_gray
from convviz_core.layer import Activation, Layer
from convviz_core.patches import RUNS, fitting, patch_ns, read_by, weights_in
from convviz_core.products import Products, scaled_bias, scaled_weights
from convviz_core.ranges import fixed_limit
from convviz_core.windows import Indices, Windows, columns_spread, side_by_side, windows_at

LEAST_PIXELS = 16_384  # of every map, or all
MOST_PIXELS = 4 * LEAST_PIXELS
MOST_PORTIONS = 192  # with more, what large kernels follow would lie seconds behind
PORTION_NS = 90_000.0  # what one portion may cost, by the figures in patches.py and RANKED_NS
RANKED_NS = 1.4  # a response's place among those of a portion
LEAST_CELLS = 8  # in each row, so that any `enough` portions reach all rows


class ResponseSampler:
    """One layer's responses on frames of one shape, at MOST_PIXELS or a few more of every map, or at all.

    They come in `portions`, each of which is spread over the maps, too, and costs about PORTION_NS; any `enough` of
    them that follow each other, round and round, are LEAST_PIXELS, or all.
    responses_in_all: of the bank's own maps, in a frame. all_ns: what all of them cost, about.
    """

    def __init__(self, layer: Layer, shape: tuple[int, ...], run: int = 1, cells: int | None = None) -> None:
        """shape: the frames', (H, W) or (H, W, 3). FrameSizeError where no response exists.

        run: pixels beside each other that are looked at together. cells: of each row; None: what MOST_PIXELS need.
        """
        self.fixed_limit = fixed_limit(layer.weights, Activation(layer.activation))
        self.layer, self._shape = layer, tuple(shape)
        height, width = layer.output_hw(self._shape)
        self.responses_in_all = height * width * layer.bank.own
        self.all_ns = height * width * patch_ns(layer, self._shape, (1, 1))
        self._run, self._cells = run, cells or cells_in(height, width)
        self.pixels = pixels = height * self._cells * run
        self.portions = _portions(layer, shape, run, height * self._cells)
        self.enough = -(-self.portions * min(LEAST_PIXELS, pixels) // min(pixels, MOST_PIXELS))
        weights = weights_in(scaled_weights(layer, self.fixed_limit, gray=len(shape) == 2), layer.geometry, (1, run))
        bias = scaled_bias(layer, self.fixed_limit)
        self._products = Products(layer.bank.channels, weights, None if bias is None else np.tile(bias, run))

    def sizes(self, frame: ByteArray, portion: int) -> FloatArray:
        """float32 (n,): |v| of the bank's own maps, in units of the fixed limit; v itself where ReLU follows.

        Errors: TypeError, ValueError for a frame that the sampler is not for.
        """
        check_picture(frame)
        if frame.shape != self._shape:
            raise ValueError(f"this sampler is for frames of shape {self._shape}, got {frame.shape}")
        return self._sizes(contiguous(frame), self._windows(portion))

    def all_sizes(self, frame: ByteArray) -> Iterator[FloatArray]:
        """As `sizes`, of every pixel of the maps, some rows at a time. For samplers of single pixels."""
        frame, (height, width) = contiguous(frame), self.layer.output_hw(self._shape)
        rows = max(1, MOST_PIXELS // width)
        for first in range(0, height, rows):
            y, x = np.divmod(np.arange(first * width, min(first + rows, height) * width), width)
            yield self._sizes(frame, tuple(windows_at(self.layer.geometry, (self._shape[0], self._shape[1]), y, x)))

    def _sizes(self, frame: ByteArray, windows: tuple[Windows, ...]) -> FloatArray:
        found = np.concatenate([self.responses(some.read(frame)) for some in windows])
        return np.asarray(np.abs(found, out=found) if self.layer.signed else found).reshape(-1)

    def prepare(self, portion: int) -> None:
        """Find the places of a portion, which are else found when it is looked at for the first time."""
        self._windows(portion)

    def _windows(self, portion: int) -> tuple[Windows, ...]:
        hw = self._shape[0], self._shape[1]
        return _windows(self.layer.geometry, hw, self._cells, self.portions, portion, self._run)

    def responses(self, pixels: ByteArray) -> FloatArray:
        """(S, N), before the activation, of what windows have read."""
        return self._products.of(pixels)


@lru_cache(maxsize=8)
def sampler_for(layer: Layer, shape: tuple[int, ...]) -> ResponseSampler:
    """The sampler for such frames, of which the latest are kept: single pixels, which tell most."""
    return ResponseSampler(layer, shape)


@lru_cache(maxsize=8)
def follower_for(layer: Layer, shape: tuple[int, ...]) -> ResponseSampler:
    """One whose portions cost little, for pictures that are followed: runs, where that is what tells most for its time.

    Where large kernels would make too many portions, it is less than from single pixels, though as many.
    """
    height, width = layer.output_hw(shape)
    if height * width < 4 * MOST_PIXELS:  # runs would lie on each other
        return sampler_for(layer, shape)
    budget_ns, found = MOST_PORTIONS * PORTION_NS, []
    for _, run in fitting(RUNS, [layer], (height, width)):
        each_ns = patch_ns(layer, shape, (1, run)) + RANKED_NS * run * layer.bank.own
        alike, least = MOST_PIXELS / math.sqrt(run), MOST_PIXELS / run  # runs that tell as much as single pixels
        cells = math.ceil(max(least, min(alike, budget_ns / each_ns)) / height)
        tells, costs = min(cells * height * math.sqrt(run), MOST_PIXELS), cells * height * each_ns
        if run == 1 or cells >= LEAST_CELLS:
            found.append((-max(costs, budget_ns), tells, -costs, run, cells))
    _, _, _, run, cells = max(found)
    return sampler_for(layer, shape) if run == 1 else ResponseSampler(layer, shape, run, cells)


def of_one_frame(sampler: ResponseSampler, frame: ByteArray) -> tuple[ResponseSampler, ByteArray]:
    """What answers the same of that frame, for who looks at many portions of it.

    A large kernel's windows have each pixel many times: the frame becomes gray as a whole then, which costs less.
    """
    layer = sampler.layer
    read = LEAST_PIXELS * layer.bank.kernel_hw[0] * layer.bank.kernel_hw[1]
    if frame.ndim == 2 or layer.bank.channels == 3 or read < 2 * frame.shape[0] * frame.shape[1]:
        return sampler, frame
    return sampler_for(layer, frame.shape[:2]), to_gray(frame)


def cells_in(height: int, width: int) -> int:
    """In how many cells each row is cut; all together are no fewer than the columns."""
    return min(width, -(-max(MOST_PIXELS, width) // height))


@lru_cache(maxsize=4 * MOST_PORTIONS)
def _windows(
    geometry: ConvGeometry, frame_hw: tuple[int, int], cells: int, portions: int, portion: int, run: int
) -> tuple[Windows, ...]:
    """The windows of a portion, in blocks; made when it is looked at for the first time, as all take long."""
    y, x = of_portion(geometry.output_hw(frame_hw), cells, portions, portion, run)
    return tuple(windows_at(read_by(geometry, (1, run)), frame_hw, y, x))


def of_portion(
    output_hw: tuple[int, int], cells: int, portions: int, portion: int, run: int = 1
) -> tuple[Indices, Indices]:
    """(y, x) of a portion's pixels, or where its runs begin, in a map whose rows are cut in so many cells.

    Its cells are those whose number and row add up to its place, or to it and a multiple of all. Portions that follow
    each other lie far apart: neighbours would be a few stripes across the picture.
    """
    height, width = output_hw
    first_rows = (_place(portion, portions) - np.arange(cells)) % portions
    cell = np.argsort(first_rows, kind="stable")
    y = (np.arange(0, height, portions)[:, None] + first_rows[cell]).reshape(-1)
    there = int(np.searchsorted(y, height))
    y, cell = y[:there], np.tile(cell, -(-height // portions))[:there]
    return y, side_by_side(columns_spread(-(-width // run), cells, y, cell), run, width)


def _place(portion: int, portions: int) -> int:
    """Each portion's own, 0.38 of all from the one before: the golden section leaves no large gap at any time."""
    step = round(portions * 0.381966)
    while math.gcd(step, portions) > 1:
        step += 1
    return portion * step % portions


def _portions(layer: Layer, shape: tuple[int, ...], run: int, runs: int) -> int:
    each_ns = patch_ns(layer, shape, (1, run)) + RANKED_NS * run * layer.bank.own
    fewest = -(-min(runs * run, MOST_PIXELS) // LEAST_PIXELS)
    return max(fewest, min(MOST_PORTIONS, math.ceil(runs * each_ns / PORTION_NS)))


def contiguous(frame: ByteArray) -> ByteArray:
    """The frame, C-contiguous."""
    if frame.flags.c_contiguous:
        return frame
    return np.ascontiguousarray(dense(frame, np.empty(frame.shape, np.uint8)))
