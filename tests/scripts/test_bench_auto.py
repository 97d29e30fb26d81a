"""The benchmark of auto: that it runs, and what it says."""

from __future__ import annotations

import json

import auto
import pytest


def test_it_says_what_the_first_picture_costs_and_those_after_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert auto.main(["--quick"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["results"]
    assert (row["bank"], row["size_wh"]) == ("udacity", [640, 480])
    assert min(row["anew"], row["first"], row["followed"]) > 0
    assert row["longest"] >= row["followed"]
