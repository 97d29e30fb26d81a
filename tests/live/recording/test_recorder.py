from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convviz_core.arrays import ByteArray
from live.errors import OutputError
from live.recording.recorder import MAX_WAITING_BYTES, MIN_FREE_BYTES, Recorder

import av  # isort: skip  (after cv2, see live/recording/movie.py)

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals and limits")


PATIENCE_S = 60.0  # only a broken recorder takes so long


def plain(level: int, height: int = 48, width: int = 64, colour: bool = True) -> ByteArray:
    return np.full((height, width, 3) if colour else (height, width), level, np.uint8)


def levels_opencv_reads(path: Path) -> list[int]:
    """The mean byte of every picture."""
    movie = cv2.VideoCapture(str(path))
    means: list[int] = []
    while True:
        there, picture = movie.read()
        if not there:
            movie.release()
            return means
        means.append(round(float(np.mean(picture))))


def times_av_reads(path: Path) -> list[float]:
    with av.open(str(path)) as movie:
        return [float(picture.time or 0.0) for picture in movie.decode(video=0)]


def record(path: Path, pictures: list[ByteArray], times_s: list[float], fps: float | None = None) -> Recorder:
    recorder = Recorder(path, fps)
    for picture, at_s in zip(pictures, times_s, strict=True):
        recorder.write(picture, at_s)
    recorder.close()
    assert recorder.failed is None
    return recorder


def run_child(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", ["x.mkv", "x.avi", "X.MKV"])
def test_opencv_reads_every_picture_back_in_order(tmp_path: Path, name: str) -> None:
    levels = list(range(0, 250, 10))
    record(tmp_path / name, [plain(level) for level in levels], [7 + i / 30 for i in range(len(levels))])
    read = levels_opencv_reads(tmp_path / name)
    assert len(read) == len(levels)
    assert np.abs(np.subtract(read, levels)).max() <= 1


def test_matroska_keeps_unsteady_capture_times_to_the_millisecond(tmp_path: Path) -> None:
    times_s = [100.0, 100.0334, 100.071, 100.1, 103.5, 103.533]
    record(tmp_path / "x.mkv", [plain(9)] * 6, times_s)
    assert times_av_reads(tmp_path / "x.mkv") == pytest.approx([0, 0.033, 0.071, 0.1, 3.5, 3.533], abs=0.0006)


def test_avi_keeps_capture_times_to_a_frame_and_leaves_gaps_open(tmp_path: Path) -> None:
    record(tmp_path / "x.avi", [plain(9)] * 5, [0.0, 0.11, 0.19, 0.3, 2.0], fps=10)
    assert times_av_reads(tmp_path / "x.avi") == pytest.approx([0, 0.1, 0.2, 0.3, 2.0])


def test_avi_leaves_out_pictures_that_come_twice_as_fast_as_its_rate_and_counts_them(tmp_path: Path) -> None:
    recorder = record(tmp_path / "x.avi", [plain(9)] * 41, [i * 0.05 for i in range(41)], fps=10)
    times_s = times_av_reads(tmp_path / "x.avi")
    assert len(times_s) + recorder.left_out == 41
    assert times_s[-1] == pytest.approx(2.0, abs=0.2)


@pytest.mark.parametrize("name", ["x.mkv", "x.avi"])
def test_a_source_that_starts_again_goes_on_by_one_frame_time(tmp_path: Path, name: str) -> None:
    record(tmp_path / name, [plain(9)] * 5, [5.0, 5.1, 5.2, 5.0, 5.1], fps=10)
    assert times_av_reads(tmp_path / name) == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])


def test_colours_and_gray_come_back_as_they_were(tmp_path: Path) -> None:
    red = np.zeros((48, 64, 3), np.uint8)
    red[:, ::2] = (0, 0, 255)  # thin lines: half the colour's width would smear them
    record(tmp_path / "x.mkv", [red, plain(200, colour=False)], [0, 1])
    movie = cv2.VideoCapture(str(tmp_path / "x.mkv"))
    for expected in (red, plain(200)):
        there, picture = movie.read()
        assert there
        assert np.abs(picture.astype(int) - expected).max() <= 6
    movie.release()


