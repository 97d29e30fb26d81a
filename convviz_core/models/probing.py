"""Which input pixels a response of a model's layer depends on, found by running the model.

NaN spreads through every operation that reads it, zero weights and ReLU included. So with NaN in one input row, those
responses are NaN that read the row, and so for columns. What is shown by it:
- a layer's field is known only where every such run called the same parts as a run without NaN, and some response
  was NaN (a model may look at its values, or replace NaN);
- other noise in one half of the picture must leave unchanged what is said not to read that half.
To be quick, rows are tried on a narrow picture and columns on a low one, and the answers compared with some of the
whole picture's; where they differ, the whole picture is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from convviz_core.geometry import Box
from convviz_core.models.calls import Call, stop, watch
from convviz_core.models.errors import ModelError

if TYPE_CHECKING:
    from convviz_core.models.model import Model

NARROW = 64  # pixels
_COMPARED = 5  # rows and columns of the whole picture
_ROUNDING = 1e-4  # of a layer's largest value

Bools = NDArray[np.bool_]
Measure = Callable[[Tensor], NDArray[np.generic]]


@dataclass(frozen=True, eq=False)
class Field:
    """first, last: int (2, h, w), the first and last input row and column that each response reads; -1 for none."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]

    def box(self, y: int, x: int) -> Box | None:
        """What response (y, x) reads; None where nothing."""
        (top, left), (bottom, right) = self.first[:, y, x].tolist(), self.last[:, y, x].tolist()
        return Box(top, left, bottom + 1, right + 1) if min(top, left) >= 0 else None


