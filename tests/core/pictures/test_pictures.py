"""Every kind of picture against values by hand or by the format's own definition."""

from __future__ import annotations

import io
import math
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_pictures import gray_ramp, heic, jpeg2000, png
from PIL import Image

from convviz_core.arrays import AnyArray, ByteArray
from convviz_core.pictures import Picture, PictureError, read_pictures
from convviz_core.pictures.tones import from_floats, from_integers, upright

MAXVALS = (1, 15, 100, 255, 1023, 4095, 65535)
RGB = np.array([[[0, 40, 200], [255, 1, 90]], [[7, 255, 16], [128, 127, 3]]], np.uint8)
ORIENTED = {  # Exif's orientation -> how [[1, 2], [3, 4]], as it lies in the file, is seen (Exif 2.3, 4.6.4)
    1: [[1, 2], [3, 4]],
    2: [[2, 1], [4, 3]],
    3: [[4, 3], [2, 1]],
    4: [[3, 4], [1, 2]],
    5: [[1, 3], [2, 4]],
    6: [[3, 1], [4, 2]],
    7: [[4, 2], [3, 1]],
    8: [[2, 4], [1, 3]],
}


def read(path: Path, data: bytes) -> list[Picture]:
    path.write_bytes(data)
    return list(read_pictures(path))


def read_one(folder: Path, data: bytes) -> Picture:
    (picture,) = read(folder / "picture", data)
    return picture


def rounded(value: float) -> int:
    return math.floor(value + 0.5)


def gray(picture: Picture) -> list[list[int]]:
    """A gray picture's values; blue, green and red are the same."""
    image = picture.image
    assert (image == image[:, :, :1]).all()
    return [[int(value) for value in row] for row in image[:, :, 0]]


@pytest.mark.parametrize("maxval", MAXVALS)
@pytest.mark.parametrize("kind", ["P2", "P5", "PAM"])
def test_gray_is_scaled_by_its_maxval(tmp_path: Path, maxval: int, kind: str) -> None:
    samples = gray_ramp(maxval + 1, "u1" if maxval < 256 else ">u2")
    height, width = samples.shape
    header = {
        "P2": f"P2\n# a comment\n{width} {height}\n{maxval}\n",
        "P5": f"P5 {width}\t{height} # a comment\n{maxval}\n",
        "PAM": f"P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH 1\nMAXVAL {maxval}\nTUPLTYPE GRAYSCALE\nENDHDR\n",
    }[kind]
    body = " ".join(str(value) for value in samples.flat).encode() if kind == "P2" else samples.tobytes()
    expected = [rounded(255 * value / maxval) for value in range(maxval + 1)]
    assert gray(read_one(tmp_path, header.encode() + body)) == [expected, expected]


@pytest.mark.parametrize("maxval", MAXVALS)
@pytest.mark.parametrize("kind", ["P3", "P6", "PAM", "PAM with alpha"])
def test_colours_are_scaled_by_their_maxval_and_keep_their_order(tmp_path: Path, maxval: int, kind: str) -> None:
    red, green, blue, alpha = maxval, 0, maxval // 3, maxval - maxval // 4
    values = [red, green, blue] + ([alpha] if kind == "PAM with alpha" else [])
    header = {
        "P3": f"P3 1 1 {maxval}\n",
        "P6": f"P6 1 1 {maxval}\n",
        "PAM": f"P7\nMAXVAL {maxval}\nDEPTH 3\n# a comment\nWIDTH 1\nHEIGHT 1\nENDHDR\n",
        "PAM with alpha": f"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL {maxval}\nTUPLTYPE RGB_ALPHA\nENDHDR\n",
    }[kind]
    body = np.array(values, "u1" if maxval < 256 else ">u2").tobytes()
    if kind == "P3":
        body = " ".join(map(str, values)).encode()
    shows = alpha / maxval if kind == "PAM with alpha" else 1
    expected = [rounded(255 * value / maxval * shows) for value in (blue, green, red)]
    assert read_one(tmp_path, header.encode() + body).image.tolist() == [[expected]]


def test_bilevel_pictures_have_black_where_their_format_says(tmp_path: Path) -> None:
    bits = "WIDTH 4\nHEIGHT 1\nDEPTH 1\nMAXVAL 1\nTUPLTYPE BLACKANDWHITE\nENDHDR\n"
    assert gray(read_one(tmp_path, f"P7\n{bits}".encode() + b"\0\1\1\0")) == [[0, 255, 255, 0]]  # 1 is white
    assert gray(read_one(tmp_path, b"P1\n4 1\n0 1 10\n")) == [[255, 0, 0, 255]]  # 1 is black
    assert gray(read_one(tmp_path, b"P4\n4 1\n\x60")) == [[255, 0, 0, 255]]


