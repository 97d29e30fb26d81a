from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from convviz_core.arrays import ByteArray, FloatArray
from convviz_core.engines.reference import TorchEngine
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.filters.files import load_bank
from convviz_core.layer import Layer
from convviz_core.maps_file import write_maps
from live.errors import OutputError
from live.outputs import check_directory, check_file
from live.recording.reproduce import rebuild
from live.recording.snapshot import next_snapshot_directory, write_snapshot

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX limits and permissions")
NO_ROOT = pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="nothing is forbidden to root")

FILES = ["filters.toml", "frame.png", "maps.npz", "mosaic.png", "reproduce.py", "settings.json"]
SEED = Layer(BUILT_IN_BANKS[0])


def colour_frame(height: int = 37, width: int = 53) -> ByteArray:
    return np.random.default_rng(5).integers(0, 256, (height, width, 3), np.uint8)


def rgb_layer() -> Layer:
    kernels = np.random.default_rng(6).normal(0, 1, (5, 3, 3, 2)).astype(np.float32)
    return Layer(FilterBank("rgb", tuple(Filter(f"filter {i}", kernel) for i, kernel in enumerate(kernels))))


def take(directory: Path, frame: ByteArray, layer: Layer = SEED) -> tuple[ByteArray, FloatArray, FloatArray]:
    with TorchEngine() as engine:
        mosaic = engine.run(frame, layer).mosaic
        conv, activated = engine.maps(frame, layer)
    settings = {"filters": layer.bank.name, "ranges": [[0.0, 8.0]], "source": "Kamera ü"}
    assert write_snapshot(directory, frame, mosaic, layer, conv, activated, settings) == directory
    return mosaic, conv, activated


def run_reproduce(directory: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(directory / "reproduce.py")]  # isolated: this program's packages are not there
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_snapshot_holds_the_frame_the_mosaic_the_maps_and_the_settings(tmp_path: Path) -> None:
    frame = colour_frame()
    mosaic, conv, activated = take(tmp_path / "new" / "folder", frame)
    folder = tmp_path / "new" / "folder"
    assert sorted(path.name for path in folder.iterdir()) == FILES
    np.testing.assert_array_equal(cv2.imread(str(folder / "frame.png"), cv2.IMREAD_UNCHANGED), frame)
    np.testing.assert_array_equal(cv2.imread(str(folder / "mosaic.png"), cv2.IMREAD_UNCHANGED), mosaic)
    maps = np.load(folder / "maps.npz", allow_pickle=False)
    assert sorted(maps.files) == ["activated", "conv", "gray", "kernels"]
    assert {maps[name].dtype for name in maps.files} == {np.dtype(np.float32)}
    np.testing.assert_allclose(maps["gray"], cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) / 255.0, atol=1e-7)
    np.testing.assert_array_equal(maps["kernels"], SEED.bank.kernels)
    np.testing.assert_array_equal(maps["conv"], conv)
    np.testing.assert_array_equal(maps["activated"], activated)
    settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    assert settings == {
        "filters": "udacity",
        "ranges": [[0.0, 8.0]],
        "source": "Kamera ü",
        "stride": [1, 1],
        "padding": [0, 0],
        "padding_mode": "zeros",
        "dilation": [1, 1],
        "bias": False,
    }


