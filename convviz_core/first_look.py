"""A picture's responses at enough pixels to know auto's limit at once: the first picture is shown in what it finds.

The pixels lie in small patches, which share most of what they read: so many cost a fraction of what they would alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from typing import NamedTuple, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.difference import Difference, align
from convviz_core.gray import check_picture, to_gray
from convviz_core.layer import Activation, Layer
from convviz_core.patches import PATCHES, PatchHW, fitting, patch_ns, read_by, weights_in
from convviz_core.places import places, spread
from convviz_core.products import Products, scaled_bias, scaled_weights
from convviz_core.ranges import fixed_limit
from convviz_core.sampling import contiguous
from convviz_core.two_cores import on_two_cores, ready
from convviz_core.windows import Indices, Windows, windows_at

GRAYED_NS = 0.1  # a pixel of a frame that becomes gray as a whole
HELPED_NS = 800_000.0  # from this cost on another core helps: it takes a while to come, and more where it is busy
BLOCK = 1 << 18  # pixels of a piece's windows, so that they stay in the cache
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


class LaidOut(NamedTuple):
    """What is looked at: layers, each with the map pixel that the first common one is there; maps, of (h, w)."""

    layers: list[tuple[Layer, tuple[int, int]]]
    maps: int
    hw: tuple[int, int]
    limit: float


def lay_out(shown: Layer | Difference, shape: tuple[int, ...]) -> LaidOut:
    """Errors: FrameSizeError, NotAlignedError."""
    if isinstance(shown, Layer):
        limit = fixed_limit(shown.weights, Activation(shown.activation))
        return LaidOut([(shown, (0, 0))], shown.bank.own, shown.output_hw(shape), limit)
    lying = align(shown.live, shown.kept, shape)
    layers = [(shown.live, lying.live_yx), (shown.kept, lying.kept_yx)]
    return LaidOut(layers, lying.count, lying.hw, shown.fixed_limit)


class _Choice(NamedTuple):
    """How a layer is looked at. gray: whether the frame becomes gray as a whole before; cost_ns: the patches' alone."""

    patch_hw: PatchHW
    patches: int
    gray: bool
    cost_ns: float


class _Side:
    """One layer's part in a look: its responses, in units of `limit`, from map pixel `corner_yx` on."""

    def __init__(
        self, layer: Layer, corner_yx: tuple[int, int], limit: float, patch_hw: PatchHW, *, gray: bool
    ) -> None:
        """gray: whether frames are."""
        self.layer, self._corner_yx = layer, corner_yx
        self._read = read_by(layer.geometry, patch_hw)
        weights = weights_in(scaled_weights(layer, limit, gray=gray), layer.geometry, patch_hw)
        bias = scaled_bias(layer, limit)
        self.products = Products(
            layer.bank.channels, weights, None if bias is None else np.tile(bias, math.prod(patch_hw))
        )
        self.pixels = math.prod(self._read.taps_hw)  # of a window

    def windows(self, frame_hw: tuple[int, int], y: Indices, x: Indices, block: int) -> Iterator[Windows]:
        """Of patches, so many at a time."""
        top, left = self._corner_yx
        return windows_at(self._read, frame_hw, y + top, x + left, block * self.pixels)

    def responses(self, frame: ByteArray, windows: Windows) -> FloatArray:
        """(patches, patch * N), before the activation."""
        return self.products.of(windows.read(frame))


