"""What the profiler says, with a clock that the test turns."""

from __future__ import annotations

import tracemalloc

import pytest

from live.measuring.profiler import Profiler, recent
from live.measuring.record import KEPT_SAMPLES
from live.measuring.stats import frame_counts
from live.sources.frame import SourceCounts


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
    recent(profiler)
    tracemalloc.start()
    recent(profiler)
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
    assert recent(profiler).processed_fps == pytest.approx(10.0)
    latency = profiler.latency.percentiles()
    assert latency is not None
    assert latency.p50 == pytest.approx(10.0)
    assert profiler.seconds == pytest.approx(3.1)
    assert profiler.fps == pytest.approx(10.0)


def test_before_the_first_frame_there_is_no_rate_and_no_time() -> None:
    profiler = Profiler(Clock())
    assert profiler.seconds == profiler.fps == recent(profiler).shown_fps == 0.0
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


def run_frames(profiler: Profiler, clock: Clock, count: int, *, every_s: float = 0.1, engine: str = "opencv") -> None:
    for _ in range(count):
        profiler.frames_captured(profiler.captured.count + 1)
        profiler.begin_frame(profiler.captured.count)
        start_s, clock.now_s = clock.now_s, clock.now_s + 0.01
        profiler.computed(start_s, engine, "cpu")
        profiler.frame_done(start_s, shown=True)
        profiler.end_warm_up(SourceCounts(captured=profiler.captured.count))
        clock.now_s += every_s - 0.01


def test_what_happens_in_the_warm_up_is_left_out_of_the_statistics() -> None:
    clock = Clock()
    profiler = Profiler(clock, warm_up_s=1.0)
    run_frames(profiler, clock, 11, every_s=0.1, engine="slow")  # the last one ends the second
    run_frames(profiler, clock, 20, every_s=0.05, engine="quick")
    profiler.stop()
    counts = frame_counts(SourceCounts(captured=32, dropped=1, failed_reads=2), profiler)
    assert counts == {
        "captured": 21,
        "processed": 20,
        "shown": 20,
        "dropped": 1,
        "failed_reads": 2,
        "reconnects": 0,
    }
    assert profiler.stages["compute"].count == profiler.latency.count == 20
    assert [one["engine"] for one in profiler.engines.as_list()] == ["quick"]
    assert profiler.seconds == pytest.approx(0.09 + 20 * 0.05)
    assert profiler.first_picture_at_s == pytest.approx(100.01)


def test_a_run_that_ends_within_its_warm_up_has_empty_statistics() -> None:
    clock = Clock()
    profiler = Profiler(clock, warm_up_s=10.0)
    run_frames(profiler, clock, 3)
    assert profiler.warming_up
    profiler.end_warm_up(SourceCounts(captured=3), at_end=True)
    assert not profiler.warming_up
    assert set(frame_counts(SourceCounts(captured=3), profiler).values()) == {0}
    assert profiler.stages == {}
    assert profiler.fps == 0.0


def test_a_pause_is_no_interval_between_pictures() -> None:
    clock = Clock()
    profiler = Profiler(clock)
    run_frames(profiler, clock, 3)
    clock.now_s += 60
    profiler.bars.stand_still()
    run_frames(profiler, clock, 3)
    assert profiler.bars.intervals.latest().tolist() == pytest.approx([100.0] * 4)
    assert recent(profiler).jitter_ms == pytest.approx(0.0, abs=1e-6)


def test_another_engine_that_takes_over_is_told_once_and_has_the_frames_that_it_answered() -> None:
    clock, told = Clock(), []
    profiler = Profiler(clock, on_instant=lambda *instant: told.append(instant))
    run_frames(profiler, clock, 2, engine="opencv")
    run_frames(profiler, clock, 3, engine="halide")
    assert told == [("engine", pytest.approx(100.21), "halide on cpu takes over from opencv on cpu")]
    assert [(one["engine"], one["frames"]) for one in profiler.engines.as_list()] == [("opencv", 2), ("halide", 3)]


def test_waiting_is_a_span_and_no_stage() -> None:
    clock, spans = Clock(), []
    profiler = Profiler(clock, lambda *span: spans.append(span))
    profiler.waited(100.0, 100.02, 3)
    profiler.waited(100.0, 100.00001)
    assert spans == [("waiting", 100.0, 100.02, 3)]
    assert profiler.stages == {}
