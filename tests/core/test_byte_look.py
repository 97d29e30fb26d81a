"""The look at a first picture by counts: where it looks, and what it tells of what has been counted."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from plain_counter import PlainCounter

from convviz_core import byte_look, looks
from convviz_core.arrays import AnyArray, ByteArray
from convviz_core.byte_look import ByteLook
from convviz_core.difference import Difference
from convviz_core.filters.bank import FilterBank
from convviz_core.first_look import FirstLook
from convviz_core.gray import to_planes, to_unit
from convviz_core.layer import Layer
from convviz_core.looks import look_for
from convviz_core.ranges import fixed_limit
from convviz_core.sampling import LEAST_PIXELS

RNG = np.random.default_rng(0)
FRAME = RNG.integers(0, 256, (150, 190, 3), dtype=np.uint8)


def layer_of(*shape: int, bias: bool = False, **settings: object) -> Layer:
    """Its weights are kept exactly by 8 bits."""
    kernels = RNG.integers(-126, 127, shape).astype(np.float32)
    kernels.reshape(len(kernels), -1)[:, 0] = 126
    added = RNG.normal(size=len(kernels)) * 900 if bias else None
    return Layer(FilterBank.from_array("test", kernels, bias=added), bias=bias, **settings)  # type: ignore[arg-type]


def conv_of(layer: Layer, frame: ByteArray) -> AnyArray:
    """float64 (N, h, w), after the activation."""
    planes = torch.from_numpy(to_unit(to_planes(frame, layer.bank.channels))).double()[None]
    mode = {"zeros": "constant"}.get(str(layer.padding_mode), str(layer.padding_mode))
    top, bottom, left, right = layer.geometry.margins
    padded = F.pad(planes, (left, right, top, bottom), mode=mode)
    bias = None if layer.weights.bias is None else torch.from_numpy(layer.weights.bias.copy()).double()
    kernels = torch.from_numpy(layer.bank.kernels.copy()).double()
    stride, dilation = layer.geometry.stride_yx, layer.geometry.dilation_yx
    conv = F.conv2d(padded, kernels, bias, stride=stride, dilation=dilation)[0].numpy()
    return np.asarray(conv if layer.signed else np.maximum(conv, 0))


LAYERS = [
    layer_of(3, 4, 4),
    layer_of(2, 7, 7, activation="none"),
    layer_of(5, 3, 3, 3, activation="none"),
    layer_of(2, 3, 3, bias=True, activation="none"),
    layer_of(2, 3, 3, padding=1, activation="none"),
    layer_of(2, 4, 3, padding=(2, 1), padding_mode="reflect", activation="none"),
    layer_of(2, 3, 3, 3, padding=(0, 1), activation="none"),
    layer_of(2, 5, 5, dilation=2, activation="none"),
    layer_of(1, 3, 3, padding="same", activation="none"),
    layer_of(2, 6, 6, padding="same", padding_mode="replicate", activation="none"),
    layer_of(1, 3, 5, 4, stride=(2, 1), padding=2, activation="none"),
]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: f"{layer.bank.kernels.shape}, {layer.geometry}")
@pytest.mark.parametrize("gray", [False, True])
@pytest.mark.parametrize("run", [1, 4])
def test_what_is_counted_are_the_layers_responses_at_enough_pixels(
    layer: Layer, gray: bool, run: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(byte_look, "_RUNS", (run,))
    frame, counter = FRAME[..., 1].copy() if gray else FRAME, PlainCounter()
    look = ByteLook(layer, frame.shape, counter)
    found = look.found(frame, 0.0, 1)
    conv, limit = conv_of(layer, frame), fixed_limit(layer.weights, layer.activation)
    there, count = np.sort(conv.ravel()), len(conv) * run
    counted = np.concatenate([some[:, :count] for some in counter.responses]).ravel() * limit
    at = np.clip(np.searchsorted(there, counted), 1, there.size - 1)
    off = np.minimum(np.abs(there[at] - counted), np.abs(there[at - 1] - counted))
    assert off.max() < limit * tolerance(layer, gray=gray)
    assert not any(some[:, count:].any() for some in counter.responses)
    assert found.seen == counted.size >= min(conv[0].size, LEAST_PIXELS) * len(conv)
    shown = np.abs(counted) if layer.signed else counted
    assert found.counted == (shown > 0).sum()
    assert (counted.min(), counted.max()) == pytest.approx((there[0], there[-1]), rel=0.2)


def tolerance(layer: Layer, *, gray: bool) -> float:
    """Of float32, or of what 8 bits make of other weights: of R, G and B together, or those that make colours gray."""
    colours = layer.bank.channels == 3
    exact = not colours if gray else colours or math.prod(layer.geometry.taps_hw) <= 16
    return 1e-6 if exact else 3e-3


@pytest.mark.parametrize("layer", LAYERS[1:4], ids=lambda layer: str(layer.bank.kernels.shape))
def test_each_response_lies_where_the_look_says(layer: Layer) -> None:
    frame, counter = FRAME if layer.bank.channels == 3 else FRAME[..., 1].copy(), PlainCounter()
    look = ByteLook(layer, frame.shape, counter)
    look.found(frame, 0.0, 100)
    conv, limit = conv_of(layer, frame), fixed_limit(layer.weights, layer.activation)
    expected = np.stack([conv[:, look.y, look.x + number] for number in range(look.run)])  # (run, N, S)
    found = counter.responses[0][: look.y.size, : look.run * len(conv)] * limit
    assert found == pytest.approx(expected.transpose(2, 0, 1).reshape(look.y.size, -1), abs=1e-5 * limit)


@pytest.mark.parametrize("shape", [(480, 640), (1080, 1920, 3), (9000, 60), (60, 9000, 3)])
@pytest.mark.parametrize("kernel", [(8, 7, 7), (4, 31, 31)], ids=str)
def test_every_row_and_every_column_is_looked_at_and_nothing_behind_the_frame(
    shape: tuple[int, ...], kernel: tuple[int, ...]
) -> None:
    layer = layer_of(*kernel)
    look = ByteLook(layer, shape, PlainCounter(32))
    height, width = layer.output_hw(shape)
    assert np.array_equal(np.unique(look.y), np.arange(height))
    assert len(np.unique(look.x[:, None] + np.arange(look.run))) >= 0.995 * width
    assert look.y.size * look.run >= LEAST_PIXELS
    depth, row = math.prod(shape[2:]), math.prod(shape[1:])
    rows, quads = kernel[1], -(-(kernel[2] + look.run - 1) * depth // 4)
    last = (look.y + rows - 1) * row + look.x * depth + 4 * quads
    assert last.max() <= math.prod(shape)


@pytest.mark.parametrize("activation", ["relu", "none"])
def test_of_two_layers_the_differences_are_counted(activation: str) -> None:
    live = layer_of(3, 5, 5, activation=activation)
    kept = layer_of(2, 3, 3, activation=activation)
    frame, counter = FRAME[..., 1].copy(), PlainCounter()
    shown = Difference(live, kept)
    look = ByteLook(shown, frame.shape, counter)
    look.found(frame, 0.0, 100)
    expected = (conv_of(live, frame)[:2] - conv_of(kept, frame)[:, 1:-1, 1:-1])[:, look.y, look.x]
    found = counter.responses[0][: look.y.size, :2].T * shown.fixed_limit
    assert found == pytest.approx(expected, abs=1e-5 * shown.fixed_limit)


def test_the_largest_are_told_to_a_hundredth_and_never_too_small() -> None:
    layer = layer_of(6, 5, 5, activation="none")
    frame, counter = FRAME[..., 1].copy(), PlainCounter()
    found = ByteLook(layer, frame.shape, counter).found(frame, 1 / 512, 100)
    sizes = np.sort(np.abs(np.concatenate(counter.responses))[:, : found.seen // len(counter.responses[0])].ravel())
    exact = sizes[-found.largest.size :]
    assert found.largest.size == math.ceil(1.25 * found.counted / 100)
    assert np.abs(np.sort(found.largest) / exact - 1).max() < 0.02
    assert found.largest.max() >= exact.max()


def test_a_read_only_frame_and_a_mirrored_one_are_read_too() -> None:
    layer = layer_of(2, 7, 7)
    asked = [FRAME.copy(), FRAME.copy(), FRAME[:, ::-1].copy()[:, ::-1]]
    asked[1].setflags(write=False)
    found = [ByteLook(layer, FRAME.shape, PlainCounter()).found(frame, 1 / 512, 100) for frame in asked]
    for other in found[1:]:
        assert (other.seen, other.counted) == (found[0].seen, found[0].counted)
        assert np.array_equal(other.largest, found[0].largest)


def test_a_frame_that_a_look_is_not_for_is_told() -> None:
    look = ByteLook(layer_of(2, 7, 7), FRAME.shape, PlainCounter())
    with pytest.raises(ValueError, match=r"frames of shape \(150, 190, 3\), got \(190, 150, 3\)"):
        look.found(FRAME.transpose(1, 0, 2), 0.0, 1)


def test_who_looks_is_numpy_where_that_is_quick_and_what_counts_where_it_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(looks, "_counter", None)
    monkeypatch.setattr(looks, "_missed", False)
    large, small, shape = layer_of(16, 15, 15), layer_of(2, 3, 3), (480, 640, 3)
    assert isinstance(look_for(small, shape), FirstLook)
    assert not looks.missed()
    assert isinstance(look_for(large, shape), FirstLook)
    assert looks.missed()
    looks.offer(PlainCounter())
    assert isinstance(look_for(large, shape), ByteLook)
    assert isinstance(look_for(small, shape), FirstLook)
    assert isinstance(look_for(large, (20_000, 18)), FirstLook)  # its map is too narrow to end with the frame
    kernels = RNG.standard_cauchy((16, 15, 15))
    kernels[:, 0, 0] = -1e5
    assert isinstance(look_for(Layer(FilterBank.from_array("uneven", kernels)), shape), FirstLook)
