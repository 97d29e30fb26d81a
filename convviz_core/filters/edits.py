"""What one may do to a bank by hand: each edit gives another bank, or the same object where it would change nothing.

Weights that an edit does not touch stay what they were, to the bit. A filter that was changed keeps its label; what it
answers to is not known any more.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import numpy as np

from convviz_core.arrays import AnyArray, FloatArray
from convviz_core.filters.bank import MAX_FILTERS, MAX_SIDE, Filter, FilterBank

Place = tuple[int, int, int]  # channel (0 for gray; R, G, B), row, column
Edit = Callable[[FilterBank], FilterBank]

_LARGEST, _SMALLEST = float(np.finfo(np.float32).max), float(np.finfo(np.float32).smallest_subnormal)


def step_of(bank: FilterBank) -> float:
    """What one step adds: 1 where all weights are whole, else a tenth of the largest |weight| rounded to one digit."""
    if (bank.kernels == np.rint(bank.kernels)).all():
        return 1.0
    return max(float(f"{float(np.abs(bank.kernels).max()) / 10:.0e}"), _SMALLEST)


def weight_at(bank: FilterBank, index: int, place: Place) -> float:
    """Filter `index`'s weight there."""
    return float(bank.kernels[index][place])


def with_weight(bank: FilterBank, index: int, place: Place, value: float) -> FilterBank:
    """Filter `index` with that weight there, as float32, cut off at the largest one."""
    kernel = bank.kernels[index].copy()
    kernel[place] = np.float32(min(max(value, -_LARGEST), _LARGEST))
    return _with_kernel(bank, index, kernel)


def stepped(bank: FilterBank, index: int, place: Place, step: float, count: float) -> FilterBank:
    """Filter `index` with `count` steps added to that weight.

    Added as the decimals that stand on the screen: 0.3 less three steps of 0.1 is 0, and as many back is 0.3.
    """
    weight = Decimal(str(bank.kernels[index][place]))
    return with_weight(bank, index, place, float(weight + Decimal(repr(step)) * Decimal(repr(count))))


def negated(bank: FilterBank, index: int) -> FilterBank:
    """Filter `index` with the sign of every weight turned."""
    return _with_kernel(bank, index, 0 - bank.kernels[index])


def turned(bank: FilterBank, index: int) -> FilterBank:
    """Filter `index` turned by 90 degrees, clockwise.

    The kernels of a bank share one shape: where they are not square, all get as many rows as columns first, with zeros
    around them, which leaves the others' responses as they are.
    """
    rows, columns = bank.kernel_hw
    for _ in range(rows, columns):
        bank = with_rows(bank, 1)
    for _ in range(columns, rows):
        bank = with_columns(bank, 1)
    return _with_kernel(bank, index, np.rot90(bank.kernels[index], -1, axes=(1, 2)))


def mirrored(bank: FilterBank, index: int) -> FilterBank:
    """Filter `index` mirrored left and right."""
    return _with_kernel(bank, index, bank.kernels[index][:, :, ::-1])


def with_sum_0(bank: FilterBank, index: int) -> FilterBank:
    """Filter `index` less its mean weight, over all channels: even light gives 0."""
    kernel = bank.kernels[index]
    total = math.fsum(kernel.flat)
    if total == 0:
        return bank
    levelled = _float32(kernel.astype(np.float64) - total / kernel.size)
    finest = int(np.abs(levelled).argmin())  # takes what was lost by rounding, and hardly changes by it
    levelled.flat[finest] = np.float32(float(levelled.flat[finest]) - math.fsum(levelled.flat))
    return _with_kernel(bank, index, levelled)


def with_absolute_sum_1(bank: FilterBank, index: int) -> FilterBank:
    """Filter `index` divided by the sum of its weights' sizes, over all channels; one of zeros stays."""
    kernel = bank.kernels[index]
    total = math.fsum(np.abs(kernel).flat)
    if total == 0 or abs(total - 1) < kernel.size * 2.0**-24:  # it is 1, but for the rounding of its weights
        return bank
    return _with_kernel(bank, index, _float32(kernel.astype(np.float64) / total))


def cleared(bank: FilterBank, index: int) -> FilterBank:
    """Filter `index` with nothing but zeros."""
    return _with_kernel(bank, index, np.zeros_like(bank.kernels[index]))


def with_copy(bank: FilterBank, index: int) -> FilterBank:
    """A copy of filter `index` behind it, called "filter 5" say; the same bank where there are 64."""
    if len(bank) >= MAX_FILTERS:
        return bank
    number = len(bank) + 1
    while f"filter {number}" in bank.labels:
        number += 1
    copy = replace(bank.filters[index], label=f"filter {number}")
    return _with_filters(bank, [*range(index + 1), index, *range(index + 1, len(bank))], {index + 1: copy})


