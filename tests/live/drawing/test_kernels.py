"""Kernels as pictures, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest

from live.drawing.kernels import (
    draw_kernel,
    draw_picture,
    enlarge_into,
    kernel_pictures,
    numbers_size,
    shades,
    unit_shades,
    weight_texts,
    widest_weight_em,
)
from live.drawing.text import RULE, width_em
from live.layout.tiling import Rect


def test_zero_is_the_middle_gray_and_both_signs_reach_the_ends() -> None:
    weights = np.array([[-2, -1, 0, 1, 2]], np.float32)
    assert shades(weights, 2.0).tolist() == [[0, 64, 128, 191, 255]]
    assert shades(np.zeros((1, 1), np.float32), 0.0).tolist() == [[128]]
    assert unit_shades(np.array([[0, 0.5, 1]], np.float32)).tolist() == [[0, 128, 255]]


def test_cells_are_square_and_parted_by_thin_lines() -> None:
    canvas = np.zeros((40, 60, 3), np.uint8)
    (picture,) = kernel_pictures(np.array([[[-1, 0, 1], [1, 0, -1]]], np.float32), planes=False)
    place = draw_picture(canvas, picture, 10, 5, 8.0)
    assert place == Rect(10, 5, 24, 16)  # 2 rows of 3
    centres = canvas[9:21:8, 14:34:8]
    assert centres[:, :, 0].tolist() == [[0, 128, 255], [255, 128, 0]]
    assert (canvas[6:20, 18] == RULE).all()
    assert (canvas[13, 11:33] == RULE).all()
    outside = np.ones(canvas.shape[:2], bool)
    outside[place.slices] = False
    assert not canvas[outside].any()


@pytest.mark.parametrize(("height", "width"), [(6, 8), (7, 9), (31, 11)])
def test_enlarging_repeats_pixels_in_their_place_and_nowhere_else(height: int, width: int) -> None:
    picture = np.arange(2 * 4 * 3, dtype=np.uint8).reshape(2, 4, 3) + 1
    canvas = np.zeros((40, 20, 3), np.uint8)
    enlarge_into(canvas, picture, Rect(3, 5, width, height))
    nearest = picture[np.arange(height) * 2 // height][:, np.arange(width) * 4 // width]
    assert (canvas[5 : 5 + height, 3 : 3 + width] == nearest).all()
    assert np.count_nonzero(canvas) == nearest.size


def test_weights_that_share_a_pixel_are_averaged() -> None:
    canvas = np.zeros((8, 8, 3), np.uint8)
    picture = np.repeat(np.tile(np.array([[0, 200], [200, 0]], np.uint8), (4, 4))[:, :, None], 3, axis=2)
    assert draw_picture(canvas, picture, 0, 0, 0.5) == Rect(0, 0, 4, 4)
    assert (canvas[1:3, 1:3] == 100).all()


def test_a_colour_kernel_is_one_colour_picture_and_its_three_planes() -> None:
    kernel = np.zeros((3, 1, 2), np.float32)
    kernel[0, 0, 0], kernel[2, 0, 1] = 1, -1  # R plus, then B minus
    colour, red, green, blue = kernel_pictures(kernel, planes=True)
    assert colour.tolist() == [[[128, 128, 255], [0, 128, 128]]]  # BGR
    assert (red[0, :, 0].tolist(), green[0, :, 0].tolist(), blue[0, :, 0].tolist()) == (
        [255, 128],
        [128, 128],
        [128, 0],
    )
    assert len(kernel_pictures(kernel, planes=False)) == 1


@pytest.mark.parametrize(("cell", "size"), [(14, 0), (15, 9), (40, 12)])
def test_numbers_are_written_from_the_size_on_at_which_they_can_be_read(cell: float, size: int) -> None:
    assert numbers_size(["1"], cell, 12) == size


def test_a_number_has_the_ink_that_can_be_read_on_its_cell() -> None:
    canvas = np.zeros((40, 80, 3), np.uint8)
    right = draw_kernel(canvas, np.array([[[-1, 1]]], np.float32), 0, 0, 40.0, 20)
    assert right == 80
    assert canvas[2:38, 2:38].max() > 200  # white on black
    assert canvas[2:38, 42:78].min() < 50  # black on white
    plain = np.zeros((40, 80, 3), np.uint8)
    draw_kernel(plain, np.array([[[-1, 1]]], np.float32), 0, 0, 40.0, None)
    assert len(np.unique(plain[2:38, 2:38])) == 1


def test_a_weight_is_told_exactly_where_its_cell_has_room() -> None:
    """1/16 has three digits, which the decimals of 1/4 would cut."""
    kernel = np.array([[[0.0625, 0.25]]], np.float32)
    assert weight_texts(kernel, 60.0, 12) == ["0.0625", "0.2500"]
    assert weight_texts(kernel, 28.0, 12) == ["0.062", "0.250"]


def test_a_bank_s_cells_are_as_wide_as_the_widest_weight_of_any_kernel() -> None:
    """Each kernel has decimals of its own: 5.00 stands beside 0.125."""
    kernels = np.array([[[[5.0, 0.5]]], [[[0.125, 0.5]]]], np.float32)
    assert widest_weight_em(kernels) == width_em("0.125") > width_em("5.00")
