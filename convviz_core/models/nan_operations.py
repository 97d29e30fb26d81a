"""Operations that NaN is to show the reads of: exactly those pixels become NaN that read a NaN, and quickly.

Two of torch's operations need help. Interpolation reads one pixel more at the border, always with weight 0. And
convolutions cost nearly all of a run: which of their outputs are NaN is found with a kernel of ones on one channel a
group, and the others are those of the run without NaN, which were remembered. (It also keeps out algorithms that work
in tiles, as Winograd's, in which NaN spreads to neighbours.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

MOST_REMEMBERED = 1 << 28  # bytes

_GROUPS_AT = 6  # among the arguments of both convolutions
_Key = tuple[object, tuple[int, ...]]


class Remembered:
    """What the convolutions and linear parts of one run without NaN have given, in order.

    complete: that run is over.
    """

    def __init__(self) -> None:
        self.complete = False
        self._outputs: list[tuple[_Key, Tensor | None]] = []
        self._bytes = 0

    def note(self, key: _Key, output: Tensor) -> None:
        """Remember the next one's output, (1, ...), as long as there is room."""
        self._bytes += output.nbytes
        self._outputs.append((key, output.clone() if self._bytes <= MOST_REMEMBERED else None))

    def at(self, place: int, key: _Key, shape: tuple[int, ...]) -> Tensor | None:
        """The output of the one at that place in the order, where it is the same one, without the batch's `shape`."""
        if place >= len(self._outputs):
            return None
        its_key, output = self._outputs[place]
        return output if output is not None and its_key == key and output.shape[1:] == shape else None


class NanOperations(TorchFunctionMode):
    """To be entered around one run. remembered: taken from in a run with NaN, filled in one without."""

    def __init__(self, remembered: Remembered | None = None) -> None:
        super().__init__()
        self._remembered = remembered or Remembered()
        self._place = 0

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if function is F.interpolate:
            return _interpolated(args, kwargs)
        if function not in (torch.conv2d, torch.conv_transpose2d, F.linear) or not _is_plain(args):
            return function(*args, **kwargs)
        place, self._place = self._place, self._place + 1
        values, weight = args[:2]
        key = function, tuple(weight.shape)
        if not values.isnan().any() or _varies(weight):
            output = function(*args, **kwargs)
            if not self._remembered.complete:
                self._remembered.note(key, output)
            return output
        read = _linear_reads(values) if function is F.linear else _convolution_reads(function, args, kwargs)
        return self._with_nan(function, args, kwargs, read, place, key)

    def _with_nan(
        self, function: Callable[..., Tensor], args: Any, kwargs: Any, read: Tensor, place: int, key: _Key
    ) -> Tensor:
        """The output without NaN, with NaN where `read`: bool (B, ..., 1), or (B, groups, h, w)."""
        linear = function is F.linear
        size = len(args[1]) if linear or function is torch.conv2d else args[1].shape[1] * read.shape[1]
        shape = (*read.shape[1:-1], size) if linear else (size, *read.shape[2:])
        clean = self._remembered.at(place, key, shape)
        if clean is None:
            clean = function(args[0].nan_to_num(), *args[1:], **kwargs)
        if linear:
            return torch.where(read, torch.nan, clean)
        grouped = clean.reshape(len(clean), read.shape[1], -1, *clean.shape[2:])
        return torch.where(read[:, :, None], torch.nan, grouped).flatten(1, 2)


def _is_plain(args: tuple[Any, ...]) -> bool:
    return len(args) > 1 and isinstance(args[0], Tensor) and isinstance(args[1], Tensor) and args[0].ndim > 2


def _varies(weight: Tensor) -> bool:
    """Whether the weights were made of what holds NaN: then everything is."""
    return not isinstance(weight, nn.Parameter) and bool(weight.isnan().any())


def _linear_reads(values: Tensor) -> Tensor:
    return values.isnan().any(-1, keepdim=True)


def _convolution_reads(function: Callable[..., Tensor], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """bool (B, groups, h, w)."""
    values, weight = args[:2]
    groups = args[_GROUPS_AT] if len(args) > _GROUPS_AT else kwargs.get("groups", 1)
    nan = values.isnan().reshape(len(values), groups, -1, *values.shape[2:]).any(2).float()
    ones = torch.ones((groups, 1, *weight.shape[2:]))
    rest = list(args[3:])
    options = {name: value for name, value in kwargs.items() if name not in ("bias", "groups")}
    if len(args) <= _GROUPS_AT:
        options["groups"] = groups
    return function(nan, ones, None, *rest, **options) > 0.5


def _interpolated(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    values = args[0] if args else kwargs["input"]
    if not values.isnan().any():
        return F.interpolate(*args, **kwargs)
    rest = {name: value for name, value in kwargs.items() if name != "input"}
    plain = F.interpolate(values.nan_to_num(), *args[1:], **rest)
    read = F.interpolate(values.isnan().to(values.dtype), *args[1:], **rest)
    return plain.masked_fill(read != 0, torch.nan)
