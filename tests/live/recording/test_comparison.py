"""What a snapshot keeps while two layers are compared, from the command line on."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch.nn.functional import conv2d

from convviz_core.arrays import AnyArray
from convviz_core.filters.files import load_bank
from live.cli import main

FILES = ["compare", "filters.toml", "frame.png", "maps.npz", "mosaic.png", "reproduce.py", "settings.json"]


def exact(gray: AnyArray, name: str) -> AnyArray:
    """float64 (N, h, w) after ReLU, by torch. gray: float64 (H, W) in [0, 1]."""
    kernels = torch.from_numpy(load_bank(name).kernels.astype(np.float64))
    return torch.relu(conv2d(torch.from_numpy(gray)[None, None], kernels))[0].numpy()


def read(path: Path) -> AnyArray:
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert found is not None
    return found


def taken(tmp_path: Path, *options: str) -> Path:
    folder = tmp_path / "out"
    picture = np.random.default_rng(3).integers(0, 256, (60, 90, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "picture.png"), picture)
    code = main(
        [str(tmp_path / "picture.png"), "--headless", "--engine", "opencv", "--snapshot", str(folder), *options]
    )
    assert code == 0
    return folder


def test_the_kept_layer_and_the_difference_lie_in_a_folder_of_their_own(tmp_path: Path) -> None:
    folder = taken(tmp_path, "--compare", "gabor", "--compare-as", "difference")
    assert sorted(path.name for path in folder.iterdir()) == FILES
    compare = folder / "compare"
    assert sorted(path.name for path in compare.iterdir()) == [
        "difference.npz",
        "filters.toml",
        "maps.npz",
        "mosaic.png",
    ]
    gray = cv2.cvtColor(read(folder / "frame.png"), cv2.COLOR_BGR2GRAY) / 255.0
    live, kept = exact(gray, "udacity"), exact(gray, "gabor")
    with np.load(compare / "difference.npz") as file:
        assert file.files == ["difference"]
        difference = file["difference"]
    # A 7x7 kernel's middle is 3 pixels from its corner, a 4x4 kernel's counts as 1: live row 2 lies on kept row 0.
    assert difference.dtype == np.float32
    assert difference.shape == (4, 54, 84)
    np.testing.assert_allclose(difference, live[:, 2:56, 2:86] - kept[:4], atol=1e-5)
    with np.load(compare / "maps.npz") as file:
        np.testing.assert_allclose(file["activated"], kept, atol=1e-5)
        np.testing.assert_array_equal(file["kernels"], load_bank("gabor").kernels)
    assert read(compare / "mosaic.png").shape == (3 * 54, 3 * 84)
    np.testing.assert_array_equal(load_bank(str(compare / "filters.toml")).kernels, load_bank("gabor").kernels)
    said = json.loads((folder / "settings.json").read_text(encoding="utf-8"))["compare"]
    assert (said["as"], said["filters"], len(said["ranges"])) == ("difference", "gabor", 8)
    assert (said["aligned"]["live_yx"], said["aligned"]["kept_yx"]) == ([2, 2], [0, 0])


def test_compared_with_itself_every_number_of_the_difference_is_0(tmp_path: Path) -> None:
    folder = taken(tmp_path, "--compare", "udacity", "--compare-as", "difference")
    with np.load(folder / "compare" / "difference.npz") as file:
        assert not file["difference"].any()


def test_without_the_difference_on_the_screen_it_is_not_kept(tmp_path: Path) -> None:
    folder = taken(tmp_path, "--compare", "sobel")
    assert sorted(path.name for path in (folder / "compare").iterdir()) == ["filters.toml", "maps.npz", "mosaic.png"]
    said = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    assert said["compare"]["as"] == "beside"
    assert said["ranges"][0] == said["compare"]["ranges"][0]  # one range for both


def test_without_a_comparison_nothing_of_one_is_kept(tmp_path: Path) -> None:
    folder = taken(tmp_path)
    assert not (folder / "compare").exists()
    assert "compare" not in json.loads((folder / "settings.json").read_text(encoding="utf-8"))


def test_of_an_earlier_snapshot_in_the_folder_nothing_stays_that_is_not_of_this_one(tmp_path: Path) -> None:
    folder = taken(tmp_path, "--compare", "gabor", "--compare-as", "difference")
    taken(tmp_path, "--compare", "sobel")
    assert sorted(path.name for path in (folder / "compare").iterdir()) == ["filters.toml", "maps.npz", "mosaic.png"]
    (folder / "compare" / "notes.txt").write_text("mine")
    taken(tmp_path)
    assert [path.name for path in (folder / "compare").iterdir()] == ["notes.txt"]


def test_a_folder_compare_that_no_snapshot_made_stays_as_it_is(tmp_path: Path) -> None:
    compare = tmp_path / "out" / "compare"
    compare.mkdir(parents=True)
    (compare / "maps.npz").write_bytes(b"mine")
    taken(tmp_path)
    assert (compare / "maps.npz").read_bytes() == b"mine"


def test_the_statistics_say_what_was_compared(tmp_path: Path) -> None:
    taken(tmp_path, "--compare", "sobel", "--compare-as", "wipe", "--stats", str(tmp_path / "stats.json"))
    found = json.loads((tmp_path / "stats.json").read_text(encoding="utf-8"))
    assert found["compare"] == {"as": "wipe", "filters": "sobel", "activation": "relu"}


@pytest.mark.parametrize("options", [["--compare", "nothing"], ["--compare-as", "wipe"]])
def test_what_cannot_be_compared_is_an_error_of_the_arguments(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["synthetic", "--headless", "--frames", "1", *options]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "'nothing'" in said or "--compare, which names one, is missing" in said


def test_the_compared_bank_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bank = tmp_path / "bank.npy"
    np.save(bank, np.ones((2, 3, 3), np.float32))
    arguments = ["synthetic", "--headless", "--frames", "1", "--compare", str(bank), "--stats", str(bank)]
    assert main(arguments) == 4
    assert "bank.npy" in capsys.readouterr().err
    assert np.load(bank).shape == (2, 3, 3)
