"""Stride, padding, dilation and bias on every engine of the CPU, against torch's convolution in float64."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from convviz_core import Engine, FilterBank, FrameSizeError, Layer, load_bank, open_engine
from convviz_core.arrays import AnyArray, ByteArray
from convviz_core.auto_range import map_ranges
from convviz_core.mosaic import reduce_maps, tile_maps
from convviz_core.ranges import Range, to_bytes

SEED = load_bank("udacity")
MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}


@pytest.fixture(scope="module", params=["torch", "opencv", "halide"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "halide":
        pytest.importorskip("halide")
    with open_engine(request.param, "cpu") as engine:
        yield engine


def responses(frame: ByteArray, layer: Layer) -> AnyArray:
    """float64 (N, h, w), by F.pad and F.conv2d."""
    if layer.bank.channels == 3:
        planes = np.stack([frame[..., 2 - i] for i in range(3)] if frame.ndim == 3 else [frame] * 3)
    else:
        planes = np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) if frame.ndim == 3 else frame, np.uint8)[None]
    kernel_h, kernel_w = layer.bank.kernel_hw
    (dil_y, dil_x), padding = layer.geometry.dilation_yx, layer.padding
    if padding == "same":
        across, down = dil_x * (kernel_w - 1), dil_y * (kernel_h - 1)
        sides = [across // 2, across - across // 2, down // 2, down - down // 2]
    else:
        assert isinstance(padding, tuple)
        sides = [padding[1], padding[1], padding[0], padding[0]]
    padded = F.pad(torch.from_numpy(planes.astype(np.float64) / 255)[None], sides, MODES[str(layer.padding_mode)])
    weight = torch.from_numpy(layer.bank.kernels.astype(np.float64))
    bias = torch.from_numpy(layer.bank.bias.astype(np.float64)) if layer.bias and layer.bank.bias is not None else None
    return F.conv2d(padded, weight, bias, stride=layer.stride, dilation=layer.dilation)[0].numpy()


def tolerance(layer: Layer) -> float:
    sizes = np.abs(layer.bank.kernels.astype(np.float64)).reshape(len(layer.bank), -1).sum(axis=1)
    if layer.bias and layer.bank.bias is not None:
        sizes += np.abs(layer.bank.bias)
    return 1e-5 * max(1.0, float(sizes.max()) / 16)


def check(engine: Engine, frame: ByteArray, layer: Layer, range: Range = "fixed", reduce: int = 1) -> None:
    """Maps and peak within the responses' tolerance, the mosaic within one level of the ranges told."""
    conv = responses(frame, layer)
    shown = conv if layer.signed else np.maximum(conv, 0)
    got, activated = engine.maps(frame, layer)
    assert np.abs(got - conv).max() <= tolerance(layer)
    assert np.array_equal(activated, np.maximum(got, 0))
    result = engine.run(frame, layer, range, reduce)
    assert abs(result.peak - np.abs(shown).max()) <= tolerance(layer)
    wanted_ranges = map_ranges(layer, shown, range)
    if range != "auto":
        assert np.abs(result.ranges - wanted_ranges).max() <= tolerance(layer)
    wanted = tile_maps(reduce_maps(to_bytes(layer, shown, result.ranges, own=range == "frame"), reduce))
    assert result.mosaic.shape == wanted.shape
    assert np.abs(result.mosaic.astype(int) - wanted).max() <= 1


def pairs(least: int, most: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(least, most), st.integers(least, most))


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    same, rng = draw(st.booleans()), np.random.default_rng(draw(st.integers(0, 99)))
    shape = (draw(st.integers(1, 5)), draw(st.sampled_from([1, 3])), *draw(pairs(1, 7)))
    whole, biased = draw(st.booleans()), draw(st.booleans())
    kernels = rng.integers(-3, 4, shape) if whole else rng.normal(size=shape)
    if len(kernels) > 1 and draw(st.booleans()):
        kernels[1] = -kernels[0]
    bias = rng.normal(size=shape[0]) * draw(st.sampled_from([0.1, 3.0, 100.0])) if biased else None
    return Layer(
        FilterBank.from_array("random", kernels, bias),
        draw(st.sampled_from(["relu", "none"])),
        stride=1 if same else draw(pairs(1, 4)),
        padding="same" if same else draw(pairs(0, 6)),
        padding_mode=draw(st.sampled_from(list(MODES))),
        dilation=draw(pairs(1, 4)),
        bias=biased,
    )


