"""What is kept of measured durations, and what is said of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from live.measuring.bars import Bars
from live.measuring.engines import Engines
from live.measuring.record import KEPT_SAMPLES, Samples


def test_percentiles_are_those_of_numpy() -> None:
    samples = Samples()
    values = np.random.default_rng(0).exponential(5, 1000)
    for value in values:
        samples.add(float(value))
    found = samples.percentiles()
    assert found is not None
    assert [found.p50, found.p95, found.p99] == pytest.approx(np.percentile(values, [50, 95, 99]).tolist())


def test_only_the_latest_samples_are_kept_but_all_are_counted() -> None:
    samples = Samples()
    samples.add(1e6)
    for _ in range(KEPT_SAMPLES):
        samples.add(1.0)
    found = samples.percentiles()
    assert found is not None
    assert (found.count, found.p99, found.max) == (KEPT_SAMPLES + 1, 1.0, 1e6)


@given(added=st.integers(0, 30), count=st.integers(1, 12))
def test_a_look_back_gives_the_latest_durations_oldest_first(added: int, count: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("live.measuring.record.KEPT_SAMPLES", 7)
        samples = Samples()
        for number in range(added):
            samples.add(float(number))
        assert samples.latest(count).tolist() == [float(number) for number in range(added)][-7:][-count:]


def test_bars_hold_what_each_picture_s_time_went_into_and_what_is_left_as_waiting() -> None:
    bars = Bars()
    bars.spend("compute", 2.0)
    bars.done(10.0)
    for part, ms in (("capture", 1.0), ("draw", 3.0), ("draw", 1.0), ("upload", 9.0), ("show", 2.0)):
        bars.spend(part, ms)
    bars.done(10.03125)
    bars.spend("compute", 50.0)
    bars.done(10.0625)
    bars.spend("compute", 5.0)
    bars.stand_still()
    bars.done(99.0)
    bars.done(99.125)
    assert bars.latest().tolist() == [
        [0.0, 2.0, 0.0, 0.0, 0.0],
        [1.0, 0.0, 4.0, 2.0, 24.25],
        [0.0, 50.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 0.0, 125.0],
    ]
    assert bars.intervals.latest().tolist() == [31.25, 31.25, 125.0]


def test_each_engine_that_answered_has_its_own_record_in_the_order_in_which_they_first_did() -> None:
    engines = Engines()
    said = [
        engines.answered(name, "cpu", at_s, ms)
        for name, at_s, ms in [("opencv", 1.0, 5.0), ("halide", 2.0, 1.0), ("halide", 3.0, 3.0), ("opencv", 4.0, 7.0)]
    ]
    first, second = "halide on cpu takes over from opencv on cpu", "opencv on cpu takes over from halide on cpu"
    assert said == [None, first, None, second]
    assert [(one["engine"], one["compute_ms"]) for one in engines.as_list()] == [
        ("opencv", pytest.approx({"p50": 6.0, "p95": 6.9, "p99": 6.98, "max": 7.0})),
        ("halide", pytest.approx({"p50": 2.0, "p95": 2.9, "p99": 2.98, "max": 3.0})),
    ]
    assert engines.current is not None
    assert engines.current.since_s == 4.0
