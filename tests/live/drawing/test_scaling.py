"""Pictures scaled to the canvas: what is exact, and what becomes of a thin line."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convviz_core.arrays import AnyArray, ByteArray
from live.drawing.scaling import Scaling, scale_into

SIDE = 120  # of the pictures that lines are drawn in
FEWEST = SIDE // 13  # pixels that they are shrunk to; with fewer, layouts have whole numbers of pixels a pixel


def scaled(source: ByteArray, height: int, width: int) -> ByteArray:
    place = np.empty((height, width, *source.shape[2:]), np.uint8)
    scale_into(source, place)
    return place


def area_means(have: int, want: int) -> AnyArray:
    """(want, have): the share of each source pixel in each pixel of the place, worked out from their ends."""
    ratio = have / want
    shares = np.zeros((want, have))
    for at in range(want):
        for source in range(have):
            overlap = min((at + 1) * ratio, source + 1) - max(at * ratio, source)
            shares[at, source] = max(0.0, overlap) / ratio
    return shares


@pytest.mark.parametrize("want", range(FEWEST, SIDE + 1))
def test_a_line_of_one_pixel_keeps_its_sum_and_its_peak_wherever_it_lies(want: int) -> None:
    expected = 255 * area_means(SIDE, want)
    sums, peaks = [], []
    for at in range(SIDE):
        picture = np.zeros((8, SIDE), np.uint8)
        picture[:, at] = 255
        across = scaled(picture, 8, want)[3].astype(float)
        sums.append(across.sum() / expected[:, at].sum())
        peaks.append(across.max() / expected[:, at].max())
    assert min(sums) > 0.75
    assert max(sums) < 1.3
    assert min(peaks) > 0.7


@pytest.mark.parametrize(
    ("have", "want"),
    [(717, 179), (1277, 318), (1277, 212), (1915, 239), (718, 120), (640, 160), (637, 148), (1277, 290), (1077, 235)],
)
def test_lines_keep_theirs_where_larger_pictures_are_shrunk_much(have: int, want: int) -> None:
    expected = 255 * area_means(have, want)
    for at in range(have):
        picture = np.zeros((have, 8), np.uint8)
        picture[at] = 255
        down = scaled(picture, want, max(1, round(8 * want / have)))[:, 0].astype(float)
        assert 0.75 < down.sum() / expected[:, at].sum() < 1.3
        assert down.max() / expected[:, at].max() > 0.7


@pytest.mark.parametrize(("want_h", "want_w"), [(97, 61), (61, 97), (119, 41), (33, 33)])
def test_lines_along_either_axis_keep_it_where_the_ratios_differ(want_h: int, want_w: int) -> None:
    for at in range(SIDE):
        picture = np.zeros((SIDE, SIDE), np.uint8)
        picture[at, :] = 255
        down = scaled(picture, want_h, want_w)[:, want_w // 2].astype(float)
        across = scaled(picture.T.copy(), want_h, want_w)[want_h // 2].astype(float)
        for line, want in ((down, want_h), (across, want_w)):
            expected = 255 * area_means(SIDE, want)[:, at]
            assert 0.75 < line.sum() / expected.sum() < 1.28
            assert line.max() / expected.max() > 0.7


@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 90), st.integers(1, 90), st.integers(0, 255))
def test_one_byte_everywhere_stays_that_byte_at_any_size(h: int, w: int, want_h: int, want_w: int, byte: int) -> None:
    assert (scaled(np.full((h, w), byte, np.uint8), want_h, want_w) == byte).all()
    assert (scaled(np.full((h, w, 3), byte, np.uint8), want_h, want_w) == byte).all()


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 5))
def test_enlarging_by_a_whole_number_repeats_pixels(height: int, width: int, factor: int) -> None:
    source = np.random.default_rng(height * 13 + width).integers(0, 256, (height, width), np.uint8)
    assert (scaled(source, height * factor, width * factor) == source.repeat(factor, 0).repeat(factor, 1)).all()


@given(st.integers(1, 12), st.integers(1, 12), st.integers(2, 5))
def test_shrinking_by_a_whole_number_takes_the_means_of_blocks(height: int, width: int, factor: int) -> None:
    source = np.random.default_rng(height * 13 + width).integers(0, 256, (height * factor, width * factor), np.uint8)
    means = source.reshape(height, factor, width, factor).mean(axis=(1, 3))
    assert abs(scaled(source, height, width) - means).max() <= 1  # halved twice, it is rounded twice


@given(st.integers(2, 40), st.integers(2, 40), st.floats(1.0, 3.0))
def test_enlarging_gives_the_mean_of_what_each_pixel_covers(height: int, width: int, factor: float) -> None:
    source = np.random.default_rng(height * 41 + width).integers(0, 256, (height, width), np.uint8)
    want_h, want_w = math.ceil(height * factor), math.ceil(width * factor)
    means = area_means(height, want_h) @ source @ area_means(width, want_w).T
    assert abs(scaled(source, want_h, want_w) - means).max() <= 1.0


def test_only_the_place_is_written_and_colours_do_not_mix() -> None:
    canvas = np.full((60, 80, 3), 7, np.uint8)
    source = np.zeros((50, 90, 3), np.uint8)
    source[:, :, 1] = 200
    scale_into(source, canvas[10:40, 20:70])
    assert (canvas[10:40, 20:70] == (0, 200, 0)).all()
    canvas[10:40, 20:70] = 7
    assert (canvas == 7).all()


def test_a_diagonal_line_does_not_break() -> None:
    picture = np.asarray(cv2.line(np.zeros((200, 300), np.uint8), (0, 0), (299, 199), 255, 1), np.uint8)
    expected = area_means(200, 137) @ picture @ area_means(300, 205).T
    small = scaled(picture, 137, 205).astype(float)
    assert (small.max(axis=1) / expected.max(axis=1)).min() > 0.7
    assert abs(small.sum(axis=1) / expected.sum(axis=1) - 1).max() < 0.1


@given(st.integers(1, 900), st.integers(1, 900), st.floats(0.3, 5.0))
def test_bands_fill_every_row_once_and_read_all_that_smoothing_needs(have: int, want: int, across: float) -> None:
    scaling = Scaling((have, round(400 * across)), (want, 400))
    bands = scaling.bands
    assert [band.place.start for band in bands] == [0, *(band.place.stop for band in bands[:-1])]
    assert [band.source.start for band in bands] == [0, *(band.source.stop for band in bands[:-1])]
    assert (bands[-1].place.stop, bands[-1].source.stop) == (want, have)
    for band in bands:
        assert band.place.stop > band.place.start
        assert band.source.stop > band.source.start
        assert abs(band.place.stop * have / want - band.source.stop) <= 1 / 30
        assert 0 <= band.read.start <= band.source.start
        assert band.source.stop <= band.read.stop <= have


@pytest.mark.parametrize(
    ("have", "want"), [(1434, 706), (717, 179), (1434, 902), (717, 1067), (1440, 480), (700, 2100)]
)
def test_no_seam_is_seen_where_a_picture_is_cut_into_bands(have: int, want: int) -> None:
    rng = np.random.default_rng(have)
    picture = cv2.GaussianBlur(rng.integers(0, 256, (have, 64), np.uint8), (0, 0), 2)
    expected = area_means(have, want) @ picture
    place = scaled(np.asarray(picture, np.uint8), want, 64)
    wrong = abs(place - expected)[8:-8]
    cuts = [band.place.start for band in Scaling((have, 64), (want, 64)).bands[1:]]
    at_cuts = [wrong[cut - 10 : cut - 6].max() for cut in cuts]
    assert max(at_cuts, default=0) <= wrong.max() <= 12


@given(st.integers(1, 60), st.integers(400, 2200))
def test_every_row_is_filled_however_much_is_enlarged(have: int, want: int) -> None:
    source = np.tile(np.arange(1, have + 1, dtype=np.uint8)[:, None], (1, 3))
    place = np.zeros((want, 3), np.uint8)
    scale_into(source, place)
    expected = (np.arange(want) + 0.5) * have / want + 0.5  # between the numbers of the rows that a pixel covers
    assert abs(place - expected[:, None]).max() <= 1.1
