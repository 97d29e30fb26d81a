from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live.errors import OutputError
from live.measuring.trace import MAX_WAITING, Trace

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals and limits")
NEVER_S = 1e6  # the tests flush by hand

Events = list[dict[str, Any]]


def events_in(path: Path) -> Events:
    """The whole file, by a strict parser."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    events: Events = json.loads(path.read_text(encoding="ascii"), parse_constant=refuse)
    return events


def rows_in(events: Events) -> dict[int, str]:
    return {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}


def of_phase(events: Events, *phases: str) -> Events:
    return [event for event in events if event["ph"] in phases]


def assert_arrows_join_spans(events: Events) -> None:
    """Each frame's arrow begins once, goes on, ends once, forward in time, inside a span of that frame and row."""
    arrows: dict[int, Events] = {}
    for event in of_phase(events, "s", "t", "f"):
        arrows.setdefault(event["id"], []).append(event)
    spans = of_phase(events, "X")
    for frame, arrow in arrows.items():
        assert [event["ph"] for event in arrow] == ["s", *["t"] * (len(arrow) - 2), "f"]
        assert [event["ts"] for event in arrow] == sorted(event["ts"] for event in arrow)
        for event in arrow:
            assert any(
                span["tid"] == event["tid"]
                and span.get("args") == {"frame": frame}
                and span["ts"] - 0.001 <= event["ts"] <= span["ts"] + span["dur"] + 0.001
                for span in spans
            )


def test_a_frame_is_followed_from_capture_to_show_across_the_rows(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "t.json")
    trace.span("capture", "capture", 10.0, 10.002, frame=7)
    trace.span("device", "device", 10.004, 10.005, frame=7)
    trace.span("loop", "compute", 10.003, 10.006, frame=7)
    trace.span("loop", "show", 10.006, 10.010, frame=7)
    trace.span("loop", "plan", 10.010, 10.011)
    trace.close()
    events = events_in(tmp_path / "t.json")
    rows = rows_in(events)
    assert [(rows[e["tid"]], e["name"], e["ts"], e["dur"]) for e in of_phase(events, "X")] == [
        ("capture", "capture", 10_000_000, 2000),
        ("device", "device", 10_004_000, 1000),
        ("loop", "compute", 10_003_000, 3000),
        ("loop", "show", 10_006_000, 4000),
        ("loop", "plan", 10_010_000, 1000),
    ]
    arrow = [(e["ph"], rows[e["tid"]], e["ts"]) for e in of_phase(events, "s", "t", "f")]
    assert arrow == [
        ("s", "capture", 10_001_000),
        ("t", "device", 10_004_500),
        ("t", "loop", 10_004_500),
        ("f", "loop", 10_008_000),
    ]
    assert_arrows_join_spans(events)


def test_what_happened_to_the_source_is_an_event_with_its_detail(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "t.json")
    trace.instant("reconnect", 3.5, 'camera "zwei" \n back')
    trace.close()
    (event,) = of_phase(events_in(tmp_path / "t.json"), "i")
    assert (event["name"], event["ts"], event["args"]) == ("reconnect", 3_500_000, {"detail": 'camera "zwei" \n back'})


def test_a_trace_of_nothing_is_whole_json_from_the_start(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "t.json", NEVER_S)
    assert [event["name"] for event in events_in(tmp_path / "t.json")] == ["process_name"]
    trace.close()
    trace.close()
    assert [event["name"] for event in events_in(tmp_path / "t.json")] == ["process_name"]


spans = st.tuples(
    st.just("span"),
    st.sampled_from(["capture", "loop", "device"]),
    st.floats(0, 1e6),
    st.floats(-1, 9),
    st.integers(0, 15),
)
moments = st.tuples(st.just("instant"), st.text(), st.floats(0, 1e6), st.just(0.0), st.just(0))


@settings(max_examples=60, deadline=None)
@given(calls=st.lists(st.one_of(spans, moments, st.none()), max_size=80))
def test_after_any_calls_and_flushes_the_file_is_whole_and_its_arrows_are_consistent(
    tmp_path_factory: pytest.TempPathFactory, calls: list[tuple[str, str, float, float, int] | None]
) -> None:
    path = tmp_path_factory.mktemp("trace") / "t.json"
    trace = Trace(path, NEVER_S)
    for call in calls:
        if call is None:
            trace.flush()
            assert_arrows_join_spans(events_in(path))
        elif call[0] == "span":
            trace.span(call[1], "stage", call[2], call[2] + call[3], call[4])
        else:
            trace.instant("drop", call[2], call[1])
    trace.close()
    events = events_in(path)
    assert len(of_phase(events, "X", "i")) == sum(call is not None for call in calls)
    assert all(event["dur"] >= 0 for event in of_phase(events, "X"))


