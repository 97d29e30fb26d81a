"""Trained weights from safetensors and state dicts: which are taken, what is said about them, what is refused."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

import convviz_core as cc

SUFFIXES = ["safetensors", "pt", "pth"]

many = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def weights(*shape: int) -> torch.Tensor:
    """The whole numbers from 0, exact in every floating-point format that is tested up to 256."""
    return torch.arange(float(np.prod(shape))).remainder(251).reshape(shape)


def save(path: Path, tensors: Mapping[str, torch.Tensor]) -> str:
    """Write `tensors` in the format of the path's suffix."""
    if path.suffix == ".safetensors":
        save_file(dict(tensors), path)
    else:
        torch.save(dict(tensors), path, _use_new_zipfile_serialization=path.suffix == ".pt")
    return str(path)


def refusal(name: str | Path) -> str:
    """The one sentence with which loading fails."""
    with pytest.raises(cc.FilterError) as caught:
        cc.load_bank(name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


class Net(torch.nn.Module):
    """A small network with a layer that reads colour."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 8, 5)
        self.conv2 = torch.nn.Conv2d(8, 4, 3, bias=False)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("tensor", ["", ":conv1", ":conv1.weight"])
def test_the_first_convolution_is_taken_with_or_without_its_name(tmp_path: Path, suffix: str, tensor: str) -> None:
    net = Net()
    bank = cc.load_bank(save(tmp_path / f"net.{suffix}", net.state_dict()) + tensor)
    np.testing.assert_array_equal(bank.kernels, net.conv1.weight.detach().numpy())
    assert bank.bias is not None
    np.testing.assert_array_equal(bank.bias, net.conv1.bias.detach().numpy())  # type: ignore[union-attr]
    assert bank.name == "net:conv1.weight"
    assert bank.notes == (
        f"the filters are 'conv1.weight' of net.{suffix}, 8 of 5x5",
        "these filters read the colour frame, as R, G, B in [0, 1]",
    )


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_layer_that_reads_gray_is_taken_as_it_is(tmp_path: Path, suffix: str) -> None:
    bank = cc.load_bank(save(tmp_path / f"net.{suffix}", {"weight": weights(5, 1, 4, 3)}))
    assert bank.kernels.dtype == np.float32
    np.testing.assert_array_equal(bank.kernels, weights(5, 1, 4, 3).numpy())
    assert bank.notes == (f"the filters are 'weight' of net.{suffix}, 5 of 4x3",)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_of_more_than_64_filters_the_first_64_are_taken_and_that_is_said(tmp_path: Path, suffix: str) -> None:
    bank = cc.load_bank(save(tmp_path / f"net.{suffix}", {"conv.weight": weights(96, 3, 11, 11)}))
    np.testing.assert_array_equal(bank.kernels, weights(96, 3, 11, 11)[:64].numpy())
    assert "only the first 64 of these 96 filters are used" in bank.notes


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_weights_of_every_precision_become_float32(tmp_path: Path, suffix: str, dtype: torch.dtype) -> None:
    bank = cc.load_bank(save(tmp_path / f"net.{suffix}", {"conv.weight": weights(2, 1, 3, 3).to(dtype)}))
    assert bank.kernels.dtype == np.float32
    np.testing.assert_array_equal(bank.kernels, weights(2, 1, 3, 3).numpy())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_layers_that_read_no_frame_are_passed_over(tmp_path: Path, suffix: str) -> None:
    tensors = {"a.weight": weights(4, 8, 3, 3), "b.weight": weights(4, 3), "c.weight": weights(4, 3, 2, 2)}
    assert cc.load_bank(save(tmp_path / f"net.{suffix}", tensors)).name == "net:c.weight"


def test_a_state_dict_keeps_its_order_and_safetensors_counts_numbers_as_numbers(tmp_path: Path) -> None:
    tensors = {"conv10.weight": weights(2, 3, 2, 2), "conv2.weight": weights(3, 3, 2, 2)}
    assert cc.load_bank(save(tmp_path / "net.pt", tensors)).name == "net:conv10.weight"
    assert cc.load_bank(save(tmp_path / "net.safetensors", tensors)).name == "net:conv2.weight"


def test_depthwise_layers_are_not_taken_for_the_first_one(tmp_path: Path) -> None:
    tensors = {f"blocks.{n}.conv_dw.weight": weights(8, 1, 3, 3) for n in range(2)}
    path = save(tmp_path / "net.safetensors", {**tensors, "conv_stem.weight": weights(8, 3, 3, 3)})
    assert cc.load_bank(path).name == "net:conv_stem.weight"


def test_the_state_dict_in_a_checkpoint_is_found(tmp_path: Path) -> None:
    net = Net()
    optimizer = torch.optim.Adam(net.parameters())
    checkpoint = {"epoch": 3, "loss": torch.tensor(0.5), "optimizer": optimizer.state_dict(), "model": net.state_dict()}
    torch.save(checkpoint, tmp_path / "net.pt")
    assert cc.load_bank(tmp_path / "net.pt").name == "net:conv1.weight"


def test_a_file_whose_name_holds_a_colon_is_taken_as_it_is(tmp_path: Path) -> None:
    if os.name == "nt":
        pytest.skip("Windows has no such file names")
    (tmp_path / "a.pt:b").mkdir()
    path = save(tmp_path / "a.pt:b" / "net:1.safetensors", {"conv.weight": weights(2, 1, 3, 3)})
    assert cc.load_bank(path).name == "net:1:conv.weight"


def test_a_file_s_own_name_may_look_like_a_file_and_a_tensor(tmp_path: Path) -> None:
    path = save(
        tmp_path / "net.pt:2.safetensors", {"conv.weight": weights(2, 1, 3, 3), "up.weight": weights(4, 1, 5, 5)}
    )
    assert cc.load_bank(f"{path}:up").kernels.shape == (4, 1, 5, 5)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("tensor", "complaint"),
    [
        (":conv3", "it has no tensor 'conv3'; the file holds "),
        (":", "it has no tensor ''; the file holds "),
        (":conv2", "'conv2.weight' has shape (4, 8, 3, 3), want (N, 1, kh, kw) or (N, 3, kh, kw); the file holds "),
        (":conv1.bias", "'conv1.bias' has shape (8,), want "),
    ],
)
def test_a_wrong_name_or_rank_is_answered_with_what_the_file_holds(
    tmp_path: Path, suffix: str, tensor: str, complaint: str
) -> None:
    sentence = refusal(save(tmp_path / f"net.{suffix}", Net().state_dict()) + tensor)
    assert complaint in sentence
    assert "conv1.weight (8, 3, 5, 5)" in sentence


def test_a_long_or_unprintable_list_of_tensors_is_shortened(tmp_path: Path) -> None:
    tensors = {f"layer{n}\n{'x' * 500}": weights(n + 1) for n in range(100)}
    sentence = refusal(save(tmp_path / "net.safetensors", tensors))
    assert "it has no convolution" in sentence
    assert "and 92 more" in sentence
    assert len(sentence) < 1200


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("tensor", "complaint"),
    [
        (weights(2, 1, 3, 3).to(torch.int8), "8"),
        (torch.full((2, 1, 3, 3), torch.nan), "not a finite float32"),
        (torch.full((2, 1, 3, 3), 1e39, dtype=torch.float64), "not a finite float32"),
        (weights(2, 3, 32, 32), "32x32 kernels, want 1x1 to 31x31"),
        (weights(0, 3, 3, 3), "0 filters, want 1 to 64"),
    ],
    ids=["int8", "nan", "overflow", "large", "none"],
)
def test_weights_that_cannot_be_shown_are_refused(
    tmp_path: Path, suffix: str, tensor: torch.Tensor, complaint: str
) -> None:
    assert complaint in refusal(save(tmp_path / f"net.{suffix}", {"conv.weight": tensor}))


@pytest.mark.parametrize(
    "tensor",
    [weights(2, 1, 3, 3).to_sparse(), torch.empty(2, 1, 3, 3, device="meta"), torch.ones(1).expand(9, 1, 10**6, 10**6)],
    ids=["sparse", "without storage", "huge by strides alone"],
)
def test_a_tensor_that_is_no_plain_array_of_weights_is_refused(tmp_path: Path, tensor: torch.Tensor) -> None:
    torch.save({"conv.weight": tensor}, tmp_path / "net.pt")
    refusal(tmp_path / "net.pt")


class Intruder:
    """Pickled, it would create a folder when it is loaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("way", ["zip", "legacy", "pickle 0", "pickle 2", "pickle 4"])
def test_a_pickle_that_would_run_code_is_refused_and_never_run(tmp_path: Path, way: str) -> None:
    content = {"conv.weight": weights(2, 1, 3, 3), "extra": Intruder(tmp_path / "intruded")}
    path = tmp_path / "net.pt"
    if way.startswith("pickle"):
        path.write_bytes(pickle.dumps(content["extra"], protocol=int(way[-1])))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=way == "zip")
    sentence = refusal(path)
    assert f"{os.mkdir.__module__}.mkdir" in sentence
    assert "of which nothing was run; save the weights alone with torch.save(model.state_dict(), FILE)" in sentence
    assert not (tmp_path / "intruded").exists()


