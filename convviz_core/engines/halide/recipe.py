"""Which Halide pipeline a frame and a bank need, if any."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

import numpy as np

from convviz_core.engines.api import PlanKey
from convviz_core.engines.cpu_kernels import distinct_kernels
from convviz_core.engines.halide.blocks import suits
from convviz_core.engines.halide.column_sums import ColumnSums, column_sums
from convviz_core.filters.bank import FilterBank
from convviz_core.geometry import ConvGeometry
from convviz_core.ranges import RangeMode

MOST_ADDITIONS = 500  # of whole numbers, unrolled: about a second of compiling
MOST_TAPS = 170  # of one kernel in float32, unrolled: about a second of compiling; far above, a DFT is faster anyway
MOST_STRIDE = 4  # columns: above, a vector is gathered pixel by pixel
INT16_WEIGHTS = 128  # of one sign: 255 times this still fits 16 bits


class Arithmetic(StrEnum):
    """What the responses are summed in."""

    INT16 = "int16"
    INT32 = "int32"
    FLOAT32 = "float32"


class Mosaic(StrEnum):
    """What becomes of the bytes."""

    NONE = "none"  # there are none
    WHOLE = "whole"  # they are written
    MEANS = "means"  # the means of their blocks are, of any size


@dataclass(frozen=True)
class Recipe:
    """What one compiled pipeline is for.

    color: the frame is BGR, else gray. channels: 1 where the filters read gray, 3 for RGB. sums: the whole-number
    kernels, for int16 and int32; None in float32. at_once: kernels that share their reading of the frame in float32;
    the number of kernels is a multiple. far_ranges: whether zero may lie outside a range. measures: whether it gives
    the extremes. pairs: (kernel, sign) of every map, in order, where there are negated pairs of whole numbers, whose
    bytes after ReLU are then made together at full size; else (). stride, dilation: (y, x); padding stands in the
    frame already.
    """

    color: bool
    channels: int
    kernel_hw: tuple[int, int]
    arithmetic: Arithmetic
    mosaic: Mosaic
    sums: ColumnSums | None = None
    at_once: int = 1
    far_ranges: bool = False
    measures: bool = True
    pairs: tuple[tuple[int, int], ...] = ()
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)

    @property
    def extent_hw(self) -> tuple[int, int]:
        """The rows and columns of the frame that one response spans."""
        return ConvGeometry(self.kernel_hw, dilation=self.dilation).extent_hw

    @property
    def measuring(self) -> Recipe:
        """The same without a mosaic."""
        return replace(self, mosaic=Mosaic.NONE, pairs=())

    @property
    def far(self) -> Recipe:
        """The same for any range."""
        return replace(self, far_ranges=True, pairs=())

    @property
    def measured(self) -> Recipe:
        """What only makes the mosaic, after measuring: in any range, and from the gray picture where that is left."""
        return replace(self.far, color=self.color and not self.measuring.leaves_gray, measures=False)

    def needed(self, mode: RangeMode) -> tuple[Recipe, ...]:
        """The pipelines that frames need in a range mode: with limits, or in two steps for each map's own extremes."""
        return (self.measuring, self.measured) if mode == RangeMode.FRAME else (self,)

    @property
    def leaves_gray(self) -> bool:
        """Whether the pipeline also gives the gray picture that it makes, for the one that follows.

        In float32 that saves too little for one more pipeline to compile.
        """
        return self.mosaic == Mosaic.NONE and self.color and self.channels == 1 and self.sums is not None


def recipe_for(key: PlanKey) -> Recipe | None:
    """The pipeline for a plan; None where OpenCV computes: tiles narrower than a vector, wide strides, and long code.

    An editable plan's weights are run-time arguments, even where they are whole numbers.
    """
    layer = key.layer
    bank, geometry = layer.weights, layer.geometry
    arithmetic, sums = (Arithmetic.FLOAT32, None) if key.editable else _arithmetic(bank)
    taps = bank.channels * bank.kernel_hw[0] * bank.kernel_hw[1]
    long = sums is None and taps > MOST_TAPS
    if long or geometry.stride_yx[1] > MOST_STRIDE or not suits(key.blocks):
        return None
    distinct = distinct_kernels(bank)
    several = len(bank if key.editable else distinct) > 1
    paired = sums and distinct.has_pairs and not layer.bias and not layer.signed and key.blocks.single
    padded = any(geometry.margins)  # a picture that is gray already, where the filters read gray
    return Recipe(
        color=len(key.shape) == 3 and (bank.channels == 3 or not padded),
        channels=bank.channels,
        kernel_hw=bank.kernel_hw,
        arithmetic=arithmetic,
        mosaic=mosaic_of(key),
        sums=sums,
        at_once=2 if sums is None and several else 1,
        far_ranges=layer.bias,  # a bias, or another one that the plan takes later, may lie far from zero
        pairs=distinct.maps if paired else (),
        stride=geometry.stride_yx,
        dilation=geometry.dilation_yx,
    )


def mosaic_of(key: PlanKey) -> Mosaic:
    """What a plan's frames become."""
    return Mosaic.WHOLE if key.blocks.single else Mosaic.MEANS


@lru_cache(maxsize=64)
def _arithmetic(bank: FilterBank) -> tuple[Arithmetic, ColumnSums | None]:
    """What the bank's responses are summed in, and how, where its weights are whole numbers."""
    distinct = distinct_kernels(bank)
    if not distinct.whole:
        return Arithmetic.FLOAT32, None
    sums = column_sums(distinct.kernels)
    if sums.additions > MOST_ADDITIONS:
        return Arithmetic.FLOAT32, None
    weights = distinct.kernels.reshape(len(distinct), -1)
    one_sign = max(np.maximum(weights, 0).sum(axis=1).max(), np.maximum(-weights, 0).sum(axis=1).max())
    return (Arithmetic.INT16 if one_sign <= INT16_WEIGHTS else Arithmetic.INT32), sums
