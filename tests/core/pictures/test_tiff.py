"""TIFF: every depth, every order of pages, and what is refused."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
from made_pictures import CFA, RGB, WHITE_IS_ZERO, TiffPage, tiff
from PIL import Image

from convviz_core.arrays import AnyArray
from convviz_core.pictures import Picture, PictureError, read_pictures

SUBFILE, OLD_SUBFILE, COMPRESSION, ORIENTATION, PLANAR, EXTRA_SAMPLES = 254, 255, 259, 274, 284, 338
REDUCED, MASK, NEXT_PAGE = (1,), (4,), (2,)
UNSPECIFIED, ASSOCIATED, UNASSOCIATED = 0, 1, 2
VALUES = np.array([[0, 1, 127], [128, 254, 255]], np.uint8)
COLOURS = np.dstack([VALUES, 255 - VALUES, VALUES // 2])  # R, G, B
UNIT = np.array([[0, 0.25, 0.5], [0.75, 1, 0.002]])
ORDERS = pytest.mark.parametrize("order", ["<", ">"])


def read(folder: Path, *pages: TiffPage, order: str = "<") -> list[Picture]:
    path = folder / "a.tif"
    path.write_bytes(tiff(*pages, order=order))
    return list(read_pictures(path))


def image(folder: Path, samples: AnyArray, order: str = "<", photometric: int | None = None, **tags: int) -> AnyArray:
    numbers = {{"extra": EXTRA_SAMPLES, "orientation": ORIENTATION}[name]: (value,) for name, value in tags.items()}
    (picture,) = read(folder, TiffPage(samples, photometric, numbers), order=order)
    return picture.image


@ORDERS
def test_integers_of_8_and_16_bits_in_gray_and_colour(tmp_path: Path, order: str) -> None:
    deep = np.array([[0, 128, 129], [385, 386, 65535]], np.uint16)
    rounded = np.array([[0, 0, 1], [1, 2, 255]], np.uint8)  # 128 / 257 = 0.498, 129 / 257 = 0.502
    np.testing.assert_array_equal(image(tmp_path, VALUES, order), np.dstack([VALUES] * 3))
    np.testing.assert_array_equal(image(tmp_path, COLOURS, order), COLOURS[:, :, ::-1])
    np.testing.assert_array_equal(image(tmp_path, deep, order), np.dstack([rounded] * 3))
    of_colours = image(tmp_path, np.dstack([deep, deep[::-1], deep]), order)
    np.testing.assert_array_equal(of_colours, np.dstack([rounded, rounded[::-1], rounded]))


@ORDERS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_go_from_0_black_to_1_white(tmp_path: Path, order: str, dtype: type[np.floating]) -> None:
    expected = np.array([[0, 64, 128], [191, 255, 1]], np.uint8)
    unit = UNIT.astype(dtype)
    np.testing.assert_array_equal(image(tmp_path, unit, order), np.dstack([expected] * 3))
    colours = np.dstack([unit, unit[::-1], unit])
    np.testing.assert_array_equal(image(tmp_path, colours, order), np.dstack([expected, expected[::-1], expected]))


def test_floats_outside_0_to_1_and_those_that_are_none_are_said(tmp_path: Path) -> None:
    (picture,) = read(tmp_path, TiffPage(np.array([[np.nan, -1, 0.5, 3]], np.float32)))
    assert picture.image[0, :, 0].tolist() == [0, 0, 128, 255]
    assert [note.split(",")[0] for note in picture.notes] == [
        "holds 1 values of 4 that are not numbers",
        "holds 2 values of 4 outside 0 to 1 (it goes from -1 to 3)",
    ]


def test_white_may_be_zero(tmp_path: Path) -> None:
    np.testing.assert_array_equal(image(tmp_path, VALUES, photometric=WHITE_IS_ZERO), np.dstack([255 - VALUES] * 3))
    deep = VALUES.astype(np.uint16) * 257
    np.testing.assert_array_equal(image(tmp_path, deep, photometric=WHITE_IS_ZERO), np.dstack([255 - VALUES] * 3))


@pytest.mark.parametrize("deep", [False, True])
def test_the_three_meanings_of_a_fourth_channel(tmp_path: Path, deep: bool) -> None:
    red, alpha = 100, 51
    samples = (
        np.array([[[red, 0, 50, alpha]]], np.uint16) * 257 if deep else np.array([[[red, 0, 50, alpha]]], np.uint8)
    )
    assert image(tmp_path, samples, extra=UNASSOCIATED).tolist() == [[[10, 0, 20]]]
    assert image(tmp_path, samples, extra=ASSOCIATED).tolist() == [[[50, 0, 100]]]  # multiplied already
    assert image(tmp_path, samples, extra=UNSPECIFIED).tolist() == [[[50, 0, 100]]]  # no alpha at all


def test_gray_with_alpha_is_seen_over_black(tmp_path: Path) -> None:
    samples = np.array([[[100, 51], [200, 255]]], np.uint8)
    (picture,) = read(tmp_path, TiffPage(samples, 1, {EXTRA_SAMPLES: (UNASSOCIATED,)}))
    assert picture.image[:, :, 0].tolist() == [[20, 200]]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_every_depth_is_turned_upright(tmp_path: Path, dtype: type[np.generic]) -> None:
    samples = np.array([[1, 2], [3, 4]], np.uint8) * 60
    scale = {np.uint8: 1.0, np.uint16: 257.0, np.float32: 1 / 255}[dtype]
    for orientation, seen in ((3, [[4, 3], [2, 1]]), (6, [[3, 1], [4, 2]]), (8, [[2, 4], [1, 3]])):
        turned = image(tmp_path, (samples * scale).astype(dtype), orientation=orientation)
        assert (turned[:, :, 0] // 60).tolist() == seen


@pytest.mark.parametrize(
    "samples", [VALUES, COLOURS, COLOURS.astype(np.uint16) * 257, COLOURS.astype(np.float32) / 255]
)
@pytest.mark.parametrize("mark", [{SUBFILE: REDUCED}, {OLD_SUBFILE: (2,)}, {SUBFILE: MASK}])
@ORDERS
def test_a_thumbnail_or_a_mask_that_comes_first_is_not_the_picture(
    tmp_path: Path, samples: AnyArray, mark: Mapping[int, tuple[int, ...]], order: str
) -> None:
    thumbnail = TiffPage(np.full((1, 1), 99, np.uint8), tags=mark)
    (picture,) = read(tmp_path, thumbnail, TiffPage(samples), order=order)
    np.testing.assert_array_equal(picture.image[:, :, 2], VALUES)
    (inner,) = read(tmp_path, TiffPage(np.full((1, 1), 99, np.uint8), tags=mark, sub_pages=(TiffPage(samples),)))
    np.testing.assert_array_equal(inner.image[:, :, 2], VALUES)


def test_a_larger_picture_below_a_page_is_the_main_one_and_smaller_copies_are_not(tmp_path: Path) -> None:
    small, large = TiffPage(np.full((1, 1), 99, np.uint8)), TiffPage(VALUES)
    for page in (TiffPage(small.samples, sub_pages=(large,)), TiffPage(VALUES, sub_pages=(small,))):
        (picture,) = read(tmp_path, page)
        np.testing.assert_array_equal(picture.image[:, :, 0], VALUES)


def test_a_raw_camera_picture_is_refused_and_its_thumbnail_not_taken_for_it(tmp_path: Path) -> None:
    raw = TiffPage(np.zeros((8, 8), np.uint16), CFA)
    thumbnail = TiffPage(np.full((2, 2), 99, np.uint8), tags={SUBFILE: REDUCED, 50706: (0x01040000,)}, sub_pages=(raw,))
    with pytest.raises(PictureError, match=r"a\.tif holds a raw camera picture .* which nothing here develops"):
        read(tmp_path, thumbnail)


def test_a_file_that_holds_only_a_smaller_copy_says_so(tmp_path: Path) -> None:
    (picture,) = read(tmp_path, TiffPage(VALUES, tags={SUBFILE: REDUCED}))
    np.testing.assert_array_equal(picture.image[:, :, 0], VALUES)
    assert picture.notes == ("holds only a smaller copy of its picture, or a mask",)


def test_what_pillow_reads_is_turned_once(tmp_path: Path) -> None:
    samples = np.dstack([np.array([[1, 2], [3, 4]], np.uint8) * 60, np.full((2, 2), 255, np.uint8)])
    for orientation, seen in ((3, [[4, 3], [2, 1]]), (6, [[3, 1], [4, 2]]), (8, [[2, 4], [1, 3]])):
        (picture,) = read(tmp_path, TiffPage(samples, 1, {EXTRA_SAMPLES: (UNASSOCIATED,), ORIENTATION: (orientation,)}))
        assert (picture.image[:, :, 0] // 60).tolist() == seen


def test_pages_of_different_depths_are_each_read_right(tmp_path: Path) -> None:
    pages = read(
        tmp_path,
        TiffPage(VALUES, tags={SUBFILE: NEXT_PAGE}),
        TiffPage(COLOURS.astype(np.uint16) * 257),
        TiffPage(UNIT.astype(np.float32)),
    )
    assert [page.count for page in pages] == [3, 3, 3]
    assert [page.seconds for page in pages] == [None, None, None]
    np.testing.assert_array_equal(pages[0].image, np.dstack([VALUES] * 3))
    np.testing.assert_array_equal(pages[1].image, COLOURS[:, :, ::-1])
    assert pages[2].image[0, :, 0].tolist() == [0, 64, 128]


@pytest.mark.parametrize(
    ("samples", "photometric", "tags", "sentence"),
    [
        (np.zeros((2, 2), np.uint32), None, {}, "holds 32-bit integers: black and white are not known"),
        (np.zeros((2, 2), np.int32), None, {}, "holds 32-bit signed integers: black and white are not known"),
        (np.zeros((2, 2), np.int16), None, {}, "holds 16-bit signed integers"),
        (np.zeros((2, 2), np.int8), None, {}, "holds 8-bit signed integers"),
        (np.zeros((2, 2), np.uint64), None, {}, "holds 64-bit integers"),
        (np.zeros((2, 2), np.complex64), None, {}, "holds complex numbers"),
        (np.zeros((2, 2), np.float16), None, {}, "holds 16-bit floating point, which neither"),
        (
            np.zeros((2, 2, 2), np.uint16),
            1,
            {EXTRA_SAMPLES: (2,)},
            "holds 2 channels of 16-bit integers, which neither",
        ),
        (np.zeros((2, 2, 5), np.uint8), 1, {}, "holds 5 channels, want gray or RGB"),
        (np.zeros((2, 2, 3), np.uint16), RGB, {PLANAR: (2,)}, "16-bit integers with each channel by itself"),
        (np.zeros((2, 2, 3), np.float32), RGB, {PLANAR: (2,)}, "32-bit floating point with each channel by itself"),
        (np.zeros((2, 2, 3), np.uint8), 8, {}, "holds colours of TIFF's kind 8"),
        (np.zeros((2, 2, 4), np.uint16), 5, {}, "16-bit integers, of colours of TIFF's kind 5"),
        (np.zeros((2, 2), np.float32), 0, {}, "32-bit floating point with white at 0"),
        (np.zeros((2, 2, 3), np.uint8), RGB, {258: (5, 6, 5)}, "channels of 5, 6, 5 bits"),
        (np.zeros((2, 2), np.uint8), 1, {COMPRESSION: (34933,)}, "holds pixels compressed by PNG, which neither"),
        (np.zeros((2, 2, 3), np.uint8), RGB, {COMPRESSION: (33003,)}, "compressed by JPEG 2000, which neither"),
        (np.zeros((2, 2), np.uint8), 1, {COMPRESSION: (4711,)}, "compressed by TIFF's way 4711, which neither"),
        (np.zeros((2, 2), np.uint16), 1, {COMPRESSION: (50000,)}, "16-bit integers compressed by Zstandard, which"),
    ],
)
def test_what_neither_library_reads_right_is_refused_with_the_reason(
    tmp_path: Path, samples: AnyArray, photometric: int | None, tags: Mapping[int, tuple[int, ...]], sentence: str
) -> None:
    with pytest.raises(PictureError, match=sentence):
        read(tmp_path, TiffPage(samples, photometric, tags))


def test_channels_that_lie_by_themselves_are_read_and_a_missing_one_is_not_shown_black(tmp_path: Path) -> None:
    planes = np.moveaxis(COLOURS, 2, 0).reshape(COLOURS.shape)
    size = VALUES.size
    strips = {PLANAR: (2,), 273: (8, 8 + size, 8 + 2 * size), 279: (size,) * 3}
    (picture,) = read(tmp_path, TiffPage(planes, tags=strips))
    np.testing.assert_array_equal(picture.image, COLOURS[:, :, ::-1])
    with pytest.raises(PictureError, match=r"a\.tif is damaged"):
        read(tmp_path, TiffPage(planes, tags={**strips, 273: (8, 8 + size, 1 << 20)}))


def test_compressions_that_only_pillow_knows_are_read(tmp_path: Path) -> None:
    from PIL import features

    for compression in ("zstd", "tiff_lzw", "tiff_adobe_deflate", "packbits", "lzma"):
        file = io.BytesIO()
        try:
            Image.fromarray(COLOURS).save(file, "TIFF", compression=compression)
        except OSError:
            assert features.check("libtiff") is not None
            continue
        path = tmp_path / f"{compression}.tif"
        path.write_bytes(file.getvalue())
        (picture,) = read_pictures(path)
        np.testing.assert_array_equal(picture.image, COLOURS[:, :, ::-1], err_msg=compression)


def test_a_chain_of_pages_that_runs_in_a_circle_ends(tmp_path: Path) -> None:
    data = bytearray(tiff(TiffPage(VALUES), TiffPage(VALUES)))
    data[-4:] = data[4:8]  # after the last page comes the first one again
    (tmp_path / "a.tif").write_bytes(data)
    assert len(list(read_pictures(tmp_path / "a.tif"))) == 2


@pytest.mark.parametrize("data", [b"II*\0", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\0", b"II+\0\x08\0\0\0" + bytes(8)])
def test_a_damaged_directory_is_one_sentence(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(PictureError, match=r"a\.tif is damaged"):
        list(read_pictures(tmp_path / "a.tif"))


def test_opencv_s_own_tiffs_come_back(tmp_path: Path) -> None:
    for samples in (COLOURS, COLOURS.astype(np.uint16) * 257, COLOURS.astype(np.float32) / 255):
        cv2.imwrite(str(tmp_path / "a.tif"), samples[:, :, ::-1])
        (picture,) = read_pictures(tmp_path / "a.tif")
        np.testing.assert_array_equal(picture.image, COLOURS[:, :, ::-1])