def test_another_size_starts_another_file(tmp_path: Path) -> None:
    notices: list[str] = []
    recorder = Recorder(tmp_path / "x.mkv", say=notices.append)
    for level, (height, width) in enumerate([(48, 64), (48, 64), (50, 70), (48, 64)]):
        recorder.write(plain(level * 50, height, width), float(level))
    recorder.close()
    files = [tmp_path / name for name in ("x.mkv", "x-0002.mkv", "x-0003.mkv")]
    assert [levels_opencv_reads(file) for file in files] == [[0, 50], [100], [150]]
    assert sorted(tmp_path.iterdir()) == sorted(files)
    assert len(notices) == 2


def test_avi_starts_another_file_after_a_gap_that_it_cannot_hold(tmp_path: Path) -> None:
    record(tmp_path / "x.avi", [plain(10), plain(20), plain(30)], [0.0, 1.0, 100_000.0], fps=30)
    assert levels_opencv_reads(tmp_path / "x.avi") == [10, 20]
    assert levels_opencv_reads(tmp_path / "x-0002.avi") == [30]


def test_an_existing_file_is_never_touched_and_the_new_name_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.mkv").write_text("mine")
    (tmp_path / "x-2.mkv").write_text("mine too")
    notices: list[str] = []
    recorder = Recorder(tmp_path / "x.mkv", say=notices.append)
    assert recorder.path == tmp_path / "x-3.mkv"
    assert notices == [f"{tmp_path / 'x.mkv'} exists: recording to {tmp_path / 'x-3.mkv'}"]
    recorder.write(plain(77), 0.0)
    recorder.close()
    assert (tmp_path / "x.mkv").read_text() == "mine"
    assert levels_opencv_reads(tmp_path / "x-3.mkv") == [77]


def test_a_recording_without_a_picture_leaves_no_file(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "x.mkv")
    recorder.close()
    recorder.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("x.mp4", r"must end in \.mkv or \.avi"), ("x", "must end"), ("no/x.mkv", "its folder does not exist")],
)
def test_a_path_that_cannot_be_recorded_to_is_refused_at_once(tmp_path: Path, name: str, sentence: str) -> None:
    with pytest.raises(OutputError, match=sentence):
        Recorder(tmp_path / name)


def test_a_nearly_full_disk_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="less than 100 MB"):
        Recorder(tmp_path / "x.mkv", disk_free=lambda _: MIN_FREE_BYTES - 1)
    assert list(tmp_path.iterdir()) == []


def test_recording_stops_by_itself_when_the_disk_fills_up(tmp_path: Path) -> None:
    free = iter([10**12, 10**12, 10**12, MIN_FREE_BYTES - 1])  # asked at the start, and at 0, 1 and 2 s
    recorder = Recorder(tmp_path / "x.mkv", disk_free=lambda _: next(free))
    for index in range(300):
        recorder.write(plain(index % 200), index / 10)
    recorder.close()
    assert "less than 100 MB" in str(recorder.failed)
    assert levels_opencv_reads(tmp_path / "x.mkv") == pytest.approx(list(range(20)), abs=1)


