"""The captions above a model's channels, where there is hardly any room."""

from __future__ import annotations

import pytest

from live.drawing.model_captions import SMALLEST, number_size
from live.drawing.text import text_width


@pytest.mark.parametrize("width", [9, 14, 29, 100])
@pytest.mark.parametrize("count", [10, 64, 2048])
def test_every_channel_s_number_has_room_or_is_as_small_as_can_be_read(count: int, width: int) -> None:
    size = number_size(count, width, 12)
    assert size == SMALLEST or text_width(str(count - 1), size) <= width
    assert size == 12 or text_width(str(count - 1), size + 1) > width
