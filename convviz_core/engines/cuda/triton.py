"""The device's work in one pass: convolution, ReLU, bytes and tiles in one Triton kernel, with no float map in memory.

Triton comes with torch's CUDA builds for Linux; where it is not installed, importing this module raises ImportError.
A map's response is summed in float32 from the picture's bytes and divided by 255 at the end: whole-number weights stay
exact until then. Each program makes `BLOCK` pixels of one row of one map.
"""

# ruff: noqa: N803  (constants of a kernel are written in capitals, as Triton's own code does)

from __future__ import annotations

import math

import torch
import triton
import triton.language as tl
from torch import Tensor

from convviz_core.engines.cuda.kernels import (
    PackedBuffer,
    Scaling,
    WorkKey,
    bias_of,
    ranges_and_peak,
    write_numbers,
    write_tiles,
)
from convviz_core.engines.cuda.picture_padding import PicturePadding
from convviz_core.filters.bank import FilterBank
from convviz_core.layer import Activation
from convviz_core.ranges import flat_byte, flat_spans

BLOCK = 1024
MOST_TAPS = 256  # a map of more weights than that is cuDNN's: its matrix products read each pixel fewer times

# Sizes are not baked into the compiled kernel: a new window or camera size then compiles nothing.
_SIZES = ["height", "width", "picture_row", "mosaic_row", "columns"]


