"""What the documents and the workflow name is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import old_python
import pytest

from convviz_core.engines.reference import TorchEngine
from live.controls import key_table

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), WORKFLOW])
NAMED = re.compile(r"(?<![\w/.-])(?:convviz_core|live|scripts|tests|docs|\.github|\.ci)/[\w./-]*\w/?")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.name))
def test_every_file_and_folder_that_a_document_names_is_there(document: Path) -> None:
    named = set(NAMED.findall(document.read_text(encoding="utf-8")))
    assert {name for name in named if not (ROOT / name).exists()} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.name))
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_readme_has_the_tables_of_keys_as_they_are() -> None:
    assert key_table() in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_s_lines_of_python_run_as_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = re.search(
        r"## From Python\n.*?```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert lines is not None
    cv2.imwrite(str(tmp_path / "picture.png"), np.random.default_rng(1).integers(0, 256, (40, 60, 3), np.uint8))
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(lines[1], names)
    conv, activated = TorchEngine().maps(names["frame"], names["layer"])
    np.testing.assert_allclose(names["conv"], conv, atol=1e-5)
    np.testing.assert_allclose(names["activated"], activated, atol=1e-5)
    np.testing.assert_array_equal(names["result"].ranges, [[0.0, 8.0]] * 4)
    assert names["result"].peak == pytest.approx(activated.max(), abs=1e-5)


def test_the_workflow_runs_the_two_commands_on_every_python_that_is_welcome() -> None:
    text = WORKFLOW.read_text(encoding="utf-8")
    pythons = re.search(r"python: \[(.*)\]", text)
    assert pythons is not None
    welcome = [f'"3.{minor}"' for minor in range(old_python.OLDEST[1], old_python.NEWEST[1] + 1)]
    assert pythons[1].split(", ") == welcome
    assert re.findall(r"run: python (scripts/\w+\.py)", text)[:2] == ["scripts/run.py", "scripts/test.py"]
