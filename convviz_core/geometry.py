"""How an activation map and the input lie on each other: sizes, receptive fields, centres.

The words and the defaults are those of torch.nn.Conv2d, and so is the arithmetic:
https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html. This is the one place that knows it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convviz_core.axis import OUTSIDE, Axis, FrameSizeError, PaddingMode

__all__ = ["OUTSIDE", "Box", "ConvGeometry", "ConvSettings", "FrameSizeError", "GeometryError", "PaddingMode"]


class GeometryError(ValueError):
    """A geometry that does not exist; its message is one sentence for a person."""


class Box(NamedTuple):
    """A rectangle of pixels; bottom and right are exclusive."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class ConvSettings:
    """Stride, padding with its mode, and dilation: how a layer lies on its input, whatever its kernels' size is.

    Each is one number for both directions, or (y, x), and is kept as (y, x). padding may be "same": the map is as large
    as the input (stride 1 only), and where an odd number of pixels is added, the one more stands at the bottom and at
    the right. Errors: GeometryError.
    """

    stride: int | tuple[int, int] = 1
    padding: int | tuple[int, int] | str = 0
    padding_mode: PaddingMode | str = PaddingMode.ZEROS
    dilation: int | tuple[int, int] = 1

    def __post_init__(self) -> None:
        _keep_checked(self)

    def geometry(self, kernel_hw: tuple[int, int]) -> ConvGeometry:
        """With kernels of that size."""
        return ConvGeometry(kernel_hw, self.stride, self.padding, self.padding_mode, self.dilation)


@dataclass(frozen=True)
class ConvGeometry:
    """Kernel size, stride, padding with its mode, and dilation of a two-dimensional convolution (see ConvSettings).

    kernel_hw is (rows, columns). Errors: GeometryError.
    """

    kernel_hw: int | tuple[int, int]
    stride: int | tuple[int, int] = 1
    padding: int | tuple[int, int] | str = 0
    padding_mode: PaddingMode | str = PaddingMode.ZEROS
    dilation: int | tuple[int, int] = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "kernel_hw", _pair("kernel_hw", self.kernel_hw, 1))
        _keep_checked(self)

    @property
    def stride_yx(self) -> tuple[int, int]:
        """Input rows and columns from one response to the next."""
        (y, x) = self._axes
        return y.stride, x.stride

    @property
    def dilation_yx(self) -> tuple[int, int]:
        """Input rows and columns from one weight to the next."""
        (y, x) = self._axes
        return y.dilation, x.dilation

    @property
    def taps_hw(self) -> tuple[int, int]:
        """The kernel's rows and columns."""
        (y, x) = self._axes
        return y.kernel, x.kernel

    @property
    def margins(self) -> tuple[int, int, int, int]:
        """Rows added above and below the input, columns added to its left and its right."""
        (y, x) = self._axes
        return (*y.padding, *x.padding)

    @property
    def extent_hw(self) -> tuple[int, int]:
        """The rows and columns that one response spans, the gaps of the dilation included."""
        (y, x) = self._axes
        return y.extent, x.extent

    def output_hw(self, input_hw: tuple[int, int]) -> tuple[int, int]:
        """The map's (h, w) for an input of (H, W). FrameSizeError where it would have no pixel."""
        height, width = input_hw
        sizes = [axis.output(size) for axis, size in zip(self._axes, input_hw, strict=True)]
        if min(sizes) < 1:
            least = max(axis.least_padding(size) for axis, size in zip(self._axes, input_hw, strict=True))
            found = f"the frame is {width}x{height}{self._padded(input_hw)}, smaller than {self._kernels}"
            raise FrameSizeError(found, least)
        for axis, size in zip(self._axes, input_hw, strict=True):
            axis.check_padding(size)
        return sizes[0], sizes[1]

    def rows_read(self, input_h: int, y: int | NDArray[np.int64]) -> NDArray[np.int64]:
        """int64 (kh,): the input row that each kernel row meets for responses in map row `y`; OUTSIDE for a zero.

        Of several rows (n, 1), it is (n, kh).
        """
        return self._axes[0].read(input_h, y)

    def columns_read(self, input_w: int, x: int | NDArray[np.int64]) -> NDArray[np.int64]:
        """int64 (kw,) or (n, kw): the same for the kernel's columns and map column `x`."""
        return self._axes[1].read(input_w, x)

    def outside(self, input_hw: tuple[int, int], y: int, x: int) -> NDArray[np.bool_]:
        """bool (kh, kw): which weights of response (y, x) lie on padding, whatever stands there."""
        rows, columns = (
            axis.lies_outside(size, at) for axis, size, at in zip(self._axes, input_hw, (y, x), strict=True)
        )
        return rows[:, None] | columns

    def window(self, y: int, x: int) -> Box:
        """Where the kernel lies for response (y, x), in input pixels; it reaches into the padding, below 0 too."""
        top, left = (axis.start(at) for axis, at in zip(self._axes, (y, x), strict=True))
        height, width = self.extent_hw
        return Box(top, left, top + height, left + width)

    def receptive_field(self, input_hw: tuple[int, int], y: int, x: int) -> Box | None:
        """The smallest rectangle of the input that holds every pixel which response (y, x) reads.

        What padding repeats counts where it comes from. None where nothing but padded zeros is read.
        """
        spans = [_span(axis.read(size, at)) for axis, size, at in zip(self._axes, input_hw, (y, x), strict=True)]
        if spans[0] is None or spans[1] is None:
            return None
        (top, bottom), (left, right) = spans[0], spans[1]
        return Box(top, left, bottom, right)

    def readers(self, output_hw: tuple[int, int], y: int, x: int) -> Box | None:
        """The smallest rectangle of a map of (h, w) that holds every response which reads input pixel (y, x).

        What only padding repeats of the pixel is not counted. None where no response reads it.
        """
        spans = [axis.readers(size, at) for axis, size, at in zip(self._axes, output_hw, (y, x), strict=True)]
        if spans[0] is None or spans[1] is None:
            return None
        (top, bottom), (left, right) = spans[0], spans[1]
        return Box(top, left, bottom, right)

    def centre(self, y: float, x: float) -> tuple[float, float]:
        """The middle of response (y, x)'s window, in input pixels: a half where a side is even."""
        centre_y, centre_x = (axis.centre(at) for axis, at in zip(self._axes, (y, x), strict=True))
        return centre_y, centre_x

    def middle_pixel(self, y: int, x: int) -> tuple[int, int]:
        """The input pixel in the middle of response (y, x)'s window; of an even side's two the one above or left."""
        centre_y, centre_x = self.centre(y, x)
        return math.floor(centre_y), math.floor(centre_x)

    def shown(self, part: Box) -> Box:
        """The input pixels that stand for a part of the map: a stride's for each response, around its middle pixel."""
        (top, left), (step_y, step_x) = self.middle_pixel(part.top, part.left), self.stride_yx
        top, left = top - (step_y - 1) // 2, left - (step_x - 1) // 2
        return Box(top, left, top + (part.bottom - part.top) * step_y, left + (part.right - part.left) * step_x)

    def padded(self, input_shape: tuple[int, ...]) -> Box:
        """All of an input (H, W) or (H, W, 3) and its padding, in input pixels."""
        above, below, left, right = self.margins
        return Box(-above, -left, input_shape[0] + below, input_shape[1] + right)

    def sources(self, input_hw: tuple[int, int], box: Box) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The input rows and columns that stand in a box which may reach outside; OUTSIDE for a zero, or nothing."""
        (y, x), (height, width) = self._axes, input_hw
        return y.source(height, box.top, box.bottom), x.source(width, box.left, box.right)

    def unread(self, input_hw: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The rows and the columns that no response reads, those of the padding included, which lie below 0 too."""
        (y, x), (height, width) = self._axes, input_hw
        return y.unread(height), x.unread(width)

    def centred_at(self, y: float, x: float) -> tuple[float, float]:
        """The map's position whose window has its middle at input pixel (y, x): what `centre` undoes."""
        at_y, at_x = (axis.centred_at(at) for axis, at in zip(self._axes, (y, x), strict=True))
        return at_y, at_x

    def _padded(self, input_hw: tuple[int, int]) -> str:
        if not any(self.margins):
            return ""
        top, bottom, left, right = self.margins
        return f" ({input_hw[1] + left + right}x{input_hw[0] + top + bottom} with its padding)"

    @property
    def _kernels(self) -> str:
        (extent_h, extent_w), kernel_hw = self.extent_hw, tuple(axis.kernel for axis in self._axes)
        spanned = "" if (extent_h, extent_w) == kernel_hw else " that is spanned by the dilated kernels"
        return f"the {extent_h}x{extent_w}{spanned or ' kernels'}"

    @cached_property
    def _axes(self) -> tuple[Axis, Axis]:
        kernel, stride, padding, dilation = self.kernel_hw, self.stride, self.padding, self.dilation
        assert not isinstance(kernel, int)
        assert not isinstance(stride, int)
        assert not isinstance(dilation, int)
        assert not isinstance(padding, int)
        mode = PaddingMode(self.padding_mode)
        y, x = (
            Axis(kernel[i], stride[i], _before_and_after(padding, i, kernel[i], dilation[i]), mode, dilation[i])
            for i in range(2)
        )
        return y, x


