"""Whatever a device does, at whatever point of the loop, and whatever keys are pressed: the view stays in order.

The loop, the reader with its thread, the recorder and the trace are the real ones. The device is a puppet: its
thread stands still until the script gives the next answer, which happens wherever the loop looks at its clock.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from puppet import FAULTS, HARMLESS, Puppet
from source_fakes import Events as SourceEvents
from source_fakes import FakeClock
from watched_engine import WatchedEngine

from convviz_core.arrays import ByteArray
from convviz_core.engines.api import EngineError
from convviz_core.filters.built_in import BUILT_IN_BANKS
from live.controls import KEYS
from live.display.api import Display
from live.display.null import NullDisplay
from live.errors import OutputError
from live.events import Button, Closed, DisplayEvent, Gesture, Inbox, Key, MouseButton, Pointer
from live.loop import Last, run
from live.measuring.profiler import Profiler
from live.measuring.stats import stats
from live.measuring.trace import Trace
from live.recording.keep import Keep, RecordWhat
from live.recording.snapshot import SNAPSHOT_FILES
from live.sources.frame import Frame, SourceError, SourceEvent, SourceSettings
from live.sources.live_reader import LiveReader
from live.state import LayerSettings, ViewState

pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")

PATIENCE_S = 20.0  # only a broken test waits so long


@pytest.fixture(autouse=True, scope="module")
def folder_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Edited banks are written to the current folder."""
    with chdir(tmp_path_factory.mktemp("current")):
        yield


ALL_KEYS = [key for binding in KEYS for key in binding.keys if key not in ("q", "Esc")]


class ImpatientReader(LiveReader):
    """Does not wait for pictures: they come when the script says so."""

    def read(self, timeout_s: float) -> Frame | None:  # noqa: ARG002
        return super().read(0.0)


class FragileEngine(WatchedEngine):
    """Fails when it is told to; notes what it computed from."""

    fails = False
    level = -1

    def computes(self, frame: ByteArray) -> None:
        if self.fails:
            raise EngineError("the device was lost")
        self.level = int(frame.flat[0])


@dataclass
class CheckingKeep(Keep):
    """Counts what it gives to a recorder, and sees that a frame's pixels stay as they were computed."""

    engine: FragileEngine = field(default_factory=FragileEngine)
    recorded: int = 0

    def start_recording(self) -> None:
        super().start_recording()
        assert self._recording
        write = self._recording.recorder.write

        def counted(image: ByteArray, captured_at_s: float, frame: int = 0) -> ByteArray | None:
            self.recorded += 1
            return write(image, captured_at_s, frame)

        self._recording.recorder.write = counted  # type: ignore[method-assign]

    def _asked_for(self, canvas: ByteArray | None, mosaic: ByteArray, image: ByteArray) -> ByteArray:
        assert (image == self.engine.level).all()
        return super()._asked_for(canvas, mosaic, image)


class ScriptedWindow:
    """A window whose person presses one key a look and closes it after the last."""

    interactive = True
    canvas_wh = (96, 72)

    def __init__(self, clock: FakeClock, keys: Sequence[str]) -> None:
        self.clock, self.keys = clock, deque(keys)

    def open(self, preferred_wh: tuple[int, int]) -> None:
        pass

    def show(self, canvas: ByteArray) -> Sequence[DisplayEvent]:
        assert canvas.shape == (72, 96, 3)
        return self.idle(0.003)

    def idle(self, wait_s: float) -> Sequence[DisplayEvent]:
        self.clock.now_s += wait_s
        if not self.keys:
            return [Closed()]
        key = self.keys.popleft()
        clicked = [Button(MouseButton.LEFT, Gesture.CLICK, (30, 40))] if key == "z" else []
        return [*([Key(key)] if key else []), Pointer((20, 20)), *clicked]

    def set_fullscreen(self, fullscreen: bool) -> None:
        pass

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class Step:
    """After so many more looks at the clock, the device answers so (or the engine fails)."""

    looks: int
    answer: str


