"""The tile grid and its way back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convviz_core.mosaic import MosaicGrid, black_mosaic, reduce_maps, tile_maps


@pytest.mark.parametrize(
    ("count", "rows", "columns"),
    [(1, 1, 1), (2, 1, 2), (3, 2, 2), (4, 2, 2), (5, 2, 3), (8, 3, 3), (10, 3, 4), (16, 4, 4), (64, 8, 8)],
)
def test_columns_are_the_rounded_up_root(count: int, rows: int, columns: int) -> None:
    grid = MosaicGrid(count, (3, 5))
    assert (grid.rows, grid.columns) == (rows, columns)
    assert grid.size_hw == (3 * rows, 5 * columns)


def test_the_seed_bank_is_one_two_above_three_four() -> None:
    maps = np.arange(1, 5, dtype=np.uint8)[:, None, None] * np.ones((4, 1, 2), np.uint8)
    assert tile_maps(maps).tolist() == [[1, 1, 2, 2], [3, 3, 4, 4]]


def test_a_tile_without_a_map_is_black_and_answers_nothing() -> None:
    mosaic = tile_maps(np.full((3, 2, 2), 9, np.uint8))
    assert (mosaic[2:, 2:] == 0).all()
    assert MosaicGrid(3, (2, 2)).map_pixel(3, 3) is None


@given(st.integers(1, 64), st.integers(1, 9), st.integers(1, 9), st.data())
def test_every_map_pixel_is_found_again_in_the_mosaic(count: int, height: int, width: int, data: st.DataObject) -> None:
    grid = MosaicGrid(count, (height, width))
    pixel = tuple(data.draw(st.integers(0, size - 1)) for size in (count, height, width))
    assert grid.map_pixel(*grid.mosaic_pixel(*pixel)) == pixel


@pytest.mark.parametrize("at", [(-1, 0), (0, -1), (4, 0), (0, 6)])
def test_beside_the_mosaic_there_is_nothing(at: tuple[int, int]) -> None:
    assert MosaicGrid(4, (2, 3)).map_pixel(*at) is None


def test_a_pixel_outside_its_map_is_refused() -> None:
    with pytest.raises(IndexError, match="no pixel \\(map 0, y 2, x 0\\) in 4 maps of 2x3"):
        MosaicGrid(4, (2, 3)).mosaic_pixel(0, 2, 0)


@pytest.mark.parametrize("tile_hw", [(3, 5), (477, 637), (1077, 1917)])
def test_a_black_mosaic_starts_a_huge_page_and_is_dense(tile_hw: tuple[int, int]) -> None:
    mosaic = black_mosaic(MosaicGrid(3, tile_hw))
    assert mosaic.shape == (2 * tile_hw[0], 2 * tile_hw[1])
    assert mosaic.flags.c_contiguous
    assert mosaic.ctypes.data % (2 << 20) == 0
    assert not mosaic.any()


def test_block_means_round_halves_up_and_fill_the_edge_with_its_own_pixels() -> None:
    maps = np.array([[[0, 1, 10], [0, 1, 20]]], np.uint8)
    # Left block: (0+1+0+1)/4 = 0.5 -> 1. Right: (10+10+20+20)/4 = 15.
    assert reduce_maps(maps, 2).tolist() == [[[1, 15]]]


def test_reducing_by_one_changes_nothing() -> None:
    maps = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    assert (reduce_maps(maps, 1) == maps).all()