def test_reproduce_runs_on_its_own_and_prints_the_largest_difference(tmp_path: Path) -> None:
    take(tmp_path, colour_frame())
    done = run_reproduce(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("largest difference from maps.npz: ")
    assert 0 <= float(done.stdout.split()[-1]) <= 1e-5


def test_reproduce_fails_where_the_maps_are_not_those_of_the_frame(tmp_path: Path) -> None:
    take(tmp_path, colour_frame())
    with np.load(tmp_path / "maps.npz") as maps:
        changed = dict(maps)
    changed["conv"][2, 10, 11] += 0.25
    write_maps(tmp_path / "maps.npz", changed["gray"], changed["kernels"], changed["conv"], changed["activated"])
    done = run_reproduce(tmp_path)
    assert done.returncode == 1
    assert float(done.stdout.split()[-1]) == pytest.approx(0.25, abs=1e-5)


@pytest.mark.parametrize("layer", [SEED, rgb_layer()], ids=["gray bank", "RGB bank"])
@pytest.mark.parametrize("frame", [colour_frame(), colour_frame()[:, :, 1], colour_frame()[:, ::-1]])
def test_colour_gray_and_mirrored_frames_are_rebuilt_for_gray_and_rgb_banks(
    tmp_path: Path, frame: ByteArray, layer: Layer
) -> None:
    take(tmp_path, frame, layer)
    difference, allowed = rebuild(tmp_path)
    assert difference <= 1e-5 <= allowed


BIASED = FilterBank.from_array(
    "biased", np.random.default_rng(7).normal(size=(3, 3, 4, 5)), np.array([0.5, -3.0, 40.0])
)
LAYERS = {
    "stride": Layer(SEED.bank, stride=(2, 3)),
    "reflect": Layer(SEED.bank, padding=(3, 1), padding_mode="reflect", stride=2),
    "same": Layer(BIASED, "none", padding="same", padding_mode="circular", dilation=(2, 1)),
    "bias": Layer(BIASED, padding=2, padding_mode="replicate", bias=True),
    "bias left out": Layer(BIASED, dilation=3),
}


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_geometry_and_bias_are_kept_and_followed(tmp_path: Path, layer: Layer, monkeypatch: pytest.MonkeyPatch) -> None:
    take(tmp_path, colour_frame(), layer)
    done = run_reproduce(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    difference, allowed = rebuild(tmp_path)
    monkeypatch.setattr("live.recording.reproduce.BAND_BYTES", 50_000)
    assert rebuild(tmp_path) == pytest.approx((difference, allowed), abs=1e-12)
    settings = json.loads((tmp_path / "settings.json").read_text(encoding="utf-8"))
    padding = "same" if layer.padding == "same" else tuple(settings["padding"])
    kept = Layer(
        layer.bank,
        layer.activation,
        tuple(settings["stride"]),
        padding,
        settings["padding_mode"],
        tuple(settings["dilation"]),
        settings["bias"],
    )
    assert kept == layer
    with np.load(tmp_path / "maps.npz") as maps:
        assert ("bias" in maps.files) == layer.bias
        if layer.bias:
            np.testing.assert_array_equal(maps["bias"], layer.bank.bias)
    bank = load_bank(tmp_path / "filters.toml")
    np.testing.assert_array_equal(bank.kernels, layer.bank.kernels)
    assert bank.conv == layer.conv
    assert (bank.bias is None) == (layer.bank.bias is None)


def test_a_bank_whose_names_no_filter_file_may_have_is_kept_all_the_same(tmp_path: Path) -> None:
    bank = FilterBank(
        "n" * 300, (Filter("", np.ones((2, 2), np.float32)), Filter("a\nb\u00a0c", np.ones((2, 2), np.float32)))
    )
    take(tmp_path, colour_frame(), Layer(bank))
    assert load_bank(tmp_path / "filters.toml").labels[0] == "filter 1"


def test_a_picture_is_rebuilt_in_bands_as_in_one_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take(tmp_path, colour_frame())
    whole = rebuild(tmp_path)
    monkeypatch.setattr("live.recording.reproduce.BAND_BYTES", 50_000)  # 7 rows of 53 x 16 taps x 8 bytes
    assert rebuild(tmp_path) == pytest.approx(whole, abs=1e-12)


def test_another_snapshot_into_the_same_folder_replaces_the_files_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    take(tmp_path, colour_frame())
    mosaic, _, _ = take(tmp_path, colour_frame()[:, ::-1])
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*FILES, "notes.txt"])
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "mosaic.png"), cv2.IMREAD_UNCHANGED), mosaic)


def test_a_snapshot_that_fails_leaves_the_old_one_whole(tmp_path: Path) -> None:
    take(tmp_path, colour_frame())
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    picture, maps = np.zeros((5, 5), np.uint8), np.zeros((4, 2, 2), np.float32)
    with pytest.raises(TypeError):  # on the fourth file of five
        write_snapshot(tmp_path, picture, picture, SEED, maps, maps, {"range": object()})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_each_press_of_the_key_gets_a_folder_of_its_own(tmp_path: Path) -> None:
    assert next_snapshot_directory(tmp_path) == tmp_path / "snapshot-0001"
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "snapshot-0001").mkdir()
    (tmp_path / "snapshot-0002").write_text("a file")
    assert next_snapshot_directory(tmp_path) == tmp_path / "snapshot-0003"


def test_a_file_in_the_way_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for directory in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OutputError, match=r"cannot write .*file.*: a file is in the way where a folder is wanted"):
            check_directory(directory)
        with pytest.raises(OutputError, match="in the way"):
            take(directory, colour_frame())
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_in_the_way_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "mosaic.png").mkdir()
    with pytest.raises(OutputError, match=r"mosaic\.png: a folder is in the way where a file is wanted"):
        take(tmp_path, colour_frame())
    assert [path.name for path in tmp_path.iterdir()] == ["mosaic.png"]
    with pytest.raises(OutputError, match="a folder is in the way"):
        check_file(tmp_path / "mosaic.png")


def test_checking_leaves_no_trace_and_an_existing_file_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "stats.json").write_text("old")
    check_file(tmp_path / "stats.json")
    check_file(tmp_path / "new.json")
    check_directory(tmp_path / "made" / "here")
    assert (tmp_path / "stats.json").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made", "stats.json"]
    assert list((tmp_path / "made" / "here").iterdir()) == []


def test_a_file_in_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="its folder does not exist: create it first"):
        check_file(tmp_path / "no" / "stats.json")


@POSIX
@NO_ROOT
def test_a_folder_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        for check in (check_directory, check_file):
            with pytest.raises(OutputError, match="permission is denied: choose a folder that you may write to"):
                check(tmp_path / "new")
        with pytest.raises(OutputError, match="permission is denied"):
            check_directory(tmp_path)
    finally:
        tmp_path.chmod(0o700)


FILLS_UP = """
import resource, sys
from pathlib import Path
import numpy as np
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.filters.files import load_bank
from convviz_core.layer import Layer
from live.errors import OutputError
from live.recording.snapshot import write_snapshot
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
frame, maps = np.zeros((64, 64), np.uint8), np.zeros((4, 61, 61), np.float32)
try:
    write_snapshot(Path(sys.argv[1]), frame, frame, Layer(BUILT_IN_BANKS[0]), maps, maps, {})
except OutputError as error:
    print(error)
"""


@POSIX
def test_a_disk_that_takes_no_more_costs_the_whole_snapshot_and_leaves_nothing_half_there(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FILLS_UP, str(tmp_path)]
    child = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert child.stderr == ""
    assert child.stdout.startswith(f"cannot write {tmp_path / 'maps.npz'}: the file would pass the size limit")
    assert list(tmp_path.iterdir()) == []
