"""A model's layers in the loop: what is shown and kept, with a display and a source that the test drives."""

from __future__ import annotations

import gc
import json
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch_models import ControlFlow, make

from convviz_core import ModelLayer, load_model, open_engine
from convviz_core.arrays import ByteArray
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.models.errors import ModelError
from convviz_core.mosaic import tile_maps
from convviz_core.ranges import RangeMode
from live.controls import press
from live.display.null import NullDisplay
from live.events import Closed, DisplayEvent, Inbox, Key
from live.key_reasons import why_nothing
from live.layout.panel_places import Panel
from live.loop import Last, StopCondition, run
from live.measuring.profiler import Profiler
from live.model_view import session
from live.model_view.answer import Answer
from live.model_view.chosen import LayerLine, ModelChoice
from live.model_view.chosen import Source as Place
from live.model_view.composing import input_words
from live.model_view.reasons import arrived
from live.model_view.worker import Worker
from live.recording import model_snapshot
from live.recording.keep import Keep
from live.sources.frame import Frame, SourceCounts
from live.state import Appearance, LayerSettings, ViewState

pytestmark = pytest.mark.usefixtures("one_thread", "found_in_time")

HW = (24, 32)


class Source:
    """Gives these pictures, a tenth of a second apart, and ends."""

    name = granted = "script"
    fps: float | None = 10.0
    live = False
    silent_since_s: float | None = None

    def __init__(self, images: Sequence[ByteArray]) -> None:
        self.images = deque(images)
        self.counts = SourceCounts()

    @property
    def ended(self) -> bool:
        return not self.images

    def read(self, timeout_s: float) -> Frame | None:  # noqa: ARG002
        if not self.images:
            return None
        self.counts.captured += 1
        at_s = self.counts.captured / 10
        return Frame(self.images.popleft(), self.counts.captured - 1, at_s, at_s, 0.0)

    def advice(self, measured_fps: float) -> str | None:  # noqa: ARG002
        return None

    def pause(self, paused: bool) -> None:
        pass

    def close(self) -> None:
        pass


class Display:
    """A window whose person does one thing a look; notes the name that is then on the screen."""

    interactive = True
    canvas_wh = (640, 480)

    def __init__(self, script: Sequence[str], last: Last) -> None:
        self.script, self.last = deque(script), last
        self.seen: list[tuple[str, ByteArray]] = []

    def open(self, preferred_wh: tuple[int, int]) -> None:
        pass

    def show(self, canvas: ByteArray) -> Sequence[DisplayEvent]:
        if shown := self.last.shown:  # else what is waited for
            self.seen.append((shown.answer.asked.layer.name, canvas.copy()))
        return self._next()

    def idle(self, wait_s: float) -> Sequence[DisplayEvent]:  # noqa: ARG002
        return self._next()

    def _next(self) -> Sequence[DisplayEvent]:
        return [Key(self.script.popleft())] if self.script else [Closed()]

    def set_fullscreen(self, fullscreen: bool) -> None:
        pass

    def close(self) -> None:
        pass


def picture(seed: int = 0) -> ByteArray:
    return np.random.default_rng(seed).integers(0, 256, (*HW, 3), np.uint8)


def state_of(module: nn.Module, name: str = "", **looks: object) -> ViewState:
    appearance = Appearance(**looks)  # type: ignore[arg-type]
    return ViewState(
        LayerSettings.of(BUILT_IN_BANKS), appearance, model=ModelChoice(load_model(module), name, None, HW)
    )


