"""One forward pass up to a layer, and all that is read off its maps: by the thread that runs it, or the loop's."""

from __future__ import annotations

import time
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engines.api import Engine
from convviz_core.engines.model_page import LayerOutput, layer_outputs
from convviz_core.gray import to_gray
from convviz_core.models.abandoning import give_up_unwanted
from convviz_core.models.layer import ModelLayer
from convviz_core.models.model_input import scaled
from convviz_core.sampling import LEAST_PIXELS
from convviz_core.tally import FLOOR, Tally
from live.sources.frame import Frame


@dataclass(frozen=True)
class Asked:
    """What a run is of. picture: equal where the pixels are. traced: with what goes into the layer.

    kept: another layer of the same model on the same input, whose maps are wanted, too.
    """

    layer: ModelLayer
    picture: object
    traced: bool = False
    kept: ModelLayer | None = None


@dataclass(frozen=True, eq=False)
class Responses:
    """All maps of one picture: of a layer, or of a difference. of: equal for those that one range goes on for."""

    of: Hashable
    frame: Frame
    output: LayerOutput

    @property
    def conv(self) -> FloatArray:
        """float32 (C, h, w), before the viewer's ReLU."""
        return self.output.conv

    @property
    def peak(self) -> float:
        """The largest |response| after the activation."""
        return self.output.peak

    @cached_property
    def sizes(self) -> FloatArray:
        """float32 (n,): |v| after the activation, as parts of the output's unit, of all or of a spread sample."""
        flat = self.conv.reshape(len(self.conv), -1)
        pixels = spread_pixels(flat.shape[1])
        chosen = flat if pixels is None else np.take(flat, pixels, axis=1)
        shown = np.abs(chosen) if self.output.signed else np.maximum(chosen, 0)
        return np.asarray(shown.reshape(-1) / (self.output.unit or 1.0), np.float32)

    @cached_property
    def auto_limit(self) -> float:
        """The picture's own limit (see tally.Tally), with the output's unit as the fixed limit."""
        unit = self.output.unit
        if not unit or not np.isfinite(unit):
            return 1.0
        limit = Tally.of(self.sizes).limit(self.conv.size)
        return max(self.peak / unit if limit is None else limit, FLOOR) * unit

    def share_above(self, limit: float) -> float:
        """Of the responses after the activation, those above `limit`."""
        return float(np.count_nonzero(self.sizes > limit / (self.output.unit or 1.0) * (1 + 1e-5)) / self.sizes.size)


@dataclass(frozen=True, eq=False)
class Answer:
    """What a layer gave for one frame.

    picture: uint8, what went in, before the normalisation: (h, w, 3) BGR, or (h, w) for a model of gray. forward_ms:
    how long the run took. channels: of the input, 3 (R, G, B; alike of a gray frame) or 1.
    kept: what the other layer gave, where one was asked for and gives maps on this picture.
    """

    asked: Asked
    frame: Frame
    output: LayerOutput
    picture: ByteArray
    forward_ms: float
    implementation: str
    kept: Responses | None = None
    channels: int = 3

    @property
    def conv(self) -> FloatArray:
        """float32 (C, h, w), the layer's output."""
        return self.output.conv

    @property
    def peak(self) -> float:
        """The largest |response| after the activation."""
        return self.output.peak

    @property
    def input_hw(self) -> tuple[int, int]:
        """The (h, w) at which the frame went in."""
        return self.picture.shape[0], self.picture.shape[1]

    @cached_property
    def responses(self) -> Responses:
        """The layer's maps."""
        return Responses(key_of(self.asked.layer), self.frame, self.output)


def key_of(layer: ModelLayer) -> Hashable:
    """Equal for layers that answer in the same way, whichever of their channels are shown."""
    return layer.name, layer.input_hw, layer.normalization, layer.activation


@lru_cache(maxsize=8)
def spread_pixels(count: int) -> NDArray[np.int64] | None:
    """Which of so many pixels of a map are looked at: by chance, so that no row, column or grating is missed."""
    if count <= LEAST_PIXELS:
        return None
    return np.sort(np.random.default_rng(0).choice(count, LEAST_PIXELS, replace=False))


def run(engine: Engine, frame: Frame, asked: Asked) -> Answer:
    """One forward pass. Errors: ModelError, EngineError."""
    layer, image = asked.layer, frame.image
    layer.model.strides(layer.size_hw(image.shape))  # the list of layers is asked for in the loop's thread
    start_s = time.perf_counter()
    plan = engine.plan_model(layer, image.shape)
    output, other = layer_outputs(plan, image, asked.kept, traced=asked.traced)
    forward_ms = 1e3 * (time.perf_counter() - start_s)
    size_hw = layer.size_hw(image.shape)
    picture = scaled(image, size_hw)
    channels = layer.model.channels_for(size_hw)
    if channels == 1:
        picture = to_gray(picture)
    kept = Responses(key_of(asked.kept), frame, other) if asked.kept and other else None
    answer = Answer(asked, frame, output, np.array(picture), forward_ms, plan.implementation, kept, channels)
    for found in (answer.responses, kept):
        give_up_unwanted()
        _ = found and found.auto_limit  # large maps' takes longer than the loop may wait
    return answer
