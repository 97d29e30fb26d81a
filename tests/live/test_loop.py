"""The loop, with a display and a source that the test drives and a clock that it turns."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from noted_looks import noted_looks
from watched_engine import WatchedEngine

from convviz_core.arrays import ByteArray
from convviz_core.auto_range import map_ranges
from convviz_core.engines.api import Engine
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.geometry import FrameSizeError
from convviz_core.layer import Activation
from convviz_core.ranges import RangeMode
from live.composing import layout_request
from live.display.null import NullDisplay
from live.drawing.captions import Captions
from live.drawing.compositor import Compositor
from live.drawing.help_panel import Help
from live.drawing.inspector import Inspector
from live.drawing.legend import Legend
from live.drawing.notices import NoSignal, Notices
from live.drawing.profile_panel import Profile
from live.drawing.scene import Scene
from live.drawing.strip import Strip
from live.editing import BUTTONS, begin, places_of
from live.events import Button, Closed, DisplayEvent, Gesture, Inbox, Key, MouseButton, Point, Pointer
from live.intake import PATIENCE_S
from live.layout import Layout, arrange
from live.layout.panel_places import Panel
from live.loop import Last, StopCondition, run
from live.measuring.profiler import Profiler
from live.notices import NOTICE_S, Kind
from live.notices import Notices as NoticesSaid
from live.recording.keep import Keep
from live.session import IDLE_S
from live.sources.frame import Frame, SourceCounts, SourceError, SourceEvent
from live.state import LayerSettings, MapPixel, ViewState

STATE = ViewState(LayerSettings.of(BUILT_IN_BANKS))
INSPECTING = STATE.with_appearance(panels=frozenset({Panel.INSPECTOR}))
compose = Compositor.compose


Heard = Sequence[DisplayEvent]


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class ScriptedSource:
    """Gives these images, one a read, and then ends (or, live, falls silent); each read takes `read_s`."""

    name = granted = "script"
    fps: float | None = 10.0

    def __init__(self, clock: Clock, images: Sequence[ByteArray | None], *, live: bool = False) -> None:
        self.clock, self.images, self.live = clock, deque(images), live
        self.counts = SourceCounts()
        self.silent_since_s: float | None = None
        self.pauses: list[bool] = []
        self.closed = False

    @property
    def ended(self) -> bool:
        return not self.images and not self.live

    def read(self, timeout_s: float) -> Frame | None:
        image = self.images.popleft() if self.images else None
        if image is None:
            self.clock.now_s += timeout_s
            return None
        self.clock.now_s += 0.1
        self.counts.captured += 1
        now_s = self.clock.now_s
        return Frame(image, self.counts.captured - 1, now_s, now_s, 0.002)

    def advice(self, measured_fps: float) -> str | None:
        return f"{self.name} gives {measured_fps:.0f} fps"

    def pause(self, paused: bool) -> None:
        self.pauses.append(paused)

    def close(self) -> None:
        self.closed = True


class ScriptedDisplay:
    """A window whose person does one thing a look; keeps what was shown. After the script it is closed."""

    interactive = True

    def __init__(self, clock: Clock, script: Sequence[Heard], canvas_wh: tuple[int, int] = (640, 480)) -> None:
        self.clock, self.script, self.canvas_wh = clock, deque(script), canvas_wh
        self.shown: list[ByteArray] = []
        self.fullscreen: list[bool] = []
        self.waits_s: list[float] = []

    def open(self, preferred_wh: tuple[int, int]) -> None:
        pass

    def show(self, canvas: ByteArray) -> Heard:
        self.clock.now_s += 0.003
        self.shown.append(canvas.copy())
        return self._next()

    def idle(self, wait_s: float) -> Heard:
        self.clock.now_s += wait_s
        self.waits_s.append(wait_s)
        return self._next()

    def _next(self) -> Heard:
        return self.script.popleft() if self.script else [Closed()]

    def set_fullscreen(self, fullscreen: bool) -> None:
        self.fullscreen.append(fullscreen)

    def close(self) -> None:
        pass


def random_image(seed: int = 0, shape: tuple[int, ...] = (60, 80, 3)) -> ByteArray:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def click(at: Point) -> Heard:
    """The pointer comes there, and the left button clicks."""
    return [Pointer(at), Button(MouseButton.LEFT, Gesture.CLICK, at)]


def keys(*names: str) -> list[Heard]:
    return [[Key(name)] if name else [] for name in names]


class Run:
    """One run of the loop over a scripted source and display."""

    def __init__(
        self,
        images: Sequence[ByteArray | None],
        script: Sequence[Heard],
        state: ViewState = STATE,
        engine: Engine | None = None,
        **options: object,
    ) -> None:
        self.clock = Clock()
        self.source = ScriptedSource(self.clock, images, live=bool(options.pop("live", False)))
        self.display = ScriptedDisplay(self.clock, script)
        self.profiler = Profiler(self.clock)
        self.last = Last(state)
        self.inbox = Inbox()
        self.engine = engine or OpenCvEngine()
        self.options = options

    def __call__(self) -> Run:
        stop = self.options.get("stop")
        run(
            self.source,
            self.engine,
            self.display,
            self.profiler,
            self.last,
            stop=stop if isinstance(stop, StopCondition) else None,
            inbox=self.inbox,
        )
        return self


def test_without_a_window_every_frame_of_a_file_is_processed_and_the_run_ends() -> None:
    clock = Clock()
    source, profiler, last = ScriptedSource(clock, [random_image(i) for i in range(5)]), Profiler(clock), Last(STATE)
    run(source, OpenCvEngine(), NullDisplay(), profiler, last)
    assert profiler.processed.count == source.counts.captured == 5
    assert profiler.shown.count == 0
    assert last.image is not None
    assert np.array_equal(last.image, random_image(4))


def test_the_run_ends_after_so_many_frames() -> None:
    done = Run([random_image(i) for i in range(5)], keys(*[""] * 50), stop=StopCondition(frames=3))()
    assert done.profiler.processed.count == 3


def test_the_run_ends_so_many_seconds_after_the_first_picture() -> None:
    done = Run([random_image(i) for i in range(50)], keys(*[""] * 90), stop=StopCondition(seconds=1.0))()
    # The first picture is there after a read of 0.1 s and a show of 3 ms; then one every 0.103 s.
    assert done.profiler.processed.count == 11


@pytest.mark.parametrize("key", ["q", "Esc"])
def test_the_quit_keys_end_it(key: str) -> None:
    done = Run([random_image(i) for i in range(9)], keys("", key, "", ""))()
    assert len(done.display.shown) == 2


def test_the_x_button_ends_it_and_its_frame_is_not_counted_as_shown() -> None:
    done = Run([random_image(i) for i in range(9)], [[], [Closed()]])()
    assert (done.profiler.processed.count, done.profiler.shown.count) == (2, 1)


def test_a_single_picture_stays_on_the_screen_and_is_counted_once() -> None:
    done = Run([random_image()], keys(*[""] * 20))()
    assert len(done.display.shown) == 1
    assert done.profiler.processed.count == 1


def test_r_changes_the_picture_and_r_again_brings_it_back_exactly() -> None:
    done = Run([random_image()], keys("r", "", "r", "", ""))()
    first, without, again = done.display.shown
    assert not np.array_equal(first, without)
    assert np.array_equal(first, again)


@pytest.mark.parametrize("key", ["m", "x", "k", "i", "t", "g", "h", "z", "p"])
def test_every_switch_changes_the_picture_and_brings_it_back(key: str) -> None:
    done = Run([random_image()], keys(key, "", key, "", ""))()
    first, between, again = done.display.shown[0], done.display.shown[1], done.display.shown[-1]
    assert not np.array_equal(first, between)
    assert np.array_equal(first, again)


@pytest.mark.parametrize("key", ["n", "f", "d", "3", "+", "-", "c"])
def test_every_choice_changes_the_picture(key: str) -> None:
    done = Run([random_image()], keys(key, "", ""))()
    assert not np.array_equal(done.display.shown[0], done.display.shown[-1])


@pytest.mark.parametrize("key", ["r", "n", "f", "x", "m"])
def test_a_change_that_was_not_shown_any_more_is_not_what_the_run_says_it_showed(key: str) -> None:
    done = Run([random_image()], keys("", key), stop=StopCondition(frames=1))()
    assert done.last.state == STATE
    assert done.last.result is not None
    prepared = Run([random_image(0), random_image(1)], keys("", key), stop=StopCondition(frames=2))()
    assert prepared.last.state == STATE
    assert prepared.last.image is not None
    assert np.array_equal(prepared.last.image, random_image(1))


def test_a_snapshot_after_an_unshown_change_is_that_of_the_flat_picture_shown(tmp_path: Path) -> None:
    flat = np.full((60, 80, 3), 77, np.uint8)
    state = STATE.with_appearance(range=RangeMode.FRAME)
    done = Run(
        [flat, flat], keys("", "n"), state, stop=StopCondition(frames=2)
    )()  # n: auto, which no flat map's limits suit
    assert done.last.image is not None
    Keep().write_snapshot(tmp_path, done.engine, done.last.image, done.last.state, done.last.result)
    assert json.loads((tmp_path / "settings.json").read_text())["range"] == "frame"


def test_a_key_that_does_nothing_says_so_on_the_picture() -> None:
    done = Run([random_image()], keys("0", "", "", ""))()
    before, after = done.display.shown[0], done.display.shown[1]
    strip = slice(480 - 40, 480)
    assert np.array_equal(before[:440], after[:440])
    assert not np.array_equal(before[strip], after[strip])


@pytest.mark.parametrize(("canvas_wh", "pages"), [((1920, 1080), 1), ((480, 360), 2)])
def test_turning_the_pages_of_a_help_of_one_says_that_there_is_no_other(
    canvas_wh: tuple[int, int], pages: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    say = NoticesSaid.say

    def noting(notices: NoticesSaid, sentence: str, *kind: Kind) -> None:
        said.append(sentence)
        say(notices, sentence, *kind)

    monkeypatch.setattr(NoticesSaid, "say", noting)
    a_run = Run([random_image()], keys("h", "PageDown", "", ""))
    a_run.display.canvas_wh = canvas_wh
    a_run()
    assert ["one page" in sentence for sentence in said] == [True] * (pages == 1)


def test_a_moved_pointer_runs_no_engine_and_draws_one_overlay_again(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    for overlay in (Captions, Legend, Strip, Inspector, Profile, Help, NoSignal, Notices):
        note_calls(monkeypatch, overlay, drawn)
    canvases: list[tuple[MapPixel | None, list[str]]] = []

    def noting(compositor: Compositor, layout: Layout, scene: Scene) -> ByteArray:
        drawn.clear()
        canvas = compose(compositor, layout, scene)
        canvases.append((scene.target, drawn.copy()))
        return canvas

    monkeypatch.setattr(Compositor, "compose", noting)
    engine = WatchedEngine()
    moves = [[Pointer((x, 99))] for x in range(140, 260, 10)]
    Run([random_image()], [*keys("i", ""), *moves, *keys("")], engine=engine)()
    moved = [overlays for (before, _), (now, overlays) in pairwise(canvases) if before and now and before != now]
    assert len(moved) > 5
    assert all(overlays == ["Inspector"] for overlays in moved)
    assert engine.runs == 1


def test_what_other_events_change_runs_no_engine_either() -> None:
    engine = WatchedEngine()
    script = [*keys("i", "", "p", "", "h", ""), click(middle_of(1)), *keys("", "k", "c", "")]
    assert len(Run([random_image()], script, engine=engine)().display.shown) > 5
    assert engine.runs == 1


@pytest.mark.parametrize("key", ["n", "+", "x", "r", "f"])
def test_what_changes_the_maps_is_computed_again_while_the_picture_stands_still(key: str) -> None:
    engine = WatchedEngine()
    Run([random_image()], keys(key, "", ""), engine=engine)()
    assert engine.runs == 2


def note_calls(monkeypatch: pytest.MonkeyPatch, overlay: type, drawn: list[str]) -> None:
    original = getattr(overlay, "draw")  # noqa: B009

    def draw(self: object, layout: Layout, scene: Scene) -> object:
        drawn.append(overlay.__name__)
        return original(self, layout, scene)

    monkeypatch.setattr(overlay, "draw", draw)


def test_full_screen_is_asked_of_the_display() -> None:
    assert Run([random_image()], keys("w", "", "w", "", ""))().display.fullscreen == [True, False]


def test_paused_no_frame_is_read_and_a_step_reads_one() -> None:
    done = Run([random_image(i) for i in range(9)], keys("space", "", "", ".", "", "", "space", "q"))()
    assert done.source.pauses == [True, False, True, False]  # a live source that is drained gives nothing
    # One before the pause, one stepped, and those after it.
    assert done.profiler.processed.count == 3


def test_a_point_while_playing_pauses_first() -> None:
    done = Run([random_image(i) for i in range(9)], keys("", ".", "", "", "", ""))()
    assert done.last.state.interaction.paused
    assert done.profiler.processed.count == 3


def test_the_window_hears_keys_while_the_source_is_silent() -> None:
    done = Run([random_image(), *[None] * 5], keys("", "", "", "r", "q"), live=True)()
    assert done.last.state.settings.activation == Activation.NONE


def test_mirroring_comes_before_the_engine() -> None:
    done = Run([random_image()], keys("m", "", ""))()
    assert done.last.image is not None
    assert np.array_equal(done.last.image, random_image()[:, ::-1])


FREE = -1


def middle_of(index: int | None) -> Point:
    """The canvas pixel in the middle of a map, of the input (None), or of the place where there is no tile (FREE)."""
    layout = arrange(layout_request((640, 480), (60, 80, 3), INSPECTING))
    tile = layout.tile(index)
    place = layout.free if index == FREE else tile.picture if tile else None
    assert place is not None
    return place.x + place.width // 2, place.y + place.height // 2


def test_the_inspector_opened_over_a_place_without_a_tile_shows_no_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.drawing.inspector.inspect_pixel", lambda *_: pytest.fail("a pixel is shown"))
    done = Run([random_image()], [[Pointer(middle_of(FREE))], *keys("", "i", "", "")], STATE)()
    assert done.last.state.shows(Panel.INSPECTOR)
    assert done.last.state.interaction.inspected is None


@pytest.mark.parametrize("what", ["hover", "click", "click while pinned"])
def test_a_place_without_a_tile_leaves_no_pixel_on_show(what: str) -> None:
    on_map, away = middle_of(1), middle_of(FREE)
    first = click(on_map) if what == "click while pinned" else [Pointer(on_map)]
    then = click(away) if what != "hover" else [Pointer(away)]
    shown = Run([random_image()], [*keys("i", ""), first, *keys("", "")], STATE)()
    assert shown.last.state.interaction.inspected is not None
    assert shown.last.state.interaction.inspected[0] == 1
    done = Run([random_image()], [*keys("i", ""), first, *keys(""), then, *keys("", "")], STATE)()
    assert done.last.state.interaction.inspected is None
    assert not np.array_equal(shown.display.shown[-1], done.display.shown[-1])


def test_what_the_inspector_shows_stays_while_the_pointer_is_beside_the_picture() -> None:
    away = click((630, 20))  # on the panel
    done = Run([random_image()], [*keys("i"), [Pointer(middle_of(1))], *keys(""), away, *keys("", "")], STATE)()
    assert done.last.state.interaction.inspected is not None
    assert done.last.state.interaction.inspected[0] == 1


@pytest.mark.parametrize("key", ["f", "g", "x"])
def test_after_a_change_of_what_is_shown_the_inspector_shows_what_lies_under_the_pointer_now(key: str) -> None:
    where = (199, 130)  # on a map with the input shown and without
    done = Run([random_image()], [*keys("i"), [Pointer(where)], *keys(key, "", "")], STATE)()
    state = done.last.state
    assert state.interaction.inspected == arrange(layout_request((640, 480), (60, 80, 3), state)).map_pixel(*where)
    assert state.interaction.inspected is not None


def test_without_a_pointer_the_inspector_shows_the_middle_and_arrows_go_on_from_there() -> None:
    done = Run([random_image()], keys("i", "", "Right", "", ""))()
    assert done.last.state.interaction.pinned == (0, 57 // 2, 77 // 2 + 1)


def test_a_right_click_lets_the_pin_go() -> None:
    where = middle_of(1)
    script = [*keys("i"), click(where), *keys("")]
    assert Run([random_image()], [*script, *keys("", "")], STATE)().last.state.interaction.pinned is not None
    done = Run([random_image()], [*script, [Button(MouseButton.RIGHT, Gesture.CLICK, (5, 5))], *keys("", "")], STATE)()
    assert done.last.state.interaction.pinned is None
    assert done.last.state.interaction.inspected is not None  # the pointer is still there


class NotingEngine(WatchedEngine):
    """Notes the pictures that it is given, as they are at that time, and where they lie."""

    def __init__(self) -> None:
        super().__init__()
        self.images: list[ByteArray] = []
        self.places: list[ByteArray] = []

    def computes(self, frame: ByteArray) -> None:
        assert frame.flags.c_contiguous
        self.images.append(frame.copy())
        self.places.append(frame)


@pytest.mark.parametrize("shape", [(60, 80, 3), (60, 80)])
def test_a_frame_is_mirrored_once_and_for_all_and_otherwise_not_even_copied(shape: tuple[int, ...]) -> None:
    engine = NotingEngine()
    images = [random_image(seed, shape) for seed in range(4)]
    done = Run(
        images, keys("", "m", "", "m", ""), STATE.with_appearance(range=RangeMode.FIXED, input_tile=True), engine
    )()
    assert done.profiler.processed.count == 4
    for number, mirrored in enumerate([False, False, True, True]):
        seen = engine.images[number]
        assert np.array_equal(seen, images[number][:, ::-1] if mirrored else images[number])
        assert np.shares_memory(engine.places[number], images[number]) != mirrored


def test_a_still_picture_is_turned_there_and_back() -> None:
    engine = NotingEngine()
    Run([random_image()], keys("m", "m", "m", ""), STATE.with_appearance(range=RangeMode.FIXED), engine)()
    ways = [random_image(), random_image()[:, ::-1]]
    assert [np.array_equal(seen, ways[number % 2]) for number, seen in enumerate(engine.images)] == [True] * 4


def test_a_gain_divides_the_limits() -> None:
    state = STATE.with_appearance(range=RangeMode.FIXED)
    done = Run([random_image()], keys("+", "", ""), state)()
    assert done.last.result is not None
    assert done.last.result.ranges.tolist() == [[0, 4]] * 4


def test_auto_begins_with_the_pictures_own_limit() -> None:
    done = Run([random_image()], keys("", ""))()
    assert done.last.result is not None
    shown = OpenCvEngine().maps(random_image(), STATE.settings.layer)[1]
    assert done.last.result.ranges == pytest.approx(map_ranges(STATE.settings.layer, shown, "auto"), rel=1e-5)
    assert done.last.result.share_above == pytest.approx(np.mean(shown > done.last.result.ranges[0, 1]), abs=1e-3)


def test_another_banks_limit_is_looked_for_before_its_first_picture_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = noted_looks(monkeypatch)
    done = Run([random_image(), random_image(1), random_image(2)], keys("f", "r", ""))()
    assert done.last.state.settings.bank_index == 1
    assert looks == ["convviz-ahead"] * 3


def test_a_pause_waits_long_for_a_key_but_a_step_does_not_while_its_frame_is_on_the_way() -> None:
    # One frame and the pause; a step, whose frame comes at the second look; and at rest again.
    done = Run([random_image(0), None, random_image(1)], keys("space", "", ".", "", "", ""), live=True)()
    assert done.display.waits_s[0] == IDLE_S
    assert min(done.display.waits_s) < PATIENCE_S
    assert done.display.waits_s[-1] == IDLE_S
    assert done.profiler.processed.count == 2


def test_auto_follows_the_limits_half_a_second_behind() -> None:
    calm, wild = np.full((60, 80), 100, np.uint8), np.full((60, 80), 100, np.uint8)
    calm[:, 40:], wild[:, 40:] = 151, 202  # edges of 51/255 and 102/255: peaks 8 * 0.2 and 8 * 0.4
    done = Run([calm, wild, wild], keys("", "", ""), stop=StopCondition(frames=3))()
    assert done.last.result is not None
    # The third picture's limits come from the first two; its frames are 0.103 s apart.
    expected = 1.6 + 1.6 * (1 - np.exp(-0.103 / 0.5))
    assert done.last.result.ranges[0, 1] == pytest.approx(expected, rel=1e-4)


def big_bank() -> FilterBank:
    return FilterBank("big", (Filter("f", np.ones((31, 31), np.float32)),))


def test_a_bank_that_does_not_fit_the_frame_gives_way_to_the_one_before_with_a_notice() -> None:
    state = ViewState(LayerSettings.of([BUILT_IN_BANKS[0], big_bank()]))
    done = Run([random_image(shape=(20, 20, 3))], keys("f", "", "", ""), state)()
    assert done.last.state.settings.bank_index == 0
    assert not np.array_equal(done.display.shown[0], done.display.shown[-1])  # the notice is on it


def test_a_geometry_that_the_frame_is_too_small_for_changes_nothing_and_is_said() -> None:
    """A 4x4 kernel spans 22 of 20 pixels with a dilation of 7, and 19 with 6."""
    pressed = keys("l", *["Up"] * 4, *["Right"] * 6, "", "")
    done = Run([random_image(shape=(20, 20, 3))], pressed, ViewState(LayerSettings.of(BUILT_IN_BANKS[:1])))()
    settings = done.last.state.settings
    assert settings.layer.dilation == (6, 6)
    assert len(settings.history.past) == 5  # what was refused is no step that could be undone


def test_a_first_frame_that_is_too_small_is_the_sources_error() -> None:
    with pytest.raises(SourceError, match="smaller than the 31x31"):
        Run([random_image(shape=(20, 20, 3))], keys(""), ViewState(LayerSettings.of([big_bank()])))()


def test_a_picture_among_others_that_is_too_small_is_passed_over_with_a_notice() -> None:
    images = [random_image(0), random_image(1, shape=(3, 9, 3)), random_image(2)]
    done = Run(images, keys("", "", "", ""))()
    assert done.last.image is not None
    assert np.array_equal(done.last.image, images[2])
    assert (done.profiler.processed.count, done.profiler.given_up) == (2, 1)
    assert len(done.display.shown) == 3  # the notice, and then the third picture


class ReusingSource(ScriptedSource):
    """A frame's pixels are gone once the second one after it is given out, as the contract allows."""

    def read(self, timeout_s: float) -> Frame | None:
        frame = super().read(timeout_s)
        if frame is None:
            return None
        frame = replace(frame, image=frame.image.copy())
        self.given = [*getattr(self, "given", []), frame.image]
        if len(self.given) > 2:
            self.given[-3][:] = 0
        return frame


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("window", [False, True])
def test_the_frame_before_those_passed_over_keeps_its_pixels(window: bool, mirror: bool) -> None:
    small = random_image(1, shape=(3, 9, 3))
    prepared = Run([], keys("", "", "", "", "r", "r", "", "m", "m", "", ""), STATE.with_appearance(mirror=mirror))
    source = ReusingSource(prepared.clock, [random_image(0), small, small, small])
    display = prepared.display if window else NullDisplay()
    run(source, prepared.engine, display, prepared.profiler, prepared.last)
    assert prepared.profiler.processed.count == 1
    assert prepared.last.image is not None
    assert np.array_equal(prepared.last.image, random_image(0)[:, ::-1] if mirror else random_image(0))


