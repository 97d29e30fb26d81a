"""Weights that layers compute from others: what is shown is what the layer itself computes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch.nn.utils import parametrizations, prune, spectral_norm, weight_norm

import convviz_core as cc

Wrap = Callable[[torch.nn.Module], object]

WAYS: dict[str, Wrap] = {
    "weight_norm": weight_norm,
    "weight_norm along the input": lambda layer: weight_norm(layer, dim=1),
    "weight_norm of all": lambda layer: weight_norm(layer, dim=None),  # type: ignore[arg-type]
    "parametrized weight_norm": parametrizations.weight_norm,
    "parametrized weight_norm along the input": lambda layer: parametrizations.weight_norm(layer, dim=1),
    "spectral_norm": spectral_norm,
    "parametrized spectral_norm": parametrizations.spectral_norm,
    "pruned": lambda layer: prune.l1_unstructured(layer, "weight", 0.5),  # type: ignore[no-untyped-call]
}


def wrapped(wrap: Wrap, channels: int, count: int) -> torch.nn.Conv2d:
    """A layer as `wrap` changes it, after a step of training and one of use."""
    layer = torch.nn.Conv2d(channels, count, 5)
    with warnings.catch_warnings(action="ignore"):  # torch has newer ways
        wrap(layer)
        layer(torch.ones(1, channels, 9, 9))
        layer.eval()
        layer(torch.ones(1, channels, 9, 9))
    return layer


@pytest.mark.parametrize("suffix", ["pt", "pth", "safetensors"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("channels", "count"), [(3, 70), (1, 4), (1, 1)])
def test_weights_are_put_together_as_the_layer_does_it(
    tmp_path: Path, suffix: str, way: str, channels: int, count: int
) -> None:
    layer = wrapped(WAYS[way], channels, count)
    network = torch.nn.Sequential(layer, torch.nn.Conv2d(count, 4, 3))
    state, path = network.state_dict(), tmp_path / f"net.{suffix}"
    if suffix == "safetensors":
        save_file({name: tensor.contiguous() for name, tensor in state.items()}, path)
    else:
        torch.save(state, path, _use_new_zipfile_serialization=suffix == "pt")
    for name in (str(path), f"{path}:0", f"{path}:0.weight"):
        bank = cc.load_bank(name)
        np.testing.assert_allclose(bank.kernels, layer.weight.detach().numpy()[:64], rtol=1e-5, atol=1e-7)
        assert bank.name == "net:0.weight"
        assert len(bank.notes) == 2 + (count > 64) + (channels == 3)
        assert bank.bias is not None
        assert layer.bias is not None
        np.testing.assert_array_equal(bank.bias, layer.bias.detach().numpy()[:64])


@pytest.mark.parametrize("suffix", ["pt", "safetensors"])
def test_a_parametrization_that_is_not_known_is_said(tmp_path: Path, suffix: str) -> None:
    layer = wrapped(parametrizations.orthogonal, 3, 8)
    path = tmp_path / f"net.{suffix}"
    state = torch.nn.Sequential(layer).state_dict()
    if suffix == "pt":
        torch.save(state, path)
    else:
        save_file({name: tensor.contiguous() for name, tensor in state.items()}, path)
    with pytest.raises(cc.FilterError, match=r"'0\.weight' holds .* a parametrization changes: take it off"):
        cc.load_bank(path)


def test_a_direction_of_length_zero_is_refused(tmp_path: Path) -> None:
    torch.save({"weight_g": torch.ones(2, 1, 1, 1), "weight_v": torch.zeros(2, 1, 3, 3)}, tmp_path / "net.pt")
    with pytest.raises(cc.FilterError, match="not a finite"):
        cc.load_bank(tmp_path / "net.pt")


def test_one_part_alone_is_no_weight(tmp_path: Path) -> None:
    conv = torch.ones(4, 1, 2, 2)
    torch.save({"a.weight_g": torch.ones(2, 1, 1, 1), "b.weight": conv}, tmp_path / "net.pt")
    np.testing.assert_array_equal(cc.load_bank(tmp_path / "net.pt").kernels, conv.numpy())


@pytest.mark.parametrize("name", ["kernel", "layer/kernel:0", "conv.kernel"])
def test_weights_that_keras_and_flax_name_are_taken_in_their_order(tmp_path: Path, name: str) -> None:
    kernels = torch.arange(3 * 3 * 3 * 8.0).reshape(3, 3, 3, 8)
    save_file({name: kernels, "z.kernel": torch.ones(3, 3, 8, 4)}, tmp_path / "net.safetensors")
    bank = cc.load_bank(tmp_path / "net.safetensors")
    np.testing.assert_array_equal(bank.kernels, np.einsum("hwio->oihw", kernels.numpy()))
    assert any("is taken as (kh, kw, in, out)" in note for note in bank.notes)


def test_weights_that_mlx_saved_are_taken_in_its_order(tmp_path: Path) -> None:
    kernels = torch.arange(8 * 7 * 7 * 3.0).reshape(8, 7, 7, 3)
    save_file({"conv.weight": kernels}, tmp_path / "net.safetensors", metadata={"format": "mlx"})
    bank = cc.load_bank(tmp_path / "net.safetensors")
    np.testing.assert_array_equal(bank.kernels, np.einsum("ohwi->oihw", kernels.numpy()))
    assert any("MLX" in note for note in bank.notes)