def test_a_pam_s_header_is_read_word_by_word(tmp_path: Path) -> None:
    header = b"P7\r\n  WIDTH\t003\r\n\r\nHEIGHT 1 \r\n DEPTH 1\r\nMAXVAL 2\r\n ENDHDR\r\n"
    assert gray(read_one(tmp_path, header + bytes([0, 1, 2]))) == [[0, 128, 255]]


def test_gray_with_alpha_in_a_pam_is_seen_over_black(tmp_path: Path) -> None:
    header = b"P7\nWIDTH 2\nHEIGHT 1\nDEPTH 2\nMAXVAL 200\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n"
    assert gray(read_one(tmp_path, header + bytes([200, 100, 50, 200]))) == [[128, 64]]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"P5\n4 4\n255\n" + bytes(15), "ends before its last pixel: it holds 15 of 16 values"),
        (b"P5\n4 4\n1023\n" + bytes(31), "ends before its last pixel: it holds 15 of 16 values"),
        (b"P2\n4 4\n255\n 1 2 3", "ends before its last pixel: it holds 3 of 16 values"),
        (b"P2\n2 1\n255\n 1 x", "holds something else than numbers"),
        (b"P5\n4 4\n0\n" + bytes(16), "is damaged: it states 4x4 pixels of 1 channels up to 0"),
        (b"P5\n4 4\n65536\n" + bytes(32), "is damaged: it states"),
        (b"P6\n0 4\n255\n", "is damaged: it states 0x4 pixels"),
        (b"P5\n400000 400000\n255\n", "is too large a picture"),
        (b"P5\n4\n", "does not begin with the width"),
        (b"P7\nWIDTH 2\n", "does not begin with the WIDTH"),
        (b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\nENDHDR\n" + bytes(5), "has 5 channels"),
        (b"\x76\x2f\x31\x01" + bytes(40), "is OpenEXR, which neither OpenCV nor Pillow reads here"),
    ],
)
def test_a_picture_that_cannot_be_read_says_why(tmp_path: Path, data: bytes, sentence: str) -> None:
    with pytest.raises(PictureError, match=sentence):
        read_one(tmp_path, data)


def pfm(values: AnyArray, order: str) -> bytes:
    scale = {"<": "-1.0", ">": "1.0"}[order]
    kind = "PF" if values.ndim == 3 else "Pf"
    return (
        f"{kind}\n{values.shape[1]} {values.shape[0]}\n{scale}\n".encode() + values[::-1].astype(order + "f4").tobytes()
    )


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_pfm_goes_from_0_black_to_1_white(tmp_path: Path, order: str) -> None:
    values = np.array([[0, 0.25, 0.5], [0.75, 1, 0.002]])
    assert gray(read_one(tmp_path, pfm(values, order))) == [[0, 64, 128], [191, 255, 1]]
    colour = read_one(tmp_path, pfm(RGB / 255, order))
    np.testing.assert_array_equal(colour.image, RGB[:, :, ::-1])
    assert colour.notes == ()


@pytest.mark.parametrize("header", [b"Pf 2 1 -1.0\n", b"Pf\n2\n1\n-1.0\n", b"Pf\r\n2 1\r\n-1\n"])
def test_a_pfm_s_header_may_have_any_space_between_its_words(tmp_path: Path, header: bytes) -> None:
    assert gray(read_one(tmp_path, header + np.array([0, 0.5], "<f4").tobytes())) == [[0, 128]]


def test_floats_outside_0_to_1_are_cut_off_and_said() -> None:
    picture = from_floats(np.array([[-0.5, 0.5], [2.5, 1]], np.float32))
    assert gray(picture) == [[0, 128], [255, 255]]
    assert picture.notes == (
        "holds 2 values of 4 outside 0 to 1 (it goes from -0.5 to 2.5), which are shown black and white",
    )
    infinite = from_floats(np.array([[-np.inf, np.inf]], np.float32))
    assert gray(infinite) == [[0, 255]]
    assert "from -inf to inf" in infinite.notes[0]


def test_what_is_not_a_number_is_black_and_said() -> None:
    picture = from_floats(np.array([[np.nan, 1.0]], np.float64))
    assert gray(picture) == [[0, 255]]
    assert picture.notes == ("holds 1 values of 2 that are not numbers, which are shown black",)
    assert gray(from_floats(np.full((1, 2), np.nan, np.float32))) == [[0, 0]]


