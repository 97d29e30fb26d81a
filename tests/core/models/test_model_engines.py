"""Engines take a model's layer: the mosaic of up to 64 maps, the ranges, the peak."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from convviz_core import ModelError, ModelLayer, load_model, open_engine
from convviz_core.arrays import ByteArray
from convviz_core.mosaic import tile_maps

pytestmark = pytest.mark.usefixtures("one_thread")

HW = (24, 32)


def picture(seed: int = 0) -> ByteArray:
    return np.random.default_rng(seed).integers(0, 256, (*HW, 3), np.uint8)


def layer(channels: int, activation: str = "relu") -> ModelLayer:
    torch.manual_seed(0)
    return ModelLayer(load_model(nn.Sequential(nn.Conv2d(3, channels, 3))), "0", HW, activation=activation)


def expected(maps: np.ndarray, lo: np.ndarray, hi: np.ndarray) -> np.ndarray:
    """round(255 (v - lo) / (hi - lo)), halves up, in float64."""
    lo, hi = (np.asarray(end, np.float64)[:, None, None] for end in (lo, hi))
    return np.clip(np.floor(255 * (maps.astype(np.float64) - lo) / (hi - lo) + 0.5), 0, 255)


@pytest.mark.parametrize("name", ["auto", "opencv", "torch"])
@pytest.mark.parametrize("activation", ["relu", "none"])
@pytest.mark.parametrize("range", ["fixed", "auto", "frame", (-0.5, 0.25)])
def test_the_mosaic_is_that_of_the_first_64_maps_in_the_reported_ranges(
    name: str, activation: str, range: str | tuple[float, float]
) -> None:
    shown = layer(70, activation)
    with open_engine(name, "cpu") as engine:
        conv, activated = engine.maps(picture(), shown)
        result = engine.run(picture(), shown, range=range)
    maps = conv if activation == "none" else activated
    wanted = tile_maps(expected(maps[:64], result.ranges[:, 0], result.ranges[:, 1]).astype(np.uint8))
    assert result.mosaic.shape == wanted.shape
    assert np.abs(result.mosaic.astype(int) - wanted).max() <= 1
    assert result.ranges.shape == (64, 2)
    assert result.peak == np.abs(maps).max()


def test_ranges_are_those_of_all_the_layer_s_maps() -> None:
    shown = layer(70)
    dark = np.zeros((*HW, 3), np.uint8)
    with open_engine("torch", "cpu") as engine:
        _, maps = engine.maps(picture(), shown)
        bright = engine.run(picture(), shown, range="fixed")
        after = engine.run(dark, shown, range="fixed")
        (lo, hi), *others = engine.run(picture(), shown, range="auto").ranges.tolist()
        frame = engine.run(picture(), shown, range="frame").ranges
    assert bright.ranges.tolist() == after.ranges.tolist() == [[0.0, maps.max()]] * 64  # the largest met so far
    assert after.peak < bright.peak
    counted = np.sort(maps[maps > maps.max() / 512])
    np.testing.assert_allclose(hi, counted[-1 - (len(counted) - 4096) // 100], rtol=1e-6)
    assert lo == 0
    assert all(each == [lo, hi] for each in others)
    assert np.array_equal(frame, np.stack([maps[:64].min((1, 2)), maps[:64].max((1, 2))], 1))


def test_chosen_channels_are_the_tiles_in_their_order() -> None:
    shown = layer(70)
    with open_engine("torch", "cpu") as engine:
        _, maps = engine.maps(picture(), shown)
        result = engine.run(picture(), replace(shown, channels=(69, 2, 7)), range="frame")
        with pytest.raises(ModelError, match="'0' has 70 channels, there is no channel 70"):
            engine.run(picture(), replace(shown, channels=(70,)))
    assert result.mosaic.shape == (44, 60)
    assert result.ranges[:, 1].tolist() == maps[[69, 2, 7]].max((1, 2)).tolist()


def test_a_flat_map_is_one_byte_in_its_own_range() -> None:
    conv = nn.Conv2d(3, 2, 1)
    with torch.no_grad():
        conv.weight[0] = 0
    model = load_model(nn.Sequential(conv))
    with open_engine("torch", "cpu") as engine:
        signed = engine.run(picture(), ModelLayer(model, "0", HW, activation="none"), range="frame").mosaic
        after = engine.run(picture(), ModelLayer(model, "0", HW), range="frame").mosaic
    assert set(signed[:, :32].ravel()) == {128}
    assert set(after[:, :32].ravel()) == {0}


def test_the_mosaic_can_be_reduced_and_its_size_follows_the_input() -> None:
    shown = replace(layer(4), input_hw=(12, 10))
    with open_engine("torch", "cpu") as engine:
        whole, half = engine.run(picture(), shown), engine.run(picture(), shown, reduce=2)
        assert engine.maps(picture(), replace(shown, input_hw=None))[0].shape == (4, 222, 297)
    assert whole.mosaic.shape == (20, 16)
    assert half.mosaic.shape == (10, 8)


def test_a_closed_engine_and_a_wrong_frame_are_told_as_for_banks() -> None:
    shown = layer(2)
    with open_engine("torch", "cpu") as engine:
        with pytest.raises(ValueError, match="uint8"):
            engine.run(picture().astype(np.float32), shown)
        with pytest.raises(ValueError, match="there is no range"):
            engine.run(picture(), shown, range="wide")
    with pytest.raises(RuntimeError, match="closed"):
        engine.run(picture(), shown)
