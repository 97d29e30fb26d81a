"""One direction of a convolution: how a map's rows, or its columns, and the input's lie on each other.

geometry.py puts two of them together; nothing else knows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

OUTSIDE = -1  # where a padded zero is read instead of an input pixel


class FrameSizeError(ValueError):
    """An input that is too small, so that no response exists.

    least_padding: with which there would be one; None where padding is what is too large.
    """

    def __init__(self, sentence: str, least_padding: int | None = None) -> None:
        super().__init__(sentence)
        self.least_padding = least_padding


class PaddingMode(StrEnum):
    """What stands outside the input, where there is padding."""

    ZEROS = "zeros"
    REFLECT = "reflect"  # mirrored, the border pixel not repeated
    REPLICATE = "replicate"  # the border pixel, again and again
    CIRCULAR = "circular"  # the other side's pixels


@dataclass(frozen=True)
class Axis:
    """One direction of a ConvGeometry; the two do not know of each other. padding: before and after."""

    kernel: int
    stride: int
    padding: tuple[int, int]
    mode: PaddingMode
    dilation: int

    @property
    def extent(self) -> int:
        """What one response spans, the gaps of the dilation included."""
        return self.dilation * (self.kernel - 1) + 1

    def output(self, size: int) -> int:
        """How many responses an input of `size` has; below 1 where it has none."""
        return (size + sum(self.padding) - self.extent) // self.stride + 1

    def least_padding(self, size: int) -> int:
        """How much an input of `size` needs before it and behind it, so that there is a response."""
        return max(0, -((size - self.extent) // 2))

    def check_padding(self, size: int) -> None:
        """FrameSizeError where an input of `size` has not the pixels that stand in the padding."""
        widest = max(self.padding)
        if self.mode == PaddingMode.REFLECT and widest >= size:
            raise FrameSizeError(f"reflected padding of {widest} needs more than {widest} pixels, the frame has {size}")
        if self.mode == PaddingMode.CIRCULAR and widest > size:
            raise FrameSizeError(f"circular padding of {widest} needs at least {widest} pixels, the frame has {size}")

    def start(self, at: int) -> int:
        """The input position of the first weight of response `at`; in the padding, too."""
        return at * self.stride - self.padding[0]

    def centre(self, at: float) -> float:
        """The input position in the middle of its window."""
        return at * self.stride - self.padding[0] + (self.extent - 1) / 2

    def centred_at(self, at: float) -> float:
        """What `centre` undoes."""
        return (at + self.padding[0] - (self.extent - 1) / 2) / self.stride

    def readers(self, size: int, at: int) -> tuple[int, int] | None:
        """The first response of `size` that reads input position `at`, and one behind the last."""
        last = at + self.padding[0]  # the one whose window begins there, times the stride
        first = max(0, -(-(last - self.extent + 1) // self.stride))
        found = range(first, min(last // self.stride, size - 1) + 1)
        reading = [one for one in found if (last - one * self.stride) % self.dilation == 0]
        return (reading[0], reading[-1] + 1) if reading else None

    def met(self, at: int | NDArray[np.int64]) -> NDArray[np.int64]:
        """The position of each weight of response `at`; in the padding, too."""
        return np.asarray(at * self.stride - self.padding[0] + self.dilation * np.arange(self.kernel))

    def lies_outside(self, size: int, at: int) -> NDArray[np.bool_]:
        """bool (kernel,): which of its weights lie on padding."""
        met = self.met(at)
        return np.asarray((met < 0) | (met >= size))

    def read(self, size: int, at: int | NDArray[np.int64]) -> NDArray[np.int64]:
        """int64 (kernel,), or (n, kernel) for `at` (n, 1): the input position that each weight meets, or OUTSIDE."""
        return self._resolved(size, self.met(at))

    def unread(self, size: int) -> NDArray[np.int64]:
        """The positions of an input of `size`, and of its padding, that no response reads."""
        read = self.met(np.arange(self.output(size))[:, None])
        return np.setdiff1d(np.arange(-self.padding[0], size + self.padding[1]), read)

    def source(self, size: int, start: int, end: int) -> NDArray[np.int64]:
        """int64 (end - start,): the input position that stands at each position; OUTSIDE for a zero, or nothing."""
        at = np.arange(start, end)
        padded = (at >= -self.padding[0]) & (at < size + self.padding[1])
        return np.where(padded, self._resolved(size, at), OUTSIDE)

    def _resolved(self, size: int, met: NDArray[np.int64]) -> NDArray[np.int64]:
        if self.mode == PaddingMode.ZEROS:
            return np.where((met >= 0) & (met < size), met, OUTSIDE)
        if self.mode == PaddingMode.REPLICATE:
            return np.clip(met, 0, size - 1)
        if self.mode == PaddingMode.CIRCULAR:
            return met % size
        last = size - 1
        return np.asarray(last - np.abs(last - np.abs(met)))  # reflected at the first pixel, then at the last
