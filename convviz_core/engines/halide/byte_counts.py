"""How many responses have each code of byte_sums.py: products of bytes, four at once, on every core.

One pipeline serves all layers and pictures: sizes, weights and places are its arguments.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from threading import Lock

import halide as hl
import numpy as np

from convviz_core import looks
from convviz_core.arrays import AnyArray
from convviz_core.byte_sums import CODES, QUAD, STEPS, ByteWeights, Reads
from convviz_core.engines.halide.stages import Node, total
from convviz_core.engines.halide.workers import workers
from convviz_core.tally import FLOOR

_VECTORS, _WINDOWS = 2, 6  # of lanes, and windows, whose sums are made together: they stay in registers
_BLOCKS = 16  # of such windows make one core's task
_PARTS = 4  # counts of each code: adding to the one that was added to just before would wait for it
_MANTISSA_BITS = 23  # of a float32
_LEAST_LANES = 16

_lane, _window = hl.Var("lane"), hl.Var("window")


class _Side:
    """One layer's arguments, and its responses."""

    def __init__(self, name: str) -> None:
        self._pixels = hl.ImageParam(hl.UInt(8), 1, f"pixels_{name}")
        self._first = hl.ImageParam(hl.Int(32), 1, f"first_{name}")
        self._steps = hl.ImageParam(hl.Int(8), 4, f"steps_{name}")
        self._scales, self._biases = (hl.ImageParam(hl.Float(32), 1, f"{of}_{name}") for of in ("scales", "biases"))
        self._row_step, self._each, self._least = hl.Param(hl.Int(32)), hl.Param(hl.Int(32)), hl.Param(hl.Float(32))
        self._steps.dim(0).set_bounds(0, QUAD).set_stride(1)
        self._steps.dim(1).set_stride(QUAD)
        self.lanes = self._steps.dim(1).extent()
        self._tap = hl.RDom([(0, QUAD), (0, self._steps.dim(2).extent()), (0, self._steps.dim(3).extent())])
        byte, row, quad = (self._tap[number] for number in range(3))
        # Where a window begins is data, of which Halide knows nothing; whoever gives it keeps inside.
        place = self._first[_window * self._each] + row * self._row_step + quad * QUAD + byte
        level = self._pixels[hl.unsafe_promise_clamped(place, 0, self._pixels.dim(0).extent() - 1)]
        step = self._steps[byte, _lane, row, quad]
        self._sum = hl.Func(f"sum_{name}")
        self._sum[_lane, _window] = hl.cast(hl.Int(32), 0)
        self._sum[_lane, _window] += hl.cast(hl.Int(32), level) * hl.cast(hl.Int(32), step)

    def response(self) -> Node:
        """Of a lane and a window."""
        found = hl.cast(hl.Float(32), self._sum[_lane, _window]) * self._scales[_lane] + self._biases[_lane]
        return hl.max(found, self._least)

    def schedule(self, consumer: Node, block: Node, vector: int) -> None:
        """All sums of a block at once; four products are one instruction where a machine has it.

        Rows go first: they lie far apart, and what a core waits for comes together.
        """
        byte, row, quad = (self._tap[number] for number in range(3))
        self._sum.compute_at(consumer, block).vectorize(_lane, vector).unroll(_lane).unroll(_window)
        update = self._sum.update().reorder(byte, _lane, _window, row, quad)
        update.vectorize(_lane, vector).unroll(_lane).unroll(_window).atomic().vectorize(byte)

    def set(self, read: Reads) -> None:
        """The next arguments."""
        self._pixels.set(hl.Buffer(read.pixels))
        self._first.set(hl.Buffer(read.first))
        self._steps.set(hl.Buffer(read.weights.steps))
        self._scales.set(hl.Buffer(read.weights.scales))
        self._biases.set(hl.Buffer(read.weights.biases))
        self._row_step.set(read.row_step)
        self._each.set(int(len(read.first) > 1))
        self._least.set(read.least)


