"""What is kept of measured durations, and what is said of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from live.measuring.record import KEPT_SAMPLES, Samples


def test_percentiles_are_those_of_numpy() -> None:
    samples = Samples()
    values = np.random.default_rng(0).exponential(5, 1000)
    for value in values:
        samples.add(0.0, float(value))
    found = samples.percentiles()
    assert found is not None
    assert [found.p50, found.p95, found.p99] == pytest.approx(np.percentile(values, [50, 95, 99]).tolist())


def test_only_the_latest_samples_are_kept_but_all_are_counted() -> None:
    samples = Samples()
    samples.add(0.0, 1e6)
    for number in range(KEPT_SAMPLES):
        samples.add(float(number), 1.0)
    found = samples.percentiles()
    assert found is not None
    assert (found.count, found.p99, found.max) == (KEPT_SAMPLES + 1, 1.0, 1e6)
    assert len(samples.values(since_s=KEPT_SAMPLES - 10)) == 10


@given(
    steps_s=st.lists(st.sampled_from([0.0, 0.5, 1.0]), max_size=30),
    back_s=st.floats(0, 12, allow_nan=False),
)
def test_a_look_back_gives_the_latest_durations_oldest_first(steps_s: list[float], back_s: float) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("live.measuring.record.KEPT_SAMPLES", 7)
        samples = Samples()
        ended_at_s = np.cumsum([50.0, *steps_s]).tolist()
        for number, at_s in enumerate(ended_at_s):
            samples.add(at_s, float(number))
        since_s = ended_at_s[-1] - back_s
        expected = [float(number) for number, at_s in enumerate(ended_at_s) if at_s >= since_s][-7:]
        assert samples.values(since_s).tolist() == expected


def test_a_duration_that_ends_before_the_last_one_counts_with_it() -> None:
    samples = Samples()
    for ended_at_s, ms in ((1.0, 10.0), (3.0, 30.0), (2.0, 20.0), (4.0, 40.0)):
        samples.add(ended_at_s, ms)
    assert samples.values(since_s=2.5).tolist() == [30.0, 20.0, 40.0]
