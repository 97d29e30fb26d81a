"""Filters and filter banks: what they are and what they must satisfy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import ClassVar

import numpy as np

from convviz_core.arrays import AnyArray, FloatArray
from convviz_core.geometry import ConvSettings

MAX_FILTERS = 64
MAX_SIDE = 31


class FilterError(ValueError):
    """A filter or a bank that cannot be used; its message is one sentence for a person."""


@dataclass(frozen=True, eq=False)
class Filter:
    """One kernel, its name, and in a few words what it answers to ("brighter to the right"; "" where nobody said).

    `kernel` is float32 of shape (kh, kw) for gray input, or (3, kh, kw), in R, G, B order, for
    the colour frame; each side from 1 to 31, finite. It is copied and made read-only. `changed`: by hand, so that it
    is no longer the one of this name. `turned`: by 180 degrees, so that what the name tells may be the other way round.
    """

    label: str
    kernel: FloatArray
    answers: str = ""
    changed: bool = False
    turned: bool = False

    def __post_init__(self) -> None:
        kernel = _checked_kernel(self.label, self.kernel)
        object.__setattr__(self, "kernel", kernel)


@dataclass(frozen=True, eq=False)
class FilterBank:
    """N filters of one shape under one name, 1 to 64 of them.

    `notes` are sentences that a person must be told about where the weights came from ("only the first 64 are used").
    `bias`: float32 (N,), finite, added to each filter's responses where a layer uses it; None where the bank has none.
    It is copied and made read-only. `conv`: the geometry that a filter file gives; None where it gives none.
    """

    most: ClassVar[int] = MAX_FILTERS

    name: str
    filters: tuple[Filter, ...]
    description: str = ""
    notes: tuple[str, ...] = ()
    bias: FloatArray | None = None
    conv: ConvSettings | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.filters, tuple | list):
            raise FilterError(f"bank '{self.name}' has a {type(self.filters).__name__}, want a tuple of Filters")
        object.__setattr__(self, "filters", tuple(self.filters))
        if not 1 <= len(self.filters) <= self.most:
            raise FilterError(f"bank '{self.name}' has {len(self.filters)} filters, want 1 to {self.most}")
        for filter in self.filters:
            if not isinstance(filter, Filter):
                raise FilterError(f"bank '{self.name}' holds a {type(filter).__name__}, want Filters only")
        first = self.filters[0].kernel.shape
        for filter in self.filters:
            if filter.kernel.shape != first:
                raise FilterError(
                    f"bank '{self.name}': filter '{filter.label}' has shape {filter.kernel.shape}, "
                    f"want {first} like the first one: all kernels of a bank share one shape"
                )
        if self.bias is not None:
            object.__setattr__(self, "bias", _checked_bias(self.name, self.bias, len(self.filters)))
        if not isinstance(self.conv, ConvSettings | None):
            raise FilterError(
                f"bank '{self.name}' has a {type(self.conv).__name__} for its geometry, want ConvSettings"
            )

    @classmethod
    def from_array(
        cls, name: str, array: AnyArray, bias: AnyArray | None = None, conv: ConvSettings | None = None
    ) -> FilterBank:
        """A bank of the kernels in `array`, called "filter 1" and so on.

        array: real numbers (kh, kw), (N, kh, kw), (N, 1, kh, kw) or (N, 3, kh, kw), R, G, B; bias: (N,); whatever numpy
        makes an array of will do, such as a tensor on the CPU. Errors: FilterError.
        """
        try:
            kernels = np.asarray(array)
        except Exception as error:  # what others raise on the way to numpy is open
            raise FilterError(f"bank '{name}' has a {type(array).__name__}, want an array of numbers") from error
        if kernels.dtype.kind not in "biuf":
            raise FilterError(f"bank '{name}' holds {kernels.dtype} values, want real numbers")
        try:
            kernel_shape = kernel_shape_in(kernels.shape)
        except FilterError as error:
            raise FilterError(f"bank '{name}': {error}") from None
        each = enumerate(kernels.reshape(-1, *kernel_shape), 1)
        filters = tuple(Filter(f"filter {number}", kernel) for number, kernel in each)
        return cls(name, filters, bias=bias, conv=conv)

    @cached_property
    def kernels(self) -> FloatArray:
        """float32 (N, C, kh, kw), read-only; C is 1 for gray input and 3 for RGB."""
        stacked = np.stack([f.kernel.reshape(-1, *f.kernel.shape[-2:]) for f in self.filters])
        stacked.setflags(write=False)
        return stacked

    @property
    def own(self) -> int:
        """How many of its filters are the bank's own; peaks and ranges are theirs (see BankWithOpposites)."""
        return len(self.filters)

    @property
    def labels(self) -> tuple[str, ...]:
        """The filters' names, in order."""
        return tuple(filter.label for filter in self.filters)

    @property
    def channels(self) -> int:
        """1 where the filters read gray, 3 where they read the colour frame."""
        return int(self.kernels.shape[1])

    @property
    def kernel_hw(self) -> tuple[int, int]:
        """Height and width of every kernel, in pixels."""
        return int(self.kernels.shape[2]), int(self.kernels.shape[3])

    def __len__(self) -> int:
        return len(self.filters)

    def flipped(self) -> FilterBank:
        """The bank turned by 180 degrees: cross-correlating with it is true convolution with this one.

        A turned kernel answers to something else; what, is known where the bank has that kernel too.
        """
        known = {(f.kernel + 0).tobytes(): f.answers for f in self.filters}  # + 0: -0.0 is 0
        filters = []
        for one in self.filters:
            kernel = one.kernel[..., ::-1, ::-1]
            turned = one.turned != (not np.array_equal(kernel, one.kernel))
            filters.append(Filter(one.label, kernel, known.get((kernel + 0).tobytes(), ""), one.changed, turned))
        return replace(self, filters=tuple(filters))


