"""Files of many kinds: the right pixels at the right times, or one sentence."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from films import INTERLACED, add_stream, damage_packets, encode, ramp, write_film
from source_fakes import Events, FakeClock, picture

from convviz_core.arrays import ByteArray
from live.sources import FrameSource, SourceError, SourceSettings, open_source
from live.sources.video import VideoSource

import av  # isort: skip  (after cv2, see live/recording/movie.py)

FAST = SourceSettings(paced=False)
PAL_WH = (720, 576)


def play(source: FrameSource, most: int = 1000) -> tuple[list[ByteArray], list[float]]:
    """Every picture and its time, until the end."""
    images: list[ByteArray] = []
    times: list[float] = []
    while not source.ended and len(images) < most:
        if frame := source.read(1.0):
            images.append(frame.image.copy())
            times.append(round(frame.media_time_s, 4))
    source.close()
    return images, times


def films(path: Path, settings: SourceSettings = FAST) -> tuple[list[ByteArray], list[float], FrameSource, Events]:
    events = Events()
    source = open_source(str(path), settings, events)
    return (*play(source), source, events)


def assert_near(image: ByteArray, wanted: ByteArray, most: float = 4.0) -> None:
    """Within what a lossy codec changes."""
    assert image.shape == wanted.shape
    assert np.abs(image.astype(int) - wanted).mean() <= most


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("a.mpg", "mpeg2video", "yuv420p"),
        ("a.mp4", "libx264", "yuv420p"),
        ("a.ts", "libx264", "yuv420p"),
        ("a.dv", "dvvideo", "yuv420p"),
        ("a.mkv", "ffv1", "yuv420p"),
    ],
)
def test_interlaced_pictures_are_what_was_filmed(tmp_path: Path, name: str, codec: str, pix_fmt: str) -> None:
    filmed = [ramp(10 * number, PAL_WH) for number in range(4)]
    path = write_film(tmp_path / name, filmed, codec, fps=25, pix_fmt=pix_fmt, flags=INTERLACED)
    with av.open(str(path)) as movie:
        assert next(movie.decode(video=0)).interlaced_frame or codec == "ffv1"
    images, times, source, _ = films(path)
    assert times == [0.0, 0.04, 0.08, 0.12]
    assert source.counts.failed_reads == 0
    for image, wanted in zip(images, filmed, strict=True):
        assert_near(image, wanted)


@pytest.mark.parametrize("transfer", [9, 10, 16])
def test_a_transfer_that_is_not_converted_leaves_the_pixels_as_they_are(tmp_path: Path, transfer: int) -> None:
    plain = write_film(tmp_path / "a.mp4", [ramp()], "libx264", pix_fmt="yuv420p")
    tagged = write_film(
        tmp_path / "b.mp4", [ramp()], "libx264", pix_fmt="yuv420p", options={"color_trc": str(transfer)}
    )
    np.testing.assert_array_equal(films(plain)[0][0], films(tagged)[0][0])


@pytest.mark.parametrize("matrix", [8, 10, 11, 12, 13, 14])
def test_colours_that_cannot_be_converted_are_one_sentence_and_not_black(tmp_path: Path, matrix: int) -> None:
    path = write_film(tmp_path / "a.mp4", [ramp()], "libx264", pix_fmt="yuv420p", options={"colorspace": str(matrix)})
    with pytest.raises(SourceError, match=f"cannot be converted to RGB: yuv420p, matrix {matrix}"):
        films(path)


@pytest.mark.parametrize("lost", [range(20, 51), range(40)], ids=["in the middle", "at the start"])
def test_many_damaged_pictures_in_a_row_cost_themselves_only(tmp_path: Path, lost: range) -> None:
    path = write_film(tmp_path / "a.avi", [picture(3 * number, (64, 48)) for number in range(69)])
    damage_packets(path, lost)
    images, times, source, events = films(path)
    whole = [number for number in range(69) if number not in lost]
    assert [round(float(image.mean()) / 3) for image in images] == whole
    assert times == [round((number - whole[0]) / 10, 4) for number in whole]
    assert source.counts.failed_reads == len(lost)
    assert events.kinds().count("failed_read") == len(lost)
    assert events.kinds().count("notice") == 1


def test_what_was_predicted_from_a_damaged_picture_is_damaged_too_up_to_the_next_key_picture(tmp_path: Path) -> None:
    filmed = [np.roll(ramp(), 3 * number, axis=1) for number in range(40)]
    path = write_film(
        tmp_path / "a.mp4", filmed, "libx264", pix_fmt="yuv420p", options={"g": "10", "bf": "0", "sc_threshold": "0"}
    )
    before, times, _, _ = films(path)
    damage_packets(path, [13])
    images, times_left, source, _ = films(path)
    kept = [number for number in range(40) if not 13 <= number < 20]
    assert times_left == [times[number] for number in kept]
    for image, number in zip(images, kept, strict=True):
        np.testing.assert_array_equal(image, before[number])
    assert source.counts.failed_reads == 7


def test_time_stamps_count_in_a_transport_stream_whose_rate_is_not_believable(tmp_path: Path) -> None:
    milliseconds = [0, 409, 697, 700, 1200, 3870]
    path = write_film(
        tmp_path / "a.ts",
        [ramp(number) for number in range(6)],
        "libx264",
        pix_fmt="yuv420p",
        options={"bf": "0"},
        fps=90_000,
        time_base=Fraction(1, 1000),
        ticks=milliseconds,
    )
    assert films(path)[1] == [tick / 1000 for tick in milliseconds]


@pytest.mark.parametrize("offsets_s", [(3600, 0), (0, 3600), (0, 0)])
def test_a_jump_between_joined_transport_streams_is_one_frame_time(tmp_path: Path, offsets_s: tuple[int, int]) -> None:
    parts = []
    for number, offset_s in enumerate(offsets_s):
        ticks = [25 * offset_s + tick for tick in range(10)]
        part = write_film(
            tmp_path / f"{number}.ts", [ramp(number)] * 10, "mpeg2video", fps=25, pix_fmt="yuv420p", ticks=ticks
        )
        parts.append(part.read_bytes())
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(parts))
    assert films(joined)[1] == [round(number / 25, 4) for number in range(20)]


def test_a_raw_file_of_jpegs_is_a_film(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mjpg", [picture(5 * n, (64, 48)) for n in range(50)], container="mjpeg")
    images, times, _, _ = films(path)
    assert [round(float(image.mean()) / 5) for image in images] == list(range(50))
    assert times[:3] == [0.0, 0.04, 0.08]  # FFmpeg's 25 a second, where nothing is stated


def turned(path: Path, matrix: tuple[float, float, float, float]) -> Path:
    """The same MP4 with another display matrix (ISO/IEC 14496-12, 8.3.2): x' = a x + c y, y' = b x + d y."""
    data = path.read_bytes()
    a, b, c, d = (round(65536 * value) for value in matrix)
    at = data.index(b"tkhd") + 44
    assert struct.unpack_from(">9i", data, at) == (65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
    path.write_bytes(data[:at] + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + data[at + 36 :])
    return path


@pytest.mark.parametrize(
    "matrix", [(x, 0, 0, y) for x in (1, -1) for y in (1, -1)] + [(0, b, c, 0) for b in (1, -1) for c in (1, -1)]
)
def test_every_display_matrix_of_quarters_and_mirrors_is_followed(
    tmp_path: Path, matrix: tuple[float, float, float, float]
) -> None:
    path = write_film(tmp_path / "a.mp4", [ramp()], "libx264", pix_fmt="yuv420p")
    upright = films(path)[0][0]
    (image, *_), _, source, events = films(turned(path, matrix))
    a, b, c, d = (int(value) for value in matrix)
    height, width = upright.shape[:2]
    wanted = np.empty_like(image)
    for y in range(height):
        for x in range(width):
            to_x = a * x + c * y + (width - 1) * (a < 0) + (height - 1) * (c < 0)
            to_y = b * x + d * y + (width - 1) * (b < 0) + (height - 1) * (d < 0)
            wanted[to_y, to_x] = upright[y, x]
    np.testing.assert_array_equal(image, wanted)
    assert f"{wanted.shape[1]}x{wanted.shape[0]}" in source.granted
    assert events == []


def test_a_tilted_display_matrix_is_said(tmp_path: Path) -> None:
    path = turned(write_film(tmp_path / "a.mp4", [ramp()], "libx264", pix_fmt="yuv420p"), (0.7, 0.7, -0.7, 0.7))
    assert [event.detail for event in films(path)[3]] == [
        f"{path} asks to be turned by less than a quarter: it is shown as it is"
    ]


def two_streams(path: Path, cover_is_default: bool = False, second_is_default: bool = False) -> Path:
    with av.open(str(path), "w") as movie:
        cover = add_stream(movie, (32, 32))
        film = add_stream(movie, (64, 48), "libx264", pix_fmt="yuv420p")
        for stream, is_default in ((cover, cover_is_default), (film, second_is_default)):
            stream.disposition = av.stream.Disposition.default if is_default else av.stream.Disposition(0)
        encode(movie, cover, [picture(9, (32, 32))] * (1 if cover_is_default or not second_is_default else 5), None)
        encode(movie, film, [ramp(number) for number in range(5)], None)
    return path


@pytest.mark.parametrize("cover_is_default", [False, True])
def test_a_cover_picture_before_the_film_is_passed_over(tmp_path: Path, cover_is_default: bool) -> None:
    images, _, _, _ = films(two_streams(tmp_path / "a.mkv", cover_is_default=cover_is_default))
    assert [image.shape for image in images] == [(48, 64, 3)] * 5


def test_of_two_films_in_one_file_the_default_one_is_shown(tmp_path: Path) -> None:
    images, _, _, _ = films(two_streams(tmp_path / "a.mkv", second_is_default=True))
    assert [image.shape for image in images] == [(48, 64, 3)] * 5


def test_in_a_loop_the_last_picture_has_its_time(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    frames = [np.full((8, 8), shade, np.uint8) for shade in (0, 90, 180)]
    from PIL import Image

    first, *others = (Image.fromarray(frame) for frame in frames)
    first.save(path, save_all=True, append_images=others, duration=[100, 200, 2000])
    source = open_source(str(path), SourceSettings(paced=False, loop=True), Events())
    assert play(source, 5)[1] == [0.0, 0.1, 0.3, 2.3, 2.4]
    clock = FakeClock()
    paced = VideoSource(path, SourceSettings(loop=True), Events(), clock, clock.wait)
    for _ in range(4):
        paced.read(10.0)
    assert clock.waits_s == pytest.approx([0.1, 0.2, 2.0])


def test_another_size_in_the_middle_begins_a_new_size(tmp_path: Path) -> None:
    parts = [
        write_film(tmp_path / f"{size_wh[0]}.ts", [ramp(0, size_wh)] * 5, "libx264", pix_fmt="yuv420p").read_bytes()
        for size_wh in ((64, 48), (128, 96))
    ]
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(parts))
    images, _, source, _ = films(joined)
    assert [image.shape for image in images] == [(48, 64, 3)] * 5 + [(96, 128, 3)] * 5
    for image in images:
        assert_near(image, ramp(0, (image.shape[1], image.shape[0])))
    assert "128x96" in source.granted


def test_pixels_that_are_not_square_are_shown_as_they_are_and_said(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", [ramp()], "libx264", pix_fmt="yuv420p", pixel_shape=Fraction(16, 15))
    images, _, _, events = films(path)
    assert images[0].shape == (48, 64, 3)
    assert [event.detail for event in events] == [f"{path} has pixels of 16:15: they are shown as squares"]


def test_a_pattern_that_names_one_video_is_that_video_and_several_are_one_sentence(tmp_path: Path) -> None:
    write_film(tmp_path / "a.avi", [picture(5, (64, 48))] * 3)
    assert len(play(open_source(str(tmp_path / "*.avi"), FAST, Events()))[0]) == 3
    write_film(tmp_path / "b.avi", [picture(5, (64, 48))])
    with pytest.raises(SourceError, match=r"names 2 files and no picture: name one video, such as .*a\.avi"):
        open_source(str(tmp_path / "*.avi"), FAST, Events())


def test_what_holds_no_video_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.mka"
    with av.open(str(path), "w", format="matroska") as movie:
        stream = movie.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        sound.sample_rate = 8000
        movie.mux(stream.encode(sound))
    with pytest.raises(SourceError, match=r"a\.mka holds no video that can be decoded here"):
        open_source(str(path), FAST, Events())
