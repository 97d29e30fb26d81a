"""What of two layers has to be computed for their difference, and how each map is made of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from convviz_core.difference import Difference
from convviz_core.engines.cpu_kernels import DistinctKernels, distinct_among
from convviz_core.layer import Layer

LARGEST = 1e37  # in float32, with room for sums


class Term(NamedTuple):
    """One side of a map: relu(sign * q + bias), or without ReLU; q: what kernel `kernel` of `reader` answers."""

    reader: int
    kernel: int
    sign: int
    bias: float
    signed: bool


@dataclass(frozen=True, eq=False)
class Terms:
    """The difference of two layers, map by map.

    readers: of each picture that is read, the kernels on it; one where both layers read the same pixels. maps: what is
    left and what is taken away, in units of unit / 255, and which map it is; those with the same kernel in a row.
    """

    readers: tuple[DistinctKernels, ...]
    maps: tuple[tuple[int, Term, Term], ...]
    unit: float

    def uses(self, reader: int) -> Counter[int]:
        """How often each kernel of a reader is asked for."""
        return Counter(term.kernel for _, *both in self.maps for term in both if term.reader == reader)


def terms_of(difference: Difference) -> Terms:
    """What its maps are made of."""
    sides, count = (difference.live, difference.kept), len(difference)
    kernels = [layer.bank.kernels[:count] for layer in sides]
    if sides[0].geometry == sides[1].geometry and sides[0].bank.channels == sides[1].bank.channels:
        readers, firsts = [distinct_among(np.concatenate(kernels))], ((0, 0), (0, count))
    else:
        readers, firsts = [distinct_among(of_one) for of_one in kernels], ((0, 0), (1, 0))
    biases = [0.0 if layer.weights.bias is None else float(np.abs(layer.weights.bias).max()) for layer in sides]
    unit = max(*(reader.scale for reader in readers), *(255 * bias / LARGEST for bias in biases))
    in_unit = tuple(_in_unit(reader, unit) for reader in readers)
    live, kept = (
        [_term(layer, readers[reader], reader, first, index, unit) for index in range(count)]
        for layer, (reader, first) in zip(sides, firsts, strict=True)
    )
    return Terms(in_unit, tuple(sorted(zip(range(count), live, kept, strict=True), key=_by_kernel)), unit)


def _in_unit(distinct: DistinctKernels, unit: float) -> DistinctKernels:
    return replace(distinct, kernels=np.asarray(distinct.kernels * (distinct.scale / unit), np.float32), scale=unit)


def _term(layer: Layer, distinct: DistinctKernels, reader: int, first: int, index: int, unit: float) -> Term:
    bias = layer.weights.bias
    return Term(
        reader,
        distinct.kernel_of[first + index],
        distinct.sign[first + index],
        0.0 if bias is None else float(bias[index]) * 255 / unit,
        layer.signed,
    )


def _by_kernel(one: tuple[int, Term, Term]) -> tuple[int, int, int]:
    return one[1].kernel, one[2].kernel, one[0]
