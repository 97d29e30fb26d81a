"""A filter file that changes while the view goes on: read again, or said in one sentence, and never over edits."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from convviz_core.arrays import ByteArray
from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.filters.files import load_bank
from convviz_core.filters.toml import to_toml
from convviz_core.geometry import ConvSettings
from convviz_core.layer import Activation, Layer
from live.bank_changes import BankFiles, changed
from live.bank_file import BankFile, NamedFile, stamp
from live.comparing import CompareMode, Comparing
from live.controls import press
from live.display.null import NullDisplay
from live.events import BankRead, Inbox
from live.intake import Intake
from live.loop import Last, run
from live.measuring.profiler import Profiler
from live.notices import Notices
from live.recording.keep import Keep
from live.responding import Responder
from live.sources.frame import Frame, SourceCounts, SourceSettings
from live.state import LayerChoice, LayerSettings, ViewState

SEED_DOUBLED = FilterBank("doubled", tuple(Filter(f.label, 2 * f.kernel) for f in load_bank("udacity").filters))
HALF = 'name = "half"\n[[filter]]\nlabel = "a"\nkernel = [[1, 2'


def bank_of(name: str, *weights: float, shape: tuple[int, ...] = (1, 1, 1, 2)) -> FilterBank:
    return FilterBank.from_array(name, np.resize(np.array(weights), shape))


class Watched:
    """A file of a bank, and what its watcher has told. `look` is what its thread does again and again."""

    def __init__(self, folder: Path, bank: FilterBank) -> None:
        self.path, self.inbox, self._bank = folder / "mine.toml", Inbox(), bank
        self._times = 0
        self.write(to_toml(bank))
        self.file = BankFile(NamedFile(str(self.path), self.path), stamp(self.path), bank, self.inbox)

    def on_the_kept_side(self) -> None:
        named = NamedFile(str(self.path), self.path, live=False, kept=True)
        self.file = BankFile(named, stamp(self.path), self._bank, self.inbox)

    def write(self, text: str, *, by_renaming: bool = False) -> None:
        if by_renaming:
            other = self.path.with_suffix(".new")
            other.write_text(text)
            other.replace(self.path)
        else:
            self.path.write_text(text)
        # Not only the clock of the disk, which may be coarse, tells one writing from the next.
        self._times += 1
        os.utime(self.path, ns=(self._times * 10**9, self._times * 10**9))

    def look(self, times: int = 2) -> list[BankRead]:
        for _ in range(times):
            self.file.look()
        told = [event for event in self.inbox if isinstance(event, BankRead)]
        self.inbox.clear()
        return told


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path, bank_of("first", 1, -1))


def weights(events: Sequence[BankRead]) -> list[object]:
    return [event.bank and event.bank.kernels.reshape(-1).tolist() for event in events]


def test_a_file_that_stays_as_it_is_says_nothing(watched: Watched) -> None:
    assert watched.look(5) == []


@pytest.mark.parametrize("by_renaming", [False, True])
def test_a_file_that_has_changed_is_read_once_it_stands_still(watched: Watched, by_renaming: bool) -> None:
    watched.write(to_toml(bank_of("second", 3, 4)), by_renaming=by_renaming)
    assert watched.look(1) == []
    assert weights(watched.look(1)) == [[3, 4]]
    assert watched.look(3) == []


def test_a_change_between_the_first_reading_and_the_first_look_is_seen(watched: Watched) -> None:
    before, bank = stamp(watched.path), load_bank(watched.path)
    watched.write(to_toml(bank_of("second", 3, 4)))
    watched.file = BankFile(NamedFile(str(watched.path), watched.path), before, bank, watched.inbox)
    assert weights(watched.look(3)) == [[3, 4]]


def test_a_file_that_is_being_written_is_waited_for(watched: Watched) -> None:
    for length in (5, 20, 40):
        watched.write(HALF[:length])
        assert watched.look(1) == []
    watched.write(to_toml(bank_of("second", 3, 4)))
    assert weights(watched.look()) == [[3, 4]]


def test_one_that_stays_half_written_is_said_once_and_read_at_its_next_change(watched: Watched) -> None:
    watched.write(HALF)
    told = watched.look(6)
    assert weights(told) == [None]
    assert "mine.toml" in told[0].sentence
    assert told[0].sentence.endswith("the bank before stays")
    watched.write(to_toml(bank_of("second", 3, 4)))
    assert weights(watched.look()) == [[3, 4]]


def test_one_whose_responses_no_float32_holds_is_said_and_not_taken(watched: Watched) -> None:
    watched.write(to_toml(bank_of("huge", 3e38, 3e38)))
    (told,) = watched.look()
    assert told.bank is None
    assert "add up to 6.0e+38" in told.sentence


def test_one_that_holds_the_same_bank_again_says_nothing(watched: Watched) -> None:
    watched.write("# seen again\n" + watched.path.read_text())
    assert watched.look(4) == []


def test_one_that_is_gone_is_said_once_and_read_when_it_is_back(watched: Watched) -> None:
    text = to_toml(bank_of("second", 3, 4))
    watched.path.unlink()
    told = watched.look(5)
    assert [event.bank for event in told] == [None]
    assert "is gone" in told[0].sentence
    watched.write(text)
    assert weights(watched.look()) == [[3, 4]]


# What the state makes of it.


def read(bank: FilterBank | None) -> BankRead:
    return BankRead(bank, "'mine.toml' has changed")


def into(said: list[str]) -> Callable[[Sequence[str], bool], None]:
    return lambda sentences, _live: said.extend(sentences)


def test_the_bank_that_was_read_takes_the_place_of_the_one_before() -> None:
    said: list[str] = []
    first, second = bank_of("first", 1, -1), bank_of("second", 1, 2, 3, shape=(3, 1, 5, 5))
    state = ViewState(LayerSettings.of((first, load_bank("udacity"))))
    after = BankFiles(into(said)).take(read(second), state)
    assert after.layer.bank is second
    assert after.settings.banks[1] is load_bank("udacity")
    assert press(after, "u")[0] == after  # another file is no step of a hand
    assert said == ["'mine.toml' has changed and is read again"]
    bad = BankFiles(into(said)).take(BankRead(None, "it is bad"), after)
    assert bad == after
    assert said[-1] == "it is bad"


def test_unsaved_edits_are_never_replaced_and_what_was_read_comes_when_they_are_undone_or_written() -> None:
    said: list[str] = []
    files = BankFiles(into(said))
    first, second = bank_of("first", 1, -1), bank_of("second", 3, 4)
    state = press(press(ViewState(LayerSettings.of((first,))), "e")[0], "+")[0]
    kept = files.take(read(second), state)
    assert kept == state
    assert len(said) == 1
    assert "edits" in said[0]
    assert files.wait(kept) == state
    assert files.wait(press(kept, "u")[0]).layer.bank is second
    files.take(read(second), state)
    written = replace(kept, settings=kept.settings.with_written())
    assert files.wait(written).layer.bank is second


def test_geometry_of_the_file_follows_it_and_what_the_command_line_said_stays() -> None:
    before = replace(bank_of("a", 1, 2), conv=ConvSettings(stride=2, padding=1))
    after = replace(bank_of("a", 1, 2), conv=ConvSettings(stride=3, dilation=2))
    untouched = changed(LayerChoice.of(before), before, after)
    assert untouched == LayerChoice(after, ConvSettings(stride=3, dilation=2))
    asked = LayerChoice(before, ConvSettings(stride=2, padding=5), bias=True)
    assert changed(asked, before, after) == LayerChoice(after, ConvSettings(3, 5, "zeros", 2), bias=True)


# The other side of a comparison.


def with_kept(bank: FilterBank, live: FilterBank | None = None) -> ViewState:
    """Two banks, of which the kept one is the file's."""
    choice = LayerChoice.of(bank)
    kept = Comparing(choice.layer(Activation.NONE), choice, mode=CompareMode.DIFFERENCE)
    return replace(ViewState(LayerSettings.of((live or load_bank("udacity"),))), comparing=kept)


