"""`convviz filters NAME --curves DIR`: its files, and what is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from convviz_core.filters.built_in import BUILT_IN_BANKS
from live.cli import main

pytestmark = pytest.mark.usefixtures("signals_as_before")


def written_out(kernel: np.ndarray, frequency: float, degrees: float, dilation: int = 1) -> float:
    """|H| / 2, tap by tap."""
    angle, total = math.radians(degrees), 0j
    for (y, x), weight in np.ndenumerate(kernel):
        turns = frequency * dilation * (x * math.cos(angle) + y * math.sin(angle))
        total += float(weight) * complex(math.cos(2 * math.pi * turns), -math.sin(2 * math.pi * turns))
    return abs(total) / 2


def check(found: list[dict[str, object]], labels: tuple[str, ...], kernels: np.ndarray, dilation: int = 1) -> None:
    assert [one["filter"] for one in found] == list(labels)
    for one, kernel in zip(found, kernels, strict=True):
        assert set(one) == {"filter", "orientation_deg", "frequency_cpp", "predicted", "measured"}
        orientations, frequencies = np.array(one["orientation_deg"]), np.array(one["frequency_cpp"])
        predicted, measured = np.array(one["predicted"]), np.array(one["measured"])
        assert predicted.shape == measured.shape == (len(orientations), len(frequencies))
        wanted = [[written_out(kernel, f, t, dilation) for f in frequencies] for t in orientations]
        largest = np.max(wanted)
        np.testing.assert_allclose(predicted, wanted, rtol=1e-9, atol=1e-12 * largest)
        strong = predicted > 0.01 * largest
        np.testing.assert_allclose(measured[strong], predicted[strong], rtol=0.01)
        np.testing.assert_allclose(measured, predicted, atol=1e-4 * largest)


def test_a_bank_s_curves_are_written_into_a_folder_that_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "deep" / "out"
    assert main(["filters", "udacity", "--curves", str(out)]) == 0
    assert capsys.readouterr().out == ""
    assert sorted(path.name for path in out.iterdir()) == ["curves.json", "curves.png"]
    bank = BUILT_IN_BANKS[0]
    check(json.loads((out / "curves.json").read_text(encoding="utf-8")), bank.labels, bank.kernels[:, 0])
    picture = cv2.imread(str(out / "curves.png"))
    assert picture is not None
    assert picture.shape[0] > 4 * 250


def test_a_file_s_dilation_counts_and_colour_kernels_meet_gray_gratings(tmp_path: Path) -> None:
    file = tmp_path / "colour.toml"
    channels = np.random.default_rng(0).integers(-3, 4, (3, 3, 2))
    kernel = json.dumps(channels.tolist())
    file.write_text(f'name = "c"\ndilation = 2\npadding = 1\n[[filter]]\nlabel = "ä"\nkernel = {kernel}\n', "utf-8")
    assert main(["filters", str(file), "--curves", str(tmp_path)]) == 0
    found = json.loads((tmp_path / "curves.json").read_text(encoding="utf-8"))
    check(found, ("ä",), channels.sum(axis=0)[None], dilation=2)


def test_weights_that_overflow_in_an_engine_leave_null_and_valid_json(tmp_path: Path) -> None:
    np.save(tmp_path / "huge.npy", np.full((1, 2, 2), 3e38, np.float32))
    assert main(["filters", str(tmp_path / "huge.npy"), "--curves", str(tmp_path)]) == 0
    (found,) = json.loads((tmp_path / "curves.json").read_text(encoding="utf-8"))
    assert found["measured"][0][0] is None
    assert found["predicted"][0][0] == pytest.approx(6e38)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--curves", "out"], 2, "--curves DIR is about one bank"),
        (["nothing", "--curves", "out"], 2, "no filter bank or file 'nothing'"),
        (["udacity", "--curves", "a file"], 4, "a file is in the way"),
        (["udacity", "--curves", "a file/b"], 4, "a file is in the way"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    words: list[str],
    code: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a file").write_text("kept", "utf-8")
    assert main(["filters", *words]) == code
    heard = capsys.readouterr()
    assert said in heard.err
    assert len(heard.err.splitlines()) == 1
    assert (tmp_path / "a file").read_text("utf-8") == "kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a file"]
