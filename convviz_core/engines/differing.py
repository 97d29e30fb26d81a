"""Differences from whole maps: for engines that have no faster way, and the definition that the others are held to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engines.api import PlanKey, Result, check_weights
from convviz_core.engines.planning import EnginePlan
from convviz_core.filters.bank import FilterBank
from convviz_core.layer import Layer
from convviz_core.mosaic import reduce_maps, tile_maps
from convviz_core.ranges import Limits

Maps = Callable[[ByteArray, Layer], tuple[FloatArray, FloatArray]]


class MapsDifferencePlan(EnginePlan):
    """One layer's maps minus another's; every result is new memory."""

    def __init__(self, key: PlanKey, check_open: Callable[[], None], maps: Maps, implementation: str) -> None:
        """maps: the engine's own. implementation: see Result."""
        super().__init__(key, check_open)
        self._maps, self._implementation = maps, implementation

    def run(self, frame: ByteArray, limits: Limits | None) -> Result:
        """One frame's mosaic (see Plan.run)."""
        self.check(frame, limits)
        assert self.key.compared is not None
        difference, alignment = self.key.compared
        live, kept = (self._shown(frame, layer) for layer in (difference.live, difference.kept))
        found = difference.of(live, kept, alignment)
        ranges = difference.ranges(found, limits)
        levels = reduce_maps(difference.to_bytes(found, ranges, own=limits is None), self.key.reduce)
        return Result(tile_maps(levels), ranges, float(np.abs(found).max()), self._implementation)

    def take_weights(self, bank: FilterBank) -> None:
        """Go on with another bank for the layer from which the other is taken away (see Plan.take_weights)."""
        self.key = check_weights(self.key, bank)

    def _shown(self, frame: ByteArray, layer: Layer) -> FloatArray:
        conv, activated = self._maps(frame, layer)
        return conv if layer.signed else activated