def test_recording_stops_when_its_folder_vanishes_and_what_was_written_plays(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "folder", tmp_path / "elsewhere"
    folder.mkdir()
    asked = 0

    def move_away(_: Path) -> int:
        nonlocal asked
        asked += 1
        if asked == 3:  # at the start, at 0 s, at 1 s: noticed at 2 s
            folder.rename(elsewhere)
        return 10**12

    recorder = Recorder(folder / "x.mkv", disk_free=move_away)
    for index in range(100):
        recorder.write(plain(index), index / 10)
    recorder.close()
    assert "was moved or removed" in str(recorder.failed)
    assert len(levels_opencv_reads(elsewhere / "x.mkv")) == 20


def blocking(entered: threading.Event, release: threading.Event) -> Callable[[Path], int]:
    """A disk that hangs once it is asked for the second time, by the recorder's thread."""
    asked = 0

    def disk_free(_: Path) -> int:
        nonlocal asked
        asked += 1
        if asked > 1:
            entered.set()
            release.wait()
        return 10**12

    return disk_free


def test_a_disk_that_hangs_holds_up_nothing_and_the_pictures_it_costs_are_counted(tmp_path: Path) -> None:
    entered, release = threading.Event(), threading.Event()
    recorder = Recorder(tmp_path / "x.mkv", disk_free=blocking(entered, release))
    big = plain(50, 1000, 1000, colour=False)
    recorder.write(big, 0.0)
    entered.wait()
    for index in range(1, 101):
        recorder.write(big, index / 100)
    assert recorder.left_out == 100 - MAX_WAITING_BYTES // big.nbytes
    release.set()
    recorder.close()
    assert recorder.failed is None
    assert len(levels_opencv_reads(tmp_path / "x.mkv")) == 101 - recorder.left_out


def test_a_patient_recording_waits_for_the_disk_and_leaves_nothing_out(tmp_path: Path) -> None:
    entered, release = threading.Event(), threading.Event()
    recorder = Recorder(tmp_path / "x.mkv", patient=True, disk_free=blocking(entered, release))
    big = plain(50, 1000, 1000, colour=False)

    def write_all() -> None:
        for index in range(100):
            recorder.write(big, index / 100)

    writer = threading.Thread(target=write_all)
    writer.start()
    entered.wait()
    release.set()
    writer.join()
    recorder.close()
    assert (recorder.failed, recorder.left_out) == (None, 0)
    assert len(levels_opencv_reads(tmp_path / "x.mkv")) == 100


def test_a_patient_recording_gives_up_on_a_disk_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.recording.recorder._PATIENCE_S", 0.01)
    entered, release = threading.Event(), threading.Event()
    recorder = Recorder(tmp_path / "x.mkv", patient=True, disk_free=blocking(entered, release))
    for index in range(20):
        recorder.write(plain(50, 1000, 1000, colour=False), index / 100)
    assert "does not answer" in str(recorder.failed)
    release.set()
    recorder.close()


def test_closing_does_not_wait_for_a_disk_that_hangs(tmp_path: Path) -> None:
    entered, release = threading.Event(), threading.Event()
    recorder = Recorder(tmp_path / "x.mkv", disk_free=blocking(entered, release))
    recorder.write(plain(1), 0.0)
    entered.wait()
    recorder.close()
    assert "does not answer" in str(recorder.failed)
    release.set()


@pytest.mark.parametrize("name", ["x.mkv", "x.avi"])
@pytest.mark.parametrize(("height", "width"), [(1, 65_501), (70_000, 1), (0, 5)])
def test_a_picture_that_jpeg_cannot_hold_stops_the_recording_with_its_size_and_leaves_no_file(
    tmp_path: Path, name: str, height: int, width: int
) -> None:
    recorder = Recorder(tmp_path / name)
    recorder.write(np.zeros((height, width), np.uint8), 0.0)
    recorder.close()
    assert str(recorder.failed) == (
        f"recording stopped: its pictures are {width}x{height}, and JPEG holds 1 to 65500 pixels a side: "
        "record the frame or the display instead"
    )
    assert list(tmp_path.iterdir()) == []


def test_pictures_up_to_what_jpeg_holds_are_kept_and_stay_when_the_next_is_too_wide(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "x.mkv")
    for width in (65_500, 65_501):
        recorder.write(np.full((1, width), 80, np.uint8), 0.0)
    recorder.close()
    assert "65501x1" in str(recorder.failed)
    assert levels_opencv_reads(tmp_path / "x.mkv") == [80]
    assert list(tmp_path.iterdir()) == [tmp_path / "x.mkv"]


ERRORS: list[tuple[Exception, str]] = [
    (MemoryError(), "there is not enough memory to encode its pictures"),
    (cv2.error("OpenCV(5.0.0) /io/x.cpp:1: error: (-215) !empty"), "OpenCV cannot encode its pictures"),
    (av.error.InvalidDataError(1, "Invalid data found"), "FFmpeg cannot write it (Invalid data found)"),
    (av.error.ArgumentError(22, "Invalid argument"), "FFmpeg cannot write it (Invalid argument)"),
    (AttributeError("'tuple' object has no attribute 'tobytes'"), "its encoder failed (AttributeError)"),
    (OverflowError("Python int too large to convert to C long"), "its encoder failed (OverflowError)"),
]


@pytest.mark.parametrize("step", ["__init__", "add", "close"])
@pytest.mark.parametrize(("error", "sentence"), ERRORS, ids=lambda value: type(value).__name__)
def test_whatever_a_library_raises_becomes_one_sentence_without_source_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: Exception, sentence: str
) -> None:
    def fail(*_: object) -> bool:
        raise error

    monkeypatch.setattr(f"live.recording.recorder.Movie.{step}", fail)
    recorder = Recorder(tmp_path / "x.mkv")
    recorder.write(plain(9), 0.0)
    recorder.close()
    assert str(recorder.failed) == f"recording to {tmp_path / 'x.mkv'} stopped: {sentence}"


