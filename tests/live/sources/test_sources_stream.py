from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import pytest
from mjpeg_server import Server, jpeg, pictures, serving
from source_fakes import Events, picture, reads_on

from live.sources import Frame, FrameSource, SourceError, SourceSettings, open_source
from live.sources.live_reader import LiveReader

PATIENCE_S = 20.0  # only a broken test waits so long


class QuietFiles(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        yield made


def read_until(source: FrameSource, wanted: Callable[[Frame], bool]) -> Frame:
    """The first frame that is as wanted."""
    for _ in range(500):
        frame = source.read(PATIENCE_S)
        assert frame is not None
        if wanted(frame):
            return frame
    raise AssertionError("no such frame came")


def test_an_http_stream_gives_its_pictures(server: Server) -> None:
    server.connections = [pictures(100)]
    source = open_source(server.url, SourceSettings(), Events())
    frame = source.read(PATIENCE_S)
    source.close()
    assert frame is not None
    assert frame.image.shape == (48, 64, 3)
    assert abs(frame.image.mean() - 100) < 2
    assert source.live
    assert source.granted == f"{server.url}, 64x48 at 25 fps"
    assert source.counts.captured >= 1


def test_a_stream_that_breaks_off_is_taken_up_again_once_and_with_its_new_size(server: Server) -> None:
    server.connections = [pictures(50, count=15), pictures(200, (128, 96))]
    events = Events()
    source = open_source(server.url, SourceSettings(), events)
    read_until(source, lambda frame: frame.image.shape == (48, 64, 3))
    read_until(source, lambda frame: frame.image.shape == (96, 128, 3))
    source.close()
    assert source.counts.reconnects == 1
    assert events.kinds().count("reconnect") == 1


def test_rubbish_between_pictures_costs_failed_reads_only(server: Server) -> None:
    def script() -> Iterator[bytes]:
        for round_number in range(10_000):
            yield b"rubbish" * 30 if round_number % 20 == 10 else jpeg(round_number // 20 % 2 * 200)

    server.connections = [script]
    source = open_source(server.url, SourceSettings(), Events())
    read_until(source, lambda _: source.counts.failed_reads >= 2)
    source.close()
    assert source.counts.reconnects == 0
    assert server.visits == 1


def test_a_server_that_falls_silent_is_noticed_while_the_read_is_blocked(server: Server) -> None:
    def script() -> Iterator[bytes]:
        yield from pictures(10, count=15)()
        server.closing.wait(PATIENCE_S)

    server.connections = [script]
    events = Events()
    source = open_source(server.url, SourceSettings(), events)
    while source.silent_since_s is None:
        source.read(0.1)
    source.read(0)
    assert events.kinds().count("stall") == 1
    assert isinstance(source, LiveReader)
    server.closing.set()  # so that the blocked read ends, and the thread with it
    source.close()
    assert not reads_on(source.name)


def test_a_recording_at_an_address_plays_once_and_ends(tmp_path: Path) -> None:
    writer = cv2.VideoWriter(str(tmp_path / "clip.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 50, (64, 48))
    for shade in range(0, 80, 10):
        writer.write(picture(shade, (64, 48)))
    writer.release()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietFiles, directory=str(tmp_path))) as files:
        threading.Thread(target=files.serve_forever, kwargs={"poll_interval": 0.02}).start()
        events = Events()
        source = open_source(f"http://127.0.0.1:{files.server_port}/clip.avi", SourceSettings(), events)
        while not source.ended:
            source.read(PATIENCE_S)
        source.close()
        files.shutdown()
    assert source.counts.captured == 8
    assert (source.counts.reconnects, source.counts.failed_reads) == (0, 0)


def test_nobody_at_the_address_is_one_sentence_without_the_password() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(SourceError, match="could not be opened as a video stream") as caught:
            open_source(f"http://me:hunter2@127.0.0.1:{port}/x?token=hunter3", SourceSettings(), Events())
    text = f"{caught.value!r} {caught.value.__cause__} {caught.value.__context__}"
    assert "hunter" not in text
    assert "***@127.0.0.1" in text


def test_an_address_that_answers_with_no_video_is_one_sentence(server: Server) -> None:
    server.connections = [lambda: iter([b"hello"])]
    with pytest.raises(SourceError, match="could not be opened as a video stream"):
        open_source(server.url, SourceSettings(), Events())
