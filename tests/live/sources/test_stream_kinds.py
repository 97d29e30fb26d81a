"""What addresses of many kinds give: recordings, single pictures, refusals; and that interlaced pictures are right."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from films import INTERLACED, ramp, write_film
from mjpeg_server import jpeg
from PIL import Image
from source_fakes import Events, picture

from live.sources import Frame, FrameSource, SourceError, SourceSettings, open_source

PATIENCE_S = 20.0  # only a broken test waits so long
WH = (64, 48)


class Answer(NamedTuple):
    body: bytes = b""
    status: int = 200
    kind: str = "application/octet-stream"
    reason: str | None = None


class Web(ThreadingHTTPServer):
    """Answers every request with what `give` makes of its number, from 0."""

    daemon_threads = True

    def __init__(self, give: Callable[[int], Answer]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.give = give
        self.requests = 0

    def url(self, path: str = "") -> str:
        return f"http://127.0.0.1:{self.server_port}/{path}"


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        assert isinstance(self.server, Web)
        number, self.server.requests = self.server.requests, self.server.requests + 1
        answer = self.server.give(number)
        self.send_response(answer.status, answer.reason)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)


@contextmanager
def web(give: Callable[[int], Answer]) -> Iterator[Web]:
    with Web(give) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def all_frames(source: FrameSource) -> list[Frame]:
    """To its end; of a live source, what was not passed over."""
    frames = []
    while not source.ended:
        if frame := source.read(PATIENCE_S):
            frames.append(frame)
    source.close()
    return frames


def interlaced_film(path: Path, pictures: int = 4) -> Path:
    return write_film(path, [ramp(0, (720, 576))] * pictures, "mpeg2video", pix_fmt="yuv420p", flags=INTERLACED, fps=25)


def test_an_interlaced_film_over_http_is_what_was_filmed_and_ends(tmp_path: Path) -> None:
    body = interlaced_film(tmp_path / "a.mpg").read_bytes()
    with web(lambda _: Answer(body)) as server:
        source = open_source(server.url("a.mpg"), SourceSettings(), Events())
        frames = all_frames(source)
        assert source.counts.captured == 4
        assert source.counts.reconnects == 0
    assert np.abs(frames[-1].image.astype(int) - ramp(0, (720, 576))).mean() < 3


def test_an_interlaced_stream_over_udp_is_what_was_filmed(tmp_path: Path) -> None:
    body = interlaced_film(tmp_path / "a.ts", 50).read_bytes()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    closing = threading.Event()

    def send() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            while not closing.is_set():
                for at in range(0, len(body), 1316):
                    sender.sendto(body[at : at + 1316], ("127.0.0.1", port))
                    closing.wait(0.002)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        source = open_source(f"udp://127.0.0.1:{port}", SourceSettings(), Events())
        frame = source.read(PATIENCE_S)
        source.close()
    finally:
        closing.set()
        thread.join()
    assert frame is not None
    assert np.abs(frame.image.astype(int) - ramp(0, (720, 576))).mean() < 3


def test_nothing_over_udp_says_so_and_plugs_nothing_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.sources.stream.TIMEOUT_S", 0.2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(
        SourceError, match=r"nothing has come within 0\.2 s: check the port, and that something is sent"
    ):
        open_source(f"udp://127.0.0.1:{port}", SourceSettings(), Events())


def test_a_scheme_in_capitals_is_the_same(tmp_path: Path) -> None:
    body = write_film(tmp_path / "a.avi", [picture(50, WH)] * 2).read_bytes()
    with web(lambda _: Answer(body)) as server:
        source = open_source(server.url("a.avi").replace("http", "HTTP"), SourceSettings(), Events())
        assert len(all_frames(source)) >= 1


def gif(path: Path, shades: list[int], milliseconds: list[int]) -> bytes:
    first, *others = (Image.fromarray(np.full((8, 8), shade, np.uint8)) for shade in shades)
    first.save(path, save_all=True, append_images=others, duration=milliseconds)
    return path.read_bytes()


def test_a_gif_over_http_plays_once_and_ends(tmp_path: Path) -> None:
    body = gif(tmp_path / "a.gif", [0, 90, 180], [20, 20, 20])
    with web(lambda _: Answer(body)) as server:
        source = open_source(server.url("a.gif"), SourceSettings(), Events())
        all_frames(source)
        assert source.counts.captured == 3
        assert server.requests <= 2


def test_a_recording_may_stand_still_for_longer_than_a_silence_may_last(tmp_path: Path) -> None:
    body = gif(tmp_path / "a.gif", [0, 180, 90], [20, 1500, 20])
    events = Events()
    with web(lambda _: Answer(body)) as server:
        source = open_source(server.url("a.gif"), SourceSettings(), events)
        times = [frame.captured_at_s for frame in all_frames(source)]
    assert times[2] - times[1] >= 1.4
    assert events.kinds() == []


def test_an_address_of_one_picture_is_asked_again_and_again_at_a_steady_rate() -> None:
    with web(lambda number: Answer(jpeg(number % 40 * 5), kind="image/jpeg")) as server:
        events = Events()
        source = open_source(server.url("snapshot.cgi"), SourceSettings(fps=50), events)
        seen = [round(float(frame.image.mean()) / 5) for _ in range(30) if (frame := source.read(PATIENCE_S))]
        assert source.fps == 50
        source.close()
    assert len(seen) == 30
    assert (source.counts.reconnects, source.counts.failed_reads) == (0, 0)
    assert not source.ended
    assert seen == sorted(set(seen))


def test_a_single_picture_that_is_refused_once_costs_a_failed_read() -> None:
    def give(number: int) -> Answer:
        return Answer(status=503) if number == 5 else Answer(jpeg(100), kind="image/jpeg")

    with web(give) as server:
        source = open_source(server.url("snapshot.cgi"), SourceSettings(fps=50), Events())
        while server.requests < 20:
            source.read(PATIENCE_S)
        source.close()
    assert (source.counts.failed_reads, source.counts.reconnects) == (1, 0)


@pytest.mark.parametrize(
    ("status", "reason", "says"),
    [
        (400, None, r"the server answers 400 \(bad request\)"),
        (401, None, r"the server answers 401 \(a user and a password are wanted\)"),
        (403, None, r"the server answers 403 \(forbidden\)"),
        (404, None, r"the server answers 404 \(not found\): check the address"),
        (410, "Gone fishing", r"the server answers 410 \(Gone fishing\)"),
        (429, None, r"the server answers 429"),
        (503, "Full\x1b[31m", r"the server answers 503 \(Full\[31m\)$"),
    ],
)
def test_a_refusal_is_said_with_its_status(status: int, reason: str | None, says: str) -> None:
    with (
        web(lambda _: Answer(status=status, reason=reason)) as server,
        pytest.raises(SourceError, match=rf"could not be opened as a video stream: {says}"),
    ):
        open_source(server.url("x"), SourceSettings(), Events())


def test_a_refused_password_is_no_advice_to_give_one() -> None:
    with web(lambda _: Answer(status=401)) as server, pytest.raises(SourceError, match="not with this user") as caught:
        open_source(server.url("x").replace("//", "//me:hunter2@"), SourceSettings(), Events())
    assert "hunter2" not in str(caught.value)


def test_what_is_no_video_is_said_to_be_none() -> None:
    with (
        web(lambda _: Answer(b"<html>Welcome</html>", kind="text/html")) as server,
        pytest.raises(SourceError, match="what answers is no video that can be decoded here"),
    ):
        open_source(server.url("x"), SourceSettings(), Events())


def test_colours_that_cannot_be_converted_end_a_stream_with_one_sentence(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", [ramp()], "libx264", pix_fmt="yuv420p", options={"colorspace": "14"})
    with web(lambda _: Answer(film.read_bytes())) as server:
        source = open_source(server.url("a.mp4"), SourceSettings(), Events())
        with pytest.raises(SourceError, match="has colours that cannot be converted to RGB: yuv420p, matrix 14"):
            source.read(PATIENCE_S)
        source.close()
