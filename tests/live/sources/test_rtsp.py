"""RTSP as a real server speaks it: the program that CONVVIZ_RTSP_SERVER names, run as `PROGRAM PORT [OPTIONS]`.

It serves a ball on black, 640x360 at 25 fps, at rtsp://127.0.0.1:PORT/test.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from source_fakes import Events

from live.sources import Frame, FrameSource, SourceError, SourceSettings, open_source

pytestmark = pytest.mark.rtsp

PATIENCE_S = 30.0  # only a broken test waits so long


def free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
        return port


@contextmanager
def serving(port: int, *options: str) -> Iterator[subprocess.Popen[str]]:
    """The server, once it listens; killed afterwards."""
    command = [os.environ["CONVVIZ_RTSP_SERVER"], str(port), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == "ready\n"
            yield server
        finally:
            server.kill()


def url(port: int, user: str = "", path: str = "test") -> str:
    return f"rtsp://{user}127.0.0.1:{port}/{path}"


def next_frame(source: FrameSource) -> Frame:
    frame = source.read(PATIENCE_S)
    assert frame is not None
    return frame


def assert_ball(frame: Frame) -> None:
    assert frame.image.shape == (360, 640, 3)
    assert frame.image[:8, :8].max() < 30  # the background
    assert frame.image.max() > 200
    assert 0 < frame.image.mean() < 20


@pytest.mark.parametrize("codec", ["h264", "jpeg"])
def test_a_stream_gives_its_pictures_as_they_were_sent(codec: str) -> None:
    port = free_port()
    with serving(port, "--codec", codec):
        source = open_source(url(port), SourceSettings(), Events())
        for _ in range(10):
            assert_ball(next_frame(source))
        source.close()
    assert source.granted.startswith(f"{url(port)}, 640x360")
    assert (source.counts.failed_reads, source.counts.reconnects) == (0, 0)


def test_a_path_that_is_not_served_is_refused_with_its_status() -> None:
    port = free_port()
    with serving(port), pytest.raises(SourceError, match="404"):
        open_source(url(port, path="nope"), SourceSettings(), Events())


def test_a_password_opens_and_is_never_shown() -> None:
    port = free_port()
    with serving(port, "--user", "somebody", "--password", "hunter2"):
        source = open_source(url(port, "somebody:hunter2@"), SourceSettings(), Events())
        assert_ball(next_frame(source))
        source.close()
        assert "hunter2" not in source.name + source.granted
        for user, advice in (("somebody:hunter3@", "not with this user"), ("", "write rtsp://USER:PASSWORD@HOST/")):
            with pytest.raises(SourceError, match=f"401 .*{advice}") as caught:
                open_source(url(port, user), SourceSettings(), Events())
            assert "hunter" not in str(caught.value)


def test_a_server_that_dies_and_comes_back_is_one_reconnect() -> None:
    port, events = free_port(), Events()
    with serving(port):
        source = open_source(url(port), SourceSettings(), events)
        assert_ball(next_frame(source))
    while source.counts.failed_reads == 0:
        source.read(0.1)
    with serving(port):
        while source.counts.reconnects == 0:
            source.read(0.1)
        assert_ball(next_frame(source))
        source.close()
    assert events.kinds().count("reconnect") == 1


def test_a_server_that_stalls_is_noticed_and_so_is_that_it_goes_on() -> None:
    port, events = free_port(), Events()
    with serving(port) as server:
        source = open_source(url(port), SourceSettings(), events)
        assert_ball(next_frame(source))
        server.send_signal(signal.SIGSTOP)
        while "stall" not in events.kinds():
            source.read(0.1)
        assert source.silent_since_s is not None
        server.send_signal(signal.SIGCONT)
        while "signal" not in events.kinds():
            source.read(0.1)
        assert_ball(next_frame(source))
        source.close()


def test_a_stream_that_the_server_ends_is_asked_for_again() -> None:
    port = free_port()
    with serving(port, "--stall-after", "1"):
        source = open_source(url(port), SourceSettings(), Events())
        while source.counts.reconnects == 0:
            source.read(0.1)
        assert_ball(next_frame(source))
        source.close()
