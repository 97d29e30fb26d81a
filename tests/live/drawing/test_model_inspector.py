"""What a response of a model's layer reads, in words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from convviz_core.geometry import Box
from live.drawing.model_inspector import _reads
from live.drawing.scene import Scene


@pytest.mark.parametrize(
    ("frame_hw", "words"),
    [
        # 224 rows are made of 480: row 10 of them of the frame's rows 21.43 to 23.57, row 19 ends at 42.86.
        ((480, 640), "; in the 640x480 frame rows 21 to 42, columns 0 to 8"),
        ((224, 299), ""),
        (None, ""),
    ],
)
def test_what_is_read_of_the_input_is_traced_back_to_the_frame(frame_hw: tuple[int, int] | None, words: str) -> None:
    model = SimpleNamespace(finding=False, read=Box(10, 0, 20, 4), frame_hw=frame_hw)
    scene = cast(Scene, SimpleNamespace(model=model, image=np.zeros((224, 299, 3), np.uint8)))
    assert _reads(scene) == f"it reads 10x4 of the input: rows 10 to 19, columns 0 to 3{words}"