def test_a_picture_that_opencv_declines_to_encode_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.recording.movie.cv2.imencode", lambda *_: (False, ()))
    recorder = Recorder(tmp_path / "x.mkv")
    recorder.write(plain(9), 0.0)
    recorder.close()
    assert str(recorder.failed) == "recording stopped: OpenCV cannot encode a picture of 64x48"


def test_a_picture_that_no_memory_is_left_for_is_left_out_and_counted(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "x.mkv")
    recorder.write(np.broadcast_to(np.uint8(7), (2**25, 2**25)), 0.0)  # 2^50 bytes, of which there is one
    recorder.write(plain(9), 0.1)
    recorder.close()
    assert (recorder.failed, recorder.left_out) == (None, 1)
    assert levels_opencv_reads(tmp_path / "x.mkv") == [9]


@pytest.mark.parametrize("name", ["x.mkv", "x.avi"])
def test_a_rate_slower_than_a_file_can_state_is_recorded_all_the_same(tmp_path: Path, name: str) -> None:
    record(tmp_path / name, [plain(10), plain(20)], [0.0, 20_000.0], fps=0.0001)
    assert levels_opencv_reads(tmp_path / name)[0] == 10
    assert times_av_reads(tmp_path / name) == pytest.approx([0, 20_000], abs=1001)


class Watched(Recorder):
    """A recorder that notes whether its count is changed by whoever holds the lock."""

    unlocked = 0

    def __setattr__(self, name: str, value: object) -> None:
        if name == "left_out" and hasattr(self, "_changed"):
            with ThreadPoolExecutor(1) as stranger:  # who gets the lock, unless somebody else has it
                taken = stranger.submit(self._changed.acquire, blocking=False).result()
                self.unlocked += taken
                if taken:
                    stranger.submit(self._changed.release).result()
        super().__setattr__(name, value)


def test_pictures_left_out_are_counted_under_the_lock(tmp_path: Path) -> None:
    recorder = Watched(tmp_path / "x.avi", fps=10)
    for index in range(9):
        recorder.write(plain(9), index * 0.05)
    recorder.close()
    assert (recorder.failed, recorder.unlocked) == (None, 0)
    assert recorder.left_out > 0


def test_the_caller_may_reuse_its_picture(tmp_path: Path) -> None:
    entered, release = threading.Event(), threading.Event()
    recorder = Recorder(tmp_path / "x.mkv", disk_free=blocking(entered, release))
    picture = plain(40)
    recorder.write(picture, 0.0)
    picture[:] = 200
    recorder.write(picture[:, ::-1], 0.1)
    release.set()
    recorder.close()
    assert levels_opencv_reads(tmp_path / "x.mkv") == [40, 200]


