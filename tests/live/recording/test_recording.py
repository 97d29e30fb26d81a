"""What a recording holds of a view that stands: what is seen, where it changes, for as long as it is seen."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from source_fakes import FakeClock

from convviz_core.arrays import ByteArray
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.filters.built_in import BUILT_IN_BANKS
from live.events import Closed, DisplayEvent, Key
from live.loop import Last, run
from live.measuring.profiler import Profiler
from live.recording.keep import Keep, RecordWhat
from live.sources.frame import Frame, SourceCounts
from live.state import LayerSettings, ViewState

import av  # isort: skip  (after cv2, see live/recording/movie.py)

Seen = list[tuple[float, int]]


def plain(level: int, size_wh: tuple[int, int] = (64, 48)) -> ByteArray:
    return np.full((size_wh[1], size_wh[0], 3), level, np.uint8)


def seen_in(path: Path) -> Seen:
    """When each picture comes, by PyAV, and its mean byte, to tens, by OpenCV."""
    with av.open(str(path)) as movie:
        times = [float(picture.time or 0.0) for picture in movie.decode(video=0)]
    movie_cv = cv2.VideoCapture(str(path))
    levels = []
    while (read := movie_cv.read())[0]:
        levels.append(10 * round(float(np.mean(read[1])) / 10))
    movie_cv.release()
    return [(round(at_s, 3), level) for at_s, level in zip(times, levels, strict=True)]


class Studio:
    """A recording of frames, to x.mkv or x.avi of a folder."""

    def __init__(self, folder: Path, suffix: str = ".mkv", fps: float | None = 10.0) -> None:
        self.clock, self.said, self.path = FakeClock(), list[str](), folder / f"x{suffix}"
        self.keep = Keep(record_file=self.path, record_what="frame", fps=fps, say=self.said.append, clock=self.clock)
        self.keep.start_recording()

    def follow(self, image: ByteArray, media_time_s: float) -> None:
        self.keep.picture(None, image, image, media_time_s)

    def stand(self, image: ByteArray, after_s: float) -> None:
        self.clock.now_s += after_s
        self.keep.still_picture(None, image, image, 7.0)

    def stay(self, seconds: float) -> None:
        self.clock.now_s += seconds
        self.keep.picture_stays()

    def end(self) -> Seen:
        self.keep.close()
        assert self.keep.failed is None
        return seen_in(self.path)


@pytest.mark.parametrize("suffix", [".mkv", ".avi"])
def test_what_stands_is_recorded_once_and_lasts_until_the_end(tmp_path: Path, suffix: str) -> None:
    studio = Studio(tmp_path, suffix, fps=None)
    for _ in range(5):
        studio.stand(plain(50), 0.2)
    studio.stay(1.2)
    assert studio.end() == [(0.0, 50), (2.0, 50)]
    assert studio.said == [f"recorded {studio.path}"]


def test_what_changes_while_it_stands_comes_when_it_was_seen(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.stand(plain(50), 0.0)
    studio.stand(plain(90), 1.5)
    studio.stand(plain(90), 0.25)
    studio.stand(plain(50), 0.25)
    assert studio.end() == [(0.0, 50), (1.5, 90), (2.0, 50)]


def test_a_pause_lasts_in_the_file_and_then_the_source_gives_the_times_again(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.follow(plain(10), 4.0)
    studio.clock.now_s += 0.07
    studio.follow(plain(20), 4.1)
    studio.stand(plain(20), 0.5)
    studio.stand(plain(150), 2.0)
    studio.clock.now_s += 3.0
    studio.follow(plain(30), 4.2)
    studio.clock.now_s += 9.0  # a source that is late: its own times count
    studio.follow(plain(40), 4.3)
    assert studio.end() == [(0.0, 10), (0.1, 20), (2.6, 150), (5.6, 30), (5.7, 40)]


def test_pictures_that_follow_each_other_get_no_more_at_the_end(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.follow(plain(10), 0.0)
    studio.stay(2.0)
    studio.follow(plain(20), 0.1)
    studio.clock.now_s += 5.0
    assert studio.end() == [(0.0, 10), (2.0, 20)]


@pytest.mark.parametrize("suffix", [".mkv", ".avi"])
def test_of_very_fast_changes_the_last_one_is_in_the_file_and_none_is_called_left_out(
    tmp_path: Path, suffix: str
) -> None:
    studio = Studio(tmp_path, suffix, fps=30.0)
    studio.stand(plain(0), 0.0)
    for change in range(1, 201):
        studio.stand(plain(change), 0.004)
    studio.stay(0.2)
    studio.stay(3.0)
    seen = studio.end()
    assert 20 <= len(seen) <= 27  # 0.8 s, 30 a second
    assert [level for _, level in seen[-2:]] == [200, 200]
    assert seen[-2][0] == pytest.approx(0.8, abs=0.05)
    assert seen[-1][0] == pytest.approx(4.0, abs=0.05)
    assert studio.said == [f"recorded {studio.path}"]


def test_what_was_seen_just_before_the_source_goes_on_is_recorded_before_it(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.follow(plain(10), 4.0)
    studio.stand(plain(10), 1.0)
    studio.stand(plain(150), 2.0)
    studio.stand(plain(200), 0.02)
    studio.clock.now_s += 0.01
    studio.follow(plain(20), 4.1)
    studio.stand(plain(20), 1.0)
    studio.stay(1.0)
    assert studio.end() == [(0.0, 10), (3.0, 150), (3.02, 200), (3.03, 20), (5.03, 20)]


def test_another_size_lets_the_file_before_last_until_then(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.stand(plain(50), 0.0)
    studio.stand(plain(70, (80, 60)), 2.5)
    studio.stay(1.0)
    assert studio.end() == [(0.0, 50), (2.5, 50)]
    assert seen_in(tmp_path / "x-0002.mkv") == [(0.0, 70), (1.0, 70)]
    assert studio.said[-1] == f"recorded 2 files, {tmp_path / 'x.mkv'} to x-0002.mkv"


def test_what_stands_for_an_hour_stays_in_one_avi_file(tmp_path: Path) -> None:
    studio = Studio(tmp_path, ".avi", fps=30.0)
    studio.stand(plain(50), 0.0)
    for _ in range(3600 * 4):
        studio.stay(0.25)
    assert studio.end()[-1] == (3600.0, 50)
    assert [path.name for path in tmp_path.iterdir()] == ["x.avi"]


def test_a_recording_that_got_no_picture_does_not_say_that_it_recorded(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.keep.toggle_recording()
    studio.keep.close()
    assert studio.said == [f"nothing was recorded: no picture came, and there is no {studio.path}"]
    assert list(tmp_path.iterdir()) == []


class Pictures:
    """A source of so many pictures, ten a second; the last one stays."""

    name = granted = "pictures"
    live = False
    silent_since_s = None

    def __init__(self, clock: FakeClock, count: int) -> None:
        self.fps = 10.0 if count > 1 else None
        self.counts, self._clock, self._count = SourceCounts(), clock, count

    @property
    def ended(self) -> bool:
        return self.counts.captured == self._count

    def read(self, timeout_s: float) -> Frame | None:  # noqa: ARG002
        index = self.counts.captured
        self.counts.captured += 1
        self._clock.now_s += 0.1
        image = np.random.default_rng(index).integers(0, 256, (48, 64, 3), np.uint8)
        return Frame(image, index, self._clock(), index / 10, 0.001)

    def advice(self, measured_fps: float) -> str | None:  # noqa: ARG002
        return None

    def pause(self, paused: bool) -> None:
        pass

    def close(self) -> None:
        pass


class Person:
    """Presses a key of each word a look; "..." is waiting for a second. Then the window is closed."""

    interactive = True
    canvas_wh = (480, 360)

    def __init__(self, clock: FakeClock, script: str) -> None:
        self._clock, self._script = clock, deque(script.split())

    def open(self, preferred_wh: tuple[int, int]) -> None:
        pass

    def show(self, canvas: ByteArray) -> Sequence[DisplayEvent]:  # noqa: ARG002
        return self.idle(0.0)

    def idle(self, wait_s: float) -> Sequence[DisplayEvent]:  # noqa: ARG002
        if not self._script:
            return [Closed()]
        word = self._script.popleft()
        self._clock.now_s += 1.0 if word == "..." else 0.01
        return [] if word in ("...", "-") else [Key(word)]

    def set_fullscreen(self, fullscreen: bool) -> None:
        pass

    def close(self) -> None:
        pass


def recorded(folder: Path, script: str, what: RecordWhat, *, count: int = 1) -> list[float]:
    """The times of what is recorded while a person does that."""
    clock, said = FakeClock(), list[str]()
    keep = Keep(record_file=folder / "x.mkv", record_what=what, fps=None, say=said.append, clock=clock)
    state = ViewState(LayerSettings.of(BUILT_IN_BANKS))
    run(Pictures(clock, count), OpenCvEngine(), Person(clock, script), Profiler(clock), Last(state), keep=keep)
    keep.close()
    assert said[-1] == f"recorded {folder / 'x.mkv'}"
    return [at_s for at_s, _ in seen_in(folder / "x.mkv")]


@pytest.mark.parametrize("what", ["display", "mosaic", "frame"])
@pytest.mark.parametrize(
    ("script", "count"),
    [("- - v - ... ... ... v", 1), ("- space ... v - ... ... ... v", 99), ("- - - v - ... ... ... v", 2)],
)
def test_a_recording_of_one_picture_a_paused_view_or_an_ended_film_holds_what_stands(
    tmp_path: Path, what: RecordWhat, script: str, count: int
) -> None:
    times = recorded(tmp_path, script, what, count=count)
    assert len(times) < 6  # and not one a turn of the loop
    assert times[0] == 0.0
    assert times[-1] == pytest.approx(3.0, abs=0.05)


def test_what_is_changed_while_a_picture_stands_is_recorded_as_far_as_it_is_what_is_recorded(tmp_path: Path) -> None:
    def pictures(what: RecordWhat) -> list[float]:
        folder = tmp_path / what
        folder.mkdir()
        return recorded(folder, "- - v 0 ... ... ... ... ... r - ... ... m - ... ... v", what)

    assert pictures("frame") == pytest.approx([0.0, 7.0, 9.0], abs=0.2)  # and mirrored
    assert pictures("mosaic") == pytest.approx([0.0, 5.0, 7.0, 9.0], abs=0.2)  # and the ReLU gone
    assert len(pictures("display")) > 4  # and what was said


def test_single_frames_of_a_paused_film_come_when_they_were_seen(tmp_path: Path) -> None:
    times = recorded(tmp_path, "v - - space - ... ... . - ... . - ... space - - - v", "frame", count=99)
    gaps = np.diff(times)
    assert (gaps > 0).all()
    assert sorted(gaps)[-3:] == pytest.approx([1.0, 1.0, 2.0], abs=0.3)
    assert times[-1] == pytest.approx(4.7, abs=0.5)