class View:
    """A run of the loop on a puppet, with recorder and trace; without keys it is one without a window."""

    def __init__(
        self,
        folder: Path,
        steps: Sequence[Step],
        keys: Sequence[str] | None = None,
        *,
        what: RecordWhat = "mosaic",
        suffix: str = ".mkv",
        loop: bool = False,
    ) -> None:
        self.threads_before = set(threading.enumerate())
        self.steps, self.looks = deque(steps), 0
        self.clock = FakeClock()
        self.events, self.inbox = SourceEvents(), Inbox()
        self.heard = Counter[str]()  # by the loop, before its end
        self.puppet, self.engine = Puppet(self.clock), FragileEngine()
        self.source = ImpatientReader(self.puppet, self._hear, SourceSettings(loop=loop), self.clock, self.puppet.wait)
        self.display: Display = NullDisplay() if keys is None else ScriptedWindow(self.clock, keys)
        self.folder, self.said = folder, list[str]()
        trace = Trace(folder / "trace.json")
        self.profiler = Profiler(self._look, lambda *span: trace.span("loop", *span))
        self.keep = CheckingKeep(
            folder,
            folder / f"film{suffix}",
            what,
            fps=30.0,
            trace=trace,
            say=self.said.append,
            clock=self.clock,
            engine=self.engine,
        )
        self.keep.start_recording()
        self.last = Last(ViewState(LayerSettings.of(BUILT_IN_BANKS)))

    def _hear(self, event: SourceEvent) -> None:
        self.events(event)
        self.inbox.append(event)

    def _look(self) -> float:
        self.looks += 1
        if self.steps and self.looks > self.steps[0].looks:
            self.looks = 0
            answer = self.steps.popleft().answer
            if answer == "engine":
                self.engine.fails = True
            else:
                self.puppet.give(answer)
        return self.clock()

    def run(self) -> Exception | None:
        """To its end; returns the error with which that came, which is one that a person is told."""
        failure: Exception | None = None
        try:
            run(
                *(self.source, self.engine, self.display, self.profiler, self.last),
                keep=self.keep,
                inbox=self.inbox,
                interrupted=lambda: not (self.steps or self.display.interactive),
            )
        except (SourceError, EngineError, OutputError) as error:
            failure = error
        assert "\n" not in str(failure)
        self.heard = Counter(self.events.kinds()) - Counter(
            event.kind for event in self.inbox if isinstance(event, SourceEvent)
        )
        self.keep.close()
        self.puppet.let_go()
        self.source.close()
        self.engine.close()
        self._check_that_nothing_is_left()
        self._check_counts()
        self._check_trace()
        self._check_files()
        return failure

    def _check_that_nothing_is_left(self) -> None:
        assert self.puppet.open_now == 0
        for thread in set(threading.enumerate()) - self.threads_before:
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), thread.name

    def _check_counts(self) -> None:
        record = stats(self.source, self.engine, self.profiler, self.last.state, (1, 1), 0.0)
        frames = record["frames"]
        assert isinstance(frames, dict)
        assert frames["captured"] == frames["processed"] + frames["dropped"]
        assert frames["shown"] <= frames["processed"]
        told = Counter(self.events.kinds())
        assert (told["drop"], told["failed_read"], told["reconnect"]) == (
            self.source.counts.dropped,
            frames["failed_reads"],
            frames["reconnects"],
        )

    def _check_trace(self) -> None:
        events = json.loads((self.folder / "trace.json").read_text())
        assert Counter(event["name"] for event in events if event["ph"] == "i") == self.heard
        captured = [event["args"]["frame"] for event in events if event["name"] == "capture" and event["ph"] == "X"]
        assert captured == sorted(set(captured))
        assert len(captured) == self.profiler.processed.count + self.profiler.given_up

    def _check_files(self) -> None:
        assert self.keep.failed is None
        films = [pictures_in(path) for path in self.folder.glob("film*")]
        assert 0 not in films
        left_out = sum(int(count) for count in re.findall(r"(\d+) pictures left out", " ".join(self.said)))
        assert sum(films) + left_out == self.keep.recorded
        for snapshot in self.folder.glob("snapshot-*"):
            kept = {path.name for path in snapshot.iterdir()}
            assert kept - {"compare"} == set(SNAPSHOT_FILES)


def pictures_in(film: Path) -> int:
    """How many of its pictures OpenCV plays."""
    capture = cv2.VideoCapture(str(film))
    count = 0
    while capture.read()[0]:
        count += 1
    capture.release()
    return count


@pytest.mark.parametrize("windowed", [False, True], ids=["headless", "window"])
@pytest.mark.parametrize("fault", [*FAULTS, "engine"])
def test_a_fault_at_any_point_of_the_loop(fault: str, windowed: bool, tmp_path: Path) -> None:
    for looks in range(14):  # more than one round of the loop
        folder = tmp_path / str(looks)
        folder.mkdir()
        steps = [Step(0, "picture"), Step(looks, fault), *[Step(2, "picture")] * 12]
        view = View(folder, steps, [""] * 12 if windowed else None)
        failure = view.run()
        fatal = fault == "engine" or (fault.endswith("raises") and fault != "release raises")
        assert (failure is not None) == fatal or fault == "tiny"
        assert fault == "engine" or view.profiler.processed.count >= 1


@settings(max_examples=300)
@given(data=st.data())
def test_any_faults_at_any_points_with_any_keys(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    answers = st.sampled_from(["picture"] * 16 + [*HARMLESS * 2, *FAULTS, "engine"])
    steps = data.draw(st.lists(st.builds(Step, st.integers(0, 12), answers), min_size=10, max_size=40))
    keys = data.draw(st.none() | st.lists(st.sampled_from([*ALL_KEYS, *"vvs.", ""]), min_size=10, max_size=40))
    View(
        tmp_path_factory.mktemp("view"),
        steps,
        keys,
        what=data.draw(st.sampled_from(["display", "mosaic", "frame"])),
        suffix=data.draw(st.sampled_from([".mkv", ".avi"])),
        loop=data.draw(st.booleans()),
    ).run()


def test_one_step_of_a_paused_camera_shows_one_fresh_frame(tmp_path: Path) -> None:
    def shown(*keys: str) -> tuple[int, int]:
        folder = tmp_path / str(len(keys))
        folder.mkdir()
        view = View(folder, [Step(3, "picture")] * 180, keys)
        view.run()
        assert view.last.state.interaction.paused
        return view.profiler.processed.count, view.engine.level

    playing = [""] * 20
    before = shown(*playing, "space", *[""] * 9)
    after = shown(*playing, "space", *[""] * 9, ".", *[""] * 9)
    assert before[0] > 0
    assert after[0] == before[0] + 1
    assert after[1] > before[1]


def test_a_view_outlives_every_harmless_fault(tmp_path: Path) -> None:
    steps = [Step(0, "picture")]
    for fault in HARMLESS:
        steps += [Step(1, fault), *[Step(1, "picture")] * 40]
    view = View(tmp_path, steps)
    assert view.run() is None
    assert view.source.counts.reconnects == 2  # after the long stall and after it was gone
    assert view.heard["failed_read"] == 5
    assert view.profiler.processed.count > 50
