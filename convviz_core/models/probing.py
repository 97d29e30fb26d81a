"""Which input pixels a response of a model's layer depends on, found by running the model.

NaN spreads through every operation that reads it, zero weights and ReLU included. So with NaN in one input row, those
responses are NaN that read the row, and so for columns. What is shown by it:
- a layer's field is known only where every such run called the same parts as a run without NaN, and some response
  was NaN (a model may look at its values, or replace NaN);
- other noise in one half of the picture must leave unchanged what is said not to read that half.
To be quick, rows are tried on a narrow picture and columns on a low one, and the answers compared with some of the
whole picture's; where they differ, the whole picture is used. See nan_runs.py and nan_operations.py, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from convviz_core.geometry import Box
from convviz_core.models.nan_blocks import Reads
from convviz_core.models.nan_operations import Remembered
from convviz_core.models.nan_runs import Step, finite, is_nan, reads_of, run, same, sums

if TYPE_CHECKING:
    from convviz_core.models.model import Model

NARROW = (32, 64, 128)  # pixels: the smallest at which the model calls what it calls on the whole picture
_COMPARED = 5  # rows and columns of the whole picture
_ROUNDING = 1e-4  # of a layer's largest value


@dataclass(frozen=True, eq=False)
class Field:
    """first, last: int (2, h, w), the first and last input row and column that each response reads; -1 for none."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]

    def box(self, y: int, x: int) -> Box | None:
        """What response (y, x) reads; None where nothing."""
        (top, left), (bottom, right) = self.first[:, y, x].tolist(), self.last[:, y, x].tolist()
        return Box(top, left, bottom + 1, right + 1) if min(top, left) >= 0 else None


