"""Weights from files: whatever they are wrapped in they fit, or it is said by name why not, and nothing is changed."""

from __future__ import annotations

import argparse
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch_models import make

from convviz_core import ModelError, load_model

pytestmark = pytest.mark.usefixtures("one_thread")


class Wrapped(nn.Module):
    """Whose own names begin with the prefix that others add."""

    def __init__(self) -> None:
        super().__init__()
        self.model = nn.Conv2d(3, 2, 1)


def state(seed: int = 7) -> dict[str, Tensor]:
    return make("residual", seed=seed).state_dict()


def loaded(path: Path) -> dict[str, Tensor]:
    return dict(load_model(make("residual"), path)._module.state_dict())


def is_same(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> bool:
    return found.keys() == wanted.keys() and all(torch.equal(found[name], wanted[name]) for name in wanted)


def prefixed(prefix: str) -> dict[str, Tensor]:
    return {prefix + name: value for name, value in state().items()}


@pytest.mark.parametrize(
    "content",
    [
        state(),
        OrderedDict(state()),
        prefixed("module."),
        prefixed("_orig_mod."),
        prefixed("model."),
        prefixed("module._orig_mod.model."),
        {"state_dict": prefixed("model."), "epoch": 3},
        {"model": state(), "optimizer": {"state": {0: {"exp_avg": torch.zeros(3)}}}},
        {"state_dict": state(), "hyper_parameters": argparse.Namespace(lr=0.1)},
        {"ema": {"decay": torch.tensor(0.9)}, "weights": {"model_state_dict": state()}},
    ],
    ids=["plain", "ordered", "module", "_orig_mod", "model", "three", "nested", "optimizer", "namespace", "deep"],
)
def test_weights_are_found_and_prefixes_taken_off_when_all_have_them(tmp_path: Path, content: Any) -> None:
    torch.save(content, tmp_path / "net.pth")
    counters = "num_batches_tracked"
    found = {name: value for name, value in loaded(tmp_path / "net.pth").items() if counters not in name}
    assert is_same(found, {name: value for name, value in state().items() if counters not in name})


def test_safetensors_are_read(tmp_path: Path) -> None:
    save_file(prefixed("module."), tmp_path / "net.safetensors")
    assert is_same(loaded(tmp_path / "net.safetensors"), state())


def test_half_precision_weights_go_into_a_model_as_it_is(tmp_path: Path) -> None:
    torch.save(
        {name: value.half() if value.is_floating_point() else value for name, value in state().items()},
        tmp_path / "a.pt",
    )
    found = loaded(tmp_path / "a.pt")
    assert torch.equal(found["0.weight"], state()["0.weight"].half().float())


def test_a_prefix_that_is_the_model_s_own_stays(tmp_path: Path) -> None:
    wanted = Wrapped().state_dict()
    torch.save(wanted, tmp_path / "a.pt")
    assert is_same(dict(load_model(Wrapped(), tmp_path / "a.pt")._module.state_dict()), dict(wanted))


def test_what_does_not_fit_is_said_by_name_and_shape_in_one_sentence(tmp_path: Path) -> None:
    wrong = state()
    wrong["0.weight"] = torch.zeros(8, 3, 5, 5)
    del wrong["3.conv2.weight"]
    wrong["3.conv9.weight"] = torch.zeros(1)
    torch.save(wrong, tmp_path / "a.pt")
    module = make("residual")
    before = {name: value.clone() for name, value in module.state_dict().items()}
    with pytest.raises(ModelError) as found:
        load_model(module, tmp_path / "a.pt")
    assert str(found.value) == (
        "the weights of 'a.pt' do not fit the model: '0.weight' is 8x3x5x5 in the file and 8x3x7x7 in the model; "
        "the file lacks '3.conv2.weight'; and has '3.conv9.weight' instead"
    )
    assert is_same(dict(module.state_dict()), before)


def test_what_a_model_has_no_use_for_is_said(tmp_path: Path) -> None:
    torch.save({**state(), "head.weight": torch.zeros(2)}, tmp_path / "a.pt")
    assert load_model(make("residual"), tmp_path / "a.pt").notes == (
        "the weights are those of 'a.pt'",
        "the model has no use for 'head.weight' in it",
    )


def test_files_that_hold_no_weights_are_refused_and_nothing_in_them_is_run(tmp_path: Path) -> None:
    class Harmful:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "harm",))

    (tmp_path / "text.pt").write_text("hello")
    (tmp_path / "harmful.pt").write_bytes(pickle.dumps(Harmful()))
    torch.save(torch.zeros(3), tmp_path / "tensor.pt")
    (tmp_path / "cut.safetensors").write_bytes(b"\x09\x00")
    for name in ("text.pt", "harmful.pt", "tensor.pt", "cut.safetensors", "missing.pt", "folder"):
        (tmp_path / "folder").mkdir(exist_ok=True)
        with pytest.raises(ModelError, match=name):
            load_model(make("plain"), tmp_path / name)
    assert not (tmp_path / "harm").exists()
