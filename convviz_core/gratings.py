"""What a layer answers to sine gratings, measured: pictures of them through an engine, and what comes out of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convviz_core.arrays import AnyArray, ByteArray
from convviz_core.engines.api import Engine
from convviz_core.layer import Layer
from convviz_core.transfer import Floats

PHASES = 16  # each grating is shown so often, a sixteenth of a wave further on each time

Complex = NDArray[np.complex128]


class GratingBench:
    """Measures the amplitude of a layer's responses to gratings between black and white, wave by wave.

    One frame holds a grating in all its phases side by side. The responses are multiplied with the wave turned back and
    summed, with weights that fall off to the sides (Hann's) so that waves beside it do not count: over a whole turn of
    the phase the mean, the mirrored wave and the harmonics that ReLU makes, up to the 14th, are exactly 0. What goes in
    is bytes: they are dithered, so that their rounding is noise and no other wave, and the same sum over the picture
    says how much of the wave went in.
    """

    def __init__(self, layer: Layer, side: int = 20) -> None:
        """layer: without padding, which changes only what is answered at the border.

        side: how many responses each way are looked at, in each phase. With 20 the error is about 1e-4 of the kernel's
        largest amplitude at most, and goes down as the side goes up.
        """
        geometry = layer.geometry
        extents = geometry.extent_hw
        self._layer, self._side = layer, side
        self._strides = geometry.stride_yx
        self._middle = (extents[0] - 1) // 2, (extents[1] - 1) // 2
        height, patch_w = (extents[axis] + self._strides[axis] * (side - 1) for axis in range(2))
        self._each = -(-patch_w // self._strides[1])  # from one phase's patch to the next, in responses
        pitch = self._each * self._strides[1]
        self._rows = np.arange(height)[:, None]
        self._columns = np.arange(pitch * PHASES) % pitch
        self._phases = 2 * np.pi * np.repeat(np.arange(PHASES), pitch) / PHASES
        self._dither = np.random.default_rng(0).random((height, pitch * PHASES))

    def picture(self, at_y: float, at_x: float) -> ByteArray:
        """uint8 (H, W): the grating of that frequency, cycles a pixel (y, x), in all its phases, 0 to 255."""
        angles = 2 * np.pi * (at_y * self._rows + at_x * self._columns) + self._phases
        return np.asarray(np.floor(127.5 * np.sin(angles) + 127.5 + self._dither), np.uint8)

    def measure(self, engine: Engine, at_y: float, at_x: float) -> tuple[Floats, Floats]:
        """The amplitudes before and after the activation, float64 (N,), of a grating between 0 and 1.

        Errors: EngineError.
        """
        picture = self.picture(at_y, at_x)
        conv, activated = engine.maps(picture, self._layer)
        met = picture[self._middle[0] :: self._strides[0], self._middle[1] :: self._strides[1]] / 255.0
        wave = 2.0 * self._sums(met[None], at_y, at_x)
        return self._sums(conv, at_y, at_x) / wave, self._sums(activated, at_y, at_x) / wave

    def _sums(self, responses: AnyArray, at_y: float, at_x: float) -> Floats:
        """How much of the wave is in each of the maps (N, h, w), as a float64 (N,)."""
        places, weights = np.arange(self._side), np.hanning(self._side + 2)[1:-1]
        down, across = (
            weights * np.exp(-2j * np.pi * at * step * places)
            for at, step in zip((at_y, at_x), self._strides, strict=True)
        )
        phases: Complex = np.exp(-2j * np.pi * np.arange(PHASES) / PHASES)
        starts = self._each * np.arange(PHASES)
        patches = np.stack([responses[:, : self._side, at : at + self._side] for at in starts], axis=1)
        return np.asarray(np.abs(((patches @ across) @ down) @ phases))
