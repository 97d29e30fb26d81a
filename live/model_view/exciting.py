"""What excites a channel: the parts of the input that drove it highest in this run."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.geometry import Box

MOST_KEPT = 9
MOST_CHANNELS = 16  # the last ones that were looked at keep what they had
APART_S = 1.0  # between two of one place
_NEAR = 8  # without a receptive field, peaks are of one place within this part of the map

BoxOf = Callable[[int, int], Box | None]


@dataclass(frozen=True, eq=False)
class Excitement:
    """A picture's peak of one channel.

    value: the response before the viewer's ReLU. time_s: the picture's media time. y, x: where in the map. box: what
    the peak reads of the input, None where that is not known. patch: uint8 (h, w, 3) BGR or (h, w), that part of the
    input, all of it where `box` is None.
    """

    value: float
    time_s: float
    y: int
    x: int
    box: Box | None
    patch: ByteArray


class Exciting:
    """Takes in one picture's map after the other; remembers each channel's nine highest, one a second and place."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, list[Excitement]] = OrderedDict()

    def kept(self, channel: Hashable) -> tuple[Excitement, ...]:
        """What drove a channel highest so far, the highest first."""
        return tuple(self._kept.get(channel, ()))

    def take(self, channel: Hashable, responses: FloatArray, picture: ByteArray, time_s: float, box_of: BoxOf) -> None:
        """Take in a picture.

        channel: equal for the same channel of the same layer on the same kind of input. responses: float32 (h, w), its
        map. picture: uint8, the model's input before the normalisation. box_of: what response (y, x) reads.
        """
        kept = self._kept.setdefault(channel, [])
        self._kept.move_to_end(channel)
        if len(self._kept) > MOST_CHANNELS:
            self._kept.popitem(last=False)
        y, x = map(int, np.unravel_index(int(np.argmax(responses)), responses.shape))
        value = float(responses[y, x])
        if not np.isfinite(value) or (len(kept) == MOST_KEPT and value <= kept[-1].value):
            return
        box = box_of(y, x)
        rivals = [
            one for one in kept if abs(one.time_s - time_s) < APART_S and _one_place(one, y, x, box, responses.shape)
        ]
        if any(one.value >= value for one in rivals):
            return
        part = picture if box is None else picture[box.top : box.bottom, box.left : box.right]
        new = Excitement(value, time_s, y, x, box, part.copy())
        others = [one for one in kept if not any(one is rival for rival in rivals)]
        kept[:] = sorted([*others, new], key=lambda one: -one.value)[:MOST_KEPT]


def _one_place(one: Excitement, y: int, x: int, box: Box | None, map_hw: tuple[int, ...]) -> bool:
    """Whether a peak is of the same place: half of the smaller field is shared."""
    if box is None or one.box is None:
        return abs(one.y - y) * _NEAR <= map_hw[0] and abs(one.x - x) * _NEAR <= map_hw[1]
    height = min(box.bottom, one.box.bottom) - max(box.top, one.box.top)
    width = min(box.right, one.box.right) - max(box.left, one.box.left)
    return 2 * max(height, 0) * max(width, 0) >= min(_area(box), _area(one.box))


def _area(box: Box) -> int:
    return (box.bottom - box.top) * (box.right - box.left)
