from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_fakes import Events, FakeClock, picture

from live.cli import COMMANDS
from live.sources import SourceError, SourceSettings, open_source
from live.sources.address import redact, scheme
from live.sources.frame import Film, Frame, FrameSource
from live.sources.opening import WORDS
from live.sources.pictures import PictureSource, natural_order, read_picture
from live.sources.synthetic import SyntheticSource
from live.sources.video import VideoSource

FAST = SourceSettings(paced=False)


VIDEO_WH = (64, 48)


def write_video(path: Path, shades: list[int], fps: float = 10, size_wh: tuple[int, int] = VIDEO_WH) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, size_wh)
    for shade in shades:
        writer.write(picture(shade, size_wh))
    writer.release()
    return path


def damage(path: Path, frame: int) -> None:
    """Overwrite the inside of one JPEG of an MJPG video."""
    data = bytearray(path.read_bytes())
    at = -1
    for _ in range(frame + 1):
        at = data.index(b"\xff\xd8\xff", at + 1)
    end = data.index(b"\xff\xd9", at)
    data[at:end] = bytes(end - at)
    path.write_bytes(data)


def brightness(frame: Frame) -> int:
    mean = float(frame.image.mean())
    return round(mean) if frame.image.shape[:2] != VIDEO_WH[::-1] else 5 * round(mean / 5)


def shades(source: FrameSource, most: int = 1000) -> list[int]:
    """The brightness of every frame until the end; of a video's to the next five, since it is compressed."""
    seen: list[int] = []
    while not source.ended and len(seen) < most:
        frame = source.read(1.0)
        seen += [brightness(frame)] if frame else []
    source.close()
    return seen


def test_a_video_gives_every_frame_in_order_with_its_time(tmp_path: Path) -> None:
    source = open_source(str(write_video(tmp_path / "a.avi", [0, 50, 100, 150])), FAST, Events())
    times = []
    while (frame := source.read(0)) is not None:
        times.append((frame.index, round(frame.media_time_s, 6), brightness(frame)))
    assert times == [(0, 0.0, 0), (1, 0.1, 50), (2, 0.2, 100), (3, 0.3, 150)]
    assert source.ended
    assert (source.counts.captured, source.counts.failed_reads) == (4, 0)
    assert source.fps == 10
    assert source.granted.endswith("a.avi, 64x48 at 10 fps")


def test_a_videos_frame_stays_as_it_was_until_the_second_one_after_it(tmp_path: Path) -> None:
    source = open_source(str(write_video(tmp_path / "a.avi", list(range(0, 250, 50)))), FAST, Events())
    frames: list[Frame] = []
    while (frame := source.read(0)) is not None:
        frames.append(frame)
        assert [brightness(f) for f in frames[-2:]] == [50 * f.index for f in frames[-2:]]


def test_a_paced_video_plays_at_its_rate(tmp_path: Path) -> None:
    clock = FakeClock()
    source = VideoSource(write_video(tmp_path / "a.avi", [0, 50, 100]), SourceSettings(), Events(), clock, clock.wait)
    assert source.read(1.0) is not None
    assert source.read(0.03) is None
    assert source.read(1.0) is not None
    assert source.read(1.0) is not None
    assert clock.waits_s == pytest.approx([0.03, 0.07, 0.1])


def test_a_rate_that_was_asked_for_replaces_the_files_own(tmp_path: Path) -> None:
    clock = FakeClock()
    path = write_video(tmp_path / "a.avi", [0, 50, 100])
    source = VideoSource(path, SourceSettings(fps=40), Events(), clock, clock.wait)
    assert shades(source) == [0, 50, 100]
    assert clock.waits_s == pytest.approx([0.025, 0.025])


