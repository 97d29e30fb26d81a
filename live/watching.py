"""Pixels that are watched: what each answered over the last seconds, and how much that varies."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.geometry import Box
from convviz_core.inspect import responses
from convviz_core.layer import Layer
from convviz_core.mosaic import MosaicGrid

KEPT_S = 5.0
MOST_WATCHED = 4

MapPixel = tuple[int, int, int]  # map, y, x


@dataclass(frozen=True, eq=False)
class Watched:
    """One pixel's responses, before the activation, and when they were; the last ones are the newest.

    times_s: media time in s. responses: float64, in the units of weights x [0, 1].
    """

    pixel: MapPixel
    times_s: AnyArray
    responses: AnyArray

    @property
    def deviation(self) -> float:
        """The standard deviation of the responses, of all of them as they are (not of a sample)."""
        return float(np.std(self.responses))

    @property
    def span_s(self) -> float:
        """How long ago the first of them was."""
        return float(self.times_s[-1] - self.times_s[0])


class Watcher:
    """Notes the responses of the watched pixels, one for each picture; of another layer, or back in time, anew."""

    def __init__(self) -> None:
        self._layer: Hashable = None
        self._picture: Hashable = None
        self._kept: dict[MapPixel, deque[tuple[float, float]]] = {}

    def note(
        self, pixels: Sequence[MapPixel], layer: Layer, image: ByteArray, picture: Hashable, media_time_s: float
    ) -> tuple[Watched, ...]:
        """What is known of those pixels with this picture; `picture` is equal where the pixels of `image` are."""

        def value(pixel: MapPixel) -> float:
            index, y, x = pixel
            return float(responses(image, layer, (index,), Box(y, x, y + 1, x + 1))[0, 0, 0])

        return self.note_values(pixels, layer, picture, media_time_s, value)

    def note_values(
        self,
        pixels: Sequence[MapPixel],
        layer: Hashable,
        picture: Hashable,
        media_time_s: float,
        value: Callable[[MapPixel], float],
    ) -> tuple[Watched, ...]:
        """The same, of whatever layer: `value` gives a pixel's response."""
        went_back = any(kept[-1][0] > media_time_s for kept in self._kept.values())
        if layer != self._layer or went_back:
            self._kept = {}
        noted = picture == self._picture
        self._layer, self._picture = layer, picture
        self._kept = {pixel: self._kept.get(pixel, deque()) for pixel in pixels}
        for pixel, kept in self._kept.items():
            if noted and kept:
                continue
            kept.append((media_time_s, value(pixel)))
            while kept[0][0] < media_time_s - KEPT_S:
                kept.popleft()
        return tuple(Watched(pixel, *np.array(kept).T) for pixel, kept in self._kept.items())


def kept_values(
    pixels: Sequence[MapPixel],
    layer: Layer,
    conv: FloatArray,
    activated: FloatArray,
    mosaic: ByteArray,
    watched: Sequence[Watched],
) -> list[dict[str, object]]:
    """Each watched pixel with its values, as a snapshot's settings.json has them; index, y and x are maps.npz's."""
    grid = MosaicGrid(len(layer.bank), (conv.shape[1], conv.shape[2]))
    history = {one.pixel: one for one in watched}
    found = []
    for pixel in pixels:
        index, y, x = pixel
        values: dict[str, object] = {
            "index": index,
            "label": layer.bank.labels[index],
            "y": y,
            "x": x,
            "response": float(conv[index, y, x]),
            "activated": float(activated[index, y, x]),
            "byte": int(mosaic[grid.mosaic_pixel(index, y, x)]),
        }
        if pixel in history:
            values |= {"standard_deviation": history[pixel].deviation, "seconds": history[pixel].span_s}
        found.append(values)
    return found
