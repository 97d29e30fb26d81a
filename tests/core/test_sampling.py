"""Responses at a part of a layer's pixels: where they lie, and that they are the layer's."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from convviz_core import sampling
from convviz_core.arrays import AnyArray, ByteArray
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.geometry import ConvGeometry, FrameSizeError
from convviz_core.gray import to_planes, to_unit
from convviz_core.layer import Layer
from convviz_core.ranges import fixed_limit
from convviz_core.sampling import ResponseSampler, follower_for
from convviz_core.windows import columns_spread

RNG = np.random.default_rng(0)
FRAME = RNG.integers(0, 256, (40, 60, 3), dtype=np.uint8)


def bank_of(*shape: int) -> FilterBank:
    return FilterBank(
        "test", tuple(Filter(str(i), kernel.astype(np.float32)) for i, kernel in enumerate(RNG.normal(size=shape)))
    )


def all_sizes(sampler: ResponseSampler, frame: ByteArray) -> AnyArray:
    return np.sort(np.concatenate([sampler.sizes(frame, portion) for portion in range(sampler.portions)]))


def expected(layer: Layer, frame: ByteArray) -> AnyArray:
    planes = torch.from_numpy(to_unit(to_planes(frame, layer.bank.channels)))[None]
    maps = F.conv2d(planes, torch.from_numpy(layer.bank.kernels.copy()))[0].numpy()
    return np.sort((np.abs(maps) if layer.signed else maps).ravel()) / fixed_limit(layer.bank, layer.activation)


@pytest.mark.parametrize("activation", ["relu", "none"])
@pytest.mark.parametrize("shape", [(4, 4, 4), (3, 1, 1), (2, 3, 5), (2, 3, 3, 3), (1, 11, 7)], ids=str)
def test_of_a_small_picture_all_responses_are_seen(shape: tuple[int, ...], activation: str) -> None:
    layer = Layer(bank_of(*shape), activation)
    for frame in (FRAME, FRAME[..., 1].copy()):
        sampler = ResponseSampler(layer, frame.shape)
        np.testing.assert_allclose(all_sizes(sampler, frame), expected(layer, frame), atol=1e-5)
        assert sampler.enough == sampler.portions


@pytest.mark.parametrize(
    "view", [np.s_[:, ::-1], np.s_[::-1], np.s_[3:30, 5:50], np.s_[::2, ::2], np.s_[..., ::-1], np.s_[..., 1]]
)
def test_a_view_gives_what_its_copy_gives(view: tuple[slice, ...]) -> None:
    frame, layer = FRAME[view], Layer(bank_of(2, 3, 3))
    sampler = ResponseSampler(layer, frame.shape)
    assert np.array_equal(sampler.sizes(frame, 0), sampler.sizes(frame.copy(), 0))


@pytest.mark.parametrize("activation", ["relu", "none"])
def test_of_a_large_picture_all_responses_can_be_seen(activation: Literal["relu", "none"]) -> None:
    frame = RNG.integers(0, 256, (310, 420, 3), dtype=np.uint8)
    layer = Layer(bank_of(3, 4, 5), activation)
    sampler = ResponseSampler(layer, frame.shape)
    assert sampler.portions * len(sampler.sizes(frame, 0)) < sampler.responses_in_all
    np.testing.assert_allclose(
        np.sort(np.concatenate(list(sampler.all_sizes(frame)))), expected(layer, frame), atol=1e-5
    )


@pytest.mark.parametrize("map_hw", [(480, 640), (1077, 1917), (100, 9000), (9000, 100), (3, 100_000), (300, 301)])
def test_every_row_and_every_column_has_some_pixels_and_no_pixel_comes_twice(map_hw: tuple[int, int]) -> None:
    height, width = map_hw
    cells = sampling.cells_in(height, width)
    columns = columns_spread(width, cells, *np.indices((height, cells)))
    assert columns.shape[0] == height
    assert columns.size >= min(sampling.MOST_PIXELS, height * width)
    assert len(np.unique(columns)) == width
    assert all(len(np.unique(row)) == len(row) for row in columns[:50])


def test_few_portions_that_follow_each_other_are_enough_and_reach_all_rows_and_cells() -> None:
    sampler = ResponseSampler(Layer(bank_of(4, 4, 4)), (480, 640, 3))
    own = 4
    frame = RNG.integers(0, 256, (480, 640, 3), dtype=np.uint8)
    sizes = [sampler.sizes(frame, portion).size // own for portion in range(sampler.portions)]
    for first in range(sampler.portions):
        assert sum((sizes + sizes)[first : first + sampler.enough]) >= sampling.LEAST_PIXELS * 0.99
    assert max(sizes) - min(sizes) <= 0.02 * max(sizes)


@pytest.mark.parametrize(
    ("kernels", "map_hw"), [((4, 4, 4), (1080, 1920)), ((4, 4, 4), (2160, 3840)), ((2, 31, 31), (1080, 1920))], ids=str
)
def test_what_follows_looks_at_runs_in_all_rows_and_all_over_the_picture(
    kernels: tuple[int, ...], map_hw: tuple[int, int]
) -> None:
    sampler = follower_for(Layer(bank_of(*kernels)), map_hw)
    hw, cells, run = sampler.layer.output_hw(map_hw), sampler._cells, sampler._run
    portions = [sampling.of_portion(hw, cells, sampler.portions, portion, run) for portion in range(sampler.portions)]
    assert run > 1
    for first in range(sampler.portions):
        rows = [(portions + portions)[number][0] for number in range(first, first + sampler.enough)]
        assert sum(map(len, rows)) * run >= 0.99 * sampling.LEAST_PIXELS
        assert len(np.unique(np.concatenate(rows))) == hw[0]
    y, x = (np.concatenate(numbers) for numbers in zip(*portions, strict=True))
    assert len(np.unique(y * hw[1] + x)) == y.size == hw[0] * cells  # each once


@pytest.mark.parametrize("hw", [(480, 640), (720, 1281), (1080, 1920), (2161, 3839)])
def test_runs_see_borders_as_often_as_all_else(hw: tuple[int, int]) -> None:
    """Padding makes the largest responses there, which a limit would be wrong without."""
    sampler = follower_for(Layer(bank_of(4, 4, 4), padding=2), hw)
    map_hw, run = sampler.layer.output_hw(hw), sampler._run
    assert run > 1
    portions = [
        sampling.of_portion(map_hw, sampler._cells, sampler.portions, portion, run)
        for portion in range(sampler.portions)
    ]
    x = np.concatenate([columns for _, columns in portions])
    seen = np.bincount((x[:, None] + np.arange(run)).ravel(), minlength=map_hw[1])
    borders = seen[[0, 1, 2, -3, -2, -1]] / seen.mean()
    assert borders == pytest.approx([1] * 6, abs=0.25)


@pytest.mark.parametrize("settings", [{}, {"stride": (1, 2)}, {"padding": 2}, {"padding": "same"}], ids=str)
@pytest.mark.parametrize("shape", [(3, 4, 4), (2, 3, 3, 5)], ids=str)
def test_runs_give_the_layers_responses(shape: tuple[int, ...], settings: dict[str, object]) -> None:
    layer = Layer(bank_of(*shape), "none", **settings)  # type: ignore[arg-type]
    height, width = layer.output_hw(FRAME.shape)
    stretches = -(-width // 3)
    single, runs = ResponseSampler(layer, FRAME.shape), ResponseSampler(layer, FRAME.shape, run=3, cells=stretches)
    # Runs of three, side by side: all is seen, one or two columns in the middle twice.
    every = all_sizes(single, FRAME).reshape(-1)
    found = all_sizes(runs, FRAME)
    assert found.size == 3 * stretches * height * layer.bank.own
    assert len(every) == height * width * layer.bank.own
    near = every[np.clip(np.searchsorted(every, found), 1, every.size - 1) - np.array([[0], [1]])]
    assert np.abs(near - found).min(axis=0).max() < 1e-5
    assert found[[0, -1]] == pytest.approx(every[[0, -1]], abs=1e-5)


@pytest.mark.parametrize("period", [2, 3, 7.5, 11.3, 16, 64])
@pytest.mark.parametrize("angle", [0, 27, 45, 90])
def test_no_grating_hides_between_the_pixels(period: float, angle: float) -> None:
    y, x = np.mgrid[:480, :640]
    turn = np.deg2rad(angle)
    wave = 127.5 + 127.5 * np.sin(2 * np.pi * (x * np.cos(turn) + y * np.sin(turn)) / period + 0.4)
    frame = np.rint(wave).astype(np.uint8)
    sampler = ResponseSampler(Layer(FilterBank("gray", (Filter("", np.ones((1, 1), np.float32)),))), frame.shape)
    seen = np.concatenate([sampler.sizes(frame, portion) for portion in range(sampler.enough)]) * 255
    for level in (30.5, 100.5, 200.5, 250.5):
        assert np.mean(seen > level) == pytest.approx(np.mean(frame > level), abs=0.015)


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2), ((1, 3), (2, 1))])
def test_padding_stride_and_dilation_are_torch_s(
    mode: Literal["zeros", "reflect", "replicate", "circular"], stride: int, dilation: int
) -> None:
    geometry = ConvGeometry((3, 4), stride=stride, padding=(2, 3), padding_mode=mode, dilation=dilation)
    kernel = RNG.normal(size=(3, 4)).astype(np.float32)
    frame = FRAME[..., 0].copy()
    conv = torch.nn.Conv2d(1, 1, (3, 4), stride, (2, 3), dilation, bias=False, padding_mode=mode)
    conv.weight.data = torch.from_numpy(kernel)[None, None]
    wanted = conv(torch.from_numpy(frame.astype(np.float32))[None, None]).detach().numpy()
    found = [
        windows.read(frame)[..., 0].astype(np.float32) @ kernel.ravel()
        for portion in range(3)
        for windows in sampling._windows(
            geometry, (40, 60), sampling.cells_in(*geometry.output_hw((40, 60))), 3, portion, 1
        )
    ]
    np.testing.assert_allclose(np.sort(np.concatenate(found)), np.sort(wanted.ravel()), rtol=1e-4, atol=0.01)


def test_weights_of_any_size_give_finite_sizes_up_to_one() -> None:
    for weights in (np.array([[3e38, -3e38]]), np.array([[1e-45, 0]]), np.array([[1e-30, -3e38]]), -np.ones((1, 2))):
        for activation in ("relu", "none"):
            layer = Layer(FilterBank("test", (Filter("", weights.astype(np.float32)),)), activation)
            sizes = all_sizes(ResponseSampler(layer, FRAME.shape), FRAME)
            assert np.isfinite(sizes).all()
            assert sizes.max() <= 1 + 1e-5


def test_what_it_is_not_for_is_refused() -> None:
    layer = Layer(bank_of(1, 4, 4))
    with pytest.raises(FrameSizeError):
        ResponseSampler(layer, (3, 9))
    with pytest.raises(ValueError, match=r"for frames of shape \(9, 9\), got \(40, 60, 3\)"):
        ResponseSampler(layer, (9, 9)).sizes(FRAME, 0)
    with pytest.raises(ValueError, match="uint8, got float64"):
        ResponseSampler(layer, FRAME.shape).sizes(np.zeros((40, 60)), 0)  # type: ignore[arg-type]
