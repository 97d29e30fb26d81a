"""What the command line records: every picture of a file, and all but the last ones when the program is killed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

import av  # isort: skip  (after cv2, see live/recording/movie.py)

PATIENCE_S = 60.0  # only a broken test waits so long
RECORDED_S = 6.0


def convviz(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "live", *map(str, arguments), "--headless"]


def levels_opencv_reads(path: Path) -> list[float]:
    movie = cv2.VideoCapture(str(path))
    levels: list[float] = []
    while True:
        there, picture = movie.read()
        if not there:
            movie.release()
            return levels
        levels.append(float(np.mean(picture)))


def last_time_s(path: Path) -> float:
    """When the last whole picture of a growing file is shown; 0 while there is none."""
    try:
        with av.open(str(path)) as movie:
            return max(
                (float(packet.pts * packet.time_base) for packet in movie.demux(video=0) if packet.pts), default=0
            )
    except (OSError, av.FFmpegError):
        return 0.0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9")
def test_after_kill_9_what_was_recorded_plays(tmp_path: Path) -> None:
    film = tmp_path / "film.mkv"
    outputs = ("--record", film, "--record-what", "mosaic")
    program = subprocess.Popen(convviz("synthetic", "--fps", "30", "--width", "320", "--height", "240", *outputs))
    give_up_s = time.monotonic() + PATIENCE_S
    while last_time_s(film) < RECORDED_S:
        assert program.poll() is None
        assert time.monotonic() < give_up_s
        time.sleep(0.2)
    program.kill()
    program.wait()
    assert len(levels_opencv_reads(film)) >= 30 * RECORDED_S
    if ffprobe := shutil.which("ffprobe"):
        asked = ("-count_frames", "-select_streams", "v:0", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0")
        told = subprocess.run([ffprobe, "-v", "error", *asked, str(film)], capture_output=True, text=True, check=True)
        assert int(told.stdout.strip(", \n")) >= 30 * RECORDED_S


def test_every_picture_of_a_file_is_recorded_and_another_name_is_said(tmp_path: Path) -> None:
    clip, film, stats = tmp_path / "clip.avi", tmp_path / "film.mkv", tmp_path / "stats.json"
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"MJPG"), 25, (640, 480))
    for level in range(0, 250, 2):
        writer.write(np.full((480, 640, 3), level, np.uint8))
    writer.release()
    film.write_text("mine")
    arguments = (clip, "--record", film, "--record-what", "frame", "--stats", stats)
    done = subprocess.run(convviz(*arguments), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert film.read_text() == "mine"
    assert f"{film} exists: recording to {tmp_path / 'film-2.mkv'}\n" in done.stderr
    assert json.loads(stats.read_text())["frames"]["processed"] == 125
    assert levels_opencv_reads(tmp_path / "film-2.mkv") == pytest.approx(list(range(0, 250, 2)), abs=2)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit that POSIX sets")
def test_a_refused_write_ends_the_recording_with_a_sentence_and_not_the_view(tmp_path: Path) -> None:
    import resource

    film, stats = tmp_path / "film.mkv", tmp_path / "stats.json"
    done = subprocess.run(
        convviz("synthetic", "--frames", "60", "--record", film, "--record-what", "mosaic", "--stats", stats),
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000)),
        check=False,
    )
    assert done.returncode == 4
    assert json.loads(stats.read_text())["frames"]["processed"] == 60
    assert done.stderr.count(f"recording stopped: cannot write {film}: ") == 1
    assert done.stderr.count("\n") == 2  # that, and the figures
    assert 0 < len(levels_opencv_reads(film)) < 60