def without(bank: FilterBank, index: int) -> FilterBank:
    """Filter `index` taken out; the same bank where it is the only one."""
    if len(bank) == 1:
        return bank
    return _with_filters(bank, [number for number in range(len(bank)) if number != index], {})


def with_rows(bank: FilterBank, more: int) -> FilterBank:
    """All kernels with one row more (1: of zeros) or fewer (-1), kept centred; the same bank at 1 and 31 rows.

    An even number of rows has one more below the middle: an odd kernel grows below, an even one above, and shrinking
    takes the same ways back.
    """
    return _resized(bank, more, axis=1)


def with_columns(bank: FilterBank, more: int) -> FilterBank:
    """All kernels with one column more (1) or fewer (-1), see with_rows: an even number has one more at the right."""
    return _resized(bank, more, axis=2)


def as_shown(bank: FilterBank, edit: Edit, *, flipped: bool) -> FilterBank:
    """`edit` done to the kernels as they are shown: turned by 180 degrees where `flipped`."""
    if not flipped:
        return edit(bank)
    shown = bank.flipped()
    after = edit(shown)
    if after is shown:
        return bank
    untouched = dict(zip(map(id, shown.filters), bank.filters, strict=True))
    filters = [
        untouched.get(id(filter)) or replace(filter, kernel=filter.kernel[..., ::-1, ::-1], turned=False)
        for filter in after.filters
    ]
    return replace(after, filters=tuple(filters))


def compared(bank: FilterBank, original: FilterBank) -> FilterBank:
    """`bank` as what `original` has become: that object where they are the same, else with a star behind its name.

    What a kernel answers to is known where the original has that kernel; one whose name the original has with another
    kernel is said to be changed.
    """
    if same_filters(bank, original):
        return original
    answers = {_values(filter): filter.answers for filter in original.filters}
    were = {(filter.label, _values(filter)) for filter in original.filters}
    named = []
    for filter in bank.filters:
        answer = filter.answers or answers.get(_values(filter), "")
        changed = filter.label in original.labels and (filter.label, _values(filter)) not in were
        same = (answer, changed) == (filter.answers, filter.changed)
        named.append(filter if same else replace(filter, answers=answer, changed=changed))
    return replace(bank, name=f"{original.name}*", filters=tuple(named))


def same_filters(one: FilterBank, other: FilterBank) -> bool:
    """Whether they have the same kernels under the same labels, with the same bias."""
    if one is other:
        return True
    biases = [None if bank.bias is None else bank.bias.tolist() for bank in (one, other)]
    same_kernels = list(map(_values, one.filters)) == list(map(_values, other.filters))
    return same_kernels and one.labels == other.labels and biases[0] == biases[1]


def _values(filter: Filter) -> tuple[tuple[int, ...], bytes]:
    return filter.kernel.shape, (filter.kernel + 0).tobytes()  # + 0: -0.0 is 0


def _with_filters(bank: FilterBank, numbers: list[int], others: dict[int, Filter]) -> FilterBank:
    """The bank of these of its filters, each with its bias, and with `others` in some places."""
    filters = tuple(others.get(place) or bank.filters[number] for place, number in enumerate(numbers))
    return replace(bank, filters=filters, bias=None if bank.bias is None else bank.bias[numbers])


def _with_kernel(bank: FilterBank, index: int, kernel: FloatArray) -> FilterBank:
    """Filter `index` with another kernel, (C, kh, kw)."""
    filter = bank.filters[index]
    if np.array_equal(kernel.reshape(filter.kernel.shape), filter.kernel):
        return bank
    changed = replace(filter, kernel=kernel.reshape(filter.kernel.shape), answers="")
    return replace(bank, filters=(*bank.filters[:index], changed, *bank.filters[index + 1 :]))


def _resized(bank: FilterBank, more: int, axis: int) -> FilterBank:
    length = bank.kernels.shape[axis + 1]
    if not 1 <= length + more <= MAX_SIDE:
        return bank
    before = (length + more) % 2 if more > 0 else -(length % 2)  # rows that come at the beginning, or go there

    def resized(kernel: FloatArray) -> FloatArray:
        at = kernel.ndim - 3 + axis
        if more > 0:
            return np.pad(kernel, [(before, more - before) if each == at else (0, 0) for each in range(kernel.ndim)])
        return kernel.take(range(-before, length + more - before), axis=at)

    filters = tuple(replace(filter, kernel=resized(filter.kernel), answers="") for filter in bank.filters)
    return replace(bank, filters=filters)


def _float32(values: AnyArray) -> FloatArray:
    return np.asarray(np.clip(values, -_LARGEST, _LARGEST), np.float32)
