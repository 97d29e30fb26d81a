"""When the means of blocks are shown."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convviz_core.mosaic import reduce_maps
from live.layout.shrinking import reduce_for


@given(place=st.integers(10, 130), ratio=st.floats(2, 20), data=st.data())
def test_a_line_in_blocks_is_as_bright_as_its_area_average(place: int, ratio: float, data: st.DataObject) -> None:
    size = round(place * ratio)
    reduce = reduce_for((size, 100), (place, 10))
    if reduce == 1:
        return
    maps = np.zeros((1, size, 100), np.uint8)
    maps[0, data.draw(st.integers(0, size - 1))] = 255
    found = reduce_maps(maps, reduce)[0, :, 0].astype(float)
    area = cv2.resize(maps[0, :, :1].astype(np.float32), (1, place), interpolation=cv2.INTER_AREA)
    assert 0.7 <= found.sum() / area.sum() <= 1.3
    assert found.max() >= 0.7 * area.max()


@pytest.mark.parametrize(
    ("source_hw", "place_hw", "reduced"),
    [
        ((300, 400), (100, 130), True),
        ((300, 400), (120, 160), True),  # 2.5
        ((300, 400), (110, 160), False),  # 2.7 down: blocks of 2, in which a line is a third brighter
        ((300, 400), (120, 194), False),  # 2.06 across: blocks of 3, in which it is a third darker
        ((300, 390), (78, 130), True),  # 3.85: few are of 3, in which it is 1.28 times as bright
        ((300, 390), (76, 130), False),
        ((300, 400), (120, 400), False),
        ((300, 400), (450, 600), False),
    ],
)
def test_blocks_are_made_where_they_keep_thin_lines_both_ways(
    source_hw: tuple[int, int], place_hw: tuple[int, int], reduced: bool
) -> None:
    steps = Fraction(source_hw[0], place_hw[0]), Fraction(source_hw[1], place_hw[1])
    assert reduce_for(source_hw, place_hw) == (steps if reduced else 1)