@triton.jit(do_not_specialize=_SIZES)  # type: ignore[untyped-decorator, unused-ignore]
def _respond(
    picture: tl.tensor,
    weights: tl.tensor,
    bias: tl.tensor,
    ranges: tl.tensor,
    flat_spans: tl.tensor,
    mosaic: tl.tensor,
    extremes: tl.tensor,
    height: tl.tensor,
    width: tl.tensor,
    picture_row: tl.tensor,
    mosaic_row: tl.tensor,
    columns: tl.tensor,
    PIXEL: tl.constexpr,
    CHANNELS: tl.constexpr,
    KERNEL_H: tl.constexpr,
    KERNEL_W: tl.constexpr,
    STRIDE_Y: tl.constexpr,
    STRIDE_X: tl.constexpr,
    DILATION_Y: tl.constexpr,
    DILATION_X: tl.constexpr,
    RELU: tl.constexpr,
    FLAT_BYTE: tl.constexpr,
    WRITE: tl.constexpr,
    MEASURE: tl.constexpr,
    BLOCK: tl.constexpr,
) -> None:
    """Program (block, y, n): its pixels of row y of map n, as bytes in the tile, their extremes, or both."""
    x = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    y = tl.program_id(1)
    n = tl.program_id(2)
    inside = x < width
    response = tl.zeros([BLOCK], tl.float32)
    for channel in tl.static_range(CHANNELS):
        for dy in range(KERNEL_H):
            # R, G, B are the weights' order, B, G, R the picture's; a gray picture serves for all three.
            row = picture + (y * STRIDE_Y + dy * DILATION_Y) * picture_row + (2 - channel) * (PIXEL == 3)
            weight_row = weights + ((n * CHANNELS + channel) * KERNEL_H + dy) * KERNEL_W
            row_sum = tl.zeros([BLOCK], tl.float32)  # summing row by row keeps large kernels' rounding small
            for dx in tl.static_range(KERNEL_W):
                at = (x * STRIDE_X + dx * DILATION_X) * PIXEL
                pixels = tl.load(row + at, mask=inside, other=0).to(tl.float32)
                row_sum += tl.load(weight_row + dx) * pixels
            response += row_sum
    response = tl.div_rn(response, 255.0) + tl.load(bias + n)
    if RELU:
        response = tl.maximum(response, 0.0)
    if MEASURE:
        programs = tl.num_programs(0) * tl.num_programs(1)
        mine = extremes + n * 2 * programs + y * tl.num_programs(0) + tl.program_id(0)
        tl.store(mine, tl.min(tl.where(inside, response, float("inf"))))
        tl.store(mine + programs, tl.max(tl.where(inside, response, float("-inf"))))
    if WRITE:
        lo = tl.load(ranges + 2 * n)
        span = tl.load(ranges + 2 * n + 1) - lo
        level = tl.div_rn(response - lo, tl.zeros([BLOCK], tl.float32) + span) * 255.0 + 0.5
        level = tl.minimum(tl.maximum(level, 0.0), 255.0)
        level = tl.where(span <= tl.load(flat_spans + n), FLAT_BYTE, level)
        corner = (n // columns).to(tl.int64) * height * mosaic_row + (n % columns) * width
        tl.store(mosaic + corner + y * mosaic_row + x, level.to(tl.uint8), mask=inside)


class TritonWork:
    """One plan's work by the fused kernel; its constants lie on `place`."""

    name = "triton float32"

    def __init__(self, key: WorkKey, place: torch.device) -> None:
        """Upload the kernels."""
        self._key = key
        self._pad = PicturePadding(key.layer.geometry, key.picture_shape, place)
        self._weights = torch.from_numpy(key.bank.kernels.copy()).to(place)
        self._bias = torch.from_numpy(bias_of(key.bank)).to(place)
        # In the other modes no map is flat, and no span is below -1.
        spans = torch.from_numpy(flat_spans(key.bank).copy())
        self._flat_spans = (spans if key.scaling == Scaling.FRAME else torch.full_like(spans, -1)).to(place)

    def take_weights(self, bank: FilterBank) -> None:
        """Upload other kernels of the same shape, where the captured work reads them."""
        self._weights.copy_(torch.from_numpy(bank.kernels.copy()))
        self._bias.copy_(torch.from_numpy(bias_of(bank)))
        if self._key.scaling == Scaling.FRAME:
            self._flat_spans.copy_(torch.from_numpy(flat_spans(bank).copy()))

    def __call__(self, frame: PackedBuffer, answer: PackedBuffer) -> None:
        """frame: the picture, and lo and hi. answer: the mosaic, and (lo, hi) of each map followed by the peak."""
        key, picture = self._key, self._pad(frame.picture)
        if key.scaling == Scaling.GIVEN:
            limits = frame.numbers.expand(len(key.bank), 2).contiguous()
            lows, highs = self._respond(picture, limits, answer, write=True, measure=True)
            ranges, peak = ranges_and_peak(key, lows, highs, frame.numbers)
        else:
            lows, highs = self._respond(picture, frame.numbers, answer, write=False, measure=True)
            ranges, peak = ranges_and_peak(key, lows, highs, frame.numbers)
            self._respond(picture, ranges.contiguous(), answer, write=True, measure=False)
        write_numbers(ranges, peak, answer)

    def _respond(
        self, picture: Tensor, ranges: Tensor, answer: PackedBuffer, *, write: bool, measure: bool
    ) -> tuple[Tensor, Tensor]:
        """Queue the kernel; each map's least and largest response, (N,) each, where `measure`."""
        key = self._key
        (stride_y, stride_x), (dilation_y, dilation_x) = key.layer.geometry.stride_yx, key.layer.geometry.dilation_yx
        count, (height, width) = len(key.bank), key.maps_hw
        blocks = triton.cdiv(width, BLOCK)
        extremes = torch.empty((count, 2, blocks * height), dtype=torch.float32, device=picture.device)
        reduced = write and not key.blocks.single
        maps = torch.empty((count, height, width), dtype=torch.uint8, device=picture.device) if reduced else None
        pixel = picture.shape[2] if picture.dim() == 3 else 1
        columns = 1 if reduced else key.grid.columns
        _respond[(blocks, height, count)](
            picture,
            self._weights,
            self._bias,
            ranges,
            self._flat_spans,
            answer.picture if maps is None else maps,
            extremes,
            height,
            width,
            picture.shape[1] * pixel,
            columns * width,
            columns,
            PIXEL=pixel,
            CHANNELS=key.bank.channels,
            KERNEL_H=key.bank.kernel_hw[0],
            KERNEL_W=key.bank.kernel_hw[1],
            STRIDE_Y=stride_y,
            STRIDE_X=stride_x,
            DILATION_Y=dilation_y,
            DILATION_X=dilation_x,
            RELU=key.activation == Activation.RELU,
            FLAT_BYTE=flat_byte(key.layer),
            WRITE=write,
            MEASURE=measure,
            BLOCK=BLOCK,
        )
        if maps is not None:
            write_tiles(key, maps, answer)
        return extremes.select(1, 0).amin(dim=1), extremes.select(1, 1).amax(dim=1)


def suits(key: WorkKey) -> bool:
    """Whether the fused kernel is the better one for this bank."""
    return math.prod(key.bank.kernels.shape[1:]) <= MOST_TAPS