def test_a_kept_bank_follows_its_file_with_the_activation_that_it_has() -> None:
    said: list[str] = []
    state, second = with_kept(replace(bank_of("a", 1, 2), conv=ConvSettings(stride=2))), bank_of("b", 3, 4)
    after = BankFiles(into(said)).take(BankRead(second, "'a.toml' has changed", live=False, kept=True), state)
    assert after.comparing.kept == Layer(second, "none")  # and the stride of the file, which is 1 now
    assert after.comparing.mode == CompareMode.DIFFERENCE
    assert after.layer == state.layer
    assert said == ["'a.toml' has changed and is read again, for the kept side"]
    bad = BankFiles(into(said)).take(BankRead(None, "it is bad", live=False, kept=True), after)
    assert (bad, said[-1]) == (after, "it is bad")


def test_a_file_of_both_sides_changes_both_and_is_said_once_and_unsaved_edits_hold_back_the_live_one_only() -> None:
    said: list[str] = []
    first, second, both = bank_of("a", 1, 2), bank_of("b", 3, 4), BankRead(None, "it has changed", kept=True)
    state, files = with_kept(first, first), BankFiles(into(said))
    after = files.take(replace(both, bank=second), state)
    assert (after.layer.bank, after.comparing.kept) == (second, Layer(second, "none"))
    assert said == ["it has changed and is read again"]
    edited = press(press(state, "e")[0], "+")[0]
    waiting = files.take(replace(both, bank=second), edited)
    assert (waiting.settings, waiting.comparing.kept) == (edited.settings, Layer(second, "none"))
    assert files.wait(press(waiting, "u")[0]).layer.bank is second


