"""What is fuzzed is what a person would load: the seeds are read, and a wrong result would be a finding."""

from __future__ import annotations

import fuzz_filters
import numpy as np
import pytest
from fuzz_target import Target, check

from convviz_core import Filter, FilterBank, FilterError


@pytest.mark.parametrize("target", fuzz_filters.TARGETS, ids=lambda target: target.name)
def test_most_seeds_are_read_and_the_rest_refused(target: Target) -> None:
    read = 0
    seeds = target.seeds()
    for seed in seeds:
        check(target, seed)
        try:
            target.run(seed)
        except FilterError:
            continue
        read += 1
    assert read >= len(seeds) / 2
    assert all(len(seed) <= target.longest for seed in seeds)


@pytest.mark.parametrize("target", fuzz_filters.TARGETS, ids=lambda target: target.name)
def test_a_name_that_a_terminal_cannot_show_would_be_a_finding(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = FilterBank("a\x1b", (Filter("b", np.ones((1, 1), np.float32)),))
    monkeypatch.setattr(fuzz_filters, "load_bank", lambda _name: bank)
    with pytest.raises(AssertionError):
        check(target, target.seeds()[0])
