"""Why a response of a model's layer is what it is: what each input channel of a convolution adds to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from convviz_core.arrays import ByteArray
from convviz_core.geometry import OUTSIDE, ConvGeometry
from convviz_core.gray import check_picture
from convviz_core.models.calls import Call
from convviz_core.models.errors import ModelError
from convviz_core.models.layer import ModelLayer
from convviz_core.models.model_input import to_input
from convviz_core.models.tracing import Traced

Convolution = nn.Conv2d | nn.ConvTranspose2d
Array = NDArray[np.float64]
Places = NDArray[np.int64]

LISTED = 10  # input channels, the largest by size

_ROUNDING = 1e-3  # of the sums' sizes: a convolution that changes its weights as it runs is further off


@dataclass(frozen=True, eq=False)
class Contributions:
    """A response of a convolution, by input channel: sums.sum() + bias is `output` within the layer's rounding.

    sums: float64 (C_in,), 0 for the channels of other groups. channels: the first that is read, and one behind the
    last. patch, kernel: float64 (n, kh, kw), the inputs of those channels under the kernel (0 on padding), and the
    weights that they meet. rows (kh,), columns (kw,): where in the input these lie, -1 for padding with zeros.
    made_by: the layer whose output the input is; None where no single one made it. of_input: it is the model's input.
    """

    sums: Array
    bias: float
    output: float
    channels: tuple[int, int]
    patch: Array
    kernel: Array
    rows: Places
    columns: Places
    made_by: str | None
    of_input: bool = False

    def largest(self, count: int = LISTED) -> tuple[list[tuple[int, float]], float]:
        """(channel, sum) of the largest by size, and the sum of all others."""
        read = np.arange(*self.channels)
        order = read[np.argsort(-np.abs(self.sums[read]), kind="stable")]
        return [(int(one), float(self.sums[one])) for one in order[:count]], float(self.sums[order[count:]].sum())

    def slice_of(self, channel: int) -> tuple[Array, Array]:
        """(kernel, patch), float64 (kh, kw) each, of one input channel. IndexError where it is not read."""
        first, end = self.channels
        if not first <= channel < end:
            raise IndexError(f"input channels {first} to {end - 1} are read, there is no {channel}")
        return self.kernel[channel - first], self.patch[channel - first]

    @property
    def centre(self) -> tuple[int, int] | None:
        """The input's (y, x) in the middle of what is read; None where all of it is padding."""
        rows, columns = self.rows[self.rows != OUTSIDE], self.columns[self.columns != OUTSIDE]
        return (int(rows[len(rows) // 2]), int(columns[len(columns) // 2])) if len(rows) and len(columns) else None


def traced(frame: ByteArray, layer: ModelLayer) -> Traced:
    """One run up to the layer, with what went into it: for contributions_of and explanation_of, however many.

    frame: uint8 (H, W) gray or (H, W, 3) BGR. Errors: ModelError.
    """
    check_picture(frame)
    input_hw, model = layer.size_hw(frame.shape), layer.model
    values = torch.from_numpy(to_input(frame, input_hw, model.channels_for(input_hw), layer.normalization))[None]
    return model.trace(model.replica(), layer.name, values.to(model.dtype))


def contributions(frame: ByteArray, layer: ModelLayer, index: int, y: int, x: int) -> tuple[Array, float]:
    """What each input channel adds to response (y, x) of channel `index` of a convolution, and its bias.

    frame: uint8 (H, W) gray or (H, W, 3) BGR. The sums are float64 (C_in,), 0 for the channels of other groups; their
    sum and the bias, 0.0 where there is none, are the layer's output. Errors: ModelError for a layer that is no
    two-dimensional convolution, transposed or not; IndexError where there is no such response.
    """
    found = contributions_of(traced(frame, layer), index, y, x)
    return found.sums, found.bias


def contributions_of(run: Traced, index: int, y: int, x: int) -> Contributions:
    """The same of a run, with the kernel's slices. Errors as in contributions."""
    call, module = run.call, run.call.module
    if not isinstance(module, nn.Conv2d | nn.ConvTranspose2d) or run.values is None or run.values.ndim != 4:
        raise ModelError(f"contributions are a convolution's: '{call.name}' is {type(module).__name__}")
    check_response(call, index, y, x)
    inputs = run.values[0].double().cpu().numpy()
    weight = module.weight.detach().double().cpu().numpy()
    read = _transposed if isinstance(module, nn.ConvTranspose2d) else _forward
    channels, kernel, rows, columns = read(module, inputs.shape[1:], weight, index, y, x)
    patch = inputs[slice(*channels)][:, rows[:, None], columns]
    patch[:, (rows == OUTSIDE)[:, None] | (columns == OUTSIDE)] = 0.0
    sums = np.zeros(len(inputs))
    sums[slice(*channels)] = (patch * kernel).sum(axis=(1, 2))
    bias = 0.0 if module.bias is None else float(module.bias.detach()[index])
    output = float(call.output[0, index, y, x])
    _check_sum(call, float(sums.sum()) + bias, output, float(np.abs(patch * kernel).sum()) + abs(bias))
    return Contributions(sums, bias, output, channels, patch, kernel, rows, columns, run.made_by, run.of_input)


def check_response(call: Call, index: int, y: int, x: int) -> None:
    """IndexError where a call's maps have no such response."""
    assert call.map_shape is not None
    channels, height, width = call.map_shape
    if not (0 <= index < channels and 0 <= y < height and 0 <= x < width):
        raise IndexError(f"no pixel (map {index}, y {y}, x {x}) in {channels} maps of {height}x{width}")


def _check_sum(call: Call, total: float, output: float, size: float) -> None:
    values: Tensor = call.output
    precision = max(_ROUNDING, 4 * torch.finfo(values.dtype).eps)
    if abs(total - output) > precision * max(size, abs(output)):
        raise ModelError(f"'{call.name}' changes its weights or its input as it runs: their products do not add up")


_Read = tuple[tuple[int, int], Array, Places, Places]


def _forward(module: Convolution, input_hw: tuple[int, ...], weight: Array, index: int, y: int, x: int) -> _Read:
    """Of a convolution's response: input channels, weights (n, kh, kw), input rows and columns, OUTSIDE for zeros."""
    padding = module.padding if isinstance(module.padding, str) else _pair(module.padding)
    geometry = ConvGeometry(
        _pair(module.kernel_size),
        _pair(module.stride),
        (0, 0) if padding == "valid" else padding,
        module.padding_mode,
        _pair(module.dilation),
    )
    per_group = weight.shape[1]
    first = index // (len(weight) // module.groups) * per_group
    rows, columns = geometry.rows_read(input_hw[0], y), geometry.columns_read(input_hw[1], x)
    return (first, first + per_group), weight[index], rows, columns


def _transposed(module: Convolution, input_hw: tuple[int, ...], weight: Array, index: int, y: int, x: int) -> _Read:
    """The same of a transposed convolution: input i adds its product with kernel row k to output i s - p + d k."""
    met: list[tuple[Places, Places]] = []
    for axis, at in enumerate((y, x)):
        padding, dilation, stride = (_pair(value)[axis] for value in (module.padding, module.dilation, module.stride))
        steps = at + padding - dilation * np.arange(weight.shape[2 + axis])
        there = (steps % stride == 0) & (steps >= 0) & (steps // stride < input_hw[axis])
        met.append((np.nonzero(there)[0], steps[there] // stride))
    (kernel_y, rows), (kernel_x, columns) = met
    per_group = weight.shape[1]  # outputs of a group
    inputs_per_group = len(weight) // module.groups
    first = index // per_group * inputs_per_group
    channels = first, first + inputs_per_group
    return channels, weight[slice(*channels), index % per_group][:, kernel_y[:, None], kernel_x], rows, columns


def _pair(value: object) -> tuple[int, int]:
    if isinstance(value, int):
        return value, value
    assert isinstance(value, tuple)
    return int(value[0]), int(value[1])
