"""--serve on the command line: where the page is, what is refused, how it ends, and what it costs without it."""

from __future__ import annotations

import importlib.util
import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import av
import pytest

from live.cli import main

ROOT = Path(__file__).resolve().parent.parent.parent
if importlib.util.find_spec("websockets") is None:
    pytest.skip("needs websockets", allow_module_level=True)

from page_client import PageClient, ask  # noqa: E402
from served import Viewer  # noqa: E402

pytestmark = pytest.mark.usefixtures("signals_as_before")


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """The exit code, and the one sentence on stderr."""
    try:
        code = main(words)
    except SystemExit as left:
        code = int(left.code or 0)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    return code, said[0]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("synthetic", "--serve", "0", "--headless"), "--headless shows none: give one of them"),
        (("browser",), "give --serve PORT too"),
        (("browser", "--headless"), "give --serve PORT too"),
        (("synthetic", "--serve", "x"), "'x' is not [HOST:]PORT with a port from 0 to 65535"),
        (("synthetic", "--serve", "1", "--serve", "2"), "--serve is given twice"),
    ],
)
def test_what_does_not_go_together_is_refused_as_arguments_are(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], sentence: str
) -> None:
    code, said = refused(capsys, *words)
    assert code == 2
    assert sentence in said


def test_a_port_that_is_taken_is_an_output_that_cannot_be_had(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, said = refused(capsys, "synthetic", "--serve", str(taken.getsockname()[1]))
    assert code == 4
    assert "is taken by another program" in said


def test_without_the_package_it_is_said_how_to_get_it() -> None:
    program = (
        "import sys; sys.modules['websockets'] = None\n"
        "from live.cli import main; sys.exit(main(['synthetic', '--serve', '0']))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 4
    assert done.stderr == "convviz: --serve needs the package websockets: pip install websockets\n"


def test_without_serve_nothing_of_it_is_loaded_and_nothing_listens() -> None:
    words = ["synthetic", "--headless", "--frames", "2", "--engine", "opencv"]
    program = (
        "import socket, sys; from live.cli import main\n"
        "socket.socket.listen = None  # whoever listens fails\n"
        f"print(main({words}), *sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    code, *loaded = done.stdout.split()
    assert code == "0"
    ours = ("live.serving", "live.notebook", "live.sources.browser", "websockets", "asyncio")
    assert [name for name in loaded if name in ours or name.startswith("live.display.browser")] == []


def test_the_address_is_said_in_one_line_and_a_page_there_ends_the_view_by_q(tmp_path: Path) -> None:
    stats = tmp_path / "stats.json"
    with Viewer("synthetic", "--engine", "opencv", "--stats", str(stats)) as viewer:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{43}", viewer.url)
        with PageClient(viewer.port, viewer.token, size=(333, 222)) as page:
            assert page.see()[:2] == (333, 222)
            page.say([["key", "q", False]])
            assert page.closed_with() == 4000
        assert viewer.end(None) == 0
        assert len(viewer.said) == 1
    assert json.loads(stats.read_text())["frames"]["shown"] >= 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_everything_and_the_recording_is_whole(tmp_path: Path, number: signal.Signals) -> None:
    film = tmp_path / "film.mkv"
    with Viewer("synthetic", "--engine", "opencv", "--record", str(film)) as viewer:
        with PageClient(viewer.port, viewer.token, size=(320, 240)) as page:
            for _ in range(5):
                page.see()
            assert viewer.end(number) == 128 + number
            assert page.closed_with() == 4000
        with av.open(str(film)) as opened:
            assert sum(1 for _ in opened.decode(video=0)) >= 1
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", viewer.port))


def test_pages_that_come_and_go_or_do_not_listen_do_not_end_the_view() -> None:
    with Viewer("synthetic", "--engine", "opencv") as viewer:
        assert ask(viewer.port, "/").status == 200
        for _ in range(3):
            with PageClient(viewer.port, viewer.token) as page:
                page.see()
        with PageClient(viewer.port, viewer.token), PageClient(viewer.port, "wrong") as stranger:
            assert stranger.closed_with() == 4001
        assert viewer.end() == 143


def test_a_page_without_a_camera_is_said_on_stderr_and_waited_for(tmp_path: Path) -> None:
    with Viewer("browser", "--engine", "opencv", "--snapshot", str(tmp_path)) as viewer:
        viewer.hear("no page gives its camera yet.*waiting for it")
        with PageClient(viewer.port, viewer.token) as page:
            assert page.hear("camera") == {"width": 1280.0, "height": 720.0, "fps": 30.0}
            page.say([["camera off", "refused"]])
            viewer.hear("may not use the camera.*waiting for it")
            page.say([["key", "q", False]])
            assert page.closed_with() == 4000
        assert viewer.end(None) == 0