def test_a_radiance_picture_follows_the_same_rule(tmp_path: Path) -> None:
    values = np.full((8, 8, 3), 0.5, np.float32)
    values[0, 0] = (4, 4, 4)
    picture = read_one(tmp_path, cv2.imencode(".hdr", values)[1].tobytes())
    assert gray(picture)[0][:2] == [255, 128]
    assert "holds 3 values of 192 outside 0 to 1 (it goes from 0.5 to 4)" in picture.notes[0]


def test_sixteen_bits_are_divided_by_257_and_rounded(tmp_path: Path) -> None:
    ramp = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    expected = [[rounded(int(value) / 257) for value in row] for row in ramp]
    assert gray(read_one(tmp_path, png(ramp, 0))) == expected
    colour = np.dstack([ramp, ramp[::-1], ramp.T])
    of = np.array(expected, np.uint8)
    np.testing.assert_array_equal(read_one(tmp_path, png(colour, 2)).image, np.dstack([of.T, of[::-1], of]))


def test_jpeg_2000_is_scaled_by_its_own_depth(tmp_path: Path) -> None:
    ramp = (np.arange(64 * 64, dtype=np.uint16) * 16).reshape(64, 64)
    data = cv2.imencode(".jp2", ramp, [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, 1000])[1].tobytes()
    assert gray(read_one(tmp_path, data)) == [[rounded(int(value) / 257) for value in row] for row in ramp]
    data = jpeg2000(ramp >> 4, "gray12le")
    assert gray(read_one(tmp_path, data)) == [
        [rounded(255 * (int(value) >> 4) / 4095) for value in row] for row in ramp
    ]


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "YCbCr"])
def test_jpeg_2000_of_8_bits_comes_back_in_every_mode(tmp_path: Path, mode: str) -> None:
    rgb = np.kron(RGB, np.ones((32, 32, 1), np.uint8))
    file = io.BytesIO()
    Image.fromarray(rgb).convert(mode).save(file, "JPEG2000")
    expected = np.asarray(Image.fromarray(rgb).convert("L" if "L" in mode else "RGB").convert("RGB"))[:, :, ::-1]
    np.testing.assert_allclose(read_one(tmp_path, file.getvalue()).image, expected, atol=3 if mode == "YCbCr" else 0)


def bmp(bits: int, row: bytes, masks: tuple[int, ...] = (), header: int = 40) -> bytes:
    """A BMP of one row; a header of 12 bytes is OS/2's, one of 56 has a mask for alpha."""
    width = len(row) * 8 // bits
    start = 14 + header + (4 * len(masks) if header == 40 else 0)
    stated = struct.pack("<IHHHH", 12, width, 1, 1, bits)
    if header > 12:
        sizes = (header, width, 1, 1, bits, 3 if masks else 0, len(row), 0, 0, 0, 0)
        stated = struct.pack("<IiiHHIIiiII", *sizes) + struct.pack(f"<{len(masks)}I", *masks)
    return b"BM" + struct.pack("<IHHI", start + len(row), 0, 0, start) + stated + row