def _keep_checked(made: ConvSettings | ConvGeometry) -> None:
    for name, least in (("stride", 1), ("padding", 0), ("dilation", 1)):
        object.__setattr__(made, name, _pair(name, getattr(made, name), least))
    try:
        object.__setattr__(made, "padding_mode", PaddingMode(made.padding_mode))
    except ValueError:
        accepted = ", ".join(PaddingMode)
        raise GeometryError(f"padding_mode is one of {accepted}, got {made.padding_mode!r}") from None
    if made.padding == "same" and made.stride != (1, 1):
        raise GeometryError(f"padding 'same' exists for stride 1 only, got stride {made.stride}")


def _pair(name: str, value: object, least: int) -> tuple[int, int] | str:
    if name == "padding" and value == "same":
        return "same"
    both = (value, value) if isinstance(value, int | np.integer) else value
    if isinstance(both, Sequence) and not isinstance(both, str) and len(both) == 2:
        y, x = both
        whole = all(isinstance(v, int | np.integer) and not isinstance(v, bool) for v in both)
        if whole and min(both) >= least:
            return int(y), int(x)
    same = ", or 'same'" if name == "padding" else ""
    raise GeometryError(f"{name} is a whole number of at least {least}, or two of them (y, x){same}; got {value!r}")


def _before_and_after(padding: tuple[int, int] | str, axis: int, kernel: int, dilation: int) -> tuple[int, int]:
    if isinstance(padding, str):  # "same"
        total = dilation * (kernel - 1)
        return total // 2, total - total // 2
    return padding[axis], padding[axis]


def _span(read: NDArray[np.int64]) -> tuple[int, int] | None:
    inside = read[read != OUTSIDE]
    return (int(inside.min()), int(inside.max()) + 1) if len(inside) else None
