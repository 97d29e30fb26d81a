"""Blocks of map pixels, and the means of their bytes."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convviz_core.blocks import Blocks, Cut, Reduce, block_means, blocks_of, check_reduce
from convviz_core.mosaic import reduce_maps

STEPS = st.fractions(1, 40, max_denominator=97)


def exact_means(picture: np.ndarray, blocks: Blocks) -> list[list[int]]:
    """By Python's fractions, block by block; pixels beyond the edge are those of the edge."""
    height, width = picture.shape
    found = []
    for i in range(blocks.hw[0]):
        ys = [min(y, height - 1) for y in range(*pixels(blocks.down, i))]
        row = []
        for j in range(blocks.hw[1]):
            xs = [min(x, width - 1) for x in range(*pixels(blocks.across, j))]
            total = sum(int(picture[y, x]) for y in ys for x in xs)
            row.append(int(Fraction(total, len(ys) * len(xs)) + Fraction(1, 2)))
        found.append(row)
    return found


def pixels(cut: Cut, block: int) -> tuple[int, int]:
    """The first pixel and the one behind the last, from ceil(i * step) on."""
    return -(-block * cut.step // 1), -(-(block + 1) * cut.step // 1)


@given(hw=st.tuples(st.integers(1, 40), st.integers(1, 40)), steps=st.tuples(STEPS, STEPS) | st.integers(1, 45))
def test_a_block_s_byte_is_the_mean_of_its_bytes_halves_up(hw: tuple[int, int], steps: Reduce) -> None:
    maps = np.random.default_rng(hw).integers(0, 256, (2, *hw), np.uint8)
    found = reduce_maps(maps, steps)
    assert found.tolist() == [exact_means(one, blocks_of(hw, steps)) for one in maps]


@given(size=st.integers(1, 5000), step=STEPS)
def test_every_pixel_lies_in_one_block_and_blocks_differ_by_a_pixel(size: int, step: Fraction) -> None:
    cut = Cut(size, step)
    lengths = np.diff(cut.starts)
    assert cut.starts[0] == 0
    assert cut.starts[-2] < size <= cut.starts[-1]
    assert set(lengths.tolist()) <= {int(step), -(-step // 1)}
    assert lengths.max() <= cut.longest
    for pixel in (0, size // 3, size - 1):
        block = pixel // step
        assert cut.starts[block] <= pixel < cut.starts[block + 1]


@given(size=st.integers(1, 3000), data=st.data())
def test_so_many_blocks_as_are_asked_for_end_at_the_edge(size: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, size))
    cut = Cut(size, Fraction(size, count))
    assert (cut.count, cut.starts[-1]) == (count, size)


@pytest.mark.parametrize("steps", [4, (Fraction(29, 8), Fraction(13, 5))])
def test_bands_of_whole_blocks_and_pictures_have_the_same_means(steps: Reduce) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (58, 39, 3), np.uint8)
    blocks = blocks_of((58, 39), steps)
    whole = np.stack([block_means(picture[..., channel], blocks) for channel in range(3)], axis=-1)
    assert (block_means(picture, blocks, channels=True) == whole).all()
    rows = [0, *blocks.down.starts[[3, 4, 9]].tolist(), 58]
    bands = [block_means(picture[a:b, :, 0], blocks, (a, b)) for a, b in pairwise(rows)]
    assert (np.concatenate(bands) == whole[..., 0]).all()


@pytest.mark.parametrize("wrong", [1.5, "2", (2, 2), (Fraction(2),), (Fraction(3, 2), 2), None])
def test_what_is_no_reduction_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError, match="maps are reduced by a whole number"):
        check_reduce(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least 1, got 3/4"):
        check_reduce((Fraction(2), Fraction(3, 4)))
