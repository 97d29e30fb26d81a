"""What a run keeps, and what is said about it: on stderr and, by way of the notices, on the picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.filters.built_in import BUILT_IN_BANKS
from live.errors import OutputError
from live.recording.keep import Keep
from live.state import LayerSettings, ViewState

IMAGE = np.zeros((12, 10, 3), np.uint8)


def snapshot(keep: Keep) -> None:
    with OpenCvEngine() as engine:
        keep.snapshot(engine, IMAGE, ViewState(LayerSettings.of(BUILT_IN_BANKS)), None)


def test_a_snapshot_is_said_once_and_is_a_notice(tmp_path: Path) -> None:
    said: list[str] = []
    keep = Keep(tmp_path, say=said.append)
    snapshot(keep)
    expected = [f"snapshot in {tmp_path / 'snapshot-0001'}"]
    assert keep.take_notices() == expected
    assert keep.take_notices() == []
    keep.close()
    assert said == expected
    assert keep.failed is None


def test_a_snapshot_that_cannot_be_written_is_said_and_remembered(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said: list[str] = []
    keep = Keep(tmp_path / "file", say=said.append)
    snapshot(keep)
    keep.close()
    assert len(said) == 1
    assert said == [str(keep.failed)]
    assert isinstance(keep.failed, OutputError)


def test_a_recording_that_cannot_begin_is_said_and_remembered(tmp_path: Path) -> None:
    said: list[str] = []
    keep = Keep(record_file=tmp_path / "missing" / "film.mkv", say=said.append)
    keep.toggle_recording()
    assert keep.recording is None
    keep.close()
    assert said == [str(keep.failed)]


def test_the_key_starts_and_ends_one_recording_after_the_other(tmp_path: Path) -> None:
    said: list[str] = []
    keep = Keep(record_file=tmp_path / "film.mkv", record_what="frame", say=said.append)
    for _ in range(2):
        keep.toggle_recording()
        keep.picture(None, IMAGE[:, :, 0], IMAGE, 1.0)
        keep.toggle_recording()
    keep.close()
    first, second = tmp_path / "film.mkv", tmp_path / "film-2.mkv"
    assert [name for name in said if name.startswith("recorded")] == [f"recorded {first}", f"recorded {second}"]
    assert first.stat().st_size == pytest.approx(second.stat().st_size, rel=0.1)


def test_a_recording_that_fails_is_given_up_once(tmp_path: Path) -> None:
    said: list[str] = []
    keep = Keep(record_file=tmp_path / "film.mkv", record_what="mosaic", say=said.append)
    keep.start_recording()
    too_wide = np.zeros((1, 70_000), np.uint8)  # JPEG ends at 65535
    while keep.recording:
        keep.picture(None, too_wide, IMAGE, 1.0)
    keep.picture(None, too_wide, IMAGE, 1.0)
    keep.close()
    assert len(said) == 1
    assert said == [str(keep.failed)]