@pytest.mark.parametrize("zipped", [True, False])
def test_a_whole_pickled_model_is_answered_with_what_it_holds_and_what_to_save(tmp_path: Path, zipped: bool) -> None:
    torch.save(Net(), tmp_path / "net.pt", _use_new_zipfile_serialization=zipped)
    sentence = refusal(tmp_path / "net.pt")
    assert "whole pickled model" in sentence
    assert "torch.nn.modules.conv.Conv2d" in sentence
    assert "torch.save(model.state_dict(), FILE)" in sentence


@pytest.mark.parametrize("content", [[1, 2], weights(2, 1, 3, 3), "text"])
def test_a_file_of_torch_that_is_no_state_dict_is_refused(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "net.pt")
    assert "want a state dict; save the weights" in refusal(tmp_path / "net.pt")


def test_a_few_bytes_that_ask_for_a_large_bytearray_are_refused(tmp_path: Path) -> None:
    torch.save({"x": bytearray(3)}, tmp_path / "net.pt")
    assert "bytearray" in refusal(tmp_path / "net.pt")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    whole = save(tmp_path / "whole.pt", {"conv.weight": torch.zeros(64, 3, 31, 31)})
    with zipfile.ZipFile(whole) as plain, zipfile.ZipFile(tmp_path / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as bomb:
        for entry in plain.infolist():
            bomb.writestr(entry.filename, plain.read(entry))
    assert "it is a zip file, but no state dict" in refusal(tmp_path / "bomb.pt")


def safetensors(header: object, data: bytes = b"") -> bytes:
    """A file of that format with whatever header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 100,
        struct.pack("<Q", 90_000_000) + b"{}",
        safetensors(b"[" * 100_000),
        safetensors({"w": {"dtype": "F32", "shape": [2, 1, 3, 3], "data_offsets": [0, 72]}}, b"\0" * 71),
        safetensors({"w": {"dtype": "F32", "shape": [2**40, 1, 3, 3], "data_offsets": [0, 72]}}, b"\0" * 72),
        safetensors({"w": {"dtype": "F32", "shape": [2, 1, 3, 3], "data_offsets": [0, 2**60]}}, b"\0" * 72),
        safetensors({"w": {"dtype": "F32", "shape": [2**62, 2**62, 3, 3], "data_offsets": [0, 72]}}, b"\0" * 72),
        safetensors({"w": {"dtype": "F32", "shape": [-1, 1, 3, 3], "data_offsets": [0, 72]}}, b"\0" * 72),
    ],
    ids=["empty", "noise", "long header", "nested", "truncated", "large", "far", "overflow", "negative"],
)
def test_a_safetensors_file_that_is_damaged_or_lies_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.safetensors"
    path.write_bytes(content)
    assert "it is not a whole safetensors file" in refusal(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_cut_short_anywhere_is_refused(tmp_path: Path, suffix: str) -> None:
    path = Path(save(tmp_path / f"net.{suffix}", {"conv.weight": weights(2, 1, 3, 3)}))
    content = path.read_bytes()
    for size in range(0, len(content) - 1, 41):
        path.write_bytes(content[:size])
        refusal(path)


def pristine(zipped: bool) -> bytes:
    """A state dict's file."""
    file = io.BytesIO()
    torch.save({"conv.weight": weights(2, 1, 3, 3)}, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


STARTS = {"safetensors": [b"", b"\x08" + b"\0" * 7], "pt": [b"", b"PK\x03\x04", pristine(False)[:30]]}


@many
@given(data=st.data(), suffix=st.sampled_from(["safetensors", "pt"]))
def test_no_bytes_raise_anything_but_a_filter_error(data: st.DataObject, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"net.{suffix}"
    path.write_bytes(data.draw(st.sampled_from(STARTS[suffix])) + data.draw(st.binary(max_size=300)))
    refusal(path)


@many
@given(zipped=st.booleans(), places=st.lists(st.integers(0, 1 << 20), min_size=1, max_size=4), byte=st.integers(0, 255))
def test_no_damage_to_a_state_dict_raises_anything_but_a_filter_error(
    zipped: bool, places: list[int], byte: int, tmp_path: Path
) -> None:
    content = bytearray(pristine(zipped))
    for place in places:
        content[place % len(content)] = byte
    path = tmp_path / "net.pt"
    path.write_bytes(content)
    try:
        bank = cc.load_bank(path)
    except cc.FilterError:
        return
    assert np.isfinite(bank.kernels).all()


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("bias", "why"),
    [
        (torch.tensor([1.0, float("nan")]), "the layer's bias is left out, since it holds what is not a finite number"),
        (torch.tensor([1, 2]), "the layer's bias is left out, since it holds "),
        (torch.ones(3), None),  # of another layer
        (torch.ones(2, 1), None),
    ],
)
def test_a_bias_that_is_none_costs_no_weights(tmp_path: Path, suffix: str, bias: torch.Tensor, why: str | None) -> None:
    bank = cc.load_bank(save(tmp_path / f"net.{suffix}", {"weight": weights(2, 1, 3, 3), "bias": bias}))
    assert bank.bias is None
    assert any(note.startswith(why) for note in bank.notes) if why else not any("bias" in note for note in bank.notes)


def test_of_more_filters_than_fit_the_first_ones_biases_are_taken(tmp_path: Path) -> None:
    biases = torch.arange(70.0)
    bank = cc.load_bank(save(tmp_path / "net.pt", {"weight": weights(70, 1, 3, 3), "bias": biases}))
    assert bank.bias is not None
    assert bank.bias.tolist() == list(range(64))
