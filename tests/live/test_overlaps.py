"""No output costs an input or another output, whatever names and links lead there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from safetensors.numpy import save_file

from convviz_core.scenes import open_scene
from live.cli import main

pytestmark = pytest.mark.usefixtures("signals_as_before")

Refused = Callable[..., str]
TOML = 'name = "n"\n[[filter]]\nlabel = "f"\nkernel = [[1, -1]]\n'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with a folder of two pictures, a model's weights, a filter file, an array and a video."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos" / "old").mkdir(parents=True)
    scene = open_scene(None, (64, 48))
    for number, name in enumerate(("photos/1.png", "photos/2.PNG", "photos/old/3.png", "input.png", "frame.png")):
        Path(name).write_bytes(cv2.imencode(".png", scene.frame(number, 30.0))[1].tobytes())
    save_file({"conv1.weight": np.ones((2, 1, 3, 3), np.float32)}, tmp_path / "m.safetensors")
    Path("mine.toml").write_text(TOML)
    np.save(tmp_path / "bank.npy", np.ones((2, 3, 3), np.float32))
    film = cv2.VideoWriter("film.avi", cv2.VideoWriter.fourcc(*"MJPG"), 30, (64, 48))
    film.write(np.zeros((48, 64, 3), np.uint8))
    film.release()
    return tmp_path


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def refused(here: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Runs a command that must end with 4 and one sentence, which it returns, and with every file as it was."""

    def run(*arguments: str) -> str:
        before = contents(here)
        code = main(list(arguments))
        said = capsys.readouterr().err
        assert (code, said.count("\n")) == (4, 1), said
        assert contents(here) == before
        return said

    return run


@pytest.fixture
def taken(here: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., None]:
    """Runs a command that must do what it is told, and leave what was there before the first one."""
    inputs = contents(here)

    def run(*arguments: str) -> None:
        code = main([*arguments])
        assert code == 0, capsys.readouterr().err
        assert {path: path.read_bytes() for path in inputs} == inputs

    return run


def link(path: str, target: str, how: Callable[[str, str], None]) -> None:
    try:
        how(target, path)
    except OSError:
        pytest.skip("this system makes no links")


@pytest.mark.parametrize("option", ["--stats", "--trace"])
@pytest.mark.parametrize(
    ("filters", "file"),
    [
        ("m.safetensors:conv1", "m.safetensors"),
        ("m.safetensors:conv1.weight", "./m.safetensors"),
        ("m.safetensors", "photos/../m.safetensors"),
        ("mine.toml", "mine.toml"),
        ("bank.npy", "bank.npy"),
    ],
)
def test_a_bank_s_file_is_no_output(refused: Refused, option: str, filters: str, file: str) -> None:
    assert refused("synthetic", "--headless", "--frames", "1", "--filters", filters, option, file) == (
        f"convviz: cannot write {Path(file)}: it is an input too, choose another name\n"
    )


@pytest.mark.parametrize(
    ("source", "file"),
    [
        ("input.png", "input.png"),
        ("film.avi", "film.avi"),
        ("photos", "photos/1.png"),
        ("photos", "photos/2.PNG"),
        ("photos/", "photos/new.jpg"),
        ("photos/*.png", "photos/1.png"),
        ("photos/*.png", "photos/new.png"),
        ("photos/**/*.png", "photos/old/3.png"),
        ("photos/**/*.png", "photos/old/new.png"),
        ("photos/**/*.png", "photos/new.png"),
    ],
)
def test_a_picture_or_video_that_is_read_is_no_output(refused: Refused, source: str, file: str) -> None:
    assert "it is an input too" in refused(source, "--headless", "--stats", file)


def test_a_video_is_not_recorded_over_itself(refused: Refused) -> None:
    assert "it is an input too" in refused("film.avi", "--headless", "--record", "film.avi")


@pytest.mark.parametrize("arguments", [("frame.png", "--snapshot", "."), ("photos", "--snapshot", "photos")])
def test_a_snapshot_is_not_put_among_what_is_read(refused: Refused, arguments: tuple[str, ...]) -> None:
    assert "frame.png: it is an input too" in refused(*arguments, "--headless")


@pytest.mark.parametrize("how", [os.symlink, os.link], ids=["symbolic", "hard"])
@pytest.mark.parametrize(
    ("target", "inputs"),
    [
        ("m.safetensors", ("synthetic", "--frames", "1", "--filters", "m.safetensors:conv1")),
        ("input.png", ("input.png",)),
        ("photos/1.png", ("photos",)),
        ("photos/1.png", ("photos/*.png",)),
    ],
)
def test_a_link_to_an_input_is_no_output(
    refused: Refused, how: Callable[[str, str], None], target: str, inputs: tuple[str, ...]
) -> None:
    link("out.json", target, how)
    for option in ("--stats", "--trace"):
        assert "out.json: it is an input too" in refused(*inputs, "--headless", option, "out.json")