def test_every_bmp_has_its_white_and_only_stated_alpha(tmp_path: Path) -> None:
    five = struct.pack("<2H", 0x7FFF, 0x001F)  # white and blue of 5 bits each
    assert read_one(tmp_path, bmp(16, five)).image.tolist() == [[[255, 255, 255], [255, 0, 0]]]
    unused = bytes([10, 20, 30, 0])  # the fourth byte means nothing
    masks = (0xFF0000, 0xFF00, 0xFF)
    assert read_one(tmp_path, bmp(32, unused)).image.tolist() == [[[10, 20, 30]]]
    assert read_one(tmp_path, bmp(32, unused, masks)).image.tolist() == [[[10, 20, 30]]]
    alpha = bytes([100, 200, 50, 51])
    assert read_one(tmp_path, bmp(32, alpha, (*masks, 0xFF000000), 56)).image.tolist() == [[[20, 40, 10]]]
    old = bytes([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    assert read_one(tmp_path, bmp(24, old, header=12)).image.tolist() == [
        [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]
    ]


@given(st.integers(0, 255), st.integers(0, 255))
def test_what_is_transparent_is_seen_over_black(value: int, alpha: int) -> None:
    expected = rounded(value * alpha / 255)
    assert gray(from_integers(np.array([[[value, alpha]]], np.uint8))) == [[expected]]
    deep = from_integers(np.array([[[value * 257, alpha * 257]]], np.uint16), 65535)
    assert gray(deep) == [[expected]]


RGBA = np.dstack([RGB, np.array([[255, 128], [0, 51]], np.uint8)])
OVER_BLACK = [[[200, 40, 0], [45, 1, 128]], [[0, 0, 0], [1, 25, 26]]]  # B, G, R


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "BMP", "PNG 16", "ANIMATION", "AVIF"])
def test_every_kind_with_alpha_is_seen_over_black(tmp_path: Path, kind: str) -> None:
    file = io.BytesIO()
    whole = Image.fromarray(RGBA)
    match kind:
        case "BMP":
            file.write(cv2.imencode(".bmp", RGBA[:, :, [2, 1, 0, 3]])[1].tobytes())
        case "PNG 16":
            file.write(png(RGBA.astype(np.uint16) * 257, 6))
        case "ANIMATION":
            whole.save(file, "WEBP", save_all=True, append_images=[whole.rotate(180)], lossless=True, exact=True)
        case "AVIF":
            whole.save(file, "AVIF", quality=100, subsampling="4:4:4")
        case _:
            whole.save(file, kind, **({"lossless": True, "exact": True} if kind == "WEBP" else {}))
    pictures = read(tmp_path / "picture", file.getvalue())
    assert len(pictures) == (2 if kind == "ANIMATION" else 1)
    np.testing.assert_allclose(pictures[0].image, OVER_BLACK, atol=2 if kind == "AVIF" else 0)


def test_one_transparent_value_of_a_png_is_black(tmp_path: Path) -> None:
    gray8 = np.array([[9, 10]], np.uint8)
    assert gray(read_one(tmp_path, png(gray8, 0, [(b"tRNS", b"\0\x0a")]))) == [[9, 0]]
    gray16 = np.array([[2570, 2571]], np.uint16)
    assert gray(read_one(tmp_path, png(gray16, 0, [(b"tRNS", struct.pack(">H", 2571))]))) == [[10, 0]]
    rgb16 = np.array([[[2570] * 3, [2570, 2570, 2571]]], np.uint16)
    data = png(rgb16, 2, [(b"tRNS", struct.pack(">HHH", 2570, 2570, 2571))])
    assert read_one(tmp_path, data).image.tolist() == [[[10, 10, 10], [0, 0, 0]]]


