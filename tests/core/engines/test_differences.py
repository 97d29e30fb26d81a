"""Every engine's difference of two layers, beside float64."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from unittest.mock import Mock

import cv2
import numpy as np
import pytest
import torch
from fake_device import FakeDevice
from torch.nn.functional import conv2d, pad

from convviz_core.arrays import AnyArray
from convviz_core.blocks import Reduce
from convviz_core.difference import Difference, align
from convviz_core.engines.api import Engine, PlanKey
from convviz_core.engines.cuda.engine import CudaEngine
from convviz_core.engines.differing import MapsDifferencePlan
from convviz_core.engines.halide.engine import HalideEngine
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.engines.reference import TorchEngine
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.filters.files import load_bank
from convviz_core.layer import Layer
from convviz_core.mosaic import MosaicGrid, reduce_maps

SEED, SOBEL, GABOR = load_bank("udacity"), load_bank("sobel"), load_bank("gabor")
THIRDS = tuple(Filter(f"{i}", f.kernel / np.float32(3)) for i, f in enumerate(SOBEL.filters))
BIASED = FilterBank("biased", THIRDS, bias=np.array([0.5, -1.0]))
ENORMOUS = FilterBank("enormous", SOBEL.filters, bias=np.array([3e38, -1e38]))
COLOUR = FilterBank.from_array("colour", np.random.default_rng(2).normal(size=(3, 3, 5, 5)).astype(np.float32))
LARGE = FilterBank.from_array("large", np.random.default_rng(4).normal(size=(2, 15, 15)).astype(np.float32))
PAIRS = {
    "even and odd": (Layer(SEED), Layer(SOBEL)),
    "with and without ReLU": (Layer(SEED, "none"), Layer(SEED)),
    "turned": (Layer(SEED), Layer(SEED.flipped())),
    "fractions and whole numbers": (Layer(GABOR, "none"), Layer(SEED)),
    "fractions": (Layer(GABOR), Layer(GABOR.flipped(), "none")),
    "a bias": (Layer(BIASED, bias=True), Layer(BIASED)),
    "colour and gray": (Layer(COLOUR), Layer(SOBEL, "none")),
    "padded and not": (Layer(SEED, padding=3, padding_mode="reflect"), Layer(SOBEL)),
    "padded both": (Layer(SOBEL, padding=1), Layer(SEED, "none", padding=2)),
    "padded alike": (Layer(SOBEL, padding=1), Layer(GABOR, padding=1)),
    "strides": (Layer(SEED, stride=2), Layer(GABOR, "none", stride=2, padding=2)),
    "dilation": (Layer(SEED, dilation=2), Layer(SEED)),
    "large kernels": (Layer(LARGE, "none"), Layer(SEED)),
    "enormous biases": (Layer(ENORMOUS, "none", bias=True), Layer(SEED)),
}


@pytest.fixture(
    params=[HalideEngine, OpenCvEngine, TorchEngine, lambda: CudaEngine(FakeDevice())],
    ids=["halide", "opencv", "torch", "cuda"],
    scope="module",
)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Each engine of the CPU, and the card's arithmetic there."""
    with request.param() as opened:
        yield opened


