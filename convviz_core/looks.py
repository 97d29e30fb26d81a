"""Who looks at a first picture: numpy, or codes, where something that makes them has been offered."""

from __future__ import annotations

from functools import lru_cache

from convviz_core.byte_look import ByteLook
from convviz_core.byte_sums import Coder
from convviz_core.difference import Difference
from convviz_core.first_look import FirstLook, look_ns
from convviz_core.layer import Layer

Look = FirstLook | ByteLook

CODED_NS = 600_000.0  # where numpy takes longer, codes do; it is exact
MOST_ERROR = 0.01  # of rounded weights: a third of it, of a contrast as pictures have, is a tenth of the least limit

_coder: Coder | None = None


def offer(coder: Coder | None) -> None:
    """Have it make the codes of all looks from now on; any thread may offer it."""
    global _coder
    _coder = coder


def can_look_at(shown: Layer | Difference) -> bool:
    """Whether a look can: windows of two layers go together where none reaches into padding."""
    return isinstance(shown, Layer) or not (any(shown.live.geometry.margins) or any(shown.kept.geometry.margins))


def look_for(shown: Layer | Difference, shape: tuple[int, ...]) -> Look:
    """The look for such frames, of which the latest are kept. Errors: see FirstLook."""
    return _look_by(_coder, shown, shape)


@lru_cache(maxsize=4)
def _look_by(coder: Coder | None, shown: Layer | Difference, shape: tuple[int, ...]) -> Look:
    if coder is not None and look_ns(shown, shape) > CODED_NS:
        look = ByteLook(shown, shape, coder)
        if look.error <= MOST_ERROR:
            return look
    return FirstLook(shown, shape)
