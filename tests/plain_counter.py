"""What a ByteCounter counts, one response after the other in float64."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from convviz_core.arrays import AnyArray
from convviz_core.byte_sums import Reads


class PlainCounter:
    """Keeps what it has been asked for: `responses`, (S, lanes) each time."""

    windows = 2

    def __init__(self, lanes: int = 4) -> None:
        self.lanes = lanes
        self.responses: list[AnyArray] = []

    def counts(self, read: Sequence[Reads], nothing: float, *, signed: bool) -> AnyArray:
        found = [np.maximum(responses_of(part), part.least) for part in read]
        self.responses.append(found[0] - found[1] if len(found) == 2 else found[0])
        sizes = np.abs(self.responses[-1]) if signed else self.responses[-1]
        return np.bincount(codes_of(sizes, nothing).ravel(), minlength=256)


def responses_of(read: Reads) -> AnyArray:
    """float64 (S, lanes), before the activation."""
    quads, rows, lanes, quad = read.weights.steps.shape
    steps = read.weights.steps.astype(np.float64).transpose(1, 0, 3, 2).reshape(rows, quads * quad, lanes)
    found = []
    for first in read.first.tolist():
        lines = [read.pixels[first + row * read.row_step :][: quads * quad] for row in range(rows)]
        found.append(np.tensordot(np.array(lines, np.float64), steps))
    return np.array(found) * read.weights.scales + read.weights.biases


def codes_of(sizes: AnyArray, nothing: float) -> AnyArray:
    """int: fifty steps in each of the five octaves up to 1, as wide as each other in each."""
    octave = np.floor(np.log2(np.clip(sizes, 2.0**-6, 1.0)))
    step = np.floor((np.clip(sizes, 2.0**-6, 1.0) / 2.0**octave - 1) * 50)
    codes = np.where(octave < -5, 1, 2 + 50 * (octave + 5) + step).astype(int)
    return np.where(sizes > nothing, codes, 0)