def test_a_picture_that_is_transparent_everywhere_says_why_it_is_black(tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.new("RGBA", (4, 4), (9, 9, 9, 0)).save(file, "PNG")
    picture = read_one(tmp_path, file.getvalue())
    assert not picture.image.any()
    assert picture.notes == ("is transparent everywhere, which is shown black",)


@pytest.mark.parametrize("orientation", ORIENTED)
def test_samples_are_turned_as_exif_defines(orientation: int) -> None:
    seen = upright(np.array([[1, 2], [3, 4]]), orientation)
    assert seen.tolist() == ORIENTED[orientation]


@pytest.mark.parametrize("orientation", ORIENTED)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "PNG 16", "WEBP", "TIFF", "AVIF"])
def test_every_kind_is_seen_upright(tmp_path: Path, kind: str, orientation: int) -> None:
    lying = np.kron(np.array([[1, 2], [3, 4]], np.uint8) * 60, np.ones((32, 48), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    if kind == "PNG 16":
        file.write(png(lying.astype(np.uint16) * 257, 0, [(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))]))
    else:
        Image.fromarray(np.dstack([lying] * 3)).save(file, kind, exif=exif)
    image = read_one(tmp_path, file.getvalue()).image
    assert image.shape[:2] == ((64, 96) if orientation < 5 else (96, 64))
    middles = image[16::32, 24::48, 0] if orientation < 5 else image[24::48, 16::32, 0]
    assert np.rint(middles / 60).astype(int).tolist() == ORIENTED[orientation]


def moving(kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    first, *rest = (Image.new("RGB", (16, 16), (shade,) * 3) for shade in (0, 100, 200))
    first.save(file, kind, save_all=True, append_images=rest, duration=[100, 40, 250], **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_an_animation_gives_every_picture_and_how_long_it_is_seen(tmp_path: Path, kind: str) -> None:
    pictures = read(tmp_path / "a", moving(kind))
    assert [round(int(picture.image[5, 5, 0]), -1) for picture in pictures] == [0, 100, 200]
    assert [picture.seconds for picture in pictures] == [0.1, 0.04, 0.25]
    assert {picture.count for picture in pictures} == {3}


def test_the_picture_for_who_cannot_play_a_png_animation_is_left_out(tmp_path: Path) -> None:
    pictures = read(tmp_path / "a", moving("PNG", default_image=True))
    assert [int(picture.image[5, 5, 0]) for picture in pictures] == [100, 200]


def test_a_duration_that_no_player_keeps_becomes_a_tenth_of_a_second(tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.new("L", (4, 4)).save(file, "GIF", save_all=True, append_images=[Image.new("L", (4, 4), 9)], duration=0)
    assert [picture.seconds for picture in read(tmp_path / "a", file.getvalue())] == [0.1, 0.1]


def test_an_animation_that_breaks_off_gives_what_is_whole(tmp_path: Path) -> None:
    data = moving("WEBP", lossless=True)
    path = tmp_path / "a.webp"
    path.write_bytes(data[:-20])
    pictures = read_pictures(path)
    seen: list[Picture] = []
    with pytest.raises(PictureError, match=r"a\.webp is damaged"):
        seen.extend(pictures)


def test_a_small_file_that_claims_to_be_huge_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    data = bytearray(png(RGB, 2))
    data[33:37] = (0xE0000000).to_bytes(4, "big")  # how long the chunk of the pixels is
    with pytest.raises(PictureError, match="it ends before it says it does"):
        read_one(tmp_path, bytes(data))
    gif = bytearray(moving("GIF"))
    gif[6:10] = (60000).to_bytes(2, "little") * 2  # the screen's width and height
    with pytest.raises(PictureError, match=r"is too large a picture: more than 2\^27 pixels"):
        read_one(tmp_path, bytes(gif))


def heic_picture() -> ByteArray:
    return np.kron(np.array([[30, 90], [150, 210]]), np.ones((32, 48))).astype(np.uint8)


def test_a_heic_in_one_piece_is_read(tmp_path: Path) -> None:
    image = read_one(tmp_path, heic(heic_picture())).image
    assert image.shape == (64, 96, 3)
    np.testing.assert_allclose(image[16::32, 24::48, 0], [[30, 90], [150, 210]], atol=2)


def test_a_heic_is_turned_as_it_says(tmp_path: Path) -> None:
    turn = struct.pack(">I", 9) + b"irot" + b"\1"  # a quarter turn against the clock
    image = read_one(tmp_path, heic(heic_picture(), properties=[turn])).image
    assert image.shape == (96, 64, 3)
    np.testing.assert_allclose(image[24::48, 16::32, 0], [[90, 210], [30, 150]], atol=2)


@pytest.mark.parametrize(
    ("item", "property", "sentence"),
    [
        (b"grid", b"", "is a HEIC made of many tiles, which nothing here puts together"),
        (b"iovl", b"", "is a HEIC made of several pictures over each other"),
        (b"av01", b"", "is a HEIC without an H.265 picture"),
        (b"hvc1", struct.pack(">I", 9) + b"imir\0", "is a mirrored HEIC"),
        (b"hvc1", struct.pack(">I", 40) + b"clap" + bytes(32), "is a cropped HEIC"),
    ],
)
def test_a_heic_that_nothing_here_reads_right_says_why(
    tmp_path: Path, item: bytes, property: bytes, sentence: str
) -> None:
    data = heic(heic_picture(), item=item, properties=[property] if property else [])
    with pytest.raises(PictureError, match=sentence):
        read_one(tmp_path, data)


def test_the_kind_is_told_by_the_content_and_not_by_the_name(tmp_path: Path) -> None:
    for name in ("a.jpg", "a", "a.mp4"):
        (picture,) = read(tmp_path / name, b"P5 2 1 15\n\0\x0f")
        assert gray(picture) == [[0, 255]]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".jp2", ".tif", ".ppm", ".pfm", ".hdr"])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, suffix: str) -> None:
    ramp = np.kron(np.arange(256, dtype=np.uint8).reshape(16, 16), np.ones((4, 4), np.uint8))
    picture = np.dstack([ramp, ramp.T, 255 - ramp])
    whole = picture.astype(np.float32) / 255 if suffix in (".pfm", ".hdr") else picture
    data = cv2.imencode(suffix, whole)[1].tobytes()
    assert read_one(tmp_path, data).image.shape == (64, 64, 3)
    with pytest.raises(PictureError):
        read_one(tmp_path, data[: len(data) * 2 // 3])
