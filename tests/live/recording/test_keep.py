"""What a run keeps, and what is said about it: on stderr and, by way of the notices, on the picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convviz_core.engines.opencv.engine import OpenCvEngine
from convviz_core.filters.built_in import BUILT_IN_BANKS
from live.errors import OutputError
from live.recording import room
from live.recording.keep import Keep
from live.recording.room import check_room, maps_bytes
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


def test_a_large_snapshot_says_how_large_before_it_is_made_and_when_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "LARGE_BYTES", 1000)
    said: list[str] = []
    keep = Keep(tmp_path, say=said.append)
    snapshot(keep)
    directory = tmp_path / "snapshot-0001"
    assert said == [f"writing 0 MB of maps into {directory}"]
    assert keep.take_notices() == [f"snapshot in {directory}, 0 MB"]
    with np.load(directory / "maps.npz") as maps:  # what it was said of
        arrays = sum(maps[name].nbytes for name in ("gray", "conv", "activated"))
    assert maps_bytes(ViewState(LayerSettings.of(BUILT_IN_BANKS)).layer, IMAGE.shape) == arrays
    keep.close()


def test_a_snapshot_for_which_the_disk_has_no_room_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "LARGE_BYTES", 1000)
    asked: list[Path] = []

    def nothing_left(folder: Path) -> int:
        asked.append(folder)
        return 999

    monkeypatch.setattr(room, "free_bytes", nothing_left)
    said: list[str] = []
    keep = Keep(tmp_path, say=said.append)
    snapshot(keep)
    keep.close()
    assert len(said) == 1
    assert said[0].endswith("and its disk has 0 MB left: free some space or choose another folder")
    assert keep.failed is not None
    assert asked == [tmp_path]  # the folder itself is not made
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("size", "said"), [(199_999_999, ""), (200_000_000, "200 MB"), (1_726_657_542, "1.7 GB")])
def test_200_megabytes_are_said_and_less_is_not(size: int, said: str, tmp_path: Path) -> None:
    told: list[str] = []
    assert check_room(tmp_path, size, told.append) == said
    assert told == [f"writing {said} of maps into {tmp_path}"] * bool(said)


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
