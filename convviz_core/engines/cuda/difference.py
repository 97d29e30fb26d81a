"""One layer's maps minus another's on the card: one upload, everything computed there, the mosaic's bytes down."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engines.api import PlanKey, Result, check_weights
from convviz_core.engines.cuda.errors import device_errors
from convviz_core.engines.cuda.kernels import bias_of, reduce_maps, responses, to_bytes, to_planes
from convviz_core.engines.cuda.picture_padding import PicturePadding
from convviz_core.engines.planning import EnginePlan
from convviz_core.filters.bank import FilterBank
from convviz_core.gray import to_gray
from convviz_core.layer import Layer
from convviz_core.mosaic import tile_maps
from convviz_core.ranges import Limits


class _Side:
    """One layer's weights on the card, and where its maps begin."""

    def __init__(self, layer: Layer, picture_shape: tuple[int, ...], corner_yx: tuple[int, int], place: torch.device):
        self._layer, self._corner, self._place = layer, corner_yx, place
        self._pad = PicturePadding(layer.geometry, picture_shape, place)
        self.take(layer)

    def take(self, layer: Layer) -> None:
        self._layer = layer
        self._weight = torch.from_numpy(layer.bank.kernels.copy()).to(self._place)
        self._bias = torch.from_numpy(bias_of(layer.weights)).to(self._place) if layer.bias else None

    def shown(self, picture: Tensor, count: int, hw: tuple[int, int]) -> Tensor:
        """float32 (count, h, w), after the activation, where both layers have responses."""
        layer, (top, left), (height, width) = self._layer, self._corner, hw
        planes = to_planes(self._pad(picture), layer.bank.channels)
        maps = responses(planes, self._weight, layer.geometry, self._bias)[
            :count, top : top + height, left : left + width
        ]
        return maps if layer.signed else torch.relu(maps)


class CudaDifferencePlan(EnginePlan):
    """Both layers' weights on the card; frames go one after the other."""

    def __init__(self, key: PlanKey, check_open: Callable[[], None], place: torch.device, device: str) -> None:
        """Upload the weights. device: its name, for what goes wrong."""
        super().__init__(key, check_open)
        assert key.compared is not None
        self._place, self._device, (self._difference, alignment) = place, device, key.compared
        layers = self._difference.live, self._difference.kept
        self._colour = any(layer.bank.channels == 3 for layer in layers)
        shapes = [key.shape if layer.bank.channels == 3 else key.shape[:2] for layer in layers]
        self._live = _Side(layers[0], shapes[0], alignment.live_yx, place)
        self._kept = _Side(layers[1], shapes[1], alignment.kept_yx, place)
        self._flat_spans = torch.from_numpy(self._difference.flat_spans.copy()).to(place)

    def run(self, frame: ByteArray, limits: Limits | None) -> Result:
        """One frame's mosaic (see Plan.run)."""
        self.check(frame, limits)
        with device_errors(self._device):
            found = self._found(frame)
            lows, highs = torch.aminmax(found.flatten(1), dim=1)
            peak = float(torch.maximum(highs.amax(), lows.amin().neg()))
            ranges, flat = self._ranges(lows, highs, limits)
            levels = to_bytes(found, torch.from_numpy(ranges).to(self._place), flat, 128)
            levels = reduce_maps(levels, self.key.reduce)
            return Result(tile_maps(levels.cpu().numpy()), ranges, peak, "torch float32")

    def take_weights(self, bank: FilterBank) -> None:
        """Go on with another bank for the layer from which the other is taken away (see Plan.take_weights)."""
        self.key = check_weights(self.key, bank)
        self._live.take(self.key.layer)

    def _found(self, frame: ByteArray) -> Tensor:
        gray = torch.from_numpy(to_gray(frame).copy()).to(self._place)
        colour = torch.from_numpy(frame.copy()).to(self._place) if self._colour else gray
        _, alignment = self.key.compared or (None, None)
        assert alignment is not None
        live, kept = (
            side.shown(colour if layer.bank.channels == 3 else gray, alignment.count, alignment.hw)
            for side, layer in ((self._live, self.key.layer), (self._kept, self._difference.kept))
        )
        return live - kept

    def _ranges(self, lows: Tensor, highs: Tensor, limits: Limits | None) -> tuple[FloatArray, Tensor | None]:
        if limits is not None:
            return np.array([limits] * len(lows), np.float32), None
        ranges = torch.stack([lows, highs], dim=1)
        return ranges.cpu().numpy(), highs - lows <= self._flat_spans
