"""Responses in short runs, beside each other in a map's row, which share most of what they read; and what they cost."""

from __future__ import annotations

import math

import numpy as np

from convviz_core.arrays import FloatArray
from convviz_core.geometry import ConvGeometry
from convviz_core.layer import Layer

LENGTHS = (1, 2, 3, 4, 6, 8)  # pixels; two of a run tell as much as 1.4 that lie apart: photographs, the built-in banks
# Measured on one core of a server: a window's row, in the cache and in a frame far too large for it, one of its pixels,
# from colour and from gray; one response.
NEAR_ROW_NS, FAR_ROW_NS, FAR_BYTES = 3.0, 14.0, 24e6
PIXEL_NS, GRAY_PIXEL_NS, RESPONSE_NS = 0.45, 0.1, 0.3


def run_ns(layer: Layer, shape: tuple[int, ...], run: int, *, gray: bool = False) -> float:
    """What a run's responses cost. shape: the frame's; gray: it has become gray as a whole before."""
    kernel_h, kernel_w = layer.bank.kernel_hw
    colours = shape[2] if len(shape) == 3 and not gray else 1
    pixels = kernel_h * (kernel_w + (run - 1) * layer.geometry.stride_yx[1])
    row_ns = NEAR_ROW_NS + (FAR_ROW_NS - NEAR_ROW_NS) * min(1.0, math.prod(shape) / FAR_BYTES)
    pixel_ns = GRAY_PIXEL_NS * colours if colours == layer.bank.channels or colours == 1 else PIXEL_NS
    depth = colours if layer.bank.channels == 3 else 1
    answers = run * layer.bank.own
    product_ns = 0.02 * (1 + 6 / answers)  # few at a time fill no vector
    return kernel_h * row_ns + pixels * pixel_ns + answers * (pixels * depth * product_ns + RESPONSE_NS)


def lengths_for(layer: Layer, width: int) -> tuple[int, ...]:
    """Runs that fit into a row of the map; what dilated kernels read beside each other is not shared."""
    return tuple(run for run in LENGTHS if run <= width) if layer.geometry.dilation_yx == (1, 1) else (1,)


def read_by(geometry: ConvGeometry, run: int) -> ConvGeometry:
    """What `run` responses beside each other read, as the window of one."""
    if run == 1:
        return geometry
    (height, width), (_, step) = geometry.taps_hw, geometry.stride_yx
    top, _, left, _ = geometry.margins
    wide = (height, width + (run - 1) * step)
    return ConvGeometry(wide, geometry.stride, (top, left), geometry.padding_mode, geometry.dilation)


def weights_in(weights: FloatArray, geometry: ConvGeometry, run: int) -> FloatArray:
    """(kh * kw * C, N) -> (kh * width of a run's window * C, run * N): every response of a run has its own columns."""
    if run == 1:
        return weights
    (height, width), (_, step) = geometry.taps_hw, geometry.stride_yx
    kernels = weights.reshape(height, width, -1, weights.shape[1])
    wide = np.zeros((height, width + (run - 1) * step, kernels.shape[2], run, kernels.shape[3]), np.float32)
    for number in range(run):
        wide[:, number * step : number * step + width, :, number] = kernels
    return wide.reshape(-1, run * weights.shape[1])
