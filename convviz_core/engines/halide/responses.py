"""The stages that make responses of a plane of pixels: in float32, or in whole numbers, whose sums are shared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import halide as hl

from convviz_core.engines.halide.column_sums import Column, ColumnSums, Term
from convviz_core.engines.halide.stages import OVERLAP, Node, kernel, total, vector_lanes, x, y


@dataclass(frozen=True, eq=False)
class Taps:
    """What a plane has below each weight of a kernel. stride, dilation: (y, x)."""

    plane: Node
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)

    def below(self, dy: int, dx: int, channel: int) -> Node:
        """Below weight (dy, dx) for response (x, y)."""
        return self.plane[self.across(dx), y * self.stride[0] + dy * self.dilation[0], channel]

    def column(self, dy: int, channel: int) -> Node:
        """Below row `dy` of a kernel's column at x of the plane, for responses in row y."""
        return self.plane[x, y * self.stride[0] + dy * self.dilation[0], channel]

    def across(self, dx: int) -> Node:
        """Where in the plane's rows column `dx` of a kernel lies for responses at x."""
        return x * self.stride[1] + dx * self.dilation[1]


def float_response(taps: Taps, weights: Node, channels: int, kernel_hw: tuple[int, int], at_once: int) -> Node:
    """(x, y, kernel) float32: the taps unrolled, their weights read from the ImageParam (x, y, channel, kernel).

    at_once: kernels computed side by side from one reading of the plane; their number is a multiple of it.
    """
    products = [
        taps.below(dy, dx, channel) * weights[dx, dy, channel, kernel]
        for channel in range(channels)
        for dy in range(kernel_hw[0])
        for dx in range(kernel_hw[1])
    ]
    response = hl.Func("response")
    response[x, y, kernel] = total(products)
    group, member = hl.Var("group"), hl.Var("member")
    response.split(kernel, group, member, at_once, hl.TailStrategy.RoundUp).reorder(member, x, y, group).unroll(member)
    response.vectorize(x, 2 * vector_lanes(), OVERLAP).never_partition_all()
    return response


def whole_response(taps: Taps, sums: ColumnSums, kind: Node) -> tuple[Node, Node | None]:
    """(x, y, kernel) of the integer type `kind`, exact; and the stage of the shared columns, where there are any."""
    shared = hl.Func("columns")

    def column_sum(wanted: Column, dx: int) -> Node:
        return _weighted([(w, hl.cast(kind, taps.below(dy, dx, wanted.channel))) for dy, w in wanted.taps])

    def shared_sum(wanted: Column) -> Node:
        return _weighted([(w, hl.cast(kind, taps.column(dy, wanted.channel))) for dy, w in wanted.taps])

    def term_value(term: Term) -> Node:
        if term.column in sums.shared:
            return shared[taps.across(term.dx), y, sums.shared.index(term.column)]
        return column_sum(term.column, term.dx)

    if sums.shared:
        shared[x, y, kernel] = _choose([shared_sum(wanted) for wanted in sums.shared], kind)
        _vectorize_unrolled(shared, len(sums.shared))
    response = hl.Func("response")
    totals = [_weighted([(term.factor, term_value(term)) for term in terms]) for terms in sums.kernels]
    response[x, y, kernel] = _choose(totals, kind)
    _vectorize_unrolled(response, len(totals))
    return response, shared if sums.shared else None


def _vectorize_unrolled(stage: Node, count: int) -> None:
    stage.bound(kernel, 0, count).reorder(kernel, x, y).unroll(kernel)
    stage.vectorize(x, vector_lanes(), OVERLAP).never_partition_all()


def _choose(values: Sequence[Node], kind: Node) -> Node:
    values = [hl.cast(kind, value) for value in values]
    return hl.mux(kernel, values) if len(values) > 1 else values[0]


def _weighted(terms: Sequence[tuple[int, Node]]) -> Node:
    """The sum of weight * value, its negative weights taken together; 0 for no terms."""
    added = [value * weight if weight != 1 else value for weight, value in terms if weight > 0]
    taken = [value * -weight if weight != -1 else value for weight, value in terms if weight < 0]
    if not taken:
        return total(added) if added else 0
    return total(added) - total(taken) if added else -total(taken)
