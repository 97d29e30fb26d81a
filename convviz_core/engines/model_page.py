"""What a model's layer gave, as arrays: its output with what is known of each channel, and bytes of some channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from convviz_core.arrays import AnyArray, ByteArray, FloatArray
from convviz_core.blocks import Reduce
from convviz_core.engines.model_plan import ModelPlan, to_levels
from convviz_core.models.layer import ModelLayer
from convviz_core.models.tracing import Traced
from convviz_core.mosaic import reduce_maps
from convviz_core.placement import Alignment
from convviz_core.ranges import FLAT_SPAN, Limits

Channels = tuple[int, ...]

VALUES_AT_ONCE = 1 << 19  # of a page, so that they stay in the cache


@dataclass(frozen=True, eq=False)
class LayerOutput:
    """conv: float32 (C, h, w), the layer's output. signed: whether no ReLU follows.

    Of each channel, float32 (C,): least and largest response, and mean size after the activation. zeros: of all
    responses after the activation, the share that is zero. peak: the largest |response| after it. run: what went into
    the layer, where that was asked for. bound: of a difference, the largest that there can be by the sides' peaks.
    """

    conv: FloatArray
    signed: bool
    least: FloatArray
    largest: FloatArray
    mean: FloatArray
    zeros: float
    peak: float
    run: Traced | None = None
    bound: float | None = None

    @property
    def unit(self) -> float:
        """What stands for a bank's fixed limit where small and large are told apart: `bound`, without one the peak."""
        return self.peak if self.bound is None else self.bound


def layer_outputs(
    plan: ModelPlan, frame: ByteArray, also: ModelLayer | None = None, *, traced: bool = False
) -> tuple[LayerOutput, LayerOutput | None]:
    """One forward pass of a plan. also: another layer of the same model on the same input, whose output comes second.

    None stands there where that gives no maps in this run. traced: with the first one's `run`. Errors: as
    ModelPlan.forward.
    """
    run, name = None, also.name if also else None
    if traced:
        output, other, run = plan.traced(frame, name)
    else:
        output, other = plan.forward_with(frame, name)
    second = None if other is None or also is None else output_of(other.cpu().numpy(), signed=also.signed)
    return output_of(output.cpu().numpy(), signed=plan.key.layer.signed, run=run), second


def difference_output(
    live: LayerOutput, kept: LayerOutput, channels: tuple[Channels, Channels], alignment: Alignment
) -> LayerOutput:
    """What one answers more than the other, after the activations: the live channels minus the kept ones, in pairs."""
    (height, width), corners = alignment.hw, (alignment.live_yx, alignment.kept_yx)
    found = np.empty((alignment.count, height, width), np.float32)
    known = np.empty((3, alignment.count), np.float32)  # least, largest, mean size
    zeros = 0
    with np.errstate(invalid="ignore"):  # a model may answer with infinity
        for index, one in enumerate(found):  # map by map, in the cache
            live_map, kept_map = (
                _shown_part(output, chosen[index], corner, alignment.hw)
                for output, chosen, corner in zip((live, kept), channels, corners, strict=True)
            )
            np.subtract(live_map, kept_map, out=one)
            known[:, index] = one.min(), one.max(), np.abs(one).mean()
            zeros += one.size - int(np.count_nonzero(one))
    least, largest, mean = np.nan_to_num(known)
    peak = _peak(least, largest, signed=True)
    bound = max(one.peak + other.peak * other.signed for one, other in ((live, kept), (kept, live)))
    return LayerOutput(found, True, least, largest, mean, zeros / found.size, peak, bound=bound)


def same_maps(live: LayerOutput, kept: LayerOutput, channels: tuple[Channels, Channels], alignment: Alignment) -> bool:
    """Whether these pairs of channels are equal at every pixel, after the activations."""
    pairs = zip(*channels, strict=False)
    return all(
        np.array_equal(
            _shown_part(live, one, alignment.live_yx, alignment.hw),
            _shown_part(kept, other, alignment.kept_yx, alignment.hw),
        )
        for one, other in pairs
    )


def _shown_part(output: LayerOutput, channel: int, corner: tuple[int, int], hw: tuple[int, int]) -> FloatArray:
    (top, left), (height, width) = corner, hw
    part = output.conv[channel, top : top + height, left : left + width]
    return part if output.signed else np.maximum(part, 0)


def output_of(maps: FloatArray, *, signed: bool, run: Traced | None = None) -> LayerOutput:
    """What is known of maps, float32 (C, h, w)."""
    conv = torch.from_numpy(maps)
    flat = conv.flatten(1)
    zeros = (flat == 0 if signed else flat <= 0).sum().item() / flat.numel()
    mean = (flat.abs() if signed else flat.relu()).mean(1)
    each: list[AnyArray] = [part.nan_to_num(0.0).numpy() for part in (flat.amin(1), flat.amax(1), mean)]
    least, largest, means = each
    return LayerOutput(maps, signed, least, largest, means, zeros, _peak(least, largest, signed=signed), run)


def _peak(least: AnyArray, largest: AnyArray, *, signed: bool) -> float:
    return float(max(largest.max(), -least.min() if signed else 0.0, 0.0))


def page_levels(
    output: LayerOutput, channels: tuple[int, ...], limits: Limits | None, reduce: Reduce = 1
) -> tuple[ByteArray, FloatArray]:
    """Bytes of those channels, uint8 (N, h, w), reduced, and their ranges, float32 (N, 2).

    limits: None gives each map its own extremes.
    """
    signed, levels, ranges = output.signed, [], []
    _, height, width = output.conv.shape
    step = max(1, VALUES_AT_ONCE // (height * width))
    for first in range(0, len(channels), step):
        page = torch.from_numpy(output.conv[list(channels[first : first + step])])
        page = page if signed else page.relu_()
        if limits is None:
            own = torch.stack([page.amin((1, 2)), page.amax((1, 2))], 1)
            flat = own[:, 1] - own[:, 0] <= FLAT_SPAN * output.unit
        else:
            own, flat = torch.tensor([limits] * len(page), dtype=torch.float32), None
        made = to_levels(page, own, flat, 128 if signed else 0).numpy()
        levels.append(reduce_maps(made, reduce))
        ranges.append(own.numpy())
    return np.concatenate(levels), np.concatenate(ranges)


def removed_levels(
    output: LayerOutput, channels: tuple[int, ...], limits: Limits | None, reduce: Reduce = 1
) -> tuple[ByteArray, FloatArray]:
    """The same of what ReLU sets to zero: the sizes of the responses below it."""
    negative = np.maximum(-output.conv[list(channels)], 0)
    most = np.full(len(negative), limits[1]) if limits else negative.max(axis=(1, 2))
    ranges = np.stack([np.zeros_like(most), most], 1).astype(np.float32)
    levels = to_levels(torch.from_numpy(negative), torch.from_numpy(ranges), None, 0).numpy()
    return reduce_maps(levels, reduce), ranges
