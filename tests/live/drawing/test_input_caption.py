"""What the input's caption says of the patches that kernels read, and of what the tile leaves out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convviz_core.filters.bank import FilterBank
from convviz_core.geometry import ConvSettings
from convviz_core.layer import Layer
from convviz_core.ranges import RangeMode
from live.drawing.captions import caption_needs
from live.drawing.input_caption import input_words
from live.drawing.scene import Scene, Status
from live.layout import LayoutRequest, arrange


def layer_of(rows: int, columns: int, channels: int = 1, conv: ConvSettings | None = None) -> Layer:
    bank = FilterBank.from_array("some", np.ones((4, channels, rows, columns), np.float32))
    return Layer.of(bank, conv=conv or ConvSettings())


def words(
    layer: Layer,
    hw: tuple[int, int] = (480, 640),
    canvas_wh: tuple[int, int] = (2560, 1440),
    kept: Layer | None = None,
) -> tuple[str, str]:
    captions = caption_needs(layer.bank, numbers=False)
    layout = arrange(LayoutRequest(canvas_wh, layer.output_hw(hw), 4, captions=captions))
    image = np.zeros(hw, np.uint8)
    scene = Scene(layer, RangeMode.FIXED, np.zeros((4, 2), np.float32), image, image, Status("s"))
    return input_words(layout, replace(scene, other=replace(scene, layer=kept) if kept else None))


@pytest.mark.parametrize(
    ("layer", "hw", "said"),
    [
        (layer_of(4, 4), (480, 640), ""),  # a row above, two below
        (layer_of(31, 31), (480, 640), "15 pixels"),
        (layer_of(16, 16), (480, 640), "7 or 8 pixels"),
        (layer_of(3, 3, conv=ConvSettings(dilation=80)), (480, 640), "80 pixels"),
        (layer_of(1, 9), (480, 640), "4 columns"),
        (layer_of(15, 9), (480, 640), "7 rows and 4 columns"),
        (layer_of(31, 31, conv=ConvSettings(padding=15)), (480, 640), ""),
        (layer_of(4, 4), (5, 5), "1 or 2 pixels"),  # 2x2 of 5x5 are left
        (layer_of(3, 3), (5, 5), "1 pixel"),
    ],
)
def test_what_of_the_frame_the_tile_leaves_out_is_said_where_it_is_much(
    layer: Layer, hw: tuple[int, int], said: str
) -> None:
    read = words(layer, hw)[0]
    assert read.startswith(f"gray, without its outer {said}" if said else "gray")
    assert said or "," not in read
    assert said in words(layer, hw, (960, 720))[0]


def test_kernels_of_two_sizes_are_both_told() -> None:
    wide = words(layer_of(3, 3), kept=layer_of(4, 4))[1]
    assert (
        wide == "each patch of it, 3x3 live, 4x4 kept, \N{MULTIPLICATION SIGN} a kernel, summed, is one pixel of a map"
    )
    assert words(layer_of(3, 3), canvas_wh=(480, 360), kept=layer_of(4, 4))[1] == "patches: 3x3 live, 4x4 kept"
    assert words(layer_of(3, 3), canvas_wh=(360, 270), kept=layer_of(4, 4))[1] == "patches of 3x3 and 4x4"
    assert "kept" not in words(layer_of(3, 3), kept=layer_of(3, 3))[1]


def test_a_kept_layer_that_reads_colour_is_told_beside_one_that_does_not() -> None:
    assert words(layer_of(3, 3), kept=layer_of(3, 3, 3))[0] == "gray live, in colour kept"
    assert words(layer_of(3, 3, 3), kept=layer_of(3, 3))[0] == "in colour live, gray kept"