def test_many_frames_leave_a_whole_arrow_each(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "t.json", NEVER_S)
    for frame in range(100):
        for step, stage in enumerate(("capture", "compute", "show")):
            trace.span(stage, stage, frame + step / 4, frame + step / 4 + 0.1, frame)
    trace.close()
    events = events_in(tmp_path / "t.json")
    assert_arrows_join_spans(events)
    assert sorted(event["id"] for event in of_phase(events, "f")) == list(range(100))


def test_a_picture_that_is_drawn_again_for_minutes_does_not_pile_up(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "t.json", NEVER_S)
    for tick in range(5000):
        trace.span("loop", "draw", tick, tick + 0.5, frame=3)
    trace.close()
    events = events_in(tmp_path / "t.json")
    assert len(of_phase(events, "X")) == 5000
    assert len(of_phase(events, "s", "t", "f")) == 64
    assert_arrows_join_spans(events)


def test_threads_write_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "t.json", flush_every_s=0.001)

    def work(row: str) -> None:
        for index in range(500):
            trace.span(row, "stage", index, index + 0.5)

    threads = [threading.Thread(target=work, args=(f"thread {number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    trace.close()
    events = events_in(tmp_path / "t.json")
    assert len(of_phase(events, "X")) == 2000
    assert sorted(rows_in(events).values()) == [f"thread {number}" for number in range(4)]


def test_what_a_hanging_disk_holds_up_is_bounded_and_counted(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "t.json", NEVER_S)
    with trace._writing:  # the disk hangs in the middle of a batch
        for index in range(3 * MAX_WAITING):
            trace.instant("drop", index)
        assert trace.left_out > 0
    trace.close()
    trace._thread.join()  # close waits a moment only, and this machine may be busy
    assert len(of_phase(events_in(tmp_path / "t.json"), "i")) + trace.left_out == 3 * MAX_WAITING


@pytest.mark.parametrize(
    ("name", "sentence"), [("no/t.json", "its folder does not exist"), (".", "a folder is in the way")]
)
def test_a_path_that_cannot_be_written_is_refused_at_once(tmp_path: Path, name: str, sentence: str) -> None:
    with pytest.raises(OutputError, match=sentence):
        Trace(tmp_path / name)


def run_child(program: str, path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


PRELUDE = """
import os, resource, signal, sys
from pathlib import Path
from live.measuring.trace import Trace
"""


@POSIX
def test_after_a_kill_the_file_is_whole_json_up_to_the_last_flush(tmp_path: Path) -> None:
    child = run_child(
        PRELUDE
        + """
trace = Trace(Path(sys.argv[1]), 1e6)
for index in range(2):
    for frame in range(50):
        trace.span("loop", "compute", frame, frame + 0.5, frame)
    if index == 0:
        trace.flush()
os.kill(os.getpid(), signal.SIGKILL)
""",
        tmp_path / "t.json",
    )
    assert child.returncode == -9
    assert len(of_phase(events_in(tmp_path / "t.json"), "X")) == 50


@POSIX
def test_a_refused_write_ends_the_trace_with_a_sentence_and_leaves_whole_json(tmp_path: Path) -> None:
    child = run_child(
        PRELUDE
        + """
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
trace = Trace(Path(sys.argv[1]), 1e6)
for batch in range(5):
    for index in range(40):
        trace.instant("drop", index)
    trace.flush()
trace.close()
print(trace.failed)
""",
        tmp_path / "t.json",
    )
    assert child.stderr == ""
    assert child.stdout.startswith(f"tracing stopped: cannot write {tmp_path / 't.json'}: the file would pass the size")
    kept = len(of_phase(events_in(tmp_path / "t.json"), "i"))
    assert kept in (40, 80)  # some 90 bytes each: whole batches below 10 kB


def test_the_trace_loads_neither_opencv_nor_torch() -> None:
    program = "import sys, live.measuring.trace; sys.exit(bool({'cv2', 'torch', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
