"""Why a response of a model's layer is what it is: which input pixels it reads, and what each input channel adds."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from convviz_core.arrays import ByteArray
from convviz_core.geometry import OUTSIDE, ConvGeometry
from convviz_core.gray import check_picture
from convviz_core.models.calls import Call
from convviz_core.models.errors import ModelError
from convviz_core.models.layer import ModelLayer
from convviz_core.models.model_input import to_input

Convolution = nn.Conv2d | nn.ConvTranspose2d
Array = NDArray[np.float64]

_ROUNDING = 1e-3  # of the sums' sizes: a convolution that changes its weights as it runs is further off


def contributions(frame: ByteArray, layer: ModelLayer, index: int, y: int, x: int) -> tuple[Array, float]:
    """What each input channel adds to response (y, x) of channel `index` of a convolution, and its bias.

    frame: uint8 (H, W) gray or (H, W, 3) BGR. The sums are float64 (C_in,), 0 for the channels of other groups; their
    sum and the bias, 0.0 where there is none, are the layer's output. Errors: ModelError for a layer that is no
    two-dimensional convolution, transposed or not; IndexError where there is no such response.
    """
    check_picture(frame)
    input_hw = layer.size_hw(frame.shape)
    model = layer.model
    values = to_input(frame, input_hw, model.channels_for(input_hw), layer.normalization)
    call = model.call(model.replica(), layer.name, torch.from_numpy(values)[None].to(model.dtype))
    return sums_of(call, index, y, x)


def sums_of(call: Call, index: int, y: int, x: int) -> tuple[Array, float]:
    """The same, of a call. Errors as in contributions."""
    module = call.module
    if not isinstance(module, nn.Conv2d | nn.ConvTranspose2d) or len(call.inputs) < 1:
        kind = type(module).__name__
        raise ModelError(f"contributions are a convolution's: '{call.name}' is {kind}")
    assert call.map_shape is not None
    channels, height, width = call.map_shape
    if not (0 <= index < channels and 0 <= y < height and 0 <= x < width):
        raise IndexError(f"no pixel (map {index}, y {y}, x {x}) in {channels} maps of {width}x{height}")
    inputs = call.inputs[0][0].double().cpu().numpy()
    weight = module.weight.detach().double().cpu().numpy()
    read = _transposed if isinstance(module, nn.ConvTranspose2d) else _forward
    group, products = read(module, inputs, weight, index, y, x)
    sums = np.zeros(len(inputs))
    sums[group] = products
    bias = 0.0 if module.bias is None else float(module.bias.detach()[index])
    shown = float(call.output[0, index, y, x])
    size = float(np.abs(products).sum()) + abs(bias)
    precision = max(_ROUNDING, 4 * torch.finfo(call.output.dtype).eps)
    if abs(sums.sum() + bias - shown) > precision * max(size, abs(shown)):
        raise ModelError(f"'{call.name}' changes its weights or its input as it runs: their products do not add up")
    return sums, bias


def _forward(module: Convolution, inputs: Array, weight: Array, index: int, y: int, x: int) -> tuple[slice, Array]:
    """Which input channels a convolution's output channel reads, and what each adds at (y, x)."""
    padding = module.padding if isinstance(module.padding, str) else _pair(module.padding)
    geometry = ConvGeometry(
        _pair(module.kernel_size),
        _pair(module.stride),
        (0, 0) if padding == "valid" else padding,
        module.padding_mode,
        _pair(module.dilation),
    )
    rows = geometry.rows_read(inputs.shape[1], y)
    columns = geometry.columns_read(inputs.shape[2], x)
    per_group = weight.shape[1]
    first = index // (len(weight) // module.groups) * per_group
    group = slice(first, first + per_group)
    patch = inputs[group][:, rows[:, None], columns]
    outside = (rows == OUTSIDE)[:, None] | (columns == OUTSIDE)
    return group, np.where(outside, 0.0, patch * weight[index]).sum(axis=(1, 2))


def _transposed(module: Convolution, inputs: Array, weight: Array, index: int, y: int, x: int) -> tuple[slice, Array]:
    """The same of a transposed convolution: input i adds its product with kernel row k to output i s - p + d k."""
    met: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    for axis, at in enumerate((y, x)):
        padding, dilation, stride = (_pair(value)[axis] for value in (module.padding, module.dilation, module.stride))
        steps = at + padding - dilation * np.arange(weight.shape[2 + axis])
        there = (steps % stride == 0) & (steps >= 0) & (steps // stride < inputs.shape[1 + axis])
        met.append((np.nonzero(there)[0], steps[there] // stride))
    (kernel_y, input_y), (kernel_x, input_x) = met
    per_group = weight.shape[1]  # outputs of a group
    inputs_per_group = len(weight) // module.groups
    first = index // per_group * inputs_per_group
    group = slice(first, first + inputs_per_group)
    kernel = weight[group, index % per_group][:, kernel_y[:, None], kernel_x]
    return group, (inputs[group][:, input_y[:, None], input_x] * kernel).sum(axis=(1, 2))


def _pair(value: object) -> tuple[int, int]:
    if isinstance(value, int):
        return value, value
    assert isinstance(value, tuple)
    return int(value[0]), int(value[1])
