"""The look at a first picture: where it looks, and that it finds the layer's responses."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from convviz_core import first_look
from convviz_core.arrays import ByteArray
from convviz_core.auto_range import AutoRange
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.filters.bank import FilterBank
from convviz_core.first_look import FirstLook
from convviz_core.gray import to_planes, to_unit
from convviz_core.layer import Layer
from convviz_core.own_range import own_limits
from convviz_core.ranges import fixed_limit
from convviz_core.sampling import LEAST_PIXELS

RNG = np.random.default_rng(0)
FRAME = RNG.integers(0, 256, (160, 200, 3), dtype=np.uint8)


def layer_of(*shape: int, **settings: object) -> Layer:
    bank = FilterBank.from_array("test", RNG.normal(size=shape).astype(np.float32))
    return Layer(bank, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "layer",
    [
        layer_of(3, 4, 4),
        layer_of(2, 3, 5, activation="none"),
        layer_of(2, 3, 3, 3, activation="none"),
        layer_of(2, 3, 3, padding=1, activation="none"),
        layer_of(2, 4, 3, padding=(2, 1), padding_mode="reflect", activation="none"),
        layer_of(2, 3, 3, dilation=2, activation="none"),
        layer_of(1, 3, 3, stride=(1, 1), padding="same", activation="none"),
        layer_of(2, 4, 4, padding="same", padding_mode="replicate", activation="none"),
        layer_of(2, 3, 5, 4, stride=(2, 1), padding=2, activation="none"),
    ],
    ids=lambda layer: f"{layer.bank.kernels.shape}, {layer.padding}, {layer.stride}, {layer.dilation}",
)
@pytest.mark.parametrize("gray", [False, True])
@pytest.mark.parametrize("patch_hw", [None, (1, 4), (2, 3)])
def test_what_is_found_are_the_layers_responses_at_enough_pixels(
    layer: Layer, gray: bool, patch_hw: tuple[int, int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if patch_hw is not None:
        monkeypatch.setattr(first_look, "PATCHES", (patch_hw,))
    frame = FRAME[..., 1].copy() if gray else FRAME
    planes = torch.from_numpy(to_unit(to_planes(frame, layer.bank.channels)))[None]
    mode = {"zeros": "constant"}.get(str(layer.padding_mode), str(layer.padding_mode))
    top, bottom, left, right = layer.geometry.margins
    padded = F.pad(planes, (left, right, top, bottom), mode=mode)
    kernels, geometry = torch.from_numpy(layer.bank.kernels.copy()), layer.geometry
    conv = F.conv2d(padded, kernels, stride=geometry.stride_yx, dilation=geometry.dilation_yx)[0].numpy()
    there = np.sort((np.abs(conv) if layer.signed else conv).ravel()) / fixed_limit(layer.bank, layer.activation)
    found = FirstLook(layer, frame.shape).found(frame, -np.inf, 1)
    assert found.seen == found.counted >= min(conv[0].size, LEAST_PIXELS) * len(conv)
    near = there[np.clip(np.searchsorted(there, found.largest), 1, there.size - 1) - np.array([[0], [1]])]
    assert np.abs(near - found.largest).min(axis=0).max() < 1e-5  # each is one of the responses
    assert found.largest.max() == pytest.approx(there.max(), rel=0.1)


@pytest.mark.parametrize("shape", [(480, 640), (1080, 1920), (9000, 60), (60, 9000)])
@pytest.mark.parametrize("kernel", [(4, 4, 4), (8, 7, 7), (4, 31, 31)])
def test_every_row_and_every_column_is_looked_at(shape: tuple[int, int], kernel: tuple[int, ...]) -> None:
    layer = layer_of(*kernel)
    look = FirstLook(layer, shape)
    height, width = layer.output_hw(shape)
    rows, columns = look.patch_hw
    assert np.array_equal(np.unique(look.y[:, None] + np.arange(rows)), np.arange(height))
    assert len(np.unique(look.x[:, None] + np.arange(columns))) >= 0.995 * width
    assert look.y.size * rows * columns >= LEAST_PIXELS


def scene(seed: int) -> ByteArray:
    """Blurred noise of all scales and a few hard edges."""
    chance = np.random.default_rng(seed)
    noise = [cv2.GaussianBlur(chance.normal(size=(480, 640)), (0, 0), s) * s * s for s in (1, 3, 9, 27)]
    frame = np.sum(noise, axis=0)
    frame[200:, 300:] += 3 * np.std(frame)
    return np.asarray(np.clip(128 + 40 * frame / np.std(frame), 0, 255), np.uint8)


def waves(size: int) -> FilterBank:
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    turned = [x * np.cos(angle) + y * np.sin(angle) for angle in np.arange(4) * np.pi / 4]
    return FilterBank.from_array("waves", np.stack([np.sin(u / 3) * np.exp(-(x * x + y * y) / 80) for u in turned]))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("activation", ["relu", "none"])
def test_a_large_kernels_limit_comes_from_all_over_the_picture(seed: int, activation: str) -> None:
    frame, layer = scene(seed), Layer(waves(31), activation)
    conv, activated = OpenCvEngine().maps(frame, layer)
    shown = np.sort(np.abs(conv if layer.signed else activated).ravel()) / fixed_limit(layer.bank, activation)
    counted = int((shown > 1 / 512).sum())
    exact = float(shown[-1 - (counted - 4096) // 100]) * fixed_limit(layer.bank, activation)
    assert own_limits(layer, frame, lambda: 0.0)[0][1] == pytest.approx(exact, rel=0.05)
    auto = AutoRange()
    first = auto.limits(layer, frame, "a", lambda: 0.0)
    assert first[1] == pytest.approx(exact, rel=0.1)
    for number in range(50):
        auto.follow(layer, frame, auto.limits(layer, frame, "a", lambda: 0.0), 0.0, float(number))
        assert auto.limits(layer, frame, "a", lambda: 0.0)[1] == pytest.approx(exact, rel=0.1)


def test_a_pilot_that_saw_only_the_dark_part_is_made_good() -> None:
    frame = np.zeros((480, 640), np.uint8)
    layer = Layer(FilterBank.from_array("gray", np.ones((1, 1, 1), np.float32)))
    look = FirstLook(layer, frame.shape)
    rows, columns = np.indices(look.patch_hw).reshape(2, -1)
    piloted = np.zeros(frame.shape, bool)
    piloted[look.y[:: first_look.PILOT, None] + rows, look.x[:: first_look.PILOT, None] + columns] = True
    frame[~piloted] = 200
    found = look.found(frame, 1 / 512, 100)
    assert found.largest.size >= found.counted / 100 > 0
    assert found.largest.max() == pytest.approx(200 / 255)