def test_a_notice_of_the_source_is_on_the_picture_for_a_while() -> None:
    prepared = Run([random_image()], keys(*[""] * 200))
    prepared.inbox.append(SourceEvent("notice", 1000.0, "the camera came back"))
    shown = prepared().display.shown
    assert len(shown) == 3  # without, with, without again
    assert np.array_equal(shown[0], shown[2])
    assert not np.array_equal(shown[0], shown[1])


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The notices of every canvas."""
    found: list[list[str]] = []

    def noting(compositor: Compositor, layout: Layout, scene: Scene) -> ByteArray:
        found.append(list(scene.status.notices))
        return compose(compositor, layout, scene)

    monkeypatch.setattr(Compositor, "compose", noting)
    return found


@pytest.mark.parametrize("key", ["space", "."])
def test_after_the_last_picture_pausing_and_stepping_say_that_no_other_comes(key: str, told: list[list[str]]) -> None:
    prepared = Run([random_image()], keys("", key, "", ""))
    prepared()
    assert told[-1][0].startswith("no other picture comes: ")
    assert not prepared.last.state.interaction.paused


@pytest.mark.parametrize(
    ("pressed", "said"),
    [
        (">", "the new column is at the left, "),  # of four: the fifth; the middle is the second and then the third
        (">>", "the new column is at the right, "),
        (">><", "the column at the right is gone, "),
        ("<", "the column at the right is gone, "),
        (")", "the new row is at the top, "),
        ("((", "the row at the top is gone, "),
        (">@", ""),
    ],
)
def test_what_gives_the_kernels_another_size_says_at_which_side(
    pressed: str, said: str, told: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    prepared = Run([random_image()], keys("", "e", *pressed, "", ""))
    middle_of_ones = prepared.last.state.layer.geometry.middle_pixel(0, 0)
    prepared()
    assert "".join(told[-1]).startswith(said)
    assert bool(told[-1]) == bool(said)
    after = prepared.last.state.layer
    if not said.startswith("the new column"):
        return
    columns = np.flatnonzero(after.bank.kernels[0, 0].any(axis=0))
    assert after.bank.kernel_hw[1] == 4 + len(pressed)
    assert after.geometry.middle_pixel(0, 0)[1] - columns[0] == middle_of_ones[1]  # the same weight is in the middle


def test_the_button_of_such_a_key_says_it_too(
    told: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    editing = begin(STATE)
    places = places_of(editing, arrange(layout_request((640, 480), (60, 80, 3), editing)))
    assert places is not None
    place = places.buttons[[key for key, _ in BUTTONS].index(">")]
    click = Button(MouseButton.LEFT, Gesture.CLICK, (place.x + 2, place.y + 2))
    Run([random_image()], [*keys("", "e", ""), [click], [], []])()
    assert told[-1][0].startswith("the new column is at the left, ")


class Again(ScriptedSource):
    """Has its pictures once more."""

    @property
    def replays(self) -> bool:
        return self.ended

    def play_again(self) -> None:
        self.images.append(random_image(7))


def test_after_the_last_picture_space_plays_a_film_again_also_where_it_was_paused(told: list[list[str]]) -> None:
    prepared = Run([random_image()], keys("", ".", "space", "", "space", "", ""))
    prepared.source = Again(prepared.clock, [random_image()])
    done = prepared()
    assert prepared.source.counts.captured == 3
    assert len(done.display.shown) >= 3
    assert not prepared.last.state.interaction.paused
    assert told[1] == ["no other picture comes: this is the last one, and space plays all of them again"]
    assert told[-1] == []


def test_what_a_key_has_done_gives_way_when_a_later_one_has_its_own_sentence(
    told: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Run([random_image()], keys("", "v", "", "v", "", "", "c", "", "b", "", ""))()
    recorded = [said for said in told if said and said[0].startswith("recorded ")]
    assert len(recorded) == 2  # and what changes the colours leaves it there
    assert told[-1] == ["b compares with the layer that a keeps, and none is kept yet"]


@pytest.mark.parametrize(
    ("before", "useless", "works"), [("n n", "+", "n"), ("", "b", "a"), ("", "b", "v"), ("e", "Left", "Right")]
)
def test_why_a_key_did_nothing_is_said_until_another_works(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: list[list[str]], before: str, useless: str, works: str
) -> None:
    monkeypatch.chdir(tmp_path)
    prepared = Run([random_image()], keys(*before.split(), "", useless, "", "", works, "", ""))
    prepared.inbox.append(SourceEvent("notice", 1000.0, "the camera came back"))
    prepared()
    assert max(map(len, told)) == 2
    assert told[-1] == ["the camera came back"]


def test_what_changes_while_it_is_drawn_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = Run([random_image()], keys(*[""] * 200))

    def slow(compositor: Compositor, layout: Layout, scene: Scene) -> ByteArray:
        canvas = compose(compositor, layout, scene)
        prepared.clock.now_s += NOTICE_S  # meanwhile the notice has been there long enough
        prepared.display.canvas_wh = (641, 480)  # and the window is another size
        return canvas

    monkeypatch.setattr(Compositor, "compose", slow)
    prepared.inbox.append(SourceEvent("notice", 1000.0, "the camera came back"))
    shown = prepared().display.shown
    assert len(shown) == 3  # without; with, in the new size; without again
    assert not np.array_equal(shown[1], shown[2])
    assert shown[1].shape == (480, 641, 3)


def test_a_video_that_has_ended_shows_no_rate_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    rates: list[float | None] = []

    class EndsLate(ScriptedSource):
        """A file whose end is met only by the read after its last frame."""

        ended = False

        def read(self, timeout_s: float) -> Frame | None:
            frame = super().read(timeout_s)
            self.ended = frame is None
            return frame

    def noting(compositor: Compositor, layout: Layout, scene: Scene) -> ByteArray:
        rates.append(scene.status.fps)
        return compose(compositor, layout, scene)

    monkeypatch.setattr(Compositor, "compose", noting)
    prepared = Run([], keys(*[""] * 9))
    prepared.source = EndsLate(prepared.clock, [random_image(0), random_image(1)])
    prepared()
    assert rates[-2] is not None
    assert rates[-1] is None


def test_no_signal_is_said_over_the_last_picture() -> None:
    prepared = Run([random_image(), *[None] * 200], keys(*[""] * 90), live=True)
    prepared.source.silent_since_s = 1000.0
    assert len(prepared().display.shown) >= 2  # drawn anew each second


def test_the_sources_error_comes_through_and_the_last_picture_is_known() -> None:
    class Breaking(ScriptedSource):
        def read(self, timeout_s: float) -> Frame | None:
            if not self.images:
                raise SourceError("the camera is gone")
            return super().read(timeout_s)

    prepared = Run([random_image()], keys("", "", "", ""))
    prepared.source = Breaking(prepared.clock, [random_image()], live=True)
    with pytest.raises(SourceError, match="gone"):
        prepared()
    assert prepared.last.image is not None


def test_an_interrupt_ends_it_between_two_frames() -> None:
    clock = Clock()
    source, profiler = ScriptedSource(clock, [random_image(i) for i in range(9)]), Profiler(clock)
    asked: Callable[[], bool] = lambda: profiler.processed.count >= 2  # noqa: E731
    run(source, OpenCvEngine(), NullDisplay(), profiler, Last(STATE), interrupted=asked)
    assert profiler.processed.count == 2


def test_latency_runs_from_capture_to_the_pump_that_drew_it() -> None:
    done = Run([random_image()], keys("", ""))()
    latency = done.profiler.latency.percentiles()
    assert latency is not None
    assert latency.p50 == pytest.approx(3.0)  # what showing takes on this clock


def test_the_stages_are_those_of_the_frames_way() -> None:
    done = Run([random_image()], keys("", ""))()
    assert set(done.profiler.stages) == {"capture", "compute", "draw", "show"}


@pytest.mark.parametrize("canvas_wh", [(1, 1), (50, 40), (160, 120), (320, 240), (640, 480), (3840, 2160)])
def test_every_overlay_can_be_drawn_on_any_canvas(canvas_wh: tuple[int, int]) -> None:
    everything = STATE.with_appearance(
        input_tile=True,
        kernels=True,
        tint=True,
        colormap="diverging",
        panels=frozenset({Panel.PROFILE, Panel.HELP, Panel.INSPECTOR}),
    )
    for bank_index in range(len(BUILT_IN_BANKS)):
        prepared = Run(
            [random_image()], keys("n", "n", "r", "z", "n", "n", ""), everything.with_settings(bank_index=bank_index)
        )
        prepared.display.canvas_wh = canvas_wh
        assert prepared().display.shown[0].shape == (canvas_wh[1], canvas_wh[0], 3)


def test_frame_size_errors_are_value_errors() -> None:
    assert issubclass(FrameSizeError, ValueError)


def test_what_is_kept_is_told_of_each_frame() -> None:
    told: list[float] = []

    class Counting(Keep):
        def picture(
            self, canvas: ByteArray | None, mosaic: ByteArray, image: ByteArray, captured_at_s: float, frame: int = 0
        ) -> None:
            assert frame == len(told)
            assert canvas is None
            assert mosaic.shape == (2 * (image.shape[0] - 3), 2 * (image.shape[1] - 3))
            told.append(captured_at_s)

    clock = Clock()
    source = ScriptedSource(clock, [random_image(i) for i in range(3)])
    run(source, OpenCvEngine(), NullDisplay(), Profiler(clock), Last(STATE), keep=Counting())
    assert told == pytest.approx([1000.1, 1000.2, 1000.3])
