"""The arithmetic of one output pixel: the patch under the kernel, the products, their sum, the byte shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.geometry import OUTSIDE, Box
from convviz_core.gray import to_planes, to_unit
from convviz_core.layer import Layer, check_frame, check_layer
from convviz_core.models.layer import ModelLayer
from convviz_core.mosaic import MosaicGrid
from convviz_core.ranges import Limits, bank_ranges, fixed_limits, flat_byte, flat_spans


@dataclass(frozen=True, eq=False)
class Inspection:
    """Why pixel (y, x) of a map is as bright as it is.

    patch, kernel, products: float32 (kh, kw), or (3, kh, kw) in R, G, B order for a bank that reads colour;
    patch is in [0, 1], padding included, products = patch * kernel. response is the sum of the products and the bias,
    and activated its ReLU, in the units of weights x [0, 1]: summed in float64 and rounded to float32, so that they
    differ from an engine's only by the rounding of its own order of summing. byte: as in the mosaic. bias: what is
    added to the sum of the products; None where the layer adds none. outside: bool (kh, kw), the padding in the patch.
    """

    patch: FloatArray
    kernel: FloatArray
    products: FloatArray
    response: float
    activated: float
    byte: int
    bias: float | None = None
    outside: NDArray[np.bool_] | None = None


def receptive_field(layer: Layer | ModelLayer, input_hw: tuple[int, int], y: int, x: int) -> Box | None:
    """The rows and columns of an input of (H, W) that pixel (y, x) of a map reads: (top, left, bottom, right).

    bottom and right are exclusive. None where nothing but padding is read. For a model's layer, the input is what goes
    into the model, and None is also where it is not known (see models/probing.py); the first time for a layer and a
    size, the model runs some hundred times. Errors: IndexError where there is no such pixel, FrameSizeError,
    ModelError, TypeError.
    """
    if isinstance(layer, ModelLayer):
        _check_whole(y=y, x=x)
        return layer.model.receptive_field(layer.name, input_hw, y, x)
    check_layer(layer)
    _check_whole(y=y, x=x)
    map_h, map_w = layer.geometry.output_hw(input_hw)
    if not (0 <= y < map_h and 0 <= x < map_w):
        raise IndexError(f"no pixel (y {y}, x {x}) in maps of {map_h}x{map_w}")
    return layer.geometry.receptive_field(input_hw, y, x)


def inspect_pixel(
    frame: ByteArray, layer: Layer, index: int, y: int, x: int, limits: Limits | None = None, *, own: bool = False
) -> Inspection:
    """The arithmetic of pixel (y, x) of map `index`.

    frame: uint8 (H, W) gray or (H, W, 3) BGR, any strides; only the patch is read. limits: the lo and hi that
    the map is shown with (a row of Result.ranges); None takes the layer's fixed range. own: these are the map's own
    extremes, as in frame mode, where a flat map is one byte.
    Errors: IndexError where there is no such pixel, FrameSizeError, TypeError or ValueError for a wrong frame, layer
    or limits.
    """
    map_hw = check_frame(frame, layer)
    _check_whole(index=index, y=y, x=x)
    bank = layer.bank
    MosaicGrid(len(bank), map_hw).mosaic_pixel(index, y, x)  # IndexError outside
    levels = _read(frame, layer, y, x)
    patch, kernel = to_unit(levels), bank.kernels[index]
    products = patch.astype(np.float64) * kernel
    bias = float(bank.bias[index]) if layer.bias and bank.bias is not None else None
    # 255 times the response; exact for whole weights.
    total = float((levels * kernel.astype(np.float64)).sum()) + 255 * (bias or 0.0)
    with np.errstate(over="ignore"):  # huge weights overflow float32 in every engine
        response = np.float32(total / 255)
        rounded = products.astype(np.float32)
    activated = max(response, np.float32(0))
    byte = _byte(layer, index, total if layer.signed else max(total, 0.0), limits, own)
    if bank.channels == 1:
        patch, kernel, rounded = patch[0], kernel[0], rounded[0]
    outside = layer.geometry.outside((frame.shape[0], frame.shape[1]), y, x)
    return Inspection(patch, kernel, rounded, float(response), float(activated), byte, bias, outside)


def responses(frame: ByteArray, layer: Layer, indices: Sequence[int], part: Box) -> FloatArray:
    """The responses of some maps in a part of them, before the activation: float32 (n, h, w), as inspect_pixel's.

    frame: uint8 (H, W) gray or (H, W, 3) BGR; only what they read is read. part: of the maps, bottom and right
    exclusive. Errors: IndexError where the maps do not reach so far, and as inspect_pixel.
    """
    height, width = check_frame(frame, layer)
    if not (0 <= part.top < part.bottom <= height and 0 <= part.left < part.right <= width):
        raise IndexError(f"no part {tuple(part)} in maps of {height}x{width}")
    rows = layer.geometry.rows_read(frame.shape[0], np.arange(part.top, part.bottom)[:, None])
    columns = layer.geometry.columns_read(frame.shape[1], np.arange(part.left, part.right)[:, None])
    top, left = max(int(rows.min()), 0), max(int(columns.min()), 0)
    bottom, right = max(int(rows.max()), top) + 1, max(int(columns.max()), left) + 1  # one pixel where all is padding
    planes = to_planes(frame[top:bottom, left:right], layer.bank.channels)
    # A row and a column of zeros behind the others, at -1, for what padding adds.
    planes = np.pad(planes, ((0, 0), (0, 1), (0, 1))).astype(np.float64)
    rows, columns = (np.where(read == OUTSIDE, -1, read - first) for read, first in ((rows, top), (columns, left)))
    kernels = layer.bank.kernels[list(indices)].astype(np.float64).reshape(len(indices), -1)
    total = np.empty((len(indices), rows.shape[0], columns.shape[0]))
    for y, read in enumerate(rows):
        patches = planes[:, read[:, None, None], columns.T]  # channel, kernel row, kernel column, x
        total[:, y] = kernels @ patches.reshape(-1, columns.shape[0])
    total += 255 * _biases(layer)[list(indices), None, None]
    with np.errstate(over="ignore"):
        return np.asarray(total / 255, np.float32)


def answers_at(
    frame: ByteArray, layer: Layer, y: int, x: int, ranges: FloatArray, *, own: bool = False
) -> tuple[FloatArray, ByteArray]:
    """Pixel (y, x) of every map: responses before the activation, float32 (N,), and bytes, uint8 (N,).

    As inspect_pixel has them one by one. ranges: float32 (N, 2), as Result.ranges. Errors: as inspect_pixel.
    """
    map_h, map_w = check_frame(frame, layer)
    _check_whole(y=y, x=x)
    if not (0 <= y < map_h and 0 <= x < map_w):
        raise IndexError(f"no pixel (y {y}, x {x}) in maps of {map_h}x{map_w}")
    totals = (_read(frame, layer, y, x) * layer.bank.kernels.astype(np.float64)).sum(axis=(1, 2, 3))
    totals += 255 * _biases(layer)
    with np.errstate(over="ignore"):
        found = np.asarray(totals / 255, np.float32)
    shown = totals if layer.signed else np.maximum(totals, 0)
    flat = flat_spans(layer.bank) if own else None
    return found, _bytes(layer, shown, np.asarray(ranges[: len(found)], np.float32), flat)


def _read(frame: ByteArray, layer: Layer, y: int, x: int) -> ByteArray:
    """The pixels under the kernel, those of the padding included: uint8 (C, kh, kw)."""
    rows = layer.geometry.rows_read(frame.shape[0], y)
    columns = layer.geometry.columns_read(frame.shape[1], x)
    levels = to_planes(frame[np.ix_(rows, columns)], layer.bank.channels).copy()
    levels[:, rows == OUTSIDE] = 0
    levels[:, :, columns == OUTSIDE] = 0
    return levels


def _biases(layer: Layer) -> AnyArray:
    """float64 (N,), 0 where the layer adds none."""
    bias = layer.weights.bias
    return np.zeros(len(layer.bank)) if bias is None else bias.astype(np.float64)


def _check_whole(**numbers: object) -> None:
    for name, number in numbers.items():
        if not isinstance(number, int | np.integer):
            raise TypeError(f"{name} is a whole number, got {number!r}")


def _byte(layer: Layer, index: int, total: float, limits: Limits | None, own: bool) -> int:
    lo, hi = fixed_limits(layer) if limits is None else limits
    if not (lo < hi or (lo == hi and own)):  # a flat map's limits are equal
        raise ValueError(f"limits are lo and hi, want lo below hi, got {lo} and {hi}")
    flat = flat_spans(layer.bank)[index : index + 1] if own else None
    return int(_bytes(layer, np.array([total]), bank_ranges(1, (lo, hi)), flat)[0])


def _bytes(layer: Layer, totals: AnyArray, ranges: FloatArray, flat: FloatArray | None) -> ByteArray:
    """round(255 (v - lo) / (hi - lo)), halves up, of v = total / 255; a half of whole weights is exactly one.

    totals: float64 (n,). ranges: float32 (n, 2). flat: float32 (n,), the spans up to which a map is one byte.
    """
    low, high = ranges.astype(np.float64).T
    is_flat = np.zeros(len(totals), bool) if flat is None else ranges[:, 1] - ranges[:, 0] <= flat
    levels = np.floor((totals - 255.0 * low) / np.where(high > low, high - low, 1.0) + 0.5)
    return np.asarray(np.where(is_flat, flat_byte(layer), np.clip(levels, 0, 255)), np.uint8)
