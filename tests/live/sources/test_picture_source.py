"""Pictures as a source of frames: animations and pages, what is said, what is too small; the viewer and still alike."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from made_pictures import TiffPage, heic, png, tiff
from PIL import Image
from source_fakes import Events, FakeClock, picture

from convviz_core.arrays import AnyArray
from live.cli import main
from live.sources import SourceError, SourceSettings, open_source
from live.sources.pictures import PictureSource

FAST = SourceSettings(paced=False)
SHADES = (0, 100, 200)


def animation(path: Path, **options: Any) -> Path:
    first, *rest = (Image.new("RGB", (16, 16), (shade,) * 3) for shade in SHADES)
    first.save(path, save_all=True, append_images=rest, **{"duration": [100, 40, 250], "lossless": True, **options})
    return path


def pages(path: Path, *shades: int) -> Path:
    path.write_bytes(tiff(*(TiffPage(np.full((16, 16), shade, np.uint8)) for shade in shades)))
    return path


def shades(source: object, most: int = 100) -> list[int]:
    assert isinstance(source, PictureSource)
    seen: list[int] = []
    while not source.ended and len(seen) < most:
        frame = source.read(1.0)
        seen += [int(frame.image[0, 0, 0])] if frame else []
    return seen


def test_a_folder_s_heic_pictures_are_shown_and_those_of_tiles_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tiles.HEIC").write_bytes(heic(np.full((64, 64), 90, np.uint8), item=b"grid"))
    (tmp_path / "whole.heic").write_bytes(heic(np.full((64, 64), 90, np.uint8)))
    assert main([str(tmp_path), "--headless"]) == 0
    skipped, end = capsys.readouterr().err.splitlines()
    assert "tiles.HEIC is a HEIC made of many tiles" in skipped
    assert end.startswith("convviz: 1 frames")


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png", "a.apng"])
def test_an_animation_plays_at_its_own_pace(tmp_path: Path, name: str) -> None:
    clock = FakeClock()
    path = animation(tmp_path / name)
    source = PictureSource(name, [path], SourceSettings(), Events(), clock, clock.wait)
    times = []
    while not source.ended:
        frame = source.read(1.0)
        assert frame is not None
        times.append((int(frame.image[0, 0, 0]), round(frame.media_time_s, 6), frame.index))
    assert times == [(0, 0.0, 0), (100, 0.1, 1), (200, 0.14, 2)]
    assert clock.waits_s == pytest.approx([0.1, 0.04])
    assert source.fps == 10
    assert source.granted == f"{name}, 3 pictures"


def test_pages_follow_each_other_twice_a_second_or_as_asked(tmp_path: Path) -> None:
    path = pages(tmp_path / "a.tif", *SHADES)
    for asked, wait_s in ((None, 0.5), (4.0, 0.25)):
        clock = FakeClock()
        source = PictureSource("a", [path], SourceSettings(fps=asked), Events(), clock, clock.wait)
        assert shades(source) == [0, 100, 200]
        assert clock.waits_s == pytest.approx([wait_s, wait_s])
        assert source.fps == 1 / wait_s


def test_a_rate_that_was_asked_for_replaces_an_animations_own(tmp_path: Path) -> None:
    clock = FakeClock()
    source = PictureSource("a", [animation(tmp_path / "a.webp")], SourceSettings(fps=20), Events(), clock, clock.wait)
    assert shades(source) == [0, 100, 200]
    assert clock.waits_s == pytest.approx([0.05, 0.05])


def test_loop_plays_an_animation_again_with_time_going_on(tmp_path: Path) -> None:
    source = open_source(str(animation(tmp_path / "a.gif")), SourceSettings(paced=False, loop=True), Events())
    frames = [source.read(0) for _ in range(5)]
    assert [frame and int(frame.image[0, 0, 0]) for frame in frames] == [0, 100, 200, 0, 100]
    assert [frame and round(frame.media_time_s, 6) for frame in frames] == [0.0, 0.1, 0.14, 0.39, 0.49]
    assert not source.ended


def test_animations_play_among_the_pictures_of_a_folder(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), picture(7))
    animation(tmp_path / "2.webp")
    pages(tmp_path / "3.tiff", 1, 2)
    assert shades(open_source(str(tmp_path), FAST, Events())) == [7, 0, 100, 200, 1, 2]


def test_an_animation_that_breaks_off_plays_as_far_as_it_goes_and_says_so(tmp_path: Path) -> None:
    path = animation(tmp_path / "a.webp")
    path.write_bytes(path.read_bytes()[:-12])
    events = Events()
    with pytest.raises(SourceError, match=r"a\.webp is damaged"):
        shades(open_source(str(path), FAST, events))
    path = pages(tmp_path / "a.tif", 1, 2, 3)
    data = bytearray(path.read_bytes())
    directory = data.index(bytes([2]) * 256) + 256  # of the second page
    data[directory + 2 + 4 * 12 + 8] = 99  # its fifth tag, how colours are meant
    path.write_bytes(data)
    assert shades(open_source(str(path), FAST, events)) == [1]
    assert events.kinds() == ["failed_read", "notice"]


def test_what_must_be_known_of_a_picture_is_said_once(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(TiffPage(np.array([[-1, 2]], np.float32))))
    events = Events()
    source = open_source(str(path), SourceSettings(paced=False, loop=True), events)
    for _ in range(3):
        assert source.read(0) is not None
    assert [(event.kind, event.detail.split(",")[0]) for event in events] == [
        ("notice", f"{path} holds 2 values of 2 outside 0 to 1 (it goes from -1 to 2)")
    ]


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, list[str]]:
    code = main([str(word) for word in words])
    return code, capsys.readouterr().err.splitlines()


def test_a_folder_of_pictures_that_are_all_too_small_is_an_error_that_names_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (1, 2):
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture(number, (3, 2)))
    for loop in ([], ["--loop"]):
        code, said = run(capsys, tmp_path, "--headless", *loop)
        assert code == 3
        assert said[0].startswith(f"convviz: {tmp_path / '1.png'}: the frame is 3x2, smaller than the 4x4 kernels")
        assert said[1].startswith(f"convviz: {tmp_path / '2.png'}: the frame is 3x2, smaller than the 4x4 kernels")
        assert "too small" in said[2] or "smaller than" in said[2]
        assert said[2].endswith(": give --padding 1 or more, or --filters with smaller kernels")
        assert len(said) == 3


@pytest.mark.parametrize(
    ("words", "end"),
    [
        (["--headless"], "of 'udacity': give --padding 1 or more, or --filters with smaller kernels"),
        (["--headless", "--filters=gabor"], ": give --padding 3 or more, or --filters with smaller kernels"),
        (
            ["--headless", "--filters=gabor", "--dilation=2"],
            ": give --padding 6 or more, or --filters with smaller kernels",
        ),
        (["--headless", "--padding=5", "--padding-mode=reflect"], "the frame has 3 ('udacity')"),
        (["still"], "of 'udacity': give --filters with smaller kernels"),
    ],
)
def test_of_a_picture_that_is_too_small_it_is_said_what_to_do(
    words: list[str], end: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite(str(tmp_path / "small.png"), picture(1, (2, 3)))
    more = words if words != ["still"] else ["--out", str(tmp_path)]
    code, said = run(capsys, *words[: words == ["still"]], tmp_path / "small.png", *more)
    assert code == 3
    assert len(said) == 1
    assert said[0].endswith(end)
    if (at := end.find("--padding ")) >= 0:  # which is enough
        padding = end[at + len("--padding ")]
        assert run(capsys, tmp_path / "small.png", *more, "--padding", padding)[0] == 0
        assert run(capsys, tmp_path / "small.png", *more, "--padding", str(int(padding) - 1))[0] == 3


def test_pictures_that_are_too_small_are_named_and_the_others_are_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, size_wh in ((1, (3, 2)), (2, (16, 16)), (3, (2, 9))):
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture(number, size_wh))
    stats = tmp_path / "stats.json"
    code, said = run(capsys, tmp_path, "--headless", "--stats", stats)
    assert code == 0
    assert f"{tmp_path / '1.png'}: the frame is 3x2" in said[0]
    assert f"{tmp_path / '3.png'}: the frame is 2x9" in said[1]
    assert said[2].endswith("2 dropped")
    frames = json.loads(stats.read_text())["frames"]
    assert (frames["captured"], frames["processed"], frames["dropped"]) == (3, 1, 2)


def test_one_picture_that_is_too_small_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), picture(1, (3, 2)))
    code, said = run(capsys, tmp_path / "a.png", "--headless")
    assert code == 3
    assert len(said) == 1
    assert "3x2" in said[0]


def kinds() -> dict[str, bytes]:
    """One picture of every kind that is not like the others."""
    ramp = np.kron(np.arange(64, dtype=np.uint8).reshape(8, 8) * 4, np.ones((4, 4), np.uint8))
    colours = np.dstack([ramp, ramp.T, 255 - ramp])
    alpha = np.dstack([colours, ramp[::-1]])
    unit: AnyArray = colours.astype(np.float32) / 200
    file = io.BytesIO()
    Image.fromarray(alpha).save(file, "GIF", save_all=True, append_images=[Image.fromarray(255 - alpha)])
    turned = Image.Exif()
    turned[0x0112] = 6
    upright = io.BytesIO()
    Image.fromarray(colours).save(upright, "AVIF", exif=turned)
    return {
        "deep.png": png(colours.astype(np.uint16) * 200, 2),
        "alpha.png": cv2.imencode(".png", alpha)[1].tobytes(),
        "alpha.gif": file.getvalue(),
        "turned.avif": upright.getvalue(),
        "float.tif": tiff(TiffPage(unit)),
        "pages.tif": tiff(TiffPage(ramp), TiffPage(colours)),
        "thumbnail.tif": tiff(TiffPage(ramp[:2, :2], tags={254: (1,)}), TiffPage(colours)),
        "ten.pgm": b"P5 32 32 1023\n" + (ramp.astype(">u2") * 4).tobytes(),
        "float.pfm": cv2.imencode(".pfm", unit)[1].tobytes(),
        "integers.tif": tiff(TiffPage(ramp.astype(np.uint32))),
        "film.exr": b"\x76\x2f\x31\x01" + bytes(60),
        "cut.png": cv2.imencode(".png", colours)[1].tobytes()[:200],
        "video.avi": b"",
    }


@pytest.mark.parametrize("name", list(kinds()))
def test_still_and_the_viewer_see_the_same_gray_or_refuse_with_the_same_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    path, data = tmp_path / name, kinds()[name]
    if name == "video.avi":
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (32, 32))
        for shade in (50, 90):
            writer.write(picture(shade, (32, 32)))
        writer.release()
    else:
        path.write_bytes(data)
    kept, figures = tmp_path / "kept", tmp_path / "figures"
    viewed, said_by_viewer = run(capsys, path, "--headless", "--frames", "1", "--snapshot", kept)
    stilled, said_by_still = run(capsys, "still", path, "--out", figures)
    assert stilled == viewed
    if name in ("integers.tif", "film.exr", "cut.png"):
        assert viewed == 3
        assert said_by_still == said_by_viewer
        return
    assert viewed == 0
    with np.load(kept / "maps.npz") as by_viewer, np.load(figures / "maps.npz") as by_still:
        np.testing.assert_array_equal(by_still["gray"], by_viewer["gray"])
    outside = [line for line in said_by_viewer if "outside 0 to 1" in line]
    assert outside == [line for line in said_by_still if "outside 0 to 1" in line]
    assert bool(outside) == name.startswith("float")
    assert any("the first picture of" in line for line in said_by_still) == (
        name in ("pages.tif", "alpha.gif", "video.avi")
    )


@pytest.mark.parametrize(("name", "sentence"), [("nope.png", "there is no file"), (".", "is a folder, want a picture")])
def test_still_wants_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, said = run(capsys, "still", name, "--out", "out")
    assert code == 3
    assert len(said) == 1
    assert sentence in said[0]
