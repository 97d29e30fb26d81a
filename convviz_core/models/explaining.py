"""Why a response of a layer that is no convolution is what it is: its inputs at that place, and one sentence."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from convviz_core.arrays import ByteArray
from convviz_core.models.layer import ModelLayer
from convviz_core.models.reading import check_response, traced
from convviz_core.models.tracing import Traced
from convviz_core.numbers import MINUS, TIMES, figure

MOST_LISTED = 16  # inputs

_CUT = (nn.ReLU, nn.ReLU6, nn.Hardtanh)
_BY_PLACE = (
    *(*_CUT, nn.LeakyReLU, nn.PReLU, nn.RReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU, nn.Mish, nn.Sigmoid),
    *(nn.LogSigmoid, nn.Tanh, nn.Hardswish, nn.Hardsigmoid, nn.Softplus, nn.Softsign, nn.Threshold, nn.Tanhshrink),
    *(nn.Hardshrink, nn.Softshrink, nn.Identity, nn.Dropout, nn.Dropout2d, nn.AlphaDropout),
)
_LARGEST = (nn.MaxPool2d, nn.AdaptiveMaxPool2d)
_WEIGHED = (
    *(nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.Upsample, nn.PixelShuffle, nn.PixelUnshuffle, nn.ChannelShuffle),
    *(nn.ZeroPad2d, nn.ReflectionPad2d, nn.ReplicationPad2d, nn.CircularPad2d),
)
_ROUNDING = 1e-3


@dataclass(frozen=True)
class InputPixel:
    """A value of the layer's input that counts. weight: what it is multiplied by; 1 for the winner of a maximum."""

    channel: int
    y: int
    x: int
    value: float
    weight: float


@dataclass(frozen=True)
class Explanation:
    """words: one sentence about the response. inputs: what it was made of, at most 16, the heaviest first.

    made_by: the layer whose output the input is; None where no single one made it. of_input: it is the model's input.
    """

    words: str
    inputs: tuple[InputPixel, ...]
    made_by: str | None
    of_input: bool = False


def explain(frame: ByteArray, layer: ModelLayer, index: int, y: int, x: int) -> Explanation | None:
    """What response (y, x) of channel `index` was made of; None for a type of layer that one sentence cannot say.

    frame: uint8 (H, W) gray or (H, W, 3) BGR. A convolution's are contributions. Errors: ModelError; IndexError where
    there is no such response.
    """
    return explanation_of(traced(frame, layer), index, y, x)


def explanation_of(run: Traced, index: int, y: int, x: int) -> Explanation | None:
    """The same of a run."""
    call, module = run.call, run.call.module
    check_response(call, index, y, x)
    values, output = run.values, float(call.output[0, index, y, x])
    if values is None or values.ndim != 4 or len(values) != 1:
        return None
    told: _Told | None = None
    if isinstance(module, _BY_PLACE) and values.shape == call.output.shape:
        told = _by_place(module, _pixel(values, index, y, x), output)
    elif isinstance(module, (nn.BatchNorm2d, nn.InstanceNorm2d, nn.GroupNorm)) and values.shape == call.output.shape:
        told = _normalised(module, values, _pixel(values, index, y, x), output)
    elif isinstance(module, (*_LARGEST, *_WEIGHED)):
        told = _gathered(module, values, index, y, x, output)
    return Explanation(*told, run.made_by, run.of_input) if told else None


_Told = tuple[str, tuple[InputPixel, ...]]


def _pixel(values: Tensor, channel: int, y: int, x: int, weight: float = 1.0) -> InputPixel:
    return InputPixel(channel, y, x, float(values[0, channel, y, x]), weight)


def _by_place(module: nn.Module, pixel: InputPixel, output: float) -> _Told:
    kind, value = type(module).__name__, pixel.value
    if output == value:
        words = f"{kind} lets the input {figure(value)} through as it is"
    elif isinstance(module, _CUT):
        words = f"{kind} cuts the input {figure(value)} to {figure(output)}"
    else:
        words = f"{kind} makes {figure(output)} of the input {figure(value)}"
    return words, (pixel,)


