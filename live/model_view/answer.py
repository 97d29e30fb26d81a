"""One forward pass up to a layer, and all that is read off its maps: by the thread that runs it, or the loop's."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.auto_range import FLOOR, Tally
from convviz_core.engines.api import Engine
from convviz_core.gray import to_gray
from convviz_core.models.layer import ModelLayer
from convviz_core.models.model_input import scaled
from convviz_core.sampling import LEAST_PIXELS
from live.sources.frame import Frame


@dataclass(frozen=True)
class Asked:
    """What a run is of. picture: equal where the pixels are."""

    layer: ModelLayer
    picture: object


@dataclass(frozen=True, eq=False)
class ChannelStats:
    """Of one picture's channels, float32 (C,) each: least and largest response, mean of what is above zero."""

    least: FloatArray
    largest: FloatArray
    mean: FloatArray
    zeros: float  # of all responses after the activation, the share that is exactly zero


@dataclass(frozen=True, eq=False)
class Answer:
    """What a layer gave for one frame.

    conv: float32 (C, h, w), the layer's output. picture: uint8, what went in, before the normalisation: (h, w, 3) BGR,
    or (h, w) for a model of gray. forward_ms: how long the run took. device: where.
    """

    asked: Asked
    frame: Frame
    conv: FloatArray
    picture: ByteArray
    stats: ChannelStats
    peak: float
    forward_ms: float
    implementation: str

    @property
    def input_hw(self) -> tuple[int, int]:
        """The (h, w) at which the frame went in."""
        return self.picture.shape[0], self.picture.shape[1]

    @cached_property
    def sizes(self) -> FloatArray:
        """float32 (n,): |v| after the activation, as parts of the peak, of all responses or of a spread sample."""
        flat = self.conv.reshape(len(self.conv), -1)
        pixels = spread_pixels(flat.shape[1])
        chosen = flat if pixels is None else np.take(flat, pixels, axis=1)
        shown = np.abs(chosen) if self.asked.layer.signed else np.maximum(chosen, 0)
        return np.asarray(shown.reshape(-1) / (self.peak or 1.0), np.float32)

    @cached_property
    def auto_limit(self) -> float:
        """The picture's own limit (see auto_range.Tally), with its peak as the fixed limit."""
        if not self.peak or not np.isfinite(self.peak):
            return 1.0
        limit = Tally.of(self.sizes).limit(self.conv.size)
        return max(1.0 if limit is None else limit, FLOOR) * self.peak

    def share_above(self, limit: float) -> float:
        """Of the responses after the activation, those above `limit`."""
        return float(np.count_nonzero(self.sizes > limit / (self.peak or 1.0) * (1 + 1e-5)) / self.sizes.size)


@lru_cache(maxsize=8)
def spread_pixels(count: int) -> NDArray[np.int64] | None:
    """Which of so many pixels of a map are looked at: by chance, so that no row, column or grating is missed."""
    if count <= 2 * LEAST_PIXELS:
        return None
    return np.sort(np.random.default_rng(0).choice(count, 2 * LEAST_PIXELS, replace=False))


def run(engine: Engine, frame: Frame, asked: Asked) -> Answer:
    """One forward pass. Errors: ModelError, EngineError."""
    layer, image = asked.layer, frame.image
    start_s = time.perf_counter()
    plan = engine.plan_model(layer, image.shape)
    output = plan.forward(image)
    conv = output.cpu()
    forward_ms = 1e3 * (time.perf_counter() - start_s)
    stats = _stats(conv, signed=layer.signed)
    size_hw = layer.size_hw(image.shape)
    picture = scaled(image, size_hw)
    if layer.model.channels_for(size_hw) == 1:
        picture = to_gray(picture)
    peak = float(max(stats.largest.max(), -stats.least.min() if layer.signed else 0.0, 0.0))
    kind = str(layer.model.dtype).removeprefix("torch.")
    implementation = f"torch {kind}, eager"
    return Answer(asked, frame, conv.numpy(), np.array(picture), stats, peak, forward_ms, implementation)


def _stats(conv: torch.Tensor, *, signed: bool) -> ChannelStats:
    flat = conv.flatten(1)
    zeros = (flat == 0 if signed else flat <= 0).sum().item() / flat.numel()
    mean = (flat.abs() if signed else flat.relu()).mean(1)
    each: list[AnyArray] = [part.nan_to_num(0.0).numpy() for part in (flat.amin(1), flat.amax(1), mean)]
    return ChannelStats(each[0], each[1], each[2], zeros)