@lru_cache(maxsize=128)
def without_bias(bank: FilterBank) -> FilterBank:
    """The bank with its kernels alone; itself where it has no bias. Equal arguments give the same object."""
    return bank if bank.bias is None else replace(bank, bias=None)


def kernel_shape_in(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of one kernel in an array of this shape. FilterError where no bank lies so."""
    if len(shape) not in (2, 3, 4) or (len(shape) == 4 and shape[1] not in (1, 3)):
        raise FilterError(f"its shape is {shape}, want (kh, kw), (N, kh, kw), (N, 1, kh, kw) or (N, 3, kh, kw)")
    if len(shape) > 2 and not 1 <= shape[0] <= MAX_FILTERS:
        raise FilterError(f"it has {shape[0]} filters, want 1 to {MAX_FILTERS}")
    if not all(1 <= side <= MAX_SIDE for side in shape[-2:]):
        raise FilterError(f"its kernels are {shape[-2]}x{shape[-1]}, want 1x1 to {MAX_SIDE}x{MAX_SIDE}")
    return (3, *shape[-2:]) if len(shape) == 4 and shape[1] == 3 else shape[-2:]


def _checked_kernel(label: str, kernel: AnyArray) -> FloatArray:
    if not isinstance(kernel, np.ndarray):
        raise FilterError(
            f"filter '{label}' has a {type(kernel).__name__} for its kernel, want a numpy array of numbers"
        )
    if kernel.dtype.kind not in "biuf":
        raise FilterError(f"filter '{label}' holds {kernel.dtype} values, want real numbers")
    shape = kernel.shape
    if kernel.ndim not in (2, 3) or (kernel.ndim == 3 and shape[0] != 3):
        raise FilterError(f"filter '{label}' has shape {shape}, want (height, width) or (3, height, width)")
    if not all(1 <= side <= MAX_SIDE for side in shape[-2:]):
        raise FilterError(f"filter '{label}' is {shape[-2]}x{shape[-1]}, want 1x1 to {MAX_SIDE}x{MAX_SIDE}")
    with np.errstate(over="ignore"):
        checked = np.array(kernel, dtype=np.float32, order="C")
    if not np.isfinite(checked).all():
        raise FilterError(f"filter '{label}' holds a weight that is not a finite float32 number")
    checked.setflags(write=False)
    return checked


def _checked_bias(name: str, bias: AnyArray, count: int) -> FloatArray:
    try:
        numbers = np.asarray(bias)
    except Exception as error:  # what others raise on the way to numpy is open
        raise FilterError(f"bank '{name}' has a {type(bias).__name__} for its bias, want numbers") from error
    if numbers.dtype.kind not in "biuf":
        raise FilterError(f"the bias of bank '{name}' holds {numbers.dtype} values, want real numbers")
    if numbers.shape != (count,):
        raise FilterError(f"the bias of bank '{name}' has shape {numbers.shape}, want {(count,)}: one for each filter")
    with np.errstate(over="ignore"):
        checked = np.array(numbers, dtype=np.float32, order="C")
    if not np.isfinite(checked).all():
        raise FilterError(f"the bias of bank '{name}' holds what is not a finite float32 number")
    checked.setflags(write=False)
    return checked