def _normalised(module: nn.Module, values: Tensor, pixel: InputPixel, output: float) -> _Told | None:
    """out = scale * in + shift, with the statistics that are kept, or those of this picture."""
    channel, eps = pixel.channel, float(module.eps)  # type: ignore[arg-type]
    kept = getattr(module, "running_mean", None) is not None
    if kept:
        statistics = module.running_mean, module.running_var
        mean, variance = (float(each[channel]) for each in statistics if isinstance(each, Tensor))
    else:
        groups = module.num_groups if isinstance(module, nn.GroupNorm) else values.shape[1]
        size = values.shape[1] // groups
        first = channel // size * size
        part = values[0, first : first + size].double()
        mean, variance = float(part.mean()), float(part.var(unbiased=False))
    weight = float(module.weight.detach()[channel]) if isinstance(module.weight, Tensor) else 1.0
    bias = float(module.bias.detach()[channel]) if isinstance(module.bias, Tensor) else 0.0
    scale = weight / (variance + eps) ** 0.5
    shift = bias - mean * scale
    if not _is_near(pixel.value * scale + shift, output, abs(pixel.value * scale) + abs(shift), values):
        return None
    which = "learned" if kept else "this picture's"
    words = (
        f"{figure(pixel.value)} {TIMES} {figure(scale)} {MINUS if shift < 0 else '+'} {figure(abs(shift))} = "
        f"{figure(output)}: "
        f"scaled and shifted by {which} mean and deviation"
    )
    return words, (InputPixel(channel, pixel.y, pixel.x, pixel.value, scale),)


def _gathered(module: nn.Module, values: Tensor, index: int, y: int, x: int, output: float) -> _Told | None:
    """What a linear part, or a maximum, reads and with which weights: its derivative, by running it again."""
    read = values.detach().double().requires_grad_()
    try:
        with torch.enable_grad():
            again = copy.copy(module).forward(read)[0, index, y, x]  # no call: hooks may watch those
        (weights,) = torch.autograd.grad(again, read, allow_unused=True)
    except (RuntimeError, IndexError, TypeError):  # a part of its own kind, which looks like one of torch's
        return None
    weights = torch.zeros_like(read) if weights is None else weights
    products = weights * read.detach()
    total, size = float(products.sum()), float(products.abs().sum())
    if not _is_near(float(again.detach()), output, size, values) or not _is_near(total, output, size, values):
        return None
    places = weights[0].nonzero()
    order = weights[0][tuple(places.T)].abs().argsort(descending=True, stable=True)
    pixels = [
        _pixel(values, channel, row, column, float(weights[0, channel, row, column]))
        for channel, row, column in places[order[:MOST_LISTED]].tolist()
    ]
    return _say(module, pixels, places, output), tuple(pixels)


def _say(module: nn.Module, pixels: list[InputPixel], places: Tensor, output: float) -> str:
    if not pixels:
        return f"only padding is read here: {figure(output)}"
    first = pixels[0]
    where = f"row {first.y}, column {first.x} of channel {first.channel}"
    if isinstance(module, _LARGEST):
        return f"the largest input under the window won: {figure(first.value)} at {where}"
    if len(places) == 1 and first.weight == 1:
        return f"a copy of the input at {where}"
    (top, left), (bottom, right) = places[:, 1:].amin(0).tolist(), places[:, 1:].amax(0).tolist()
    spread = f"rows {top} to {bottom}, columns {left} to {right}"
    if isinstance(module, nn.AvgPool2d | nn.AdaptiveAvgPool2d):
        share = 1 / first.weight
        padded = "" if round(share) == len(places) else f", divided by {figure(share)} as padding counts"
        return f"the mean of {len(places)} inputs of channel {first.channel}: {spread}{padded}"
    largest = ", ".join(figure(pixel.weight) for pixel in pixels[:4])
    others = " and less" if len(places) > 4 else ""
    return f"a blend of {len(places)} inputs of channel {first.channel}, {spread}, with weights {largest}{others}"


def _is_near(found: float, output: float, size: float, values: Tensor) -> bool:
    precision = max(_ROUNDING, 4 * torch.finfo(values.dtype).eps)
    return abs(found - output) <= precision * max(size, abs(output))
