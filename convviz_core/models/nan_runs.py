"""Runs of a model with NaN in some input rows or columns, many in a batch: which responses read which."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from convviz_core.models.calls import Call, stop, watch
from convviz_core.models.errors import ModelError
from convviz_core.models.nan_blocks import Bools, Reads, by_blocks, one_by_one, with_nan
from convviz_core.models.nan_operations import NanOperations, Remembered

PIXELS_AT_ONCE = 1 << 17  # of a batch
MOST_AT_ONCE = 24

Measure = Callable[[Tensor], NDArray[np.generic]]


@dataclass(frozen=True, eq=False)
class Step:
    """A call in a run. shape: (C, h, w) of its maps, None where it gave none; measured: what was asked of them.

    The first axis of `measured` is the batch's.
    """

    name: str
    shape: tuple[int, int, int] | None
    measured: NDArray[np.generic] | None


def run(
    module: nn.Module, values: Tensor, last: str, measure: Measure, remembered: Remembered | None = None
) -> list[Step]:
    """The calls of one run of (B, C, h, w) up to `last`, or to where the model fails."""
    steps: list[Step] = []

    def on_call(call: Call) -> None:
        shape = _map_shape(call.output, len(values))
        steps.append(Step(call.name, shape, _of_batch(measure(call.output), len(values)) if shape else None))
        if call.name == last:
            stop()

    with suppress(ModelError), NanOperations(remembered):  # what was called until then counts
        watch(module, values, on_call, abandons=True)
    return steps


def _map_shape(output: object, batch: int) -> tuple[int, int, int] | None:
    """As Call.map_shape; what is the same for the whole batch may be there once."""
    if not isinstance(output, Tensor) or output.ndim != 4 or not output.numel() or not output.is_floating_point():
        return None
    count, channels, height, width = output.shape
    return (channels, height, width) if count in (1, batch) else None


def _of_batch(measured: NDArray[np.generic], batch: int) -> NDArray[np.generic]:
    return measured if len(measured) == batch else np.broadcast_to(measured, (batch, *measured.shape[1:]))


def same(steps: list[Step], others: list[Step], axis: int | None = None) -> int:
    """How many calls from the first on are the same in two runs; with an axis, maps need be as large along it only."""

    def essence(step: Step) -> object:
        return step.name, step.shape if step.shape is None or axis is None else (step.shape[0], step.shape[1 + axis])

    for count, (step, other) in enumerate(zip(steps, others, strict=False)):
        if essence(step) != essence(other):
            return count
    return min(len(steps), len(others))


def reads_of(
    module: nn.Module,
    noise: Tensor,
    axis: int,
    last: str,
    whole: list[Step],
    kept: Collection[int],
    *,
    across: bool,
) -> dict[str, Reads]:
    """For each layer whose runs can be trusted: which responses read each input row (axis 0) or column (axis 1).

    noise: (1, C, h, w). whole: the run without NaN that the layers are those of. kept: the rows that Reads.rows is to
    have. across: all in a row of the map together, (h, 1), or in a column, (1, w).
    """

    def measure(output: Tensor) -> Bools:
        found = is_nan(output)
        return np.asarray(found.any(axis=2 - axis, keepdims=True) if across else found)

    remembered = Remembered()
    plain = run(module, noise, last, measure, remembered)
    remembered.complete = True
    trusted = same(plain, whole, axis)
    at_once = max(1, min(MOST_AT_ONCE, PIXELS_AT_ONCE // (noise.shape[2] * noise.shape[3])))
    if at_once > 1 and not _takes_batches(module, noise, axis, last, plain[:trusted], remembered):
        at_once = 1
    shapes = {
        step.name: step.measured.shape[1:]
        for step in plain[:trusted]
        if step.measured is not None and not step.measured.any()
    }

    def runs(patterns: Sequence[Sequence[int]]) -> Iterator[dict[str, Bools]]:
        nonlocal trusted
        for start in range(0, len(patterns), at_once):
            values = with_nan(noise, axis, patterns[start : start + at_once])
            steps = run(module, values, last, measure, remembered)
            trusted = min(trusted, same(steps, plain))
            measured = {step.name: step.measured for step in steps[:trusted] if step.name in shapes}
            for each in range(len(values)):
                yield {name: np.asarray(found[each], np.bool_) for name, found in measured.items() if found is not None}

    side = noise.shape[2 + axis]
    reads = by_blocks(runs, shapes, side, kept)
    if reads is None:
        trusted = same(plain, whole, axis)
        reads = one_by_one(runs, shapes, side, kept)
    names = {step.name for step in plain[:trusted]}
    return {name: found for name, found in reads.items() if name in names and (found.first >= 0).any()}


def _takes_batches(
    module: nn.Module, noise: Tensor, axis: int, last: str, plain: list[Step], remembered: Remembered
) -> bool:
    """Whether two pictures in a batch are answered one by one: NaN in the one leaves the other as it is."""
    for nan_in in range(2):
        values = noise.repeat(2, 1, 1, 1)
        values[nan_in].select(1 + axis, noise.shape[2 + axis] // 2).fill_(torch.nan)
        alone = run(module, values[nan_in : nan_in + 1], last, is_nan, remembered)
        both = run(module, values, last, is_nan, remembered)
        count = same(alone, plain)
        if same(both, plain) != count:
            return False
        for one, two in zip(alone[:count], both, strict=False):
            if one.measured is None:
                continue
            assert two.measured is not None
            if two.measured[1 - nan_in].any() or (two.measured[nan_in] != one.measured[0]).any():
                return False
    return True


def is_nan(output: Tensor) -> Bools:
    """bool (B, h, w): where any channel is NaN."""
    return np.asarray(output.amax(1).isnan().cpu().numpy(), np.bool_)


def finite(output: Tensor) -> Bools:
    """bool (B, h, w): where all channels are finite."""
    return np.asarray(output.sum(1).isfinite().cpu().numpy(), np.bool_)


def sums(output: Tensor) -> NDArray[np.floating]:
    """float32, of a model of 64 bits float64 (B, h, w): over channels. Doubles would cost as much as the run."""
    wide = output if output.dtype == torch.float64 else output.float()
    return np.asarray(wide.sum(1).cpu().numpy())
