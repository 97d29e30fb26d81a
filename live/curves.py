"""What one kernel lets through: predicted from its weights, and measured with gratings, dot by dot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from convviz_core.engines.api import Engine
from convviz_core.gratings import GratingBench
from convviz_core.layer import Activation, Layer
from convviz_core.transfer import (
    NYQUIST,
    Floats,
    Wave,
    after_relu,
    along,
    best_wave,
    for_gray,
    gain_at,
    gain_on_grid,
    largest_frequency,
)

PLANE_SIDE = 129
LINE_POINTS = 181
ORIENTATION_DOTS, FREQUENCY_DOTS = 24, 21
DOTS_AT_ONCE = 9  # between two pictures of the curves


@dataclass(frozen=True, eq=False)
class Curve:
    """Amplitudes of the response to a sine grating between 0 and 1, along one line or circle of the frequency plane.

    at: where, in degrees or cycles a pixel, float64 (n,); line: predicted before the activation, and shown: after it,
    NaN where no picture holds such a wave. dots_at, dots: measured after the activation, float64 (m,), NaN where that
    is not done.
    """

    at: Floats
    line: Floats
    shown: Floats
    dots_at: Floats
    dots: Floats


@dataclass(frozen=True, eq=False)
class Curves:
    """All that the panel shows of one kernel. Equal only to itself.

    plane: |H|, float64 (PLANE_SIDE, PLANE_SIDE), from -0.5 cycles a pixel at the top left to 0.5, 0 in the middle.
    mean: the response to a gray of one half, about which the one to a grating swings. by: the engine that measures.
    problem: why it cannot, in one sentence.
    """

    layer: Layer
    index: int
    best: Wave
    mean: float
    plane: Floats
    over_orientation: Curve
    over_frequency: Curve
    by: str = ""
    problem: str = ""

    @property
    def label(self) -> str:
        """The filter's name."""
        return self.layer.bank.labels[self.index]

    @property
    def rectified(self) -> bool:
        """Whether ReLU follows."""
        return self.layer.activation == Activation.RELU


def alone(layer: Layer, index: int) -> Layer:
    """The layer with that one filter, and without padding, which changes only what is answered at the border."""
    bank = layer.bank
    bias = None if bank.bias is None else bank.bias[index : index + 1]
    return replace(layer, bank=replace(bank, filters=(bank.filters[index],), bias=bias), padding=0)


def predicted(layer: Layer, index: int) -> Curves:
    """What the weights say, without a dot."""
    kernel, dilation = layer.bank.kernels[index], layer.geometry.dilation_yx
    best = best_wave(kernel, dilation)
    mean = 0.5 * float(for_gray(kernel).sum())
    if layer.bias and layer.bank.bias is not None:
        mean += float(layer.bank.bias[index])
    side = np.linspace(-NYQUIST, NYQUIST, PLANE_SIDE)

    def curve(at: Floats, dots_at: Floats, frequency: Floats | float, orientation: Floats | float) -> Curve:
        at_y, at_x = along(frequency, orientation)
        line = gain_at(kernel, at_y, at_x, dilation) / 2
        line[np.maximum(np.abs(at_y), np.abs(at_x)) > NYQUIST * (1 + 1e-9)] = np.nan
        shown = after_relu(line, mean) if layer.activation == Activation.RELU else line
        return Curve(at, line, shown, dots_at, np.full(len(dots_at), np.nan))

    orientations = np.linspace(0.0, 180.0, LINE_POINTS)
    last = largest_frequency(best.orientation)
    frequencies = np.linspace(0.0, last, LINE_POINTS)
    return Curves(
        layer,
        index,
        best,
        mean,
        gain_on_grid(kernel, side, side, dilation),
        curve(orientations, np.linspace(0.0, 180.0, ORIENTATION_DOTS + 1), best.frequency, orientations),
        curve(frequencies, np.linspace(0.0, last, FREQUENCY_DOTS), frequencies, best.orientation),
    )


def measured(curves: Curves, engine: Engine) -> Iterator[Curves]:
    """The curves with more and more dots. Errors: EngineError."""
    bench, best = GratingBench(alone(curves.layer, curves.index)), curves.best
    curves = replace(curves, by=f"{engine.name} on {engine.device}")

    def dotted(curve: Curve, first: int, waves: list[tuple[float, float]]) -> Curve:
        dots = curve.dots.copy()
        for number, wave in enumerate(waves[first : first + DOTS_AT_ONCE], first):
            at_y, at_x = (float(part) for part in along(*wave))
            if max(abs(at_y), abs(at_x)) <= NYQUIST * (1 + 1e-9):
                dots[number] = bench.measure(engine, at_y, at_x)[int(curves.rectified)][0]
        return replace(curve, dots=dots)

    along_line = [(at, best.orientation) for at in curves.over_frequency.dots_at.tolist()]
    around = [(best.frequency, at) for at in curves.over_orientation.dots_at.tolist()]
    for first in range(0, len(along_line), DOTS_AT_ONCE):
        curves = replace(curves, over_frequency=dotted(curves.over_frequency, first, along_line))
        yield curves
    for first in range(0, len(around), DOTS_AT_ONCE):
        curves = replace(curves, over_orientation=dotted(curves.over_orientation, first, around))
        yield curves
