"""`convviz layers`: its lines, its JSON, its sentences and exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

NET = """
import torch
print("this is no data")
def net():
    return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, 2), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1))
"""


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    (folder / "net.py").write_text(NET)
    program = "import sys; from live.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", program, "layers", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout, done.stderr


def test_json_has_a_dictionary_for_each_layer_and_stdout_nothing_else(tmp_path: Path) -> None:
    code, out, err = run(tmp_path, "net.py:net", "--input", "40x33", "--json")
    assert code == 0
    assert json.loads(out) == [
        {"name": "0", "type": "Conv2d", "shape": [4, 16, 19], "stride": [2, 2], "receptive_field": [3, 3]},
        {"name": "1", "type": "ReLU", "shape": [4, 16, 19], "stride": [2, 2], "receptive_field": [3, 3]},
        {"name": "2", "type": "AdaptiveAvgPool2d", "shape": [4, 1, 1], "stride": [33, 40], "receptive_field": [33, 39]},
    ]
    assert "convviz: the weights are those with which 'net.py:net' makes the model" in err


def test_without_json_a_table_is_printed_for_inputs_of_224x224(tmp_path: Path) -> None:
    code, out, _ = run(tmp_path, "net.py:net")
    assert code == 0
    lines = [line.split() for line in out.splitlines()]
    assert lines[1] == ["0", "Conv2d", "4", "x", "111x111", "2,2", "3x3"]
    _, out, _ = run(
        tmp_path, "net.py:net", "--input", "40x33"
    )  # width x height, as a frame's; a map's are rows x columns
    assert out.splitlines()[1].split()[2:5] == ["4", "x", "16x19"]
    assert "33x39" in out.splitlines()[3]


def test_a_bad_model_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    for arguments in (("net.py:nett",), ("net.py:net", "--weights", "no.pt"), ("net.py:net", "--input", "2x2")):
        code, out, err = run(tmp_path, *arguments)
        assert (code, out) == (2, "")
        assert len([line for line in err.splitlines() if line.startswith("convviz: ")]) == 1
        assert "Traceback" not in err
    assert run(tmp_path, "net.py:net", "--input", "big")[0] == 2