def test_a_picture_that_is_a_link_is_an_input_too(refused: Refused) -> None:
    link("photos/4.png", "../input.png", os.symlink)
    assert "it is an input too" in refused("photos", "--headless", "--stats", "input.png")


@pytest.mark.parametrize("how", [os.symlink, os.link], ids=["symbolic", "hard"])
def test_two_outputs_that_are_one_file_are_refused(refused: Refused, how: Callable[[str, str], None]) -> None:
    Path("a.json").write_text("mine")
    link("b.json", "a.json", how)
    said = refused("synthetic", "--headless", "--frames", "1", "--stats", "a.json", "--trace", "b.json")
    assert said == "convviz: cannot write b.json: a.json is the same file, choose another name\n"


@pytest.mark.parametrize(
    "outputs",
    [
        ("--stats", "out.mkv", "--record", "out.mkv"),
        ("--stats", "out.json", "--trace", "photos/../out.json"),
        ("--stats", "kept/settings.json", "--snapshot", "kept"),
        ("--trace", "kept/maps.npz", "--snapshot", "kept"),
        ("--stats", "kept", "--snapshot", "kept"),
        ("--trace", "kept", "--snapshot", "kept/below"),
        ("--stats", "film-2.avi", "--record", "film.avi"),
        ("--stats", "new-0002.mkv", "--record", "new.mkv"),
    ],
)
def test_every_output_has_a_file_of_its_own(refused: Refused, outputs: tuple[str, ...]) -> None:
    Path("kept").mkdir()
    assert "cannot write" in refused("synthetic", "--headless", "--frames", "1", *outputs)


def test_a_folder_that_the_snapshot_makes_is_no_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = ("--stats", "new", "--snapshot", "new/below")
    assert main(["synthetic", "--headless", "--frames", "1", *outputs]) == 4
    assert "new: a folder is in the way" in capsys.readouterr().err
    assert list((here / "new" / "below").iterdir()) == []


def test_names_that_differ_in_case_are_one_file_where_the_disk_says_so(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("probe").touch()
    ignores_case = Path("PROBE").exists()
    outputs = ("--stats", "Out.json", "--trace", "out.JSON")
    assert main(["synthetic", "--headless", "--frames", "1", *outputs]) == (4 if ignores_case else 0)
    if ignores_case:
        assert "is the same file" in capsys.readouterr().err
    assert not [path for path in here.iterdir() if path.name.startswith("convviz-")]


@pytest.mark.parametrize("folder", [".", "photos/.."])
def test_the_figures_are_not_drawn_over_the_picture(refused: Refused, folder: str) -> None:
    assert "input.png: it is an input too" in refused("still", "input.png", "--out", folder)


def test_the_figures_are_not_drawn_over_the_bank(refused: Refused) -> None:
    link("maps.npz", "mine.toml", os.symlink)
    assert "maps.npz: it is an input too" in refused("still", "frame.png", "--out", ".", "--filters", "mine.toml")


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="this system has no /dev/stdout")
def test_a_pipe_is_a_file_of_its_own(here: Path) -> None:
    outputs = ("--stats", "/dev/stdout", "--trace", str(here / "trace.json"))
    command = [sys.executable, "-m", "live", "synthetic", "--headless", "--frames", "1", *outputs]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert (done.returncode, json.loads(done.stdout)["schema"]) == (0, 1), done.stderr


def test_outputs_beside_the_inputs_are_written(taken: Callable[..., None]) -> None:
    taken("photos", "--headless", "--stats", "photos/stats.json", "--snapshot", "photos/kept")
    taken("photos/*.png", "--headless", "--stats", "photos/stats.json", "--snapshot", "photos/kept")
    taken("input.png", "--headless", "--filters", "m.safetensors:conv1", "--stats", "m.json", "--trace", "conv1")


def test_a_file_with_a_built_in_bank_s_name_is_not_that_bank(here: Path) -> None:
    (here / "sobel").write_text("old")
    arguments = ("synthetic", "--headless", "--frames", "1", "--filters", "sobel", "--stats", "sobel")
    assert main([*arguments]) == 0
    assert "sobel" in (here / "sobel").read_text()


def test_a_source_that_cannot_be_looked_at_is_told_as_a_source(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for source in ("x" * 300, "http://127.0.0.1:9/" + "x" * 300):
        assert main([source, "--headless", "--frames", "1", "--stats", str(here / "mine.toml")]) == 3
        assert "stdout" not in capsys.readouterr().err