class HalideCounter:
    """See ByteCounter. One serves a whole process."""

    windows = _WINDOWS

    def __init__(self) -> None:
        """Compile. Errors: hl.HalideError."""
        self._target = hl.get_jit_target_from_environment()
        self._vector = int(self._target.natural_vector_size(hl.Int(32)))
        self.lanes = _VECTORS * self._vector
        self._nothing, self._signed, self._blocks = hl.Param(hl.Float(32)), hl.Param(hl.UInt(1)), hl.Param(hl.Int(32))
        self._live, self._kept = _Side("live"), _Side("kept")
        self._pipeline, self._lock = self._build(), Lock()
        some = replace(_no_other(self.lanes), first=np.zeros(_WINDOWS, np.int32))
        self.counts([some], 0.0, signed=True)

    def counts(self, read: Sequence[Reads], nothing: float, *, signed: bool) -> AnyArray:
        """See ByteCounter."""
        live, *kept = read
        blocks = len(live.first) // _WINDOWS
        by_task = np.empty((-(-blocks // _BLOCKS), CODES), np.int32)
        with self._lock:
            self._live.set(live)
            self._kept.set(kept[0] if kept else _no_other(live.weights.steps.shape[2]))
            self._nothing.set(nothing)
            self._signed.set(signed)
            self._blocks.set(blocks)
            with workers.elsewhere():
                self._pipeline.realize([hl.Buffer(by_task)], self._target)
        return np.asarray(by_task.sum(axis=0, dtype=np.int32))

    def _build(self) -> Node:
        response = self._live.response() - self._kept.response()
        size = hl.select(self._signed, hl.abs(response), response)
        codes, parts, counts = hl.Func("codes"), hl.Func("parts"), hl.Func("counts")
        code, part, task = hl.Var("code"), hl.Var("part"), hl.Var("task")
        codes[_lane, _window] = hl.select(size > self._nothing, _code(size), 0)
        of_task = hl.RDom([(0, self.lanes), (0, _WINDOWS), (0, self._live.lanes // self.lanes), (0, _BLOCKS)])
        lane, window, lanes, block = (of_task[number] for number in range(4))
        of_task.where(task * _BLOCKS + block < self._blocks)
        here = codes[lanes * self.lanes + lane, (task * _BLOCKS + block) * _WINDOWS + window]
        parts[code, part, task] = hl.cast(hl.Int(32), 0)
        parts[hl.unsafe_promise_clamped(here, 0, CODES - 1), lane % _PARTS, task] += 1
        counts[code, task] = total([parts[code, number, task] for number in range(_PARTS)])
        counts.bound(code, 0, CODES).vectorize(code, self._vector).parallel(task)
        parts.bound(part, 0, _PARTS).compute_at(counts, task).vectorize(code, self._vector)
        parts.update().unroll(lane)
        codes.compute_at(parts, lanes).vectorize(_lane, self._vector).unroll(_lane).unroll(_window)
        for side in (self._live, self._kept):
            side.schedule(parts, lanes, self._vector)
        return hl.Pipeline([counts])


def offer_counter() -> None:
    """Have all first looks counted here from now on, where that is faster; compiled now where it has to be."""
    if (counter := _counter()) is not None:
        looks.offer(counter)


@cache
def _counter() -> HalideCounter | None:
    """The one of this process. With vectors of less than 64 bytes it was no faster than numpy."""
    if hl.get_jit_target_from_environment().natural_vector_size(hl.Int(32)) < _LEAST_LANES:
        return None
    try:
        return HalideCounter()
    except hl.HalideError:
        return None


def _code(size: Node) -> Node:
    """1 to 255 of a size above 0: a float's bits, as a whole number, grow as its octaves do, evenly in each."""
    lowest = int(np.float32(FLOOR).view(np.int32))
    bits = hl.reinterpret(hl.Int(32), hl.min(size, 1.0)) - lowest
    octave = 1 << _MANTISSA_BITS
    # In two steps, so that 32 bits hold it.
    steps = ((hl.max(bits, -octave) >> 8) * STEPS) >> (_MANTISSA_BITS - 8)
    return hl.max(steps + 2, 1)


@cache
def _no_other(lanes: int) -> Reads:
    """Responses that are 0, for every window the same ones."""
    steps, zeros = np.zeros((1, 1, lanes, QUAD), np.int8), np.zeros(lanes, np.float32)
    weights = ByteWeights(steps, zeros, zeros, error=0.0)
    return Reads(np.zeros(QUAD, np.uint8), np.zeros(1, np.int32), 0, weights, -math.inf)
