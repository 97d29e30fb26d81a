"""Codes of responses' sizes, as byte_sums.py has them: products of bytes, four at once, on every core.

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

from convviz_core.arrays import ByteArray
from convviz_core.byte_sums import FLOOR, QUAD, STEPS, ByteWeights, Reads
from convviz_core.engines.halide.stages import Node

_VECTORS = 2  # of lanes, and so many windows: their sums stay in registers
_WINDOWS = 6
_TASK = 16  # of these windows make one core's task

_MANTISSA_BITS = 23  # of a float32

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
        self.sum = hl.Func(f"sum_{name}")
        self._tap = hl.RDom([(0, QUAD), (0, self._steps.dim(2).extent()), (0, self._steps.dim(3).extent())])
        byte, quad, row = (self._tap[number] for number in range(3))
        # Where a window begins is data, of which Halide knows nothing; whoever gives it keeps inside.
        place = self._first[_window * self._each] + row * self._row_step + quad * QUAD + byte
        level = self._pixels[hl.unsafe_promise_clamped(place, 0, self._pixels.dim(0).extent() - 1)]
        self.sum[_lane, _window] = hl.cast(hl.Int(32), 0)
        self.sum[_lane, _window] += hl.cast(hl.Int(32), level) * hl.cast(
            hl.Int(32), self._steps[byte, _lane, quad, row]
        )

    def response(self) -> Node:
        """Of a lane and a window."""
        found = hl.cast(hl.Float(32), self.sum[_lane, _window]) * self._scales[_lane] + self._biases[_lane]
        return hl.max(found, self._least)

    def schedule(self, output: Node, tile: Node, lanes: int) -> None:
        """All sums of a tile at once; four products are one instruction where a machine has it."""
        byte, quad, row = (self._tap[number] for number in range(3))
        self.sum.compute_at(output, tile).vectorize(_lane, lanes).unroll(_lane).unroll(_window)
        update = self.sum.update().reorder(byte, _lane, _window, quad, row)
        update.vectorize(_lane, lanes).unroll(_lane).unroll(_window).atomic().vectorize(byte)

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


class HalideCoder:
    """See Coder. Made once, it serves a whole process."""

    windows = _WINDOWS

    def __init__(self) -> None:
        """Compile."""
        self._target = hl.get_jit_target_from_environment()
        self._vector = int(self._target.natural_vector_size(hl.Int(32)))
        self.lanes = _VECTORS * self._vector
        self._nothing, self._signed = hl.Param(hl.Float(32)), hl.Param(hl.UInt(1))
        self._live, self._kept = _Side("live"), _Side("kept")
        self._pipeline, self._lock = self._build(), Lock()
        some = replace(_no_other(self.lanes), first=np.zeros(_WINDOWS, np.int32))
        self.write(np.zeros((_WINDOWS, self.lanes), np.uint8), [some], 0.0, signed=True)

    def write(self, codes: ByteArray, read: Sequence[Reads], nothing: float, *, signed: bool) -> None:
        """See Coder."""
        with self._lock:
            live, *kept = read
            self._live.set(live)
            self._kept.set(kept[0] if kept else _no_other(codes.shape[1]))
            self._nothing.set(nothing)
            self._signed.set(signed)
            self._pipeline.realize([hl.Buffer(codes)], self._target)

    def _build(self) -> Node:
        response = self._live.response() - self._kept.response()
        size = hl.select(self._signed, hl.abs(response), response)
        codes = hl.Func("codes")
        codes[_lane, _window] = hl.cast(hl.UInt(8), hl.select(size > self._nothing, _code(size), 0))
        lane, window, tile, tiles, task, of_task = (
            hl.Var(name) for name in ("lane_in", "window_in", "tile", "tiles", "task", "of_task")
        )
        codes.tile(_lane, _window, tile, tiles, lane, window, self.lanes, _WINDOWS, hl.TailStrategy.ShiftInwards)
        codes.reorder(lane, window, tile, tiles).vectorize(lane, self._vector).unroll(window)
        codes.split(tiles, task, of_task, _TASK, hl.TailStrategy.GuardWithIf).parallel(task)
        codes.never_partition_all()
        for side in (self._live, self._kept):
            side.schedule(codes, tile, self._vector)
        return hl.Pipeline([codes])


@cache
def _no_other(lanes: int) -> Reads:
    """Responses that are 0, for every window the same ones."""
    steps, zeros = np.zeros((1, 1, lanes, QUAD), np.int8), np.zeros(lanes, np.float32)
    weights = ByteWeights(steps, zeros, zeros, error=0.0)
    return Reads(np.zeros(QUAD, np.uint8), np.zeros(1, np.int32), 0, weights, -math.inf)


def _code(size: Node) -> Node:
    """1 to 255 of a size above 0: a float's bits, as a whole number, grow as its octaves do, evenly in each."""
    lowest = int(np.float32(FLOOR).view(np.int32))
    bits = hl.reinterpret(hl.Int(32), hl.min(size, 1.0)) - lowest
    octave = 1 << _MANTISSA_BITS
    # In two steps, so that 32 bits hold it.
    steps = ((hl.max(bits, -octave) >> 8) * STEPS) >> (_MANTISSA_BITS - 8)
    return hl.max(steps + 2, 1)
