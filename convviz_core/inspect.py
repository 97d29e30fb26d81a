"""The arithmetic of one output pixel: the patch under the kernel, the products, their sum, the byte shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engines.api import check_request
from convviz_core.filters.bank import FilterBank
from convviz_core.gray import to_planes, to_unit
from convviz_core.layer import Layer, RangeMode
from convviz_core.mosaic import MosaicGrid
from convviz_core.ranges import Limits, fixed_limits, flat_byte, flat_spans


@dataclass(frozen=True, eq=False)
class Inspection:
    """Why pixel (y, x) of a map is as bright as it is.

    patch, kernel, products: float32 (kh, kw), or (3, kh, kw) in R, G, B order for a bank that reads colour;
    patch is in [0, 1], products = patch * kernel. response is the sum of the products and activated its ReLU,
    in the units of weights x [0, 1]: summed in float64 and rounded to float32, so that they differ from an
    engine's only by the rounding of its own order of summing. byte: as in the mosaic.
    """

    patch: FloatArray
    kernel: FloatArray
    products: FloatArray
    response: float
    activated: float
    byte: int


def receptive_field(bank: FilterBank, y: int, x: int) -> tuple[slice, slice]:
    """The rows and columns of the frame that pixel (y, x) of a map reads: frame[receptive_field(bank, y, x)].

    The field starts at the pixel of the same coordinates, since the maps are the valid region only. Its middle
    is (y + (kh - 1) / 2, x + (kw - 1) / 2), between two pixels where a side is even.
    """
    height, width = bank.kernel_hw
    return slice(y, y + height), slice(x, x + width)


def inspect_pixel(
    frame: ByteArray, layer: Layer, index: int, y: int, x: int, limits: Limits | None = None
) -> Inspection:
    """The arithmetic of pixel (y, x) of map `index`.

    frame: uint8 (H, W) gray or (H, W, 3) BGR, any strides; only the patch is read. limits: the lo and hi that
    the map is shown with (a row of Result.ranges); None takes the layer's fixed range.
    Errors: IndexError where there is no such pixel, FrameSizeError, TypeError or ValueError for a wrong frame, layer
    or limits.
    """
    map_hw = check_request(frame, layer)
    bank = layer.bank
    MosaicGrid(len(bank), map_hw).mosaic_pixel(index, y, x)  # IndexError outside
    levels = to_planes(frame[receptive_field(bank, y, x)], bank.channels)
    patch, kernel = to_unit(levels), bank.kernels[index]
    products = patch.astype(np.float64) * kernel
    total = float((levels * kernel.astype(np.float64)).sum())  # 255 times the response; exact for whole weights
    with np.errstate(over="ignore"):  # huge weights overflow float32 in every engine
        response = np.float32(total / 255)
        rounded = products.astype(np.float32)
    activated = max(response, np.float32(0))
    byte = _byte(layer, index, total if layer.signed else max(total, 0.0), limits)
    if bank.channels == 1:
        patch, kernel, rounded = patch[0], kernel[0], rounded[0]
    return Inspection(patch, kernel, rounded, float(response), float(activated), byte)


def _byte(layer: Layer, index: int, total: float, limits: Limits | None) -> int:
    """round(255 (v - lo) / (hi - lo)), halves up, of v = total / 255; a half of whole weights is exactly one."""
    lo, hi = fixed_limits(layer) if limits is None else limits
    if not (lo < hi or (lo == hi and layer.range == RangeMode.FRAME)):  # a flat map's limits are equal
        raise ValueError(f"limits are lo and hi, want lo below hi, got {lo} and {hi}")
    ends = np.array([lo, hi], np.float32)
    if layer.range == RangeMode.FRAME and ends[1] - ends[0] <= flat_spans(layer.bank)[index]:
        return flat_byte(layer)
    low, high = ends.astype(np.float64).tolist()
    return int(min(max(np.floor((total - 255.0 * low) / (high - low) + 0.5), 0), 255))
