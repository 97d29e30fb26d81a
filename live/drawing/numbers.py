"""Numbers in one style: three significant digits, whole numbers as they are, columns with their points in line."""

from __future__ import annotations

import math

import numpy as np

from convviz_core.arrays import AnyArray
from convviz_core.numbers import MINUS, PLAIN_FROM, PLAIN_TO, TIMES, figure, power_of_ten

__all__ = ["MINUS", "TIMES", "aligned", "column", "extremes", "figure", "fitted", "percents", "times_power"]

MORE_DECIMALS = 2  # than usual, at most
ROUNDED = 2e-7  # relative, what float32 makes of a decimal fraction


def fitted(value: float, characters: int) -> str:
    """One number as `figure` writes it, with fewer decimals where it has more than so many characters."""
    said = figure(value)
    if len(said) <= characters or not math.isfinite(value):
        return said
    power = power_of_ten(value)
    plain = PLAIN_FROM <= power < PLAIN_TO
    for decimals in range(max(0, 2 - power) if plain else 2, -1, -1):
        shorter = f"{value:.{decimals}{'f' if plain else 'e'}}"
        shorter = shorter.replace("e+0", "e").replace("e-0", "e-").replace("e+", "e").replace("-", MINUS)
        if len(shorter) <= characters:
            break
    return shorter


def column(
    values: AnyArray, digits: int = 3, *, shifted: bool = True, exactly: bool = False, total: float = math.inf
) -> tuple[list[str], int]:
    """Numbers that stand together, all with the decimals that give the largest so many significant digits.

    exactly: with one or two decimals more where these tell all of them exactly, as of 1/16 beside 1/8; total: where
    these give that one of them so many significant digits, too. Returned with the power of ten that they are to be
    multiplied with, 0 where they are written out, as all are that are not to be `shifted`.
    """
    numbers = [float(value) for value in values.flat]
    if all(math.isfinite(n) and n == int(n) and abs(n) < 10**PLAIN_TO for n in numbers):
        return [str(int(n)).replace("-", MINUS) for n in numbers], 0
    largest = max((abs(n) for n in numbers if math.isfinite(n)), default=0.0)
    power = power_of_ten(largest)
    shift = power if shifted and not PLAIN_FROM < power < PLAIN_TO else 0
    decimals = max(0, digits - 1 - power + shift)
    if exactly:
        more = range(decimals, decimals + MORE_DECIMALS + 1)
        decimals = next((count for count in more if not _is_cut(values, count - shift).any()), decimals)
    if total and math.isfinite(total):
        decimals += min(max(0, power - power_of_ten(total)), MORE_DECIMALS)
    return [_decimal(n / 10.0**shift, decimals) for n in numbers], shift


def aligned(values: AnyArray, total: float = math.inf) -> list[str]:
    """As `column`, where no power of ten can be told beside the numbers; with one, each is written for itself."""
    texts, power = column(values, total=total)
    return [figure(float(value)) for value in values.flat] if power else texts


def percents(share: float) -> str:
    """Of 0 to 1, in whole percents: hardly any is not none, and nearly all is not all."""
    if 0 < share < 0.005:
        return "<1 %"
    return ">99 %" if 0.995 <= share < 1 else f"{100 * share:.0f} %"


def extremes(values: AnyArray) -> AnyArray:
    """A few of the values, which `column` writes as wide as the widest of all, and in the same manner."""
    flat = values.reshape(-1)
    largest = float(np.abs(flat).max())
    least = max(0, 2 - power_of_ten(largest) if math.isfinite(largest) else 0)
    cut = [flat[_is_cut(flat, least + more)][:1] for more in range(MORE_DECIMALS + 1)]
    return np.concatenate([[flat.min(), flat.max()], flat[flat != np.rint(flat)][:1], *cut])


def _is_cut(values: AnyArray, decimals: int) -> AnyArray:
    """bool: which of the values so many decimals do not tell, but for float32's rounding."""
    scaled = values.astype(np.float64) * 10.0**decimals
    with np.errstate(invalid="ignore"):  # what is not finite has no decimals
        return np.asarray(abs(scaled - np.rint(scaled)) > ROUNDED * abs(scaled))


def times_power(power: int) -> str:
    """What stands behind the title of such a column; nothing for 0."""
    return f" {TIMES} 1e{power}".replace("-", MINUS) if power else ""


def _decimal(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    if value == 0:
        return "0"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", MINUS)
