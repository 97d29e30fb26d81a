"""Who looks at a first picture: numpy, or what counts faster, where that has been offered."""

from __future__ import annotations

from functools import lru_cache

from convviz_core.byte_look import LEAST_WIDTH, ByteLook
from convviz_core.byte_sums import ByteCounter
from convviz_core.difference import Difference
from convviz_core.first_look import FirstLook, lay_out, look_ns
from convviz_core.layer import Layer

Look = FirstLook | ByteLook

COUNTED_NS = 450_000.0  # where numpy, which is exact, takes longer than this and its 0.4 ms do not do
MOST_ERROR = 0.006  # of rounded weights: in pictures, with a third of the contrast, a fifteenth of the least limit

_counter: ByteCounter | None = None
_missed = False


def offer(counter: ByteCounter | None) -> None:
    """Have it count for all looks from now on; any thread may offer it."""
    global _counter
    _counter = counter


def missed() -> bool:
    """Whether a look has been made by numpy that a counter would have made sooner: compiling one costs a second."""
    return _missed


def can_look_at(shown: Layer | Difference) -> bool:
    """Whether a look can: windows of two layers go together where none reaches into padding."""
    return isinstance(shown, Layer) or not (any(shown.live.geometry.margins) or any(shown.kept.geometry.margins))


def look_for(shown: Layer | Difference, shape: tuple[int, ...]) -> Look:
    """The look for such frames, of which the latest are kept. Errors: see FirstLook."""
    return _look_by(_counter, shown, shape)


@lru_cache(maxsize=4)
def _look_by(counter: ByteCounter | None, shown: Layer | Difference, shape: tuple[int, ...]) -> Look:
    global _missed
    if look_ns(shown, shape) > COUNTED_NS and lay_out(shown, shape).hw[1] >= LEAST_WIDTH:
        if counter is None:
            _missed = True
        elif (look := ByteLook(shown, shape, counter)).error <= MOST_ERROR:
            return look
    return FirstLook(shown, shape)
