"""The command line as a person meets it: its output, its sentences, its exit codes."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from convviz_core.filters.built_in import BUILT_IN_BANKS
from convviz_core.filters.files import load_bank
from convviz_core.scenes import open_scene
from live.cli import main
from live.parsers import still_parser, view_parser

pytestmark = pytest.mark.usefixtures("signals_as_before")

HEADLESS = ("--headless", "--frames", "3")


def run(*arguments: str | Path, environment: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a real process."""
    done = subprocess.run(
        [sys.executable, "-m", "live", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, **(environment or {})},
        timeout=120,
    )
    return done.returncode, done.stdout, done.stderr


def says(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    """Exit code and stderr of a run in this process, which is quicker."""
    try:
        code = main([str(argument) for argument in arguments])
    except SystemExit as left:
        code = int(left.code or 0)
    heard = capsys.readouterr()
    assert "Traceback" not in heard.err
    return code, heard.err


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    cv2.imwrite(str(path), open_scene(None, (64, 48)).frame(0, 30.0))
    return path


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--stride", "0"), "'0' is not from 1 to 1024"),
        (("--stride", "1,2,3"), "'1,2,3' is not a whole number, or two for y and x"),
        (("--padding", "-1"), "'-1' is not from 0 to 1024"),
        (("--padding", "valid"), "'valid' is not 'same', a whole number, or two"),
        (("--padding-mode", "mirror"), "invalid choice: 'mirror'"),
        (("--dilation", "99999999999999999999"), "is not from 1 to 1024"),
        (("--padding", "same", "--stride", "2"), "padding 'same' exists for stride 1 only"),
        (("--bias", "yes"), "invalid choice: 'yes'"),
    ],
)
def test_a_geometry_that_does_not_exist_is_exit_2_and_one_sentence(
    capsys: pytest.CaptureFixture[str], picture: Path, options: tuple[str, ...], sentence: str
) -> None:
    code, said = says(capsys, picture, "--headless", *(f"{options[0]}={options[1]}", *options[2:]))
    assert code == 2
    assert sentence in said
    assert said.count("\n") == 1


def test_a_file_s_geometry_holds_unless_the_command_line_says_otherwise(
    capsys: pytest.CaptureFixture[str], picture: Path, tmp_path: Path
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        'name = "mine"\nstride = 2\npadding = 1\n[[filter]]\nlabel = "a"\nbias = 0.25\n'
        "kernel = [[1, 2, 1], [0, 0, 0], [-1, -2, -1]]\n"
    )
    options = ("--headless", "--engine", "opencv", "--filters", file)
    code, said = says(capsys, picture, *options, "--snapshot", tmp_path / "a")
    assert code == 0
    assert "convviz: 'mine' has a bias, which is not used: --bias use adds it\n" in said
    code, said = says(
        capsys, picture, *options, "--snapshot", tmp_path / "b", "--stride", "3,1", "--bias", "use", "--dilation", "2"
    )
    assert code == 0
    assert "bias" not in said
    kept = [json.loads((tmp_path / name / "settings.json").read_text()) for name in "ab"]
    assert [one["stride"] for one in kept] == [[2, 2], [3, 1]]
    assert [one["padding"] for one in kept] == [[1, 1], [1, 1]]
    assert [one["dilation"] for one in kept] == [[1, 1], [2, 2]]
    assert [one["bias"] for one in kept] == [False, True]
    with np.load(tmp_path / "a" / "maps.npz") as first, np.load(tmp_path / "b" / "maps.npz") as second:
        assert first["conv"].shape == (1, 24, 32)  # of 64x48
        assert second["conv"].shape == (1, 16, 62)
        assert "bias" not in first.files
        assert second["bias"].tolist() == [0.25]
    code, said = says(capsys, "still", picture, "--out", tmp_path / "still", "--filters", file)
    assert code == 0
    assert "'mine' has a bias, which is not used" in said
    with np.load(tmp_path / "still" / "maps.npz") as maps:
        assert maps["conv"].shape == (1, 24, 32)