def test_what_a_has_kept_is_no_files_any_more() -> None:
    said: list[str] = []
    state = press(with_kept(bank_of("a", 1, 2)), "a")[0]
    after = BankFiles(into(said)).take(BankRead(bank_of("b", 3, 4), "", live=False, kept=True), state)
    assert after == state
    assert said == []


def test_each_file_of_the_command_line_is_watched_once_for_the_sides_that_it_is_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from live.bank_files import named_files
    from live.parsers import view_parser

    monkeypatch.chdir(tmp_path)
    for name in "ab":
        Path(f"{name}.toml").write_text(to_toml(bank_of(name, 1, 2)))

    def sides(*words: str) -> list[tuple[str, bool, bool]]:
        files = named_files(view_parser().parse_args(["synthetic", *words]))
        assert all(read == stamp(file.path) for file, read in files)
        return [(file.text, file.live, file.kept) for file, read in files]

    assert sides() == sides("--filters", "udacity", "--compare", "sobel") == []
    assert sides("--compare", "a.toml") == [("a.toml", False, True)]
    assert sides("--filters", "a.toml", "--compare", str(tmp_path / "a.toml")) == [("a.toml", True, True)]
    found = sides("--filters", "a.toml", "--compare", "b.toml")
    assert found == [("a.toml", True, False), ("b.toml", False, True)]


# The whole loop, without a window.


class Source:
    """Ten frames in colour; before each, something happens."""

    name = granted = "script"
    fps: float | None = 10.0
    live = False
    silent_since_s: float | None = None

    def __init__(self, before: dict[int, Callable[[], object]], shape: tuple[int, ...] = (40, 50, 3)) -> None:
        self.before, self.counts = before, SourceCounts()
        self.image: ByteArray = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        self.left = deque(range(10))
        self.now_s = 0.0

    @property
    def ended(self) -> bool:
        return not self.left

    def read(self, timeout_s: float) -> Frame | None:
        index = self.left.popleft()
        self.before.get(index, lambda: None)()
        self.now_s += timeout_s
        self.counts.captured += 1
        return Frame(self.image, index, self.now_s, self.now_s, 0.002)

    def advice(self, measured_fps: float) -> str | None:
        return f"{measured_fps}"

    def pause(self, paused: bool) -> None:
        pass

    def close(self) -> None:
        pass


def rewritten(watched: Watched, bank: FilterBank) -> dict[int, Callable[[], object]]:
    """The file is another one before the fourth frame, and looked at then and before the fifth."""

    def write() -> None:
        watched.write(to_toml(bank))
        watched.file.look()

    return {3: write, 4: watched.file.look}


def run_without_window(source: Source, watched: Watched, state: ViewState | None = None) -> tuple[Last, list[str]]:
    said: list[str] = []
    last = Last(state or ViewState(LayerSettings.of((load_bank(watched.path), load_bank("udacity")))))
    profiler = Profiler(lambda: source.now_s)
    run(source, OpenCvEngine(), NullDisplay(), profiler, last, keep=Keep(say=said.append), inbox=watched.inbox)
    return last, said


