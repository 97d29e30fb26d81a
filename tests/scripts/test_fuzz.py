"""The fuzzing's own parts: seeds that are worth changing, changes that come again, and what counts as a finding."""

from __future__ import annotations

import random
from pathlib import Path

import fuzz_sources
import pytest
from fuzz_target import Target, check, mutated

from live.sources import SourceError

TARGETS = {target.name: target for target in fuzz_sources.TARGETS}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the target of addresses changes the folder; this brings it back


@pytest.mark.parametrize("name", TARGETS)
def test_no_seed_is_a_finding_and_most_are_read(name: str) -> None:
    target, read = TARGETS[name], 0
    seeds = target.seeds()
    for seed in seeds:
        check(target, seed)
        try:
            target.run(seed)
        except SourceError:
            continue
        read += 1
    assert read > len(seeds) * (0.9 if name == "pictures" else 0.4)
    assert sum(map(len, seeds)) < 200_000


def test_the_same_start_gives_the_same_changes() -> None:
    seeds = [b"abcdefgh", b"", b"12345678" * 20]
    first, second = random.Random(7), random.Random(7)
    changed = [mutated(first, seeds) for _ in range(200)]
    assert changed == [mutated(second, seeds) for _ in range(200)]
    assert len(set(changed)) > 150


def test_a_refusal_is_no_finding_and_anything_else_is() -> None:
    def refuse(data: bytes) -> None:
        raise {b"refused": SourceError("no picture"), b"silent": SourceError(""), b"other": KeyError("x")}[data]

    target = Target("x", list, refuse, (SourceError,), ())
    check(target, b"refused")
    with pytest.raises(AssertionError, match="no sentence"):
        check(target, b"silent")
    with pytest.raises(KeyError):
        check(target, b"other")