def headless(state: ViewState, images: Sequence[ByteArray], keep: Keep | None = None) -> tuple[Last, Profiler]:
    last, profiler = Last(state), Profiler()
    with open_engine("torch", "cpu") as engine:
        run(Source(images), engine, NullDisplay(), profiler, last, keep=keep)
    return last, profiler


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers come before the next look, as if the model took no time."""
    monkeypatch.setattr(session, "Worker", partial(_at_once))


def _at_once(engine: object, *, beside: bool) -> Worker:
    assert beside
    return Worker(engine, beside=False)  # type: ignore[arg-type]


def in_window(
    state: ViewState, script: Sequence[str], images: Sequence[ByteArray] = (), keep: Keep | None = None
) -> tuple[Last, Display]:
    last = Last(state)
    display = Display(script, last)
    with open_engine("torch", "cpu") as engine:
        source = Source(images or [picture()])
        run(source, engine, display, Profiler(), last, keep=keep, inbox=Inbox(), stop=StopCondition())
    return last, display


def test_without_a_window_every_frame_gets_its_answer_from_the_first_convolution() -> None:
    last, profiler = headless(state_of(make("residual")), [picture(seed) for seed in range(3)])
    assert profiler.processed.count == 3
    assert last.shown is not None
    assert last.shown.answer.asked.layer.name == "0"
    assert last.state.model is not None
    assert last.state.model.lines[0].stride == (2, 2)


@pytest.mark.parametrize("mode", list(RangeMode))
def test_the_mosaic_is_the_layer_s_output_in_the_reported_ranges(mode: RangeMode) -> None:
    last, _ = headless(state_of(make("plain"), "3", range=mode), [picture()])
    assert last.result is not None
    with open_engine("torch", "cpu") as engine:
        _, maps = engine.maps(picture(), ModelLayer(load_model(make("plain")), "3", HW))
        whole = engine.run(picture(), ModelLayer(load_model(make("plain")), "3", HW), range=mode)
    lo, hi = (last.result.ranges[:, end, None, None].astype(np.float64) for end in (0, 1))
    wanted = np.floor(255 * (maps.astype(np.float64) - lo) / np.where(hi > lo, hi - lo, 1) + 0.5)
    assert np.abs(last.result.mosaic - tile_maps(np.clip(wanted, 0, 255).astype(np.uint8)).astype(int)).max() <= 1
    assert np.allclose(last.result.ranges, whole.ranges, rtol=1e-5)


def test_a_hundred_switches_in_a_row_show_each_layer_s_own_output(at_once: None) -> None:  # noqa: ARG001
    module = make("encoder_decoder")
    script = [*["]"] * 50, *["["] * 50]
    last, display = in_window(state_of(module), script)
    assert last.state.model is not None
    names = [line.name for line in last.state.model.lines]
    walked = [min(step, len(names) - 1) for step in range(51)]
    walked += [max(walked[-1] - step, 0) for step in range(1, 51)]
    shown = [name for name, _ in display.seen]
    met = [names[at] for at in walked]
    assert [name for at, name in enumerate(shown) if not at or name != shown[at - 1]] == [
        name for at, name in enumerate(met) if not at or name != met[at - 1]
    ]
    assert last.shown is not None
    with open_engine("torch", "cpu") as engine:
        conv, _ = engine.maps(picture(), ModelLayer(load_model(module), names[0], HW))
    assert np.array_equal(last.shown.answer.conv, conv)


def test_a_full_stop_is_text_while_one_types_after_the_last_picture_too(at_once: None) -> None:  # noqa: ARG001
    last, _ = in_window(state_of(make("residual")), ["", "", *"/layer1."])
    assert last.state.model is not None
    assert last.state.model.typed == "layer1."


def test_the_list_and_typing_choose_a_layer_and_a_number_a_channel(at_once: None) -> None:  # noqa: ARG001
    last, _ = in_window(state_of(make("encoder_decoder")), ["l", "Down", "Down", "Enter"])
    assert last.state.model is not None
    assert last.state.model.name == last.state.model.lines[2].name
    last, _ = in_window(state_of(make("encoder_decoder")), [*"/twi", "Enter"])
    assert last.state.model is not None
    assert last.state.model.name == "twice"
    last, _ = in_window(state_of(make("encoder_decoder")), [*"/4", "Enter", *"/77", "Enter", "Esc"])
    assert last.state.interaction.viewport.enlarged == 4
    assert last.state.model is not None
    assert last.state.model.typed is None


@pytest.mark.parametrize(
    ("typed", "key", "says"),
    [
        ("con3", "Enter", "no layer's name has con3 in it"),
        ("con3", "Down", "no layer's name has con3 in it"),
        ("977", "Enter", "the channels are 0 to 2"),
        ("", "Enter", "nothing is typed yet"),
        ("", "Backspace", "nothing is typed yet"),
        ("con3", "space", "space is no part of a layer's name"),
    ],
)
def test_a_key_that_finds_nothing_while_one_types_says_why(typed: str, key: str, says: str) -> None:
    lines = tuple(LayerLine(name, "Conv2d", (3, 9, 9), (1, 1)) for name in ("conv1", "conv2"))
    state = state_of(nn.Conv2d(3, 3, 3), "conv1").with_model(lines=lines)
    for one in ["/", *typed]:
        state, _ = press(state, one)
    assert press(state, key) == (state, None)
    assert why_nothing(state, key).startswith(says)


@pytest.mark.parametrize("key", ["!", "Tab", "Delete"])
def test_a_key_that_edits_says_that_a_model_is_not_edited(key: str) -> None:
    state = state_of(nn.Conv2d(3, 3, 3))
    assert press(state, key) == (state, None)
    assert why_nothing(state, key) == f"{key} edits a filter bank's kernels, and a model's weights stay as they are"


def test_pages_show_the_other_channels_and_their_own_bytes(at_once: None) -> None:  # noqa: ARG001
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 70, 3))
    last, _ = in_window(state_of(module), ["PageDown", "PageDown"])
    assert last.shown is not None
    assert last.shown.page.look.channels == (64, 65, 66, 67, 68, 69)
    assert len(last.shown.page.ranges) == 6


def test_the_strongest_channels_come_first(at_once: None) -> None:  # noqa: ARG001
    conv = nn.Conv2d(3, 3, 1)
    conv.weight.data.zero_()
    conv.bias = nn.Parameter(torch.tensor([0.5, 2.0, 1.0]))
    last, _ = in_window(state_of(nn.Sequential(conv)), ["o", ""])
    assert last.shown is not None
    assert last.shown.page.look.channels == (1, 2, 0)


def test_keys_that_mean_nothing_for_a_model_change_nothing(at_once: None) -> None:  # noqa: ARG001
    plain, _ = in_window(state_of(make("plain")), [""])
    after, _ = in_window(state_of(make("plain")), [*"fdexkujyb195"])
    assert after.state.settings == plain.state.settings
    assert after.state.appearance == plain.state.appearance
    assert after.state.editing is None


def test_a_snapshot_has_what_went_in_all_maps_before_relu_and_the_page(tmp_path: Path) -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 70, 3, 2))
    last, _ = headless(state_of(module), [picture()])
    with open_engine("torch", "cpu") as engine:
        assert last.image is not None
        Keep().write_snapshot(tmp_path / "s", engine, last.image, last.state, last.result, shown=last.shown)
    assert {path.name for path in (tmp_path / "s").iterdir()} == {
        "frame.png",
        "mosaic.png",
        "maps.npz",
        "settings.json",
    }
    kept = np.load(tmp_path / "s" / "maps.npz")
    rgb = picture()[..., ::-1].transpose(2, 0, 1) / 255
    assert np.allclose(kept["input"], rgb, atol=1e-6)
    with torch.no_grad():
        wanted = module.double()(torch.from_numpy(rgb)[None])[0].numpy()
    assert np.abs(kept["maps"] - wanted).max() <= 1e-4 * np.abs(wanted).max()
    settings = json.loads((tmp_path / "s" / "settings.json").read_text())
    assert {name: settings[name] for name in ("model", "weights", "layer", "input", "page")} == {
        "model": "Sequential",
        "weights": None,
        "layer": "0",
        "input": "32x24",
        "page": 1,
    }
    assert last.result is not None
    mosaic = np.asarray(cv2.imread(str(tmp_path / "s" / "mosaic.png"), cv2.IMREAD_GRAYSCALE))
    assert np.array_equal(mosaic, last.result.mosaic)
    assert len(settings["ranges"]) == 64


def test_a_snapshot_by_its_key_is_written_beside_the_loop_and_said_once_it_is_there(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    at_once: None,  # noqa: ARG001
) -> None:
    threads: list[str] = []
    write = model_snapshot.write_model_snapshot

    def noted(*arguments: Any) -> None:
        threads.append(threading.current_thread().name)
        write(*arguments)

    monkeypatch.setattr(model_snapshot, "write_model_snapshot", noted)
    said: list[str] = []
    keep = Keep(tmp_path, say=said.append)
    state, names = state_of(make("plain"), "0"), ["snapshot-0001", "snapshot-0002"]
    in_window(state, ["", "s", "s", ""], keep=keep)
    keep.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert all((tmp_path / name / "maps.npz").is_file() for name in names)
    assert said == [f"snapshot in {tmp_path / name}" for name in names]
    assert threading.current_thread().name not in threads
    assert len(threads) == 2


def test_a_snapshot_that_cannot_be_written_is_said_and_the_run_fails(tmp_path: Path, at_once: None) -> None:  # noqa: ARG001
    said: list[str] = []
    (tmp_path / "file").touch()
    keep = Keep(tmp_path / "file", say=said.append)
    in_window(state_of(make("plain"), "0"), ["", "s", ""], keep=keep)
    keep.close()
    assert keep.failed
    assert said == [str(keep.failed)]


def test_a_part_without_maps_ends_the_run_with_what_it_gives_instead() -> None:
    with pytest.raises(ModelError, match="'6' has no maps at"):
        headless(state_of(make("plain"), "6"), [picture()])


def test_a_layer_that_disappears_is_said_and_its_last_picture_stays() -> None:
    said: list[str] = []
    dark, bright = np.zeros((*HW, 3), np.uint8), np.full((*HW, 3), 250, np.uint8)
    state = state_of(ControlFlow(inplace=True), "dark")
    last, profiler = headless(state, [dark, bright, bright], Keep(say=said.append))
    assert profiler.processed.count == 1
    assert profiler.given_up == 2
    assert said == ["'dark' does not run on this picture: the last picture stays"]
    assert last.shown is not None
    assert last.shown.answer.asked.layer.name == "dark"


def test_the_tint_shows_the_sizes_of_what_relu_removed(at_once: None) -> None:  # noqa: ARG001
    last, _ = in_window(state_of(make("plain"), "0", range=RangeMode.FIXED), ["t", "z"])
    assert last.shown is not None
    conv, (_, limit) = last.shown.answer.conv, last.shown.page.limits or (0, 0)
    count, (height, width) = len(conv), conv.shape[1:]
    assert last.shown.page.removed is not None
    first_removed = last.shown.page.mosaic[2 * height : 3 * height, :width]  # the ninth of sixteen tiles, four by four
    wanted = np.clip(np.floor(255 * np.maximum(-conv[0], 0) / limit + 0.5), 0, 255)
    assert count == 8
    assert np.abs(first_removed.astype(int) - wanted).max() <= 1
    shares = np.mean(conv < 0, axis=(1, 2))
    least = np.mean(conv < -limit / 255, axis=(1, 2))  # which rounds to a byte of its own
    assert (last.shown.page.removed_shares <= shares).all()
    assert (last.shown.page.removed_shares >= least).all()
    assert shares.max() > 0.1


@pytest.mark.usefixtures("at_once")
def test_a_place_that_is_gone_to_is_pinned_on_the_page_that_shows_its_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    clicked = [Place("0", 70, 4, 5)]

    def arriving(state: ViewState, answer: Answer) -> ViewState:
        there = bool(clicked) and answer.asked.layer.name == "0"
        return arrived(state.with_model(going=clicked.pop()) if there else state, answer)

    monkeypatch.setattr(session, "arrived", arriving)
    module = nn.Sequential(nn.Conv2d(3, 80, 3, padding=1), nn.Conv2d(80, 70, 3, padding=1))
    last, _ = in_window(state_of(module, "1", panels=frozenset({Panel.INSPECTOR})), ["[", "k", "k"])
    assert last.state.model is not None
    assert (last.state.model.name, last.state.model.page) == ("0", 1)
    assert last.state.interaction.pinned == (6, 4, 5)


class NotWide(nn.Module):
    """Fails on what is wider than high by more than half."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3)

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[-1] > 1.5 * x.shape[-2]:
            raise ValueError("too wide")
        out: Tensor = self.conv(x)
        return out


