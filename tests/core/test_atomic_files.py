"""A file is there whole or not at all, whatever its name stands for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from convviz_core.atomic_files import replacing


def link(path: Path, target: Path) -> None:
    try:
        path.symlink_to(target)
    except OSError:
        pytest.skip("this system makes no links")


def fail_halfway(path: Path) -> None:
    with replacing(path) as beside:
        beside.write_text("half")
        raise ZeroDivisionError


def test_the_old_file_is_there_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "stats.json"
    path.write_text("old")
    with replacing(path) as beside:
        beside.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "stats.json"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError):
        fail_halfway(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_may_be_as_long_as_the_system_lets_it_be(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 250 + ".json")
    try:
        path.touch()
    except OSError:
        pytest.skip("this file system has no such long names")
    with replacing(path) as beside, replacing(path.with_suffix(".npz")) as other:
        assert beside != other
        beside.write_text("new")
        other.write_text("other")
    assert path.read_text() == "new"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("old")
    link(tmp_path / "link.json", tmp_path / "real.json")
    with replacing(tmp_path / "link.json") as beside:
        beside.write_text("new")
        assert (tmp_path / "real.json").read_text() == "old"
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_text() == "new"


def test_links_in_a_circle_are_an_os_error(tmp_path: Path) -> None:
    link(tmp_path / "a", tmp_path / "b")
    link(tmp_path / "b", tmp_path / "a")
    with pytest.raises(OSError, match="links"), replacing(tmp_path / "a"):
        pass


def test_a_folder_in_the_way_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError), replacing(tmp_path / "folder"):
        pytest.fail("there is nothing to write to")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with replacing(pipe) as there:
        there.write_text("stats")
    assert os.read(reader, 100) == b"stats"
    os.close(reader)
    assert pipe.is_fifo()