class FirstLook:
    """A layer's responses on frames of one shape, at LEAST_PIXELS of every map or more, on every row and column.

    A difference is looked at in the same way, where neither layer has padding (see can_look_at).
    """

    def __init__(self, shown: Layer | Difference, shape: tuple[int, ...]) -> None:
        """shape: the frames', (H, W) or (H, W, 3). Errors: FrameSizeError, NotAlignedError."""
        self._shape, self._signed = tuple(shape), shown.signed
        laid, chosen = _chosen(shown, self._shape)
        self._maps = laid.maps
        self.patch_hw, self._whole_gray = chosen.patch_hw, chosen.gray
        gray = self._whole_gray or len(shape) == 2
        self._sides = [_Side(layer, corner, laid.limit, self.patch_hw, gray=gray) for layer, corner in laid.layers]
        self._helped = chosen.cost_ns > HELPED_NS and cv2.getNumberOfCPUs() > 1
        if self._helped:
            ready()
        self.y, self.x = places(*laid.hw, self.patch_hw, chosen.patches)
        first = np.zeros(self.y.size, bool)
        if self.y.size * math.prod(self.patch_hw) * self._maps > FEW:
            first[::PILOT] = True
        block = self._block(chosen)
        self._pilot, self._rest = self._windows(first, block), self._windows(~first, block)

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

        def counted(windows: tuple[Windows, ...]) -> Found:
            return _counted(self._sizes(frame, windows), nothing, level)

        parts = [_counted(sizes, nothing, level) for sizes in seen]
        parts += self._done([partial(counted, windows) for windows in self._rest])
        looked_at, something, largest = zip(*parts, strict=True)
        return Found(sum(looked_at), sum(something), np.concatenate(largest))

    def _done(self, pieces: Sequence[Callable[[], Answer]]) -> list[Answer]:
        return on_two_cores(pieces) if self._helped else [piece() for piece in pieces]

    def _sizes(self, frame: ByteArray, windows: tuple[Windows, ...]) -> FloatArray:
        shown = [side.responses(frame, some) for side, some in zip(self._sides, windows, strict=True)]
        found = shown[0] if len(shown) == 1 else self._difference(shown)
        return np.asarray(np.abs(found, out=found) if self._signed else found).reshape(-1)

    def _difference(self, shown: list[FloatArray]) -> FloatArray:
        live, kept = (
            (found if side.layer.signed else np.maximum(found, 0, out=found)).reshape(-1, side.layer.bank.own)
            for side, found in zip(self._sides, shown, strict=True)
        )
        return np.asarray(live[:, : self._maps] - kept[:, : self._maps])

    def _block(self, chosen: _Choice) -> int:
        """How many patches make a piece."""
        read = chosen.patches * max(side.pixels * side.layer.bank.channels for side in self._sides)
        pieces = 2 * math.ceil(max(chosen.cost_ns / PIECE_NS, read / BLOCK) / 2)
        step = self._sides[0].products.step
        return max(1, chosen.patches // pieces // step) * step

    def _windows(self, chosen: NDArray[np.bool_], block: int) -> list[tuple[Windows, ...]]:
        """Every side's, of some of the patches, a few at a time."""
        height, width = self._shape[:2]
        of = (side.windows((height, width), self.y[chosen], self.x[chosen], block) for side in self._sides)
        return list(zip(*of, strict=True))


def _counted(sizes: FloatArray, nothing: float, level: float) -> Found:
    largest = sizes if level == -math.inf else sizes[np.flatnonzero(sizes >= level)]
    return Found(sizes.size, int(np.count_nonzero(sizes > nothing)), largest)


def look_ns(shown: Layer | Difference, shape: tuple[int, ...]) -> float:
    """What a look costs, about, on one core."""
    return _chosen(shown, shape)[1].cost_ns


@lru_cache(maxsize=2)
def _chosen(shown: Layer | Difference, shape: tuple[int, ...]) -> tuple[LaidOut, _Choice]:
    """Kept, since who looks is decided by what numpy's look would cost."""
    laid = lay_out(shown, shape)
    return laid, _best(laid, shape)


def _best(laid: LaidOut, shape: tuple[int, ...]) -> _Choice:
    """What tells most for its time."""
    layers = [layer for layer, _ in laid.layers]
    can_be_gray = len(shape) == 3 and all(layer.bank.channels == 1 for layer in layers)
    found = []
    for patch in fitting(PATCHES, layers, laid.hw):
        for gray in (False, True) if can_be_gray else (False,):
            ready_ns = shape[0] * shape[1] * GRAYED_NS if gray else 0.0
            each_ns = sum(patch_ns(layer, shape, patch, gray=gray) for layer in layers)
            far = spread(laid.hw, patch, each_ns, spent_ns=ready_ns)
            found.append((far, _Choice(patch, far.patches, gray, far.patches * each_ns)))
    return max(found, key=lambda pair: pair[0])[1]