@dataclass(frozen=True, eq=False)
class _Step:
    """A call in a run; measured: what was asked of its maps, None where it gave none."""

    name: str
    shape: tuple[int, int, int] | None
    measured: NDArray[np.generic] | None


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
                raise IndexError(f"no pixel (y {y}, x {x}) in maps of {width}x{height}")
        field = self._found[input_hw].get(name)
        return field.box(y, x) if field else None

    def middle(self, input_hw: tuple[int, int], name: str) -> tuple[int, int] | None:
        """The (h, w) of what the response in the middle of the map reads; None where it is not known."""
        _, height, width = self._model.kinds(input_hw)[name][1]
        box = self.box(input_hw, name, height // 2, width // 2)
        return box and (box.bottom - box.top, box.right - box.left)


def _fields(model: Model, input_hw: tuple[int, int], last: str) -> dict[str, Field | None]:
    module, noise = model.replica(), model.noise(input_hw)
    whole = _run(module, noise, last, _finite)
    fields: dict[str, Field | None] = {step.name: None for step in whole if step.shape}
    axes = []
    for axis in range(2):
        other = min(NARROW, input_hw[1 - axis])
        small = (input_hw[0], other) if axis == 0 else (other, input_hw[1])
        table = _table(module, model.noise(small, noise.shape[1]), axis, last, whole, across=True)
        if small != input_hw and not _agrees(module, noise, axis, last, table):
            table = _table(module, noise, axis, last, whole, across=False)
        axes.append(table)
    for step in whole:
        probed = all(step.name in table for table in axes)
        if step.shape and probed and step.measured is not None and step.measured.all():
            fields[step.name] = _field(step.shape, [table[step.name] for table in axes])
    refuted = _refuted(module, noise, last, fields)
    return {name: None if name in refuted else field for name, field in fields.items()}


def _run(module: nn.Module, values: Tensor, last: str, measure: Measure) -> list[_Step]:
    """The calls of one run up to `last`, or to where the model fails."""
    steps: list[_Step] = []

    def on_call(call: Call) -> None:
        shape = call.map_shape
        steps.append(_Step(call.name, shape, measure(call.output) if shape else None))
        if call.name == last:
            stop()

    with suppress(ModelError), _ExactInterpolation():  # what was called until then counts
        watch(module, values, on_call)
    return steps


def _table(
    module: nn.Module, noise: Tensor, axis: int, last: str, whole: list[_Step], *, across: bool
) -> dict[str, Bools]:
    """For each layer whose runs can be trusted: bool (n, h, w), which responses read each input row (axis 0) or column.

    across: all in a row of the map together, (n, h, 1), or in a column, (n, 1, w).
    """

    def measure(output: Tensor) -> Bools:
        found = _is_nan(output)
        return np.asarray(found.any(axis=1 - axis, keepdims=True) if across else found)

    plain = _run(module, noise, last, measure)
    trusted = _same(plain, whole, axis)
    tables: dict[str, list[Bools]] = {step.name: [] for step in plain[:trusted] if step.shape}
    for at in range(noise.shape[2 + axis]):
        values = noise.clone()
        values.select(2 + axis, at).fill_(torch.nan)
        steps = _run(module, values, last, measure)
        trusted = min(trusted, _same(steps, plain, None))
        for step in steps[:trusted]:
            if step.shape:
                assert step.measured is not None
                tables[step.name].append(np.asarray(step.measured, np.bool_))
    clean = {step.name for step in plain[:trusted] if step.measured is not None and not step.measured.any()}
    stacked: dict[str, Bools] = {name: np.stack(rows) for name, rows in tables.items() if name in clean}
    return {name: table for name, table in stacked.items() if table.any()}


def _same(steps: list[_Step], others: list[_Step], axis: int | None) -> int:
    """How many calls from the first on are the same in two runs; with an axis, maps need be as large along it only."""

    def essence(step: _Step) -> object:
        return step.name, step.shape if step.shape is None or axis is None else (step.shape[0], step.shape[1 + axis])

    for count, (step, other) in enumerate(zip(steps, others, strict=False)):
        if essence(step) != essence(other):
            return count
    return min(len(steps), len(others))


def _agrees(module: nn.Module, noise: Tensor, axis: int, last: str, table: dict[str, Bools]) -> bool:
    """Whether rows (or columns) of the whole picture are read by the responses that the table says."""
    side = noise.shape[2 + axis]
    seen: set[str] = set()
    for at in sorted({round(part * (side - 1) / (_COMPARED - 1)) for part in range(_COMPARED)}):
        values = noise.clone()
        values.select(2 + axis, at).fill_(torch.nan)
        for step in _run(module, values, last, _is_nan):
            if step.shape and (step.name not in table or (table[step.name][at] != step.measured).any()):
                return False
            seen.add(step.name)
    return table.keys() <= seen


def _field(shape: tuple[int, int, int], tables: list[Bools]) -> Field:
    firsts, lasts = [], []
    for table in tables:
        none = ~table.any(axis=0)
        first, last = table.argmax(axis=0), len(table) - 1 - table[::-1].argmax(axis=0)
        firsts.append(np.broadcast_to(np.where(none, -1, first), shape[1:]))
        lasts.append(np.broadcast_to(np.where(none, -1, last), shape[1:]))
    return Field(np.stack(firsts), np.stack(lasts))


def _refuted(module: nn.Module, noise: Tensor, last: str, fields: dict[str, Field | None]) -> set[str]:
    """The layers in which something changes with a half of the picture that it is said not to read."""
    before = {step.name: step for step in _run(module, noise, last, _sums)}
    refuted: set[str] = set()
    for axis in range(2):
        middle = noise.shape[2 + axis] // 2
        for second_half in (False, True):
            values = noise.clone()
            part = (
                values.narrow(2 + axis, middle, noise.shape[2 + axis] - middle)
                if second_half
                else values.narrow(2 + axis, 0, middle)
            )
            part.copy_(1 - part.flip(2 + axis))
            after = {step.name: step for step in _run(module, values, last, _sums)}
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


class _ExactInterpolation(TorchFunctionMode):
    """Interpolation reads one pixel more at the border, always with weight 0: that alone must not make NaN."""

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        values = args[0] if args else kwargs.get("input")
        if function is not F.interpolate or not isinstance(values, Tensor) or not values.isnan().any():
            return function(*args, **kwargs)
        others = args[1:], {name: value for name, value in kwargs.items() if name != "input"}
        plain = F.interpolate(values.nan_to_num(), *others[0], **others[1])
        read = F.interpolate(values.isnan().to(values.dtype), *others[0], **others[1])
        return plain.masked_fill(read != 0, torch.nan)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Small pictures are no faster on more, and many times slower where other programs have the cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _is_nan(output: Tensor) -> Bools:
    """bool (h, w): where any channel is NaN."""
    return np.asarray(output[0].amax(0).isnan().cpu().numpy(), np.bool_)


def _finite(output: Tensor) -> Bools:
    return np.asarray(output[0].sum(0).isfinite().cpu().numpy(), np.bool_)


def _sums(output: Tensor) -> NDArray[np.float64]:
    return output[0].double().sum(0).cpu().numpy()
