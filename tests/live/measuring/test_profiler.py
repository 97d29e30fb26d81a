"""What the profiler says, with a clock that the test turns."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from live.measuring.profiler import KEPT_SAMPLES, Profiler, Samples


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_a_stage_is_as_long_as_the_clock_says() -> None:
    clock = Clock()
    profiler = Profiler(clock)
    for ms in (1.0, 2.0, 3.0):
        with profiler.stage("compute"):
            clock.now_s += ms / 1e3
    found = profiler.stages["compute"].percentiles()
    assert found is not None
    assert found.count == 3
    assert [found.p50, found.max] == pytest.approx([2.0, 3.0])


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
        patch.setattr("live.measuring.profiler.KEPT_SAMPLES", 7)
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


def most_bytes_for_the_profile(frames: int) -> int:
    """What drawing the profile takes at once, after so many frames at 30 a second."""
    clock = Clock()
    profiler = Profiler(clock)
    for number in range(frames):
        for stage in ("capture", "compute", "draw", "show"):
            profiler.add(stage, clock.now_s - 0.001, clock.now_s)
        profiler.frames_captured(number)
        profiler.frame_done(clock.now_s - 0.01, shown=True)
        clock.now_s += 1 / 30
    profiler.recent()
    tracemalloc.start()
    profiler.recent()
    most_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most_bytes


def test_the_profile_takes_no_more_after_nine_minutes_than_after_ten_seconds() -> None:
    assert most_bytes_for_the_profile(KEPT_SAMPLES + 100) <= 1.1 * most_bytes_for_the_profile(300)


def test_rate_and_latency_count_each_frame_once() -> None:
    clock = Clock()
    profiler = Profiler(clock)
    for number in range(31):
        captured_at_s = clock.now_s
        profiler.frames_captured(2 * number + 1)
        clock.now_s += 0.01
        profiler.frame_done(captured_at_s, shown=True)
        clock.now_s += 0.09
    profiler.stop()
    assert profiler.processed.count == profiler.shown.count == 31
    assert profiler.captured.count == 61
    assert profiler.recent().processed_fps == pytest.approx(10.0)
    latency = profiler.latency.percentiles()
    assert latency is not None
    assert latency.p50 == pytest.approx(10.0)
    assert profiler.seconds == pytest.approx(3.1)
    assert profiler.fps == pytest.approx(10.0)


def test_before_the_first_frame_there_is_no_rate_and_no_time() -> None:
    profiler = Profiler(Clock())
    assert profiler.seconds == profiler.fps == profiler.recent().shown_fps == 0.0
    assert profiler.latency.percentiles() is None


def test_a_span_is_told_with_its_frame() -> None:
    clock, spans = Clock(), []
    profiler = Profiler(clock, lambda *span: spans.append(span))
    profiler.begin_frame(7)
    with profiler.stage("draw"):
        clock.now_s += 1
    assert spans == [("draw", 100.0, 101.0, 7)]


def test_an_engines_own_stages_follow_each_other_up_to_now() -> None:
    clock, spans = Clock(), []
    profiler = Profiler(clock, lambda *span: spans.append(span))
    profiler.add_inside({"upload": 1000.0, "device": 2000.0, "download": 3000.0})
    assert sorted(spans, key=lambda span: span[1]) == [
        ("upload", 94.0, 95.0, 0),
        ("device", 95.0, 97.0, 0),
        ("download", 97.0, 100.0, 0),
    ]
