"""ConvGeometry against torch: its output sizes, and what a NaN in the input reaches."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convviz_core.geometry import OUTSIDE, Box, ConvGeometry, FrameSizeError, GeometryError, PaddingMode


def pairs(least: int, most: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(least, most), st.integers(least, most))


@st.composite
def geometries(draw: st.DrawFn) -> ConvGeometry:
    same = draw(st.booleans())
    return ConvGeometry(
        kernel_hw=draw(pairs(1, 6)),
        stride=1 if same else draw(pairs(1, 4)),
        padding="same" if same else draw(pairs(0, 5)),
        padding_mode=draw(st.sampled_from(PaddingMode)),
        dilation=draw(pairs(1, 3)),
    )


def torch_layer(geometry: ConvGeometry) -> torch.nn.Conv2d:
    layer = torch.nn.Conv2d(
        1,
        1,
        geometry.kernel_hw,
        geometry.stride,
        geometry.padding,
        geometry.dilation,
        padding_mode=str(geometry.padding_mode),  # type: ignore[arg-type]
        bias=False,
        dtype=torch.float64,
    )
    torch.nn.init.ones_(layer.weight)
    return layer.requires_grad_(False)


def torch_output_hw(geometry: ConvGeometry, input_hw: tuple[int, int]) -> tuple[int, int] | None:
    try:
        output = torch_layer(geometry)(torch.zeros(1, 1, *input_hw, dtype=torch.float64))
    except RuntimeError:
        return None
    return (output.shape[2], output.shape[3]) if output.numel() else None


@settings(max_examples=150, deadline=None)
@given(geometries(), pairs(1, 20))
def test_the_map_is_as_large_as_torchs_or_does_not_exist_there_either(
    geometry: ConvGeometry, input_hw: tuple[int, int]
) -> None:
    expected = torch_output_hw(geometry, input_hw)
    if expected is None:
        with pytest.raises(FrameSizeError):
            geometry.output_hw(input_hw)
    else:
        assert geometry.output_hw(input_hw) == expected


@settings(max_examples=150, deadline=None)
@given(geometries(), pairs(1, 14), st.data())
def test_a_response_reads_exactly_the_pixels_whose_nan_reaches_it(
    geometry: ConvGeometry, input_hw: tuple[int, int], data: st.DataObject
) -> None:
    output_hw = torch_output_hw(geometry, input_hw)
    assume(output_hw is not None)
    assert output_hw is not None
    y, x = (data.draw(st.integers(0, size - 1)) for size in output_hw)
    height, width = input_hw
    # One picture a pixel, NaN there.
    pictures = torch.zeros(height * width, 1, height, width, dtype=torch.float64)
    pictures.view(height * width, height * width).fill_diagonal_(float("nan"))
    reached = torch_layer(geometry)(pictures)[:, 0, y, x].isnan().numpy().reshape(input_hw)
    rows, columns = geometry.rows_read(height, y), geometry.columns_read(width, x)
    expected = np.zeros(input_hw, bool)
    expected[np.ix_(rows[rows != OUTSIDE], columns[columns != OUTSIDE])] = True
    np.testing.assert_array_equal(reached, expected)
    field = geometry.receptive_field(input_hw, y, x)
    if field is None:
        assert not reached.any()
    else:
        where = np.argwhere(reached)
        assert field == (*where.min(axis=0), *(where.max(axis=0) + 1))


@settings(max_examples=100, deadline=None)
@given(geometries(), pairs(0, 9))
def test_the_centre_is_the_middle_of_the_window_and_can_be_undone(geometry: ConvGeometry, at: tuple[int, int]) -> None:
    box = geometry.window(*at)
    centre = geometry.centre(*at)
    assert centre == ((box.top + box.bottom - 1) / 2, (box.left + box.right - 1) / 2)
    assert geometry.centred_at(*centre) == pytest.approx(at)


def test_the_seed_banks_geometry_is_what_one_works_out_by_hand() -> None:
    geometry = ConvGeometry(4)
    assert geometry.output_hw((480, 640)) == (477, 637)
    assert geometry.receptive_field((480, 640), 0, 0) == Box(0, 0, 4, 4)
    assert geometry.receptive_field((480, 640), 476, 636) == Box(476, 636, 480, 640)
    assert geometry.centre(0, 0) == (1.5, 1.5)


def test_a_corner_of_a_padded_map_reads_only_what_lies_inside_the_picture() -> None:
    geometry = ConvGeometry((3, 5), stride=2, padding=(1, 2))
    assert geometry.output_hw((6, 8)) == (3, 4)
    assert geometry.window(0, 0) == Box(-1, -2, 2, 3)
    assert geometry.receptive_field((6, 8), 0, 0) == Box(0, 0, 2, 3)
    assert geometry.rows_read(6, 0).tolist() == [OUTSIDE, 0, 1]
    assert ConvGeometry(3, padding=1, padding_mode="reflect").rows_read(6, 0).tolist() == [1, 0, 1]
    assert ConvGeometry(3, padding=1, padding_mode="replicate").rows_read(6, 0).tolist() == [0, 0, 1]
    assert ConvGeometry(3, padding=1, padding_mode="circular").rows_read(6, 0).tolist() == [5, 0, 1]


def test_an_even_kernel_with_same_padding_has_the_one_pixel_more_at_the_bottom_and_at_the_right() -> None:
    geometry = ConvGeometry(4, padding="same")
    assert geometry.output_hw((9, 9)) == (9, 9)
    assert geometry.window(0, 0) == Box(-1, -1, 3, 3)


def test_a_response_that_reads_padding_alone_has_no_receptive_field() -> None:
    assert ConvGeometry(1, padding=2).receptive_field((4, 4), 0, 3) is None


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"kernel_hw": 0}, "kernel_hw is a whole number of at least 1"),
        ({"stride": (1, 0)}, "stride is a whole number of at least 1"),
        ({"stride": 1.5}, "stride is a whole number of at least 1"),
        ({"stride": (1, 2, 3)}, "or two of them"),
        ({"padding": -1}, "padding is a whole number of at least 0"),
        ({"padding": "valid"}, "or 'same'"),
        ({"dilation": "2"}, "dilation is a whole number of at least 1"),
        ({"padding_mode": "mirror"}, "padding_mode is one of zeros, reflect, replicate, circular, got 'mirror'"),
        ({"padding": "same", "stride": 2}, "padding 'same' exists for stride 1 only"),
    ],
)
def test_a_geometry_that_does_not_exist_is_refused_in_a_sentence(wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(GeometryError, match=sentence):
        ConvGeometry(**{"kernel_hw": 3, **wrong})  # type: ignore[arg-type]


def test_a_frame_smaller_than_the_kernel_is_named_with_both_sizes() -> None:
    """A frame's as pictures are written, width x height; a kernel's as arrays are, rows x columns."""
    with pytest.raises(FrameSizeError, match="the frame is 5x9, smaller than the 2x6 kernels"):
        ConvGeometry((2, 6)).output_hw((9, 5))


@settings(max_examples=200, deadline=None)
@given(geometries(), pairs(0, 24))
def test_the_readers_of_an_input_pixel_are_those_whose_windows_hold_it(
    geometry: ConvGeometry, at: tuple[int, int]
) -> None:
    """Found by asking every response of the map, axis by axis."""
    map_hw = (11, 13)
    stride, dilation = geometry.stride, geometry.dilation
    assert isinstance(stride, tuple)
    assert isinstance(dilation, tuple)
    spans = []
    for axis in range(2):
        starts = [geometry.window(one, one)[axis] for one in range(map_hw[axis])]
        size = geometry.extent_hw[axis]
        spans.append([n for n, s in enumerate(starts) if at[axis] in range(s, s + size, dilation[axis])])
    rows, columns = spans
    expected = Box(rows[0], columns[0], rows[-1] + 1, columns[-1] + 1) if rows and columns else None
    assert geometry.readers(map_hw, *at) == expected


def test_the_middle_pixel_of_an_even_window_is_the_one_above_and_left() -> None:
    assert ConvGeometry(4).middle_pixel(10, 20) == (11, 21)
    assert ConvGeometry(3).middle_pixel(10, 20) == (11, 21)
    assert ConvGeometry(4, padding=3).middle_pixel(0, 0) == (-2, -2)
