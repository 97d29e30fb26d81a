"""The reference: torch on the CPU, exact and clear. Every other engine is tested against it."""

from __future__ import annotations

import numpy as np
import torch

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engines.api import CpuEngine, Result, check_request
from convviz_core.gray import to_planes, to_unit
from convviz_core.layer import Layer
from convviz_core.mosaic import reduce_maps, tile_maps
from convviz_core.network import Net
from convviz_core.ranges import Limits, map_ranges, to_bytes


class TorchEngine(CpuEngine):
    """torch.nn.Conv2d in float32 on the CPU."""

    name = "torch"

    def __init__(self) -> None:
        """Nothing is allocated yet."""
        self._net: Net | None = None
        self._bank: object = None

    def run(self, frame: ByteArray, layer: Layer, limits: Limits | None = None, reduce: int = 1) -> Result:
        """One frame's mosaic (see Engine.run)."""
        check_request(frame, layer, reduce)
        conv, activated = self.maps(frame, layer)
        shown = conv if layer.signed else activated
        ranges = map_ranges(layer, shown, limits)
        mosaic = tile_maps(reduce_maps(to_bytes(layer, shown, ranges), reduce))
        return Result(mosaic, ranges, float(np.abs(shown).max()), "torch float32")

    def maps(self, frame: ByteArray, layer: Layer) -> tuple[FloatArray, FloatArray]:
        """conv and activated, float32 (N, h, w) each."""
        self.check_open()
        check_request(frame, layer)
        if self._net is None or self._bank is not layer.bank:
            self._net, self._bank = Net(layer.bank), layer.bank
        x = torch.from_numpy(to_unit(to_planes(frame, layer.bank.channels)))[None]
        with torch.inference_mode():
            conv, activated = self._net(x)
        return conv[0].numpy(), activated[0].numpy()