def test_a_damaged_picture_in_a_video_costs_that_picture(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.avi", [0, 50, 100, 150])
    damage(path, 2)
    events = Events()
    source = open_source(str(path), FAST, events)
    assert shades(source) == [0, 50, 150]
    assert source.counts.failed_reads == 1
    assert events.kinds() == ["failed_read", "notice"]
    assert events[-1].detail.endswith("a.avi is damaged: pictures that cannot be decoded are passed over and counted")


def test_loop_plays_a_video_again_with_time_going_on(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.avi", [0, 50])
    source = open_source(str(path), SourceSettings(paced=False, loop=True), Events())
    frames = [source.read(0) for _ in range(5)]
    assert [frame and round(frame.media_time_s, 6) for frame in frames] == [0.0, 0.1, 0.2, 0.3, 0.4]
    assert [frame and frame.index for frame in frames] == [0, 1, 2, 3, 4]
    assert not source.ended


def test_a_video_whose_pictures_are_all_damaged_is_an_error(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.avi", [0, 50])
    damage(path, 1)
    damage(path, 0)
    with pytest.raises(SourceError, match=r"no picture that can be decoded|neither a picture nor a video"):
        open_source(str(path), FAST, Events())


def test_a_cut_off_video_ends_where_it_was_cut(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.avi", list(range(0, 250, 5)), size_wh=(320, 240))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    seen = shades(open_source(str(path), FAST, Events()))
    assert 15 <= len(seen) <= 35
    assert seen == sorted(seen)


def write_picture(path: Path, shade: int, size_wh: tuple[int, int] = (8, 6)) -> Path:
    assert cv2.imwrite(str(path), picture(shade, size_wh))
    return path


def test_one_picture_is_one_frame(tmp_path: Path) -> None:
    source = open_source(str(write_picture(tmp_path / "a.png", 77)), SourceSettings(), Events())
    frame = source.read(0)
    assert frame is not None
    np.testing.assert_array_equal(frame.image, picture(77))
    assert source.ended
    assert source.fps is None
    assert source.read(0) is None


def test_a_folders_pictures_come_in_natural_order_and_a_broken_one_is_skipped(tmp_path: Path) -> None:
    for number, shade in ((10, 3), (2, 2), (1, 1)):
        write_picture(tmp_path / f"{number}.png", shade)
    (tmp_path / "3.png").write_bytes(b"no picture at all")
    (tmp_path / "notes.txt").write_text("not looked at")
    events = Events()
    source = open_source(str(tmp_path), FAST, events)
    assert shades(source) == [1, 2, 3]
    assert source.counts.failed_reads == 1
    assert events.kinds() == ["failed_read", "notice"]
    assert "3.png is no picture" in events[1].detail


def test_a_broken_one_that_comes_around_again_is_told_once(tmp_path: Path) -> None:
    write_picture(tmp_path / "1.png", 1)
    (tmp_path / "2.png").write_bytes(b"no picture at all")
    events = Events()
    source = open_source(str(tmp_path), SourceSettings(paced=False, loop=True), events)
    assert shades(source, most=5) == [1] * 5
    assert source.counts.failed_reads >= 3
    assert events.kinds().count("notice") == 1


def test_a_pattern_names_pictures(tmp_path: Path) -> None:
    for name, shade in (("a1.png", 1), ("a2.bmp", 2), ("b1.png", 9)):
        write_picture(tmp_path / name, shade)
    assert shades(open_source(str(tmp_path / "a*"), FAST, Events())) == [1, 2]


def test_a_numbered_picture_does_not_bring_the_others_with_it(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        write_picture(tmp_path / f"img_{number:03}.png", number)
    assert shades(open_source(str(tmp_path / "img_002.png"), FAST, Events())) == [2]


def test_paced_pictures_follow_each_other_twice_a_second_or_as_asked(tmp_path: Path) -> None:
    paths = [write_picture(tmp_path / f"{n}.png", n) for n in range(3)]
    for asked, wait_s in ((None, 0.5), (4.0, 0.25)):
        clock = FakeClock()
        shades(PictureSource("three", paths, SourceSettings(fps=asked), Events(), clock, clock.wait))
        assert clock.waits_s == [wait_s, wait_s]


def test_loop_shows_pictures_again(tmp_path: Path) -> None:
    for number in (1, 2):
        write_picture(tmp_path / f"{number}.png", number)
    source = open_source(str(tmp_path), SourceSettings(paced=False, loop=True), Events())
    assert shades(source, most=5) == [1, 2, 1, 2, 1]


def test_pictures_become_eight_bit_colour(tmp_path: Path) -> None:
    for name, image in (
        ("deep.png", np.full((4, 5, 3), 40000, np.uint16)),
        ("gray.png", np.full((4, 5), 9, np.uint8)),
        ("alpha.png", np.full((4, 5, 4), 9, np.uint8)),
    ):
        assert cv2.imwrite(str(tmp_path / name), image)
        read = read_picture(tmp_path / name)
        assert read.shape == (4, 5, 3)
        assert read.dtype == np.uint8


def test_a_path_in_any_script_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "图片 é.png"
    path.write_bytes(cv2.imencode(".png", picture(5))[1].tobytes())
    assert shades(open_source(str(path), FAST, Events())) == [5]


def test_numbers_in_names_are_compared_as_numbers() -> None:
    names = [Path(name) for name in ("a10", "a2", "b1", "a")]
    assert [str(path) for path in sorted(names, key=natural_order)] == ["a", "a2", "a10", "b1"]


def huge_png() -> bytes:
    data = bytearray(cv2.imencode(".png", picture(0))[1].tobytes())
    data[16:24] = (60000).to_bytes(4, "big") * 2  # the width and height of the header; its checksum is wrong now, too
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.png", b"", "empty.png is empty"),
        ("empty.mp4", b"", "empty.mp4 is empty"),
        ("noise.bin", bytes(range(256)) * 20, "noise.bin is neither a picture nor a video"),
        ("noise.jpg", bytes(range(256)) * 20, "noise.jpg is no picture that can be read"),
        ("words.txt", b"hello\n" * 50, "words.txt is a text file"),
        ("words.mp4", "é\n".encode() * 5000, "words.mp4 is a text file"),
        ("words.png", b"hello\n" * 50, "words.png is no picture that can be read"),
        ("huge.png", huge_png(), "huge.png is"),
    ],
)
def test_a_file_that_cannot_be_shown_is_one_sentence(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=sentence):
        open_source(str(tmp_path / name), FAST, Events())


def test_what_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    for text, sentence in (
        (str(tmp_path / "nope.png"), "there is no file"),
        (str(tmp_path / "*.png"), "no file matches"),
        (str(tmp_path / "bare"), "holds no pictures"),
        ("", "SOURCE is empty"),
        ("ftp://me:secret@host/x", r"ftp://\*\*\*@host/x begins with ftp://"),
        ("synthetic:nope", "there is no scene 'nope'; there are"),
    ):
        with pytest.raises(SourceError, match=sentence):
            open_source(text, FAST, Events())


@pytest.mark.parametrize(
    ("word", "meant"),
    [("camera", "cameras"), ("Filters", "filters"), ("layer", "layers"), ("synthetik", "synthetic"), ("clip", "")],
)
def test_a_mistyped_word_of_the_command_line_is_told(
    word: str, meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = rf" \(did you mean '{meant}'\?\)" if meant else ""
    with pytest.raises(SourceError, match=rf"there is no file {word}{told}; SOURCE is"):
        open_source(word, FAST, Events())


@pytest.mark.parametrize("kind", ["video", "folder"])
def test_what_has_ended_is_played_again_from_its_beginning_and_its_time_goes_on(kind: str, tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.avi", [10, 60, 110]) if kind == "video" else tmp_path
    for number in range(0 if kind == "video" else 3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture(10 + 50 * number))
    source = open_source(str(path), SourceSettings(paced=False, fps=10), Events())
    assert isinstance(source, Film)
    frames: list[Frame] = []
    for _ in range(2):
        assert not source.replays
        while not source.ended:
            frames += [frame] if (frame := source.read(0)) else []
        assert source.replays
        source.play_again()
    source.close()
    assert [brightness(frame) for frame in frames] == [10, 60, 110] * 2
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4, 5]
    assert [round(frame.media_time_s, 3) for frame in frames] == [0, 0.1, 0.2, 0.3, 0.4, 0.5]


@pytest.mark.parametrize("name", ["clip.avi", "*.png"])
def test_what_is_gone_when_it_is_to_be_played_again_stays_at_its_end_which_is_said(name: str, tmp_path: Path) -> None:
    made = [write_video(tmp_path / "clip.avi", [10])] + [tmp_path / f"{number}.png" for number in (1, 2)]
    for path in made[1:]:
        cv2.imwrite(str(path), picture(1))
    events = Events()
    source = open_source(str(tmp_path / name), FAST, events)
    assert isinstance(source, Film)
    shades_before = 0
    while not source.ended:
        shades_before += source.read(0) is not None
    for path in made:
        path.unlink()
    source.play_again()
    assert source.ended
    assert source.read(0) is None
    assert shades_before > 0
    assert events[-1].kind == "notice"
    assert "again: " in events[-1].detail or "skipped" in events[-1].detail


def test_one_picture_has_nothing_to_be_played_again(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), picture(1))
    source = open_source(str(tmp_path / "1.png"), FAST, Events())
    assert source.read(0) is not None
    assert source.ended
    assert isinstance(source, Film)
    assert not source.replays


ALL_OF_THEM = SourceSettings(width=8, height=6, fps=5, format="MJPG", paced=False)


@pytest.mark.parametrize(
    ("source", "settings", "said"),
    [
        ("1.png", ALL_OF_THEM, "--width, --height, --fps and --format change nothing: a picture is shown as it is"),
        ("1.png", SourceSettings(fps=5, loop=True), ""),
        (".", ALL_OF_THEM, "--width, --height and --format change nothing: each picture is shown as it is"),
        ("*.png", SourceSettings(fps=5), ""),
        ("clip.avi", SourceSettings(width=8, fps=5), "--width changes nothing: a video is shown as it is"),
        ("synthetic:step", ALL_OF_THEM, "--format changes nothing: a scene is shown as it is"),
        ("synthetic:step", SourceSettings(width=64, height=48, fps=5), ""),
    ],
)
def test_of_an_option_that_a_source_makes_nothing_of_that_is_said(
    source: str, settings: SourceSettings, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for number in (1, 2):
        cv2.imwrite(f"{number}.png", picture(number))
    write_video(tmp_path / "clip.avi", [10, 20])
    events = Events()
    open_source(source, replace(settings, paced=False), events).close()
    assert [event.detail for event in events if event.kind == "notice"] == [said] * bool(said)


def test_every_command_may_be_meant_by_a_mistyped_word() -> None:
    assert set(COMMANDS) - set(WORDS) == {"view"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="neither a file nor a folder"):
        open_source(str(tmp_path / "pipe"), FAST, Events())


def test_a_scene_gives_the_same_pixels_for_the_same_number() -> None:
    frames = []
    for _ in range(2):
        source = open_source("synthetic", FAST, Events())
        frames.append([frame.image.copy() for _ in range(3) if (frame := source.read(0)) is not None])
    assert len(frames[0]) == 3
    np.testing.assert_array_equal(frames[0], frames[1])


def test_a_scene_has_the_size_and_rate_that_were_asked_for() -> None:
    clock = FakeClock()
    source = SyntheticSource("", SourceSettings(width=32, height=20, fps=50), clock, clock.wait)
    first, second = source.read(1.0), source.read(1.0)
    assert first is not None
    assert second is not None
    assert first.image.shape[:2] == (20, 32)
    assert clock.waits_s == pytest.approx([0.02])
    assert second.media_time_s == 0.02
    assert not source.ended
    assert open_source("synthetic:", FAST, Events()).granted.endswith("640x480 at 30 fps")


@pytest.mark.parametrize(("fps", "waits_s"), [(50, [0.02, 0.02]), (None, [])])
def test_without_a_window_a_scene_keeps_the_rate_that_was_asked_for(fps: float | None, waits_s: list[float]) -> None:
    clock = FakeClock()
    source = SyntheticSource("", SourceSettings(width=32, height=20, fps=fps, paced=False), clock, clock.wait)
    for _ in range(3):
        assert source.read(1.0) is not None
    assert clock.waits_s == pytest.approx(waits_s)


@pytest.mark.parametrize(("width", "height"), [(0, 480), (-5, 480), (8193, 480), (640, 0), (640, 100_000)])
def test_a_scene_of_an_impossible_size_is_refused(width: int, height: int) -> None:
    with pytest.raises(SourceError, match="1x1 to 8192x8192"):
        open_source("synthetic", SourceSettings(width=width, height=height), Events())


@given(
    st.text(st.characters(exclude_characters="@", exclude_categories=["Cs"]), min_size=1),
    st.text(min_size=1).map(lambda text: f"<{text}>"),
)
def test_no_password_survives_redaction(user: str, password: str) -> None:
    assert password not in redact(f"rtsp://{user}:{password}@camera.local/live").replace("camera.local/live", "")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://me:p@ss/word@cam:554/live?x=1", "rtsp://***@cam:554/live?x=1"),
        ("http://cam/video?user=me&password=hunter2&n=3", "http://cam/video?user=me&password=***&n=3"),
        ("http://cam/video", "http://cam/video"),
        (
            "rtsp://cam/Streaming/Channels/101?channel=1&subtype=0",
            "rtsp://cam/Streaming/Channels/101?channel=1&subtype=0",
        ),
        ("rtsp://cam/user=admin_password=SECRET_channel=1.sdp", "rtsp://cam/user=admin_password=***"),
        ("rtsp://cam/user=admin&password=SECRET&channel=1", "rtsp://cam/user=admin&password=***"),
        ("http://cam/x?loginuse=a&loginpas=SECRET", "http://cam/x?loginuse=***&loginpas=***"),
        ("http://cam/x?psw=SECRET&channel=1", "http://cam/x?psw=***&channel=1"),
        ("http://cam/x?p=123", "http://cam/x?p=***"),
        ("http://cam/x?credential=SECRET#token=SECRET", "http://cam/x?credential=***#token=***"),
        ("http://cam/x?p%61ss%3DSECRET", "http://cam/x?p%61ss%3D***"),
        ("http://cam/x?auth_id=SECRET", "http://cam/x?auth_id=***"),
        ("http://cam/x?pwd=a&SECRET&n=3", "http://cam/x?pwd=***&***&n=3"),
        ("http://cam/x?SECRET", "http://cam/x?***"),
        ("http://cam/x?whatever=SECRET", "http://cam/x?whatever=***"),
        ("http://cam?token=SECRET", "http://cam?token=***"),
        ("http://cam/x;pw=SECRET/SECRET", "http://cam/x;pw=***"),
        ("rtsp://cam/password/SECRET/1", "rtsp://cam/password/***"),
        ("rtsp://cam:7447/abcd1234EFGH5678", "rtsp://cam:7447/***"),
        ("http://cam/x?channel=abcd1234EFGH5678", "http://cam/x?channel=***"),
        ("rtsp:/me:SECRET@cam/x", "***@cam/x"),
    ],
)
def test_an_address_is_shown_without_its_secrets(address: str, shown: str) -> None:
    assert redact(address) == shown


def test_a_mistyped_address_is_refused_without_its_secrets() -> None:
    for text in ("rtsp:/me:hunter2@cam/1", "me:hunter2@cam/1", "http:/cam/x?pwd=hunter2"):
        with pytest.raises(SourceError, match="no file") as caught:
            open_source(text, FAST, Events())
        assert "hunter2" not in str(caught.value)


def test_a_scheme_is_told_from_a_drive() -> None:
    assert scheme("RTSP://cam/1") == "rtsp"
    assert scheme("C:\\pictures\\a.png") is None
