"""What the profiler says, with a clock that the test turns."""

from __future__ import annotations

import numpy as np
import pytest

from live.profiler import KEPT_SAMPLES, Profiler, Samples


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