@pytest.mark.usefixtures("at_once")
def test_a_model_that_fails_on_pictures_of_another_size_keeps_the_last_one_and_says_so() -> None:
    state = state_of(NotWide())
    assert state.model
    state = replace(state, model=replace(state.model, input_hw=None))
    pictures = [picture(), np.zeros((24, 64, 3), np.uint8)]
    said: list[str] = []
    last = Last(state)
    with open_engine("torch", "cpu") as engine:
        display = Display(["space"] * 3, last)
        run(Source(pictures), engine, display, Profiler(), last, keep=Keep(say=said.append))
    assert said == ["the model fails on a 597x224 RGB picture: ValueError: too wide: the last picture stays"]
    assert last.shown is not None
    assert last.shown.answer.input_hw == (224, 299)


@pytest.mark.usefixtures("at_once")
def test_a_gray_frame_is_said_to_go_into_a_colour_model_as_rgb() -> None:
    gray = np.zeros(HW, np.uint8)
    for module, kind in ((nn.Conv2d(3, 2, 3), "RGB"), (nn.Conv2d(1, 2, 3), "gray")):
        last, _ = in_window(state_of(module), [], [gray])
        assert last.shown is not None
        assert input_words(last.shown.answer, None) == f"32x24 {kind} in 0 to 1"


@pytest.mark.usefixtures("at_once")
def test_what_is_loaded_before_the_first_picture_is_spared_from_the_search_for_garbage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frozen: list[int] = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(1))
    in_window(state_of(make("plain")), ["space"] * 3, [picture(1), picture(2)])
    assert frozen == [1]


@pytest.mark.parametrize(
    ("module", "note"),
    [
        (nn.Conv2d(1, 2, 3), "the model takes one channel: it gets the picture in gray"),
        (nn.Conv2d(3, 2, 3).half(), "its float16 weights are computed in float32"),
    ],
    ids=["gray", "float16"],
)
def test_what_the_first_run_tells_of_the_model_is_said_once(module: nn.Module, note: str) -> None:
    said: list[str] = []
    state = state_of(module)
    headless(state, [picture()] * 3, Keep(say=said.append))
    assert said == [note]