@settings(max_examples=60, deadline=None)
@given(layer=layers(), data=st.data())
def test_any_geometry_and_bias_is_within_the_tolerance_of_float64(
    engine: Engine, layer: Layer, data: st.DataObject
) -> None:
    size = data.draw(st.tuples(st.integers(8, 40), st.integers(8, 150)))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    frame = rng.integers(0, 256, (*size, 3) if data.draw(st.booleans()) else size, np.uint8)
    try:
        layer.output_hw(frame.shape)
    except FrameSizeError:
        assume(False)
    check(engine, frame, layer, data.draw(st.sampled_from(["fixed", "auto", "frame"])), data.draw(st.integers(1, 3)))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("padding", [1, (3, 0), (0, 2), "same"], ids=str)
def test_each_padding_mode_puts_outside_what_torch_puts_there(
    engine: Engine, mode: str, padding: int | tuple[int, int] | str
) -> None:
    frame = np.random.default_rng(1).integers(0, 256, (60, 90, 3), np.uint8)
    check(engine, frame, Layer(SEED, padding=padding, padding_mode=mode))
    check(engine, frame[::-1, ::-1], Layer(SEED, padding=padding, padding_mode=mode))  # a mirrored view


@pytest.mark.parametrize(
    "settings", [{"stride": 2}, {"stride": (1, 3)}, {"dilation": 3}, {"dilation": (40, 1)}], ids=str
)
@pytest.mark.parametrize("shape", [(2, 4, 4), (2, 3, 5, 5), (1, 31, 31), (3, 1, 1)], ids=str)
def test_whole_and_other_weights_of_every_size_are_strided_and_dilated(
    engine: Engine, shape: tuple[int, ...], settings: dict[str, int | tuple[int, int]]
) -> None:
    frame, rng = np.random.default_rng(1).integers(0, 256, (170, 270, 3), np.uint8), np.random.default_rng(2)
    for kernels in (rng.integers(-3, 4, shape), rng.normal(size=shape)):
        layer = Layer(FilterBank.from_array("b", kernels), "none", **settings)  # type: ignore[arg-type]
        try:
            layer.output_hw(frame.shape)
        except FrameSizeError:
            continue
        check(engine, frame, layer)


@pytest.mark.parametrize("activation", ["relu", "none"])
@pytest.mark.parametrize("mode", ["fixed", "auto", "frame"])
def test_a_bias_that_is_not_used_changes_nothing(engine: Engine, activation: str, mode: str) -> None:
    frame = np.random.default_rng(1).integers(0, 256, (60, 90, 3), np.uint8)
    biased = FilterBank.from_array("b", SEED.kernels, np.array([1.0, 2.0, -3.0, 0.5]))
    mosaic = engine.run(frame, Layer(SEED, activation), mode).mosaic.copy()
    result = engine.run(frame, Layer(biased, activation), mode)
    assert (result.mosaic == mosaic).all()
    check(engine, frame, Layer(biased, activation, bias=True), mode)


@pytest.mark.parametrize("editable", [False, True])
def test_a_plan_goes_on_with_other_weights_and_other_biases(engine: Engine, editable: bool) -> None:
    frame, rng = np.random.default_rng(1).integers(0, 256, (60, 90, 3), np.uint8), np.random.default_rng(2)
    kernels = rng.normal(size=SEED.kernels.shape)
    first = Layer(FilterBank.from_array("a", kernels, np.zeros(4)), "none", 2, 1, "reflect", bias=True)
    plan = engine.plan(first, frame.shape, editable=editable)
    for number in range(3):
        bank = FilterBank.from_array("b", rng.normal(size=(4, 1, 4, 4)), 100 * rng.normal(size=4))
        plan.take_weights(bank)
        layer = Layer(bank, "none", 2, 1, "reflect", bias=True)
        assert plan.key.layer == layer
        limits = (-60.0, 60.0) if number else (99.0, 101.0)
        result = plan.run(frame, limits)
        wanted = tile_maps(to_bytes(layer, responses(frame, layer), result.ranges))
        assert np.abs(result.mosaic.astype(int) - wanted).max() <= 1
    with pytest.raises(ValueError, match="takes weights with a bias"):
        plan.take_weights(SEED)
