"""`convviz --model`: options, sentences, exit codes, files."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from live.cli import main

pytestmark = pytest.mark.usefixtures("signals_as_before", "one_thread")

NET = """
import torch
print("this is no data")
def net():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, 2), torch.nn.ReLU(inplace=True), torch.nn.Conv2d(4, 2, 3))
"""


@pytest.fixture(autouse=True)
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net.py").write_text(NET)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))


def says(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    try:
        code = main(["synthetic", "--headless", "--frames", "2", *arguments])
    except SystemExit as left:
        code = int(left.code or 0)
    heard = capsys.readouterr()
    assert heard.out == ""
    assert "Traceback" not in heard.err
    return code, heard.err


def test_a_run_keeps_maps_and_says_in_its_statistics_what_was_shown(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--layer", "2", "--input", "40x30", "--normalize", "imagenet", "--activation", "none")
    code, err = says(capsys, "--model", "net.py:net", *options, "--snapshot", "out", "--stats", "stats.json")
    assert code == 0
    assert "convviz: 2 frames" in err
    kept = np.load("out/maps.npz")
    assert kept["input"].shape == (3, 30, 40)
    assert kept["input"].min() < -0.5  # normalised
    assert kept["maps"].shape == (2, 12, 17)
    stats = json.loads(Path("stats.json").read_text())
    named = {name: stats[name] for name in ("model", "layer", "input", "normalize", "activation", "engine")}
    assert named == {
        "model": "net.py:net",
        "layer": "2",
        "input": "40x30",
        "normalize": "imagenet",
        "activation": "none",
        "engine": "torch",
    }
    assert stats["frames"]["processed"] == 2


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--model", "net.py:net", "--filters", "sobel"), "--filters is about filters"),
        (("--model", "net.py:net", "--stride", "2"), "--stride is about filters"),
        (("--model", "net.py:net", "--compare-as", "wipe"), "--compare, which names one, is missing"),
        (("--model", "net.py:net", "--compare", "nothing"), "nothing"),
        (("--layer", "0"), "--layer is about a model"),
        (("--model", "net.py:net", "--layer", "7"), "no layer '7': it has 0, 1, 2\n"),
        (("--model", "net.py:net", "--layer", "0#2"), "no layer '0#2': it has 0"),
        (("--model", "net.py:nett"), "nett"),
        (("--model", "net.py:net", "--weights", "no.pt"), "no.pt"),
        (("--model", "net.py:net", "--normalize", "some"), "normalisation"),
        (("--model", "net.py:net", "--input", "2x2"), "2x2"),
        (("--model", "net.py:net", "--input", "big"), "big"),
    ],
)
def test_what_does_not_fit_is_one_sentence_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], options: tuple[str, ...], sentence: str
) -> None:
    code, err = says(capsys, *options)
    assert code == 2
    assert sentence in err


def test_a_bank_beside_a_model_s_layer_is_kept_and_said(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--compare", "sobel", "--padding", "1", "--input", "640x480", "--activation", "none")
    shown = ("--compare-as", "difference", "--snapshot", "out", "--stats", "stats.json")
    code, err = says(capsys, "--model", "net.py:net", *options, *shown)
    assert (code, "convviz: 2 frames" in err) == (0, True)
    assert {path.name for path in Path("out/compare").iterdir()} == {"mosaic.png", "maps.npz", "filters.toml"}
    compared = json.loads(Path("out/settings.json").read_text())["compare"]
    assert (compared["filters"], compared["padding"], compared["as"]) == ("sobel", [1, 1], "beside")
    assert compared["notes"] == [
        "no difference, but side by side: their strides are 2 and 1",
        "2 live maps have no partner and are left out",
    ]
    said = json.loads(Path("stats.json").read_text())["compare"]
    assert said == {"as": "difference", "filters": "sobel", "activation": "none"}
