"""The device's arithmetic in torch's own operations: a uint8 picture in, the uint8 mosaic, its ranges and peak out.

Plain functions of tensors: the same code runs on the CPU, where its numbers are tested, and under FakeTensorMode, where
its shapes, dtypes and devices are. The definitions are those of ranges.py, mosaic.py and gray.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from threading import Lock

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from convviz_core.arrays import FloatArray
from convviz_core.blocks import Blocks, Cut, Reduce, blocks_of
from convviz_core.engines.cuda.picture_padding import PicturePadding
from convviz_core.filters.bank import FilterBank
from convviz_core.geometry import ConvGeometry, ConvSettings
from convviz_core.layer import Activation, Layer
from convviz_core.mosaic import MosaicGrid
from convviz_core.ranges import flat_byte, flat_spans

_precision_lock = Lock()


class Scaling(StrEnum):
    """Where lo and hi come from."""

    GIVEN = "given"  # uploaded with the picture
    FRAME = "frame"  # each map's own minimum and maximum


@dataclass(frozen=True)
class WorkKey:
    """All that the device's work depends on but the pixels and the limits: a captured graph is good for one of these.

    picture_shape: as it is uploaded, (H, W), or (H, W, 3) BGR for a bank that reads colour. bank: a bias that
    it has is used. reduce: see PlanKey.
    """

    picture_shape: tuple[int, ...]
    bank: FilterBank
    activation: Activation
    scaling: Scaling
    reduce: Reduce = 1
    conv: ConvSettings = field(default_factory=ConvSettings)

    @cached_property
    def layer(self) -> Layer:
        """What is computed."""
        return Layer.of(self.bank, self.activation, self.conv, bias=self.bank.bias is not None)

    @cached_property
    def maps_hw(self) -> tuple[int, int]:
        """Height and width of a map at full size."""
        return self.layer.output_hw(self.picture_shape)

    @property
    def blocks(self) -> Blocks:
        """What the maps are cut into."""
        return blocks_of(self.maps_hw, self.reduce)

    @cached_property
    def grid(self) -> MosaicGrid:
        """The mosaic's tiles, reduced."""
        return MosaicGrid(len(self.bank), self.blocks.hw)


@dataclass(frozen=True)
class PackedBuffer:
    """A uint8 picture and a few float32 numbers in one stretch of memory, so that one copy carries both."""

    whole: Tensor
    picture: Tensor
    numbers: Tensor