FILLS_UP = """
import resource, sys
from pathlib import Path
import numpy as np
from live.recording.recorder import Recorder
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
recorder = Recorder(Path(sys.argv[1]))
noise = np.random.default_rng(1)
for index in range(40):
    recorder.write(noise.integers(0, 256, (64, 64, 3), np.uint8), index / 30)
recorder.close()
print(recorder.failed)
"""


@POSIX
@pytest.mark.parametrize("name", ["x.mkv", "x.avi"])
def test_a_refused_write_stops_the_recording_with_a_sentence_and_what_was_written_plays(
    tmp_path: Path, name: str
) -> None:
    child = run_child(FILLS_UP, tmp_path / name)
    assert child.stderr == ""
    assert child.stdout.startswith(f"recording stopped: cannot write {tmp_path / name}: the file would pass the size")
    assert (tmp_path / name).stat().st_size == 200_000
    assert len(levels_opencv_reads(tmp_path / name)) >= 10  # each takes at most 20 kB: 64 x 64 x 3 bytes and tables


DIES = """
import os, signal, sys
from pathlib import Path
import numpy as np
from live.recording.recorder import Recorder
asked = []
def die_after_six_seconds(_):
    asked.append(1)
    if len(asked) == 8:  # at the start, then at 0 to 6 s, by the thread that writes
        os.kill(os.getpid(), signal.SIGKILL)
    return 10**12
recorder = Recorder(Path(sys.argv[1]), 30, disk_free=die_after_six_seconds)
for index in range(300):
    recorder.write(np.full((120, 160, 3), index % 256, np.uint8), index / 30)
recorder.close()
"""


@POSIX
@pytest.mark.parametrize("name", ["x.mkv", "x.avi"])
def test_after_a_kill_at_six_seconds_all_but_the_last_picture_plays(tmp_path: Path, name: str) -> None:
    child = run_child(DIES, tmp_path / name)
    assert child.returncode == -9
    levels = levels_opencv_reads(tmp_path / name)
    assert len(levels) >= 179
    assert levels == pytest.approx(list(range(len(levels))), abs=1)
    assert times_av_reads(tmp_path / name)[-1] == pytest.approx((len(levels) - 1) / 30, abs=0.001)


@settings(max_examples=40, deadline=None)
@given(
    shots=st.lists(
        st.tuples(
            st.sampled_from([(8, 8), (9, 17), (33, 16)]),
            st.booleans(),
            st.floats(0, 5, allow_nan=False),
            st.integers(0, 255),
        ),
        min_size=1,
        max_size=12,
    ),
    suffix=st.sampled_from([".mkv", ".avi"]),
)
def test_any_sequence_of_sizes_and_times_is_kept_and_adds_up(
    tmp_path_factory: pytest.TempPathFactory, shots: list[tuple[tuple[int, int], bool, float, int]], suffix: str
) -> None:
    folder = tmp_path_factory.mktemp("movies")
    recorder = Recorder(folder / f"x{suffix}", fps=20)
    at_s = 0.0
    for (height, width), colour, elapsed_s, level in shots:
        at_s += elapsed_s
        recorder.write(plain(level, height, width, colour), at_s)
    with recorder._changed:  # close waits for a moment only, and this machine may be busy
        assert recorder._changed.wait_for(lambda: not recorder._waiting, PATIENCE_S)
    recorder.close()
    assert recorder.failed is None
    levels = [level for file in sorted(folder.iterdir(), key=_part) for level in levels_opencv_reads(file)]
    assert len(levels) + recorder.left_out == len(shots)
    if suffix == ".mkv":
        assert levels == pytest.approx([shot[3] for shot in shots], abs=1)


def _part(file: Path) -> int:
    return int(file.stem.partition("-")[2] or 1)
