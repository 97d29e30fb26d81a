"""Tensors as files hold them: known by shape and place, read only when they are wanted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from convviz_core.arrays import AnyArray
from convviz_core.filters.bank import FilterError

Shape = tuple[int, ...]

MAX_VALUES = 1 << 24  # far more than any convolution that reads frames has
TOO_MANY_VALUES = "more values than a convolution that reads frames has"

# torch's names of the kinds of numbers that weights are kept in, and numpy's; bfloat16 is the upper half of a float32.
FLOATS = {"float64": "f8", "float32": "f4", "float16": "f2", "bfloat16": "u2"}


@dataclass(frozen=True)
class StoredTensor:
    """A tensor in a file, of that `shape`.

    `read(count)` gives float (count, ...): the first `count` along the first axis, all where it has fewer. `note` is
    what a person must be told about how its values came about. Errors of `read`: FilterError.
    """

    shape: Shape
    read: Callable[[int], AnyArray]
    note: str = ""


def unreadable(shape: Shape, kind: str) -> StoredTensor:
    """A tensor that is there, but whose values are not plain floating-point weights but `kind`."""

    def read(_count: int) -> AnyArray:
        raise FilterError(f"no plain floating-point weights but {kind}")

    return StoredTensor(shape, read)


@dataclass(frozen=True)
class Strided:
    """Where a tensor's values lie in its storage: `offset` and `strides` in values; `dtype` is a key of FLOATS."""

    shape: Shape
    strides: tuple[int, ...]
    offset: int
    dtype: str

    @property
    def itemsize(self) -> int:
        """Bytes of one value."""
        return np.dtype(FLOATS[self.dtype]).itemsize

    def span(self, count: int) -> tuple[int, int]:
        """The first value and the one behind the last that its first `count` rows need, in values of the storage."""
        shape = self._shape_of(count)
        if 0 in shape:
            return self.offset, self.offset
        last = sum((size - 1) * stride for size, stride in zip(shape, self.strides, strict=True))
        if math.prod(shape) > MAX_VALUES or last >= MAX_VALUES:
            raise FilterError(TOO_MANY_VALUES)
        return self.offset, self.offset + last + 1

    def array(self, values: bytes, count: int, byte_order: str = "<") -> AnyArray:
        """The first `count` rows, from the bytes of `span(count)`, all of which must be there."""
        shape = self._shape_of(count)
        start, stop = self.span(count)
        if len(values) != (stop - start) * self.itemsize:
            raise FilterError("only a part of its values")
        flat = np.frombuffer(values, byte_order + FLOATS[self.dtype])
        strides = [stride * self.itemsize for stride in self.strides]
        strided: AnyArray = np.lib.stride_tricks.as_strided(flat, shape, strides, writeable=False)
        if self.dtype == "bfloat16":
            return (strided.astype(np.uint32) << 16).view(np.float32)
        return np.array(strided, FLOATS[self.dtype])

    def _shape_of(self, count: int) -> Shape:
        return (min(count, self.shape[0]), *self.shape[1:]) if self.shape else ()