class FieldTables:
    """The fields of one model's layers by input size, found when first asked for; any thread may ask."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._found: dict[tuple[int, int], dict[str, Field | None]] = {}
        self._whole: set[tuple[int, int]] = set()  # sizes at which all layers were looked at
        self._lock = Lock()

    def find(self, input_hw: tuple[int, int], last: str | None) -> None:
        """Look at all layers up to `last`, or at all; ModelError where the model fails on noise of that size."""
        with self._lock:
            if input_hw in self._whole or (last is not None and last in self._found.get(input_hw, ())):
                return
            kinds = self._model.kinds(input_hw)
            with _one_thread():
                fields = _fields(self._model, input_hw, last if last in kinds else next(reversed(kinds)))
            self._found.setdefault(input_hw, {}).update(fields)
            if last is None:
                self._whole.add(input_hw)
            else:
                self._found[input_hw].setdefault(last, None)

    def box(self, input_hw: tuple[int, int], name: str, y: int, x: int) -> Box | None:
        """What response (y, x) of a layer that was looked at reads; None where it is not known, or nothing."""
        kinds = self._model.kinds(input_hw)
        if name in kinds:
            _, height, width = kinds[name][1]
            if not (0 <= y < height and 0 <= x < width):
                raise IndexError(f"no pixel (y {y}, x {x}) in maps of {height}x{width}")
        field = self.field(input_hw, name)
        return field.box(y, x) if field else None

    def field(self, input_hw: tuple[int, int], name: str) -> Field | None:
        """All that is known of a layer that was looked at."""
        return self._found[input_hw].get(name)

    def middle(self, input_hw: tuple[int, int], name: str) -> tuple[int, int] | None:
        """The (h, w) of what the response in the middle of the map reads; None where it is not known."""
        _, height, width = self._model.kinds(input_hw)[name][1]
        box = self.box(input_hw, name, height // 2, width // 2)
        return box and (box.bottom - box.top, box.right - box.left)


def _fields(model: Model, input_hw: tuple[int, int], last: str) -> dict[str, Field | None]:
    module, noise, remembered = model.replica(), model.noise(input_hw), Remembered()
    whole = run(module, noise, last, finite, remembered)
    remembered.complete = True
    fields: dict[str, Field | None] = {step.name: None for step in whole if step.shape}
    axes = [_reads(model, module, noise, axis, last, whole, remembered) for axis in range(2)]
    for step in whole:
        probed = all(step.name in reads for reads in axes)
        if step.shape and probed and step.measured is not None and step.measured.all():
            fields[step.name] = _field(step.shape, [reads[step.name] for reads in axes])
    refuted = _refuted(module, noise, last, fields)
    return {name: None if name in refuted else field for name, field in fields.items()}


def _reads(
    model: Model, module: nn.Module, noise: Tensor, axis: int, last: str, whole: list[Step], remembered: Remembered
) -> dict[str, Reads]:
    """What responses read of the rows (axis 0) or columns of the whole picture, by layer."""
    side = noise.shape[2 + axis]
    compared = {round(part * (side - 1) / (_COMPARED - 1)) for part in range(_COMPARED)}
    small = _small(model, module, noise, axis, last, whole)
    if small is not None:
        found = reads_of(module, small, axis, last, whole, compared, across=True)
        if _agrees(module, noise, axis, last, found, compared, remembered):
            return found
    return reads_of(module, noise, axis, last, whole, (), across=False)


def _small(model: Model, module: nn.Module, noise: Tensor, axis: int, last: str, whole: list[Step]) -> Tensor | None:
    """Noise as large along the axis and narrow along the other, on which all of `whole` is called; None without one."""
    _, channels, height, width = noise.shape
    for narrow in NARROW:
        if narrow < (width, height)[axis]:
            small = model.noise((height, narrow) if axis == 0 else (narrow, width), channels)
            if same(run(module, small, last, is_nan), whole, axis) == len(whole):
                return small
    return None


def _agrees(
    module: nn.Module,
    noise: Tensor,
    axis: int,
    last: str,
    found: dict[str, Reads],
    compared: set[int],
    remembered: Remembered,
) -> bool:
    """Whether rows (or columns) of the whole picture are read by the responses that were found on a small one."""
    seen: set[str] = set()
    for at in sorted(compared):
        values = noise.clone()
        values.select(2 + axis, at).fill_(torch.nan)
        for step in run(module, values, last, is_nan, remembered):
            if step.shape and (step.name not in found or (found[step.name].rows[at] != step.measured).any()):
                return False
            seen.add(step.name)
    return found.keys() <= seen


def _field(shape: tuple[int, int, int], axes: list[Reads]) -> Field:
    first, last = (
        [np.broadcast_to(side, shape[1:]) for side in sides]
        for sides in zip(*((reads.first, reads.last) for reads in axes), strict=True)
    )
    return Field(np.stack(first), np.stack(last))


def _refuted(module: nn.Module, noise: Tensor, last: str, fields: dict[str, Field | None]) -> set[str]:
    """The layers in which something changes with a half of the picture that it is said not to read."""
    before = {step.name: step for step in run(module, noise, last, sums)}
    refuted: set[str] = set()
    for axis in range(2):
        middle = noise.shape[2 + axis] // 2
        for second_half, values in _half_changed(noise, axis):
            after = {step.name: step for step in run(module, values, last, sums)}
            for name, field in fields.items():
                if field is None or name in refuted:
                    continue
                old, new = before[name].measured, after[name].measured if name in after else None
                if new is None or old is None or new.shape != old.shape:
                    refuted.add(name)
                    continue
                unread = field.last[axis] < middle if second_half else field.first[axis] >= middle
                changed = np.abs(new - old) > _ROUNDING * np.abs(old).max()  # type: ignore[operator]
                if (changed & unread).any():
                    refuted.add(name)
    return refuted


def _half_changed(noise: Tensor, axis: int) -> Iterator[tuple[bool, Tensor]]:
    """The picture with other values in its first or second (True) half: other noise, and colours far outside it.

    These change which channels are the strongest, for a model that chooses by that.
    """
    middle, side = noise.shape[2 + axis] // 2, noise.shape[2 + axis]
    colours = torch.tensor([3.0, -2.0, -3.0], dtype=noise.dtype)[: noise.shape[1], None, None]
    for second_half in (False, True):
        start, length = (middle, side - middle) if second_half else (0, middle)
        part = noise.narrow(2 + axis, start, length)
        for other in (1 - part.flip(2 + axis), part * colours, -part * colours):
            values = noise.clone()
            values.narrow(2 + axis, start, length).copy_(other)
            yield second_half, values


@contextmanager
def _one_thread() -> Iterator[None]:
    """Small pictures are no faster on more, and many times slower where other programs have the cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