def test_a_headless_run_ends_with_one_line_of_figures(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = says(capsys, "synthetic", *HEADLESS)
    assert code == 0
    assert said.startswith("convviz: 3 frames, ")
    assert said.count("\n") == 1
    assert "compute p50" in said


VALUES = {
    "--padding-mode": "reflect",
    "--bias": "use",
    "--input": "224x224",
    "--format": "MJPG",
    "--colormap": "gray",
    "--activation": "relu",
    "--compare-as": "wipe",
    "--range": "auto",
    "--engine": "auto",
    "--record-what": "frame",
}


@pytest.mark.parametrize("make", [view_parser, still_parser])
def test_an_option_that_holds_one_value_is_refused_when_given_twice(
    make: Callable[[], ArgumentParser], capsys: pytest.CaptureFixture[str]
) -> None:
    options = [action.option_strings[0] for action in make()._actions if action.option_strings and action.nargs is None]
    assert "--filters" in options
    for option in options:
        given = [option, VALUES.get(option, "1"), option, VALUES.get(option, "1")]
        with pytest.raises(SystemExit) as left:
            make().parse_args(["picture.png", *given])
        assert left.value.code == 2
        assert f"convviz: {option} is given twice, want it once" in capsys.readouterr().err


def test_a_picture_is_one_frame_when_headless(capsys: pytest.CaptureFixture[str], picture: Path) -> None:
    code, said = says(capsys, picture, "--headless")
    assert code == 0
    assert "1 frames" in said


def test_the_statistics_have_the_documented_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = tmp_path / "stats.json"
    code, _ = says(capsys, "synthetic:step", *HEADLESS, "--stats", record, "--width", "100", "--height", "80")
    stats = json.loads(record.read_text())
    assert code == 0
    assert stats["schema"] == 1
    assert stats["source"] == "synthetic:step"
    assert stats["size_wh"] == [100, 80]
    assert stats["filters"] == "udacity"
    assert (stats["activation"], stats["range"], stats["device"]) == ("relu", "auto", "cpu")
    assert stats["frames"] == {
        "captured": 3,
        "processed": 3,
        "shown": 0,
        "dropped": 0,
        "failed_reads": 0,
        "reconnects": 0,
    }
    assert set(stats["stages_ms"]) == {"capture", "compute"}
    assert set(stats["stages_ms"]["compute"]) == {"count", "p50", "p95", "p99", "max"}
    assert set(stats["latency_ms"]) == set(stats["intervals_ms"]) == {"p50", "p95", "p99", "max"}
    (engine,) = stats["engines"]
    assert (engine["engine"], engine["device"], engine["frames"]) == (stats["engine"], "cpu", 3)
    assert set(engine["compute_ms"]) == {"p50", "p95", "p99", "max"}
    assert stats["fps"] == pytest.approx(3 / stats["seconds"])
    assert stats["first_picture_s"] > 0


def test_the_warm_up_s_frames_are_in_no_statistic(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = tmp_path / "stats.json"
    code, said = says(capsys, "synthetic:step", *HEADLESS, "--stats", record, "--warm-up", "1000")
    stats = json.loads(record.read_text())
    assert code == 0
    assert "the run ended within its warm-up: its statistics are empty" in said
    assert set(stats["frames"].values()) == {0}
    assert stats["engines"] == []
    assert stats["first_picture_s"] > 0


@pytest.mark.parametrize("seconds", ["-1", "soon", "nan"])
def test_a_warm_up_that_is_no_number_of_seconds_is_refused(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        view_parser().parse_args([f"--warm-up={seconds}"])
    assert left.value.code == 2
    assert f"'{seconds}' is not a number from 0 on (see convviz --help)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("--frames=0", "'0' is not a whole number above 0"),
        ("--frames=1.5", "'1.5' is not a whole number above 0"),
        ("--width=20000", "'20000' is more than 16,384"),
        ("--seconds=inf", "'inf' is more than 1,000,000,000"),
    ],
)
def test_a_number_that_is_too_small_or_too_large_is_said_to_be_so(
    option: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        view_parser().parse_args([option])
    assert left.value.code == 2
    assert f"{sentence} (see convviz --help)" in capsys.readouterr().err


def test_the_trace_has_spans_for_waiting_and_encoding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace, film = tmp_path / "trace.json", tmp_path / "film.mkv"
    code, _ = says(capsys, "synthetic", *HEADLESS, "--fps", "5", "--trace", trace, "--record", film)
    assert code == 0
    frames = [
        [event.get("args", {}).get("frame") for event in json.loads(trace.read_text()) if event["name"] == name]
        for name in ("compute", "encoding", "waiting")
    ]
    assert frames[0] == frames[1] == [0, 1, 2]
    assert frames[2]


def test_the_last_frame_is_kept_and_its_maps_can_be_rebuilt(
    tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept"
    assert says(capsys, picture, "--headless", "--mirror", "--snapshot", kept)[0] == 0
    frame, original = cv2.imread(str(kept / "frame.png")), cv2.imread(str(picture))
    assert frame is not None
    assert original is not None
    assert np.array_equal(frame, original[:, ::-1])
    with np.load(kept / "maps.npz") as maps:
        assert maps["conv"].shape == maps["activated"].shape == (4, 45, 61)
        kernel = maps["kernels"][0, 0].astype(np.float64)
        gray = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) / 255.0
        assert maps["conv"][0, 5, 7] == pytest.approx((gray[5:9, 7:11] * kernel).sum(), abs=1e-5)
    rebuilt = subprocess.run([sys.executable, kept / "reproduce.py"], capture_output=True, text=True, timeout=120)
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert float(rebuilt.stdout.split()[-1]) <= 1e-5


def test_still_writes_the_figures_and_the_maps(
    tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _ = says(capsys, "still", picture, "--out", tmp_path / "figures")
    assert code == 0
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    assert names == {"input.png", "filters.png", "conv.png", "relu.png", "maps.npz"}
    gray = cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE)
    assert gray is not None
    with np.load(tmp_path / "figures" / "maps.npz") as maps:
        unit = gray.astype(np.float64) / 255
        expected = sum(
            unit[dy : dy + 45, dx : dx + 61] * float(maps["kernels"][0, 0, dy, dx])
            for dy in range(4)
            for dx in range(4)
        )
        assert np.abs(maps["conv"][0] - expected).max() <= 1e-5
        assert np.array_equal(maps["activated"], np.maximum(maps["conv"], 0))


def test_filters_lists_every_bank_one_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["filters"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [bank.name for bank in BUILT_IN_BANKS]


@pytest.mark.parametrize("bank", BUILT_IN_BANKS, ids=lambda bank: str(bank.name))
def test_a_printed_bank_is_a_filter_file(tmp_path: Path, bank: object, capsys: pytest.CaptureFixture[str]) -> None:
    name = str(getattr(bank, "name", ""))
    assert main(["filters", name]) == 0
    file = tmp_path / "bank.toml"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    assert np.array_equal(load_bank(file).kernels, load_bank(name).kernels)


@pytest.mark.parametrize("command", [(), ("view",), ("still",), ("filters",), ("cameras",)])
def test_every_command_has_help_on_stdout(command: tuple[str, ...]) -> None:
    code, out, err = run(*command, "--help")
    assert (code, err) == (0, "")
    assert out.startswith("usage: convviz")


BAD_ARGUMENTS: list[tuple[list[str], str]] = [
    (["--frames", "0"], "above 0"),
    (["--frames", "many"], "above 0"),
    (["--seconds", "-1"], "above 0"),
    (["--seconds", "nan"], "above 0"),
    (["--width", "0"], "above 0"),
    (["--range", "wide"], "invalid choice"),
    (["--colormap", "rainbow"], "invalid choice"),
    (["--format", "H264"], "invalid choice"),
    (["--engine", "magic"], "invalid choice"),
    (["--no-such-option"], "unrecognized"),
    (["a", "b"], "unrecognized"),
    (["--filters", "no-such-bank"], "no-such-bank"),
]


@pytest.mark.parametrize(("arguments", "named"), BAD_ARGUMENTS)
def test_bad_arguments_get_one_sentence_and_exit_2(
    arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = says(capsys, "--headless", *arguments)
    assert code == 2
    assert named in said
    assert said.count("\n") == 1


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("echo evil",)


BAD_FILTERS: dict[str, bytes] = {
    "nan.toml": b'name = "n"\n[[filter]]\nlabel = "f"\nkernel = [[nan]]\n',
    "ragged.toml": b'name = "n"\n[[filter]]\nlabel = "f"\nkernel = [[1, 2], [3]]\n',
    "huge.toml": b'name = "n"\n[[filter]]\nlabel = "f"\nkernel = [' + b",".join([b"[1]"] * 32) + b"]\n",
    "empty.toml": b"",
    "noise.toml": bytes(range(256)),
    "noise.npy": bytes(range(256)),
    "noise.safetensors": bytes(range(256)),
    "evil.pt": pickle.dumps(Evil()),
}


@pytest.mark.parametrize("name", BAD_FILTERS)
def test_a_bad_filter_file_gets_one_sentence_and_exit_2(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / name
    file.write_bytes(BAD_FILTERS[name])
    code, said = says(capsys, "synthetic", *HEADLESS, "--filters", file)
    assert code == 2
    assert said.count("\n") == 1
    assert "evil" not in capsys.readouterr().out


def test_bad_sources_get_one_sentence_and_exit_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "noise.mp4").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "folder").mkdir()
    cv2.imwrite(str(tmp_path / "small.png"), np.zeros((3, 9, 3), np.uint8))
    for source in (
        tmp_path / "missing.png",
        tmp_path / "empty.png",
        tmp_path / "noise.mp4",
        tmp_path / "folder",
        tmp_path / "small.png",
        tmp_path / "*.jpg",
        "99",
        "2147483648",
        "synthetic:nothing",
        "http://127.0.0.1:9/",
    ):
        code, said = says(capsys, source, *HEADLESS)
        assert code == 3, (source, said)
        assert said.count("\n") == 1, said


def test_a_negative_camera_number_never_reaches_opencv(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (("-1", *HEADLESS), ("--headless", "--", "-1")):
        code, said = says(capsys, *arguments)
        assert code in (2, 3)
        assert said.count("\n") == 1


def test_a_device_that_is_not_there_gets_one_sentence_and_exit_3(capsys: pytest.CaptureFixture[str]) -> None:
    for device in ("cuda:99", "cuda:x", "tpu"):
        code, said = says(capsys, "synthetic", *HEADLESS, "--device", device)
        assert code in (2, 3), said
        assert said.count("\n") == 1


@pytest.mark.parametrize("option", ["--stats", "--trace", "--record"])
def test_an_output_in_a_missing_folder_gets_one_sentence_and_exit_4(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = says(capsys, "synthetic", *HEADLESS, option, tmp_path / "missing" / "out.mkv")
    assert code == 4
    assert "missing" in said
    assert said.count("\n") == 1


def test_a_snapshot_folder_that_is_a_file_gets_exit_4(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = says(capsys, "synthetic", *HEADLESS, "--snapshot", picture)
    assert code == 4
    assert said.count("\n") == 1


def test_no_output_is_written_over_an_input_or_another_output(
    tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = picture.read_bytes()
    both = ("--stats", tmp_path / "out", "--trace", tmp_path / "sub" / ".." / "out")
    (tmp_path / "sub").mkdir()
    for arguments in ((picture, "--stats", picture), ("synthetic", *both)):
        code, said = says(capsys, *arguments, "--headless", "--frames", "1")
        assert code == 4
        assert said.count("\n") == 1
    assert picture.read_bytes() == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_that_nobody_reads_is_refused_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe")
    code, said = says(capsys, "synthetic", *HEADLESS, "--stats", tmp_path / "pipe")
    assert code == 4
    assert "nobody reads" in said


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such redirections")
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_do_no_harm(closed: str) -> None:
    command = f'"{sys.executable}" -m live synthetic --headless --frames 2 {closed}'
    assert subprocess.run(command, shell=True, stderr=subprocess.DEVNULL, timeout=120).returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the display is X11's")
@pytest.mark.parametrize("display", ["", ":987", "nonsense"])
def test_without_a_display_a_sentence_names_headless_and_the_exit_is_4(display: str) -> None:
    code, out, said = run("synthetic", environment={"DISPLAY": display})
    assert (code, out) == (4, "")
    assert "--headless" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["a.jpg", "b.jpg"], "'b.jpg'"),
        (["a.jpg", "b.jpg", "--mirror", "c.jpg", "d.jpg"], "'b.jpg' and 2 more"),
        (["a.jpg", "rtsp://me:secret@there/x"], "'rtsp://***@there/x'"),
    ],
)
def test_of_several_pictures_the_sentence_says_that_a_pattern_needs_quotes(
    words: list[str], found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = says(capsys, *words)
    assert code == 2
    assert f"unrecognized behind the one SOURCE: {found}; a pattern of pictures is put in quotes, such as" in said
    assert said.count("\n") == 1


def test_an_option_that_does_not_exist_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = says(capsys, "a.jpg", "b.jpg", "--colour")
    assert code == 2
    assert "unrecognized arguments: b.jpg --colour" in said


@pytest.mark.parametrize(
    ("words", "found", "meant"),
    [
        (["layer", "net.py:net"], "there is no file and no command 'layer'", "layers"),
        (["filter", "gabor", "--curves", "out"], "there is no file and no command 'filter'", "filters"),
        (["--widht", "320"], "unrecognized arguments: --widht", "--width"),
        (["synthetic", "--widht=320"], "unrecognized arguments: --widht=320", "--width"),
        (["layers", "net.py:net", "--jsn"], "unrecognized arguments: --jsn", "--json"),
        (["synthetic", "--nothing"], "unrecognized arguments: --nothing", ""),
    ],
)
def test_a_mistyped_command_and_a_mistyped_option_are_told_what_may_be_meant(
    words: list[str],
    found: str,
    meant: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, said = says(capsys, *words)
    assert code == 2
    assert f"{found} (did you mean '{meant}'?) (see" in said if meant else f"{found} (see" in said


def test_behind_a_file_that_has_nearly_a_command_s_name_the_word_is_what_is_wrong(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "layer").mkdir()
    assert "behind the one SOURCE: 'b.png'" in says(capsys, "layer", "b.png")[1]


def test_the_maps_of_a_picture_for_which_the_disk_has_no_room_are_an_output_that_fails(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("live.recording.room.LARGE_BYTES", 1000)
    monkeypatch.setattr("live.recording.room.free_bytes", lambda _: 999)
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((40, 30), np.uint8))
    for words in (["still", str(tmp_path / "a.png"), "--out"], [str(tmp_path / "a.png"), "--headless", "--snapshot"]):
        code, said = says(capsys, *words, str(tmp_path / "out"))
        assert code == 4
        assert f"cannot write {tmp_path / 'out'}: the maps take 0 MB and its disk has 0 MB left" in said
        assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("word", ["camera", "Filters", "nothing.png", "nothing-*.png"])
def test_a_word_that_is_no_command_and_no_file_is_said_to_be_no_file_without_a_display_too(
    word: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISPLAY", raising=False)
    code, said = says(capsys, word)
    assert code == 3
    assert said.startswith(f"convviz: {'no file matches' if '*' in word else 'there is no file'} {word}")
    assert said.count("\n") == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_finishes_every_file(number: int, code: int, tmp_path: Path) -> None:
    stats, movie, trace = tmp_path / "stats.json", tmp_path / "movie.mkv", tmp_path / "trace.json"
    outputs = ("--stats", stats, "--record", movie, "--trace", trace, "--snapshot", tmp_path / "kept")
    arguments = [sys.executable, "-m", "live", "synthetic", "--headless", "--fps", "30", *map(str, outputs)]
    program = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
    while not (movie.exists() and movie.stat().st_size > 50_000):
        assert program.poll() is None, program.communicate()[1]
    program.send_signal(number)
    _, said = program.communicate(timeout=60)
    assert program.returncode == code, said
    assert "Traceback" not in said
    assert json.loads(stats.read_text())["frames"]["processed"] > 0
    json.loads(trace.read_text())
    assert (tmp_path / "kept" / "mosaic.png").exists()
    capture = cv2.VideoCapture(str(movie))
    assert capture.read()[0]
    capture.release()


def test_the_reader_of_stdout_may_leave() -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "live", "filters", "gabor"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert program.stdout is not None
    program.stdout.close()
    assert program.stderr is not None
    assert program.stderr.read() == b""
    assert program.wait(30) in (0, 4)


def test_the_first_picture_needs_neither_torch_nor_matplotlib_nor_av() -> None:
    code = (
        "import sys; from live.cli import main; main(['synthetic', '--headless', '--frames', '2']); "
        "print([name for name in ('torch', 'matplotlib', 'av', 'safetensors') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr
