"""Models by name: which code is run, and what is said where there is no such model."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from convviz_core import ModelError, load_model

pytestmark = pytest.mark.usefixtures("one_thread")

NET = """
import torch
import beside
print("made")
def net():
    torch.manual_seed(4)
    return torch.nn.Sequential(torch.nn.Conv2d(3, beside.CHANNELS, 3))
ready = net()
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 2, 3)
    def forward(self, x):
        return self.conv(x)
number = 5
def nothing(): pass
def needs(more): pass
def fails():
    raise ValueError("no such thing")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "beside.py").write_text("CHANNELS = 5")
    (tmp_path / "broken.py").write_text("def net(:\n")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "nets.py").write_text("import torch\ndef net():\n    return torch.nn.Conv2d(3, 7, 1)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in ("beside", "package", "package.nets", "convviz_model_net"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("spec", "layer", "channels"),
    [("net.py:net", "0", 5), ("net.py:ready", "0", 5), ("net.py:Net", "conv", 2), ("package.nets:net", "Conv2d", 7)],
)
def test_a_function_a_class_or_the_module_itself_is_taken_and_what_lies_beside_is_found(
    folder: Path,  # noqa: ARG001
    spec: str,
    layer: str,
    channels: int,
) -> None:
    model = load_model(spec)
    (found,) = model.layers((9, 9))
    assert (found.name, found.shape[0]) == (layer, channels)
    assert model.notes == (f"the weights are those with which '{spec}' makes the model",)


def test_a_full_path_is_taken_too(folder: Path) -> None:
    assert load_model(f"{folder / 'net.py'}:net").layers((9, 9))[0].shape == (5, 7, 7)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("net.py", r"write net.py:NAME; it has net, ready, Net, number, nothing, needs, fails$"),
        ("net.py:nett", r"'net.py:nett': there is no 'nett': did you mean net"),
        ("net.py:number", r"'net.py:number' is an int, want a torch.nn.Module or a function"),
        ("net.py:nothing", r"'net.py:nothing' returns nothing, want a torch.nn.Module"),
        ("net.py:needs", r"'net.py:needs' fails: TypeError: .*missing 1 required positional argument: 'more'"),
        ("net.py:fails", r"'net.py:fails' fails in line 19: ValueError: no such thing"),
        ("broken.py:net", r"'broken.py' fails in line 1: SyntaxError: "),
        ("missing.py:net", r"there is no file 'missing.py'"),
        ("no.such.package:net", r"there is no package or module 'no.such.package'"),
        ("resnet18", r"there is no model 'resnet18': write torchvision:NAME"),
        ("net.pth", r"'net.pth' holds weights: name the model"),
        ("net.pt2", r"'net.pt2' is an exported program, whose layers cannot be watched"),
    ],
)
def test_a_model_that_cannot_be_had_is_told_in_one_sentence(folder: Path, spec: str, sentence: str) -> None:  # noqa: ARG001
    with pytest.raises(ModelError, match=sentence):
        load_model(spec)


def test_a_model_s_file_is_told_as_it_was_written_with_its_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    for spec in ("net.py:nett", "broken.py:net", "missing.py:net"):
        with pytest.raises(ModelError, match=rf"'{folder.name}/{spec.split(':')[0]}"):
            load_model(f"{folder.name}/{spec}")


@pytest.mark.parametrize("package", ["torchvision", "timm"])
def test_a_package_that_is_missing_is_named_with_how_to_install_it(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, f"{package}.models", raising=False)
    with pytest.raises(ModelError, match=rf"needs the package '{package}', which is not installed: pip install"):
        load_model(f"{package}:resnet18")


def test_pretrained_weights_are_the_libraries_own(folder: Path) -> None:  # noqa: ARG001
    for model in ("net.py:net", torch.nn.Conv2d(3, 2, 1)):
        with pytest.raises(ModelError, match="pretrained weights are torchvision's and timm's"):
            load_model(model, "pretrained")