def test_of_a_file_that_is_put_right_the_picture_says_only_that_and_of_the_other_file_what_it_said() -> None:
    state, inbox, notices, said = with_kept(bank_of("a", 1, 2)), Inbox(), Notices(lambda: 0.0), list[str]()
    profiler, keep = Profiler(lambda: 0.0), Keep(say=said.append)
    engine, intake = OpenCvEngine(), Intake(Source({}), profiler)
    responder = Responder(inbox, NullDisplay(), engine, intake, keep, notices, Last(state))
    inbox += [
        BankRead(None, "'b.toml' is bad", live=False, kept=True),
        BankRead(None, "'mine.toml' is bad"),
        read(bank_of("second", 3, 4)),
    ]
    responder.respond([], state, None)
    assert notices.current() == ("'b.toml' is bad", "'mine.toml' has changed and is read again")
    assert said == ["'b.toml' is bad", "'mine.toml' is bad", "'mine.toml' has changed and is read again"]


def test_a_run_without_a_window_goes_on_with_the_new_bank_and_its_maps_are_the_new_ones(watched: Watched) -> None:
    colour = bank_of("colour", 1, -2, 3, 0.5, shape=(2, 3, 3, 3))
    source = Source(rewritten(watched, colour))
    last, said = run_without_window(source, watched)
    assert last.state.layer.bank.channels == 3
    assert said == [f"'{watched.path}' has changed and is read again"]
    assert last.result is not None
    with OpenCvEngine() as engine:
        _, activated = engine.maps(source.image, last.state.layer)
    assert last.result.peak == pytest.approx(float(activated.max()), rel=1e-5)
    reference = sum(
        colour.kernels[0, channel, y, x] * source.image[y : y + 38, x : x + 48, 2 - channel] / 255.0
        for channel in range(3)
        for y in range(3)
        for x in range(3)
    )
    assert np.allclose(activated[0], np.maximum(reference, 0), atol=1e-4)


def test_a_bank_that_does_not_fit_the_frames_is_said_and_the_one_before_stays(watched: Watched) -> None:
    large = bank_of("large", 1, shape=(1, 1, 31, 31))
    source = Source(rewritten(watched, large), (20, 20, 3))
    last, said = run_without_window(source, watched)
    assert last.state.layer.bank.name == "first"
    assert source.ended
    assert any("smaller than the 31x31 kernels" in sentence for sentence in said)


def test_a_run_without_a_window_goes_on_with_the_new_kept_bank(watched: Watched) -> None:
    watched.on_the_kept_side()
    source = Source(rewritten(watched, SEED_DOUBLED))
    last, said = run_without_window(source, watched, with_kept(bank_of("first", 1, -1)))
    assert said == [f"'{watched.path}' has changed and is read again, for the kept side"]
    assert last.result is not None
    with OpenCvEngine() as engine:
        conv, activated = engine.maps(source.image, Layer(load_bank("udacity")))
    # relu(c) - 2c, of which the file has been the second for six frames
    assert last.result.peak == pytest.approx(float(np.abs(activated - 2 * conv).max()), rel=1e-5)


def test_a_kept_bank_that_does_not_fit_the_frames_is_said_and_the_one_before_stays(watched: Watched) -> None:
    watched.on_the_kept_side()
    source = Source(rewritten(watched, bank_of("large", 1, shape=(1, 1, 31, 31))), (20, 20, 3))
    last, said = run_without_window(source, watched, with_kept(bank_of("first", 1, -1)))
    kept = last.state.comparing.kept
    assert isinstance(kept, Layer)
    assert kept.bank.name == "first"
    assert last.state.comparing.mode == CompareMode.DIFFERENCE
    assert sum("smaller than the 31x31 kernels of 'large': the kept bank stays as it was" in one for one in said) == 1


def test_colour_is_asked_of_the_source_where_a_file_may_come_to_read_it(watched: Watched) -> None:
    from live.app import initial_state, source_settings
    from live.parsers import view_parser

    def asked(*words: str) -> SourceSettings:
        arguments = view_parser().parse_args(["synthetic", *words])
        return source_settings(arguments, initial_state(arguments, print))

    assert asked("--filters", str(watched.path)).gray_only is False
    assert asked("--compare", str(watched.path)).gray_only is False
    assert asked("--filters", "udacity", "--compare", "sobel").gray_only is True