def packed_buffer(shape: tuple[int, ...], count: int, allocate: Callable[[int], Tensor]) -> PackedBuffer:
    """Memory for a picture of `shape` and `count` numbers; `allocate` gives that many bytes as a uint8 tensor."""
    size = math.prod(shape)
    start = -(-size // 16) * 16
    whole = allocate(start + 4 * count)
    picture = whole.narrow(0, 0, size).view(shape)
    return PackedBuffer(whole, picture, whole.narrow(0, start, 4 * count).view(torch.float32))


class TorchWork:
    """One plan's work in torch operations; its constants lie on `place`. why: a reason that belongs to its name."""

    name = "torch float32"

    def __init__(self, key: WorkKey, place: torch.device, why: str = "") -> None:
        """Upload the kernels."""
        if why:
            self.name = f"{self.name} ({why})"
        self._key = key
        self._pad = PicturePadding(key.layer.geometry, key.picture_shape, place)
        self._weight = torch.from_numpy(key.bank.kernels.copy()).to(place)
        self._bias = torch.from_numpy(bias_of(key.bank)).to(place)
        self._flat_spans = torch.from_numpy(flat_spans(key.bank).copy()).to(place)

    def take_weights(self, bank: FilterBank) -> None:
        """Upload other kernels of the same shape, where the captured work reads them."""
        self._weight.copy_(torch.from_numpy(bank.kernels.copy()))
        self._bias.copy_(torch.from_numpy(bias_of(bank)))
        self._flat_spans.copy_(torch.from_numpy(flat_spans(bank).copy()))

    def __call__(self, frame: PackedBuffer, answer: PackedBuffer) -> None:
        """frame: the picture, and lo and hi. answer: the mosaic, and (lo, hi) of each map followed by the peak."""
        key = self._key
        planes = to_planes(self._pad(frame.picture), key.bank.channels)
        maps = responses(planes, self._weight, key.layer.geometry, self._bias if key.layer.bias else None)
        if key.activation == Activation.RELU:
            maps.relu_()
        lows, highs = torch.aminmax(maps.flatten(1), dim=1)
        ranges, peak = ranges_and_peak(key, lows, highs, frame.numbers)
        write_numbers(ranges, peak, answer)
        flat = ranges.select(1, 1) - ranges.select(1, 0) <= self._flat_spans if key.scaling == Scaling.FRAME else None
        write_tiles(key, to_bytes(maps, ranges, flat, flat_byte(key.layer)), answer)


def bias_of(bank: FilterBank) -> FloatArray:
    """float32 (N,), zeros where the bank has none; the caller's own."""
    return np.zeros(len(bank), np.float32) if bank.bias is None else bank.bias.copy()


def to_planes(picture: Tensor, channels: int) -> Tensor:
    """What the filters read: float32 (C, H, W), whole numbers from 0 to 255, of a uint8 picture.

    picture: (H, W), or (H, W, 3) BGR for three channels.
    """
    if channels == 1:
        return picture.to(torch.float32).unsqueeze(0)
    if picture.dim() == 2:
        return picture.to(torch.float32).expand(3, -1, -1)
    return picture.flip(-1).permute(2, 0, 1).to(torch.float32)


def responses(
    planes: Tensor, weight: Tensor, geometry: ConvGeometry | None = None, bias: Tensor | None = None
) -> Tensor:
    """Cross-correlation in float32: planes (C, H, W) of 0 to 255, weight (N, C, kh, kw), bias (N,) -> (N, h, w).

    geometry: whose padding the planes have already. The division by 255 comes last but for the bias: until then
    whole-number weights give whole numbers, and what cancels is exactly 0.
    """
    stride, dilation = (geometry.stride_yx, geometry.dilation_yx) if geometry else ((1, 1), (1, 1))
    with real_float32():
        sums = F.conv2d(planes.unsqueeze(0), weight, stride=stride, dilation=dilation)
    found = sums.squeeze(0).div_(255)
    return found if bias is None else found.add_(bias.view(-1, 1, 1))


@contextmanager
def real_float32() -> Iterator[None]:
    """No TF32 in cuDNN's convolutions inside the block. The setting is the whole process's, hence the lock."""
    setting = torch.backends.cudnn.conv  # type: ignore[attr-defined]  # torch makes it at run time
    with _precision_lock:
        before = setting.fp32_precision
        setting.fp32_precision = "ieee"
        try:
            yield
        finally:
            setting.fp32_precision = before


def ranges_and_peak(key: WorkKey, lows: Tensor, highs: Tensor, limits: Tensor) -> tuple[Tensor, Tensor]:
    """float32 (N, 2) ranges and the peak, of shape (), from each map's extremes (N,) after the activation."""
    own = key.bank.own
    peak = torch.maximum(highs.narrow(0, 0, own).amax(), lows.narrow(0, 0, own).amin().neg())
    if key.scaling == Scaling.FRAME:
        return torch.stack([lows, highs], dim=1), peak
    return limits.expand(len(key.bank), 2), peak


def to_bytes(maps: Tensor, ranges: Tensor, flat: Tensor | None, flat_level: int) -> Tensor:
    """round(255 (v - lo) / (hi - lo)), halves up, clipped: uint8 (N, h, w); `maps` is used up.

    The division comes first: it makes zero exactly 1/2 of a signed range, and so byte 128. `flat`, bool (N,), names
    the maps that are `flat_level` all over.
    """
    lo = ranges.select(1, 0).view(-1, 1, 1)
    span = ranges.select(1, 1).view(-1, 1, 1) - lo
    levels = maps.sub_(lo).div_(span).mul_(255).add_(0.5).clamp_(0, 255)
    if flat is not None:
        levels.masked_fill_(flat.view(-1, 1, 1), flat_level)
    return levels.to(torch.uint8)  # which cuts the fraction off


def write_numbers(ranges: Tensor, peak: Tensor, answer: PackedBuffer) -> None:
    """(lo, hi) of each map and then the peak, 2 N + 1 numbers."""
    torch.cat([ranges.reshape(-1), peak.reshape(1)], out=answer.numbers)


def write_tiles(key: WorkKey, maps: Tensor, answer: PackedBuffer) -> None:
    """uint8 (N, h, w) at full size -> the mosaic's tiles, reduced; tiles without a map stay as they are."""
    grid = key.grid
    height, width = grid.tile_hw
    reduced = reduce_maps(maps, key.reduce)
    tiles = answer.picture.view(grid.rows, height, grid.columns, width).permute(0, 2, 1, 3)
    rows, rest = divmod(grid.count, grid.columns)
    full = rows * grid.columns
    tiles.narrow(0, 0, rows).copy_(reduced.narrow(0, 0, full).view(rows, grid.columns, height, width))
    if rest:
        tiles.select(0, rows).narrow(0, 0, rest).copy_(reduced.narrow(0, full, rest))


def reduce_maps(maps: Tensor, reduce: Reduce) -> Tensor:
    """uint8 (N, h, w) as mosaic.reduce_maps defines it."""
    blocks = blocks_of((maps.shape[1], maps.shape[2]), reduce)
    if blocks.single:
        return maps
    rows, heights = _block_sums(maps, blocks.down, 1)
    sums, widths = _block_sums(rows, blocks.across, 2)
    area = heights.view(-1, 1) * widths
    return sums.mul_(2).add_(area).div_(2 * area, rounding_mode="floor").to(torch.uint8)


def _block_sums(values: Tensor, cut: Cut, axis: int) -> tuple[Tensor, Tensor]:
    """int32: the sums over each block's pixels along an axis, and how many these are."""
    begins = torch.arange(cut.count + 1, device=values.device)
    begins = begins.mul_(cut.step.numerator).add_(cut.step.denominator - 1)
    begins = begins.div_(cut.step.denominator, rounding_mode="floor")
    first, lengths = begins.narrow(0, 0, cut.count), begins.diff()
    last = (begins.narrow(0, 1, cut.count) - 1).clamp_(max=cut.size - 1)
    pixels = torch.minimum(first.view(-1, 1) + torch.arange(cut.longest, device=values.device), last.view(-1, 1))
    shape = (*values.shape[:axis], *pixels.shape, *values.shape[axis + 1 :])
    sums = values.index_select(axis, pixels.view(-1)).view(shape).sum(axis + 1, dtype=torch.int32)
    if cut.step.denominator > 1:  # shorter blocks have their last pixel once too often
        too_often = (cut.longest - lengths).to(torch.int32).view((-1, 1) if axis == 1 else (-1,))
        sums -= values.index_select(axis, last) * too_often
    return sums, lengths.to(torch.int32)
