"""A bank's transfer functions, predicted and measured, as curves.json has them."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import numpy as np

from convviz_core.engines.api import Engine
from convviz_core.gratings import GratingBench
from convviz_core.layer import Layer
from convviz_core.transfer import NYQUIST, Floats, along, gain_at

ORIENTATIONS = np.arange(0.0, 180.0, 7.5)  # degrees
FREQUENCIES = np.linspace(0.0, NYQUIST, 25)  # cycles a pixel
SIDE, QUICK_SIDE, MOST_PRODUCTS = 48, 20, 4096  # responses each way; fewer for so many weights in a bank


@dataclass(frozen=True, eq=False)
class FilterCurves:
    """One filter's amplitudes to gratings between 0 and 1: float64 (len(ORIENTATIONS), len(FREQUENCIES))."""

    label: str
    predicted: Floats
    measured: Floats


def filter_curves(layer: Layer, engine: Engine) -> tuple[FilterCurves, ...]:
    """Every filter's amplitudes before the activation. layer: without padding. Errors: EngineError."""
    bank, spacing = layer.bank, layer.geometry.dilation_yx
    bench = GratingBench(layer, SIDE if bank.kernels.size <= MOST_PRODUCTS else QUICK_SIDE)
    waves = along(FREQUENCIES, ORIENTATIONS[:, None])
    with np.errstate(over="ignore", invalid="ignore"):  # huge weights overflow float32 in every engine
        rows = [bench.measure(engine, float(y), float(x))[0] for y, x in zip(*map(np.ravel, waves), strict=True)]
    measured = np.array(rows).T.reshape(len(bank), len(ORIENTATIONS), len(FREQUENCIES))
    return tuple(
        FilterCurves(label, gain_at(kernel, *waves, spacing) / 2, found)
        for label, kernel, found in zip(bank.labels, bank.kernels, measured, strict=True)
    )


def to_json(curves: tuple[FilterCurves, ...]) -> str:
    """What curves.json holds: a list, one filter a line; null where a number is not finite."""
    each = [
        {
            "filter": one.label,
            "orientation_deg": ORIENTATIONS.tolist(),
            "frequency_cpp": FREQUENCIES.tolist(),
            "predicted": _rows(one.predicted),
            "measured": _rows(one.measured),
        }
        for one in curves
    ]
    return "[\n" + ",\n".join(json.dumps(one, allow_nan=False) for one in each) + "\n]\n"


def _rows(values: Floats) -> list[list[float | None]]:
    return [[value if math.isfinite(value) else None for value in row] for row in values.tolist()]
