"""What the profiler says, with a clock that the test turns."""

from __future__ import annotations

import tracemalloc

import pytest

from live.measuring.profiler import Profiler
from live.measuring.record import KEPT_SAMPLES


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
