"""The command line at a network camera that stalls, sends rubbish, breaks off and comes back, and keeps its secrets."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
from mjpeg_server import jpeg, pictures, serving

STALL_S = 1.6  # longer than the second that a silence may last
SMALL, LARGE = (64, 48), (128, 96)
SECRETS = (b"somebody", b"hunter2", b"hunter3")


def run(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "live", *map(str, arguments), "--headless", "--engine", "opencv"]
    return subprocess.run(command, capture_output=True, timeout=120, check=False)


def secret(port: int) -> str:
    return f"http://somebody:hunter2@127.0.0.1:{port}/cam?token=hunter3"


def stalls_and_sends_rubbish() -> Iterator[bytes]:
    for shade in range(40):
        yield jpeg(shade, SMALL)
    time.sleep(STALL_S)
    for shade in range(40, 80):
        yield b"rubbish" * 30 if shade % 10 == 5 else jpeg(shade, SMALL)


def changes_size_midway() -> Iterator[bytes]:
    for shade in range(40):
        yield jpeg(shade, LARGE if shade < 30 else SMALL)


def film_parts(film: Path) -> list[tuple[tuple[int, int], int]]:
    """Width and height, and how many pictures OpenCV plays, of each file of a recording."""
    parts = []
    for path in [film, *sorted(film.parent.glob(f"{film.stem}-*"))]:
        capture = cv2.VideoCapture(str(path))
        size_wh = (int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)))
        count = 0
        while capture.read()[0]:
            count += 1
        capture.release()
        parts.append((size_wh, count))
    return parts


def assert_no_secret(folder: Path, *said: bytes) -> None:
    for text in [*said, *(path.read_bytes() for path in folder.rglob("*") if path.is_file())]:
        for word in SECRETS:
            assert word not in text, text[:1000]


def test_a_view_and_its_recording_outlive_a_bad_stream(tmp_path: Path) -> None:
    film, stats, trace = tmp_path / "film.mkv", tmp_path / "stats.json", tmp_path / "trace.json"
    outputs = ("--record", film, "--record-what", "frame", "--stats", stats, "--trace", trace)
    with serving("somebody:hunter2") as server:
        server.connections = [stalls_and_sends_rubbish, changes_size_midway, pictures(200, SMALL)]
        done = run(secret(server.server_port), "--frames", "180", *outputs, "--snapshot", tmp_path / "kept")
    assert done.returncode == 0, done.stderr
    frames = json.loads(stats.read_text())["frames"]
    assert frames["processed"] == 180
    assert frames["captured"] == frames["processed"] + frames["dropped"]
    assert frames["reconnects"] == 2
    assert frames["failed_reads"] >= 4  # the rubbish
    told = Counter(event["name"] for event in json.loads(trace.read_text()) if event["ph"] == "i")
    assert told["stall"] >= 1
    assert told["reconnect"] == 2
    parts = film_parts(film)
    assert [size_wh for size_wh, _ in parts] == [SMALL, LARGE, SMALL]
    assert sum(count for _, count in parts) == 180
    assert_no_secret(tmp_path, done.stdout, done.stderr)
    assert b"***@127.0.0.1" in (tmp_path / "kept" / "settings.json").read_bytes()


def test_a_stream_that_refuses_the_password_is_one_sentence_without_it(tmp_path: Path) -> None:
    with serving("somebody:else") as server:
        done = run(secret(server.server_port), "--stats", tmp_path / "stats.json", "--trace", tmp_path / "trace.json")
    assert done.returncode == 3
    assert done.stderr.count(b"\n") == 1
    assert_no_secret(tmp_path, done.stdout, done.stderr)
