"""One number in words: three significant digits, whole numbers as they are, a true minus sign."""

from __future__ import annotations

import math

MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
PLAIN_FROM, PLAIN_TO = -3, 5  # powers of ten that are written out


def figure(value: float) -> str:
    """One number: "8", "1.25", "0.0333", "1.20e-7" with a true minus sign."""
    if not math.isfinite(value):
        return str(value).replace("-", MINUS)
    if value == int(value) and abs(value) < 10**PLAIN_TO:
        return str(int(value)).replace("-", MINUS)
    power = power_of_ten(value)
    if PLAIN_FROM <= power < PLAIN_TO:
        return f"{value:.{max(0, 2 - power)}f}".replace("-", MINUS)
    return f"{value:.2e}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e").replace("-", MINUS)


def power_of_ten(value: float) -> int:
    """Of ten: 0 for 1 to 9.99, as three digits round it."""
    return int(f"{value:.2e}".split("e")[1]) if value else 0
