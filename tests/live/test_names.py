"""Names that others gave: shown without harm, and taken for what they are."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from films import write_film
from hypothesis import given
from hypothesis import strategies as st
from source_fakes import Events, picture

from convviz_core.filters.bank import FilterError
from convviz_core.filters.files import load_bank, to_toml
from convviz_core.names import is_utf8, shown, utf8_path
from live.cli import main
from live.drawing.text import put, text_width
from live.sources import SourceError, SourceSettings, open_source

FAST = SourceSettings(paced=False)
PNG = cv2.imencode(".png", picture(7))[1].tobytes()
NOT_UTF8 = os.fsdecode(b"caf\xff")
needs_any_bytes = pytest.mark.skipif(sys.platform != "linux", reason="this system's names are always UTF-8")


@pytest.mark.parametrize(
    ("name", "as_shown"),
    [
        ("a b.png", "a b.png"),
        ("图片 é · 3\u202f14.png", "图片 é · 3\u202f14.png"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("caf\udcff", "caf\\xff"),
        ("\ud800", "\\ud800"),
        ("gpj.\u202eexe", "gpj.\\u202eexe"),
        ("one\u2028two", "one\\u2028two"),
    ],
)
def test_a_name_is_shown_with_what_a_terminal_must_not_get_written_out(name: str, as_shown: str) -> None:
    assert shown(name) == as_shown
    assert shown(Path(name)) == as_shown


@given(st.text(st.characters(exclude_categories=[])))
def test_whatever_a_name_holds_it_is_shown_in_one_line_that_can_be_encoded(name: str) -> None:
    as_shown = shown(name)
    as_shown.encode()
    assert len(as_shown.splitlines()) <= 1
    assert shown(as_shown) == as_shown


@needs_any_bytes
def test_a_file_whose_name_is_not_utf8_has_a_path_that_is(tmp_path: Path) -> None:
    path = tmp_path / NOT_UTF8
    path.write_bytes(b"here")
    with utf8_path(path) as readable:
        assert is_utf8(readable)
        assert readable.read_bytes() == b"here"


def test_text_on_the_picture_may_hold_any_name() -> None:
    canvas = np.zeros((40, 300, 3), np.uint8)
    assert put(canvas, "caf\udcff\n", 2, 20, 12) == put(canvas, "caf\\xff\\n", 2, 20, 12)
    assert text_width("caf\udcff\n", 12) == text_width("caf\\xff\\n", 12)
    assert canvas.any()


@needs_any_bytes
@pytest.mark.parametrize("name", [b"caf\xff.png", b"caf\xff", b"dir\xff/a.png", b"dir\xff"])
def test_a_picture_and_a_folder_whose_names_are_not_utf8_are_read(tmp_path: Path, name: bytes) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    inside = path / "a.png" if name == b"dir\xff" else path
    inside.parent.mkdir(exist_ok=True)
    inside.write_bytes(PNG)
    frame = open_source(str(path), FAST, Events()).read(0)
    assert frame is not None
    np.testing.assert_array_equal(frame.image, picture(7))


@needs_any_bytes
def test_filters_in_files_whose_names_are_not_utf8_are_read(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    weights = torch.arange(8.0).reshape(2, 1, 2, 2)
    save_file({"conv.weight": weights}, tmp_path / "plain.safetensors")
    torch.save({"conv.weight": weights}, tmp_path / "plain.pt")
    np.save(tmp_path / "plain.npy", weights.numpy())
    for plain in sorted(tmp_path.iterdir()):
        renamed = plain.rename(plain.with_stem(NOT_UTF8))
        bank = load_bank(renamed)
        np.testing.assert_array_equal(bank.kernels, weights.numpy())
        assert bank.name.startswith("caf\\xff")
        to_toml(bank)


@pytest.mark.parametrize("name", ["12:30:05.png", "2024-11-14T22:57:44+02:00.gif", "a:b", "file:", "concat:", "pipe:"])
def test_a_file_that_is_there_is_a_file_whatever_its_name_looks_like(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(PNG)
    frame = open_source(name, FAST, Events()).read(0)
    assert frame is not None
    np.testing.assert_array_equal(frame.image, picture(7))


@needs_any_bytes
@pytest.mark.parametrize(
    "name",
    [
        b"12:30:05.mp4",
        b"a:b",
        b"file:",
        b"concat:",
        b"pipe:",
        b"caf\xff.mp4",
        b"d\xff/a",
    ],
)
def test_a_video_may_have_any_name_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: bytes) -> None:
    monkeypatch.chdir(tmp_path)
    write_film(Path("film.mp4"), [picture(100, (64, 48)), picture(100, (64, 48))], "mpeg4", pix_fmt="yuv420p")
    path = Path(os.fsdecode(name))
    path.parent.mkdir(exist_ok=True)
    Path("film.mp4").rename(path)
    source = open_source(str(path), SourceSettings(paced=False, loop=True), Events())
    for _ in range(3):
        frame = source.read(0)
        assert frame is not None
        assert abs(int(frame.image[10, 10, 0]) - 100) <= 10
    source.close()


def test_what_looks_like_an_address_is_a_file_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError, match="begins with ftp://"):
        open_source("ftp://a.png", FAST, Events())
    Path("ftp:").mkdir()
    Path("ftp:/a.png").write_bytes(PNG)
    assert open_source("ftp://a.png", FAST, Events()).read(0) is not None


@pytest.mark.parametrize("address", ["http://host/caf\udcff", "rtsp://me:\udcff@host/x"])
def test_an_address_that_is_not_utf8_is_one_sentence(address: str) -> None:
    with pytest.raises(SourceError, match="is not UTF-8: write such bytes as %XX"):
        open_source(address, FAST, Events())


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["{long}.png", "--headless"], 3, "cannot be read: File name too long"),
        (["{long}.mp4", "--headless", "--stats", "s.json"], 3, "cannot be read: File name too long"),
        (["http{long}://host", "--headless"], 3, "want one of http://"),
        (["synthetic", "--headless", "--filters", "{long}.toml"], 2, "cannot be read: File name too long"),
        (["synthetic", "--headless", "--filters", "{long}.pt:conv"], 2, "cannot be read: File name too long"),
        (["synthetic", "--headless", "--stats", "{long}.json"], 4, "cannot write"),
        (["synthetic", "--headless", "--snapshot", "{long}"], 4, "cannot write"),
        (["still", "{long}.png", "--out", "out"], 3, "cannot be read: File name too long"),
        (["still", "a.png", "--out", "{long}"], 4, "cannot write"),
        (["filters", "{long}.npy"], 2, "cannot be read: File name too long"),
    ],
)
def test_a_name_that_is_too_long_is_one_sentence_about_that_name(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    code: int,
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.png").write_bytes(cv2.imencode(".png", picture(7, (40, 40)))[1].tobytes())
    long = "n" * 300
    assert main([word.format(long=long) for word in words]) == code
    (said,) = capsys.readouterr().err.splitlines()
    assert sentence in said
    assert long in said
    assert "stdout" not in said


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["a\nb\x1b[2J\udcff.png", "--headless"], 3),
        (["http\x1b://\n\udcff", "--headless"], 3),
        (["http://h/\n\x1b\udcff", "--headless"], 3),
        (["still", "a\nb\x1b[2J\udcff.png", "--out", "out"], 3),
        (["synthetic", "--headless", "--filters", "a\nb\x1b[2J\udcff.toml"], 2),
        (["filters", "a\nb\x1b[2J\udcff"], 2),
        (["synthetic", "--headless", "--stats", "none/\n\x1b\udcff"], 4),
        (["synthetic:\n\x1b\udcff", "--headless"], 3),
        (["synthetic", "--headless", "--engine", "\n\x1b\udcff"], 2),
        (["synthetic", "--headless", "--device", "\n\x1b\udcff"], 3),
        (["synthetic", "--headless", "\n\x1b\udcff"], 2),
    ],
)
def test_newlines_and_escapes_in_a_name_are_written_out_in_its_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        left = main(words)
    except SystemExit as exit:
        left = int(exit.code or 0)
    captured = capsys.readouterr()
    assert left == code
    (said,) = captured.err.splitlines()
    assert said.isprintable()
    assert captured.out == ""


def test_a_filter_file_that_is_not_there_is_named_as_it_was_typed() -> None:
    with pytest.raises(FilterError, match="there is no file"):
        load_bank("caf\udcff.toml")
