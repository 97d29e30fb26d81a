"""Checkpoints as people have them: where in them the weights lie, what they are called, what else lies beside them."""

from __future__ import annotations

import argparse
import collections
import copy
import enum
import io
import os
import pathlib
import pickle
import sys
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

import convviz_core as cc

WAYS = ["zip", "legacy"]


class Colour(enum.Enum):
    """Pickled by its class and value."""

    RED = 1


class AttributeDict(dict[str, object]):
    """A dictionary of a class of its own, as configurations are."""


class Net(torch.nn.Module):
    """Two convolutions, of which the first one reads colour."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 8, 5)
        self.conv2 = torch.nn.Conv2d(8, 4, 3)

    def forward(self, frame: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = self.conv2(self.conv1(frame))
        return output


Save = Callable[..., str]


@pytest.fixture(params=WAYS)
def save(request: pytest.FixtureRequest, tmp_path: Path) -> Save:
    """Writes an object in each of torch's two formats and gives the file's path."""

    def write(content: object, name: str = "net.pt") -> str:
        torch.save(content, tmp_path / name, _use_new_zipfile_serialization=request.param == "zip")
        return str(tmp_path / name)

    return write


@pytest.fixture
def net() -> Net:
    """A network with weights of its own."""
    return Net()


def state(net: torch.nn.Module, prefix: str = "", plus: float = 0) -> dict[str, torch.Tensor]:
    return {prefix + name: tensor + plus for name, tensor in net.state_dict().items()}


def optimizer_state(net: torch.nn.Module) -> dict[str, object]:
    """Adam's after a step of a copy: averages that have the shapes of the weights."""
    net = copy.deepcopy(net)
    adam = torch.optim.Adam(net.parameters())
    net(torch.ones(1, 3, 16, 16)).sum().backward()
    adam.step()
    return adam.state_dict()


def refusal(name: str | Path) -> str:
    with pytest.raises(cc.FilterError) as caught:
        cc.load_bank(name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def assert_is(name: str, weights: torch.Tensor) -> None:
    np.testing.assert_array_equal(cc.load_bank(name).kernels, weights.detach().numpy())


@pytest.mark.parametrize("name", ["net.pt", "net.pth", "net.pth.tar", "net.ckpt", "net.bin", "NET.PTH.TAR"])
def test_a_checkpoint_is_one_whatever_its_suffix(save: Save, net: Net, name: str) -> None:
    assert_is(save(net.state_dict(), name), net.conv1.weight)
    assert_is(save(net.state_dict(), name) + ":conv1", net.conv1.weight)


@pytest.mark.parametrize("keys", [(), ("model",), ("state_dict",), ("model", "state_dict"), ("a", "b", "c", "d")])
@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "model.", "module._orig_mod.", "model.model."])
def test_weights_are_found_at_any_depth_and_need_no_prefix(
    save: Save, net: Net, keys: tuple[str, ...], prefix: str
) -> None:
    content: dict[str, object] = {**state(net, prefix)}
    for key in reversed(keys):
        content = {"epoch": 3, "confusion": torch.zeros(10, 10), key: content}
    path = save(content)
    full = ".".join((*keys, prefix + "conv1"))
    for name in ("", ":conv1", ":conv1.weight", ":module.conv1", f":{full}", f":{full}.weight"):
        assert_is(path + name, net.conv1.weight)


def test_networks_side_by_side_are_told_apart_by_their_names(save: Save) -> None:
    nets = {"generator": Net(), "discriminator": Net()}
    path = save({name: net.state_dict() for name, net in nets.items()})
    for name, net in nets.items():
        for end in ("", ".conv1", ".conv1.weight", ".module.conv1"):
            assert_is(f"{path}:{name}{end}", net.conv1.weight)
        assert cc.load_bank(f"{path}:{name}").name == f"net:{name}.conv1.weight"
    assert cc.load_bank(path).name == "net:generator.conv1.weight"
    sentence = refusal(f"{path}:conv1")
    assert "it has more than one 'conv1': name generator.conv1.weight, discriminator.conv1.weight" in sentence
    assert "(did you mean 'discriminator.conv1'" in refusal(f"{path}:discriminater.conv1")
    assert "'generator.conv2' has shape" not in refusal(f"{path}:generator.conv3")


def test_an_average_beside_the_weights_is_taken_only_by_name(save: Save, net: Net) -> None:
    path = save({"model_ema": state(net, plus=1), "optimizer": optimizer_state(net), "model": net.state_dict()})
    assert_is(path, net.conv1.weight)
    assert_is(f"{path}:conv1", net.conv1.weight)
    assert_is(f"{path}:model_ema.conv1", net.conv1.weight + 1)
    assert_is(f"{path}:model_ema", net.conv1.weight + 1)
    assert_is(save({"params_ema": state(net, plus=2)}), net.conv1.weight + 2)


def test_an_optimizers_averages_are_never_taken_for_weights(save: Save, net: Net) -> None:
    path = save({"optimizer": optimizer_state(net), "optimizer_states": [optimizer_state(net)]})
    assert "it has no convolution that reads gray or colour" in refusal(path)
    linear = torch.nn.Linear(3, 4)
    assert "it has no convolution" in refusal(save({"opt": optimizer_state(net), "model": linear.state_dict()}))


def test_a_student_and_a_teacher_as_self_supervised_training_keeps_them(save: Save, net: Net) -> None:
    student, teacher = state(net, "module.backbone."), state(net, "backbone.", plus=1)
    path = save({"student": student, "teacher": teacher, "args": argparse.Namespace(lr=0.1), "epoch": 7})
    assert_is(path, net.conv1.weight)
    assert_is(f"{path}:teacher.backbone.conv1", net.conv1.weight + 1)
    sentence = refusal(f"{path}:conv1")
    assert "'student.module.backbone.conv1'" in sentence
    assert "'teacher.backbone.conv1'" in sentence


def test_what_lies_beside_the_weights_does_not_make_them_a_model(save: Save, net: Net) -> None:
    beside = {
        "best": np.float64(0.7),
        "confusion": np.eye(3),
        "args": argparse.Namespace(lr=0.1, out=pathlib.PurePosixPath("a/b")),
        "hyper_parameters": AttributeDict(colour=Colour.RED, counts=collections.defaultdict(list, {"a": [1]})),
        "size": torch.Size([1, 2]),
        "type": torch.float16,
        "device": torch.device("cpu"),
        "labels": {"cat", "dog"},
        "random": (torch.get_rng_state(), np.random.RandomState(1).get_state()),
        "class": Net,
    }
    for content in ({**beside, "model": net.state_dict()}, {"model": net.state_dict(), **beside}):
        assert_is(save(content), net.conv1.weight)


def test_weights_in_a_dictionary_of_a_class_of_its_own_are_found(save: Save, net: Net) -> None:
    assert_is(save({"config": AttributeDict(ema=None), "nets": AttributeDict(net.state_dict())}), net.conv1.weight)
    assert_is(save([{"epoch": 1}, net.state_dict()]), net.conv1.weight)


def test_nothing_beside_the_weights_is_run_or_even_imported(save: Save, net: Net, tmp_path: Path) -> None:
    module = tmp_path / "intruder.py"
    module.write_text(f"import os\nos.mkdir({str(tmp_path / 'intruded')!r})\nclass Config: pass\n")
    sys.path.insert(0, str(tmp_path))
    try:
        import intruder  # type: ignore[import-not-found]

        path = save({"config": intruder.Config(), "model": net.state_dict()})
    finally:
        sys.path.remove(str(tmp_path))
        del sys.modules["intruder"]
    (tmp_path / "intruded").rmdir()
    assert_is(path, net.conv1.weight)
    assert "intruder" not in sys.modules
    assert not (tmp_path / "intruded").exists()


def test_a_model_in_a_checkpoint_is_refused_and_weights_beside_it_are_taken(save: Save, net: Net) -> None:
    ultralytics_like = {"model": net, "ema": None, "optimizer": optimizer_state(net), "train_args": {"imgsz": 640}}
    assert "of which nothing was run; save the weights alone" in refusal(save(ultralytics_like))
    assert "of which nothing was run; save the weights alone" in refusal(save(ultralytics_like) + ":model.conv1")
    assert_is(save({**ultralytics_like, "ema": state(net, plus=1)}), net.conv1.weight + 1)


def test_parameters_views_and_other_memory_orders_have_the_values_that_they_show(save: Save, net: Net) -> None:
    assert_is(save(dict(net.named_parameters())), net.conv1.weight)
    assert_is(save(net.to(memory_format=torch.channels_last).state_dict()), net.conv1.weight)  # type: ignore[call-overload]
    whole = torch.arange(16 * 3 * 6 * 5.0).reshape(16, 3, 6, 5)
    for part in (whole[3::2], whole[..., 1:4, :], whole.transpose(2, 3), whole[:1].expand(9, 3, 6, 5)):
        assert_is(save({"conv.weight": part}), part)


def test_a_transposed_convolution_is_refused_by_name_and_never_taken(save: Save) -> None:
    decoder = torch.nn.Sequential(torch.nn.Conv2d(8, 16, 3), torch.nn.ConvTranspose2d(16, 3, 2))
    path = save(decoder.state_dict())
    assert "it has no convolution that reads gray or colour" in refusal(path)
    assert "'1.weight' is a transposed convolution's" in refusal(f"{path}:1")


class Marked(torch.Tensor):
    """A class of tensors of its own."""


def test_tensors_of_other_classes_and_with_attributes_are_read(save: Save) -> None:
    weights = torch.arange(18.0).reshape(2, 1, 3, 3)
    parameter, attributed = torch.nn.Parameter(weights), weights.clone()
    parameter.mark = attributed.mark = 1  # type: ignore[attr-defined]
    for tensor in (weights.as_subclass(Marked), parameter, attributed, torch.nn.Buffer(weights)):
        assert_is(save({"conv.weight": tensor}), weights)


def test_a_shared_storage_is_read_at_each_tensors_own_place(save: Save) -> None:
    whole = torch.arange(2 * 4 * 1 * 3 * 3.0).reshape(2, 4, 1, 3, 3)
    path = save({"a.weight": whole[0], "b.weight": whole[1]})
    assert_is(f"{path}:a", whole[0])
    assert_is(f"{path}:b", whole[1])


def test_arrays_of_numpys_are_weights_too(save: Save, net: Net) -> None:
    for turn in (np.ascontiguousarray, np.asfortranarray):
        path = save({"model": {name: turn(tensor.numpy()) for name, tensor in net.state_dict().items()}})
        assert_is(f"{path}:conv1", net.conv1.weight)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_protocol_of_pickle_is_read(tmp_path: Path, net: Net, protocol: int) -> None:
    for zipped in (True, False):
        content = {"args": argparse.Namespace(a=1), "model": net.state_dict()}
        torch.save(content, tmp_path / "net.pt", pickle_protocol=protocol, _use_new_zipfile_serialization=zipped)
        assert_is(str(tmp_path / "net.pt"), net.conv1.weight)
    arrays = {name: tensor.numpy() for name, tensor in net.state_dict().items()}
    (tmp_path / "net.pt").write_bytes(pickle.dumps(arrays, protocol=protocol))
    assert_is(str(tmp_path / "net.pt"), net.conv1.weight)


def test_bytes_in_the_order_of_another_machine_are_read_as_the_file_says(tmp_path: Path) -> None:
    weights = torch.arange(18.0).reshape(2, 1, 3, 3)
    torch.save({"conv.weight": weights}, tmp_path / "little.pt")
    big = {"/data/0": weights.numpy().astype(">f4").tobytes(), "/byteorder": b"big"}
    with zipfile.ZipFile(tmp_path / "little.pt") as read, zipfile.ZipFile(tmp_path / "big.pt", "w") as written:
        for name in read.namelist():
            content = next((bytes for end, bytes in big.items() if name.endswith(end)), read.read(name))
            written.writestr(name, content)
    assert_is(str(tmp_path / "big.pt"), weights)


@pytest.mark.parametrize(
    ("tensor", "complaint"),
    [
        (torch.ones(2, 1, 3, 3).to_sparse(), "sparse"),
        (torch.empty(2, 1, 3, 3, device="meta"), "without values"),
        (torch.ones(2, 1, 3, 3, dtype=torch.complex64), "complex64"),
        (torch.ones(2, 1, 3, 3, dtype=torch.uint8), "uint8"),
        (torch.ones(2, 1, 3, 3).to(torch.float8_e4m3fn), "float8_e4m3fn"),
    ],
    ids=["sparse", "meta", "complex", "bytes", "float8"],
)
def test_weights_of_a_kind_that_cannot_be_shown_are_told_by_their_kind(
    save: Save, tensor: torch.Tensor, complaint: str
) -> None:
    for name in ("", ":conv1"):
        assert complaint in refusal(save({"conv1.weight": tensor, "conv2.weight": torch.ones(4, 2, 3, 3)}) + name)


def test_quantised_weights_are_told_as_such(save: Save) -> None:
    with warnings.catch_warnings(action="ignore"):  # torch will move them elsewhere
        weights = torch.quantize_per_tensor(torch.ones(2, 1, 3, 3), 0.1, 0, torch.qint8)
        path = save({"conv1.weight": weights})
    assert "quantised" in refusal(path)


def test_a_torchscript_program_and_a_tar_archive_are_named(tmp_path: Path, net: Net) -> None:
    with warnings.catch_warnings(action="ignore"):  # TorchScript is on its way out
        torch.jit.script(net).save(tmp_path / "net.pt")  # type: ignore[no-untyped-call]
    assert "it is a TorchScript program, of which nothing was run" in refusal(tmp_path / "net.pt")
    torch.save(net.state_dict(), tmp_path / "inside.pt")
    with tarfile.open(tmp_path / "net.pth.tar", "w") as archive:
        archive.add(tmp_path / "inside.pt", "inside.pt")
    assert "it is a tar archive" in refusal(tmp_path / "net.pth.tar")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has file names that are not UTF-8")
@pytest.mark.parametrize("suffix", ["pt", "safetensors", "npy", "toml"])
def test_a_file_whose_name_is_not_utf8_is_read_and_its_name_shown_as_it_can_be(tmp_path: Path, suffix: str) -> None:
    from safetensors.torch import save as as_safetensors

    weights = torch.arange(18.0).reshape(2, 1, 3, 3)
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/a\xff"))
    folder.mkdir()
    path = folder / os.fsdecode(b"b\xff\n\x1b[31m." + suffix.encode())
    file = io.BytesIO()
    match suffix:
        case "pt":
            torch.save({"conv.weight": weights}, file)
        case "npy":
            np.save(file, weights.numpy())
        case "safetensors":
            file.write(as_safetensors({"conv.weight": weights}))
        case "toml":
            bank = cc.FilterBank("b", tuple(cc.Filter("x", kernel) for kernel in weights[:, 0].numpy()))
            file.write(cc.to_toml(bank).encode())
    path.write_bytes(file.getvalue())
    bank = cc.load_bank(path)
    np.testing.assert_array_equal(bank.kernels, weights.numpy())
    for text in (bank.name, *bank.notes):
        assert text.isprintable()
        text.encode()
    path.write_bytes(b"")
    assert r"a\xff/b\xff\n\x1b[31m." in refusal(path)


def test_names_in_messages_are_printable(save: Save) -> None:
    path = save({"a\n\x1b[31m\u202e.weight": torch.ones(2, 2, 3, 3)})
    for name in (path, f"{path}:x\n\x1b", f"{path}\x1b.pt", "no\nbank", "no/such\x1bfile"):
        assert refusal(name).isprintable()


def test_torch_is_not_needed_to_read_a_state_dict(tmp_path: Path, net: Net) -> None:
    import subprocess

    torch.save({"model": state(net)}, tmp_path / "net.pt")
    code = "import sys, convviz_core as cc; cc.load_bank(sys.argv[1]); raise SystemExit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path / "net.pt")], check=False).returncode == 0
