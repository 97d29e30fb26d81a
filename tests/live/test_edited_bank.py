"""Edits become files of their own: by a key, and at the end where no file has them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from test_loop import Clock, Heard, ScriptedDisplay, ScriptedSource, keys, random_image

from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.filters.bank import Filter, FilterBank
from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.filters.edits import compared, negated
from convviz_core.filters.files import load_bank
from live.errors import OutputError
from live.events import Key
from live.loop import Last, run
from live.measuring.profiler import Profiler
from live.recording.edited_bank import safe_name, write_edited
from live.recording.keep import Keep
from live.sources.frame import Frame, SourceError
from live.state import LayerSettings, ViewState

SEED = BUILT_IN_BANKS[0]
ONE = np.ones((1, 1), np.float32)
EDITED = compared(negated(SEED, 0), SEED)
STATE = ViewState(LayerSettings.of(BUILT_IN_BANKS))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_has_the_very_weights_and_labels_and_is_called_as_its_bank(here: Path) -> None:
    path = write_edited(EDITED, Path())
    assert path == Path("udacity-edited.toml")
    bank = load_bank(path)
    assert bank.name == "udacity-edited"
    assert np.array_equal(bank.kernels, EDITED.kernels)
    assert bank.labels == EDITED.labels
    assert names(here) == ["udacity-edited.toml"]


@pytest.mark.parametrize("shape", [(2, 3, 3, 5), (3, 1, 1, 1), (1, 1, 31, 31)])
def test_banks_of_any_shape_and_with_a_bias_are_read_back_to_the_last_bit(here: Path, shape: tuple[int, ...]) -> None:
    chance = np.random.default_rng(1)
    bank = FilterBank.from_array("any", chance.normal(size=shape), bias=chance.normal(size=shape[0]))
    read = load_bank(here / write_edited(bank, here))
    assert np.array_equal(read.kernels, bank.kernels)
    assert read.bias is not None
    assert np.array_equal(read.bias, np.asarray(bank.bias))


def test_no_file_is_ever_written_over(here: Path) -> None:
    (here / "udacity-edited.toml").write_text("mine")
    (here / "udacity-edited-2.toml").symlink_to("nowhere")
    (here / "udacity-edited-3.toml").mkdir()
    assert write_edited(EDITED, Path()) == Path("udacity-edited-4.toml")
    assert (here / "udacity-edited.toml").read_text() == "mine"
    assert not (here / "nowhere").exists()


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("udacity*", "udacity"),
        ("../../etc/passwd*", "etc-passwd"),
        ("a\nb\x1b[2Jc*", "a-b-2Jc"),
        ("..", "bank"),
        ("C:\\x<y>|z?*", "C-x-y-z"),
        ("größer 3x3*", "größer 3x3"),
        ("x" * 300, "x" * 60),
        ("\udcff", "bank"),
    ],
)
def test_a_bank_s_name_makes_a_name_that_is_safe_everywhere(here: Path, name: str, safe: str) -> None:
    assert safe_name(name) == safe
    bank = FilterBank(name, (Filter("a\nb" * 90, ONE), Filter("\u00a0", ONE)))
    assert write_edited(bank, here).parent == here
    assert load_bank(here / f"{safe}-edited.toml").labels[1] == "filter 2"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="whoever may write everywhere is refused nothing")
def test_a_folder_that_takes_no_files_is_told_in_a_sentence(here: Path) -> None:
    here.chmod(0o500)
    with pytest.raises(OutputError, match=r"cannot write udacity-edited.toml: permission is denied"):
        write_edited(EDITED, Path())
    here.chmod(0o700)


def test_what_cannot_be_written_whole_leaves_nothing_behind(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OutputError, match="the disk is full"):
        write_edited(EDITED, Path())
    assert names(here) == []


# In the whole loop.


class Viewer:
    """A run over a scripted window, with what it says on stderr."""

    def __init__(self, *script: Heard) -> None:
        self.clock, self.said = Clock(), list[str]()
        self.source = ScriptedSource(self.clock, [random_image(i) for i in range(9)])
        self.display = ScriptedDisplay(self.clock, script)
        self.keep = Keep(say=self.said.append)
        self.last = Last(STATE)

    def run(self) -> Viewer:
        try:
            run(self.source, OpenCvEngine(), self.display, Profiler(self.clock), self.last, keep=self.keep)
        finally:
            self.keep.close()
        return self


def test_a_key_writes_the_bank_and_then_quitting_writes_nothing_more(here: Path) -> None:
    viewer = Viewer(*keys("e", "+", "o", "", "q")).run()
    assert names(here) == ["udacity-edited.toml"]
    assert load_bank("udacity-edited.toml").kernels[0, 0, 0, 0] == 0
    assert viewer.said == ["'udacity*' is kept in udacity-edited.toml"]


@pytest.mark.parametrize("end", [keys("q"), []])  # by a key, and by the window's X button
def test_quitting_writes_every_bank_with_unsaved_edits_and_names_the_files(here: Path, end: list[Heard]) -> None:
    viewer = Viewer(*keys("e", "+", "f", "0", "Esc", "f"), *end).run()
    second = BUILT_IN_BANKS[1].name
    assert names(here) == sorted(["udacity-edited.toml", f"{second}-edited.toml"])
    assert [sentence.split(" is kept in ")[1] for sentence in viewer.said] == [
        "udacity-edited.toml",
        f"{second}-edited.toml",
    ]


def test_edits_made_in_the_very_moment_of_quitting_are_kept(here: Path) -> None:
    Viewer([Key("e"), Key("+"), Key("+"), Key("q")]).run()
    assert load_bank("udacity-edited.toml").kernels[0, 0, 0, 0] == 1
    assert names(here) == ["udacity-edited.toml"]


@pytest.mark.parametrize("script", [("e", "+", "u", "q"), ("e", "+", "-", "q"), ("e", "q")])
def test_nothing_is_written_where_nothing_is_edited(here: Path, script: tuple[str, ...]) -> None:
    assert Viewer(*keys(*script)).run().said == []
    assert names(here) == []


def test_a_source_that_fails_loses_no_edit(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(source: ScriptedSource, timeout_s: float) -> Frame | None:
        if len(source.images) == 3:
            raise SourceError("the camera is gone")
        return read(source, timeout_s)

    read = ScriptedSource.read
    monkeypatch.setattr(ScriptedSource, "read", failing)
    viewer = Viewer(*keys("e", "+", *[""] * 20))
    with pytest.raises(SourceError):
        viewer.run()
    assert names(here) == ["udacity-edited.toml"]
    assert viewer.said == ["'udacity*' is kept in udacity-edited.toml"]


@pytest.mark.usefixtures("here")
def test_a_folder_that_takes_no_file_fails_the_run_and_not_the_view(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> Path:
        raise OutputError("cannot write udacity-edited.toml: permission is denied")

    monkeypatch.setattr("live.recording.keep.write_edited", refused)
    viewer = Viewer(*keys("e", "+", "o", "", "")).run()
    assert len(viewer.display.shown) > 4
    assert viewer.keep.failed is not None
    assert set(viewer.said) == {"cannot write udacity-edited.toml: permission is denied"}


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """The built-in banks stay what they are, whatever is done to them."""
    before = [bank.kernels.copy() for bank in BUILT_IN_BANKS]
    yield
    assert all(np.array_equal(bank.kernels, kernels) for bank, kernels in zip(BUILT_IN_BANKS, before, strict=True))


def test_a_kernel_that_outgrows_the_frames_is_said_and_the_layer_before_stays(here: Path) -> None:
    viewer = Viewer(*keys("e", *[")"] * 6, "", "", "q"))
    viewer.source = ScriptedSource(viewer.clock, [random_image(i, (6, 9, 3)) for i in range(40)])
    viewer.run()
    assert viewer.last.state.layer.bank.kernel_hw == (6, 4)
    assert sum("the frame is 9x6, smaller than the 7x4 kernels" in sentence for sentence in viewer.said) == 4
    assert load_bank(here / "udacity-edited.toml").kernel_hw == (6, 4)


def test_a_snapshot_asked_for_in_the_moment_of_an_edit_has_that_edit(here: Path) -> None:
    Viewer([Key("e"), Key("+"), Key("+"), Key("s")], *keys("", "", "q")).run()
    with np.load(here / "snapshot-0001" / "maps.npz") as maps:
        assert maps["kernels"][0, 0, 0, 0] == 1


def test_what_the_maps_show_after_edits_is_the_convolution_with_the_edited_weights(here: Path) -> None:
    Viewer(*keys("e", "0", "Right", "-", "Tab", "!", "@", ">", "s", "", "q")).run()
    with np.load(here / "snapshot-0001" / "maps.npz") as maps:
        kernels, gray, conv = maps["kernels"], maps["gray"], maps["conv"]
    expected = SEED.kernels.copy()
    expected[0, 0, 0, :2] = 0, -2
    expected[1, 0] = np.rot90(-expected[1, 0], -1)
    assert np.array_equal(kernels, np.pad(expected, ((0, 0), (0, 0), (0, 0), (1, 0))))
    windows = np.lib.stride_tricks.sliding_window_view(gray, kernels.shape[2:])
    assert np.allclose(conv, np.einsum("yxij,nij->nyx", windows, kernels[:, 0]), atol=1e-4)
