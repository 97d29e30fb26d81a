"""Responses in small patches of a map, which share most of what they read; and what they cost."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from convviz_core.arrays import FloatArray
from convviz_core.geometry import ConvGeometry
from convviz_core.layer import Layer

PatchHW = tuple[int, int]  # rows, columns

# Two pixels beside each other tell as much as 1.4 that lie apart: photographs, the built-in banks.
RUNS: tuple[PatchHW, ...] = ((1, 1), (1, 2), (1, 3), (1, 4), (1, 6), (1, 8))
PATCHES = (*RUNS, (2, 2), (2, 3), (2, 4))
# Measured on one core of a server: a window's row, in the cache and in a frame far too large for it, one of its pixels,
# from colour and from gray; one response.
NEAR_ROW_NS, FAR_ROW_NS, FAR_BYTES = 3.0, 12.0, 24e6
PIXEL_NS, GRAY_PIXEL_NS, RESPONSE_NS = 0.45, 0.1, 0.3


def patch_ns(layer: Layer, shape: tuple[int, ...], patch_hw: PatchHW, *, gray: bool = False) -> float:
    """What a patch's responses cost. shape: the frame's; gray: it has become gray as a whole before."""
    height, width = _read_hw(layer.geometry, patch_hw)
    colours = shape[2] if len(shape) == 3 and not gray else 1
    pixels, answers = height * width, math.prod(patch_hw) * layer.bank.own
    row_ns = NEAR_ROW_NS + (FAR_ROW_NS - NEAR_ROW_NS) * min(1.0, math.prod(shape) / FAR_BYTES)
    pixel_ns = GRAY_PIXEL_NS * colours if colours == layer.bank.channels or colours == 1 else PIXEL_NS
    depth = colours if layer.bank.channels == 3 else 1
    product_ns = 0.017 * (1 + 6 / answers)  # few at a time fill no vector
    return height * row_ns + pixels * pixel_ns + answers * (pixels * depth * product_ns + RESPONSE_NS)


def fitting(patches: Sequence[PatchHW], layers: Sequence[Layer], output_hw: tuple[int, int]) -> list[PatchHW]:
    """Those that fit into a map of the layers; what dilated kernels read beside each other is not shared."""
    if any(layer.geometry.dilation_yx != (1, 1) for layer in layers):
        return [(1, 1)]
    return [patch for patch in patches if patch[0] <= output_hw[0] and patch[1] <= output_hw[1]]


def read_by(geometry: ConvGeometry, patch_hw: PatchHW) -> ConvGeometry:
    """What the responses of a patch read, as the window of one."""
    if patch_hw == (1, 1):
        return geometry
    top, _, left, _ = geometry.margins
    read_hw = _read_hw(geometry, patch_hw)
    return ConvGeometry(read_hw, geometry.stride, (top, left), geometry.padding_mode, geometry.dilation)


def weights_in(weights: FloatArray, geometry: ConvGeometry, patch_hw: PatchHW) -> FloatArray:
    """(kh * kw * C, N) -> (pixels of a patch's window * C, patch * N): each response of a patch has its columns."""
    if patch_hw == (1, 1):
        return weights
    (height, width), (step_y, step_x) = geometry.taps_hw, geometry.stride_yx
    kernels = weights.reshape(height, width, -1, weights.shape[1])
    wide = np.zeros((*_read_hw(geometry, patch_hw), kernels.shape[2], *patch_hw, kernels.shape[3]), np.float32)
    for y, x in np.ndindex(patch_hw):
        wide[y * step_y : y * step_y + height, x * step_x : x * step_x + width, :, y, x] = kernels
    return wide.reshape(-1, math.prod(patch_hw) * weights.shape[1])


def _read_hw(geometry: ConvGeometry, patch_hw: PatchHW) -> tuple[int, int]:
    (height, width), (step_y, step_x) = geometry.taps_hw, geometry.stride_yx
    return height + (patch_hw[0] - 1) * step_y, width + (patch_hw[1] - 1) * step_x
