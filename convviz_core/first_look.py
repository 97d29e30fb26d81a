"""A picture's responses at enough pixels to know auto's limit at once: the first picture is shown in what it finds.

The pixels lie in small patches, which share most of what they read: so many cost a fraction of what they would alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import NamedTuple, TypeVar

import cv2
import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.geometry import ConvGeometry
from convviz_core.gray import check_picture, to_gray
from convviz_core.layer import Activation, Layer
from convviz_core.patches import PATCHES, PatchHW, fitting, patch_ns, read_by, weights_in
from convviz_core.products import Products, scaled_bias, scaled_weights
from convviz_core.ranges import fixed_limit
from convviz_core.sampling import LEAST_PIXELS, contiguous
from convviz_core.two_cores import on_two_cores, ready
from convviz_core.windows import Indices, Windows, columns_spread, windows_at

LOOK_NS = 500_000.0  # what a look may cost by the figures in patches.py, unless that is less than LEAST_PIXELS
GRAYED_NS = 0.1  # a pixel of a frame that becomes gray as a whole
HELPED_NS = 600_000.0  # from this cost on another core helps
BLOCK = 1 << 17  # pixels of a piece's windows, so that they stay in the cache
PIECE_NS = 200_000.0  # the two take turns at Python: smaller pieces would make them wait for each other
FEW = 1 << 17  # responses, of which all are kept
PILOT = 16  # of more, one patch in so many is looked at before, to know from which size on they are kept
_ASKED, _LEAST_KEPT, _PILOTS_LEAST = 2.5, 1.25, 8


Answer = TypeVar("Answer")


class Found(NamedTuple):
    """Of `seen` responses `counted` are something, and `largest`, float32 (n,), are the largest of them."""

    seen: int
    counted: int
    largest: FloatArray


class _Choice(NamedTuple):
    """How a layer is looked at. gray: whether the frame becomes gray as a whole before; cost_ns: the patches' alone."""

    patch_hw: PatchHW
    patches: int
    gray: bool
    cost_ns: float


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
        chosen = _best(layer, self._shape)
        self.patch_hw, self._whole_gray = chosen.patch_hw, chosen.gray
        gray = self._whole_gray or len(shape) == 2
        bias = scaled_bias(layer, self.fixed_limit)
        weights = weights_in(scaled_weights(layer, self.fixed_limit, gray=gray), layer.geometry, self.patch_hw)
        tiled = None if bias is None else np.tile(bias, math.prod(self.patch_hw))
        self._products = Products(layer.bank.channels, weights, tiled)
        self._helped = chosen.cost_ns > HELPED_NS and cv2.getNumberOfCPUs() > 1
        if self._helped:
            ready()
        read = math.prod(read_by(layer.geometry, self.patch_hw).taps_hw) * (3 if layer.bank.channels == 3 else 1)
        pieces = 2 * math.ceil(max(chosen.cost_ns / PIECE_NS, chosen.patches * read / BLOCK) / 2)
        block = max(1, chosen.patches // pieces // self._products.step) * self._products.step
        self.y, self.x = _places(height, width, self.patch_hw, chosen.patches)
        pilot = PILOT if chosen.patches * weights.shape[1] > FEW else 0
        self._pilot, self._rest = _windows(layer.geometry, self._shape[:2], self.patch_hw, chosen.patches, block, pilot)

    def found(self, frame: ByteArray, nothing: float, one_in: int) -> Found:
        """What the responses amount to, |v| in units of the fixed limit; v itself where ReLU follows.

        nothing: up to this size they do not count. one_in: of those that count, one in so many, or more, is in
        `largest`. Errors: TypeError, ValueError for a frame that it is not for.
        """
        check_picture(frame)
        if frame.shape != self._shape:
            raise ValueError(f"this look is for frames of shape {self._shape}, got {frame.shape}")
        frame = to_gray(frame) if self._whole_gray else contiguous(frame)
        if not self._pilot:
            return self._above(frame, [], nothing, -math.inf)
        pilot = np.concatenate(self._done([partial(self._sizes, frame, windows) for windows in self._pilot]))
        counted = np.count_nonzero(pilot > nothing)
        kept = min(pilot.size, math.ceil(_ASKED * counted / one_in) + _PILOTS_LEAST)
        level = float(np.partition(pilot, pilot.size - kept)[pilot.size - kept])
        for least in (level, level / 4):
            found = self._above(frame, [pilot], nothing, least)
            if found.largest.size >= min(math.ceil(_LEAST_KEPT * found.counted / one_in), found.seen):
                return found
        return self._above(frame, [pilot], nothing, -math.inf)  # the pilot has seen nothing of what there is

    def _above(self, frame: ByteArray, seen: list[FloatArray], nothing: float, level: float) -> Found:
        """largest: all that reach `level`, of what has been seen and the others."""

        def counted(windows: Windows) -> Found:
            return _counted(self._sizes(frame, windows), nothing, level)

        parts = [_counted(sizes, nothing, level) for sizes in seen]
        parts += self._done([partial(counted, windows) for windows in self._rest])
        looked_at, something, largest = zip(*parts, strict=True)
        return Found(sum(looked_at), sum(something), np.concatenate(largest))

    def _done(self, pieces: Sequence[Callable[[], Answer]]) -> list[Answer]:
        return on_two_cores(pieces) if self._helped else [piece() for piece in pieces]

    def _sizes(self, frame: ByteArray, windows: Windows) -> FloatArray:
        found = self._products.of(windows.read(frame))
        return np.asarray(np.abs(found, out=found) if self.layer.signed else found).reshape(-1)


def _counted(sizes: FloatArray, nothing: float, level: float) -> Found:
    largest = sizes if level == -math.inf else sizes[np.flatnonzero(sizes >= level)]
    return Found(sizes.size, int(np.count_nonzero(sizes > nothing)), largest)


@lru_cache(maxsize=4)
def first_look_for(layer: Layer, shape: tuple[int, ...]) -> FirstLook:
    """The look for such frames, of which the latest are kept."""
    return FirstLook(layer, shape)


def _best(layer: Layer, shape: tuple[int, ...]) -> _Choice:
    """What tells most for its time."""
    colour = len(shape) == 3
    height, width = layer.output_hw(shape)
    found = []
    for patch in fitting(PATCHES, layer, (height, width)):
        for gray in (False, True) if colour and layer.bank.channels == 1 else (False,):
            ready_ns = shape[0] * shape[1] * GRAYED_NS if gray else 0.0
            each_ns, pixels = patch_ns(layer, shape, patch, gray=gray), math.prod(patch)
            least = max(
                -(-LEAST_PIXELS // pixels), -(-height // patch[0]), -(-width // patch[1])
            )  # in every row, column
            most = min(3 * LEAST_PIXELS, height * width) // pixels
            patches = max(least, min(most, int((LOOK_NS - ready_ns) / each_ns)))
            cost_ns = patches * each_ns
            over_ns = max(0.0, cost_ns + ready_ns - LOOK_NS)
            found.append((-over_ns, patches * math.sqrt(pixels), _Choice(patch, patches, gray, cost_ns)))
    return max(found)[2]


@lru_cache(maxsize=4)
def _places(height: int, width: int, patch_hw: PatchHW, patches: int) -> tuple[Indices, Indices]:
    """(y, x) of each patch's first pixel, row by row: the maps are cut in such patches, of which these are some."""
    rows, columns = -(-height // patch_hw[0]), -(-width // patch_hw[1])
    cells = min(columns, -(-patches // rows))
    column = columns_spread(rows, columns, cells).reshape(-1)
    # There are too many: some are left out, evenly, never two that follow each other.
    chosen = np.arange(min(patches, column.size)) * column.size // min(patches, column.size)
    y, x = chosen // cells * patch_hw[0], column[chosen] * patch_hw[1]
    return np.minimum(y, height - patch_hw[0]), np.minimum(x, width - patch_hw[1])  # the last ones reach back


@lru_cache(maxsize=4)
def _windows(
    geometry: ConvGeometry, frame_hw: tuple[int, int], patch_hw: PatchHW, patches: int, block: int, pilot: int
) -> tuple[list[Windows], list[Windows]]:
    """One in `pilot` patches, and the others, a few at a time; none in 0."""
    y, x = _places(*geometry.output_hw(frame_hw), patch_hw, patches)
    read = read_by(geometry, patch_hw)
    first = np.zeros(y.size, bool)
    if pilot:
        first[::pilot] = True
    pixels = block * math.prod(read.taps_hw)
    looked, others = (list(windows_at(read, frame_hw, y[of], x[of], pixels)) for of in (first, ~first))
    return looked, others