def frame_of(height: int = 70, width: int = 150) -> AnyArray:
    """A colour frame with noise and an edge."""
    frame = np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8)
    frame[:, : width // 3] //= 4
    return frame


def exact(frame: AnyArray, layer: Layer) -> AnyArray:
    """float64 (N, h, w) after the activation, by torch."""
    gray = (
        (
            3735 * frame[..., 0].astype(int)
            + 19235 * frame[..., 1].astype(int)
            + 9798 * frame[..., 2].astype(int)
            + 16384
        )
        >> 15
    )[None]
    planes = torch.from_numpy((gray if layer.bank.channels == 1 else frame[..., ::-1].transpose(2, 0, 1)) / 255.0)[None]
    (top, left) = layer.padding if isinstance(layer.padding, tuple) else (0, 0)
    modes = {"zeros": "constant"}
    padded = pad(planes, (left, left, top, top), mode=modes.get(str(layer.padding_mode), str(layer.padding_mode)))
    weights = torch.from_numpy(layer.bank.kernels.astype(np.float64))
    bias = torch.from_numpy(np.asarray(layer.bank.bias, np.float64)) if layer.bias else None
    found = conv2d(padded, weights, bias, stride=layer.stride, dilation=layer.dilation)[0].numpy()
    return found if layer.signed else np.maximum(found, 0)


def exact_difference(frame: AnyArray, live: Layer, kept: Layer) -> AnyArray:
    """float64 (n, h, w), where the middles of the receptive fields lie on each other; strides are 1 or alike."""
    middles = live.geometry.centre(0, 0), kept.geometry.centre(0, 0)
    down, across = (
        math.floor((middle - kept_middle) / stride)
        for middle, kept_middle, stride in zip(*middles, live.geometry.stride_yx, strict=True)
    )
    parts = [
        exact(frame, live)[:, max(0, -down) :, max(0, -across) :],
        exact(frame, kept)[:, max(0, down) :, max(0, across) :],
    ]
    count, height, width = (min(part.shape[axis] for part in parts) for axis in range(3))
    return np.asarray(parts[0][:count, :height, :width] - parts[1][:count, :height, :width])


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("reduce", [1, 3, (Fraction(31, 9), Fraction(16, 7))])
def test_its_bytes_are_those_of_float64(engine: Engine, name: str, reduce: Reduce) -> None:
    frame, (live, kept) = frame_of(), PAIRS[name]
    limit = Difference(live, kept).fixed_limit / 2
    plan = engine.plan(live, frame.shape, reduce, minus=kept)
    result = plan.run(frame, (-limit, limit))
    wanted = exact_difference(frame, live, kept)
    levels = np.clip(np.floor(255 * (wanted + limit) / (2 * limit) + 0.5), 0, 255).astype(np.uint8)
    levels = reduce_maps(levels, reduce)
    grid = MosaicGrid(len(levels), levels.shape[1:])
    assert result.mosaic.shape == grid.size_hw
    for index, one in enumerate(levels):
        assert np.abs(result.mosaic[grid.tile(index)].astype(int) - one).max() <= 1
    assert result.peak == pytest.approx(np.abs(wanted).max(), rel=1e-5)
    assert result.ranges.tolist() == np.array([[-limit, limit]] * len(levels), np.float32).tolist()


@pytest.mark.parametrize("name", PAIRS)
def test_each_map_may_have_its_own_extremes(engine: Engine, name: str) -> None:
    frame, (live, kept) = frame_of(), PAIRS[name]
    result = engine.plan(live, frame.shape, range="frame", minus=kept).run(frame, None)
    wanted = exact_difference(frame, live, kept)
    ends = np.stack([wanted.min(axis=(1, 2)), wanted.max(axis=(1, 2))], axis=1)
    assert result.ranges == pytest.approx(ends, abs=1e-5)
    grid = MosaicGrid(len(wanted), wanted.shape[1:])
    for index, (lo, hi) in enumerate(ends):
        tile = result.mosaic[grid.tile(index)]
        assert (tile.min(), tile.max()) == ((0, 255) if hi - lo > 1e-4 else (128, 128))


@pytest.mark.parametrize(
    "layer",
    [
        Layer(SEED),
        Layer(GABOR, "none"),
        Layer(BIASED, bias=True),
        Layer(COLOUR),
        Layer(SEED, stride=2, padding=1),
        Layer(LARGE),
    ],
)
def test_a_layer_differs_from_itself_by_exactly_0_everywhere(engine: Engine, layer: Layer) -> None:
    frame = frame_of()
    result = engine.plan(layer, frame.shape, minus=layer).run(frame, (-1e-3, 1e-3))
    assert (result.mosaic[: layer.output_hw(frame.shape)[0], : layer.output_hw(frame.shape)[1]] == 128).all()
    assert result.peak == 0


def test_a_filter_that_both_layers_have_differs_by_exactly_0(engine: Engine) -> None:
    edited = FilterBank("edited", (GABOR.filters[0], Filter("other", GABOR.filters[1].kernel + np.float32(0.01))))
    frame = frame_of()
    plan = engine.plan(Layer(edited), frame.shape, minus=Layer(FilterBank("before", GABOR.filters[:2])))
    result = plan.run(frame, None)
    assert result.ranges[0].tolist() == [0, 0]
    assert result.ranges[1, 1] > 0.01


def test_the_live_layer_takes_other_weights(engine: Engine) -> None:
    frame = frame_of()
    doubled = FilterBank("doubled", tuple(Filter(f.label, 2 * f.kernel) for f in SEED.filters))
    plan = engine.plan(Layer(SEED), frame.shape, minus=Layer(SEED))
    plan.take_weights(doubled)
    result = plan.run(frame, (-8.0, 8.0))
    # relu(2a) - relu(a) = relu(a)
    assert result.peak == pytest.approx(exact(frame, Layer(SEED)).max(), rel=1e-5)
    changing = engine.plan(Layer(SEED), frame.shape, minus=Layer(SEED), editable=True)
    changing.take_weights(doubled)
    assert changing.run(frame, (-8.0, 8.0)).peak == pytest.approx(result.peak, rel=1e-5)
    changing.take_weights(SEED)
    assert changing.run(frame, (-8.0, 8.0)).peak == 0


@pytest.mark.parametrize(
    ("live", "kept", "kernels"),
    [
        (Layer(SEED), Layer(SOBEL), 3),  # the first two of four, a pair of opposites; and two
        (Layer(SEED), Layer(SEED, "none"), 2),
        (Layer(FilterBank("f4 to f1", SEED.filters[::-1])), Layer(SEED), 2),
        (Layer(SEED, padding=1), Layer(SEED), 4),
    ],
)
def test_opencv_correlates_each_kernel_of_the_maps_that_both_have_once(
    monkeypatch: pytest.MonkeyPatch, live: Layer, kept: Layer, kernels: int
) -> None:
    calls = Mock(wraps=cv2.filter2D)
    monkeypatch.setattr(cv2, "filter2D", calls)
    monkeypatch.setattr(cv2, "getNumberOfCPUs", lambda: 1)
    frame = frame_of()  # one band
    with OpenCvEngine() as opencv:
        opencv.plan(live, frame.shape, minus=kept).run(frame, (-8.0, 8.0))
    assert calls.call_count == kernels


@pytest.mark.parametrize("name", ["turned", "fractions", "padded alike", "dilated alike", "7x7 and 3x3"])
def test_with_whole_pixels_between_them_two_layers_that_change_sides_change_the_sign(engine: Engine, name: str) -> None:
    more = {
        "dilated alike": (Layer(SEED, dilation=3), Layer(SEED.flipped(), "none", dilation=3)),
        "7x7 and 3x3": (Layer(GABOR, "none"), Layer(SOBEL)),
    }
    frame, (live, kept) = frame_of(), (PAIRS | more)[name]
    one, other = (engine.plan(a, frame.shape, minus=b).run(frame, None) for a, b in ((live, kept), (kept, live)))
    assert one.ranges.tolist() == (-other.ranges[:, ::-1]).tolist()
    assert one.peak == other.peak


def test_mirrored_and_read_only_frames_are_read_too(engine: Engine) -> None:
    frame = frame_of()
    mirrored = frame[:, ::-1]
    plan = engine.plan(Layer(SEED), frame.shape, minus=Layer(SOBEL, "none"))
    found = plan.run(mirrored, (-4.0, 4.0)).mosaic.copy()
    still = mirrored.copy()
    still.setflags(write=False)
    assert np.array_equal(plan.run(still, (-4.0, 4.0)).mosaic, found)


def test_a_key_knows_how_many_maps_both_have_and_how_large() -> None:
    key = PlanKey(Layer(GABOR), (70, 150), minus=Layer(SOBEL))
    assert key.grid == MosaicGrid(2, (64, 144))
    assert key.compared is not None
    assert key.compared[1] == align(Layer(GABOR), Layer(SOBEL), (70, 150))


def test_from_whole_maps_it_is_the_difference_of_an_engines_maps() -> None:
    frame, key = frame_of(), PlanKey(Layer(SEED), (70, 150, 3), minus=Layer(SOBEL))
    with TorchEngine() as torch_engine:
        plan = MapsDifferencePlan(key, torch_engine.check_open, torch_engine.maps, "maps")
        result = plan.run(frame, (-4.0, 4.0))
        live, kept = (torch_engine.maps(frame, one)[1] for one in (Layer(SEED), Layer(SOBEL)))
    assert result.peak == float(np.abs(live[:2, :67, :147] - kept[:, :67, :147]).max())
    assert result.implementation == "maps"
